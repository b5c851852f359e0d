"""What a cell of a roster means. Pure: no Django, no database. Tolerant in form, strict in content.

Every reader returns a value, or None where the cell says nothing, or raises CellError with a code.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

from lms.exchange.sheets import Cell
from lms.members.rules import birth_date_of, id_number_problem, normalise_id_number

R = TypeVar("R")

EARLIEST = dt.date(1900, 1, 1)
ADULT_YEARS = 18
# Serial 1 of a spreadsheet is 1 January 1900, and it believes in a 29 February 1900.
SERIAL_ZERO = dt.date(1899, 12, 30)
SERIALS = range(2_200, 80_000)
NOTHING = {"", "无", "/", "\\", "-", "--", "—", "——", "－", "不详", "未知", "空", "暂无", "null", "none", "n/a"}
CELL_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"}

DATE = re.compile(r"(\d{4})[-./年\\,](\d{1,2})(?:[-./月\\,](\d{1,2})日?|月)?\.?")
SOLID_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})?")
CLOCK = re.compile(r"(?<=\d)[T\s]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?.*$")
CODE_BEFORE = re.compile(r"^[\d.]+[\s\-.、:_]*(?=[^\d\s])")
CODE_BEHIND = re.compile(r"(?<=[^\d\s])[\s\-.、:_]*\d+$")
PERSON_NAME = re.compile(r"[^\W\d_][^\W\d_·.\-() \ue000-\uf8ff]*(?:[·.\-() ][^\W\d_·.\-()]*)*|[\w\ue000-\uf8ff·]+")
MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"(0\d{2,3})?[2-9]\d{6,7}(-?\d{1,5})?")

SEXES = {
    "男": "male",
    "女": "female",
    "男性": "male",
    "女性": "female",
    "1": "male",
    "2": "female",
    "m": "male",
    "f": "female",
}
CATEGORIES = {
    **dict.fromkeys(("正式党员", "正式", "正", "中共党员", "党员", "中共正式党员"), "full"),
    **dict.fromkeys(("预备党员", "预备", "预", "中共预备党员"), "probationary"),
    **dict.fromkeys(("发展对象", "党员发展对象"), "candidate"),
    **dict.fromkeys(("入党积极分子", "积极分子"), "activist"),
}
STATES = {
    **dict.fromkeys(("正常", "正常党员", "有党籍"), "active"),
    **dict.fromkeys(("停止党籍", "停止", "停党籍", "停籍"), "stopped"),
    **dict.fromkeys(("转出", "已转出", "组织关系转出"), "transferred"),
    **dict.fromkeys(("去世", "已去世", "死亡", "病故", "已故"), "deceased"),
    **dict.fromkeys(("开除党籍", "开除", "出党", "除名"), "expelled"),
}
YES = {"是", "有", "√", "✓", "✔", "y", "yes", "1", "true", "对"}
NO = {"否", "不是", "×", "✗", "n", "no", "0", "false", "非"}
# The longest word first: 副书记 and 第一书记 contain 书记.
OFFICES = (
    ("第一书记", None),
    ("副书记", "deputy"),
    ("书记", "secretary"),
    ("委员", "committee"),
    ("支委", "committee"),
)
NO_OFFICE = {"党员", "普通党员", "正式党员", "预备党员", "群众", "成员"}


class CellError(ValueError):
    """A cell that cannot be taken as it is; ``code`` for machines, ``messages`` has the words."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def remembered(reader: Callable[[Cell], R]) -> Callable[[Cell], R]:
    """A reader of words that stand in thousands of rows: 汉族, 初中 and 否 are read once."""
    known = lru_cache(maxsize=1024)(reader)

    @wraps(reader)
    def read(cell: Cell) -> R:
        # Only of texts: 1, 1.0 and True are one key but not one cell, and a date cell is none at all.
        return known(cell) if type(cell) is str else reader(cell)

    return read


