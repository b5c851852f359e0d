"""How characters sound: their readings in pinyin, and what letters somebody typed may stand for. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, pinyin

READINGS = 3
"""Readings kept of a character that has several (重: zhong, chong); further ones are for scholars."""
ALTERNATIVES = 6
"""Ways of cutting letters into syllables that are looked for (``xian``: 县, 西安)."""

# Every syllable of standard Chinese, by initial; ü is typed v.
_FINALS = {
    "": "a ai an ang ao e ei en eng er o ou",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "f": "a an ang ei en eng o ou u",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve",
    "l": "a ai an ang ao e ei eng i ia ian iang iao ie in ing iu o ong ou u uan un uo v ve",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "k": "a ai an ang ao e en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "zh": "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "r": "an ang ao e en eng i ong ou u uan ui un uo",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "y": "a an ang ao e i in ing o ong ou u uan ue un",
    "w": "a ai an ang ei en eng o u",
}
SYLLABLES = frozenset(initial + final for initial, finals in _FINALS.items() for final in finals.split())
INITIALS = frozenset([initial for initial in _FINALS if initial] + ["a", "e", "o"])
BEGINNINGS = frozenset(syllable[:end] for syllable in SYLLABLES for end in range(1, len(syllable) + 1))
LONGEST = max(map(len, SYLLABLES))
MOST_LETTERS = 24
"""Letters in a row beyond which nobody means pinyin."""

# What an accent of the South or an old ear does not tell apart.
_HEADS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))
_TAILS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


@lru_cache(maxsize=8192)
def readings(character: str) -> tuple[str, ...]:
    """The readings of a Chinese character without tones, the usual one first: 重 → ``("zhong", "chong")``."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    return tuple(reading for reading in dict.fromkeys(found) if reading in SYLLABLES)[:READINGS]


@lru_cache(maxsize=1024)
def cuts(letters: str) -> tuple[tuple[str, ...], ...]:
    """How letters may be read, the ways with the fewest bare initials first: ``zaip`` → ``(("zai", "p"),)``.

    Each part is a syllable or, where none fits, the initial of one. Empty where no reading covers all letters.
    """
    if len(letters) > MOST_LETTERS:
        return ()
    found = sorted(islice(_cuts(letters, _ends(letters), 0), 200), key=lambda cut: (_bare(cut), len(cut)))
    return tuple(cut for cut in found if _bare(cut) <= _bare(found[0]) + 1)[:ALTERNATIVES]


def _bare(cut: tuple[str, ...]) -> int:
    return sum(part not in SYLLABLES for part in cut)


def _parts_at(letters: str, start: int) -> list[int]:
    """Where a syllable or an initial that starts there may end, the longest first."""
    ends = range(min(start + LONGEST, len(letters)), start, -1)
    return [end for end in ends if letters[start:end] in SYLLABLES or letters[start:end] in INITIALS]


def _ends(letters: str) -> set[int]:
    """The places from which the rest can be read: without them a hopeless word would be tried in thousands of ways."""
    found = {len(letters)}
    for start in range(len(letters) - 1, -1, -1):
        if not found.isdisjoint(_parts_at(letters, start)):
            found.add(start)
    return found


def _cuts(letters: str, readable: set[int], start: int) -> Iterator[tuple[str, ...]]:
    if start == len(letters):
        yield ()
        return
    for end in _parts_at(letters, start):
        if end in readable:
            for rest in _cuts(letters, readable, end):
                yield letters[start:end], *rest


def whole(cut: tuple[str, ...]) -> bool:
    """Whether a cut has no bare initial."""
    return _bare(cut) == 0


def unfinished(letters: str) -> tuple[tuple[str, ...], ...]:
    """Readings whose last part is the beginning of a syllable, as one types: ``zaipe`` → ``("zai", "pe")``."""
    found = []
    for end in range(max(0, len(letters) - LONGEST), len(letters) - 1):
        tail = letters[end:]
        if tail in BEGINNINGS:
            found += [(*head, tail) for head in (cuts(letters[:end]) if end else ((),)) if whole(head)]
    return tuple(found[:ALTERNATIVES])


@lru_cache(maxsize=1024)
def alike(syllable: str) -> tuple[str, ...]:
    """A syllable and those that sound like it to many: ``zai`` → ``("zai", "zhai")``."""
    heads = {syllable}
    for one, other in _HEADS:
        heads |= {other + syllable[len(one) :]} if syllable.startswith(one) else set()
        heads |= {one + syllable[len(other) :]} if syllable.startswith(other) else set()
    found = set(heads)
    for one, other in _TAILS:
        found |= {head[: -len(one)] + other for head in heads if head.endswith(one)}
        found |= {head[: -len(other)] + one for head in heads if head.endswith(other)}
    return tuple(sorted(found & SYLLABLES, key=lambda other: (other != syllable, other)))


def misheard(cut: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A reading in every way in which it is often confused, itself first; at most 24."""
    return tuple(islice(product(*(alike(part) for part in cut)), 24))


def mistyped(letters: str) -> tuple[tuple[str, ...], ...]:
    """Readings of letters after one slip of the finger: two that changed places, or one too many (``putoa`` → ``pu tao``)."""
    swapped = [
        letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :]
        for at in range(len(letters) - 1)
        if letters[at] != letters[at + 1]
    ]
    dropped = [letters[:at] + letters[at + 1 :] for at in range(len(letters))]
    found = [cut for text in dict.fromkeys(swapped + dropped) for cut in cuts(text) if whole(cut) and len(cut) > 1]
    return tuple(dict.fromkeys(found))[:24]
