"""The ledger against itself and against recomputed evidence: whatever does not agree is a violation.

Nothing here changes a row. Members are read a chunk at a time, so a million lines need no more memory than a thousand.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from lms.core import clock
from lms.core.hours import ZERO
from lms.hours.credit import Credit
from lms.hours.ledger import price
from lms.hours.models import Assertion, HourEntry
from lms.hours.rules import Priced, length, union


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that does not agree: which check found it, where, and both sides of it. For machines and inspectors."""

    check: str
    member_id: int | None
    where: str
    detail: str


@dataclass(slots=True)
class Book:
    """The ledger of some members: lines and assertions by member, and how many lines there are."""

    lines: dict[int, list[HourEntry]] = field(default_factory=lambda: defaultdict(list))
    asserted: dict[int, dict[str, Assertion]] = field(default_factory=lambda: defaultdict(dict))
    entries: int = 0


def read(member_ids: Sequence[int]) -> Book:
    """The lines and assertions of some members, in two queries."""
    book = Book()
    lines = HourEntry.objects.filter(member_id__in=member_ids).order_by("member_id", "source", "sequence")
    for line in lines.defer("uuid", "unit_name", "posted_at", "posted_by").iterator(2000):
        book.lines[line.member_id].append(line)
        book.entries += 1
    for row in Assertion.objects.filter(member_id__in=member_ids).iterator(2000):
        book.asserted[row.member_id][row.source] = row
    return book


# -- the ledger against itself ------------------------------------------------------------


def ledger_violations(book: Book) -> Iterator[Violation]:
    """Sequences, reversals, prices, the day's cap and the day's clock of every member in the book."""
    for member_id in sorted(book.lines.keys() | book.asserted.keys()):
        by_source: dict[str, list[HourEntry]] = defaultdict(list)
        for line in book.lines.get(member_id, []):
            by_source[line.source].append(line)
        asserted = book.asserted.get(member_id, {})
        for source, lines in by_source.items():
            yield from _chain(member_id, source, lines)
            if source not in asserted:
                yield Violation("unasserted", member_id, source, "a line whose source asserts nothing")
        stands = {source: lines[-1] for source, lines in by_source.items() if not lines[-1].is_reversal}
        yield from _days(member_id, asserted, stands)


def _chain(member_id: int, source: str, lines: list[HourEntry]) -> Iterator[Violation]:
    """1, 2, 3 … without a gap; credit and reversal by turns; a reversal is the line before it with the sign changed."""
    before: HourEntry | None = None
    for expected, line in enumerate(lines, start=1):
        if line.sequence != expected:
            yield Violation("sequence", member_id, source, f"line {line.sequence} where {expected} is due")
            return
        if line.is_reversal != (expected % 2 == 0):
            yield Violation("one-standing", member_id, source, f"line {expected} is no {_kind(expected)}")
        elif before is not None and line.is_reversal and _reversed(before) != _reversal(line):
            yield Violation("reversal", member_id, source, f"line {expected} does not take line {expected - 1} back")
        before = line


def _kind(sequence: int) -> str:
    return "credit" if sequence % 2 else "reversal"


def _reversed(line: HourEntry) -> tuple[object, ...]:
    return (-line.hours, *_said(line), line.unit_id)


def _reversal(line: HourEntry) -> tuple[object, ...]:
    return (line.hours, *_said(line), line.unit_id)


def _said(row: HourEntry | Assertion) -> tuple[object, ...]:
    return (row.earned_on, row.category, row.mode, row.title, row.occasion, row.rule)


def _days(member_id: int, asserted: dict[str, Assertion], stands: dict[str, HourEntry]) -> Iterator[Violation]:
    days: dict[dt.date, list[Assertion]] = defaultdict(list)
    for row in asserted.values():
        days[row.earned_on].append(row)
    for day, rows in days.items():
        rows.sort(key=lambda row: row.source)
        prices = price(rows)
        for row in rows:
            yield from _priced(member_id, row, prices[row.source], stands.get(row.source))
        yield from _cap(member_id, day, rows, stands)
        yield from _clock(member_id, day, rows, stands)


