"""The season of a course, as editors write it (十二月至次年二月, 3—5月, 清明、七一, 全年), as months of the year. No Django."""

from __future__ import annotations

import re

YEAR = frozenset(range(1, 13))
_NUMBERS = {
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "十一": 11,
    "十二": 12,
}
_NUMBER = r"(十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9])"
_SPAN = re.compile(
    rf"{_NUMBER}月?(?:份|底|初|中旬|上旬|下旬)?\s*(?:至|到|—+|–|-|~|～)\s*(?:次年|翌年|来年)?{_NUMBER}月"
)
_MONTH = re.compile(rf"{_NUMBER}月")
_DAYS = {
    "春节": (1, 2),
    "元旦": (1,),
    "清明": (4,),
    "五一": (5,),
    "七一": (7,),
    "八一": (8,),
    "国庆": (10,),
    "春": (3, 4, 5),
    "夏": (6, 7, 8),
    "秋": (9, 10, 11),
    "冬": (12, 1, 2),
}
"""Feasts before seasons: 春节 holds a 春."""


def months(text: str) -> frozenset[int]:
    """The months (1–12) that a season covers; empty where nothing is said."""
    if any(word in text for word in ("全年", "常年", "四季")):
        return YEAR
    found: set[int] = set()
    for start, end in _SPAN.findall(text):
        found |= _between(_number(start), _number(end))
    rest = _SPAN.sub("", text)
    found |= {_number(number) for number in _MONTH.findall(rest)}
    for word, covered in _DAYS.items():
        if word in rest:
            found |= set(covered)
            rest = rest.replace(word, "")
    return frozenset(found)


def in_order(text: str) -> list[int]:
    """The months that a season covers as people count them: a winter begins in December."""
    covered = sorted(months(text))
    first = next((month for month in covered if (month - 2) % 12 + 1 not in covered), 1)
    return sorted(covered, key=lambda month: (month - first) % 12)


def is_now(text: str, month: int) -> bool:
    """Whether a course is timely in a month: its season covers it, and not the whole year."""
    covered = months(text)
    return month in covered and covered != YEAR


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBERS[text]


def _between(start: int, end: int) -> set[int]:
    """Months from one to another, over the turn of the year where need be."""
    return set(range(start, end + 1)) if start <= end else set(range(start, 13)) | set(range(1, end + 1))
