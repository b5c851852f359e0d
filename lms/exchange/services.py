"""Roster imports: upload → plan → apply. Each step can be cut anywhere and be done again with the same end.

Nothing is ever deleted and a blank cell never empties a field. Rows are written in short transactions that mark them
done, so that a run that was killed goes on where it stood.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import F

from lms.core import clock
from lms.core.crypto import decrypt, encrypt
from lms.exchange import headers, messages, people, plan, sandbox
from lms.exchange.branches import Finder
from lms.exchange.models import ImportRow, ImportRun
from lms.exchange.people import Person
from lms.exchange.plan import Decision, Scope
from lms.exchange.sandbox import FileProblem
from lms.exchange.selectors import places_above, places_in
from lms.members import audit
from lms.members import services as members
from lms.members.models import Member, Post, Unit, User
from lms.members.permissions import can, units_where

State, Verdict = ImportRun.State, ImportRow.Verdict
Progress = Callable[[int, int], None]
"""Told (rows done, rows in all)."""

PLAN_CHUNK = 500
APPLY_CHUNK = 100
# A transaction stops taking up rows after this many seconds and lets other writers in before the next one.
APPLY_SECONDS = 0.08
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
    scope, units = _scope(run), _units(run)
    counts = dict.fromkeys(Verdict.values, 0)
    for start in range(0, len(rows), PLAN_CHUNK):
        decisions = plan.decide(rows[start : start + PLAN_CHUNK], scope, units)
        for decision in decisions:
            counts[decision.verdict] += 1
        ImportRow.objects.bulk_create([_planned(run, decision, units) for decision in decisions])
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
    )


def _planned_run(run: ImportRun, counts: dict[str, int], remark: str) -> ImportRun:
    run.state, run.problem, run.done = State.PLANNED, remark, 0
    run.to_create, run.to_update = counts[Verdict.CREATE], counts[Verdict.UPDATE]
    run.unchanged, run.errors = counts[Verdict.UNCHANGED], counts[Verdict.ERROR]
    run.total = run.to_create + run.to_update + run.unchanged
    run.save()
    return run


def _scope(run: ImportRun) -> Scope:
    """The importer's reach; the command line reaches as far as the unit it imports into."""
    by = run.created_by
    units = units_where(by, "members.import") if by is not None else [run.unit]
    return Scope(tuple(unit.path for unit in units))


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
    run.state, run.skip_errors, run.problem = State.APPLYING, skip_errors, ""
    run.save(update_fields=["state", "skip_errors", "problem"])
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
    codes: list[str] = []
    while left := run.rows.filter(done=False).exclude(verdict=Verdict.ERROR).count():
        try:
            written = _apply_chunk(run.pk, codes)
        except IntegrityError:
            # Somebody else took the codes or entered the same person just now: look again.
            codes.clear()
            written = _apply_chunk(run.pk, codes)
        if progress:
            progress(run.total - left + written, run.total)
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


@transaction.atomic
def _apply_chunk(run_id: int, codes: list[str]) -> int:
    """Decide anew on the next rows, write them and mark them done, all or nothing. Returns how many."""
    until = time.monotonic() + APPLY_SECONDS
    run = ImportRun.objects.select_for_update(of=("self",)).select_related("unit", "created_by").get(pk=run_id)
    rows = list(run.rows.filter(done=False).exclude(verdict=Verdict.ERROR)[:APPLY_CHUNK])
    persons = [Person.from_json(decrypt(row.sealed), row.problems) for row in rows]
    for person in persons:
        person.problems = [problem for problem in person.problems if problem["level"] == "error"]
    units = _units_of(persons)
    decisions = plan.decide(persons, _scope(run), units)
    paired = list(zip(rows, decisions, strict=True))
    fresh = [(row, decision) for row, decision in paired if decision.verdict == Verdict.CREATE]
    known = [(row, decision) for row, decision in paired if decision.verdict != Verdict.CREATE]
    _create(run, [decision for _row, decision in fresh], units, codes)
    done = [row for row, _decision in fresh]
    for row, decision in known:
        if time.monotonic() > until and done:
            break
        _update(run, row, decision, units)
        done.append(row)
    ImportRow.objects.filter(pk__in=[row.pk for row in done]).update(done=True)
    ImportRun.objects.filter(pk=run_id).update(done=F("done") + len(done))
    return len(done)


def _units_of(persons: Sequence[Person]) -> dict[int, Unit]:
    wanted = {person.unit_id for person in persons}
    return {unit.pk: unit for unit in Unit.objects.filter(pk__in=wanted)}


def _create(run: ImportRun, decisions: list[Decision], units: dict[int, Unit], codes: list[str]) -> None:
    if not decisions:
        return
    if len(codes) < len(decisions):
        left = run.rows.filter(done=False, verdict=Verdict.CREATE).count()
        codes[:] = members.next_codes(max(left, len(decisions)))
    taken = list(islice(codes, len(decisions)))
    made = members.create_members(
        [_new_member(decision.person, units, code) for decision, code in zip(decisions, taken, strict=True)],
        by=run.created_by,
        reason=_reason(run),
    )
    del codes[: len(decisions)]
    posts = [
        _post(decision.person, member) for decision, member in zip(decisions, made, strict=True) if decision.appoints
    ]
    if posts:
        members.appoint_many(posts, by=run.created_by)


def _new_member(person: Person, units: dict[int, Unit], code: str) -> Member:
    values = dict(person.record)
    state = person.values.get("state", Member.State.ACTIVE)
    if state != Member.State.ACTIVE:
        values.update(state=state, state_on=person.values["state_on"])
    return members.build(unit=units[person.unit_id], code=code, id_number=person.id_number, **values)


def _post(person: Person, member: Member) -> Post:
    values = person.values
    return Post(member=member, unit_id=person.unit_id, office=values["office"], started_on=values["office_on"])


def _update(run: ImportRun, row: ImportRow, decision: Decision, units: dict[int, Unit]) -> None:
    """Bring one known person into line; a row that meanwhile became impossible is left and says why."""
    person, member, by, reason = decision.person, decision.member, run.created_by, _reason(run)
    if decision.verdict == Verdict.ERROR:
        row.verdict, row.problems = Verdict.ERROR, person.problems
        row.save(update_fields=["verdict", "problems"])
        ImportRun.objects.filter(pk=run.pk).update(errors=F("errors") + 1, total=F("total") - 1)
        return
    if member is None:
        return
    if decision.record:
        members.update_member(member=member, by=by, reason=reason, **decision.record)
    if decision.moves:
        members.transfer(member=member, to=units[person.unit_id], by=by, reason=reason)
        member.refresh_from_db()
    if decision.state:
        on = person.values.get("state_on")
        members.set_state(member=member, state=decision.state, on=on, by=by, reason=reason)
    if decision.appoints:
        members.appoint_many([_post(person, member)], by=by)


def _reason(run: ImportRun) -> str:
    return run.file_name[-200:]


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
