"""Pure rules about people."""

from __future__ import annotations

import pytest
from pypinyin import lazy_pinyin

from lms.members import rules
from tests.factories import id_number


def test_surnames_have_their_own_reading() -> None:
    assert rules.sort_key("单雄") == "shan xiong"
    assert rules.sort_key("尉迟恭") == "yu chi gong"
    assert rules.sort_key("李大山") == "li da shan"


def test_masks_show_the_head_and_the_tail() -> None:
    assert rules.mask_id_number("420106195803062412") == "420106********2412"
    assert rules.mask_mobile("13800006726") == "138****6726"
    assert rules.mask_mobile("12345") == "*****"


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (id_number(1), ""),
        (id_number(1)[:-1] + ("0" if id_number(1)[-1] != "0" else "1"), "id-checksum"),
        ("4201061958030624", "id-length"),
        ("42010619580306241A", "id-length"),
    ],
)
def test_gb_11643_an_id_number_is_checked(number: str, problem: str) -> None:
    assert rules.id_number_problem(number) == problem


def test_gb_11643_a_day_that_does_not_exist_is_refused() -> None:
    body = "42990019580231001"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
    assert rules.id_number_problem(body + check) == "id-date"


def test_paths_of_the_units_above() -> None:
    assert rules.ancestor_paths("000100020003", 4) == ["0001", "00010002", "000100020003"]


def test_readings_are_those_of_the_dictionary() -> None:
    given = ("兴国", "银行", "重阳", "长乐", "宝藏", "曾", "大山", "梅", "乐乐")
    names = [surname + rest for surname in ("王", "高", "音", "中", "曾") for rest in given]
    for name in [*names, "阿依古丽·买买提", "Li Ming", "李A", "㐀䶮", "", "〇二"]:
        assert rules.readings(name) == lazy_pinyin(name), name
