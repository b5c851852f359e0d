"""The nearest ways to what a goal still lacks: lessons not yet taken, trainings ahead with a seat that fits."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from courses import selectors as courses
from courses.models import LessonPage
from lms.core import clock
from lms.core.hours import ZERO
from lms.members.models import Member
from lms.training import selectors as training
from lms.training.selectors import Offer

CLASS, ONLINE = "class", "online"
MOST = 6
"""Ways of a kind that are shown; more would be a list to get lost in."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a goal still lacks: 学时 in all, classes (集中培训), 学时 by category, and how much own online study still counts.

    ``modes``: the only forms of study that count; empty: all. ``online_room``: 学时 of own online study that would still
    count; None where nothing caps it.
    """

    hours: Decimal
    classes: int = 0
    by_category: dict[str, Decimal] = field(default_factory=dict)
    modes: frozenset[str] = frozenset()
    online_room: Decimal | None = None

    def takes(self, mode: str) -> bool:
        """Whether a form of study counts toward the goal."""
        return not self.modes or mode in self.modes

    @property
    def nothing(self) -> bool:
        """Whether the goal is reached."""
        return not (self.hours > 0 or self.classes or any(value > 0 for value in self.by_category.values()))


@dataclass(frozen=True, slots=True)
class LessonWay:
    """A lesson that counts, with what all of it is worth (学时)."""

    lesson: LessonPage
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Ways:
    """What would help, the nearest first, and whether more own online study would still count."""

    offers: list[Offer]
    lessons: list[LessonWay]
    online_full: bool


def nearest(member: Member, lacking: Lacking) -> Ways:
    """The trainings and lessons that bring a member nearer to a goal; both lists are empty when nothing is lacking.

    A training that gives a class comes first while a class is missing, then one of a category that is short, then by date.
    Lessons stop where own online study no longer counts, and come in the categories that are short before others.
    """
    if lacking.nothing:
        return Ways([], [], online_full=False)
    full = lacking.online_room is not None and lacking.online_room <= 0
    lessons = [] if full or not lacking.takes(ONLINE) else _lessons(member, lacking)
    return Ways(_offers(member, lacking), lessons, online_full=full and lacking.takes(ONLINE))


def _short(lacking: Lacking) -> list[str]:
    return [category for category, hours in lacking.by_category.items() if hours > 0]


def _offers(member: Member, lacking: Lacking) -> list[Offer]:
    short = _short(lacking)

    def rank(offer: Offer) -> tuple[bool, bool]:
        gives_class = offer.training.kind == CLASS
        return (bool(lacking.classes) and not gives_class, offer.training.category not in short)

    useful = [offer for offer in training.offers_for(member) if offer.hours > 0 and lacking.takes(offer.training.kind)]
    return sorted(useful, key=rank)[:MOST]


def _lessons(member: Member, lacking: Lacking) -> list[LessonWay]:
    """Enough lessons to fill what is lacking, as far as own online study still counts."""
    wanted = max(lacking.hours, sum(lacking.by_category.values(), ZERO))
    room = wanted if lacking.online_room is None else min(wanted, lacking.online_room)
    today = clock.today()
    found: list[LessonWay] = []
    for lesson in _candidates(member, _short(lacking)):
        hours = courses.hours_of([lesson], today)
        if room <= 0 or len(found) == MOST:
            break
        if hours > 0:
            found.append(LessonWay(lesson, hours))
            room -= hours
    return found


def _candidates(member: Member, short: list[str]) -> list[LessonPage]:
    """Lessons of the categories that are short, then all others."""
    found = [lesson for category in short for lesson in courses.not_completed(member, category)]
    known = {lesson.pk for lesson in found}
    return found + [lesson for lesson in courses.not_completed(member) if lesson.pk not in known]