def folded(cell: Cell) -> str:
    """A cell as text: full-width forms made plain, outer blanks and the apostrophe of text cells gone; "" for nothing."""
    if cell is None:
        return ""
    if isinstance(cell, dict):
        return str(cell["d"])
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    text = unicodedata.normalize("NFKC", str(cell)).strip().lstrip("'").strip()
    if text.upper() in CELL_ERRORS:
        raise CellError("cell-error")
    return "" if text.lower() in NOTHING else text


def text(cell: Cell, longest: int) -> str | None:
    """A text of at most ``longest`` characters, inner white space made single."""
    found = re.sub(r"\s+", " ", folded(cell))
    if len(found) > longest:
        raise CellError("text-too-long", longest=longest)
    return found or None


def uncoded(cell: Cell, longest: int = 40) -> str | None:
    """A label without the code glued to it: ``01 汉族``, ``7初中``, ``汉族01`` → 汉族, 初中, 汉族."""
    found = text(cell, longest + 10)
    if found is None:
        return None
    bare = CODE_BEHIND.sub("", CODE_BEFORE.sub("", found)).strip()
    if len(bare) > longest:
        raise CellError("text-too-long", longest=longest)
    return bare or None


def _key(cell: Cell) -> str:
    """A word for a look-up: no code, no blanks, no bracketed remark, lower case."""
    whole = re.sub(r"\s", "", folded(cell)).lower()
    bare = re.sub(r"[(（].*?[)）]", "", CODE_BEHIND.sub("", CODE_BEFORE.sub("", whole)))
    return bare or whole


def name(cell: Cell) -> str:
    """A person's name: blanks between Chinese characters gone (``李  山`` → 李山), the dot of a long name made one."""
    found = folded(cell)
    found = re.sub(r"[•‧・･∙.．](?=[\u3400-\u9fff])", "·", found)
    found = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", found)
    if not found:
        raise CellError("name-missing")
    if len(found) > 60 or re.search(r"\d", found) or not PERSON_NAME.fullmatch(found):
        raise CellError("name-invalid")
    return found


