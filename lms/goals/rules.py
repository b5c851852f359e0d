"""The arithmetic of goals, without Django: what counts toward a goal and whether it is met.

Sources: 党员教育管理工作条例 (2019) art. 20 (32 学时 a year for members, 56 for secretaries and committee members, who also attend
at least one 集中培训), art. 23 (the old, the ill and the disabled are not required); domain §2 (online study capped by the county).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from lms.core.hours import HUNDREDTH, ZERO

ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A goal line as numbers: 学时, classes, and how much of the goal own online study may fill (percent)."""

    hours: Decimal
    classes: int
    online_cap_percent: int

    @property
    def online_cap(self) -> Decimal:
        """Most 学时 of own online study that count."""
        return (self.hours * self.online_cap_percent / 100).quantize(HUNDREDTH, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person is under one requirement. 学时 throughout; ``over_cap`` is online study that does not count."""

    total: Decimal
    online: Decimal
    counted: Decimal
    over_cap: Decimal
    classes: int
    exempt: bool
    met: bool
    missing_hours: Decimal
    missing_classes: int


def evaluate(
    requirement: Requirement, by_mode: Mapping[str, Decimal], classes: int, *, exempt: bool = False
) -> Progress:
    """Weigh a person's hours by mode and classes against a requirement. An exempt person is outside: never met, never missing."""
    total = sum(by_mode.values(), ZERO)
    online = by_mode.get(ONLINE, ZERO)
    over_cap = max(online - requirement.online_cap, ZERO) if requirement.online_cap_percent < 100 else ZERO
    counted = total - over_cap
    missing_hours = max(requirement.hours - counted, ZERO)
    missing_classes = max(requirement.classes - classes, 0)
    return Progress(
        total=total,
        online=online,
        counted=counted,
        over_cap=over_cap,
        classes=classes,
        exempt=exempt,
        met=not exempt and missing_hours == 0 and missing_classes == 0,
        missing_hours=ZERO if exempt else missing_hours,
        missing_classes=0 if exempt else missing_classes,
    )


def reference_day(year: int, today: dt.date) -> dt.date:
    """The day on which offices and exemptions are looked at: today in a running year, 31 December in a past one."""
    return min(today, dt.date(year, 12, 31)) if today.year >= year else dt.date(year, 1, 1)
