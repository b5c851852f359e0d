"""Writes about goals: a year's policy, exemptions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from lms.core import clock
from lms.goals import defaults, progress
from lms.goals.models import Exemption, GoalLine, GoalPolicy, Rollup, Standing
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
    return publish(policy=draft_year(year=year, by=by), by=by)


@transaction.atomic
def draft_year(*, year: int, by: User | None, like: GoalPolicy | None = None) -> GoalPolicy:
    """A draft of a year's goals, with the lines of another policy or the default ones."""
    policy = GoalPolicy.objects.create(year=year, title=defaults.TITLE % {"year": year})
    if like is None:
        rows = [GoalLine(policy=policy, position=at, **fields) for at, fields in enumerate(defaults.LINES)]
    else:
        rows = list(like.lines.all())
        for row in rows:
            row.pk, row.policy, row._state.adding = None, policy, True
    GoalLine.objects.bulk_create(rows)
    audit.record("goal.draft", by=by, on=policy, year=year, like=like.pk if like else None)
    return policy


@transaction.atomic
def save_line(*, line: GoalLine, by: User | None) -> GoalLine:
    """Add a line to a draft or change one. Raises GoalError("not-draft"). The key is the audience's name, numbered when taken."""
    _require_draft(line.policy)
    if line._state.adding:
        line.key = _free_key(line)
        line.position = 1 + max(line.policy.lines.values_list("position", flat=True), default=-1)
    elif GoalLine.objects.get(pk=line.pk).audience != line.audience:
        line.key = _free_key(line)
    line.save()
    audit.record("goal.line", by=by, on=line, policy=line.policy_id, key=line.key, hours=str(line.required_hours))
    return line


def _free_key(line: GoalLine) -> str:
    taken = set(line.policy.lines.exclude(pk=line.pk).values_list("key", flat=True))
    keys = (line.audience, *(f"{line.audience}-{number}" for number in range(2, len(taken) + 3)))
    return next(key for key in keys if key not in taken)


@transaction.atomic
def remove_line(*, line: GoalLine, by: User | None) -> None:
    """Take a line out of a draft. Raises GoalError("not-draft")."""
    _require_draft(line.policy)
    audit.record("goal.line_remove", by=by, on=line, policy=line.policy_id, key=line.key)
    line.delete()


def _require_draft(policy: GoalPolicy) -> None:
    if GoalPolicy.objects.select_for_update().get(pk=policy.pk).state != GoalPolicy.State.DRAFT:
        raise GoalError("not-draft", "only a draft is edited")


@transaction.atomic
def publish(*, policy: GoalPolicy, by: User | None, replace: bool = False) -> GoalPolicy:
    """Bind everybody by a draft; ``replace``: in the place of the published policy of a year that is not over.

    Raises GoalError: ``not-draft``, ``no-lines``, ``no-members-line`` (the boards count by it), ``year-published`` (and not
    to be replaced), ``year-over`` (its verdict stays).
    """
    _require_draft(policy)
    _check_lines(policy)
    before = GoalPolicy.objects.filter(year=policy.year, state=GoalPolicy.State.PUBLISHED).first()
    if before is not None:
        _step_down(before, replace)
    policy.state = GoalPolicy.State.PUBLISHED
    policy.published_at, policy.published_by = clock.now(), by
    policy.save()
    audit.record("goal.publish", by=by, on=policy, year=policy.year, instead_of=before.pk if before else None)
    progress.rebuild(policy)
    return policy


def _check_lines(policy: GoalPolicy) -> None:
    audiences = set(policy.lines.values_list("audience", flat=True))
    if not audiences:
        raise GoalError("no-lines", "a policy needs a line")
    if GoalLine.Audience.MEMBERS not in audiences:
        raise GoalError("no-members-line", "the boards count by the line of all members")


def _step_down(policy: GoalPolicy, replace: bool) -> None:
    """Give the year free: what was derived from a policy goes with it, its lines stay for those who ask later."""
    if not replace:
        raise GoalError("year-published", "the year has a published policy")
    if policy.year < clock.year_of(clock.today()):
        raise GoalError("year-over", "the verdict of a year that is over stays")
    GoalPolicy.objects.filter(pk=policy.pk).update(state=GoalPolicy.State.REPLACED)
    Standing.objects.filter(line__policy=policy).delete()
    Rollup.objects.filter(line__policy=policy).delete()


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
    progress.refresh([row.member_id for row in made], progress.years_so_far())
    return made


@transaction.atomic
def withdraw_exemption(*, exemption: Exemption, by: User | None, reason: str) -> None:
    """Take an exemption back: the member is assessed again."""
    exemption.withdrawn_at = clock.now()
    exemption.save(update_fields=["withdrawn_at"])
    audit.record("exemption.withdraw", by=by, on=exemption, unit=exemption.member.unit, reason=reason)
    progress.refresh([exemption.member_id], progress.years_so_far())
