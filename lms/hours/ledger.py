"""The ledger's one verb: ``post`` makes the ledger agree with what evidence is worth.

A retry, a replay from a station, a correction, a moved date and a re-rating after a rule change are the same call: what a
source asserts is stored, the member's day is priced as a set, and lines are added until what stands equals the price.
Unchanged adds nothing; changed reverses what stands and posts again; zero reverses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from django.db import transaction

from lms.core import clock
from lms.core.hours import ZERO
from lms.core.inserts import insert
from lms.hours.credit import Credit
from lms.hours.hooks import hours_settled
from lms.hours.models import Assertion, HourEntry
from lms.hours.rules import Claimed, Priced, price_day
from lms.members.models import Member, User

CHUNK = 400
Day = tuple[int, dt.date]
T = TypeVar("T")


class LedgerError(ValueError):
    """A credit that the ledger cannot take: one source for two members, a negative amount, an unknown member."""


def post(*credits: Credit, by: User | None) -> list[HourEntry]:
    """Make the ledger agree with each credit; returns the lines that were added (none when all agreed already).

    One transaction, members locked in order of id, so two posts for one member queue up. Call it once a transaction:
    the roll-ups above are locked after the members. ``by`` is the person whose act it is, None for the system.
    Raises LedgerError.
    """
    checked = _checked(credits)
    added: list[HourEntry] = []
    touched: dict[int, set[int]] = {}
    with transaction.atomic():
        members = _lock({credit.member_id for credit in checked})
        for chunk in _chunks(checked, CHUNK):
            days = _assert(chunk)
            for member_id, day in days:
                touched.setdefault(member_id, set()).add(clock.year_of(day))
            added += _settle(days, members, by)
        if added:
            changed = {entry.member_id for entry in added}
            hours_settled.run({member_id: years for member_id, years in touched.items() if member_id in changed})
    return added


def _checked(credits: Sequence[Credit]) -> list[Credit]:
    """One credit a source, in order of member, each fit to post."""
    by_source: dict[str, Credit] = {}
    for credit in credits:
        earlier = by_source.get(credit.source)
        if earlier is not None and earlier.member_id != credit.member_id:
            raise LedgerError(f"{credit.source} belongs to two members")
        if credit.hours < 0:
            raise LedgerError(f"{credit.source} asserts less than nothing")
        by_source[credit.source] = credit
    return sorted(by_source.values(), key=lambda credit: (credit.member_id, credit.source))


def _lock(member_ids: set[int]) -> dict[int, Member]:
    """The members with their units, locked until the transaction ends."""
    members: dict[int, Member] = {}
    for chunk in _chunks(sorted(member_ids), CHUNK):
        rows = Member.objects.select_for_update(of=("self",)).select_related("unit").filter(pk__in=chunk)
        members.update({member.pk: member for member in rows.order_by("pk")})
    missing = member_ids - members.keys()
    if missing:
        raise LedgerError(f"no such member: {sorted(missing)[:5]}")
    return members


def _assert(credits: Sequence[Credit]) -> set[Day]:
    """Store what the sources assert; returns the days to settle, those that a source left included."""
    known = {row.source: row for row in Assertion.objects.filter(source__in=[credit.source for credit in credits])}
    days: set[Day] = set()
    fresh, changed = [], []
    for credit in credits:
        row = assertion(credit)
        old = known.get(credit.source)
        if old is not None and old.member_id != credit.member_id:
            raise LedgerError(f"{credit.source} belongs to another member")
        if old is None or _facts(old) != _facts(row):
            days.add((credit.member_id, credit.earned_on))
            if old is None:
                fresh.append(row)
                continue
            days.add((credit.member_id, old.earned_on))
            changed.append(row)
    insert(fresh)
    Assertion.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["source"], update_fields=[*ASSERTED, "covers", "stated_at"]
    )
    return days


ASSERTED = ["earned_on", "gross", "step", "category", "mode", "title", "occasion", "rule", "day_cap"]


def _facts(row: Assertion) -> tuple[object, ...]:
    return (*(getattr(row, name) for name in ASSERTED), [list(pair) for pair in row.covers])


def assertion(credit: Credit) -> Assertion:
    """The unsaved row of what a credit asserts."""
    return Assertion(
        source=credit.source,
        member_id=credit.member_id,
        earned_on=credit.earned_on,
        gross=credit.hours,
        step=credit.step,
        category=credit.category,
        mode=credit.mode,
        title=credit.title[:200],
        occasion=credit.occasion,
        rule=credit.rule,
        covers=[list(pair) for pair in credit.covers],
        day_cap=credit.day_cap,
        stated_at=clock.now(),
    )


def _settle(days: set[Day], members: dict[int, Member], by: User | None) -> list[HourEntry]:
    """Price each day as a set and add the lines that make the ledger agree."""
    asserted = _asserted_on(days)
    last = _last_lines([row.source for rows in asserted.values() for row in rows])
    lines: list[HourEntry] = []
    for day in sorted(days):
        prices = price(asserted.get(day, []))
        for row in asserted.get(day, []):
            lines += _agree(row, prices[row.source], last.get(row.source), members[row.member_id], by)
    insert(lines, key="uuid")
    return lines


def _asserted_on(days: Iterable[Day]) -> dict[Day, list[Assertion]]:
    """What all sources assert of some member-days."""
    found: dict[Day, list[Assertion]] = {}
    wanted = set(days)
    for chunk in _chunks(sorted({member_id for member_id, _ in wanted}), CHUNK):
        dates = {day for member_id, day in wanted if member_id in set(chunk)}
        rows = Assertion.objects.filter(member_id__in=chunk, earned_on__in=dates).order_by("source")
        for row in rows:
            if (row.member_id, row.earned_on) in wanted:
                found.setdefault((row.member_id, row.earned_on), []).append(row)
    return found


def price(rows: Sequence[Assertion]) -> dict[str, Priced]:
    """One member-day's assertions, priced (the audit asks the same function)."""
    claims = [
        Claimed(row.source, row.mode, row.gross, row.step, tuple((start, end) for start, end in row.covers))
        for row in rows
    ]
    caps = [row.day_cap for row in rows if row.gross > 0]
    return price_day(claims, min(caps, default=Decimal(0)))


