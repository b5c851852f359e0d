"""Inserts by a statement that is written once: of many rows, and of single ones where people wait in a queue.

``bulk_create`` writes a new statement for every hundred rows and passes each value through a chain of calls; for wide rows
that takes longer than the database does. Here the driver repeats one statement, and the values are prepared by column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connections, models, router, transaction

BATCH = 500
REPEATED = frozenset({str, int, bool, type(None), dt.date, dt.datetime, Decimal})
"""Types whose equal values are prepared to equal ones."""


def insert(rows: Sequence[models.Model], *, key: str = "") -> None:
    """Insert unsaved rows of one model, all or none; no signals are sent.

    With ``key``, a unique field that the rows have set, they learn their primary keys.
    """
    if not rows:
        return
    model = type(rows[0])
    using = router.db_for_write(model)
    connection = connections[using]
    statement, fields = _head(model, using)
    for row in rows:  # a related row that was saved after this one was made has its key only now
        row._prepare_related_fields_for_save(operation_name="bulk_create")  # type: ignore[attr-defined]
    columns = [_prepared(field, rows, connection) for field in fields]
    with transaction.atomic(using=using, savepoint=False), connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*columns, strict=True)))
    if key:
        _learn(rows, key, using)


def insert_one(row: models.Model, *, over: tuple[str, ...] = ()) -> None:
    """Insert one unsaved row, which learns its primary key; no signals are sent.

    With ``over``, the fields of a unique constraint, the row that has these values already takes the others.
    """
    using = router.db_for_write(type(row))
    connection = connections[using]
    statement, fields = _statement(type(row), using, over)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, using


@cache
def _head(model: type[models.Model], using: str) -> tuple[str, list[models.Field[Any, Any]]]:
    """The statement that inserts one row, and the fields whose values it takes."""
    quote = connections[using].ops.quote_name
    fields = [field for field in model._meta.local_concrete_fields if not (field.primary_key or field.generated)]
    names = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})", fields  # noqa: S608 (names of the model)


@cache
def _statement(
    model: type[models.Model], using: str, over: tuple[str, ...]
) -> tuple[str, list[models.Field[Any, Any]]]:
    quote = connections[using].ops.quote_name
    head, fields = _head(model, using)
    taken = ""
    if over:
        unique = ", ".join(quote(str(model._meta.get_field(name).column)) for name in over)  # type: ignore[union-attr]
        others = [quote(str(field.column)) for field in fields if field.name not in over]
        taken = f" ON CONFLICT ({unique}) DO UPDATE SET {', '.join(f'{one} = excluded.{one}' for one in others)}"
    key = model._meta.pk
    assert key is not None, "a model has a primary key"
    return f"{head}{taken} RETURNING {quote(str(key.column))}", fields


def _learn(rows: Sequence[models.Model], key: str, using: str) -> None:
    for start in range(0, len(rows), BATCH):
        batch = {getattr(row, key): row for row in rows[start : start + BATCH]}
        found = type(rows[0])._base_manager.using(using).filter(**{f"{key}__in": list(batch)})
        for value, pk in found.values_list(key, "pk"):
            batch[value].pk = pk
            batch[value]._state.adding, batch[value]._state.db = False, using


def _prepared(field: models.Field[Any, Any], rows: Sequence[models.Model], connection: Any) -> Iterator[Any]:
    """The values of one column as the driver takes them; equal values, of which a column has many, are prepared once."""
    seen: dict[Any, Any] = {}
    for row in rows:
        value = field.pre_save(row, add=True)
        if type(value) not in REPEATED:
            yield field.get_db_prep_save(value, connection)
            continue
        key = (type(value), value)  # True is no 1 to a database
        if key not in seen:
            seen[key] = field.get_db_prep_save(value, connection)
        yield seen[key]
