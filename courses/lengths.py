"""How long a lesson takes, without Django: worked out, never typed.

Characters a minute: an untrained grown-up reads about 300 Chinese characters of plain prose a minute; many members are over
sixty and read with care.
"""

from __future__ import annotations

CHARACTERS_A_MINUTE = 200
SECONDS_A_PICTURE = 10
SECONDS_A_QUESTION = 30
CHARACTERS_A_PAGE = 600
"""Of a PDF of which only the number of pages is known: a scan, a picture book."""


def reading_seconds(characters: int, pictures: int) -> int:
    """Seconds to read a text of so many characters and to look at so many pictures."""
    return characters * 60 // CHARACTERS_A_MINUTE + pictures * SECONDS_A_PICTURE


def quiz_seconds(questions: int, drawn: int) -> int:
    """Seconds to answer a test of so many questions of which ``drawn`` are asked; 0: all."""
    return min(questions, drawn or questions) * SECONDS_A_QUESTION


def minutes(milliseconds: int) -> int:
    """Whole minutes, rounded up: what takes any time at all takes one."""
    return -(-milliseconds // 60_000)
