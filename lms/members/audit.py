"""The audit trail: one verb."""

from __future__ import annotations

from typing import Any

from django.db import models

from lms.members.models import AuditEntry, Unit, User, target_of


def record(
    action: str,
    *,
    by: User | None,
    on: models.Model | str,
    unit: Unit | None = None,
    reason: str = "",
    **detail: Any,
) -> AuditEntry:
    """Write an audit row in the caller's transaction; ``by=None`` is the system itself.

    ``action`` is dotted (``member.update``), ``on`` the row acted on, ``unit`` whose officers may read the row,
    ``detail`` what changed, never an ID number in full.
    """
    return AuditEntry.objects.create(
        actor=by,
        action=action,
        target=on if isinstance(on, str) else target_of(on),
        unit=unit,
        detail=detail,
        reason=reason,
    )
