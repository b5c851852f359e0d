"""Columns as the driver of the database gives them, for reads of very many rows.

Django converts each value of each row by a chain of calls. Where a million rows are compared, that is most of the time: these
expressions leave whole numbers, text and dates as they come, which is the same on both databases.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Expression, ExpressionWrapper, F, Field, TextField, Value
from django.db.models.functions import Cast, Replace


def plain(column: str) -> Expression:
    """A number, text or date unconverted: hours as whole hundredths. A moment comes in UTC, aware or not."""
    return ExpressionWrapper(F(column), output_field=Field())


def plain_uuid(column: str) -> Expression:
    """A UUID as 32 hexadecimal digits."""
    return Replace(Cast(column, TextField()), Value("-"), Value(""), output_field=TextField())


def moment(value: dt.datetime | None) -> dt.datetime | None:
    """A plain moment, aware on both databases."""
    return value if value is None or value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
