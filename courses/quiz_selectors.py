"""Reads of tests: where a member stands with one, what passed tests are worth, what an attempt looked like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from wagtail.images import get_image_model
from wagtail.models import Page

from courses import catalogue, quiz_rules
from courses.models import CoursePage, LessonPage, LessonProgress
from courses.quiz_models import QuizAttempt, QuizMark, QuizPage, QuizResult
from courses.quiz_rules import Drawn, Question, Tried
from courses.selectors import own_occasion
from lms.core import clock
from lms.hours import totals
from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit, Mode
from lms.hours.rules import hours_of
from lms.members.models import Member

ACTIVITY = "test"
ROWS_AT_ONCE = 2000


# -- what tests are worth -----------------------------------------------------------------


def credits(member_ids: Iterable[int] | None = None, tariffs: Tariffs | None = None) -> Iterator[Credit]:
    """What passed tests are worth: one credit a page and member, on the day on which it was first passed."""
    price = tariffs or Tariffs()
    passed = QuizResult.objects.filter(passed=True).select_related("attempt")
    if member_ids is not None:
        passed = passed.filter(attempt__member_id__in=list(member_ids))
    seen: set[tuple[int, int]] = set()
    for result in passed.order_by("submitted_at", "pk").iterator(ROWS_AT_ONCE):
        attempt = result.attempt
        if (attempt.page_id, attempt.member_id) not in seen:
            seen.add((attempt.page_id, attempt.member_id))
            yield credit_of(attempt, clock.local_date(result.submitted_at), price)


def credit_of(attempt: QuizAttempt, day: dt.date, price: Tariffs) -> Credit:
    """What a test that was passed on a day is worth. It covers no time: it is priced by the piece. Raises NoRuleError."""
    tariff = price(ACTIVITY, day)
    return Credit(
        source=source_of(attempt),
        member_id=attempt.member_id,
        hours=hours_of(0, tariff),
        earned_on=day,
        category=attempt.category,
        mode=Mode.ONLINE,
        title=attempt.title,
        occasion=own_occasion(attempt.course_id),
        rule=tariff.name,
        step=tariff.step,
        day_cap=tariff.day_cap,
    )


def is_credited(attempt: QuizAttempt) -> bool:
    """Whether the ledger has hours for the test: a day that is full already gives none."""
    return any(entry.hours > 0 for entry in totals.standing(totals.chain(source_of(attempt))))


def source_of(attempt: QuizAttempt) -> str:
    """How the ledger names a passed test: by the page and the member, so that it is counted once."""
    return f"courses.test:{attempt.page_id}:{attempt.member_id}"


def evidence_of(source: str) -> dict[str, Any] | None:
    """Behind a ledger line of a passed test: the attempts that were handed in; None for another kind of source."""
    kind, _colon, rest = source.partition(":")
    parts = rest.split(":")
    if kind != "courses.test" or len(parts) != 2:
        return None
    rows = QuizResult.objects.filter(attempt__page_id=int(parts[0]), attempt__member_id=int(parts[1]))
    return {"kind": "test", "results": list(rows.select_related("attempt").order_by("submitted_at"))}


# -- where a member stands ----------------------------------------------------------------


def quiz_pages() -> Iterator[QuizPage]:
    """The published pages with a test, course by course."""
    courses = {course.path: course for course in CoursePage.objects.live().order_by("path")}
    lessons = LessonPage.objects.live().order_by("path").select_related("media")
    pages = sorted([*courses.values(), *lessons], key=lambda page: page.path)
    yield from (page for page in pages if page.has_quiz)


def quiz_page(pk: int) -> QuizPage | None:
    """The published page with a test, or None."""
    page = Page.objects.live().filter(pk=pk).first()
    found = page.specific if page is not None else None
    return found if isinstance(found, QuizPage) and found.has_quiz else None


def course_of(page: QuizPage) -> CoursePage:
    """The course to which a test belongs."""
    return page if isinstance(page, CoursePage) else page.get_parent().specific


def not_studied(page: QuizPage, member: Member) -> list[LessonPage]:
    """What must be completed before the test: the lesson itself or what a course requires, films and packages alike."""
    lessons = catalogue.with_course(LessonPage.objects.live()).filter(catalogue.PLAYABLE)
    if isinstance(page, LessonPage):
        needed = lessons.filter(pk=page.pk)
    else:
        needed = lessons.filter(above=page.path, required=True)
    done = LessonProgress.objects.filter(member=member, completed_at__isnull=False)
    return list(needed.exclude(pk__in=done.values("lesson")).order_by("path"))


@dataclass
class Standing:
    """Where a member stands with a test: the attempts, the one that is open, why no other may begin."""

    page: QuizPage
    member: Member
    attempts: list[QuizAttempt]

    @cached_property
    def results(self) -> list[QuizResult]:
        """What was handed in, the latest first."""
        return [one.result for one in self.attempts if hasattr(one, "result")]

    @cached_property
    def open(self) -> QuizAttempt | None:
        """The attempt that was begun and not handed in."""
        return next((one for one in self.attempts if not hasattr(one, "result")), None)

    @cached_property
    def passed(self) -> QuizResult | None:
        """The result with which it was passed."""
        return next((one for one in self.results if one.passed), None)

    @cached_property
    def tried(self) -> list[Tried]:
        """What was handed in, as the rules take it."""
        return [Tried(one.submitted_at, one.passed) for one in self.results]

    @cached_property
    def waiting(self) -> list[LessonPage]:
        """The lessons that must be completed first."""
        return not_studied(self.page, self.member)

    @cached_property
    def refusal(self) -> str:
        """Why no further attempt may begin: ``quiz_rules.refusal`` or ``study-first``; "" when one may."""
        refused = quiz_rules.refusal(self.tried, self.page.quiz_limits, clock.now())
        return refused or ("study-first" if self.waiting else "")

    @property
    def left(self) -> int | None:
        """Attempts that are left; None: as many as one likes."""
        return quiz_rules.attempts_left(self.tried, self.page.quiz_limits)

    @property
    def wait_until(self) -> dt.datetime | None:
        """When the next attempt may begin."""
        return quiz_rules.wait_until(self.tried, self.page.quiz_limits)

    @property
    def shows_answers(self) -> bool:
        """Whether the right answers may be read: once no further attempt could use them."""
        return self.passed is not None or self.left == 0


def standing(page: QuizPage, member: Member) -> Standing:
    """Where a member stands with a test."""
    rows = QuizAttempt.objects.filter(member=member, page_id=page.pk).select_related("result").order_by("-number")
    return Standing(page, member, list(rows))


def attempts_of(member: Member) -> QuerySet[QuizAttempt]:
    """All tests of a member, the latest first."""
    return QuizAttempt.objects.filter(member=member).select_related("result")


def passed_in(pages: Iterable[int], member: Member) -> set[int]:
    """Which of some pages' tests the member has passed."""
    rows = QuizAttempt.objects.filter(member=member, page_id__in=list(pages))
    won = rows.filter(Exists(QuizResult.objects.filter(attempt=OuterRef("pk"), passed=True)))
    return set(won.values_list("page_id", flat=True))


# -- how an attempt is shown ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A question of an attempt that was handed in: what was chosen, in the order shown or ordered."""

    drawn: Drawn
    mark: QuizMark
    picture: Any

    @property
    def chosen(self) -> list[str]:
        """What was chosen, in words."""
        return [self.drawn.question.options[at] for at in self.mark.places]

    @property
    def answer(self) -> list[str]:
        """What would have been right."""
        return [self.drawn.question.options[at] for at in self.drawn.question.answer]


def shown(attempt: QuizAttempt) -> list[Shown]:
    """The questions of an attempt that was handed in, with what was answered."""
    asked = attempt.asked()
    images = pictures_of(one.question for one in asked)
    marks = attempt.result.marks.all()
    return [Shown(one, mark, images.get(one.question.picture)) for one, mark in zip(asked, marks, strict=True)]


def pictures_of(questions: Iterable[Question]) -> dict[int | None, Any]:
    """The pictures of some questions by id; one that an editor has deleted since is left out."""
    wanted = [one.picture for one in questions if one.picture is not None]
    return dict(get_image_model().objects.in_bulk(wanted)) if wanted else {}
