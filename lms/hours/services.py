"""Writes of the table of 学时."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from lms.hours.models import CreditRule
from lms.members import audit
from lms.members.models import User


@transaction.atomic
def adopt_rule(*, activity: str, effective_from: dt.date, by: User | None, **numbers: Any) -> CreditRule:
    """Put a version of a rule in force from a day on. What was priced before keeps the version that priced it."""
    rule = CreditRule(activity=activity, effective_from=effective_from, **numbers)
    rule.full_clean()
    rule.save()
    audit.record("rule.adopt", by=by, on=rule, activity=activity, effective_from=str(effective_from))
    return rule
