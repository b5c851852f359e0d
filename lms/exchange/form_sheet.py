"""The official 《党员基本信息汇总表》 as an empty workbook to fill in, with an example on a second sheet."""

from __future__ import annotations

import io

import xlsxwriter
from django.utils.translation import gettext as _

HEAD = (
    *("序号", "姓名", "所在党支部", "公民身份证号", "性别", "民族", "出生日期", "学历", "人员类别", "加入党组织日期"),
    *(
        "转为正式党员日期",
        "工作岗位",
        "手机号",
        "固定电话",
        "党籍状态",
        "是否为失联党员",
        "失去联系日期",
        "是否为流动党员",
    ),
    *("外出流向", "党内职务", "任职日期", "是否困难党员"),
)
PHONES = (HEAD.index("手机号"), HEAD.index("固定电话"))
WIDTHS = {"序号": 6, "姓名": 12, "所在党支部": 22, "公民身份证号": 22, "工作岗位": 22, "外出流向": 22}
CHOICES = {
    "性别": ["男", "女"],
    "人员类别": ["正式党员", "预备党员", "发展对象", "入党积极分子"],
    "党籍状态": ["正常", "停止党籍", "转出", "去世", "开除党籍"],
    **{head: ["是", "否"] for head in ("是否为失联党员", "是否为流动党员", "是否困难党员")},
    "党内职务": ["书记", "副书记", "委员"],
}
# A number with a right check digit in a region that is assigned to nobody.
EXAMPLE = {
    "序号": "1",
    "姓名": "张大山",
    "所在党支部": "桃源村党支部",
    "公民身份证号": "429900195803060030",
    "性别": "男",
    "民族": "汉族",
    "出生日期": "1958-03-06",
    "学历": "初中",
    "人员类别": "正式党员",
    "加入党组织日期": "1985-07-01",
    "转为正式党员日期": "1986-07-01",
    "工作岗位": "务农",
    "手机号": "13800000000",
    "党籍状态": "正常",
    "是否为失联党员": "否",
    "是否为流动党员": "否",
    "党内职务": "书记",
    "任职日期": "2021-03-15",
    "是否困难党员": "否",
}
FILLED_ROWS = 2_000
FIRST_ROW = 4


def workbook() -> bytes:
    """The form as xlsx: every cell is text, so that no long number loses its tail and no date changes its form."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    _sheet(book, _("汇总表"), {})
    _sheet(book, _("填写示例"), EXAMPLE)
    book.close()
    return buffer.getvalue()


def _sheet(book: xlsxwriter.Workbook, name: str, example: dict[str, str]) -> None:
    sheet = book.add_worksheet(name)
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = book.add_format(
        {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True, "bg_color": "#F4EBDD"}
    )
    cell = book.add_format({"num_format": "@", "border": 1})
    last = len(HEAD) - 1
    sheet.merge_range(0, 0, 0, last, "党员基本信息汇总表", title)
    sheet.merge_range(1, 0, 1, last, "填报单位：                    填报日期：     年   月   日")
    sheet.merge_range(2, PHONES[0], 2, PHONES[1], "联系电话", head)
    for column, text in enumerate(HEAD):
        sheet.set_column(column, column, WIDTHS.get(text, 14), book.add_format({"num_format": "@"}))
        if column in PHONES:
            sheet.write_string(3, column, text, head)
        else:
            sheet.merge_range(2, column, 3, column, text, head)
        if text in CHOICES:
            choice = {"validate": "list", "source": CHOICES[text]}
            sheet.data_validation(FIRST_ROW, column, FIRST_ROW + FILLED_ROWS, column, choice)
        if example:
            sheet.write_string(FIRST_ROW, column, example.get(text, ""), cell)
    sheet.freeze_panes(FIRST_ROW, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(2, 3)
