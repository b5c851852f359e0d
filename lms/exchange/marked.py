"""Marks the errors in a copy of the person's own file, in a child process of its own.

Run as a program by ``lms.exchange.sandbox``, without Django. On stdin: one line of JSON ``{"sheet", "head", "title",
"marks": [[row, column or null, text], …]}`` (rows from 1, columns from 0), then the file. On stdout: the copy.
An xlsx keeps its looks: red cells with the reason as a comment, and a last column with all reasons of the row. A CSV keeps
its encoding and gets the column. An old xls comes back as xlsx with its values. No formula survives: values only, and
a text that a spreadsheet would run gets an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

import openpyxl
import python_calamine as calamine
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill

from lms.exchange import reader

RED = PatternFill("solid", fgColor="F6C7C3")
INK = Font(color="B5221B", bold=True)
# openpyxl puts each sheet into a temporary file before it packs them.
WRITTEN_MB = 200
RUNS = ("=", "+", "-", "@", "\t", "\r")


def main() -> int:
    """Read the order and the file, write the copy."""
    limits = json.loads(sys.argv[1])
    reader.hold(limits["memory_mb"], limits["cpu_seconds"], WRITTEN_MB)
    order = json.loads(sys.stdin.buffer.readline())
    sys.stdout.buffer.write(copy(sys.stdin.buffer.read(), order))
    return 0


def copy(data: bytes, order: dict[str, Any]) -> bytes:
    """The marked copy of a file."""
    kind = reader.kind_of(data)
    if kind == "csv":
        return _marked_text(data, order)
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True) if kind == "xlsx" else _values_of(data)
    _mark(book[order["sheet"]] if order["sheet"] in book.sheetnames else book.worksheets[0], order)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and harmless(cell.value) != cell.value:
                    cell.value = harmless(cell.value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(RUNS) else text


def reasons_by_row(order: dict[str, Any]) -> dict[int, str]:
    """All reasons of each row as one text."""
    rows: dict[int, list[str]] = {}
    for row, _column, text in order["marks"]:
        rows.setdefault(row, []).append(text)
    return {row: " ".join(texts) for row, texts in rows.items()}


def _mark(sheet: Any, order: dict[str, Any]) -> None:
    last = sheet.max_column + 1
    merged = {cell for area in sheet.merged_cells.ranges for cell in list(area.cells)[1:]}
    for row, column, text in order["marks"]:
        if column is not None and (row, column + 1) not in merged:
            cell = sheet.cell(row, column + 1)
            cell.fill = RED
            cell.comment = Comment(text, order["title"])
    title = sheet.cell(order["head"], last, order["title"])
    title.font = INK
    for row, text in reasons_by_row(order).items():
        cell = sheet.cell(row, last, text)
        cell.font = INK
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions[title.column_letter].width = 48


def _values_of(data: bytes) -> openpyxl.Workbook:
    """An old workbook's values in a new one, the sheets by their names."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as old:
        for name in old.sheet_names:
            sheet = book.create_sheet(name)
            for number, row in enumerate(old.get_sheet_by_name(name).iter_rows(), 1):
                for column, value in enumerate(row, 1):
                    if value != "":
                        clean = reader.CONTROLS.sub("", value) if isinstance(value, str) else value
                        sheet.cell(number, column, harmless(clean) if isinstance(clean, str) else clean)
    return book


def _marked_text(data: bytes, order: dict[str, Any]) -> bytes:
    text, encoding = reader.decoded(data)
    delimiter = reader.delimiter_of(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    width = max(map(len, rows), default=0)
    reasons = {**reasons_by_row(order), order["head"]: order["title"]}
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    for number, row in enumerate(rows, 1):
        cells = [harmless(cell) for cell in row]
        if number in reasons:
            cells += [""] * (width - len(cells)) + [reasons[number]]
        writer.writerow(cells)
    return buffer.getvalue().encode(encoding)


if __name__ == "__main__":
    sys.exit(main())