def _priced(member_id: int, row: Assertion, due: Priced, line: HourEntry | None) -> Iterator[Violation]:
    """What stands for a source is its price within its day, to the hundredth, and says what the source says."""
    standing = line.hours if line is not None else ZERO
    if standing != due.hours:
        yield Violation("price", member_id, row.source, f"{standing} stands, {due.hours} is due")
    elif line is not None and _said(line) != _said(row):
        yield Violation("content", member_id, row.source, "the line says something else than its source")


def _cap(member_id: int, day: dt.date, rows: list[Assertion], stands: dict[str, HourEntry]) -> Iterator[Violation]:
    total = sum((stands[row.source].hours for row in rows if row.source in stands), ZERO)
    cap = min((row.day_cap for row in rows if row.gross > 0), default=Decimal(0))
    if total > cap:
        yield Violation("day-cap", member_id, day.isoformat(), f"{total} on a day of at most {cap}")


def _clock(member_id: int, day: dt.date, rows: list[Assertion], stands: dict[str, HourEntry]) -> Iterator[Violation]:
    """No second is credited twice: the shares of time that were paid for fit into the time that was covered."""
    timed = [row for row in rows if row.gross > 0 and row.covers and row.source in stands]
    covered = {row.source: union((start, end) for start, end in row.covers) for row in timed}
    paid = sum(
        (stands[row.source].hours / row.gross * length(covered[row.source]) for row in timed),
        Decimal(0),
    )
    everything = union(pair for pairs in covered.values() for pair in pairs)
    # Shares are fractions of seconds: a thousandth of a second is the precision of the division, not time.
    if paid > length(everything) + Decimal("0.001"):
        yield Violation("overlap", member_id, day.isoformat(), f"{paid:.0f} s are credited of {length(everything)} s")
    start = int(clock.day_start(day).timestamp())
    end = int(clock.day_start(day + dt.timedelta(days=1)).timestamp())
    if everything and (everything[0][0] < start or everything[-1][1] > end):
        yield Violation("overlap", member_id, day.isoformat(), "time outside the day is credited")


# -- the ledger against evidence ----------------------------------------------------------


def evidence_violations(book: Book, credits: Iterable[Credit], unsettled: Iterable[int] = ()) -> Iterator[Violation]:
    """Where what sources assert is not what their evidence is worth.

    ``credits``: recomputed from evidence for the members of the book. ``unsettled``: members who are watching right now;
    what they watch is settled when they stop, so their watching is left out.
    """
    watching = set(unsettled)
    due: dict[str, Credit] = {}
    for credit in credits:
        due[credit.source] = credit
    for member_id, asserted in book.asserted.items():
        for source, row in asserted.items():
            if member_id in watching and _is_watching(source):
                due.pop(source, None)
                continue
            yield from _compare(row, due.pop(source, None))
    for credit in due.values():
        if credit.hours > 0 and not (credit.member_id in watching and _is_watching(credit.source)):
            yield Violation("evidence", credit.member_id, credit.source, f"worth {credit.hours}, asserted nowhere")


def _is_watching(source: str) -> bool:
    return source.startswith(("courses.watch:", "stations.viewing:"))


def _compare(row: Assertion, credit: Credit | None) -> Iterator[Violation]:
    if credit is None or credit.hours == 0:
        if row.gross > 0:
            yield Violation("evidence", row.member_id, row.source, f"{row.gross} asserted without evidence")
        return
    stored = (row.member_id, row.gross, row.step, row.day_cap, *_said(row), [tuple(pair) for pair in row.covers])
    worth = (
        credit.member_id,
        credit.hours,
        credit.step,
        credit.day_cap,
        credit.earned_on,
        credit.category,
        credit.mode,
        credit.title[:200],
        credit.occasion,
        credit.rule,
        [tuple(pair) for pair in credit.covers],
    )
    if stored != worth:
        yield Violation("evidence", row.member_id, row.source, f"{row.gross} asserted, evidence gives {credit.hours}")
