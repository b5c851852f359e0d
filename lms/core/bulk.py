"""Columns as the driver of the database gives them, for reads of very many rows.

Django converts each value of each row by a chain of calls. Where a million rows are compared, that is most of the time: these
expressions leave whole numbers, text and dates as they come, which is the same on both databases.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Expression, ExpressionWrapper, F, Field, Func, TextField
from django.db.models.sql.compiler import SQLCompiler


def plain(column: str) -> Expression:
    """A number, text or date unconverted: hours as whole hundredths. A moment comes in UTC, aware or not."""
    return ExpressionWrapper(F(column), output_field=Field())


class PlainUUID(Func):
    """A UUID as 32 hexadecimal digits: what SQLite stores."""

    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return compiler.compile(self.source_expressions[0])

    def as_sql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        return super().as_sql(compiler, connection, template="REPLACE(CAST(%(expressions)s AS TEXT), '-', '')")


class PlainTime(Func):
    """A date or a moment of which only the text is wanted: SQLite's text, or the driver's value, whose ``str`` is the same.

    (PostgreSQL's moments come aware, in UTC: the same once their zone is taken off.)
    """

    output_field = Field()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="CAST(%(expressions)s AS TEXT)")

    def as_sql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        return compiler.compile(self.source_expressions[0])


def moment(value: dt.datetime | None) -> dt.datetime | None:
    """A plain moment, aware on both databases."""
    return value if value is None or value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
