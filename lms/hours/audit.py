"""The ledger against itself and against recomputed evidence: whatever does not agree is a violation.

Nothing here changes a row. Lines and assertions are read as plain tuples with hours in whole hundredths; a day on which all
that is asserted stands in full, within the cap and without overlap is done by comparing them. Every other day is priced again
by the function that the ledger posts by. tests/hours/test_audit_properties.py proves that the short way hides nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.db.models.expressions import Combinable

from lms.core import clock
from lms.core.bulk import plain
from lms.core.clock import Interval
from lms.core.hours import ZERO, from_hundredths
from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit
from lms.hours.ledger import price
from lms.hours.models import Assertion, HourEntry
from lms.hours.rules import Priced, length, union
from lms.hours.violation import Violation

READ_AT_ONCE = 5000
SAID = ("earned_on", "category", "mode", "title", "occasion", "rule")
"""What a line copies from the assertion behind it; the last fields of both tuples below."""


class Line(NamedTuple):
    """A line of the ledger, as far as it can be recomputed. Hours in hundredths."""

    member_id: int
    source: str
    sequence: int
    hours: int
    unit_id: int
    earned_on: dt.date
    category: str
    mode: str
    title: str
    occasion: str
    rule: str

    @property
    def said(self) -> tuple[object, ...]:
        """The values of ``SAID``."""
        return self[5:]


class Asserted(NamedTuple):
    """What one source asserts. ``gross``, ``step`` and ``day_cap`` in hundredths."""

    member_id: int
    source: str
    gross: int
    step: int
    day_cap: int
    covers: tuple[Interval, ...]
    earned_on: dt.date
    category: str
    mode: str
    title: str
    occasion: str
    rule: str

    @property
    def said(self) -> tuple[object, ...]:
        """The values of ``SAID``."""
        return self[6:]


@dataclass(slots=True)
class Book:
    """The ledger of some members: the lines and the assertion of each source, and how many lines there are."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    asserted: dict[str, Asserted] = field(default_factory=dict)
    entries: int = 0


def read(member_ids: Sequence[int]) -> Book:
    """The lines and assertions of some members, in two queries."""
    book = Book()
    said = [plain(name) for name in SAID]
    lines = HourEntry.objects.filter(member_id__in=member_ids).order_by()
    columns: list[str | Combinable] = ["member_id", "source", "sequence", plain("hours"), "unit_id", *said]
    for line in map(Line._make, lines.values_list(*columns).iterator(READ_AT_ONCE)):
        book.entries += 1
        if line.source in book.lines:
            book.lines[line.source].append(line)
        else:
            book.lines[line.source] = [line]
    asserted = Assertion.objects.filter(member_id__in=member_ids).order_by()
    columns = ["member_id", "source", plain("gross"), plain("step"), plain("day_cap"), plain("covers"), *said]
    for row in asserted.values_list(*columns).iterator(READ_AT_ONCE):
        book.asserted[row[1]] = Asserted._make((*row[:5], _pairs(row[5]), *row[6:]))
    return book


def _pairs(covers: Any) -> tuple[Interval, ...]:
    """Stored stretches of time, as text or as the driver has read them."""
    return _intervals(covers) if isinstance(covers, str) else _intervals(json.dumps(covers))


@lru_cache(maxsize=50_000)  # all who sat in one session have the same
def _intervals(covers: str) -> tuple[Interval, ...]:
    """Parsed; what cannot be read as stretches is none, and then differs from the evidence."""
    try:
        return tuple((int(start), int(end)) for start, end in json.loads(covers))
    except (TypeError, ValueError):
        return ()


# -- the ledger against itself ------------------------------------------------------------


def ledger_violations(book: Book) -> Iterator[Violation]:
    """Sequences, reversals, rules, prices, the day's cap and the day's clock of every member in the book."""
    yield from _rules(book)
    stands: dict[str, Line] = {}
    for source, lines in book.lines.items():
        if len(lines) > 1 or lines[0].sequence != 1 or lines[0].hours <= 0:
            lines.sort(key=lambda line: line.sequence)
            yield from _chain(source, lines)
        asserted = book.asserted.get(source)
        if asserted is None or asserted.member_id != lines[-1].member_id:
            yield Violation("unasserted", lines[-1].member_id, source, "a line whose source asserts nothing")
        elif lines[-1].hours > 0:
            stands[source] = lines[-1]
    days: dict[tuple[int, dt.date], list[Asserted]] = defaultdict(list)
    for row in book.asserted.values():
        days[row.member_id, row.earned_on].append(row)
    for (member_id, day), rows in days.items():
        if not plainly_right(day, rows, stands):
            yield from day_violations(member_id, day, rows, stands)


