"""A text cut into the terms of the index: pairs of characters, their sounds, the first letters of their sounds. No Django.

Dictionary cutters lose names and terms, so nothing is cut by meaning: every pair of neighbouring characters is a term, and
a word of any length is found as all of its pairs. Sounds are kept the same way, so that 栽培 is found as ``zaipei`` and ``zp``:

    栽培 → 栽 培 栽培 · zai0 pei0 zai0pei · zp1
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from lms.core.search.sounds import readings

RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z0-9]+")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


class Term(NamedTuple):
    """A term of the index and the place in the text from which it was made."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """A text of the same length without differences of case and width: ``Ｐｕ`` → ``pu``."""
    return "".join(_fold(character) for character in text)


@lru_cache(maxsize=8192)
def _fold(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character


def is_han(run: str) -> bool:
    """Whether a run of ``RUN`` is Chinese."""
    return HAN.match(run) is not None


def sound(syllable: str) -> str:
    """The term of one syllable."""
    return f"{syllable}0"


def sounds(one: str, other: str) -> str:
    """The term of two neighbouring syllables."""
    return f"{one}0{other}"


def letters(one: str, other: str) -> str:
    """The term of the first letters of two neighbouring syllables."""
    return f"{one[0]}{other[0]}1"


def written(text: str) -> Iterator[Term]:
    """The terms of what is written: single characters, pairs of them, words of letters and digits."""
    for found in RUN.finditer(fold(text)):
        run, start = found.group(), found.start()
        if not is_han(run):
            yield Term(run, start, found.end())
            continue
        for at, character in enumerate(run):
            yield Term(character, start + at, start + at + 1)
            if at + 1 < len(run):
                yield Term(run[at : at + 2], start + at, start + at + 2)


def spoken(text: str, *, initials: bool) -> Iterator[Term]:
    """The terms of how the Chinese in a text sounds, in all its readings, and of the first letters if asked for."""
    for found in HAN.finditer(fold(text)):
        run, start = found.group(), found.start()
        for at, character in enumerate(run):
            for text_of in _sounds_of(character):
                yield Term(text_of, start + at, start + at + 1)
            if at + 1 < len(run):
                for text_of in _sounds_between(character, run[at + 1], initials):
                    yield Term(text_of, start + at, start + at + 2)


def _sounds_of(character: str) -> list[str]:
    return [sound(reading) for reading in readings(character)]


@lru_cache(maxsize=16384)
def _sounds_between(one: str, other: str, initials: bool) -> tuple[str, ...]:
    pairs = list(product(readings(one), readings(other)))
    found = dict.fromkeys(sounds(*pair) for pair in pairs)
    if initials:
        found |= dict.fromkeys(letters(*pair) for pair in pairs)
    return tuple(found)
