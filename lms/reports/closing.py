"""Closing a year: the standings and the units' figures are frozen, so that no merger, transfer or correction rewrites them.

The yearly verdict uses the organisation on the cut-off date (domain §6). All that is frozen follows from two dates of the run:
the roster at the end of ``cut_off``, and what was recorded before ``known_on``, the day on which the closing was begun. So
the job can be cut anywhere, go on next week beside new records, and end the same. What is recorded from then on is an
adjustment (``adjustments``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from django.db import transaction
from django.db.models import F

from lms.core import clock
from lms.goals import progress, selectors
from lms.goals.models import GoalLine, GoalPolicy, Standing
from lms.hours import periods
from lms.members import audit, history
from lms.members import rules as member_rules
from lms.members.models import Member, MemberVersion, Unit, User
from lms.reports.models import ClosedStanding, ClosedUnit, ClosingRun, YearClosing

State = ClosingRun.State

MEMBERS_A_STEP = 500
PAUSE_SECONDS = 0.005
MAX_ATTEMPTS = 4
BATCH = 500
# Columns of a closed standing and of a closed unit that the digest covers, in order.
STANDING_TEXT = (
    *("code", "name", "category", "unit__code", "unit_name", "unit_path", "label", "required"),
    *(
        "required_classes",
        "total",
        "counted",
        "online",
        "classes",
        "occasions",
        "due_on",
        "shortfalls",
        "exempt",
        "met",
    ),
)
UNIT_TEXT = ("code", "name", "path", "label", *progress.SUMS)


class ClosingRefused(ValueError):
    """A closing that cannot be begun or taken up.

    ``code``: ``not-over`` (the year still runs), ``no-goals``, ``begun`` (or done already), ``cut-off`` (before the year's
    end or not over yet), ``not-parked``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# -- begin ------------------------------------------------------------------------------


@transaction.atomic
def begin(*, year: int, by: User | None, cut_off: dt.date | None = None) -> ClosingRun:
    """Plan the closing of a year; nobody sees anything of it yet. ``cut_off``: by default 31 December. Raises ClosingRefused.

    Counted is what was recorded before today: a record that is being written right now is whole tomorrow.
    """
    today, last = clock.today(), dt.date(year, 12, 31)
    cut_off = cut_off or last
    if today <= last:
        raise ClosingRefused("not-over")
    if selectors.policy_of(year) is None:
        raise ClosingRefused("no-goals")
    if not last <= cut_off < today:
        raise ClosingRefused("cut-off")
    if ClosingRun.objects.filter(year=year).exists():
        raise ClosingRefused("begun")
    run = ClosingRun.objects.create(
        year=year,
        cut_off=cut_off,
        known_on=clock.day_start(today),
        total=Member.objects.count(),
        started_by=by,
        started_at=clock.now(),
    )
    audit.record("year.close_begin", by=by, on=run, year=year, cut_off=str(cut_off))
    return run


# -- work --------------------------------------------------------------------------------


def work(*, run: ClosingRun) -> ClosingRun:
    """Write the standings, then the units, then say that it is whole. Safe to call again after any interruption.

    After MAX_ATTEMPTS starts without an end the run is left as it stands, with the problem named.
    """
    if _start(run):
        while step(run):
            time.sleep(PAUSE_SECONDS)
        finish(run)
    run.refresh_from_db()
    return run


@transaction.atomic
def _start(run: ClosingRun) -> bool:
    """Count the start before the work, so that a crash counts too."""
    row = _locked(run)
    if row.state != State.DONE and not row.problem:
        if row.attempts >= MAX_ATTEMPTS:
            row.problem = "interrupted"
        row.attempts += 1
        row.save(update_fields=["problem", "attempts"])
    return row.state != State.DONE and not row.problem


def _locked(run: ClosingRun) -> ClosingRun:
    return ClosingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)


@transaction.atomic
def step(run: ClosingRun) -> bool:
    """Write the standings of the next members, all or nothing; False when none is left."""
    row = _locked(run)
    people = {one.pk: one for one in Member.objects.filter(pk__gt=row.last_member).order_by("pk")[:MEMBERS_A_STEP]}
    if not people or row.state == State.DONE:
        return False
    found = standings(row, list(people))
    paths = Unit.objects.in_bulk({one.unit_id for one in found})
    known = history.as_known(list(people), roster_moment(row))
    ClosedStanding.objects.bulk_create(
        [_closed(row, one, people[one.member_id], known[one.member_id], paths[one.unit_id]) for one in found],
        batch_size=BATCH,
    )
    ClosingRun.objects.filter(pk=row.pk).update(last_member=max(people), done=F("done") + len(people))
    return True


def roster_moment(run: ClosingRun | YearClosing) -> dt.datetime:
    """The end of the cut-off date: the roster is taken as it was recorded before this moment."""
    return clock.day_start(run.cut_off + clock.DAY)


def standings(run: ClosingRun | YearClosing, member_ids: Sequence[int], *, now: bool = False) -> list[Standing]:
    """The standings of some members by the roster of the cut-off date: by what was known then, or (``now``) is known today."""
    policy = selectors.policy_of(run.year)
    if policy is None:
        return []
    found = progress.expected(
        policy,
        _lines(policy),
        member_ids,
        day=dt.date(run.year, 12, 31),
        known_on=None if now else run.known_on,
        roster_on=roster_moment(run),
    )
    return list(found.values())


