"""The words for every code of an import: what is wrong and what to do. Codes are stable, words are for people."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext_lazy

FILE: dict[str, Any] = {
    "file-empty": gettext_lazy("文件是空的。"),
    "file-too-large": gettext_lazy("文件超过 %(megabytes)s MB。请拆分后分别导入。"),
    "too-many-rows": gettext_lazy("文件超过 %(rows)s 行。请拆分后分别导入。"),
    "file-type": gettext_lazy("这不是表格文件（看的是内容，不是扩展名）。请另存为 .xlsx、.xls 或 .csv 后再上传。"),
    "file-web-page": gettext_lazy("这个文件其实是网页。请用 Excel 或 WPS 打开它，另存为 .xlsx 后再上传。"),
    "file-bomb": gettext_lazy("文件展开后过大，已停止读取。请把名册内容复制到新的表格中再上传。"),
    "file-encrypted": gettext_lazy("文件有打开密码。请取消密码后再上传。"),
    "file-damaged": gettext_lazy("文件已损坏，无法读取。请重新保存后再上传。"),
    "file-encoding": gettext_lazy("认不出文件的文字编码。请另存为 .xlsx 或 UTF-8 编码的 .csv 后再上传。"),
    "no-header": gettext_lazy("没有找到表头。前 15 行中应有一行含“姓名”和“公民身份证号”。"),
    "no-people": gettext_lazy("表头下面没有人员。"),
    "missing-columns": gettext_lazy("缺少必需的列：%(columns)s。"),
    "unused-columns": gettext_lazy("以下列没有导入：%(names)s。"),
    "other-sheets": gettext_lazy("只读取了工作表“%(chosen)s”；另外还有：%(names)s。"),
    "interrupted": gettext_lazy("导入多次中断，已暂停；已写入的部分是完整的。请联系县级管理员查看后继续。"),
    "not-permitted": gettext_lazy("上传人已不再有导入到该组织的权限。"),
}
ROW: dict[str, Any] = {
    "name-missing": gettext_lazy("没有姓名。"),
    "name-invalid": gettext_lazy("姓名中有不该有的字符。"),
    "id-missing": gettext_lazy("没有公民身份证号，无法确认是谁。"),
    "id-number-cell": gettext_lazy("身份证号被存成了数字，末尾几位已经丢失。请把该列设为“文本”格式后重新填写原号码。"),
    "id-length": gettext_lazy("身份证号应为 18 位，前 17 位是数字，最后一位是数字或 X。"),
    "id-checksum": gettext_lazy("身份证号校验位不对，请核对号码。"),
    "id-date": gettext_lazy("身份证号中的出生日期不存在。"),
    "birth-mismatch": gettext_lazy("出生日期与身份证号不一致，请核对。"),
    "sex-mismatch": gettext_lazy("性别与身份证号不一致，请核对。"),
    "duplicate-in-file": gettext_lazy("与第 %(row)s 行是同一个身份证号。"),
    "other-branch": gettext_lazy("此人在您管理范围之外的党组织，须先由对方同意转出。"),
    "id-number-conflict": gettext_lazy("名册中同一支部有同名、同生日的多人，无法确认是谁。"),
    "branch-missing": gettext_lazy("没有所在党支部。"),
    "branch-unknown": gettext_lazy("找不到这个党支部。"),
    "branch-unknown-near": gettext_lazy("找不到这个党支部。是不是：%(near)s？"),
    "branch-ambiguous": gettext_lazy("有多个党支部符合：%(near)s。请写全称或编码。"),
    "branch-not-a-branch": gettext_lazy("“%(name)s”不是党支部，党员应编入其下的支部。"),
    "sex-unknown": gettext_lazy("性别应为“男”或“女”。"),
    "category-unknown": gettext_lazy("人员类别应为正式党员、预备党员、发展对象或入党积极分子。"),
    "state-unknown": gettext_lazy("党籍状态应为正常、停止党籍、转出、去世或开除党籍。"),
    "yes-no-unknown": gettext_lazy("应填“是”或“否”。"),
    "phone-invalid": gettext_lazy("电话号码不对：手机号应为 11 位。"),
    "date-unclear": gettext_lazy(
        "看不出是哪一天。请写成 2010-09-01 或 2010.09（数字单元格中的 2010.1 可能是 1 月，也可能是 10 月）。"
    ),
    "date-impossible": gettext_lazy("没有这一天。"),
    "date-future": gettext_lazy("日期在今天之后。"),
    "date-too-old": gettext_lazy("日期早于 1900 年。"),
    "text-too-long": gettext_lazy("文字超过 %(longest)s 个字。"),
    "cell-error": gettext_lazy("单元格中的公式出错。"),
    "confirmed-before-joined": gettext_lazy("转正日期早于入党日期。"),
    # Warnings: the row is taken.
    "joined-under-age": gettext_lazy("按日期计算，入党时不满 18 岁，请核对。"),
    "station-differs": gettext_lazy("这个党支部的站点是“%(station)s”。站点随党支部确定，本列只作核对，不单独保存。"),
    "station-none": gettext_lazy("这个党支部还没有登记站点。站点随党支部确定，本列只作核对，不单独保存。"),
    "office-unknown": gettext_lazy("不是书记、副书记或委员，未作为党内职务记录。"),
    "office-date-assumed": gettext_lazy("没有任职日期，按导入当日记录。"),
    "office-date-differs": gettext_lazy("名册中已有这一职务，任职日期不同，未改动。"),
    "category-assumed": gettext_lazy("没有人员类别，按正式党员记录。"),
    "name-differs": gettext_lazy("与名册中同一身份证号的姓名不同，将改为文件中的姓名。"),
    "transfer": gettext_lazy("此人现在在另一个党支部，将转入本行的党支部。"),
    "state-date-assumed": gettext_lazy("没有状态日期，按导入当日记录。"),
}


def of_file(code: str, params: dict[str, Any] | None = None) -> str:
    """Why a file cannot be read."""
    return str(FILE[code]) % (params or {})


def noted(code: str, **params: Any) -> str:
    """A remark on a run as ``ImportRun.problem`` keeps it, one a line: the words are chosen when somebody reads it."""
    return json.dumps([code, params], ensure_ascii=False)


def of_run(problem: str) -> list[tuple[str, str]]:
    """(code, words) of each remark in ``ImportRun.problem``."""
    return [(code, of_file(code, params)) for code, params in map(json.loads, problem.splitlines())]


def of_row(problem: dict[str, Any]) -> str:
    """Why a cell cannot be taken: ``problem`` as ``ImportRow.problems`` keeps it (code, params)."""
    return str(ROW[problem["code"]]) % problem.get("params", {})
