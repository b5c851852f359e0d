"""Pure rules of certificates (学时证明): numbers, digests, masks, what a later ledger changes. No Django."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

ALPHABET = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""31 signs, none that a reader takes for another (no 0 O, no I L, no U); 31 is prime, see ``check_sign``."""

RANDOM_SIGNS = 11
"""54 bits: with a million certificates issued, a thousand guesses a second find one in nine months."""

NUMBER = re.compile(rf"(\d{{4}})-([{ALPHABET}]{{4}})-([{ALPHABET}]{{4}})-([{ALPHABET}]{{4}})")
FACTS = ("date", "title", "category", "mode", "hours")
"""What a certificate states of an item. The rule is printed too, but hours priced anew to the same amount are no change."""

Item = Mapping[str, str]


def check_sign(signs: str) -> str:
    """The last sign of a number: a weighted sum modulo 31, so that each single slip and each swap of two signs shows."""
    return ALPHABET[sum(place * _value(sign) for place, sign in enumerate(signs, 1)) % len(ALPHABET)]


def _value(sign: str) -> int:
    return int(sign) if sign == "0" else ALPHABET.index(sign)


def new_number(year: int, choose: Callable[[str], str] = secrets.choice) -> str:
    """A fresh number: the year of issue, eleven random signs, a check sign: ``2026-7K3F-9QHM-2TDC``."""
    signs = "".join(choose(ALPHABET) for _sign in range(RANDOM_SIGNS))
    signs += check_sign(f"{year}{signs}")
    return f"{year}-{signs[:4]}-{signs[4:8]}-{signs[8:]}"


def tidy_number(typed: str) -> str:
    """What a person typed as the number was printed: capitals, hyphens in place, I and L as 1."""
    signs = re.sub(r"[^0-9A-Z]", "", typed.upper()).replace("I", "1").replace("L", "1")[:16]
    return "-".join(signs[place : place + 4] for place in range(0, len(signs), 4))


def is_number(text: str) -> bool:
    """Whether a text can be a number at all: its form and its check sign."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return False
    signs = "".join(found.groups())
    return check_sign(signs[:-1]) == signs[-1]


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what a certificate states, in one fixed writing."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def corrected(items: Iterable[Item], standing: Mapping[str, Item]) -> list[Item]:
    """The items that the ledger no longer states so; ``standing``: what stands now, by source.

    Hours earned since are not among them: a certificate of a year speaks of the day it was issued.
    """
    return [item for item in items if _facts(item) != _facts(standing.get(item["source"], {}))]


def _facts(item: Item) -> Sequence[str | None]:
    return [item.get(name) for name in FACTS]


def mask_name(name: str) -> str:
    """王**: the surname's first character; the rest is for who holds the paper (个人信息保护法 art. 28)."""
    return name[:1] + "**"
