"""Pure rules about people and places: masks, paths, names, offices. No Django."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

# A surname's own reading where the dictionary would choose another one.
SURNAME_READINGS = {
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "解": "xie",
    "任": "ren",
    "查": "zha",
    "区": "ou",
    "朴": "piao",
    "盖": "ge",
    "缪": "miao",
    "乐": "yue",
    "冼": "xian",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "华": "hua",
    "翟": "zhai",
    "覃": "qin",
    "员": "yun",
    "宓": "mi",
    "折": "she",
    "黑": "he",
    "逄": "pang",
}


HAN = re.compile(r"[\u4e00-\u9fff]+")


def sort_key(name: str) -> str:
    """The pinyin by which names are sorted, the surname in its own reading: 曾国平 → ``zeng guo ping``."""
    for length in (2, 1):
        reading = SURNAME_READINGS.get(name[:length])
        if reading:
            return " ".join([reading, *readings(name[length:])]).strip()
    return " ".join(readings(name))


def readings(text: str) -> list[str]:
    """``lazy_pinyin``, which takes its time over every character, for text without a phrase from characters known already."""
    lengths = range(2, len(text) + 1)
    phrased = any(text[start : start + length] in PHRASES_DICT for length in lengths for start in range(len(text) - 1))
    if phrased or not HAN.fullmatch(text):
        return lazy_pinyin(text, style=Style.NORMAL)
    return [_reading(character) for character in text]


@lru_cache(maxsize=4096)
def _reading(character: str) -> str:
    return lazy_pinyin(character, style=Style.NORMAL)[0]


def mask_id_number(number: str) -> str:
    """``420106********2412``: the region and the tail, the birthday hidden (PIPL art. 28)."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)


def mask_mobile(number: str) -> str:
    """``138****6726``."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "*" * len(number)


def normalise_id_number(text: str) -> str:
    """An ID number without spaces and with a capital X."""
    return "".join(text.split()).upper()


def id_number_problem(number: str) -> str:
    """Why an ID number is not valid: ``""``, ``id-length``, ``id-checksum`` or ``id-date`` (GB 11643)."""
    if len(number) != 18 or not number[:17].isdigit() or not (number[17].isdigit() or number[17] == "X"):
        return "id-length"
    if ric.calc_check_digit(number) != number[17]:
        return "id-checksum"
    try:
        born = ric.get_birth_date(number)
    except (ValidationError, ValueError):
        return "id-date"
    return "" if dt.date(1900, 1, 1) <= born <= dt.date.today() else "id-date"


def birth_date_of(number: str) -> dt.date:
    """The birthday inside a valid ID number."""
    return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def ancestor_paths(path: str, step: int) -> list[str]:
    """Every prefix of a materialised path, the root first, the path itself last."""
    return [path[:end] for end in range(step, len(path) + 1, step)]
