"""``audit_hours``: everything recomputed from evidence and compared with what is stored. It changes nothing.

evidence → assertion → line → standing → roll-up: each step is recomputed by the function that the house itself uses for
it; the ledger's own promises (sequences, reversals, rules, the day's cap, time counted once) are checked by themselves, and
so is the chain of seals over its lines. What each check finds: docs/audit.md.

The house goes on working meanwhile: what disagrees is looked at a second time, and only what then still disagrees counts.
"""

from __future__ import annotations

import datetime as dt
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from courses import selectors as courses
from lms.core import clock
from lms.core.parallel import spread
from lms.goals import progress, selectors
from lms.goals.models import GoalPolicy, Rollup, Standing
from lms.hours import audit, evidence, seals
from lms.hours.conversion import NoRuleError, Tariffs
from lms.hours.violation import Violation
from lms.members.models import Member
from lms.reports.closing import is_intact
from lms.reports.models import AuditRun, YearClosing
from lms.stations import audit as stations

MEMBERS_A_PART = 2000
VIEWINGS_A_PART = 500
SEALED_LINES_A_PART = 50_000


@dataclass(slots=True)
class Report:
    """What was looked at and what was found. ``seconds``: how long it took."""

    started_at: dt.datetime = field(default_factory=clock.now)
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


class Part(NamedTuple):
    """A piece of the audit that any process can do by itself: the name of its check and what it looks at."""

    check: str
    values: tuple[Any, ...]


class Found(NamedTuple):
    """What one part has looked at and found."""

    entries: int = 0
    members: int = 0
    violations: list[Violation] = []


def run(member: Member | None = None, *, processes: int | None = None) -> Report:
    """Audit everybody, or one member (without the roll-ups, viewings and seals, which are not one person's).

    ``processes``: how many share the work, by default one a core; the report is the same.
    """
    started = time.perf_counter()
    report = Report()
    parts = _everything() if member is None else [Part("members", (member.pk,))]
    for found in spread(_do, parts, processes=processes):
        report.entries += found.entries
        report.members += found.members
        report.violations += found.violations
    report.seconds = time.perf_counter() - started
    return report


def _everything() -> list[Part]:
    members = list(Member.objects.order_by("pk").values_list("pk", flat=True))
    parts = [Part("members", chunk) for chunk in _split(members, MEMBERS_A_PART)]
    parts += [Part("viewings", chunk) for chunk in _split(stations.viewing_ids(), VIEWINGS_A_PART)]
    parts.append(Part("rooms", ()))
    parts += _seal_parts()
    parts += [Part("roll-ups", (policy.pk,)) for policy in _policies()]
    parts += [Part("closings", (pk,)) for pk in YearClosing.objects.order_by("year").values_list("pk", flat=True)]
    return parts


def _split(ids: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(ids), size):
        yield tuple(ids[start : start + size])


def _seal_parts() -> list[Part]:
    """The chain in stretches of about as many lines each, and what is not sealed yet."""
    parts, waiting, lines = [], list[seals.Link](), 0
    for link in seals.links():
        waiting.append(link)
        lines += link.content.lines
        if lines >= SEALED_LINES_A_PART:
            parts.append(Part("seals", tuple(waiting)))
            waiting, lines = [], 0
    return [*parts, Part("seals", tuple(waiting)), Part("unsealed", ()), Part("heads", ())]


def _policies() -> list[GoalPolicy]:
    return [policy for year in selectors.published_years() if (policy := selectors.policy_of(year))]


# -- one part ---------------------------------------------------------------------------


def _do(part: Part) -> Found:
    """Do one part; what it finds is found again, or it was the house at work between two reads."""
    with _without_collector():
        found = CHECKS[part.check](part.values)
        if not found.violations:
            return found
        again = set(CHECKS[part.check](part.values).violations)
    return found._replace(violations=sorted((one for one in found.violations if one in again), key=_order))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Hundreds of thousands of tuples and no cycles: looking through them for garbage is a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _order(violation: Violation) -> tuple[Any, ...]:
    return (violation.member_id or 0, violation.check, violation.where, violation.detail)