def _rules(book: Book) -> Iterator[Violation]:
    """Every line was priced by a version of the table for its day. (By the one that binds it: that follows from evidence.)"""
    tariffs, known = Tariffs(), set[tuple[str, dt.date]]()
    for lines in book.lines.values():
        for line in lines:
            if (line.rule, line.earned_on) in known:
                continue
            if tariffs.knows(line.rule, line.earned_on):
                known.add((line.rule, line.earned_on))
            else:
                detail = f"{line.rule} was not in force on {line.earned_on}"
                yield Violation("rule", line.member_id, line.source, detail)


def _chain(source: str, lines: list[Line]) -> Iterator[Violation]:
    """1, 2, 3 … without a gap; credit and reversal by turns; a reversal is the line before it with the sign changed."""
    before: Line | None = None
    for expected, line in enumerate(lines, start=1):
        if line.sequence != expected:
            yield Violation("sequence", line.member_id, source, f"line {line.sequence} where {expected} is due")
            return
        if (line.hours < 0) != (expected % 2 == 0):
            kind = "credit" if expected % 2 else "reversal"
            yield Violation("one-standing", line.member_id, source, f"line {expected} is no {kind}")
        elif before is not None and line.hours < 0 and before._replace(sequence=expected, hours=-before.hours) != line:
            detail = f"line {expected} does not take line {expected - 1} back"
            yield Violation("reversal", line.member_id, source, detail)
        before = line


# -- a member's day ---------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _seconds_of(day: dt.date) -> Interval:
    """A day of the county in seconds since 1970 UTC."""
    following = clock.day_start(day + dt.timedelta(days=1))
    return int(clock.day_start(day).timestamp()), int(following.timestamp())


def plainly_right(day: dt.date, rows: Sequence[Asserted], stands: Mapping[str, Line]) -> bool:
    """Whether all that is asserted of a day stands in full, within the cap, each second once: nothing to price again.

    False says only that the day has to be looked into.
    """
    total, cap, times = 0, None, list[Interval]()
    for row in rows:
        line = stands.get(row.source)
        if row.gross <= 0:
            if row.gross or line is not None:
                return False
            continue
        if line is None or line.hours != row.gross or line.said != row.said:
            return False
        total += row.gross
        cap = row.day_cap if cap is None else min(cap, row.day_cap)
        times += row.covers
    return (cap is None or total <= cap) and _apart(times, *_seconds_of(day))


def _apart(times: list[Interval], start: int, end: int) -> bool:
    """Whether stretches of time lie between two moments and none overlaps another."""
    reached = start
    for begin, stop in sorted(times):
        if begin < reached or stop <= begin:
            return False
        reached = stop
    return reached <= end


def day_violations(
    member_id: int, day: dt.date, rows: Sequence[Asserted], stands: Mapping[str, Line]
) -> Iterator[Violation]:
    """One member's day priced again as the ledger prices it, and compared with what stands."""
    exact = [_exact(row) for row in sorted(rows, key=lambda row: row.source)]
    prices = price(exact)
    standing = {row.source: from_hundredths(stands[row.source].hours) for row in exact if row.source in stands}
    for row in exact:
        yield from _priced(row, prices[row.source], standing.get(row.source, ZERO), stands.get(row.source))
    yield from _cap(member_id, day, exact, standing)
    yield from _clock(member_id, day, exact, standing)


def _exact(row: Asserted) -> Any:
    """The same row with 学时 for hundredths, as the pricing reads assertions."""
    hours = {name: from_hundredths(getattr(row, name)) for name in ("gross", "step", "day_cap")}
    return SimpleNamespace(**{**row._asdict(), **hours}, said=row.said)


