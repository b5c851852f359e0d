"""Half-days, distances and sounds of visits, without Django."""

from __future__ import annotations

import datetime as dt
import math

# A visit fills half a day (domain §3: a half day of a base visit is 4 学时).
HALF_DAYS = {"am": (dt.time(8, 30), dt.time(11, 30)), "pm": (dt.time(14, 0), dt.time(17, 0))}
NOON = 12
EARTH_METRES = 6_371_000
NEAR_METRES = 500
"""As far as a large orchard reaches from the point that stands for it, and a telephone errs among hills."""
CHECK_AROUND = dt.timedelta(minutes=30)
"""So long before and after a visit a place may be checked."""
LONGEST_AHEAD = dt.timedelta(days=365)
RATING_TIME = dt.timedelta(days=15)
MOST_PHOTOS = 30
# Three minutes of speech as browsers record it (Opus, about 32 kbit/s) are under 1 MB; a WAV of it would be 16 MB.
MOST_VOICE_BYTES = 6 * 1024 * 1024
# A picture that came a day or more after it was taken is shown as such; it is a remark, nothing is refused.
LATE = dt.timedelta(days=1)

SOUNDS = (
    (b"OggS", 0, ".ogg", "audio/ogg"),
    (b"\x1aE\xdf\xa3", 0, ".webm", "audio/webm"),
    (b"ftyp", 4, ".m4a", "audio/mp4"),
    (b"ID3", 0, ".mp3", "audio/mpeg"),
    (b"\xff\xfb", 0, ".mp3", "audio/mpeg"),
)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points given as (latitude, longitude) in degrees, along the ground."""
    (lat1, lng1), (lat2, lng2) = ((math.radians(lat), math.radians(lng)) for lat, lng in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(math.sqrt(min(1.0, half)))


def is_near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two points are within ``NEAR_METRES`` of each other."""
    return metres(one, other) <= NEAR_METRES


def may_check(starts_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a place may be checked now: during the visit or ``CHECK_AROUND`` it."""
    return starts_at - CHECK_AROUND <= now <= ends_at + CHECK_AROUND


def sound_of(data: bytes) -> tuple[str, str] | None:
    """(suffix, content type) of a recording by its first bytes; None for anything else."""
    for sign, at, suffix, kind in SOUNDS:
        if data[at : at + len(sign)] == sign:
            return suffix, kind
    return None


CLOCKS = dt.timedelta(minutes=10)
"""So far a camera's clock may be ahead without a remark."""
LATE_UPLOAD, OTHER_DAY, FUTURE = "late", "other-day", "future"
MOST_OWN_PHOTOS = 5


def remarks(taken_at: dt.datetime | None, added_at: dt.datetime, first: dt.date, last: dt.date) -> list[str]:
    """What is odd about a picture's times (in the zone of its times): it came late, is of another day, or of the future.

    ``first`` and ``last``: the days of the session. Only remarks, nothing is refused: a camera's clock may be wrong.
    """
    if taken_at is None:
        return []
    found = [LATE_UPLOAD] if came_late(taken_at, added_at) else []
    if taken_at > added_at + CLOCKS:
        found.append(FUTURE)
    elif not first <= taken_at.date() <= last:
        found.append(OTHER_DAY)
    return found


def came_late(taken_at: dt.datetime | None, added_at: dt.datetime) -> bool:
    """Whether a picture came a day or more after the camera took it."""
    return taken_at is not None and added_at - taken_at >= LATE
