"""The audit trail: one verb, for one act or for many of a kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import models

from lms.core.inserts import insert, insert_one
from lms.members.models import AuditEntry, Unit, User, target_of


def record(
    action: str,
    *,
    by: User | None,
    on: models.Model | str,
    unit: Unit | int | None = None,
    reason: str = "",
    **detail: Any,
) -> AuditEntry:
    """Write an audit row in the caller's transaction; ``by=None`` is the system itself.

    ``action`` is dotted (``member.update``), ``on`` the row acted on, ``unit`` (or its id) whose officers may read the row,
    ``detail`` what changed, never an ID number in full.
    """
    entry = AuditEntry(
        actor=by,
        action=action,
        target=on if isinstance(on, str) else target_of(on),
        unit_id=unit.pk if isinstance(unit, Unit) else unit,
        detail=detail,
        reason=reason,
    )
    insert_one(entry)
    return entry


class Act(NamedTuple):
    """One of many acts of a kind: the row acted on (``target_of``), whose officers may read of it, what changed."""

    target: str
    unit_id: int
    detail: dict[str, Any]


def record_many(action: str, acts: Iterable[Act], *, by: User | None, reason: str = "") -> None:
    """Write one audit row for each act, as ``record`` would, in the caller's transaction."""
    insert(
        [
            AuditEntry(
                actor=by, action=action, target=act.target, unit_id=act.unit_id, detail=act.detail, reason=reason
            )
            for act in acts
        ]
    )
