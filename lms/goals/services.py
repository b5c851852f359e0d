"""Writes about goals: a year's policy, exemptions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from lms.core import clock
from lms.goals import defaults, progress
from lms.goals.models import Exemption, GoalLine, GoalPolicy
from lms.members import audit
from lms.members.models import AuditEntry, Member, User, target_of


class GoalError(ValueError):
    """A change to goals that cannot be made; ``code`` for machines, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@transaction.atomic
def open_year(*, year: int, by: User | None) -> GoalPolicy:
    """Publish the default goals of a year (``defaults.LINES``) unless it has some."""
    existing = GoalPolicy.objects.filter(year=year, state=GoalPolicy.State.PUBLISHED).first()
    if existing is not None:
        return existing
    policy = GoalPolicy.objects.create(year=year, title=defaults.TITLE % {"year": year})
    GoalLine.objects.bulk_create(
        [GoalLine(policy=policy, position=at, **fields) for at, fields in enumerate(defaults.LINES)]
    )
    return publish(policy=policy, by=by)


@transaction.atomic
def publish(*, policy: GoalPolicy, by: User | None) -> GoalPolicy:
    """Bind everybody by a draft. Raises GoalError when the year has a published policy or the draft has no line."""
    if GoalPolicy.objects.filter(year=policy.year, state=GoalPolicy.State.PUBLISHED).exclude(pk=policy.pk).exists():
        raise GoalError("year-published", "the year has a published policy")
    if not policy.lines.exists():
        raise GoalError("no-lines", "a policy needs a line")
    policy.state = GoalPolicy.State.PUBLISHED
    policy.published_at, policy.published_by = clock.now(), by
    policy.save()
    audit.record("goal.publish", by=by, on=policy, year=policy.year)
    progress.rebuild(policy)
    return policy


def exempt(
    *, member: Member, reason: str, starts_on: dt.date, ends_on: dt.date, by: User | None, document: str = ""
) -> Exemption:
    """Approve a leave from the goal with reason and expiry (条例 art. 23)."""
    row = Exemption(member=member, reason=reason, starts_on=starts_on, ends_on=ends_on, document=document)
    return exempt_many([row], by=by)[0]


@transaction.atomic
def exempt_many(rows: Iterable[Exemption], *, by: User | None) -> list[Exemption]:
    """Approve unsaved exemptions in bulk, each with an audit row; nobody approves his own (GoalError "own-record")."""
    rows = list(rows)
    for row in rows:
        if by is not None and row.member.user_id == by.pk:
            raise GoalError("own-record", "nobody approves a record of his own")
        row.approved_by = by
    made = Exemption.objects.bulk_create(rows)
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                actor=by,
                action="exemption.approve",
                target=target_of(row),
                unit_id=row.member.unit_id,
                detail={"member": row.member_id, "starts_on": str(row.starts_on), "ends_on": str(row.ends_on)},
                reason=row.reason,
            )
            for row in made
        ]
    )
    progress.refresh([row.member_id for row in made], [clock.year_of(clock.today())])
    return made


@transaction.atomic
def withdraw_exemption(*, exemption: Exemption, by: User | None, reason: str) -> None:
    """Take an exemption back: the member is assessed again."""
    exemption.withdrawn_at = clock.now()
    exemption.save(update_fields=["withdrawn_at"])
    audit.record("exemption.withdraw", by=by, on=exemption, unit=exemption.member.unit, reason=reason)
    progress.refresh([exemption.member_id], [clock.year_of(clock.today())])