def id_number(cell: Cell) -> str:
    """A valid 公民身份证号 (GB 11643). A number cell keeps 15 digits and loses the tail: refused, never guessed."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 1e14:
        raise CellError("id-number-cell")
    found = normalise_id_number(folded(cell))
    if not found:
        raise CellError("id-missing")
    if re.fullmatch(r"\d(\.\d+)?E\+?\d+", found):
        raise CellError("id-number-cell")
    found = re.sub(r"[-\s]", "", found).replace("×", "X")
    problem = id_number_problem(found)
    if problem:
        raise CellError(problem)
    return found


def sex_of(number: str) -> str:
    """The sex that a valid ID number says: its 17th digit is odd for men."""
    return "male" if int(number[16]) % 2 else "female"


@remembered
def nation(cell: Cell) -> str | None:
    """A nationality in full: ``01 汉`` → 汉族."""
    found = uncoded(cell, 20)
    return (
        f"{found}族" if found and re.fullmatch(r"[\u3400-\u9fff]{1,4}", found) and not found.endswith("族") else found
    )


def _choice(cell: Cell, words: dict[str, str], code: str) -> str | None:
    key = _key(cell)
    if not key:
        return None
    if key not in words:
        raise CellError(code)
    return words[key]


@remembered
def sex(cell: Cell) -> str | None:
    """男, 女, 1 or 2 (GB/T 2261.1), also glued together."""
    return _choice(cell, SEXES, "sex-unknown")


@remembered
def category(cell: Cell) -> str | None:
    """人员类别 as the roster keeps it: full, probationary, candidate, activist."""
    return _choice(cell, CATEGORIES, "category-unknown")


@remembered
def state(cell: Cell) -> str | None:
    """党籍状态 as the roster keeps it."""
    return _choice(cell, STATES, "state-unknown")


@remembered
def yes_no(cell: Cell) -> bool | None:
    """是 or 否 in the ways people tick it."""
    key = _key(cell)
    if not key:
        return None
    if key in YES or key in NO:
        return key in YES
    raise CellError("yes-no-unknown")


@remembered
def office(cell: Cell) -> str | None:
    """党内职务 → secretary, deputy or committee. None: nothing said. Raises ``office-unknown`` for another word."""
    key = _key(cell)
    if not key or key in NO_OFFICE:
        return None
    for word, found in OFFICES:
        if word in key:
            if found is None:
                break
            return found
    raise CellError("office-unknown")


def phone(cell: Cell) -> tuple[str, str] | None:
    """("mobile" or "landline", digits). The first number counts where a cell holds several."""
    whole = folded(cell)
    if not whole:
        return None
    for written in (whole, re.split(r"[/、,;\s]+(?=\d)", whole)[0]):
        bare = re.sub(r"^(\+?86|0086)(?=1[3-9]\d{9}$)", "", re.sub(r"[^\d+]", "", written))
        if MOBILE.fullmatch(bare):
            return "mobile", bare
        if LANDLINE.fullmatch(bare):
            return "landline", re.sub(r"[^\d\-]", "", written).strip("-")
    raise CellError("phone-invalid")


# -- dates -------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """A date; ``whole`` is False when only year and month were written and the first of the month stands for it."""

    date: dt.date
    whole: bool = True


def day(cell: Cell, today: dt.date) -> Day | None:
    """A date in any of the forms people use: text with any mark, 8 or 6 digits, year.month, a spreadsheet's serial.

    Raises ``date-unclear`` (no date, or a number like 2010.1 that may be January or October), ``date-impossible``
    (30 February), ``date-future``, ``date-too-old`` (before 1900).
    """
    found = _day(cell)
    if found is None:
        return None
    if found.date > today:
        raise CellError("date-future")
    if found.date < EARLIEST:
        raise CellError("date-too-old")
    return found


def _day(cell: Cell) -> Day | None:
    if isinstance(cell, dict):
        return Day(dt.date.fromisoformat(cell["d"]))
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _day_of_number(float(cell))
    written = folded(cell)
    if not written:
        return None
    written = re.sub(r"\s+", "", CLOCK.sub("", written))
    if match := DATE.fullmatch(written):
        return _made(*match.groups())
    if re.fullmatch(r"\d{5}(\.\d+)?", written):
        return _day_of_number(float(written))
    if match := SOLID_DATE.fullmatch(written):
        return _made(*match.groups())
    raise CellError("date-unclear")


def _day_of_number(number: float) -> Day:
    """A number cell: a serial, 20100901, 201009, or year.month as in 2010.09."""
    if not math.isfinite(number):
        raise CellError("date-unclear")
    if number.is_integer() and (match := SOLID_DATE.fullmatch(str(int(number)))):
        return _made(*match.groups())
    if 1900 <= number < 2100:
        return _day_of_year_and_month(number)
    if math.floor(number) in SERIALS:
        return Day(SERIAL_ZERO + dt.timedelta(days=math.floor(number)))
    raise CellError("date-unclear")


def _day_of_year_and_month(number: float) -> Day:
    """2010.09 is September and 2010.9 too; 2010.1 lost its last digit or never had one, so nobody knows."""
    year, hundredths = int(number), round((number - int(number)) * 100)
    if abs(number * 100 - round(number * 100)) > 1e-6 or hundredths in (0, 10):
        raise CellError("date-unclear")
    month = hundredths if hundredths <= 12 else hundredths / 10
    if month != int(month):
        raise CellError("date-impossible")
    return _made(str(year), str(int(month)), None)


def _made(year: str, month: str, date: str | None) -> Day:
    try:
        return Day(dt.date(int(year), int(month), int(date) if date else 1), whole=date is not None)
    except ValueError as error:
        raise CellError("date-impossible") from error


def agrees(written: Day, number: str) -> bool:
    """Whether a written birthday is the one inside the ID number, as far as it was written."""
    born = birth_date_of(number)
    return written.date == born if written.whole else written.date == born.replace(day=1)


def of_age(born: dt.date, on: dt.date) -> bool:
    """Whether somebody had turned 18 on a day (党章 art. 1: 年满十八岁)."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) >= ADULT_YEARS
