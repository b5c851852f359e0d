"""Short signed texts that a camera reads, without Django: the code of a room, its six digits, a person's card, a claim.

Check-in and base visits share them (``purpose`` keeps one from being taken for the other). All texts are of capitals, digits
and ``.-``, so that a QR code of them stays coarse enough for an old phone across a hall. ``key`` is the site's secret for codes.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from typing import NamedTuple

STEP = 30
"""Seconds for which a room shows one code."""

OLDEST = 90
"""Seconds after it was first shown that a room's code is still taken: a slow camera, a slow line (reliability case 1)."""

CLAIM_LIFE = 300
"""Seconds from a scan to the tap that uses it: time to sign in."""

DESK_LIFE = 3600
"""Seconds for which a trainer's page may scan with one key; it fetches a new one every few minutes."""

AHEAD = 5
"""Seconds that a code may come from the future: two servers' clocks."""

MAC_BYTES = 10  # 80 bits; 16 letters
DIGITS = 6


class TokenError(ValueError):
    """A code that is not taken: ``bad-code`` (not ours, or changed) or ``expired``."""

    def __init__(self, code: str, place: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.place = place
        """The id of the session that an expired code was of: its signature was right."""


class RoomCode(NamedTuple):
    """What a room's code says: which session (its id), ``in`` or ``out``, shown since when (seconds since 1970)."""

    place: int
    direction: str
    shown_at: int


class Claim(NamedTuple):
    """A scan that waits for its person: the sessions that it may be of, direction, ``code`` or ``digits``, when, a nonce."""

    places: tuple[int, ...]
    direction: str
    means: str
    made_at: int
    nonce: str


def _mac(key: bytes, text: str) -> str:
    return base64.b32encode(hmac.digest(key, text.encode(), "sha256")[:MAC_BYTES]).decode()


def _signed(key: bytes, text: str) -> str:
    return f"{text}.{_mac(key, text)}"


def _unsigned(key: bytes, token: str) -> list[str]:
    text, _dot, mac = token.strip().upper().rpartition(".")
    if not text or not hmac.compare_digest(mac.encode(), _mac(key, text).encode()):
        raise TokenError("bad-code")
    return text.split(".")


def step_of(now: int) -> int:
    """The number of the stretch of ``STEP`` seconds that a moment is in."""
    return now // STEP


def left(now: int) -> int:
    """Seconds until the next code."""
    return STEP - now % STEP


# -- a room ---------------------------------------------------------------------------------


def room_code(key: bytes, place: int, direction: str, now: int, purpose: str = "R") -> str:
    """The code that a session's room shows at a moment."""
    return _signed(key, f"{purpose}.{place}.{direction.upper()}.{step_of(now)}")


ROOM, HOST = "R", "V"
"""Whose screen shows a code: the trainer's in the room, the host's at a base."""


def purpose_of(token: str) -> str:
    """Which of both a code says it is; ``read_room_code`` finds out whether that is true."""
    return HOST if token.strip().upper().startswith(f"{HOST}.") else ROOM


def read_room_code(key: bytes, token: str, now: int, purpose: str = "R") -> RoomCode:
    """What a room's code says. Raises TokenError."""
    parts = _unsigned(key, token)
    if len(parts) != 4 or parts[0] != purpose:
        raise TokenError("bad-code")
    place, direction, shown_at = int(parts[1]), parts[2].lower(), int(parts[3]) * STEP
    if not -AHEAD <= now - shown_at <= OLDEST:
        raise TokenError("expired", place)
    return RoomCode(place, direction, shown_at)


def room_digits(key: bytes, place: int, direction: str, now: int) -> str:
    """The six digits under the code, for who has no camera."""
    return _digits(key, place, direction, step_of(now))


def _digits(key: bytes, place: int, direction: str, step: int) -> str:
    drawn = hmac.digest(key, f"D.{place}.{direction}.{step}".encode(), "sha256")
    return f"{int.from_bytes(drawn[:8]) % 10**DIGITS:0{DIGITS}}"


def are_digits_of(key: bytes, typed: str, place: int, direction: str, now: int) -> bool:
    """Whether the room showed these digits within the last ``OLDEST`` seconds."""
    steps = range(step_of(now - OLDEST + STEP - 1), step_of(now + AHEAD) + 1)
    return any(hmac.compare_digest(typed.encode(), _digits(key, place, direction, step).encode()) for step in steps)


# -- a person -------------------------------------------------------------------------------


def member_code(key: bytes, code: str) -> str:
    """The text of a member's own code: always the same, so that it can be printed on a card."""
    return _signed(key, f"M.{code.upper()}")


def read_member_code(key: bytes, token: str) -> str:
    """The member's number on a card. Raises TokenError."""
    head, _dot, code = ".".join(_unsigned(key, token)).partition(".")
    if head != "M" or not code:
        raise TokenError("bad-code")
    return code


# -- a machine ------------------------------------------------------------------------------


def device_key(key: bytes, number: str) -> str:
    """What a machine in the hall keeps to show which one it is; ``number``: its uuid."""
    return _signed(key, f"K.{number.upper()}")


def read_device(key: bytes, token: str) -> str:
    """The number of a machine. Raises TokenError."""
    parts = _unsigned(key, token)
    if len(parts) != 2 or parts[0] != "K":
        raise TokenError("bad-code")
    return parts[1].lower()


class Desk(NamedTuple):
    """A trainer's page that scans: which session and training (ids), whose it is (account and its epoch), made when."""

    place: int
    training: int
    user: int
    epoch: int
    made_at: int


def desk_key(key: bytes, desk: Desk) -> str:
    """What a trainer's page sends with each scan instead of its session: it adds scans there and does nothing else."""
    return _signed(key, "S." + ".".join(map(str, desk)))


def read_desk(key: bytes, token: str, now: int) -> Desk:
    """Whose page it is. Raises TokenError (``expired`` after ``DESK_LIFE``)."""
    parts = _unsigned(key, token)
    if len(parts) != 6 or parts[0] != "S":
        raise TokenError("bad-code")
    desk = Desk(*map(int, parts[1:]))
    if not -AHEAD <= now - desk.made_at <= DESK_LIFE:
        raise TokenError("expired", desk.place)
    return desk


# -- a page without a line --------------------------------------------------------------------


def offline_key(key: bytes, number: str) -> str:
    """What a prepared page shows with each batch; ``number``: the uuid of its device."""
    return _signed(key, f"O.{number.upper()}")


def read_offline(key: bytes, token: str) -> str:
    """The number of a prepared page's device. Raises TokenError."""
    parts = _unsigned(key, token)
    if len(parts) != 2 or parts[0] != "O":
        raise TokenError("bad-code")
    return parts[1].lower()


def chain_key(key: bytes, number: str) -> bytes:
    """The secret with which a prepared page signs what it queues; the browser keeps it where no script reads it."""
    return hmac.digest(key, f"chain.{number.lower()}".encode(), "sha256")


def link(secret: bytes, prior: str, words: Sequence[object]) -> str:
    """The signature of an event: over the signature before it and its own words, so that none can be changed or left out."""
    return hmac.digest(secret, "\n".join(map(str, (prior, *words))).encode(), "sha256").hex()


# -- between scan and sign-in -----------------------------------------------------------------


def make_claim(key: bytes, claim: Claim) -> str:
    """The address of a scan that waits for its person to sign in."""
    places = "-".join(map(str, claim.places))
    return _signed(key, f"C.{places}.{claim.direction}.{claim.means}.{claim.made_at}.{claim.nonce}".upper())


def read_claim(key: bytes, token: str, now: int) -> Claim:
    """What a claim says. Raises TokenError (``expired`` after ``CLAIM_LIFE``)."""
    parts = _unsigned(key, token)
    if len(parts) != 6 or parts[0] != "C":
        raise TokenError("bad-code")
    places = tuple(map(int, parts[1].split("-")))
    made_at = int(parts[4])
    if not -AHEAD <= now - made_at <= CLAIM_LIFE:
        raise TokenError("expired", places[0] if len(places) == 1 else None)
    return Claim(places, parts[2].lower(), parts[3].lower(), made_at, parts[5].lower())
