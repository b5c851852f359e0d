"""The sandbox: a draft of goals, or of a rule of hours, run over a year, to see who would gain or lose and how rates move.

A draft of goals is laid over the ledger as it stands. By a draft of a rule every member's hours of the year are recomputed
from their evidence, as if it had been in force since 1 January, and laid under the goals that are published.

Nothing that binds anybody is written. The run is a job in steps; each step is one transaction, so that a run that was cut
goes on where it stood and ends as one that was not.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from lms.core import clock
from lms.core.inserts import insert
from lms.goals import selectors
from lms.goals.models import GoalLine, GoalPolicy
from lms.goals.rules import Progress, reference_day
from lms.goals.trial import outcomes
from lms.hours import totals
from lms.hours.totals import Totals
from lms.hours.trial import CreditRule, totals_under
from lms.members import audit
from lms.members.models import Member, Unit, User
from lms.reports.models import GoalTrial, TrialChange
from lms.reports.rollup import share

MEMBERS_A_STEP = 500
PAUSE_SECONDS = 0.005
MAX_ATTEMPTS = 4
State = GoalTrial.State
Draft = GoalPolicy | CreditRule
Verdicts = Mapping[tuple[str, int], Progress]


class TrialRefused(ValueError):
    """A trial that cannot be begun: ``no-lines`` (the draft is empty), ``no-ledger`` (a year without published goals)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def begin(*, draft: Draft, year: int, by: User | None) -> GoalTrial:
    """Prepare the trial of a draft on a year that has published goals. Raises TrialRefused."""
    if isinstance(draft, GoalPolicy) and not draft.lines.exists():
        raise TrialRefused("no-lines")
    if year not in selectors.published_years():
        raise TrialRefused("no-ledger")
    trial = GoalTrial.objects.create(
        **_key(draft),
        year=year,
        day=reference_day(year, clock.today()),
        total=Member.objects.count(),
        started_by=by,
        started_at=clock.now(),
    )
    audit.record("goal.trial" if isinstance(draft, GoalPolicy) else "rule.trial", by=by, on=draft, year=year)
    return trial


def _key(draft: Draft) -> dict[str, Any]:
    return {"policy": draft} if isinstance(draft, GoalPolicy) else {"rule": draft}


def latest(draft: Draft) -> GoalTrial | None:
    """The last trial of a draft."""
    return GoalTrial.objects.filter(**_key(draft)).select_related("policy", "rule", "started_by").first()


# -- the work ------------------------------------------------------------------------------------


def work(*, trial: GoalTrial) -> GoalTrial:
    """Try the draft on everybody. Safe to call again after any interruption; parked after MAX_ATTEMPTS starts."""
    if _start(trial):
        while step(trial):
            time.sleep(PAUSE_SECONDS)
        GoalTrial.objects.filter(pk=trial.pk).update(state=State.DONE)
    trial.refresh_from_db()
    return trial


@transaction.atomic
def _start(trial: GoalTrial) -> bool:
    """Count the start before the work, so that a crash counts too."""
    row = _locked(trial)
    if row.state == State.DONE or row.problem:
        return False
    row.problem = "interrupted" if row.attempts >= MAX_ATTEMPTS else ""
    row.attempts += 1
    row.save(update_fields=["problem", "attempts"])
    return not row.problem


def _locked(trial: GoalTrial) -> GoalTrial:
    return GoalTrial.objects.select_for_update(of=("self",)).select_related("policy", "rule").get(pk=trial.pk)


@transaction.atomic
def step(trial: GoalTrial) -> bool:
    """Try the next members, all or nothing; False when none is left."""
    row = _locked(trial)
    paths = dict(
        Member.objects.filter(pk__gt=row.last_member).order_by("pk").values_list("pk", "unit__path")[:MEMBERS_A_STEP]
    )
    if not paths or row.state == State.DONE:
        return False
    earned = totals.of_members(paths, row.year)
    lines, then = _as_tried(row, list(paths), earned)
    before = outcomes(list(selectors.lines_of(row.year).values()), list(paths), earned, row.day)
    after = outcomes(lines, list(paths), then, row.day)
    moved = [_hours(then, pk) - _hours(earned, pk) for pk in paths]
    row.more, row.less = row.more + sum(by > 0 for by in moved), row.less + sum(by < 0 for by in moved)
    _sum(row.sums, paths, before, at=0)
    _sum(row.sums, paths, after, at=2)
    insert(list(_changes(row, before, after)))
    row.last_member, row.done = max(paths), row.done + len(paths)
    row.save(update_fields=["sums", "more", "less", "last_member", "done"])
    return True


