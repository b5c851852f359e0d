"""The database's own refusal to change a version of a rule by which hours were priced.

Only ``binds_from`` may move, when a re-rating is approved. As with append-only rows (``lms.core.triggers``), SQLite refuses
changes and leaves deletion to the model: its way of emptying tables after a test is deletion.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections

from lms.hours.models import CreditRule

MAY_MOVE = ("id", "binds_from")

IN_USE = """(
  EXISTS (SELECT 1 FROM hours_assertion WHERE rule = {name}) OR EXISTS (SELECT 1 FROM hours_hourentry WHERE rule = {name})
)"""

SQLITE_TRIGGER = """
CREATE TRIGGER hours_rule_in_use BEFORE UPDATE OF {columns} ON hours_creditrule
WHEN OLD.state = 'published' AND {in_use}
BEGIN SELECT RAISE(ABORT, 'hours were priced by this rule'); END
"""

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION xiangxue_rule_in_use() RETURNS trigger AS $$
BEGIN
  IF OLD.state = 'published' AND {in_use} THEN
    RAISE EXCEPTION 'hours were priced by this rule' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END
$$ LANGUAGE plpgsql
"""

POSTGRESQL_TRIGGER = """
CREATE OR REPLACE TRIGGER hours_rule_in_use BEFORE UPDATE OF {columns} OR DELETE ON hours_creditrule
FOR EACH ROW EXECUTE FUNCTION xiangxue_rule_in_use()
"""


def install_rule_guard(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Put the trigger on the table of rules (a ``post_migrate`` receiver)."""
    connection = connections[using]
    fields = CreditRule._meta.local_concrete_fields
    columns = ", ".join(str(field.column) for field in fields if field.name not in MAY_MOVE)
    with connection.cursor() as cursor:
        if not {str(field.column) for field in fields} <= _columns(connection, cursor):
            return  # an earlier state of the migrations
        if connection.vendor == "sqlite":
            in_use = IN_USE.format(name="OLD.activity || '@' || OLD.effective_from")
            cursor.execute("DROP TRIGGER IF EXISTS hours_rule_in_use")
            cursor.execute(SQLITE_TRIGGER.format(columns=columns, in_use=in_use))
        elif connection.vendor == "postgresql":
            in_use = IN_USE.format(name="OLD.activity || '@' || to_char(OLD.effective_from, 'YYYY-MM-DD')")
            cursor.execute(POSTGRESQL_FUNCTION.format(in_use=in_use))
            cursor.execute(POSTGRESQL_TRIGGER.format(columns=columns))


def _columns(connection: Any, cursor: Any) -> set[str]:
    table = CreditRule._meta.db_table
    if table not in connection.introspection.table_names(cursor):
        return set()
    return {column.name for column in connection.introspection.get_table_description(cursor, table)}
