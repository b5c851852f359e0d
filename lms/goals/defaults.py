"""The goals that a new year starts with (domain §2). Data, not rules: a county edits them in a draft before it publishes.

The texts are content, stored with the policy, and stay as they are written.
"""

from __future__ import annotations

from typing import Any

from lms.goals.audience import Audience
from lms.goals.rules import Event, Period

TITLE = "%(year)s 年党员素质提升工程"
ARTICLE_20 = "《中国共产党党员教育管理工作条例》第二十条"
PLAN = "《2019—2023年全国党员教育培训工作规划》"
DEVELOPMENT = "《中国共产党发展党员工作细则》第十七条"
CADRES = "《干部教育培训工作条例》（2023）"
CADRE_PLAN = "《全国干部教育培训规划（2023—2027年）》"


def _line(audience: Audience, hours: int, classes: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "key": audience.value,
        "audience": audience.value,
        "required_hours": hours,
        "required_classes": classes,
        **fields,
    }


def _class_within(audience: Audience, event: Event, months: int, basis: str) -> dict[str, Any]:
    deadline = {"period": Period.DEADLINE.value, "event": event.value, "deadline_months": months}
    return _line(audience, 0, 1, basis=basis, online_cap_percent=100, **deadline)


LINES: tuple[dict[str, Any], ...] = (
    _line(Audience.MEMBERS, 32, basis=ARTICLE_20),
    _line(Audience.LEADERS, 56, 1, basis=ARTICLE_20),
    _class_within(Audience.SECRETARIES, Event.OFFICE, 6, PLAN),
    _class_within(Audience.PROBATIONARY, Event.JOINED, 12, PLAN),
    _class_within(Audience.CONFIRMED, Event.CONFIRMED, 12, PLAN),
    _line(Audience.CANDIDATES, 24, period=Period.ONCE.value, modes=["class"], basis=DEVELOPMENT),
    _line(Audience.CADRES_TOWNSHIP, 90, basis=CADRES),
    _line(Audience.CADRES_COUNTY, 550, period=Period.FIVE_YEARS.value, basis=CADRES),
    _line(Audience.CADRES, 50, modes=["online"], online_cap_percent=100, basis=CADRE_PLAN),
)
"""Columns of ``GoalLine`` for every audience of domain §2."""
