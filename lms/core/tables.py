"""Tables that leave the house: one iterator of rows, many formats (csv, xlsx, json).

``write_table`` writes, ``table_bytes`` returns a small file whole, ``table_response`` answers a request. What a person typed
may be a formula: a cell that a spreadsheet would run is neutralised on its way out (reliability: uploads and exports,
case 16). Numbers stay numbers.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, BinaryIO, cast

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from rustpy_xlsxwriter import write_worksheet

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")
MOST_IN_A_CELL = 32_767
A4 = 9
UPRIGHT_LETTERS = 90
"""So many letters of all columns fit upright on A4; a wider table is printed landscape."""
SPOOL = 8 * 1024 * 1024
LINES_A_CHUNK = 500

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for machines, its head for people (unique within a table), its width in letters."""

    name: str
    title: str | Promise
    width: int = 12


def safe_text(text: str) -> str:
    """Text that no spreadsheet runs: led by an apostrophe where it would be a formula, without control characters."""
    risky = text.lstrip(" \n　").startswith(FORMULA)
    clean = CONTROL.sub("", text)[: MOST_IN_A_CELL - 1]
    return f"'{clean}" if risky else clean


def safe_cell(value: Any) -> Any:
    """A value as a sheet may hold it: numbers, truth and dates as they are, a moment in local time, the rest safe text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value) if timezone.is_aware(value) else value:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value
    return safe_text(str(value))


def _safe_row(row: Row) -> list[Any]:
    return [safe_cell(value) for value in row]


# -- formats ------------------------------------------------------------------------------


def _csv_chunks(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with the mark that Excel needs to read Chinese."""
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow([safe_text(str(column.title)) for column in columns])
    for number, row in enumerate(rows, start=1):
        writer.writerow(_safe_row(row))
        if number % LINES_A_CHUNK == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal | dt.datetime):
        return safe_cell(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def _json_chunks(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """A list of objects by column name. Text as it is: nothing runs JSON."""
    yield b"["
    for number, row in enumerate(rows):
        record = {column.name: _json_value(value) for column, value in zip(columns, row, strict=True)}
        yield (b",\n" if number else b"") + json.dumps(record, ensure_ascii=False).encode()
    yield b"]"


def _sheet_name(name: str) -> str:
    return NOT_IN_SHEET_NAMES.sub(" ", CONTROL.sub("", name)).strip()[:31] or "Sheet1"


def _write_xlsx(columns: Sequence[Column], rows: Iterable[Row], out: IO[bytes], sheet: str) -> None:
    """A real workbook: a bold, frozen head with filters, dates as dates; prints on A4, the head on each page, pages numbered."""
    titles = [safe_text(str(column.title)) for column in columns]
    if len(set(titles)) != len(titles):
        raise ValueError("two columns of one table have the same head")

    def records() -> Iterator[dict[str, Any]]:
        empty = True
        for row in rows:
            empty = False
            yield dict(zip(titles, _safe_row(row), strict=True))
        if empty:  # the writer takes the head from the first record
            yield dict.fromkeys(titles)

    write_worksheet(
        records(),
        cast(BinaryIO, out),
        sheet_name=_sheet_name(sheet),
        freeze_row=1,
        bold_headers=True,
        autofilter=True,
        datetime_format="yyyy-mm-dd",
        column_widths={title: float(column.width) for title, column in zip(titles, columns, strict=True)},
        page_setup={
            "paper_size": A4,
            "landscape": sum(column.width for column in columns) > UPRIGHT_LETTERS,
            "fit_to_pages": (1, 0),
            "repeat_rows": 0,
            "margins": {"left": 0.4, "right": 0.4},
            **({"header": f"&C{sheet.replace('&', '&&')}"} if sheet else {}),
            "footer": "&C&P / &N",
        },
    )


STREAMED = {"csv": _csv_chunks, "json": _json_chunks}


# -- ways out -----------------------------------------------------------------------------


def write_table(
    columns: Sequence[Column], rows: Iterable[Row], format: str, out: IO[bytes], *, sheet: str = ""
) -> None:
    """Write a table to an open binary file. Each row has one value a column. Raises KeyError on an unknown format."""
    if format == "xlsx":
        _write_xlsx(columns, rows, out, sheet)
        return
    for chunk in STREAMED[format](columns, rows):
        out.write(chunk)


def table_bytes(columns: Sequence[Column], rows: Iterable[Row], format: str, *, sheet: str = "") -> bytes:
    """A table as one piece, for files of moderate size."""
    buffer = io.BytesIO()
    write_table(columns, rows, format, buffer, sheet=sheet)
    return buffer.getvalue()


def table_response(columns: Sequence[Column], rows: Iterable[Row], format: str, *, name: str) -> HttpResponseBase:
    """A download called ``name`` with the format's ending. csv and json stream row by row, xlsx is spooled first.

    Raises KeyError on an unknown format: a view answers 404.
    """
    content_type = FORMATS[format]
    filename = f"{name}.{format}"
    if format == "xlsx":
        # Not a `with`: the response reads the file after this function and closes it.
        spool = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115
        write_table(columns, rows, format, spool, sheet=name)
        spool.seek(0)
        return FileResponse(spool, as_attachment=True, filename=filename, content_type=content_type)
    response = StreamingHttpResponse(STREAMED[format](columns, rows), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    return response
