"""Which rule prices an activity on a day: the version that binds, as numbers for ``rules``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from lms.hours.models import CreditRule
from lms.hours.rules import Tariff


class NoRuleError(LookupError):
    """No rule version binds for an activity on a day."""


class _Version(NamedTuple):
    """A tariff with the day from which the county wants it and the day from which it prices by itself."""

    effective_from: dt.date
    binds_from: dt.date
    tariff: Tariff


class Tariffs:
    """The table of rules, read once: ``Tariffs()("class", day)``.

    Of the published versions that bind on a day, the one with the latest effective date prices it.
    """

    def __init__(self, rules: Iterable[CreditRule] | None = None, as_if: Iterable[CreditRule] = ()) -> None:
        """``rules``: the table, by default what is published; ``as_if``: versions that bind from their effective date on,
        whatever they are (a draft on trial, a version that waits for its re-rating)."""
        self._versions: dict[str, list[_Version]] = {}
        tried = list(as_if)
        names = {str(rule) for rule in tried}
        for rule in CreditRule.objects.published() if rules is None else rules:
            if str(rule) not in names:
                self._add(rule, rule.binds_from or rule.effective_from)
        for rule in tried:
            self._add(rule, rule.effective_from)
        for versions in self._versions.values():
            versions.sort(key=lambda version: version.effective_from, reverse=True)

    def _add(self, rule: CreditRule, binds_from: dt.date) -> None:
        version = _Version(rule.effective_from, binds_from, rule.tariff())
        self._versions.setdefault(rule.activity, []).append(version)

    def __call__(self, activity: str, day: dt.date) -> Tariff:
        """The version that prices a day. Raises NoRuleError before the first."""
        for version in self._versions.get(activity, []):
            if version.binds_from <= day:
                return version.tariff
        raise NoRuleError(f"no rule for {activity} on {day}")

    def knows(self, name: str, day: dt.date) -> bool:
        """Whether a version of that name (``class@2019-01-01``) is published and wanted on a day, now or before another came."""
        versions = self._versions.get(name.partition("@")[0], [])
        return any(version.tariff.name == name and version.effective_from <= day for version in versions)


def rules_in_force(day: dt.date) -> list[CreditRule]:
    """The rule version that prices each activity on a day, in the order of the table."""
    found: dict[str, CreditRule] = {}
    for rule in CreditRule.objects.published().filter(binds_from__lte=day).order_by("-effective_from"):
        found.setdefault(rule.activity, rule)
    return [found[activity] for activity in CreditRule.Activity.values if activity in found]


def rule_named(name: str) -> CreditRule | None:
    """The rule version that a ledger line names (``class@2019-01-01``)."""
    activity, _at, since = name.partition("@")
    try:
        day = dt.date.fromisoformat(since)
    except ValueError:
        return None
    return CreditRule.objects.published().filter(activity=activity, effective_from=day).first()
