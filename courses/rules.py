"""The arithmetic of watching, without Django: which seconds count, when a lesson is complete, what it is worth.

Sources: domain §3 (60 minutes watched are one 学时; or a table by the length of the course), §7 (only what the server's own
clock allows, in intervals not yet watched). Times are whole milliseconds; those of the clock count from 1970 UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from lms.core.hours import ZERO
from lms.hours.rules import NORMAL_SPEED, Tariff, hours_by_clock, hours_by_tier, subtract, union

ONLINE = "online"
GROUP = "group"
READING = "reading"
# What an idle or offline viewer may catch up with: longer silence earns nothing (a member's own; a station's screen).
CARRY_MS = 300_000
GROUP_CARRY_MS = 60_000
# Left over at a resumption, so that a beat that overtakes the one before it loses nothing.
JITTER_MS = 2_000
# What a player that went on without a line may hand in afterwards; marked for review, still inside the server's clock.
OFFLINE_CARRY_MS = 1_800_000
# And what such a player is listened to in all: beyond the half hour a person decides whether it counts.
HELD_CARRY_MS = 24 * 3_600_000
# Own watching is credited so long until the person must say that he is there; the question is shown for the last of it.
PRESENCE_EVERY_MS = (480_000, 840_000)
PRESENCE_GRACE_MS = 90_000
# The player counts by the film and the server by its clock: an answer so much before the question is one to it.
PRESENCE_EARLY_MS = 5_000
# After so long a rest the next lesson starts with a fresh interval.
PRESENCE_REST_MS = 3_600_000
# A page of a book earns in all at most so many times its share of the book's minutes: who reads slowly, or again, loses
# nothing, a page left open no more than that. Short pages have the least; where no share is known, each has the same.
PAGE_TIMES = 3
PAGE_LEAST_MS = 120_000
PAGE_UNKNOWN_MS = 300_000


Study = tuple[int, int]
"""A lesson (its id) in one of its editions: what is studied once. Another edition counts anew."""


class Lesson(NamedTuple):
    """An edition of a lesson as it was when the member first played it; what is edited later changes nothing that was earned."""

    lesson_id: int
    course_id: int
    title: str
    category: str
    duration_ms: int
    needed_ms: int
    edition: int = 1

    @property
    def study(self) -> Study:
        """What is studied once."""
        return self.lesson_id, self.edition


class Span(NamedTuple):
    """Milliseconds ``start``–``end`` of a lesson's video, seen while the clock ran from ``wall_from`` to ``wall_to``.

    ``speed``: how fast it could run against the clock, in percent.
    """

    lesson_id: int
    mode: str
    occasion: str
    start: int
    end: int
    wall_from: int
    wall_to: int
    speed: int = NORMAL_SPEED
    edition: int = 1

    @property
    def study(self) -> Study:
        """What is studied once."""
        return self.lesson_id, self.edition


class Piece(NamedTuple):
    """``length`` milliseconds of a video nobody had counted before, on one day: ``wall_from`` to ``wall_to`` by the clock."""

    lesson_id: int
    mode: str
    occasion: str
    day: dt.date
    wall_from: int
    wall_to: int
    length: int
    edition: int = 1

    @property
    def study(self) -> Study:
        """What is studied once."""
        return self.lesson_id, self.edition

    @property
    def key(self) -> Key:
        """What one source of the ledger stands for."""
        return Key(self.lesson_id, self.mode, self.occasion, self.day, self.edition)


class Key(NamedTuple):
    """One edition of a lesson in one mode and occasion on one day."""

    lesson_id: int
    mode: str
    occasion: str
    day: dt.date
    edition: int = 1

    @property
    def study(self) -> Study:
        """What is studied once."""
        return self.lesson_id, self.edition


class Worth(NamedTuple):
    """What a key is worth: gross 学时, the rule that priced it, the clock time it covers (seconds)."""

    hours: Decimal
    tariff: Tariff
    covers: tuple[tuple[int, int], ...]


SplitByDay = Callable[[int, int], Iterable[tuple[dt.date, int, int]]]
Price = Callable[[str, dt.date], Tariff]


def allowance(left: int, elapsed: int, carry: int, speed: int = NORMAL_SPEED) -> int:
    """Milliseconds of video that may be credited now: what is left and what the server's clock allowed, at most ``carry``.

    ``elapsed`` is by the clock; at a ``speed`` of 125 percent it allows a quarter more of the video.
    """
    return min(left + max(elapsed, 0) * speed // NORMAL_SPEED, carry)


def by_the_clock(video_ms: int, speed: int) -> int:
    """Milliseconds of the clock in which so many of a video run at a speed."""
    return video_ms * NORMAL_SPEED // speed


def page_worth(duration_ms: int, weight: int, whole: int) -> int:
    """Milliseconds that a page (of a PDF, a chapter) of so much ``weight`` of the ``whole`` book may earn in all; ``whole`` 0: unknown."""
    if not whole:
        return min(PAGE_UNKNOWN_MS, duration_ms)
    return min(max(duration_ms * weight * PAGE_TIMES // whole, PAGE_LEAST_MS), duration_ms)


def presence_left(left: int | None, rested: int, fresh: int) -> int:
    """Milliseconds that a new session credits until it asks: a session opened anew does not put the question off.

    ``left``: what the session before had left, None when there was none; ``rested``: milliseconds since its last beat.
    """
    return fresh if left is None or (rested >= PRESENCE_REST_MS and left > 0) else min(left, fresh)


def distinct(spans: Iterable[Span], split: SplitByDay) -> list[Piece]:
    """Each millisecond of each edition of a lesson once, to the span that saw it first by the clock, in the clock's order."""
    seen: dict[Study, list[tuple[int, int]]] = {}
    pieces: list[Piece] = []
    for span in sorted(spans, key=lambda one: (one.wall_from, one.mode, one.occasion, one.start, one.end)):
        taken = seen.get(span.study, [])
        fresh = subtract([(span.start, span.end)], taken) if taken else [(span.start, span.end)]
        for start, end in fresh:
            pieces += _pieces(span, start, end, split)
        seen[span.study] = union([*taken, (span.start, span.end)])
    return sorted(pieces, key=lambda piece: piece.wall_from)


