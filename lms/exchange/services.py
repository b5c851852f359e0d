"""Roster imports: upload → plan → apply. Each step can be cut anywhere and be done again with the same end.

Nothing is ever deleted and a blank cell never empties a field. Rows are written in short transactions that mark them
done, so that a run that was killed goes on where it stood.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F

from lms.core import clock
from lms.core.crypto import decrypt, encrypt
from lms.core.inserts import insert
from lms.exchange import headers, messages, people, plan, sandbox, station_names
from lms.exchange.branches import Finder
from lms.exchange.models import ImportRow, ImportRun
from lms.exchange.people import Person
from lms.exchange.plan import Decision
from lms.exchange.sandbox import FileProblem
from lms.exchange.selectors import places_above, places_in, reach, stations_for
from lms.exchange.writer import Writer
from lms.members import audit
from lms.members.models import Unit, User
from lms.members.permissions import can

State, Verdict = ImportRun.State, ImportRow.Verdict
Progress = Callable[[int, int], None]
"""Told (rows done, rows in all)."""

PLAN_CHUNK = 500
# Lets other writers in between two transactions.
PAUSE_SECONDS = 0.005
MAX_ATTEMPTS = 4
# Problems of a file that could be read: its owner mends it and comes again.
CONTENT_PROBLEMS = ("no-header", "missing-columns", "no-people")


class ImportRefused(ValueError):
    """A step that cannot be taken now; ``code`` for machines."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# -- upload ------------------------------------------------------------------------


