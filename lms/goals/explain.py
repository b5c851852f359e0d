"""Why a figure is what it is: for one member and one goal line, what counts, what does not and why, and what is missing.

Codes are stable, for machines; ``REASONS`` and ``MISSING`` have their words. 学时 throughout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.hours import ZERO
from lms.goals import people
from lms.goals.audience import Due, Terms, due
from lms.goals.models import Exemption, GoalLine
from lms.goals.rules import Period, Progress, Requirement, evaluate, reference_day
from lms.goals.selectors import terms_of
from lms.hours import totals
from lms.hours.credit import INCOMPLETE, Category, Mode
from lms.hours.totals import Earned, Trimmed
from lms.members.models import Member

REASONS = {
    "over-cap": _("超出该学习形式的上限，超出部分不计入"),
    "mode": _("本目标不计入这种学习形式"),
    "expired": _("早于计算期间，已过期"),
    "late": _("晚于截止日期"),
    "overlap": _("与同一时间的其他活动重叠，重叠部分只计一次"),
    "cap": _("超过每人每天的上限"),
    "incomplete": _("未结业：学时计入，不计集中培训次数"),
    "rounding": _("不足一个计量单位，向下取整"),
}
"""Why hours do not count, or not all of them, by code."""

MISSING = {
    "hours": _("还差学时"),
    "classes": _("还差集中培训"),
    "category": _("该内容类别还差学时"),
    "mode": _("该学习形式还差学时"),
}
"""What a goal still lacks, by code."""

ADJUSTED = {
    "role-months": _("按任职月数折算"),
    "exempt-months": _("扣除已免考核的月份"),
    "exempt": _("免考核，不在考核范围"),
}
"""Why this person owes something else than the line says, by code."""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a member's learning: what it earned (``gross``), what counts of it, and why not all (codes of ``REASONS``).

    ``uuid`` opens the line of the ledger; None for what the day left nothing of. ``minima``: the minima of the line
    that it helps (``category:skills``). ``is_class``: it is (part of) a class attended, 集中培训.
    """

    uuid: UUID | None
    source: str
    day: dt.date
    title: str
    mode: str
    category: str
    gross: Decimal
    counted: Decimal
    reasons: tuple[str, ...] = ()
    minima: tuple[str, ...] = ()
    is_class: bool = False

    @property
    def labels(self) -> list[str]:
        """The reasons in words."""
        return [str(REASONS[code]) for code in self.reasons]

    @property
    def mode_label(self) -> str:
        """The form of study in words."""
        return str(dict(Mode.choices).get(self.mode, self.mode))

    @property
    def category_label(self) -> str:
        """The category in words."""
        return str(dict(Category.choices).get(self.category, self.category))


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is missing: ``code`` of ``MISSING``, of which category or mode (``name``), and how much (学时 or classes)."""

    code: str
    amount: Decimal
    name: str = ""

    @property
    def label(self) -> str:
        """The code in words, with the category or mode."""
        words = {"category": dict(Category.choices), "mode": dict(Mode.choices)}.get(self.code, {})
        return f"{MISSING[self.code]} {words.get(self.name, self.name)}".strip()


@dataclass(frozen=True, slots=True)
class Explanation:
    """One member under one line as of a day. ``items`` by day; ``adjusted``: codes of ``ADJUSTED``.

    ``online_room``: 学时 of own online study that would still count; None where nothing caps it.
    """

    member_id: int
    line: GoalLine
    day: dt.date
    due: Due
    progress: Progress
    items: list[Item]
    lacks: list[Lack]
    adjusted: tuple[str, ...]
    exemptions: list[Exemption]
    online_room: Decimal | None

    @property
    def counting(self) -> list[Item]:
        """What counts, all or in part."""
        return [item for item in self.items if item.counted > 0]

    @property
    def not_counting(self) -> list[Item]:
        """What does not count, all or in part, each with its reasons."""
        return [item for item in self.items if item.counted < item.gross]


def explain(member: Member, line: GoalLine, day: dt.date) -> Explanation | None:
    """Explain a member's progress under a line as of a day; None when the line does not bind him.

    An earlier day is explained by what was recorded until its end. What overlap and the day's cap took away is known of
    the evidence as it stands today, so sources that were worth nothing are shown by today's knowledge.
    """
    known_on = clock.day_start(day + clock.DAY) if day < clock.today() else None
    verdict_on = reference_day(line.policy.year, day)
    terms = next(one for one in terms_of(line.policy.lines.all()) if one.key == line.key)
    person = people.present([member.pk], known_on).get(member.pk)
    asked = due(terms, person, line.policy.year, verdict_on) if person is not None else None
    if asked is None:
        return None
    first_shown = _first_shown(terms, asked)
    lines = totals.lines_that_stand(member.pk, since=first_shown, until=verdict_on, known_on=known_on)
    lost = totals.trimmed(member.pk, since=first_shown, until=verdict_on)
    progress = _progress(asked, lines)
    return Explanation(
        member_id=member.pk,
        line=line,
        day=verdict_on,
        due=asked,
        progress=progress,
        items=_items(asked, lines, {one.source: one for one in lost}),
        lacks=list(_lacks(progress)),
        adjusted=_adjusted(asked),
        exemptions=list(people.exemptions_known(known_on).filter(member=member).order_by("starts_on")),
        online_room=_online_room(asked.requirement, progress),
    )


def _first_shown(terms: Terms, asked: Due) -> dt.date:
    """From a year before what the line looks at: what is shown as expired is what people still remember."""
    return asked.first if terms.period == Period.ONCE else dt.date(asked.first.year - 1, 1, 1)


def _within(asked: Due, day: dt.date) -> bool:
    return asked.first <= day <= asked.last


def _progress(asked: Due, lines: Iterable[Any]) -> Progress:
    pairs: dict[tuple[str, str], Decimal] = {}
    classes = set()
    for line in lines:
        if _within(asked, line.earned_on):
            pair = (line.mode, line.category)
            pairs[pair] = pairs.get(pair, ZERO) + line.hours
            if _is_class(line):
                classes.add(line.occasion)
    return evaluate(asked.requirement, pairs, len(classes), exempt=asked.exempt, due_on=asked.due_on)


def _is_class(line: Any) -> bool:
    return Earned(line.member_id, line.earned_on, line.mode, line.category, line.occasion, line.hours).is_class


def _items(asked: Due, lines: Iterable[Any], lost: Mapping[str, Trimmed]) -> list[Item]:
    """Every line that stands, and every source that its day left nothing of. A cap is filled by the earliest days."""
    used: dict[str, Decimal] = {}
    items = [_item(asked, line, lost.get(line.source), used) for line in lines]
    standing = {item.source for item in items}
    items += [_nothing_left(one) for one in lost.values() if one.source not in standing and one.hours == 0]
    return sorted(items, key=lambda item: (item.day, item.source))


def _item(asked: Due, line: Any, lost: Trimmed | None, used: dict[str, Decimal]) -> Item:
    counted, reasons = _counted(asked, line, used)
    trimmed = lost is not None and lost.hours == line.hours
    if lost is not None and trimmed:
        reasons += lost.reasons or ("rounding",)
    if line.mode == "class" and line.occasion.endswith(INCOMPLETE):
        reasons += ("incomplete",)
    return Item(
        uuid=line.uuid,
        source=line.source,
        day=line.earned_on,
        title=line.title,
        mode=line.mode,
        category=line.category,
        gross=lost.gross if lost is not None and trimmed else line.hours,
        counted=counted,
        reasons=reasons,
        minima=_helped(asked.requirement, line) if counted > 0 else (),
        is_class=_is_class(line) and _within(asked, line.earned_on),
    )


def _counted(asked: Due, line: Any, used: dict[str, Decimal]) -> tuple[Decimal, tuple[str, ...]]:
    """How much of a line counts, and why not all of it; ``used``: what earlier lines took of each mode's cap."""
    if line.earned_on < asked.first:
        return ZERO, ("expired",)
    if line.earned_on > asked.last:
        return ZERO, ("late",)
    modes, cap = asked.requirement.modes, asked.requirement.cap(line.mode)
    if modes and line.mode not in modes:
        return ZERO, ("mode",)
    if cap is None:
        return line.hours, ()
    counted = min(line.hours, cap - used.get(line.mode, ZERO))
    used[line.mode] = used.get(line.mode, ZERO) + counted
    return counted, ("over-cap",) if counted < line.hours else ()


