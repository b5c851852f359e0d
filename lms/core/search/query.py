"""What somebody typed as an expression over the terms of the index, from exact to near. No Django."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, pairwise, product
from typing import NamedTuple, TypeAlias

from lms.core.search import words
from lms.core.search.sounds import SYLLABLES, cuts, misheard, mistyped, readings, unfinished, whole

LONGEST = 60
"""Characters of a query that are looked at."""
PARTS = 8
"""Words of a query that are looked at."""
ASKING = re.compile(
    "怎么样|怎么办|怎么|怎样|如何|为什么|什么时候|什么|哪些|哪里|哪个|有没有|是不是|能不能|可不可以|多少|我要|我想|想学|一下|吗|呢|的|了"
)
"""Words of a question: titles seldom have them, so they only part the words that count."""

EXACT, LOOSE, ALIKE, SOME = "exact", "loose", "alike", "some"
"""How near: every word as typed · word by word, or what is still being typed · what sounds like it · half of the words."""


@dataclass(frozen=True, slots=True)
class Has:
    """A term of the index, or with ``begins`` every term that begins so."""

    term: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Has | All | Either


class Level(NamedTuple):
    """One way of looking, and how near its finds are."""

    near: str
    expression: Expression


def levels(typed: str) -> list[Level]:
    """The ways of looking for what was typed, the nearest first; a way that looks for the same as one before is left out.

    Empty when nothing was typed that could be looked for.
    """
    parts = _parts(typed)
    found: list[Level] = []
    for near, way in ((EXACT, _exact), (LOOSE, _loose), (ALIKE, _alike)):
        expression = _all(way(part) for part in parts)
        if expression is not None and all(expression != level.expression for level in found):
            found.append(Level(near, expression))
    half = _half(parts)
    return [*found, Level(SOME, half)] if half else found


def whatever(typed: str) -> Expression | None:
    """What an editor's list should show: as typed, word by word, or what is still being typed; None for nothing."""
    return _either(level.expression for level in levels(typed) if level.near in (EXACT, LOOSE))


def terms(expression: Expression) -> Iterator[Has]:
    """The terms that an expression looks for."""
    if isinstance(expression, Has):
        yield expression
        return
    for part in expression.parts:
        yield from terms(part)


# -- parts --------------------------------------------------------------------------------


def _parts(typed: str) -> list[str]:
    """Runs of Chinese and of letters; single syllables that follow each other are one word (``pu tao``)."""
    runs: list[str] = []
    alone = False
    for run in words.RUN.findall(words.fold(typed[:LONGEST])):
        syllable = run in SYLLABLES
        if words.is_han(run):
            runs += [word for word in ASKING.split(run) if word] or [run]
        elif syllable and alone:
            runs[-1] += run
        else:
            runs.append(run)
        alone = syllable
    return runs[:PARTS]


def _all(parts: Iterable[Expression | None]) -> Expression | None:
    unique = tuple(dict.fromkeys(part for part in parts if part is not None))
    return All(unique) if len(unique) > 1 else next(iter(unique), None)


def _either(parts: Iterable[Expression | None]) -> Expression | None:
    unique = tuple(dict.fromkeys(part for part in parts if part is not None))
    return Either(unique) if len(unique) > 1 else next(iter(unique), None)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _twos(run: str) -> list[str]:
    """A run as words of two characters, most Chinese words being so long: 葡萄栽培 → 葡萄, 栽培; an odd one overlaps."""
    if len(run) < 2:
        return [run]
    found = [run[at : at + 2] for at in range(0, len(run) - 1, 2)]
    return found if len(run) % 2 == 0 else [*found, run[-2:]]


# -- exact --------------------------------------------------------------------------------


def _exact(part: str) -> Expression | None:
    if words.is_han(part):
        return _all(Has(pair) for pair in _pairs(part)) or Has(part)
    return _either([Has(part), *(_spoken(cut) for cut in _readings(part))])


def _readings(part: str) -> list[tuple[str, ...]]:
    """The cuts of letters: whole syllables if there is such a cut, else syllables and then initials (``zaip``, ``pt``)."""
    if not part.isalpha():
        return []
    found = cuts(part)
    return [cut for cut in found if whole(cut)] or [cut for cut in found if len(cut) > 1 and _trails(cut)]


