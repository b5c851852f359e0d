"""``audit_hours``: everything recomputed from evidence and compared with what is stored. It changes nothing.

evidence → assertion → line → standing → roll-up: each step is recomputed by the function that the house itself uses for
it, and the ledger's own promises (sequences, reversals, the day's cap, time counted once) are checked by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from typing import Any

from courses import selectors as courses
from lms.goals import progress, selectors
from lms.goals.models import GoalPolicy, Rollup, Standing
from lms.hours import audit
from lms.hours.audit import Violation
from lms.members.models import Member
from lms.stations import selectors as stations
from lms.training import selectors as training

MEMBERS_A_CHUNK = 2000


@dataclass(slots=True)
class Report:
    """What was looked at and what was found. ``seconds``: how long it took."""

    entries: int = 0
    members: int = 0
    seconds: float = 0.0
    violations: list[Violation] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """The report for JSON, by the names of the contract."""
        return {
            "entries": self.entries,
            "members": self.members,
            "seconds": round(self.seconds, 2),
            "violations": [asdict(violation) for violation in self.violations],
        }


def run(member: Member | None = None) -> Report:
    """Audit everybody, or one member (without the roll-ups and the viewings, which are not one person's)."""
    started = time.perf_counter()
    report = Report()
    policies = [policy for year in selectors.published_years() if (policy := selectors.policy_of(year))]
    for chunk in _chunks(member):
        _members(chunk, policies, report)
    if member is None:
        report.violations += _of_viewings()
        for policy in policies:
            report.violations += _of_rollups(policy)
    report.seconds = time.perf_counter() - started
    return report


def _chunks(member: Member | None) -> Iterator[list[int]]:
    if member is not None:
        yield [member.pk]
        return
    ids = Member.objects.order_by("pk").values_list("pk", flat=True).iterator(MEMBERS_A_CHUNK)
    while chunk := list(islice(ids, MEMBERS_A_CHUNK)):
        yield chunk


def _members(chunk: list[int], policies: Sequence[GoalPolicy], report: Report) -> None:
    book = audit.read(chunk)
    report.members += len(chunk)
    report.entries += book.entries
    report.violations += audit.ledger_violations(book)
    worth = chain(courses.credits(chunk), training.credits(chunk))
    report.violations += audit.evidence_violations(book, worth, courses.playing_now(chunk))
    for policy in policies:
        report.violations += _of_standings(policy, chunk)


def _of_standings(policy: GoalPolicy, chunk: list[int]) -> Iterator[Violation]:
    """Stored standings against those that follow from ledger and roster."""
    lines = list(policy.lines.all())
    due = progress.expected(policy, lines, chunk)
    rows = Standing.objects.filter(line__in=lines, member_id__in=chunk)
    stored = {(row.line_id, row.member_id): row for row in rows}
    for line_id, member_id in sorted(due.keys() | stored.keys()):
        expected, found = due.get((line_id, member_id)), stored.get((line_id, member_id))
        where = f"{policy.year} line {line_id}"
        if expected is None:
            yield Violation("standing", member_id, where, "a standing of somebody whom the goal does not bind")
        elif found is None:
            yield Violation("standing", member_id, where, "the standing is missing")
        elif progress.facts(found) != progress.facts(expected):
            yield Violation("standing", member_id, where, f"{_told(found)} is stored, {_told(expected)} follows")


def _told(row: Standing) -> str:
    pairs = zip(progress.FACTS, progress.facts(row), strict=True)
    return " ".join(f"{name}={value}" for name, value in pairs)


def _of_rollups(policy: GoalPolicy) -> Iterator[Violation]:
    """Stored roll-ups against the sums of the standings below them."""
    due = progress.expected_rollups(policy)
    rows = Rollup.objects.filter(line__policy=policy).select_related("unit")
    stored = {(row.unit.path, row.line_id): row for row in rows}
    for key in sorted(due.keys() | stored.keys()):
        sums = due.get(key, [0] * len(progress.SUMS))
        found = stored.get(key)
        held = [getattr(found, name) for name in progress.SUMS] if found else [0] * len(progress.SUMS)
        if held != sums:
            unit = found.unit.code if found else key[0]
            off = [
                f"{name} {one} for {other}"
                for name, one, other in zip(progress.SUMS, held, sums, strict=True)
                if one != other
            ]
            yield Violation("roll-up", None, f"{policy.year} {unit} line {key[1]}", ", ".join(off))


def _of_viewings() -> Iterator[Violation]:
    """What is recorded as seen in a room against who was there and what ran."""
    for text in stations.group_watch_mismatches():
        yield Violation("group-watch", None, text.partition(" ")[0], text)
