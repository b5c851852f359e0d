"""The backend over PostgreSQL's tsvector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVectorField
from django.db.models import F, Func
from modelsearch.backends.database.postgres import postgres
from modelsearch.query import Phrase, PlainText

from lms.core.search.entries import Entry, Hit, Indexing
from lms.core.search.query import Expression, tsquery, whatever

CONFIG = "simple"
"""No stemming, no stop words: terms are what they are."""
WEIGHTS = [0.1, 0.2, 0.4, 1.0]
"""Of the labels D (body), C, B (summary), A (title), in the order of ts_rank."""
MOST_POSITIONS = 4
"""How often a term counts."""


def _asked(expression: Expression | None, *, invert: bool = False) -> SearchQuery:
    return SearchQuery(tsquery(expression), config=CONFIG, search_type="raw", invert=invert)


def _vector(terms: list[str], label: str) -> str:
    """Terms as the text of a tsvector. It needs positions to carry the label; how many there are is all they say."""
    counts = Counter(terms)
    places = {n: ",".join(f"{at}{label}" for at in range(1, n + 1)) for n in range(1, MOST_POSITIONS + 1)}
    return " ".join(f"'{term}':{places[min(n, MOST_POSITIONS)]}" for term, n in counts.items())


class Index(Indexing, postgres.PostgresIndex):
    """Entries as tsvectors, written as text: no parser of the database decides what a term is."""

    @staticmethod
    def spell(entry: Entry) -> dict[str, str]:
        """The columns of an entry."""
        only_body = [term for term in entry.body if term not in set(entry.summary)]
        return {
            "title": _vector(entry.title, "A"),
            "body": f"{_vector(entry.summary, 'B')} {_vector(only_body, 'D')}",
            "autocomplete": _vector([*entry.autocomplete, *entry.summary], "D"),
        }


class Compiler(postgres.PostgresSearchQueryCompiler):
    """Reads what was typed as our expressions."""

    def build_tsquery_content(self, query: Any, config: Any = None, invert: bool = False) -> Any:
        """A text or a phrase becomes the expression of its terms; what joins them stays modelsearch's."""
        if isinstance(query, PlainText | Phrase):
            return _asked(whatever(query.query_string), invert=invert)
        return super().build_tsquery_content(query, config=config, invert=invert)


class AutocompleteCompiler(Compiler, postgres.PostgresAutocompleteQueryCompiler):
    """The same over the completions: titles and summaries."""


class Backend(postgres.PostgresSearchBackend):
    """Wagtail's search on PostgreSQL."""

    query_compiler_class = Compiler
    autocomplete_query_compiler_class = AutocompleteCompiler
    index_class = Index

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__({**params, "SEARCH_CONFIG": CONFIG})

    def kinds(self, expression: Expression) -> set[int]:
        """``backend.Backend.kinds``."""
        return set(self._matching(_asked(expression)).values_list("content_type_id", flat=True).distinct())

    def hits(self, expression: Expression, kinds: Iterable[int], keys: Any, limit: int) -> list[Hit]:
        """``backend.Backend.hits``."""
        asked = _asked(expression)
        found = self._matching(asked).filter(content_type_id__in=list(kinds), object_id__in=keys)
        ranked = found.annotate(rank=SearchRank(F("text"), asked, weights=WEIGHTS)).order_by("-rank")
        return [Hit(*row) for row in ranked.values_list("object_id", "rank")[:limit]]

    @staticmethod
    def _matching(asked: SearchQuery) -> Any:
        text = Func("title", "body", arg_joiner=" || ", template="(%(expressions)s)", output_field=SearchVectorField())
        return postgres.IndexEntry.objects.annotate(text=text).filter(text=asked)
