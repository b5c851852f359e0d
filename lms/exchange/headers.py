"""Finds the header of a roster anywhere in the first rows of a file, in whatever form it was typed. Pure.

The official 《党员基本信息汇总表》 has a title, a line with unit and date, and a header of two rows that share merged cells
(联系电话 over 手机号 and 固定电话). Real files add blanks and line breaks inside headers, other names for the same column,
a row of column numbers under the header, and notes after the last person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from lms.exchange.sheets import Book, Cell, Sheet

# The first name of each column is the one of the official form; messages speak of it by that name.
COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "党员姓名", "名字", "党员名称"),
    "id_number": (
        *("公民身份证号", "身份证号", "身份证号码", "身份证", "公民身份号码", "公民身份证号码", "居民身份证号"),
        *("居民身份证号码", "居民身份证", "身份号码", "证件号码", "证件号", "身份证件号码"),
    ),
    "unit": (
        *("所在党支部", "所属党支部", "支部", "组织名称", "党支部", "所在支部", "所属支部", "支部名称", "党支部名称"),
        *("党组织", "党组织名称", "所在党组织", "所属党组织", "所在组织", "所在党支部名称", "所在党支部全称", "组织"),
        *("组织关系所在党支部", "组织关系所在支部", "组织关系所在单位", "所在基层党组织", "所属支部名称"),
    ),
    "committee": ("所在党委", "所属党委", "上级党组织", "上级党委", "党委", "所属乡镇", "乡镇", "所在乡镇", "乡镇党委"),
    "station": ("所属站点", "站点", "站点名称", "所在站点", "远教站点", "收看站点"),
    "sex": ("性别",),
    "nation": ("民族", "民族名称"),
    "birth_date": ("出生日期", "出生年月", "出生年月日", "出生时间", "生日"),
    "education": ("学历", "文化程度", "最高学历", "文化", "学历层次"),
    "category": ("人员类别", "党员类别", "预/正", "正/预", "预正", "党员类型", "人员类型", "政治面貌"),
    "joined_on": (
        *("加入党组织日期", "入党时间", "入党日期", "加入党组织时间", "入党年月", "入党年月日", "加入党组织年月"),
        *("加入中共组织日期", "加入中国共产党时间", "加入中国共产党日期"),
    ),
    "confirmed_on": ("转为正式党员日期", "转正时间", "转正日期", "转为正式党员时间", "转正年月", "转正年月日"),
    "industry": ("从事产业", "主要从事产业", "产业", "主导产业", "种养产业"),
    "job": ("工作岗位", "岗位", "职业", "从事职业", "工作单位及职务", "单位及职务"),
    "mobile": (
        "手机号",
        "手机号码",
        "联系电话",
        "手机",
        "电话",
        "移动电话",
        "联系方式",
        "电话号码",
        "联系手机",
        "本人电话",
    ),
    "landline": ("固定电话", "座机", "固话", "固定电话号码", "座机号码", "家庭电话"),
    "state": ("党籍状态", "党籍"),
    "state_on": ("状态日期", "党籍状态日期", "停止党籍日期"),
    "lost_contact": ("是否为失联党员", "是否失联党员", "是否失联", "失联党员"),
    "lost_contact_on": ("失去联系日期", "失联日期", "失联时间", "失去联系时间"),
    "away": ("是否为流动党员", "是否流动党员", "是否流动", "流动党员"),
    "away_to": ("外出流向", "流动去向", "流向", "外出地点", "流动地点", "外出流向地", "流入地"),
    "office": ("党内职务", "党内职务名称", "支部职务", "党组织职务", "党务职务", "支部内职务"),
    "office_on": ("任职日期", "任职时间", "任职年月", "任职起始日期", "任职开始日期"),
    "hardship": ("是否困难党员", "是否为困难党员", "困难党员", "是否生活困难党员", "生活困难党员"),
}
REQUIRED = ("name", "id_number")
FIELD_OF = {alias: field for field, aliases in COLUMNS.items() for alias in aliases}
# Columns that a roster may have and that nobody misses when they are not taken.
IDLE = {"序号", "编号", "备注", "年龄", "党龄", "序", "no", "no.", "联系电话"}
SEARCHED_ROWS = 15
# A sheet that explains the form is never the roster, however much it looks like one.
EXPLAINS = re.compile(r"示例|样例|样表|范例|说明|代码|字典")
# How a row begins that closes the list: notes, totals, who filled it in.
CLOSING = re.compile(
    r"^(注|备注|说明|填表|填报|制表|审核|审批|合计|总计|小计|共计|总人数|单位负责人|负责人|联系人[:：]|经办人|统计时间|统计人|截至|截止|本表)"
)


def label(field: str) -> str:
    """The official name of a column."""
    return COLUMNS[field][0]


def plain(text: object) -> str:
    """A header without any white space, full-width forms, stars and colons: ``"入 党\\n时　间＊"`` → ``入党时间``."""
    folded = unicodedata.normalize("NFKC", str(text)) if text is not None else ""
    return re.sub(r"[\s*:]", "", folded).lower()


def field_of(text: Cell) -> str | None:
    """The field that a header names, also with a remark in brackets or a number before it; None if it names none."""
    if not isinstance(text, str):
        return None
    whole = plain(text)
    bare = re.sub(r"[(\[【].*?[)\]】]", "", whole)
    return FIELD_OF.get(whole) or FIELD_OF.get(bare) or FIELD_OF.get(re.sub(r"^\d+[.、)]?", "", bare))


@dataclass(frozen=True)
class Layout:
    """Where the roster is: its sheet, the column of each field, the first row below the header."""

    sheet: Sheet
    columns: dict[str, int]
    first_row: int
    unused: list[str]

    @property
    def missing(self) -> list[str]:
        """Official names of the columns without which nobody can be told apart."""
        return [label(field) for field in REQUIRED if field not in self.columns]

    def people(self) -> Iterator[tuple[int, dict[str, Cell]]]:
        """(row number, field → cell) of each row that is a person; notes, totals, blanks and repeated heads are left out."""
        down = _filled_down(self.sheet, self.first_row)
        for number in sorted(row for row in self.sheet.rows if row >= self.first_row):
            own = {field: self.sheet.cell(number, column) for field, column in self.columns.items()}
            if not _is_person(own, self.sheet.rows[number]):
                continue
            yield number, {f: down.get((number, self.columns[f]), value) for f, value in own.items()}


def find(book: Book) -> Layout | None:
    """The roster in a file: the sheet that fits best (explanations last, hidden ones only if alone); None without a header."""
    found = [layout for sheet in book.sheets if (layout := _in_sheet(sheet))]
    if not found:
        return None
    return max(
        found,
        key=lambda layout: (
            not layout.missing,
            not EXPLAINS.search(layout.sheet.name),
            not layout.sheet.hidden,
            any(True for _person in layout.people()),
            len(layout.columns),
        ),
    )


def others(book: Book, chosen: Layout) -> list[str]:
    """Names of further sheets that hold people and are not read."""
    return [
        sheet.name
        for sheet in book.sheets
        if sheet is not chosen.sheet
        and not sheet.hidden
        and not EXPLAINS.search(sheet.name)
        and (layout := _in_sheet(sheet))
        and any(True for _person in layout.people())
    ]


def _in_sheet(sheet: Sheet) -> Layout | None:
    rows = sorted(sheet.rows)[:SEARCHED_ROWS]
    if not rows:
        return None
    filled = _spread(sheet, rows[-1])
    best = max(rows, key=lambda row: len(_named(filled, sheet, row)))
    columns = _named(filled, sheet, best)
    if len(columns) < 2 and not set(columns) & set(REQUIRED):
        return None
    above = _named(filled, sheet, best - 1)
    if len(above) > 1:
        columns = _merge(columns, above)
    last = best
    if best + 1 in sheet.rows and _continues(filled, sheet, best, columns):
        last = best + 1
        columns = _merge(_named(filled, sheet, last), columns)
    first = last + 1
    while first in sheet.rows and _is_numbering(sheet.rows[first]):
        first += 1
    taken = set(columns.values())
    unused = [
        str(text).strip()
        for column in range(sheet.width)
        if column not in taken and (text := filled.get((last, column)) or filled.get((best, column)))
        if plain(text) not in IDLE and isinstance(text, str)
    ]
    return Layout(sheet, columns, first, list(dict.fromkeys(unused)))


def _spread(sheet: Sheet, until: int) -> dict[tuple[int, int], Cell]:
    """The cells of the first rows, each merged range filled with its value."""
    filled = {
        (row, column): value
        for row, cells in sheet.rows.items()
        if row <= until + 1
        for column, value in enumerate(cells)
        if value is not None
    }
    for top, left, bottom, right in sheet.merges:
        if top <= until and (top, left) in filled:
            for row in range(top, min(bottom, until + 1) + 1):
                for column in range(left, min(right, sheet.width) + 1):
                    filled.setdefault((row, column), filled[top, left])
    return filled


def _named(filled: dict[tuple[int, int], Cell], sheet: Sheet, row: int) -> dict[str, int]:
    """The fields that a row names, each at its first column."""
    columns: dict[str, int] = {}
    for column in range(sheet.width):
        field = field_of(filled.get((row, column)))
        if field:
            columns.setdefault(field, column)
    return columns


def _continues(filled: dict[tuple[int, int], Cell], sheet: Sheet, row: int, columns: dict[str, int]) -> bool:
    """Whether the next row is the header's second storey: it names fields and holds no person."""
    below = _named(filled, sheet, row + 1)
    if not below:
        return False
    keys = [columns[field] for field in REQUIRED if field in columns]
    return all(filled.get((row + 1, key)) in (None, filled.get((row, key))) for key in keys)


