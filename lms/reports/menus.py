"""The three ways to read the county's figures, as tabs over each."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from lms.members.models import Unit


def tabs(active: str, unit: Unit) -> list[dict[str, object]]:
    """``tabs`` for the component: 达标情况, 任意时段, 年度结转, each about the same unit."""
    found = [
        ("report-board", _("达标情况")),
        ("report-period", _("任意时段")),
        ("closing-list", _("年度结转")),
    ]
    return [
        {"label": label, "url": f"{reverse(name)}?unit={unit.code}", "active": name == active} for name, label in found
    ]