def _pieces(span: Span, start: int, end: int, split: SplitByDay) -> Iterator[Piece]:
    """A stretch of a span, day by day: midnight cuts the video where the clock was."""
    first = span.wall_from + by_the_clock(start - span.start, span.speed)
    last = span.wall_from + by_the_clock(end - span.start, span.speed)
    left = end - start
    days = list(split(first, max(last, first + 1)))
    for number, (day, wall_from, wall_to) in enumerate(days, 1):
        length = left if number == len(days) else min((wall_to - wall_from) * span.speed // NORMAL_SPEED, left)
        left -= length
        yield Piece(span.lesson_id, span.mode, span.occasion, day, wall_from, wall_to, length, span.edition)


def watched(pieces: Iterable[Piece]) -> dict[Study, int]:
    """Different milliseconds seen of each edition of a lesson."""
    found: dict[Study, int] = {}
    for piece in pieces:
        found[piece.study] = found.get(piece.study, 0) + piece.length
    return found


def completions(pieces: Sequence[Piece], lessons: dict[Study, Lesson]) -> dict[Study, Piece]:
    """The piece in which each completed edition of a lesson crossed its threshold."""
    seen: dict[Study, int] = {}
    crossed: dict[Study, Piece] = {}
    for piece in pieces:
        lesson = lessons[piece.study]
        seen[piece.study] = seen.get(piece.study, 0) + piece.length
        if piece.study not in crossed and 0 < lesson.needed_ms <= seen[piece.study]:
            crossed[piece.study] = piece
    return crossed


def worth(spans: Sequence[Span], lessons: dict[Study, Lesson], price: Price, split: SplitByDay) -> dict[Key, Worth]:
    """What a member's watching is worth, by key. Keys that earn nothing are named too, so that a correction withdraws.

    By the clock, own watching counts once the lesson is complete; what is left below the rounding step carries on within
    the course. A group viewing counts what was seen, a book what was read, and carries within the viewing or the book. By the table, a lesson counts when it is
    complete, on that day and in the form in which it was completed.
    """
    pieces = distinct(spans, split)
    crossed = completions(pieces, lessons)
    by_key: dict[Key, list[Piece]] = {}
    for piece in pieces:
        by_key.setdefault(piece.key, []).append(piece)
    priced = {key: price(key.mode, key.day) for key in by_key}
    found = {key: Worth(ZERO, tariff, ()) for key, tariff in priced.items()}
    found |= _by_tier(crossed, by_key, priced, lessons)
    found |= _by_clock(crossed, by_key, priced, lessons)
    for key in _all_keys(spans, split):
        found.setdefault(key, Worth(ZERO, price(key.mode, key.day), ()))
    return found


def _all_keys(spans: Iterable[Span], split: SplitByDay) -> set[Key]:
    return {
        Key(span.lesson_id, span.mode, span.occasion, day, span.edition)
        for span in spans
        for day, _start, _end in split(span.wall_from, span.wall_to)
    }


def _covers(pieces: Iterable[Piece]) -> tuple[tuple[int, int], ...]:
    return tuple(union((piece.wall_from // 1000, -(-piece.wall_to // 1000)) for piece in pieces))


def _by_tier(
    crossed: dict[Study, Piece], by_key: dict[Key, list[Piece]], priced: dict[Key, Tariff], lessons: dict[Study, Lesson]
) -> dict[Key, Worth]:
    found = {}
    for study, piece in crossed.items():
        tariff = priced[piece.key]
        if tariff.method == "tiers":
            hours = hours_by_tier(lessons[study].duration_ms // 1000, tariff)
            found[piece.key] = Worth(hours, tariff, _covers(by_key[piece.key]))
    return found


def _by_clock(
    crossed: dict[Study, Piece], by_key: dict[Key, list[Piece]], priced: dict[Key, Tariff], lessons: dict[Study, Lesson]
) -> dict[Key, Worth]:
    """Cumulative seconds within a course, viewing or book, rounded down as they grow: four lessons of four minutes give 0.25."""

    def begins(key: Key) -> tuple[int, dt.date, Study]:
        moment = crossed[key.study].wall_to if key.mode == ONLINE else by_key[key][0].wall_from
        return moment, key.day, key.study

    counted = [
        key
        for key, tariff in priced.items()
        if tariff.method == "clock" and (key.mode != ONLINE or key.study in crossed)
    ]
    carried: dict[tuple[object, ...], tuple[int, Decimal]] = {}
    found = {}
    for key in sorted(counted, key=begins):
        tariff = priced[key]
        purse = (key.mode, lessons[key.study].course_id if key.mode == ONLINE else key.occasion, tariff.name)
        before, paid = carried.get(purse, (0, ZERO))
        after = before + sum(piece.length for piece in by_key[key])
        worth_now = hours_by_clock(after // 1000, tariff)
        carried[purse] = (after, worth_now)
        found[key] = Worth(worth_now - paid, tariff, _covers(by_key[key]))
    return found
