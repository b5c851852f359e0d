"""The backend over SQLite's FTS5. Imported only where SQLite is the database: modelsearch makes its tables there alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Func
from django.db.models.fields import FloatField
from django.db.models.sql.compiler import SQLCompiler
from modelsearch.backends.database.sqlite import query as fts
from modelsearch.backends.database.sqlite import sqlite
from modelsearch.query import Phrase, PlainText

from lms.core.search.entries import Entry, Hit, Indexing
from lms.core.search.query import Expression, fts5, whatever

COLUMNS = ["autocomplete", "body", "title"]
"""The table's columns in its order. What completes a word also holds the summary, so that a summary has its own weight."""
WEIGHTS = "4.0, 1.0, 12.0"
"""Of the columns: title before summary before body."""


class Rank(Func):
    """FTS5's BM25 with a weight for each column; the smaller, the better."""

    output_field = FloatField()

    def __init__(self) -> None:
        super().__init__()

    def as_sql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        """``bm25(table, weights)``; FTS5 wants the table's own name there, which no expression gives."""
        return f"bm25({fts.SQLiteFTSIndexEntry._meta.db_table}, {WEIGHTS})", []


class Spelled(fts.Lexeme):
    """A whole expression in FTS5's language where modelsearch puts a single word."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The text as it is."""
        return "%s", [self.value]


def _spelled(expression: Expression | None) -> fts.SearchQueryExpression:
    return fts.SearchQueryExpression(Spelled(fts5(expression)))


class Index(Indexing, sqlite.SQLiteIndex):
    """Entries as terms between spaces."""

    @staticmethod
    def spell(entry: Entry) -> dict[str, str]:
        """The columns of an entry."""
        return {
            "title": " ".join(entry.title),
            "body": " ".join(entry.body),
            "autocomplete": " ".join([*entry.autocomplete, *entry.summary]),
        }


class Compiler(sqlite.SQLiteSearchQueryCompiler):
    """Reads what was typed as our expressions and ranks by the weighted BM25."""

    FTS_TABLE_FIELDS = COLUMNS

    def build_search_query_content(self, query: Any, config: Any = None) -> Any:
        """A text or a phrase becomes the expression of its terms; what joins them stays modelsearch's."""
        if isinstance(query, PlainText | Phrase):
            return _spelled(whatever(query.query_string))
        return super().build_search_query_content(query, config=config)

    def _build_rank_expression(self, vectors: Any, config: Any) -> Rank:
        return Rank()


class AutocompleteCompiler(Compiler, sqlite.SQLiteAutocompleteQueryCompiler):
    """The same over the completions: titles and summaries."""

    FTS_TABLE_FIELDS = ["autocomplete"]


class Backend(sqlite.SQLiteSearchBackend):
    """Wagtail's search on SQLite."""

    query_compiler_class = Compiler
    autocomplete_query_compiler_class = AutocompleteCompiler
    index_class = Index

    def kinds(self, expression: Expression) -> set[int]:
        """``backend.Backend.kinds``."""
        return set(self._matching(expression).values_list("index_entry__content_type_id", flat=True).distinct())

    def hits(self, expression: Expression, kinds: Iterable[int], keys: Any, limit: int) -> list[Hit]:
        """``backend.Backend.hits``."""
        rows = self._matching(expression).filter(index_entry__content_type_id__in=list(kinds))
        found = rows.filter(index_entry__object_id__in=keys).annotate(rank=Rank()).order_by("rank")
        return [Hit(pk, -rank) for pk, rank in found.values_list("index_entry__object_id", "rank")[:limit]]

    @staticmethod
    def _matching(expression: Expression) -> Any:
        return fts.SQLiteFTSIndexEntry.objects.filter(fts.MatchExpression(COLUMNS, _spelled(expression)))
