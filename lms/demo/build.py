"""The demo county from nothing: in which order its rooms are filled, and what came out."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any

from django.db import transaction

from courses.models import CoursePage, LessonPage
from lms.core import clock
from lms.core.search.upkeep import refill
from lms.demo import (
    after_class,
    check_ins,
    drafts,
    filling,
    geography,
    library,
    library_books,
    people,
    quizzes,
    study,
    trainings,
    viewings,
    visits,
)
from lms.goals.services import open_year
from lms.hours import totals
from lms.hours.services import adopt_rule
from lms.members.models import Member, Unit, User
from lms.stations.models import GroupViewing
from lms.training.models import Attendance, Base, Training

LEAST_MEMBERS = 100
TIERS = [[0, "0.25"], [900, "0.50"], [1800, "1.00"]]
ACCOUNTS = ("county", "town", "secretary", "station", "trainer", "editor", "auditor", "member", "elder", "system")
Report = Callable[[str, int, int], None]
"""Told (what is being done, steps done, steps in all)."""


class NotEmptyError(RuntimeError):
    """The database has people or units already."""


def is_empty() -> bool:
    """Whether nobody has put anything into the database."""
    return not (Unit.objects.exists() or Member.objects.exists() or User.objects.exists())


@transaction.atomic
def build(*, members: int, seed: int, told: Report) -> dict[str, Any]:
    """Fill an empty database, all or nothing; returns ``figures``. Raises NotEmptyError, ValueError for too small a county."""
    if not is_empty():
        raise NotEmptyError
    if members < LEAST_MEMBERS:
        raise ValueError(f"a demo county has at least {LEAST_MEMBERS} members")
    random = Random(seed)  # noqa: S311 (made-up people must be the same for the same seed)
    today = clock.today()
    steps = 3 + library.steps() + trainings.months(today) + today.month
    done = 0

    def step(what: str) -> Callable[[], None]:
        def one_more() -> None:
            nonlocal done
            done += 1
            told(what, done, steps)

        return one_more

    _rules(dt.date(today.year - 1, 1, 1))
    with library.Studio() as studio:
        county = geography.build(members)
        step("乡镇和支部")()
        with clock.told(clock.day_start(dt.date(today.year - 1, 1, 1))):  # known before they lived through their years
            population = people.populate(county, members, random, today)
        cast = people.cast(county, population)
        step("党员名册")()
        trainings.live_through(county, population, cast, random, step("培训和学时"))
        lessons = library.publish(studio, cast.users["editor"], step("课程和视频"))
    quizzes.publish(cast.users["editor"])
    library_books.publish(cast.users["editor"])
    drafts.write(cast.users["editor"])
    viewings.live_through(county, population, lessons[1:], random, step("集中收看"))
    viewings.begin_a_lesson(lessons[1], cast)
    quizzes.live_through(random)
    trainings.plan_ahead(county, population, cast)
    study.live_through(county, cast, random)
    filling.fill(county, population, cast)
    after_class.live_through(county, population, cast)
    check_ins.sign_in(county, population, cast)
    visits.arrange(county, population, cast)
    refill(Base, Training)  # written in bulk
    for year in (today.year - 1, today.year):
        open_year(year=year, by=cast.users["county"])
    library_books.lend(random)
    step("年度目标")()
    return figures()


def _rules(since: dt.date) -> None:
    """This county chose the table by the length of the lesson (domain §3), so that a short demo lesson is worth 0.25."""
    for activity in ("group", "online"):
        adopt_rule(
            activity=activity,
            effective_from=since,
            by=None,
            method="tiers",
            step="0.25",
            tiers=TIERS,
            basis="青梧县党员教育学时认定办法（演示）",
        )


def figures() -> dict[str, Any]:
    """What is in the county, with ``digest``: equal for equal seed, size and day."""
    ledger = totals.counts()
    return {
        "members": Member.objects.count(),
        "branches": Unit.objects.filter(kind=Unit.Kind.BRANCH).count(),
        "courses": CoursePage.objects.live().count(),
        "lessons": LessonPage.objects.live().filter(reading_minutes=0).count(),
        "trainings": Training.objects.count(),
        "viewings": GroupViewing.objects.count(),
        "entries": ledger["entries"],
        "hours": str(ledger["total"]),
        "digest": digest(),
    }


def digest() -> str:
    """A fingerprint of the content: units, people, courses, trainings, who came, what was earned."""
    state = hashlib.sha256()
    rows: tuple[Any, ...] = (
        Unit.objects.order_by("path").values_list("code", "name", "kind"),
        Member.objects.order_by("code").values_list("code", "name", "birth_date", "id_number_masked", "unit__code"),
        LessonPage.objects.order_by("path").values_list("title", "media__duration_ms"),
        Training.objects.order_by("pk").values_list("title", "unit__code", "kind"),
        Attendance.objects.order_by("pk").values_list("member__code", "session__starts_at", "status"),
        GroupViewing.objects.order_by("pk").values_list("station__code", "title", "opened_at", "villagers"),
    )
    for found in rows:
        for row in found.iterator(chunk_size=2000):
            state.update(json.dumps(row, ensure_ascii=False, default=str).encode())
    return state.hexdigest()
