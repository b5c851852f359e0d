"""The marked copy of a run's file, and the order for the child process that makes it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lms.exchange import headers, messages, sandbox
from lms.exchange.models import ImportRow, ImportRun
from lms.exchange.services import content
from lms.members import audit
from lms.members.models import User

# openpyxl keeps every cell as an object; the reader needs far less.
MEMORY_FACTOR, CPU_FACTOR = 3, 6
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@transaction.atomic
def marked_copy(*, run: ImportRun, by: User) -> tuple[str, str, bytes]:
    """(file name, content type, bytes) of the person's own file with its errors marked.

    It holds ID numbers in full, so the download leaves an audit row. Raises FileProblem when the file is past marking.
    """
    data = content(run)
    book = sandbox.read_book(data)
    layout = headers.find(book)
    if layout is None:
        raise sandbox.FileProblem("no-header")
    allowed = sandbox.limits()
    allowed = replace(
        allowed, memory_mb=allowed.memory_mb * MEMORY_FACTOR, cpu_seconds=allowed.cpu_seconds * CPU_FACTOR
    )
    order = json.dumps(_order(run, layout), ensure_ascii=False).encode()
    copy = sandbox.run("marked", order + b"\n" + data, allowed)
    audit.record("import.marked_copy", by=by, on=run, unit=run.unit, file=run.file_name)
    ending, kind = ("csv", "text/csv") if book.kind == "csv" else ("xlsx", XLSX)
    return f"{PurePath(run.file_name).stem}-{_('错误说明')}.{ending}", kind, copy


def _order(run: ImportRun, layout: headers.Layout) -> dict[str, Any]:
    columns = {headers.label(field): column for field, column in layout.columns.items()}
    rows = run.rows.filter(verdict=ImportRow.Verdict.ERROR).only("number", "problems")
    return {
        "sheet": layout.sheet.name,
        "head": layout.first_row - 1,
        "title": _("错误说明"),
        "marks": [
            [row.number, columns.get(problem["column"]), f"{problem['column']}：{messages.of_row(problem)}"]
            for row in rows
            for problem in row.problems
            if problem["level"] == "error"
        ],
    }