def _merge(lower: dict[str, int], upper: dict[str, int]) -> dict[str, int]:
    """The lower storey names a column better: 固定电话 under 联系电话 is a landline, whatever stands above."""
    taken = set(lower.values())
    return {**{field: column for field, column in upper.items() if column not in taken}, **lower}


def _is_numbering(cells: list[Cell]) -> bool:
    """Whether a row only counts the columns: 1, 2, 3 … or 甲, 乙, 1, 2 …"""
    values = [value for value in cells if value is not None]
    numbers = [float(value) for value in values if re.fullmatch(r"\d+(\.0)?", str(value))]
    ascending = all(second - first == 1 for first, second in pairwise(numbers))
    return len(numbers) >= 3 and len(numbers) >= len(values) - 3 and ascending


def _is_person(own: dict[str, Cell], cells: list[Cell]) -> bool:
    """Whether a row speaks of a person, also of one whose name or number is missing."""
    if field_of(own.get("name")) == "name":
        return False
    said = [value for value in cells if value is not None]
    if own.get("id_number") is not None:
        return True
    if any(isinstance(value, str) and CLOSING.match(plain(value)) for value in said[:2]):
        return False
    facts = [field for field, value in own.items() if value is not None]
    if own.get("name") is not None:
        return len(facts) > 1 or bool(re.fullmatch(r"[\u3400-\u9fff·\s]{2,8}", str(own["name"])))
    return len(facts) > 1


def _filled_down(sheet: Sheet, first_row: int) -> dict[tuple[int, int], Cell]:
    """Values of cells merged downwards over several people (one branch name for ten rows)."""
    return {
        (row, column): sheet.cell(top, left)
        for top, left, bottom, right in sheet.merges
        if left == right and bottom > top >= first_row
        for row in range(top, bottom + 1)
        for column in (left,)
    }
