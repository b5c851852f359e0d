"""What one piece of evidence is worth: the only thing that activities hand to the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.core.clock import Interval
from lms.core.hours import ZERO

INCOMPLETE = "/incomplete"
"""Ends the occasion of a class that was not completed: its hours count, a class (集中培训) attended it is not."""


class Category(models.TextChoices):
    """The seven tasks of 党员教育管理工作条例 art. 9–15."""

    THEORY = "theory", _("政治理论")
    POLITICAL = "political", _("政治教育和政治训练")
    DISCIPLINE = "discipline", _("党章党规党纪")
    PURPOSE = "purpose", _("党的宗旨")
    HISTORY = "history", _("革命传统")
    SITUATION = "situation", _("形势政策")
    SKILLS = "skills", _("知识技能")


class Mode(models.TextChoices):
    """How the hours were earned. The order is the order of precedence where times overlap (``rules.PRECEDENCE``).

    An activity that is no mode of its own: a passed test (规则 ``test``) is earned ``online``.
    """

    TEACHING = "teaching", _("授课")
    CLASS = "class", _("培训班")
    LECTURE = "lecture", _("报告会")
    MEETING = "meeting", _("三会一课")
    VISIT = "visit", _("基地参观")
    HOME = "home", _("送学上门")
    GROUP = "group", _("集中收看")
    READING = "reading", _("自学读书")
    ONLINE = "online", _("个人在线学习")


@dataclass(frozen=True, slots=True)
class Credit:
    """One source's worth on one day.

    ``source``    opaque and unique to activity, member and day: ``training.attendance:4711:2026-12-31``
    ``hours``     gross 学时, before overlap and the day cap; zero withdraws the source
    ``earned_on`` the county's date on which the time was spent
    ``occasion``  the activity as a whole (a class of three days is one occasion): ``training:12``; see ``INCOMPLETE``
    ``rule``      the rule version that priced it: ``class@2025-01-01``
    ``covers``    the stretches of time it covers, seconds since 1970 UTC; empty where time is not known
    ``step``      学时 to which a trimmed credit is rounded down
    ``day_cap``   most 学时 that a person may earn on that day over all sources (the rule's)
    """

    source: str
    member_id: int
    hours: Decimal
    earned_on: dt.date
    category: str
    mode: str
    title: str
    occasion: str
    rule: str
    covers: tuple[Interval, ...] = ()
    step: Decimal = Decimal("0.50")
    day_cap: Decimal = Decimal("8.00")

    def nothing(self) -> Credit:
        """The same source worth nothing: posting it takes back what stands."""
        return replace(self, hours=ZERO, covers=())