def _members(ids: tuple[int, ...]) -> Found:
    book = audit.read(ids)
    violations = list(audit.ledger_violations(book))
    violations += _of_evidence(book, ids)
    for policy in _policies():
        violations += _of_standings(policy, ids)
    return Found(book.entries, len(ids), violations)


def _of_evidence(book: audit.Book, ids: tuple[int, ...]) -> list[Violation]:
    """What is asserted against what is recomputed; a table of rules with a hole in it stops this check, not the audit."""
    tariffs = Tariffs()
    try:
        return list(audit.evidence_violations(book, evidence.credits(ids, tariffs), courses.playing_now(ids)))
    except NoRuleError as error:
        return [Violation("rule", None, "", f"nothing can be recomputed: {error}")]


def _viewings(ids: tuple[int, ...]) -> Found:
    """What is recorded as seen in a room against who was there and what ran."""
    return Found(violations=_of_rooms(stations.mismatches(ids)))


def _rooms(_values: tuple[()]) -> Found:
    return Found(violations=_of_rooms(stations.without_viewing()))


def _of_rooms(texts: Iterable[str]) -> list[Violation]:
    return [Violation("group-watch", None, text.partition(" ")[0], text) for text in texts]


def _seals(links: tuple[seals.Link, ...]) -> Found:
    return Found(violations=list(seals.link_violations(*links)))


def _unsealed(_values: tuple[()]) -> Found:
    return Found(violations=list(seals.tail_violations()))


def _heads(_values: tuple[()]) -> Found:
    """Heads that earlier audits saw and that are in the chain no more: its end was taken off, or all of it made anew."""
    known = {(link.day, link.digest) for link in seals.links()}
    seen = AuditRun.objects.exclude(head="").order_by("sealed_on").values_list("sealed_on", "head").distinct()
    lost = [(day, digest) for day, digest in seen if (day, digest) not in known]
    detail = "the head {} of an earlier audit is in the chain no more"
    return Found(
        violations=[Violation("chain", None, str(day), detail.format(seals.short(head))) for day, head in lost]
    )


def _rollups(policy_ids: tuple[int, ...]) -> Found:
    policies: Iterable[GoalPolicy] = GoalPolicy.objects.filter(pk__in=policy_ids)
    return Found(violations=[violation for policy in policies for violation in _of_rollups(policy)])


def _closings(ids: tuple[int, ...]) -> Found:
    """Closed years whose rows are not those that were signed."""
    changed = [one for one in YearClosing.objects.filter(pk__in=ids).select_related("run") if not is_intact(one)]
    detail = "the frozen rows are not those that were signed"
    return Found(violations=[Violation("closing", None, str(one.year), detail) for one in changed])


CHECKS: dict[str, Callable[[Any], Found]] = {
    "members": _members,
    "viewings": _viewings,
    "rooms": _rooms,
    "seals": _seals,
    "unsealed": _unsealed,
    "heads": _heads,
    "roll-ups": _rollups,
    "closings": _closings,
}


# -- standings and roll-ups ---------------------------------------------------------------


def _of_standings(policy: GoalPolicy, member_ids: Sequence[int]) -> Iterator[Violation]:
    """Stored standings against those that follow from ledger and roster."""
    lines = list(policy.lines.all())
    due = progress.expected(policy, lines, member_ids)
    rows = Standing.objects.filter(line__in=lines, member_id__in=member_ids).order_by()
    stored = {row[:2]: row[2:] for row in rows.values_list("line_id", "member_id", *progress.FACTS)}
    for line_id, member_id in sorted(due.keys() | stored.keys()):
        expected, found = due.get((line_id, member_id)), stored.get((line_id, member_id))
        where = f"{policy.year} line {line_id}"
        if expected is None:
            yield Violation("standing", member_id, where, "a standing of somebody whom the goal does not bind")
        elif found is None:
            yield Violation("standing", member_id, where, "the standing is missing")
        elif found != (follows := progress.facts(expected)):
            yield Violation("standing", member_id, where, f"{_told(found)} is stored, {_told(follows)} follows")


def _told(facts: tuple[object, ...]) -> str:
    pairs = zip(progress.FACTS, facts, strict=True)
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
