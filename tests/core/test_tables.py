"""Tables that leave the house: three formats from one iterator, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from lms.core.tables import Column, safe_cell, safe_text, table_bytes, table_response

COLUMNS = [Column("name", "姓名"), Column("hours", "学时"), Column("on", "日期"), Column("note", "备注")]
ROWS = [
    ["王秀英", Decimal("12.50"), dt.date(2026, 3, 5), "=cmd|' /C calc'!A0"],
    ["欧阳㛃", Decimal("-2.00"), None, "好"],
]


def xlsx(content: bytes) -> list[list[object]]:
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active]


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", " =", "\n=", "　@"])
def test_case_16_text_that_would_run_is_led_by_an_apostrophe(lead: str) -> None:
    assert safe_text(f"{lead}1+1").startswith("'")


def test_control_characters_go() -> None:
    assert safe_text("王\x00秀\x1b英\ud800") == "王秀英"
    assert safe_text("第一行\n第二行") == "第一行\n第二行"


def test_a_negative_number_stays_a_number() -> None:
    assert safe_cell(Decimal("-2.50")) == -2.5
    assert safe_cell(-3) == -3
    assert safe_cell("-3") == "'-3"


def test_a_cell_holds_no_more_than_excel_takes() -> None:
    assert len(safe_text("=" * 40_000)) == 32_767


def test_csv_opens_in_excel_with_chinese_heads() -> None:
    content = table_bytes(COLUMNS, ROWS, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert lines[0] == ["姓名", "学时", "日期", "备注"]
    assert lines[1] == ["王秀英", "12.5", "2026-03-05", "'=cmd|' /C calc'!A0"]
    assert lines[2][1] == "-2"


def test_xlsx_is_a_real_workbook() -> None:
    lines = xlsx(table_bytes(COLUMNS, ROWS, "xlsx", sheet="名册[1]"))
    assert lines[0] == ["姓名", "学时", "日期", "备注"]
    assert lines[1] == ["王秀英", 12.5, dt.datetime(2026, 3, 5), "'=cmd|' /C calc'!A0"]


def test_an_empty_xlsx_still_has_its_head() -> None:
    assert xlsx(table_bytes(COLUMNS, [], "xlsx"))[0] == ["姓名", "学时", "日期", "备注"]


def test_json_keeps_text_as_it_is() -> None:
    assert json.loads(table_bytes(COLUMNS, ROWS, "json"))[0] == {
        "name": "王秀英",
        "hours": 12.5,
        "on": "2026-03-05",
        "note": "=cmd|' /C calc'!A0",
    }
    assert json.loads(table_bytes(COLUMNS, [], "json")) == []


def test_two_columns_with_one_head_are_refused() -> None:
    with pytest.raises(ValueError, match="same head"):
        table_bytes([Column("a", "列"), Column("b", "列")], [[1, 2]], "xlsx")


def test_a_short_row_is_refused_in_json_and_xlsx() -> None:
    for format in ("json", "xlsx"):
        with pytest.raises(ValueError, match="shorter"):
            table_bytes(COLUMNS, [["王"]], format)


def test_csv_streams_row_by_row() -> None:
    taken = 0

    def rows() -> Iterator[list[object]]:
        nonlocal taken
        for number in range(2000):
            taken = number + 1
            yield [str(number), number, None, ""]

    response = table_response(COLUMNS, rows(), "csv", name="培训班签到表")
    first = next(iter(response.streaming_content))
    assert first
    assert taken == 500
    assert "filename*=utf-8''%E5%9F%B9" in response["Content-Disposition"]


def test_an_unknown_format_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        table_response(COLUMNS, [], "exe", name="x")
