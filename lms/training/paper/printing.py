"""The sign-in sheet as PDF: what a person reads and what the reader measures, both from ``layout``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lms.core.pdf import LINE, MUTED, SHADE, Paper
from lms.training.paper import layout
from lms.training.paper.layout import Identity
from lms.training.sheets import ROSTER_COLUMNS

SIZE = 9.0


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """One page: what its strip says, the address behind its QR code, the cells of its rows (序号 … 联系电话)."""

    identity: Identity
    address: str
    rows: Sequence[Sequence[str]]


def sheet_pdf(title: str, heads: Sequence[str], pages: Sequence[PrintedPage]) -> bytes:
    """All pages of a sheet. ``heads``: lines above the table (班次, 日期, 地点 …)."""
    paper = Paper(title=title)
    paper.begin()
    for number, page in enumerate(pages, start=1):
        if number > 1:
            paper.turn()
        _machine_marks(paper, page)
        _head(paper, title, heads)
        _table(paper, page.rows)
        _foot(paper, number, len(pages))
    return paper.done()


def _machine_marks(paper: Paper, page: PrintedPage) -> None:
    paper.set_fill_color(0, 0, 0)
    for x, y in layout.MARKS:
        paper.rect(x - layout.MARK / 2, y - layout.MARK / 2, layout.MARK, layout.MARK, style="F")
    for bit, black in enumerate(layout.strip(page.identity)):
        if black:
            place = layout.cell(bit)
            paper.rect(*place, style="F")
    paper.qr(page.address, layout.QR_LEFT, layout.QR_TOP, layout.QR_SIDE)


def _head(paper: Paper, title: str, heads: Sequence[str]) -> None:
    paper.write_at(layout.TABLE_LEFT + 8, 19, title, 18)
    for place, line in enumerate(heads):
        paper.write_at(layout.TABLE_LEFT + 8, 29 + place * 5.2, line, SIZE)
    paper.write_at(layout.QR_LEFT + layout.QR_SIDE / 2, 44, _("扫码上传本页照片"), 7, "C", MUTED)
    advice = _("请在格内签名，勿出格；拍照时四角黑块要拍全")
    paper.write_at(layout.TABLE_LEFT + 8, 50, advice, 7.5, colour=MUTED)


def _table(paper: Paper, rows: Sequence[Sequence[str]]) -> None:
    paper.set_line_width(LINE)
    paper.set_draw_color(*MUTED)
    paper.set_fill_color(*SHADE)
    for column, width in enumerate(layout.COLUMNS):
        x = layout.column_left(column)
        paper.rect(x, layout.HEAD_TOP, width, layout.HEAD_HEIGHT, style="DF")
        for row in range(len(rows)):
            paper.rect(x, layout.FIRST_ROW + row * layout.ROW_HEIGHT, width, layout.ROW_HEIGHT, style="D")
    for column, head in enumerate(ROSTER_COLUMNS):
        middle = layout.column_left(column) + layout.COLUMNS[column] / 2
        paper.write_at(middle, layout.HEAD_TOP + 1.2, str(head.title), SIZE, "C")
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            _cell(paper, row, column, text)


def _cell(paper: Paper, row: int, column: int, text: str) -> None:
    """At most two lines: a long name of a branch is small and cut with an ellipsis, it never leaves its cell."""
    width = layout.COLUMNS[column] - 2
    size = SIZE
    lines = paper.wrapped(text, width, size)
    if len(lines) > 1:
        size = 7.5
        lines = paper.wrapped(text, width, size)
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][:-1]}…"]
    step = size * 0.3528 * 1.45
    top = layout.FIRST_ROW + row * layout.ROW_HEIGHT + (layout.ROW_HEIGHT - step * len(lines)) / 2
    for place, line in enumerate(lines):
        paper.write_at(layout.column_left(column) + 1, top + place * step, line, size)


def _foot(paper: Paper, number: int, count: int) -> None:
    y = layout.FIRST_ROW + layout.ROWS * layout.ROW_HEIGHT + 4
    paper.write_at(layout.TABLE_LEFT + 12, y, _("带班人"), 10)
    paper.write_at(layout.WIDTH / 2, y, _("记录人"), 10)
    paper.write_at(layout.WIDTH / 2, 284, _("第 %(n)s 页，共 %(m)s 页") % {"n": number, "m": count}, 9, "C")
