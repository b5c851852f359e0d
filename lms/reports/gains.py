"""Who gains most (谁最需要): the people and towns for whom a training closes a gap to a goal of the year, first.

The reverse of ``ways``. What a goal lacks is read from ``goals``, what the training would earn from ``training``; people who
are already on its list are not counted again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lms.core.hours import ZERO
from lms.core.tables import Column
from lms.goals import prospects
from lms.goals.prospects import Planned, Prospect
from lms.members.models import Member, Unit, User
from lms.members.permissions import can_anywhere, visible, visible_units
from lms.members.selectors import named
from lms.training import selectors as training_selectors
from lms.training.filling import audience
from lms.training.filling import selectors as filling
from lms.training.hooks import Need
from lms.training.models import Enrolment, Training

CLASS = "class"
MOST_EXPORTED = 20_000
COLUMNS = (
    Column("code", _("编号"), 12),
    Column("name", _("姓名"), 12),
    Column("unit", _("党组织"), 30),
    Column("goal", _("目标"), 20),
    Column("lacks", _("还差学时"), 10),
    Column("lacks_class", _("还差集中培训"), 14),
    Column("earns", _("本次可得学时"), 14),
    Column("left", _("之后还差"), 10),
    Column("result", _("作用"), 20),
)


def planned(training: Training) -> Planned:
    """The training as goals see an activity that is ahead."""
    return Planned(
        training_selectors.earnable(training), training.kind, training.category, is_class=training.kind == CLASS
    )


def needs(members: QuerySet[Member], training: Training) -> dict[int, Need]:
    """What pick lists of the training ask (``training.hooks.needs_of``): whom of the people it helps, and how."""
    return {pk: _need(own[0]) for pk, own in prospects.prospects(members, planned(training)).items()}


def _need(best: Prospect) -> Need:
    return Need(
        lacks=best.before.hours,
        lacks_class=best.gives_class,
        earns=best.earns,
        closes=best.closes,
        rank=best.rank,
    )


def training_or_404(user: User, uuid: Any) -> Training:
    """An open training that the person may read or propose people for, if he may read who has met which goal."""
    if not can_anywhere(user, "reports.view"):
        raise Http404
    wanted = Training.objects.filter(uuid=uuid, state=Training.State.OPEN)
    found = visible(wanted, user).exists() or filling.nominable(user).filter(uuid=uuid).exists()
    if not found:
        raise Http404
    return wanted.select_related("unit", "base").get()


@dataclass(frozen=True, slots=True)
class Gainer:
    """One person, the goal that the training helps most, and how many more of his goals it helps."""

    member: Member
    best: Prospect
    others: int

    @property
    def result(self) -> tuple[str, str]:
        """State and word: what the training does to the goal."""
        if self.best.closes:
            return "met", _g("参加后达标")
        if self.best.gives_class:
            return "at-risk", _g("补上集中培训")
        return "behind", _g("补上 %(n)s%%") % {"n": int(self.best.share * 100)}

    @property
    def left(self) -> Decimal:
        """学时 that are missing afterwards: in all, or of the minimum that lacks most."""
        return max([self.best.left.hours, *self.best.left.minima.values()])

    @property
    def lacks(self) -> Decimal:
        """学时 that are missing now: in all, or of the minimum that lacks most."""
        return max([self.best.before.hours, *self.best.before.minima.values()])


@dataclass(frozen=True, slots=True)
class TownRow:
    """A unit directly below the chosen one: how many the training brings to a goal, of how many whom goals bind."""

    unit: Unit
    closes: int
    gains: int
    assessed: int

    @property
    def rate(self) -> Decimal:
        """``closes`` of ``assessed``, 0 to 1."""
        return Decimal(self.closes) / self.assessed if self.assessed else ZERO


class Gains:
    """The people in reach of one training whom a person may read about, weighed once for list, towns and export.

    Eleven queries or so, however many people there are.
    """

    def __init__(self, user: User, training: Training) -> None:
        self.training = training
        self.activity = planned(training)
        listed = Enrolment.objects.filter(training=training, state__in=Enrolment.OPEN_STATES)
        reach = visible(audience.invited(training), user, "reports.view").exclude(pk__in=listed.values("member"))
        self._reach = reach
        self._found = prospects.prospects(reach, self.activity)
        self._assessed = prospects.assessed(reach, self.activity.year)

    @property
    def earns(self) -> Decimal:
        """学时 that the whole training is worth."""
        return sum(self.activity.days.values(), ZERO)

    def ids(self, *, unit: Unit | None, text: str, effect: str) -> list[int]:
        """Who gains, most first: in and below a unit, found by name, with one effect (``closes``, ``class``, ``""``: any)."""
        rows = self._reach.filter(unit__path__startswith=unit.path) if unit else self._reach
        order = named(rows, text).order_by("unit__path", "sort_key", "code").values_list("pk", flat=True)
        keep = {"closes": lambda one: one.closes, "class": lambda one: one.gives_class}.get(effect, lambda one: True)
        wanted = [pk for pk in order if pk in self._found and keep(self._found[pk][0])]
        return sorted(wanted, key=lambda pk: self._found[pk][0].rank)

    def people(self, ids: Sequence[int]) -> list[Gainer]:
        """The people with these ids, in that order; one query."""
        members = Member.objects.select_related("unit").in_bulk(ids)
        return [Gainer(members[pk], self._found[pk][0], len(self._found[pk]) - 1) for pk in ids]

    def towns(self, above: Unit, user: User) -> list[TownRow]:
        """The units directly below one, who gains most first; those in which nobody may be read or nobody is bound are left out."""
        closes, gains, assessed = Counter[int](), Counter[int](), Counter[int]()
        below = list(visible_units(user, "reports.view").filter(path__startswith=above.path, depth=above.depth + 1))
        by_path = {unit.path: unit for unit in below}
        for pk, path in self._assessed.items():
            unit = by_path.get(path[: Unit.steplen * (above.depth + 1)])
            if unit is not None:
                assessed[unit.pk] += 1
                own = self._found.get(pk)
                gains[unit.pk] += own is not None
                closes[unit.pk] += own is not None and own[0].closes
        rows = [TownRow(unit, closes[unit.pk], gains[unit.pk], assessed[unit.pk]) for unit in below]
        return sorted((row for row in rows if row.assessed), key=lambda row: (-row.rate, -row.gains, row.unit.path))

    @property
    def total(self) -> tuple[int, int, int]:
        """How many it brings to a goal, how many it helps, of how many whom goals bind."""
        closes = sum(own[0].closes for own in self._found.values())
        return closes, len(self._found), len(self._assessed)


def values(rows: Sequence[Gainer]) -> Iterator[tuple[Any, ...]]:
    """The list in the order of ``COLUMNS``."""
    for row in rows:
        yield (
            row.member.code,
            row.member.name,
            row.member.unit.name,
            row.best.line.get_audience_display(),
            row.lacks,
            row.best.before.classes,
            row.best.earns,
            row.left,
            row.result[1],
        )
