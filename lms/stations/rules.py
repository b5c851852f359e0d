"""What a person saw in the room: the screen's playing cut to the time he was there. No Django.

Times are whole milliseconds: of the video for ``from_ms``/``to_ms``, since 1970 UTC for everything on the wall.
Source: issue of the county (domain §4, §7): each is credited for what was truly played while he was there, no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from lms.hours.rules import length, union

Stay = tuple[int, int]
"""From when to when a person sat in the room, milliseconds since 1970 UTC, end not included."""

# A tick taken back this soon was a slip of the finger, not a person who left.
SLIP_MS = 60_000
# A viewing without a sign of life for this long was forgotten: the operator went home without closing it.
FORGOTTEN_MS = 30 * 60_000

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MILLISECOND = dt.timedelta(milliseconds=1)


def to_ms(moment: dt.datetime) -> int:
    """An aware moment in milliseconds since 1970 UTC, rounded down."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> dt.datetime:
    """The moment of a number of milliseconds since 1970 UTC."""
    return EPOCH + milliseconds * MILLISECOND


class Span(NamedTuple):
    """A stretch of the video that ran, and when it ran; the wall's stretch is never shorter than the video's."""

    from_ms: int
    to_ms: int
    wall_from_ms: int
    wall_to_ms: int


def clipped(span: Span, stay: Stay) -> Span | None:
    """What of a span surely ran during a stay, or None.

    Where a span took longer than its video (a hiccup of the network) nobody knows where in it the picture stood still,
    so each millisecond missed on the wall counts as a millisecond of the video missed: the sure part, never more.
    """
    before = max(0, stay[0] - span.wall_from_ms)
    after = max(0, span.wall_to_ms - stay[1])
    seen = Span(
        span.from_ms + before,
        span.to_ms - after,
        max(span.wall_from_ms, stay[0]),
        min(span.wall_to_ms, stay[1]),
    )
    return seen if seen.from_ms < seen.to_ms and seen.wall_from_ms < seen.wall_to_ms else None


def seen_during(spans: Iterable[Span], stays: Iterable[Stay]) -> list[Span]:
    """What of a screen's playing ran while a person was there, in order of the wall. Overlapping stays count once."""
    present = union(stays)
    parts = (clipped(span, stay) for span in spans for stay in present)
    return sorted((part for part in parts if part is not None), key=lambda part: (part.wall_from_ms, part.from_ms))


def different_ms(spans: Iterable[Span]) -> int:
    """How many different milliseconds of the video the spans show: a passage played twice counts once."""
    return length(union((span.from_ms, span.to_ms) for span in spans))


def is_slip(*, marked_ms: int, now_ms: int, played_since: bool) -> bool:
    """Whether an untick takes a tick back (nothing ran since, or it is a minute old) rather than telling of a leaving."""
    return not played_since or now_ms - marked_ms < SLIP_MS


def is_forgotten(*, last_sign_ms: int, now_ms: int) -> bool:
    """Whether an open viewing was left behind."""
    return now_ms - last_sign_ms >= FORGOTTEN_MS