def _as_tried(trial: GoalTrial, ids: list[int], earned: dict[int, Totals]) -> tuple[list[GoalLine], dict[int, Totals]]:
    """The lines and the members' totals of the year by the draft."""
    if trial.rule is not None:
        return list(selectors.lines_of(trial.year).values()), totals_under(trial.rule, ids, trial.year)
    assert trial.policy is not None  # one of the two: a constraint
    return _as_of_year(trial.policy, trial.year), earned


def _hours(found: Mapping[int, Totals], pk: int) -> Decimal:
    return found[pk].hours if pk in found else Decimal(0)


def _as_of_year(policy: GoalPolicy, year: int) -> list[GoalLine]:
    """The draft's lines as if they were those of another year, unsaved."""
    moved = GoalPolicy(year=year, title=policy.title)
    lines = [copy.copy(line) for line in policy.lines.order_by("position", "pk")]
    for line in lines:
        line.policy = moved
    return lines


def _sum(sums: dict[str, Any], paths: Mapping[int, str], found: Verdicts, *, at: int) -> None:
    """Add assessed and met, at a place of the four, to the county and to the unit right below it."""
    step_length = Unit.steplen
    for (key, pk), progress in found.items():
        if not progress.exempt:
            path = paths[pk]
            for above in {path[:step_length], path[: 2 * step_length]}:
                row = sums.setdefault(key, {}).setdefault(above, [0, 0, 0, 0])
                row[at] += 1
                row[at + 1] += progress.met


def _changes(trial: GoalTrial, before: Verdicts, after: Verdicts) -> Iterable[TrialChange]:
    for key, pk in sorted(before.keys() | after.keys()):
        was, becomes = before.get((key, pk)), after.get((key, pk))
        if _verdict(was) != _verdict(becomes):
            yield TrialChange(
                trial_id=trial.pk,
                member_id=pk,
                key=key,
                was=_verdict(was),
                becomes=_verdict(becomes),
                counted_was=was.counted if was else Decimal(0),
                counted_becomes=becomes.counted if becomes else Decimal(0),
                required_was=was.required if was else Decimal(0),
                required_becomes=becomes.required if becomes else Decimal(0),
            )


def _verdict(progress: Progress | None) -> bool | None:
    return None if progress is None or progress.exempt else progress.met


# -- what came out ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """One unit's rate under one line, as it is and by the draft."""

    name: str
    assessed: int
    met: int
    assessed_then: int
    met_then: int

    @property
    def rate(self) -> Decimal | None:
        """Met ÷ assessed as it is."""
        return share(self.met, self.assessed)

    @property
    def rate_then(self) -> Decimal | None:
        """Met ÷ assessed by the draft."""
        return share(self.met_then, self.assessed_then)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of a trial: the units' rates, the county's last, and how many people would gain or lose their verdict."""

    key: str
    label: str
    rows: list[Moved]
    gain: int
    lose: int


def result(trial: GoalTrial) -> list[Outcome]:
    """A finished trial, line by line, in a constant number of queries."""
    labels = _labels(trial)
    wanted = sorted({path for rows in trial.sums.values() for path in rows})
    units = {unit.path: unit for unit in Unit.objects.filter(path__in=wanted)}
    counted: dict[tuple[str, bool], int] = {}
    for key, becomes in trial.changes.values_list("key", "becomes").iterator():
        counted[key, becomes is True] = counted.get((key, becomes is True), 0) + 1
    return [
        Outcome(key, label, _moved(trial.sums[key], units), counted.get((key, True), 0), counted.get((key, False), 0))
        for key, label in labels.items()
        if key in trial.sums
    ]


def _moved(rows: Mapping[str, Sequence[int]], units: Mapping[str, Unit]) -> list[Moved]:
    """The units in the order of the tree, the county last."""
    ordered = sorted(rows, key=lambda path: (len(path) == Unit.steplen, path))
    return [Moved(units[path].label, *rows[path]) for path in ordered if path in units]


def _labels(trial: GoalTrial) -> dict[str, str]:
    """The lines of the draft and of what is published, by key."""
    drafted = trial.policy.lines.order_by("position", "pk") if trial.policy else []
    lines = [*drafted, *selectors.lines_of(trial.year).values()]
    return {line.key: str(line.get_audience_display()) for line in reversed(lines)}
