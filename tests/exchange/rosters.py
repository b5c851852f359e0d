"""Rosters as people make them: the official form and every way in which real files differ from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from tests.factories import id_number

TITLE = "党员基本信息汇总表"
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
    "外出流向",
)
PHONES = 12
NOTE = "注：1.本表由各党支部填报；2.联系电话应填写完整。"


def person(serial: int = 1, name: str = "张大山", branch: str = "桃源村", **cells: Any) -> dict[str, Any]:
    """A good row of the official form by header; any cell can be replaced."""
    return {
        "序号": serial,
        "姓名": name,
        "所在党支部": branch,
        "公民身份证号": id_number(serial),
        "性别": "男",
        "民族": "01 汉族",
        "出生日期": "1958-03-06",
        "学历": "7 初中",
        "人员类别": "正式党员",
        "加入党组织日期": "1985-07-01",
        "转为正式党员日期": "1986-07-01",
        "工作岗位": "123 外出务工经商人员",
        "手机号": "13812345678",
        "党籍状态": "正常",
        "是否为失联党员": "否",
        "是否为流动党员": "否",
        **cells,
    }


def official(people: Sequence[dict[str, Any]], head: Sequence[str] = HEAD, note: str = NOTE) -> bytes:
    """The official form: title, unit and date, merged header of two rows, people from row 5, a note at the end."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    sheet = book.add_worksheet("汇总表")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    last = len(head) - 1
    sheet.merge_range(0, 0, 0, last, TITLE)
    sheet.merge_range(1, 0, 1, last, "填报单位：石桥镇党委　　2026年11月1日")
    for column, text in enumerate(head):
        if text in ("手机号", "固定电话"):
            sheet.write(3, column, text)
        else:
            sheet.merge_range(2, column, 3, column, text)
    if "手机号" in head and "固定电话" in head:
        sheet.merge_range(2, head.index("手机号"), 2, head.index("固定电话"), "联系电话")
    for row, cells in enumerate(people, 4):
        for column, text in enumerate(head):
            value = cells.get(text)
            if hasattr(value, "year"):
                sheet.write_datetime(row, column, value, day)
            elif value is not None:
                sheet.write(row, column, value)
    if note:
        sheet.merge_range(len(people) + 4, 0, len(people) + 4, last, note)
    book.close()
    return buffer.getvalue()


def plain(rows: Sequence[Sequence[Any]], sheet_name: str = "Sheet1") -> bytes:
    """Any rows as an xlsx of one sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    sheet = book.add_worksheet(sheet_name)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    book.close()
    return buffer.getvalue()


def text(rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    """Any rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue().encode(encoding)


def table(people: Sequence[dict[str, Any]], head: Sequence[str] = HEAD) -> list[list[Any]]:
    """People as rows under one header row."""
    return [list(head), *([cells.get(column) for column in head] for cells in people)]
