"""Dates and limits of closing, without Django: days count from the end of the last session, or from closing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from unicodedata import category, normalize

# Counted from the end of the last session: whoever is in charge is reminded, then the house closes the training itself.
REMIND_AFTER = dt.timedelta(days=3)
CLOSE_AFTER = dt.timedelta(days=5)
# Counted from closing.
APPEAL_TIME = dt.timedelta(days=15)
LEAST_LETTERS = 20
FULL_MARKS = 100
LEAST, MOST = 1, 5
# Fewer answers than this would let the class guess who said what.
LEAST_ANSWERS = 5
NOON = 12
PRESENT, ABSENT, PART = "present", "absent", "part"
FORBIDDEN = '<>:"/\\|?*'
LONGEST_NAME = 60


def may_still_object(closed_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether attendance can still be appealed, a reflection handed in or an opinion given: within 15 days of closing."""
    return now <= closed_at + APPEAL_TIME


def make_up_by(day: dt.date, closed: dt.date) -> dt.date:
    """The last day on which a lesson missed on ``day`` is handed in as made up, of a training closed on ``closed``.

    The end of that year, as hours count in the year in which it is done; but at least 15 days after closing: before it nothing
    can be handed in.
    """
    return max(dt.date(day.year, 12, 31), closed + APPEAL_TIME)


def letters(text: str) -> int:
    """How many signs a text has, white space left out."""
    return len("".join(text.split()))


def average(marks: Sequence[int]) -> Decimal | None:
    """The mean of marks from 1 to 5 to one decimal; None when there are fewer than ``LEAST_ANSWERS``."""
    if len(marks) < LEAST_ANSWERS:
        return None
    return (Decimal(sum(marks)) / len(marks)).quantize(Decimal("0.1"), ROUND_HALF_UP)


class Half(NamedTuple):
    """A session's part of one half-day: the day, ``am`` or ``pm``, from when to when."""

    day: dt.date
    half: str
    start: dt.datetime
    end: dt.datetime


def halves(start: dt.datetime, end: dt.datetime) -> list[Half]:
    """The half-days that a session touches, parted at noon of the zone of its times; one past midnight stays with its first day."""
    noon = start.replace(hour=NOON, minute=0, second=0, microsecond=0)
    found = []
    if start < noon:
        found.append(Half(start.date(), "am", start, min(end, noon)))
    if end > noon:
        found.append(Half(start.date(), "pm", max(start, noon), end))
    return found


def seen(half: Half, there: tuple[dt.datetime, dt.datetime] | None, status: str) -> str:
    """What one half-day shows of a person: ``present`` all of it, ``part`` of it, or the status of who was not there."""
    if there is None:
        return ABSENT if status == PRESENT else status
    start, end = max(half.start, there[0]), min(half.end, there[1])
    if start >= end:
        return ABSENT
    return PRESENT if (start, end) == (half.start, half.end) else PART


def safe_name(text: str) -> str:
    """A text as the name of a file on any system: no separators, no signs that Windows refuses, no leading dot, short."""
    kept = "".join(
        " " if sign in FORBIDDEN or category(sign).startswith("C") else sign for sign in normalize("NFC", text)
    )
    return " ".join(kept.split()).strip(". ")[:LONGEST_NAME].strip(". ") or "_"
