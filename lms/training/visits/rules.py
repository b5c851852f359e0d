"""Half-days, limits and sounds of visits, without Django."""

from __future__ import annotations

import datetime as dt

# A visit fills half a day (domain §3: a half day of a base visit is 4 学时).
HALF_DAYS = {"am": (dt.time(8, 30), dt.time(11, 30)), "pm": (dt.time(14, 0), dt.time(17, 0))}
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


def sound_of(data: bytes) -> tuple[str, str] | None:
    """(suffix, content type) of a recording by its first bytes; None for anything else."""
    for sign, at, suffix, kind in SOUNDS:
        if data[at : at + len(sign)] == sign:
            return suffix, kind
    return None


def came_late(taken_at: dt.datetime | None, added_at: dt.datetime) -> bool:
    """Whether a picture came a day or more after the camera took it."""
    return taken_at is not None and added_at - taken_at >= LATE