def _lines(policy: GoalPolicy) -> list[GoalLine]:
    return list(policy.lines.select_related("policy").order_by("position", "pk"))


def _closed(run: ClosingRun, row: Standing, member: Member, known: MemberVersion, unit: Unit) -> ClosedStanding:
    return ClosedStanding(
        run=run,
        member=member,
        code=member.code,
        name=member.name,
        category=known.category,
        unit=unit,
        unit_name=known.unit_name,
        unit_path=unit.path,
        line=row.line,
        label=row.line.get_audience_display(),
        required=row.required,
        required_classes=row.required_classes,
        due_on=row.due_on,
        shortfalls=row.shortfalls,
        total=row.total,
        counted=row.counted,
        online=row.online,
        classes=row.classes,
        occasions=row.occasions,
        exempt=row.exempt,
        met=row.met,
    )


@transaction.atomic
def finish(run: ClosingRun) -> YearClosing | None:
    """Sum up the units and sign the whole, in one transaction: before it nothing is seen, after it everything."""
    row = _locked(run)
    if row.state == State.DONE:
        return None
    _close_units(row)
    closing = YearClosing.objects.create(
        year=row.year,
        run=row,
        closed_at=clock.now(),
        closed_by=row.started_by,
        cut_off=row.cut_off,
        known_on=row.known_on,
        last_entry=periods.last_entry(row.known_on),
        members=row.standings.values("member_id").distinct().count(),
        digest=digest_of(row),
    )
    ClosingRun.objects.filter(pk=row.pk).update(state=State.DONE)
    audit.record(
        "year.close", by=row.started_by, on=closing, year=row.year, members=closing.members, digest=closing.digest
    )
    return closing


def _close_units(run: ClosingRun) -> None:
    """The sums of every unit that stands now under every line, zeros included, with its name of now."""
    sums = summed(run.standings.select_related("line").iterator(BATCH))
    policy = selectors.policy_of(run.year)
    ClosedUnit.objects.bulk_create(
        [
            ClosedUnit(
                run=run,
                unit=unit,
                code=unit.code,
                name=unit.name,
                short_name=unit.short_name,
                path=unit.path,
                line=line,
                label=line.get_audience_display(),
                **dict(zip(progress.SUMS, sums.get((unit.path, line.pk), NOTHING), strict=True)),
            )
            for line in (_lines(policy) if policy else [])
            for unit in Unit.objects.order_by("path")
        ],
        batch_size=BATCH,
    )


NOTHING = (0,) * len(progress.SUMS)


def summed(rows: Iterable[ClosedStanding]) -> Mapping[tuple[str, int], Sequence[Any]]:
    """What closed standings add up to, by (path of a unit or of one above it, line id), in the order of ``progress.SUMS``."""
    sums: dict[tuple[str, int], list[Any]] = {}
    for row in rows:
        parts = progress.contribution(cast(Standing, row))  # the same names
        for path in member_rules.ancestor_paths(row.unit_path, Unit.steplen):
            held = sums.setdefault((path, row.line_id), list(NOTHING))
            for index, value in enumerate(parts):
                held[index] += value
    return sums


@transaction.atomic
def resume(*, run: ClosingRun, by: User | None) -> None:
    """Give a parked run another MAX_ATTEMPTS starts. Raises ClosingRefused("not-parked")."""
    parked = ClosingRun.objects.filter(pk=run.pk).exclude(state=State.DONE).exclude(problem="")
    if not parked.update(problem="", attempts=0):
        raise ClosingRefused("not-parked")
    audit.record("year.close_resume", by=by, on=run, year=run.year)


# -- the digest ---------------------------------------------------------------------------


def digest_of(run: ClosingRun) -> str:
    """SHA-256 over the dates of a run and every row, one JSON list a line, in order of goal line and code or path."""
    found = hashlib.sha256()
    for line in _text(run):
        found.update(line.encode())
    return found.hexdigest()


def _text(run: ClosingRun) -> Iterator[str]:
    yield _json([run.year, run.cut_off.isoformat(), run.known_on.astimezone(dt.UTC).isoformat()])
    standing = run.standings.order_by("line_id", "code").values_list(*STANDING_TEXT).iterator(BATCH)
    unit = run.units.order_by("line_id", "code").values_list(*UNIT_TEXT).iterator(BATCH)
    for values in standing:
        yield _json(values)
    for values in unit:
        yield _json(values)


def _json(values: Sequence[Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str) + "\n"


def is_intact(closing: YearClosing) -> bool:
    """Whether every row is as it was signed: reads all of them."""
    return digest_of(closing.run) == closing.digest


# -- reads --------------------------------------------------------------------------------


def closing_of(year: int) -> YearClosing | None:
    """The closing of a year; None while it runs or its closing is not whole."""
    return YearClosing.objects.select_related("run", "closed_by").filter(year=year).first()


def run_of(year: int) -> ClosingRun | None:
    """The run that makes or made the closing of a year."""
    return ClosingRun.objects.select_related("started_by").filter(year=year).first()


def closable_years() -> list[int]:
    """The years that are over, have goals and no closing begun, the latest first."""
    begun = set(ClosingRun.objects.values_list("year", flat=True))
    this = clock.year_of(clock.today())
    return [year for year in selectors.published_years() if year < this and year not in begun]
