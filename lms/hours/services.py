"""Writes of the table of 学时: drafts, and the publishing that makes one of them price hours."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from lms.core import clock
from lms.hours.models import Assertion, CreditRule
from lms.members import audit
from lms.members.models import User

State = CreditRule.State


class RuleError(ValueError):
    """A step that a version of a rule cannot take.

    ``code``: ``not-draft``, ``date-taken`` (a published version has that date), ``in-use`` (hours were priced by it).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def save_draft(*, rule: CreditRule, by: User | None) -> CreditRule:
    """Keep a draft, new or changed. Raises RuleError("not-draft"), ValidationError."""
    if not rule._state.adding:
        _require_draft(rule)
    rule.full_clean()
    rule.save()
    audit.record("rule.draft", by=by, on=rule, rule=str(rule), basis=rule.basis)
    return rule


@transaction.atomic
def discard_draft(*, rule: CreditRule, by: User | None) -> None:
    """Throw a draft away. Raises RuleError("not-draft")."""
    _require_draft(rule)
    audit.record("rule.discard", by=by, on=rule, rule=str(rule))
    rule.delete()


@transaction.atomic
def copy_as_draft(*, rule: CreditRule, by: User | None) -> CreditRule:
    """A draft with the numbers of another version, from tomorrow on."""
    draft = CreditRule(
        **{name: getattr(rule, name) for name in (*NUMBERS, "activity", "basis")},
        effective_from=clock.today() + clock.DAY,
    )
    return save_draft(rule=draft, by=by)


NUMBERS = (
    *("method", "unit_minutes", "step", "rounding", "half_day", "full_day"),
    *("factor", "fixed", "tiers", "day_cap", "speed"),
)
"""What a version says besides its activity, date and basis."""


@transaction.atomic
def publish(*, rule: CreditRule, by: User | None) -> CreditRule:
    """Let a draft price hours. Raises RuleError: ``not-draft``, ``date-taken``.

    Where hours of its days stand already, it prices by itself only from tomorrow on; theirs change by an approved
    re-rating alone (reliability case 29).
    """
    _require_draft(rule)
    if CreditRule.objects.published().filter(activity=rule.activity, effective_from=rule.effective_from).exists():
        raise RuleError("date-taken")
    rule.state, rule.binds_from = State.PUBLISHED, would_bind_from(rule)
    rule.published_at, rule.published_by = clock.now(), by
    rule.save()
    audit.record("rule.publish", by=by, on=rule, rule=str(rule), binds_from=str(rule.binds_from), basis=rule.basis)
    return rule


def would_bind_from(rule: CreditRule) -> dt.date:
    """The first day that a version would price by itself if it were published now."""
    priced = Assertion.objects.filter(rule__startswith=f"{rule.activity}@", earned_on__gte=rule.effective_from)
    if priced.exists():
        return max(rule.effective_from, clock.today() + clock.DAY)
    return rule.effective_from


@transaction.atomic
def withdraw(*, rule: CreditRule, by: User | None) -> CreditRule:
    """Make a published version that has priced nothing a draft again. Raises RuleError("in-use")."""
    locked = CreditRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if locked.is_in_use():
        raise RuleError("in-use")
    locked.state, locked.binds_from, locked.published_at, locked.published_by = State.DRAFT, None, None, None
    locked.save()
    audit.record("rule.withdraw", by=by, on=locked, rule=str(locked))
    return locked


@transaction.atomic
def adopt_rule(*, activity: str, effective_from: dt.date, by: User | None, **numbers: Any) -> CreditRule:
    """Draft a version and publish it. Raises ValidationError, RuleError("date-taken")."""
    draft = save_draft(rule=CreditRule(activity=activity, effective_from=effective_from, **numbers), by=by)
    return publish(rule=draft, by=by)


def _require_draft(rule: CreditRule) -> None:
    if not CreditRule.objects.drafts().select_for_update(of=("self",)).filter(pk=rule.pk).exists():
        raise RuleError("not-draft")