def upload(*, data: bytes, file_name: str, unit: Unit, by: User | None) -> ImportRun:
    """Keep a roster for planning. It holds ID numbers, so it is stored encrypted, under a name that says nothing."""
    allowed = sandbox.limits()
    if len(data) > allowed.file_bytes:
        raise FileProblem("file-too-large", megabytes=allowed.file_bytes // (1024 * 1024))
    run = ImportRun(unit=unit, file_name=file_name[-200:], created_by=by)
    run.file.save(f"{run.uuid}.sealed", ContentFile(_seal(data)), save=False)
    with transaction.atomic():
        run.save()
        audit.record("import.upload", by=by, on=run, unit=unit, file=run.file_name)
    return run


def content(run: ImportRun) -> bytes:
    """The file as it was uploaded."""
    with run.file.open("rb") as stored:
        return base64.b64decode(decrypt(stored.read().decode("ascii")))


def _seal(data: bytes) -> bytes:
    return encrypt(base64.b64encode(data).decode("ascii")).encode("ascii")


# -- plan --------------------------------------------------------------------------


def make_plan(*, run: ImportRun, progress: Progress | None = None) -> ImportRun:
    """Read the file and say for each row what would be done. A file that cannot be read makes the run FAILED.

    Planning again replaces the plan; a run that is being applied or is done is left alone.
    """
    if run.state not in (State.UPLOADED, State.PLANNED):
        return run
    try:
        rows, remark = _read(run)
    except FileProblem as error:
        return _fail(run, error)
    run.rows.all().delete()
    scope, units = reach(run), _units(run)
    station_names.compare(rows, stations_for(run.unit), {unit.pk: unit.path for unit in units.values()})
    counts = dict.fromkeys(Verdict.values, 0)
    for start in range(0, len(rows), PLAN_CHUNK):
        decisions = plan.decide(rows[start : start + PLAN_CHUNK], scope)
        for decision in decisions:
            counts[decision.verdict] += 1
        insert([_planned(run, decision, units) for decision in decisions])
        if progress:
            progress(start + len(decisions), len(rows))
    return _planned_run(run, counts, remark)


def _read(run: ImportRun) -> tuple[list[Person], str]:
    """The people in the file and a remark on what was left aside. Raises FileProblem."""
    book = sandbox.read_book(content(run))
    layout = headers.find(book)
    if layout is None:
        raise FileProblem("no-header")
    home = (
        run.unit.pk if any(place.pk == run.unit_id and place.holds_members for place in places_in(run.unit)) else None
    )
    missing = layout.missing + ([] if home or "unit" in layout.columns else [headers.label("unit")])
    if missing:
        raise FileProblem("missing-columns", columns="、".join(missing))
    reading = people.Reading(clock.today(), Finder(places_in(run.unit), places_above(run.unit)), home)
    rows = list(people.read(layout, reading))
    if not rows:
        raise FileProblem("no-people")
    remarks = []
    if layout.unused:
        remarks.append(messages.noted("unused-columns", names="、".join(layout.unused)))
    if further := headers.others(book, layout):
        remarks.append(messages.noted("other-sheets", chosen=layout.sheet.name, names="、".join(further)))
    return rows, "\n".join(remarks)


def _fail(run: ImportRun, error: FileProblem) -> ImportRun:
    run.state, run.problem, run.finished_at = State.FAILED, messages.noted(error.code, **error.params), clock.now()
    run.save(update_fields=["state", "problem", "finished_at"])
    return run


def _planned(run: ImportRun, decision: Decision, units: dict[int, Unit]) -> ImportRow:
    person = decision.person
    return ImportRow(
        run=run,
        number=person.number,
        name=person.name,
        verdict=decision.verdict,
        sealed="" if person.wrong else encrypt(person.to_json()),
        changes=plan.changes(decision, units),
        problems=person.problems,
        # Nothing is to be written for it, so nobody decides on it again.
        done=decision.verdict == Verdict.UNCHANGED,
    )


def _planned_run(run: ImportRun, counts: dict[str, int], remark: str) -> ImportRun:
    run.state, run.problem, run.done = State.PLANNED, remark, 0
    run.to_create, run.to_update = counts[Verdict.CREATE], counts[Verdict.UPDATE]
    run.unchanged, run.errors = counts[Verdict.UNCHANGED], counts[Verdict.ERROR]
    run.total = run.to_create + run.to_update + run.unchanged
    run.save()
    return run


def _units(run: ImportRun) -> dict[int, Unit]:
    return {unit.pk: unit for unit in Unit.objects.filter(path__startswith=run.unit.path)}


# -- apply -------------------------------------------------------------------------


@transaction.atomic
def confirm(*, run: ImportRun, skip_errors: bool, by: User | None) -> ImportRun:
    """Agree to a plan. Raises ImportRefused: ``not-planned``, ``has-errors`` (and they are not to be skipped)."""
    run = ImportRun.objects.select_for_update(of=("self",)).select_related("unit", "created_by").get(pk=run.pk)
    if run.state != State.PLANNED:
        raise ImportRefused("not-planned")
    if run.errors and not skip_errors:
        raise ImportRefused("has-errors")
    run.state, run.skip_errors, run.problem, run.done = State.APPLYING, skip_errors, "", run.unchanged
    run.save(update_fields=["state", "skip_errors", "problem", "done"])
    audit.record("import.confirm", by=by, on=run, unit=run.unit, rows=run.total, skipped=run.errors)
    return run


@transaction.atomic
def resume(*, run: ImportRun, by: User | None) -> ImportRun:
    """Give a parked run another MAX_ATTEMPTS starts. Raises ImportRefused("not-parked")."""
    if not ImportRun.objects.filter(pk=run.pk, state=State.APPLYING).exclude(problem="").update(problem="", attempts=0):
        raise ImportRefused("not-parked")
    audit.record("import.resume", by=by, on=run, unit=run.unit)
    run.refresh_from_db()
    return run


def apply(*, run: ImportRun, progress: Progress | None = None) -> ImportRun:
    """Write the confirmed rows that are not written yet. Safe to call again after any interruption, also twice at once.

    After MAX_ATTEMPTS starts without an end the run is left as it stands, with the problem named.
    """
    if not _begin(run):
        return run
    writer = Writer(run)
    while writer.write():
        run.refresh_from_db(fields=["done", "total"])
        if progress:
            progress(run.done, run.total)
        time.sleep(PAUSE_SECONDS)
    return _finish(run)


@transaction.atomic
def _begin(run: ImportRun) -> bool:
    """Count the start before the work, so that a crash counts too."""
    current = ImportRun.objects.select_for_update().get(pk=run.pk)
    if current.state != State.APPLYING:
        run.refresh_from_db()
        return False
    if current.created_by and not can(current.created_by, "members.import", current.unit):
        return _park(run, "not-permitted")
    if current.attempts >= MAX_ATTEMPTS:
        return _park(run, "interrupted")
    ImportRun.objects.filter(pk=run.pk).update(attempts=F("attempts") + 1)
    run.refresh_from_db()
    return True


def _park(run: ImportRun, code: str) -> bool:
    ImportRun.objects.filter(pk=run.pk).update(problem=messages.noted(code))
    run.refresh_from_db()
    return False


def _finish(run: ImportRun) -> ImportRun:
    with transaction.atomic():
        finished = ImportRun.objects.filter(pk=run.pk, state=State.APPLYING).update(
            state=State.APPLIED, finished_at=clock.now()
        )
        if finished:
            audit.record("import.apply", by=run.created_by, on=run, unit=run.unit, rows=run.total)
    run.refresh_from_db()
    return run


def figures(run: ImportRun) -> dict[str, Any]:
    """A run as the command prints it (docs/contract.md): counts, errors and warnings by row, whether it was applied.

    What is wrong with the file as a whole is an error of row 0.
    """
    problems: dict[str, list[dict[str, Any]]] = {"error": [], "warning": []}
    for code, message in messages.of_run(run.problem):
        level = "error" if run.state == State.FAILED else "warning"
        problems[level].append({"row": 0, "column": "", "code": code, "message": message})
    for row in run.rows.exclude(problems=[]).only("number", "problems"):
        for problem in row.problems:
            problems[problem["level"]].append(
                {
                    "row": row.number,
                    "column": problem["column"],
                    "code": problem["code"],
                    "message": messages.of_row(problem),
                }
            )
    return {
        "create": run.to_create,
        "update": run.to_update,
        "unchanged": run.unchanged,
        "errors": problems["error"],
        "warnings": problems["warning"],
        "applied": run.state == State.APPLIED,
    }
