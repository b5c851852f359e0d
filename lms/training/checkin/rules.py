"""When a scan counts and what a person's scans say of his presence, without Django."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

IN, OUT = "in", "out"
OPENS = dt.timedelta(hours=1)
"""How long before a session one may sign in: people come early, and wait in the hall."""

LINGERS = dt.timedelta(minutes=30)
"""How long after a session one may sign out."""

PEOPLE_A_PHONE = 2
"""So many people may sign in with one phone (a couple has one); from the next on all of them are looked at (case 3)."""

FIRM = "firm"
PROVISIONAL = "provisional"
# A phone alone shows that a code was seen, not where: a picture of it travels (reliability case 2).
BY_ONESELF = {"room_code", "visit_code", "digits"}
MINUTE = dt.timedelta(minutes=1)


def standing(means: str, direction: str) -> str:
    """``firm`` when somebody else stood by (trainer, kiosk in the hall), else ``provisional`` until one confirms it.

    Signing out by oneself is firm: it can only shorten the stay of who says so.
    """
    return PROVISIONAL if means in BY_ONESELF and direction == IN else FIRM


def timely(starts_at: dt.datetime, ends_at: dt.datetime, direction: str, at: dt.datetime) -> str:
    """``""`` when a scan is in time, else ``too-early`` or ``too-late``. In: an hour before to the end; out: start to 30 min after."""
    first = starts_at - OPENS if direction == IN else starts_at
    last = ends_at if direction == IN else ends_at + LINGERS
    if at < first:
        return "too-early"
    return "too-late" if at > last else ""


class Seen(NamedTuple):
    """One scan that stands: which way, and when by the clock that is believed."""

    direction: str
    at: dt.datetime


class Stay(NamedTuple):
    """From when to when a person was in a session; None: from its beginning, to its end."""

    arrived_at: dt.datetime | None
    left_at: dt.datetime | None


def stay(starts_at: dt.datetime, ends_at: dt.datetime, scans: Iterable[Seen]) -> Stay | None:
    """What all standing scans of a person say of one session, in whatever order they came; None: he was not there.

    He arrived with the first scan in and left with the last scan out, unless he came in again after it. Minutes begun count
    for him: an arrival is rounded down, a departure up. Who only signed out was there from a time that nobody saw: a
    departure alone shows no arrival, so it makes no stay.
    """
    rows = sorted(set(scans), key=lambda seen: (seen.at, seen.direction))
    ins = [seen.at for seen in rows if seen.direction == IN]
    if not ins:
        return None
    outs = [seen.at for seen in rows if seen.direction == OUT and seen.at >= ins[0]]
    arrived = _down(ins[0])
    departed = _up(outs[-1]) if outs and outs[-1] >= ins[-1] else None
    return Stay(
        arrived if arrived > starts_at else None,
        max(departed, arrived) if departed is not None and departed < ends_at else None,
    )


def _down(at: dt.datetime) -> dt.datetime:
    return at.replace(second=0, microsecond=0)


def _up(at: dt.datetime) -> dt.datetime:
    floor = _down(at)
    return floor if floor == at else floor + MINUTE
