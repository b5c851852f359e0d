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
    """One scan that stands: which way, when by the clock that is believed, and how it was taken."""

    direction: str
    at: dt.datetime
    means: str = ""


def first_means(scans: Iterable[Seen]) -> str:
    """How a person was first seen to come in, whichever scan was heard of first; empty when he was not."""
    ins = [(seen.at, seen.means) for seen in scans if seen.direction == IN]
    return min(ins)[1] if ins else ""


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


# -- time without a line ------------------------------------------------------------------------

AGREE = dt.timedelta(minutes=2)
"""How far two clocks may be apart and still be taken to say the same."""

MOVED, FUTURE, BEFORE = "moved", "future", "before"


class Tick(NamedTuple):
    """What a device's clocks said at one moment: its wall clock, its running time in ms, and which run of the page that is."""

    clock: dt.datetime
    mono: int
    boot: str


class Anchor(NamedTuple):
    """A moment at which server and device heard each other: the server's time beside the device's clocks."""

    real: dt.datetime
    tick: Tick


class Believed(NamedTuple):
    """When a thing happened, by what that is known (``clock``, ``sent``, ``prepared``), and why it is doubtful, if it is."""

    at: dt.datetime
    basis: str
    doubt: str


def believed(event: Tick, prepared: Anchor, sent: Anchor) -> Believed:
    """When an event took place that a device tells of later (case 5).

    The device's own clock is believed when it was as wrong at the sending as when it was prepared and its running time does
    not contradict it. Else the running time counts, from the sending or from the preparation. It stands still while a phone
    sleeps, so from the one it says too late and from the other too early; where both are to be had they must agree.
    The skew is the one of the preparation: the same event gives the same time in whatever batch it comes.
    """
    skew = prepared.tick.clock - prepared.real
    at = event.clock - skew
    guesses = [
        (name, anchor.real + dt.timedelta(milliseconds=event.mono - anchor.tick.mono))
        for name, anchor in (("sent", sent), ("prepared", prepared))
        if anchor.tick.boot == event.boot
    ]
    same_skew = abs((sent.tick.clock - sent.real) - skew) <= AGREE
    if same_skew and not _contradicted(at, dict(guesses)):
        return Believed(at, "clock", _outside(at, prepared, sent))
    if not guesses or any(abs(guess - guesses[0][1]) > AGREE for _name, guess in guesses):
        return Believed(min(max(at, prepared.real), sent.real), "", MOVED)
    basis, at = guesses[0]
    return Believed(at, basis, _outside(at, prepared, sent))


def _contradicted(at: dt.datetime, guesses: dict[str, dt.datetime]) -> bool:
    """Whether a clock says later than the running time up to the sending allows, or earlier than that since the preparation."""
    late = "sent" in guesses and at > guesses["sent"] + AGREE
    early = "prepared" in guesses and at < guesses["prepared"] - AGREE
    return late or early


def _outside(at: dt.datetime, prepared: Anchor, sent: Anchor) -> str:
    if at > sent.real + AGREE:
        return FUTURE
    return BEFORE if at < prepared.real - AGREE else ""