def _priced(row: Any, due: Priced, standing: Decimal, line: Line | None) -> Iterator[Violation]:
    """What stands for a source is its price within its day, to the hundredth, and says what the source says."""
    if standing != due.hours:
        yield Violation("price", row.member_id, row.source, f"{standing} stands, {due.hours} is due")
    elif line is not None and line.said != row.said:
        yield Violation("content", row.member_id, row.source, "the line says something else than its source")


def _cap(member_id: int, day: dt.date, rows: Sequence[Any], standing: Mapping[str, Decimal]) -> Iterator[Violation]:
    total = sum(standing.values(), ZERO)
    cap = min((row.day_cap for row in rows if row.gross > 0), default=ZERO)
    if total > cap:
        yield Violation("day-cap", member_id, day.isoformat(), f"{total} on a day of at most {cap}")


def _clock(member_id: int, day: dt.date, rows: Sequence[Any], standing: Mapping[str, Decimal]) -> Iterator[Violation]:
    """No second is credited twice: the shares of time that were paid for fit into the time that was covered."""
    timed = [row for row in rows if row.gross > 0 and row.covers and row.source in standing]
    covered = {row.source: union(row.covers) for row in timed}
    paid = sum((standing[row.source] / row.gross * length(covered[row.source]) for row in timed), Decimal(0))
    everything = union(pair for pairs in covered.values() for pair in pairs)
    # Shares are fractions of seconds: a thousandth of a second is the precision of the division, not time.
    if paid > length(everything) + Decimal("0.001"):
        yield Violation("overlap", member_id, day.isoformat(), f"{paid:.0f} s are credited of {length(everything)} s")
    start, end = _seconds_of(day)
    if everything and (everything[0][0] < start or everything[-1][1] > end):
        yield Violation("overlap", member_id, day.isoformat(), "time outside the day is credited")


# -- the ledger against evidence ----------------------------------------------------------


class _Exact(dict[int, Decimal]):
    """Hundredths → 学时, each made once."""

    def __missing__(self, hundredths: int) -> Decimal:
        self[hundredths] = made = from_hundredths(hundredths)
        return made


def evidence_violations(book: Book, credits: Iterable[Credit], unsettled: Iterable[int] = ()) -> Iterator[Violation]:
    """Where what sources assert is not what their evidence is worth.

    ``credits``: recomputed from evidence for the members of the book. ``unsettled``: members who are watching right now;
    what they watch is settled when they stop, so their watching is left out.
    """
    watching, exact = set(unsettled), _Exact()
    left = dict(book.asserted)
    for source, credit in {credit.source: credit for credit in credits}.items():
        row = left.pop(source, None)
        if row is not None and _same(row, credit, exact):
            continue
        if credit.member_id in watching and _is_watching(source):
            continue
        yield from _differs(row, credit)
    for source, row in left.items():
        if row.gross > 0 and not (row.member_id in watching and _is_watching(source)):
            detail = f"{exact[row.gross]} asserted without evidence"
            yield Violation("evidence", row.member_id, source, detail)


def _is_watching(source: str) -> bool:
    return source.startswith(("courses.watch:", "courses.reading:", "stations.viewing:"))


def _same(row: Asserted, credit: Credit, exact: _Exact) -> bool:
    """Whether an assertion is what its evidence is worth, word for word."""
    return (
        exact[row.gross] == credit.hours
        and row.covers == credit.covers
        and row.said
        == (credit.earned_on, credit.category, credit.mode, credit.title[:200], credit.occasion, credit.rule)
        and row.member_id == credit.member_id
        and exact[row.step] == credit.step
        and exact[row.day_cap] == credit.day_cap
    )


def _differs(row: Asserted | None, credit: Credit) -> Iterator[Violation]:
    """Worth nothing and asserting nothing agree, whatever else both say."""
    if row is None:
        if credit.hours > 0:
            detail = f"worth {credit.hours}, asserted nowhere"
            yield Violation("evidence", credit.member_id, credit.source, detail)
    elif row.gross != 0 or credit.hours != 0:
        detail = f"{from_hundredths(row.gross)} asserted, evidence gives {credit.hours}"
        yield Violation("evidence", row.member_id, row.source, detail)
