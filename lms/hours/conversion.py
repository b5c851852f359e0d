"""Which rule prices an activity on a day: the version in force, as numbers for ``rules``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from lms.hours.models import CreditRule
from lms.hours.rules import Tariff


class NoRuleError(LookupError):
    """No rule version is in force for an activity on a day."""


def tariff_of(rule: CreditRule) -> Tariff:
    """A rule version as numbers."""
    return Tariff(
        name=str(rule),
        method=rule.method,
        unit_minutes=rule.unit_minutes,
        step=rule.step,
        half_day=rule.half_day,
        full_day=rule.full_day,
        tiers=tuple((int(least), Decimal(hours)) for least, hours in rule.tiers),
        day_cap=rule.day_cap,
    )


class Tariffs:
    """The table of rules, read once: ``Tariffs()("class", day)``."""

    def __init__(self, rules: Iterable[CreditRule] | None = None) -> None:
        self._versions: dict[str, list[tuple[dt.date, Tariff]]] = {}
        found = CreditRule.objects.all() if rules is None else rules
        for rule in sorted(found, key=lambda rule: rule.effective_from, reverse=True):
            self._versions.setdefault(rule.activity, []).append((rule.effective_from, tariff_of(rule)))

    def __call__(self, activity: str, day: dt.date) -> Tariff:
        """The version in force on a day. Raises NoRuleError before the first."""
        for start, tariff in self._versions.get(activity, []):
            if start <= day:
                return tariff
        raise NoRuleError(f"no rule for {activity} on {day}")


def rules_in_force(day: dt.date) -> list[CreditRule]:
    """The rule version in force for each activity on a day, in the order of the table."""
    found: dict[str, CreditRule] = {}
    for rule in CreditRule.objects.filter(effective_from__lte=day).order_by("-effective_from"):
        found.setdefault(rule.activity, rule)
    return [found[activity] for activity in CreditRule.Activity.values if activity in found]


def rule_named(name: str) -> CreditRule | None:
    """The rule version that a ledger line names (``class@2019-01-01``)."""
    activity, _at, since = name.partition("@")
    try:
        day = dt.date.fromisoformat(since)
    except ValueError:
        return None
    return CreditRule.objects.filter(activity=activity, effective_from=day).first()
