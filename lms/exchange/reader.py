"""Reads one uploaded table and nothing else, in a child process with little memory and little time.

Run as a program (``python -m lms.exchange.reader``) by ``lms.exchange.sandbox``; it knows nothing of Django or the database, so that a
file made to break it breaks only this process. The file comes on stdin, its limits as JSON in the first argument.
Out come JSON lines: ``{"kind": …}``, then ``{"sheet": name, "hidden": bool, "merges": [[r1, c1, r2, c2], …]}`` before the
rows of each sheet, each row ``[number, [cell, …]]`` counted from 1. A cell is a text, a number, true/false, null, or
``{"d": "2010-09-01"}``. Or one line ``{"error": code}``.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import python_calamine as calamine

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

MAX_SHEETS = 20
MAX_ENTRIES = 5_000
MAX_RATIO = 100
# Below this an entry may be packed as tightly as it likes: an empty sheet of a real workbook can be 1 : 200.
RATIO_FROM_BYTES = 8 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
# What a table is never made of: pictures, PDF, archives, programs.
FOREIGN = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"MZ",
    b"\x7fELF",
    b"{\\rtf",
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# C0 and C1 controls but tab and line breaks, zero-width marks, direction marks, the byte order mark.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufffe\uffff]")
# A spreadsheet that saves 2010.10 as CSV writes 2010.1: as unclear as in a number cell, so it stays a number.
CUT_MONTH = re.compile(r"(19|20)\d\d\.1")


class Refused(Exception):
    """The file cannot be read; the code says why."""


def main() -> int:
    """Read stdin under the limits given; always ends with whole lines on stdout."""
    limits = json.loads(sys.argv[1])
    hold(limits["memory_mb"], limits["cpu_seconds"])
    try:
        for line in read(sys.stdin.buffer.read(), limits["rows"], limits["columns"]):
            _say(line)
    except Refused as error:
        _say({"error": str(error)})
    except MemoryError:
        _say({"error": "file-bomb"})
    return 0


def _say(line: Any) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def hold(memory_mb: int, cpu_seconds: int, written_mb: int = 0) -> None:
    """Take away what a hostile file would use up (where the system can)."""
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written_mb * 1024 * 1024,) * 2)


def read(data: bytes, rows: int, columns: int) -> Iterator[Any]:
    """The lines described above. Raises Refused; the type is what the bytes say, the file's name is never asked."""
    kind = kind_of(data)
    yield {"kind": kind}
    if kind == "csv":
        yield from _read_text(data, rows, columns)
    else:
        yield from _read_workbook(data, rows, columns)


def kind_of(data: bytes) -> str:
    """``xlsx``, ``xls`` or ``csv``, by content."""
    if not data.strip():
        raise Refused("file-empty")
    if data.startswith(b"PK"):
        return _check_zip(data)
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refused("file-encrypted")
        return "xls"
    if data.startswith(FOREIGN):
        raise Refused("file-type")
    if (
        data[:200]
        .lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<svg"))
    ):
        raise Refused("file-web-page")
    return "csv"


def _check_zip(data: bytes) -> str:
    """Believe the declared sizes only as far as they condemn: a packed bomb is refused before a byte is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise Refused("file-damaged") from error
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise Refused("file-bomb")
    for entry in entries:
        if entry.file_size > RATIO_FROM_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise Refused("file-bomb")
    names = {entry.filename.replace("\\", "/").lower() for entry in entries}
    if not names & {"xl/workbook.xml", "/xl/workbook.xml"}:
        raise Refused("file-type")
    return "xlsx"


# -- workbooks -------------------------------------------------------------------


def _read_workbook(data: bytes, rows: int, columns: int) -> Iterator[Any]:
    left = rows
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheets = [meta for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
            for meta in sheets[:MAX_SHEETS]:
                sheet = book.get_sheet_by_name(meta.name)
                hidden = meta.visible != calamine.SheetVisibleEnum.Visible
                yield {"sheet": _text(meta.name), "hidden": hidden, "merges": _merges(sheet)}
                for number, row in _filled(enumerate(sheet.iter_rows(), 1), columns):
                    left -= 1
                    if left < 0:
                        raise Refused("too-many-rows")
                    yield [number, row]
    except calamine.PasswordError as error:
        raise Refused("file-encrypted") from error
    except (Refused, MemoryError):
        raise
    except BaseException as error:  # a panic of the parser is no Exception
        raise Refused("file-damaged") from error


def _merges(sheet: Any) -> list[list[int]]:
    """Merged ranges as [first row, first column, last row, last column], rows from 1, columns from 0."""
    return [[top + 1, left, bottom + 1, right] for (top, left), (bottom, right) in sheet.merged_cell_ranges or []]


def _filled(numbered: Iterable[tuple[int, list[Any]]], columns: int) -> Iterator[tuple[int, list[Any]]]:
    """Rows that hold something, their cells cleaned and cut at the last column that is allowed."""
    for number, row in numbered:
        cells = [_cell(value) for value in row[:columns]]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value) or None
    if isinstance(value, dt.datetime):
        return {"d": value.date().isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < 1e300 else None
    return None


def _text(value: str) -> str:
    if value.isprintable():
        return value.strip()[:2000]
    return CONTROLS.sub("", value).encode("utf-8", "replace").decode().strip()[:2000]


# -- text ------------------------------------------------------------------------


def _read_text(data: bytes, rows: int, columns: int) -> Iterator[Any]:
    text = decoded(data)[0]
    yield {"sheet": "", "hidden": False, "merges": []}
    csv.field_size_limit(100_000)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        for count, (number, row) in enumerate(_filled(enumerate(table, 1), columns), 1):
            if count > rows:
                raise Refused("too-many-rows")
            yield [number, [_csv_cell(cell) for cell in row]]
    except csv.Error as error:
        raise Refused("file-damaged") from error


def decoded(data: bytes) -> tuple[str, str]:
    """A text file's text and its encoding: UTF-16 by its mark, UTF-8, else GB18030. Raises Refused("file-encoding")."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not marked and b"\x00" in data:
        raise Refused("file-type")
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise Refused("file-encoding")


def delimiter_of(text: str) -> str:
    """Comma, tab or semicolon: the one that cuts the first lines most often."""
    head = "\n".join(text.splitlines()[:15])
    return max(",\t;，", key=head.count)


def _csv_cell(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    if cell.startswith('="') and cell.endswith('"'):  # how people keep a spreadsheet from cutting a long number
        cell = cell[2:-1]
    return float(cell) if CUT_MONTH.fullmatch(cell) else cell


if __name__ == "__main__":
    sys.exit(main())