def _helped(requirement: Requirement, line: Any) -> tuple[str, ...]:
    by_category = [f"category:{line.category}"] if line.category in requirement.category_minima else []
    return (*by_category, *([f"mode:{line.mode}"] if line.mode in requirement.mode_minima else []))


def _nothing_left(lost: Trimmed) -> Item:
    return Item(
        uuid=None,
        source=lost.source,
        day=lost.day,
        title=lost.title,
        mode=lost.mode,
        category=lost.category,
        gross=lost.gross,
        counted=ZERO,
        reasons=lost.reasons or ("rounding",),
    )


def _lacks(progress: Progress) -> Iterator[Lack]:
    if progress.missing_hours:
        yield Lack("hours", progress.missing_hours)
    if progress.missing_classes:
        yield Lack("classes", Decimal(progress.missing_classes))
    for key, hours in progress.shortfalls.items():
        kind, _colon, name = key.partition(":")
        yield Lack(kind, hours, name)


def _adjusted(asked: Due) -> tuple[str, ...]:
    share = asked.share
    found = (
        ("role-months", share.other > 0),
        ("exempt-months", share.held + share.other < share.months),
        ("exempt", asked.exempt),
    )
    return tuple(code for code, applies in found if applies)


def _online_room(requirement: Requirement, progress: Progress) -> Decimal | None:
    if requirement.modes and "online" not in requirement.modes:
        return ZERO
    cap = requirement.cap("online")
    return None if cap is None else max(cap - progress.online, ZERO)
