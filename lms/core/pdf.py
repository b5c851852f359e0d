"""Official forms as PDF: A4 in one whole Chinese typeface, written by Python alone.

Every character of a name must be right on the page and in the text layer (copying, searching, reading aloud), on a machine
that has no fonts and no system libraries: docs/decisions/0012-pdf-by-python-alone.md. The typeface is beside the code
(``lms/core/fonts``); a document holds only the glyphs that it uses.

Measures are millimetres, type sizes points.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import category

import segno
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TextMode

FONT = Path(__file__).parent / "fonts" / "NotoSansSC-Regular.ttf"
FAMILY = "sheet"
INK, MUTED, RED, SHADE = (31, 35, 40), (96, 103, 112), (181, 34, 27), (243, 240, 234)
LINE = 0.2
POINT = 0.3528
LEADING = 1.45
BASELINE = LEADING / 2 + 0.3
SPREAD = 1.15
SHIFT = {"L": 0.0, "C": 0.5, "R": 1.0}
PADDING = 1.2
NEVER_FIRST = "，。、；：？！）》」』】”’…％%)"
"""What a line does not begin with: it hangs at the end of the line before."""

UNSEEN = {"Cc", "Cf"}
"""Control and format characters. Not ``str.isprintable``: it drops characters younger than the Python that runs."""


@cache
def characters() -> frozenset[int]:
    """The code points that the typeface can draw."""
    with TTFont(FONT, lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> str:
    """Text as it can be drawn: a character that the typeface lacks is named by its code, never dropped, never another."""
    held = characters()
    return "".join(
        sign if sign == "\n" or ord(sign) in held else f"〓(U+{ord(sign):04X})"
        for sign in text.replace("\t", " ")
        if sign == "\n" or category(sign) not in UNSEEN
    )


@dataclass(frozen=True, slots=True)
class Head:
    """One column of a table: its head, its width in mm, ``L``, ``C`` or ``R``."""

    title: str
    width: float
    align: str = "L"


class Paper(FPDF):
    """A document of A4 sheets. ``foot`` is written small at the foot of each page, beside its number."""

    def __init__(self, *, title: str, landscape: bool = False, margin: float = 18) -> None:
        super().__init__(orientation="landscape" if landscape else "portrait", unit="mm", format="A4")
        self.add_font(FAMILY, "", FONT)
        self.set_title(printable(title))
        self.set_lang("zh-CN")
        self.set_margins(margin, margin, margin)
        self.set_auto_page_break(False)
        self.c_margin = 0
        self.left = margin
        self.foot = ""
        self.stamp = ""
        self.sheet = 0
        self._widths: dict[tuple[str, float], float] = {}

    # -- pages -----------------------------------------------------------------

    def begin(self, *, foot: str = "", stamp: str = "") -> None:
        """Begin a form on a new sheet; its pages are counted from one. ``stamp`` crosses each of them (已撤销)."""
        self.foot, self.stamp, self.sheet = foot, stamp, 0
        self.turn()

    def turn(self) -> None:
        """Go on with the form on the next sheet."""
        self.add_page()
        self.sheet += 1
        if self.stamp:
            self._cross(self.stamp)
        self.write_at(self.w - self.left, self.h - 10, f"{self.foot}    {self.sheet}".strip(), 8, "R", MUTED)

    def _cross(self, word: str) -> None:
        with self.rotation(30, self.w / 2, self.h / 2), self.local_context(fill_opacity=0.18):
            self.write_at(self.w / 2, self.h / 2 - 22, word, 90, "C", RED)

    @property
    def inner(self) -> float:
        """The width between the margins."""
        return self.w - 2 * self.left

    @property
    def room(self) -> float:
        """The height that is left above the foot."""
        return self.h - self.left - self.y

    def need(self, height: float) -> None:
        """Turn the page unless so much room is left."""
        if self.room < height:
            self.turn()

    # -- text --------------------------------------------------------------------

    def write_at(
        self, x: float, y: float, text: str, size: float, align: str = "L", colour: tuple[int, int, int] = INK
    ) -> None:
        """Write one line below ``y``: from ``x`` on (``L``), around it (``C``), or up to it (``R``). Nothing else moves."""
        self._write(x, y, printable(text), size, align, colour)

    def _write(
        self, x: float, y: float, text: str, size: float, align: str = "L", colour: tuple[int, int, int] = INK
    ) -> None:
        self.set_text_color(*colour)
        taken = self._measure(text, size) if align != "L" else 0
        self.set_font(FAMILY, size=size)
        self.text(x - taken * SHIFT[align], y + size * POINT * BASELINE, text)

    def _measure(self, text: str, size: float) -> float:
        return sum(self._width(sign, size) for sign in text)

    def title_line(self, text: str, size: float = 24) -> None:
        """The name of the form, wide and heavy."""
        self.text_mode = TextMode.FILL_STROKE
        self.set_line_width(0.25)
        self.set_draw_color(*INK)
        step = size * POINT * SPREAD
        x = self.w / 2 - step * (len(text) - 1) / 2
        for place, sign in enumerate(printable(text)):
            self._write(x + place * step, self.y, sign, size, "C")
        self.text_mode = TextMode.FILL
        self.set_y(self.y + size * POINT * LEADING + 3)

    def paragraph(
        self, text: str, size: float = 11, *, align: str = "L", indent: int = 0, colour: tuple[int, int, int] = INK
    ) -> None:
        """A paragraph from margin to margin; ``indent``: so many characters before its first line."""
        height = size * POINT * (LEADING + 0.15)
        for line in self.wrapped("　" * indent + text, self.inner, size):
            self.need(height)
            self._write(self.left + self.inner * SHIFT[align], self.y, line, size, align, colour)
            self.set_y(self.y + height)

    def wrapped(self, text: str, width: float, size: float) -> list[str]:
        """Text cut into lines of some width: between any two characters, but not before what must not begin a line."""
        lines: list[str] = []
        for part in printable(text).split("\n"):
            line, filled = "", 0.0
            for sign in part:
                wide = self._width(sign, size)
                if line and filled + wide > width and sign not in NEVER_FIRST:
                    lines.append(line)
                    line, filled = "", 0.0
                line, filled = line + sign, filled + wide
            lines.append(line)
        return lines

    def _width(self, sign: str, size: float) -> float:
        key = sign, size
        if key not in self._widths:
            self.set_font(FAMILY, size=size)
            self._widths[key] = self.get_string_width(sign)
        return self._widths[key]

    # -- tables ---------------------------------------------------------------------

    def ruled(self, heads: Sequence[Head], rows: Iterable[Sequence[str]], size: float = 9) -> None:
        """A ruled table. The heads are repeated on each sheet and no row is cut in two."""
        top = self._cells(heads, [head.title for head in heads], size)
        self.need(3 * _height(top, size))
        self._row(heads, top, size, head=True)
        for row in rows:
            cells = self._cells(heads, row, size)
            if self.room < _height(cells, size):
                self.turn()
                self._row(heads, top, size, head=True)
            self._row(heads, cells, size)

    def _cells(self, heads: Sequence[Head], row: Sequence[str], size: float) -> list[list[str]]:
        """The lines of each cell of a row."""
        return [self.wrapped(text, head.width - 2 * PADDING, size) for head, text in zip(heads, row, strict=True)]

    def _row(self, heads: Sequence[Head], cells: list[list[str]], size: float, *, head: bool = False) -> None:
        height, step = _height(cells, size), size * POINT * LEADING
        x, y = self.left, self.y
        self.set_line_width(LINE)
        self.set_draw_color(*MUTED)
        self.set_fill_color(*SHADE)
        for column, lines in zip(heads, cells, strict=True):
            self.rect(x, y, column.width, height, style="DF" if head else "D")
            align = "C" if head else column.align
            anchor = x + PADDING + (column.width - 2 * PADDING) * SHIFT[align]
            top = y + (height - len(lines) * step) / 2
            for number, line in enumerate(lines):
                self._write(anchor, top + number * step, line, size, align)
            x += column.width
        self.set_y(y + height)

    # -- signs ------------------------------------------------------------------------

    def qr(self, address: str, x: float, y: float, side: float) -> None:
        """A QR code of an address as vector squares, error correction M, its quiet zone within ``side``."""
        rows = list(_code(address).matrix_iter(border=4))
        step = side / len(rows)
        self.set_fill_color(0, 0, 0)
        for line, row in enumerate(rows):
            for start, length in _runs(row):
                self.rect(x + start * step, y + line * step, length * step, step, style="F")

    def signatures(self, words: Sequence[str], size: float = 11) -> None:
        """A line to sign on for each word, side by side."""
        self.need(16)
        width = self.inner / len(words)
        top = self.y + 6
        self.set_line_width(LINE)
        self.set_draw_color(*INK)
        for place, word in enumerate(words):
            x = self.left + place * width
            taken = self._measure(word, size) + 2
            self.write_at(x, top, word, size)
            self.line(x + taken, top + 6, x + width - 8, top + 6)
        self.set_y(top + 10)

    def done(self) -> bytes:
        """The finished document."""
        return bytes(self.output())


def _height(cells: Sequence[Sequence[str]], size: float) -> float:
    """How high a row is in mm, by its fullest cell."""
    return max(map(len, cells)) * size * POINT * LEADING + 2 * PADDING


def _code(address: str) -> segno.QRCode:
    """Error correction M. The mask is fixed: trying all eight takes longer than drawing the form, and readers take any."""
    return segno.make_qr(address, error="m", mask=2)


def _runs(row: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(start, length) of the dark stretches in a row of a QR code."""
    start, length = 0, 0
    for place, dark in enumerate([*row, 0]):
        if dark:
            start, length = (start, length + 1) if length else (place, 1)
        elif length:
            yield start, length
            length = 0


def qr_svg(address: str) -> str:
    """A QR code of an address as an SVG element for a page; it takes the size that its box gives it."""
    stream = io.BytesIO()
    _code(address).save(
        stream,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        border=4,
        svgclass="qr",
        lineclass=None,
        light="#fff",
    )
    return stream.getvalue().decode()


def pdf_response(data: bytes, name: str) -> HttpResponse:
    """A PDF to keep, never to be shown inside the site."""
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    return response