def _last_lines(sources: Sequence[str]) -> dict[str, HourEntry]:
    """The last line of each source: what stands and the next sequence number come from this one row."""
    last: dict[str, HourEntry] = {}
    for chunk in _chunks(sources, CHUNK):
        for entry in HourEntry.objects.filter(source__in=chunk).order_by("source", "sequence"):
            last[entry.source] = entry
    return last


def _agree(
    row: Assertion, priced: Priced, last: HourEntry | None, member: Member, by: User | None
) -> Iterator[HourEntry]:
    """The lines that bring one source from what stands to its price: none, one or two."""
    stands = last if last is not None and not last.is_reversal else None
    sequence = last.sequence if last is not None else 0
    wanted = _line(row, priced, member, by)
    if stands is not None:
        if _content(stands) == _content(wanted):
            return
        sequence += 1
        yield _reversal(stands, sequence, by)
    if priced.hours > ZERO:
        wanted.sequence = sequence + 1
        if last is not None:  # a correction stays with the unit in which the hours were first earned
            wanted.unit_id, wanted.unit_name = last.unit_id, last.unit_name
        yield wanted


def _content(entry: HourEntry) -> tuple[object, ...]:
    return (entry.hours, entry.earned_on, entry.category, entry.mode, entry.title, entry.occasion, entry.rule)


def _line(row: Assertion, priced: Priced, member: Member, by: User | None) -> HourEntry:
    return HourEntry(
        source=row.source,
        member_id=member.pk,
        unit_id=member.unit_id,
        unit_name=member.unit.name,
        earned_on=row.earned_on,
        hours=priced.hours,
        category=row.category,
        mode=row.mode,
        title=row.title,
        occasion=row.occasion,
        rule=row.rule,
        note=priced.trimmed_by,
        posted_at=clock.now(),
        posted_by=by,
    )


def _reversal(stands: HourEntry, sequence: int, by: User | None) -> HourEntry:
    return HourEntry(
        source=stands.source,
        sequence=sequence,
        member_id=stands.member_id,
        unit_id=stands.unit_id,
        unit_name=stands.unit_name,
        earned_on=stands.earned_on,
        hours=-stands.hours,
        category=stands.category,
        mode=stands.mode,
        title=stands.title,
        occasion=stands.occasion,
        rule=stands.rule,
        posted_at=clock.now(),
        posted_by=by,
    )


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
