"""The database's own refusal to change append-only rows.

Django rebuilds a table on SQLite when a migration alters it and loses its triggers on the way, so the triggers are put
back after every ``migrate`` instead of once in a migration.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections

SQLITE_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION xiangxue_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END
$$ LANGUAGE plpgsql
"""

POSTGRESQL_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION xiangxue_append_only()
"""


def install_triggers(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Put the triggers on every append-only table of an app (a ``post_migrate`` receiver)."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for model in sender.get_models():
            table = model._meta.db_table
            if not getattr(model, "append_only", False) or table not in tables:
                continue
            if connection.vendor == "sqlite":
                cursor.execute(SQLITE_TRIGGER.format(table=table))
            elif connection.vendor == "postgresql":
                cursor.execute(POSTGRESQL_FUNCTION)
                cursor.execute(POSTGRESQL_TRIGGER.format(table=table))
