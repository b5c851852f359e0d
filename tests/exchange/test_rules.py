"""Cells of a roster: every form a date, a number or a label takes in real files (domain §5)."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.exchange import rules
from lms.exchange.rules import CellError
from tests.factories import id_number

TODAY = dt.date(2026, 11, 22)
SEPTEMBER = dt.date(2010, 9, 1)
FORMS = ("%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d 00:00:00", " %Y . %m . %d ")


@pytest.mark.parametrize(
    "cell",
    [
        *("2010-09-01", "2010.9.1", "2010/9/1", "2010年9月1日", "20100901", "2010.09", "2010.9", "201009", "2010年9月"),
        *("２０１０．０９", "40422", 40422.0, 40422.75, 20100901.0, 201009.0, 2010.09, 2010.9, {"d": "2010-09-01"}),
    ],
)
def test_a_date_in_any_form_is_one_day(cell: Any) -> None:
    assert rules.day(cell, TODAY).date == SEPTEMBER  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (2010.1, "date-unclear"),
        (2010.0, "date-unclear"),
        ("2010", "date-unclear"),
        ("9/1/2010", "date-unclear"),
        ("去年秋天", "date-unclear"),
        ("2010-02-30", "date-impossible"),
        (2010.13, "date-impossible"),
        ("2027-01-01", "date-future"),
        ("1899-12-31", "date-too-old"),
        (float("inf"), "date-unclear"),
    ],
)
def test_a_date_that_is_not_one_is_refused_with_its_reason(cell: Any, code: str) -> None:
    with pytest.raises(CellError) as caught:
        rules.day(cell, TODAY)
    assert caught.value.code == code


@given(st.dates(dt.date(1920, 1, 1), TODAY), st.sampled_from(FORMS))
def test_property_every_day_in_every_form_comes_back(day: dt.date, form: str) -> None:
    assert rules.day(day.strftime(form), TODAY) == rules.Day(day)


@given(st.dates(dt.date(1920, 1, 1), TODAY))
def test_property_a_serial_is_its_day(day: dt.date) -> None:
    assert rules.day(float((day - rules.SERIAL_ZERO).days), TODAY) == rules.Day(day)


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans()))
def test_property_a_cell_is_read_or_refused_never_more(cell: Any) -> None:
    for reader in (rules.name, rules.id_number, rules.sex, rules.category, rules.state, rules.phone, rules.office):
        with contextlib.suppress(CellError):
            reader(cell)
    with contextlib.suppress(CellError):
        rules.day(cell, TODAY)


@pytest.mark.parametrize(
    ("cell", "label"),
    [
        ("01 汉族", "汉族"),
        ("01汉族", "汉族"),
        ("汉族01", "汉族"),
        ("7 初中", "初中"),
        ("123 外出务工经商人员", "外出务工经商人员"),
    ],
)
def test_a_code_glued_to_a_label_is_taken_off(cell: str, label: str) -> None:
    assert rules.uncoded(cell) == label


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (429900195803060030, "id-number-cell"),
        (4.2990019580306e17, "id-number-cell"),
        ("4.29900E+17", "id-number-cell"),
        ("42990019580306003", "id-length"),
        ("429900580306003", "id-length"),
        (id_number(1)[:-1] + ("1" if id_number(1)[-1] != "1" else "2"), "id-checksum"),
        (None, "id-missing"),
        ("无", "id-missing"),
    ],
)
def test_an_id_number_is_whole_or_refused(cell: Any, code: str) -> None:
    with pytest.raises(CellError) as caught:
        rules.id_number(cell)
    assert caught.value.code == code


def test_an_id_number_may_have_blanks_an_apostrophe_and_a_small_x() -> None:
    number = next(found for serial in range(50) if (found := id_number(serial)).endswith("X"))
    assert rules.id_number(f"'{number[:6]} {number[6:].lower()}") == number


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (13812345678.0, ("mobile", "13812345678")),
        ("+86 138 1234 5678", ("mobile", "13812345678")),
        ("13812345678/13912345678", ("mobile", "13812345678")),
        ("0728-6251234", ("landline", "0728-6251234")),
        ("无", None),
    ],
)
def test_phones_as_numbers_and_in_pairs(cell: Any, found: Any) -> None:
    assert rules.phone(cell) == found


def test_names_lose_their_padding_and_nothing_else() -> None:
    assert rules.name("李　　山") == "李山"
    assert rules.name("阿卜杜拉•买买提") == "阿卜杜拉·买买提"


@pytest.mark.parametrize("cell", ["=cmd|'/c calc'!A1", "+张", "@SUM(A1)", "张三1"])
def test_case_16_a_formula_is_no_name(cell: str) -> None:
    with pytest.raises(CellError):
        rules.name(cell)


@pytest.mark.parametrize(
    ("cell", "office"), [("党支部书记", "secretary"), ("副书记", "deputy"), ("组织委员", "committee"), ("无", None)]
)
def test_offices(cell: str, office: str | None) -> None:
    assert rules.office(cell) == office
    with pytest.raises(CellError):
        rules.office("驻村第一书记")