def _trails(cut: tuple[str, ...]) -> bool:
    """Whether no syllable follows a bare initial: one among syllables is a slip of the finger."""
    known = [part in SYLLABLES for part in cut]
    return known == sorted(known, reverse=True) or not any(part in SYLLABLES and len(part) > 1 for part in cut)


def _spoken(cut: tuple[str, ...]) -> Expression | None:
    """All neighbours of a cut: two syllables, a syllable before an initial, or two first letters."""
    if len(cut) == 1:
        return Has(words.sound(cut[0]))
    return _all(step for pair in pairwise(cut) for step in _step(*pair))


def _step(one: str, other: str) -> list[Expression]:
    if one in SYLLABLES:
        return [Has(words.sounds(one, other), begins=other not in SYLLABLES)]
    first: list[Expression] = [Has(words.letters(one, other))]
    return [*first, Has(words.sound(other))] if other in SYLLABLES else first


# -- nearer and nearer to a guess -----------------------------------------------------------


def _loose(part: str) -> Expression | None:
    if words.is_han(part):
        return _all(Has(two) for two in _twos(part))
    whole_cuts = [cut for cut in _readings(part) if whole(cut)]
    apart = [_all(Has(words.sound(syllable)) for syllable in cut) for cut in whole_cuts if len(cut) == 2]
    begun = [_begun(cut) for cut in dict.fromkeys([*whole_cuts, *unfinished(part)])] if part.isalpha() else []
    return _either([Has(part, begins=len(part) > 1), *begun, *apart])


def _begun(cut: tuple[str, ...]) -> Expression | None:
    """A reading whose last syllable may go on."""
    if len(cut) == 1:
        return Has(cut[0], begins=True) if len(cut[0]) > 1 else None
    head = _spoken(cut[:-1]) if len(cut) > 2 else None
    last = Has(words.sounds(cut[-2], cut[-1]), begins=True)
    return _all([head, last]) if head else last


def _alike(part: str) -> Expression | None:
    if words.is_han(part):
        return _all(_homophone(two) for two in _twos(part))
    if not part.isalpha():
        return Has(part)
    heard = [misread for cut in _readings(part) if whole(cut) for misread in misheard(cut)]
    slipped = list(mistyped(part)) if len(part) > 3 else []
    return _either([Has(part), *(_spoken(cut) for cut in [*heard, *slipped])])


def _homophone(two: str) -> Expression:
    """Characters that sound the same, as an input method offers them: 载培 → 栽培."""
    if len(two) == 1:
        return Has(two)
    return _either(Has(words.sounds(*pair)) for pair in product(*map(readings, two))) or Has(two)


def _half(parts: list[str]) -> Expression | None:
    """At least half of the words; None when there is only one."""
    found: list[Expression] = []
    for part in parts:
        long = words.is_han(part) and len(part) > 3
        found += [Has(two) for two in _twos(part)] if long else [_exact(part) or Has(part)]
    found = list(dict.fromkeys(found))[:PARTS]
    if len(found) < 2:
        return None
    need = -(-len(found) // 2)
    return _either(_all(some) for some in combinations(found, need))


# -- in the language of a database -----------------------------------------------------------


def fts5(expression: Expression | None) -> str:
    """For SQLite's MATCH."""
    return _spelled(expression, lambda has: f'"{has.term}"{"*" if has.begins else ""}', " AND ", " OR ") or '""'


def tsquery(expression: Expression | None) -> str:
    """For PostgreSQL's tsquery."""
    return _spelled(expression, lambda has: f"'{has.term}'{':*' if has.begins else ''}", " & ", " | ")


def _spelled(expression: Expression | None, spell: Callable[[Has], str], both: str, one: str) -> str:
    """Terms hold nothing but letters, digits and characters (``words.RUN``), so none needs a quote of its own."""
    if expression is None:
        return ""
    if isinstance(expression, Has):
        return spell(expression)
    between = both if isinstance(expression, All) else one
    inner = [_spelled(part, spell, both, one) for part in expression.parts]
    return f"({reduce(lambda left, right: left + between + right, inner)})"
