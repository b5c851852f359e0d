"""Looking for what was typed among the objects that a person may see, and showing in their texts what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from modelsearch.utils import get_descendants_content_types_pks

from lms.core.search import words
from lms.core.search.backend import current
from lms.core.search.query import EXACT, Expression, levels, terms

MOST = 2000
"""Finds of a kind that are counted and shown; nobody pages further."""
AROUND = 14
"""Characters before the first match of an excerpt."""


@dataclass(frozen=True, slots=True)
class Find:
    """An object that fits: in which of the querysets it is, its id, how well it fits (more is better)."""

    among: int
    pk: int
    score: float


@dataclass(frozen=True, slots=True)
class Finds:
    """What was found, the best first; ``near``: how near to what was typed (``query.levels``)."""

    near: str = EXACT
    expression: Expression | None = None
    rows: tuple[Find, ...] = ()

    def count(self, among: int) -> int:
        """How many finds are of one of the querysets."""
        return sum(row.among == among for row in self.rows)


def find(typed: str, *among: QuerySet[Any]) -> Finds:
    """Look for a text in some querysets; what they leave out is not found, not counted and does not end the search.

    The nearest way of looking that finds anything decides. Each of at most four ways asks the index once which kinds of
    objects fit at all, and then only the querysets of those.
    """
    kinds = [set(get_descendants_content_types_pks(rows.model)) for rows in among]
    for near, expression in levels(typed):
        fitting = current().kinds(expression)
        rows = [
            find
            for index, rows in enumerate(among)
            if kinds[index] & fitting
            for find in _finds(index, rows, kinds[index] & fitting, expression)
        ]
        if rows:
            rows.sort(key=lambda row: (-row.score, row.among, -row.pk))
            return Finds(near, expression, tuple(rows))
    return Finds()


def _finds(index: int, rows: QuerySet[Any], kinds: set[int], expression: Expression) -> Iterator[Find]:
    allowed = rows.order_by().annotate(_key=Cast("pk", CharField())).values("_key")
    for hit in current().hits(expression, kinds, allowed, MOST):
        yield Find(index, int(hit.pk), hit.score)


# -- in the text ----------------------------------------------------------------------------


class Piece(NamedTuple):
    """A stretch of a text; ``hit``: it is what was looked for."""

    text: str
    hit: bool


def marked(text: str, expression: Expression | None) -> list[Piece]:
    """A text in pieces, with what an expression looks for marked, however it was typed."""
    found: list[Piece] = []
    at = 0
    for start, end in _places(text, expression):
        found += [Piece(text[at:start], False), Piece(text[start:end], True)]
        at = end
    return [piece for piece in (*found, Piece(text[at:], False)) if piece.text]


def excerpt(texts: Sequence[str], expression: Expression | None, length: int = 90) -> list[Piece]:
    """The beginning of the first text in which something is found, cut near the match; without one the first text's."""
    for text in texts:
        places = _places(text, expression)
        if places:
            return marked(_cut(text, max(0, places[0][0] - AROUND), length), expression)
    return [Piece(_cut(texts[0], 0, length), False)] if texts and texts[0] else []


def _cut(text: str, start: int, length: int) -> str:
    if start + length > len(text):
        start = max(0, len(text) - length)
    before, after = "…" if start else "", "…" if start + length < len(text) else ""
    return f"{before}{text[start : start + length]}{after}"


def _places(text: str, expression: Expression | None) -> list[tuple[int, int]]:
    """Where the terms of an expression stand in a text: (start, end), joined where they touch."""
    if expression is None:
        return []
    wanted = list(terms(expression))
    exact = {has.term for has in wanted if not has.begins}
    begun = tuple(has.term for has in wanted if has.begins)
    every = chain(words.written(text), words.spoken(text, initials=True))
    found = {(term.start, term.end) for term in every if term.text in exact or (begun and term.text.startswith(begun))}
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
