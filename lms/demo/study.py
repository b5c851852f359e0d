"""What people of the demo county chose and were given to study, what they think of it, ask about it and made of it."""

from __future__ import annotations

import datetime as dt
import io
from random import Random

from courses import study
from courses.models import CoursePage, LessonPage, LessonProgress
from courses.study_models import CourseAssignment, CourseEnrolment, CourseRating, FavouriteCourse
from lms.core import clock
from lms.core.inserts import insert
from lms.demo import drawing
from lms.demo.geography import County
from lms.demo.people import Cast
from lms.members.models import Member
from lms.pairs import services as pairs
from lms.training.models import Expert

Whom = CourseAssignment.Whom
AGRONOMIST = "程秋菊"
MOST_RATINGS = 40
"""Of one course."""
QUESTIONS = (
    ("我家的葡萄架是老式棚架，也按短梢来剪吗？", "老棚架先用中梢补空，第二年再逐步改短梢。拿不准可以请基地覃师傅到地里看一看。", True),
    ("剪下来的枝条能不能打碎了还田？", "没有病的可以粉碎沤熟再还田，带病的要运出园子处理。", True),
    ("字幕能不能再大一点？", "", False),
)  # fmt: skip
USES = (
    "照着课里讲的先看架面再下剪，今年两亩葡萄只用了三天就剪完了。",
    "剪刀擦酒精这一条学到了，剪病树不再一路剪到底。",
    "带着邻居一起看了一遍，四户约好同一天清园。",
)


def live_through(county: County, cast: Cast, random: Random) -> None:
    """Assignments of county, town and branch, one of them late; sign-ups, ratings, questions and what came of it."""
    courses = list(CoursePage.objects.live().order_by("path"))
    _assign(county, cast, {course.slug: course for course in courses})
    _opinions(courses, random)
    grapes = courses[0]
    _questions(grapes, cast)
    _uses(grapes, cast, random)
    for member in (cast.member, cast.elder):
        study.enrol(course=grapes, member=member, by=member.user)
    study.favour(course=courses[1], member=cast.member, by=cast.member.user)
    _pair(grapes, cast)


def _pair(course: CoursePage, cast: Cast) -> None:
    """An able grower of the branch takes the demo's member along, and one lesson is behind them; an expert helps the elder."""
    agronomist = Expert.objects.get(name=AGRONOMIST)
    begun = pairs.begin(helper=agronomist, member=cast.elder, topic="葡萄病虫害", by=cast.users["secretary"])
    pairs.put(pair=begun, lesson=course.lessons()[0], by=cast.users["secretary"])
    helper = Member.objects.active().party().filter(unit=cast.member.unit, user=None).order_by("code").first()
    if helper is None:
        return
    pair = pairs.begin(helper=helper, member=cast.member, topic="葡萄冬季修剪", by=cast.users["secretary"])
    tasks = [pairs.put(pair=pair, lesson=lesson, by=cast.users["secretary"]) for lesson in course.lessons()[:2]]
    pairs.tick(task=tasks[0], done=True, by=cast.member.user)


def _assign(county: County, cast: Cast, courses: dict[str, CoursePage]) -> None:
    branch, town, today = county.branches[0], county.towns[0], clock.today()
    rows = (
        (courses["09-member-education"], county.root, Whom.LEADERS, "county", 60, -14, "年度必学，书记先学一步。"),
        (courses["10-discipline"], town, Whom.ALL, "town", 20, 10, "学完在支部会上谈一谈。"),
        (courses["01-grape-pruning"], branch, Whom.ALL, "secretary", 5, 25, "冬剪前学完，带着剪刀来。"),
    )
    for course, unit, whom, who, days_ago, due_in, note in rows:
        with clock.told(clock.day_start(today - dt.timedelta(days=days_ago)) + dt.timedelta(hours=9)):
            due = today + dt.timedelta(days=due_in)
            study.assign(course=course, unit=unit, whom=whom, due_on=due, note=note, by=cast.users[who])


def _opinions(courses: list[CoursePage], random: Random) -> None:
    """Who has learned something of a course may have chosen it, rated it or kept it."""
    by_path = {course.path: course for course in courses}
    learned: dict[tuple[int, str], dt.datetime] = {}
    of_courses = LessonPage.objects.filter(bookpage__isnull=True)
    rows = LessonProgress.objects.filter(completed_at__isnull=False, lesson__in=of_courses)
    rows = rows.order_by("member__code", "lesson__path")
    for member_id, path, at in rows.values_list("member_id", "lesson__path", "completed_at"):
        learned.setdefault((member_id, path[: -LessonPage.steplen]), at or clock.now())
    enrolments, ratings, favourites = [], [], []
    rated = dict.fromkeys(by_path, 0)
    for (member_id, path), at in learned.items():
        row = {"member_id": member_id, "course_id": by_path[path].pk}
        if random.random() < 0.2:
            enrolments.append(CourseEnrolment(enrolled_at=at, **row))
        if rated[path] < MOST_RATINGS and random.random() < 0.3:
            rated[path] += 1
            stars = random.choices((5, 4, 3, 2), (50, 35, 12, 3))[0]
            ratings.append(CourseRating(stars=stars, rated_at=at, **row))
        if random.random() < 0.03:
            favourites.append(FavouriteCourse(added_at=at, **row))
    CourseEnrolment.objects.bulk_create(enrolments, ignore_conflicts=True)
    insert(ratings)
    FavouriteCourse.objects.bulk_create(favourites, ignore_conflicts=True)


def _questions(course: CoursePage, cast: Cast) -> None:
    for text, answer, shared in QUESTIONS:
        question = study.ask(course=course, member=cast.member, text=text, by=cast.member.user)
        if answer:
            study.answer(question=question, text=answer, shared=shared, by=cast.users["editor"])


def _uses(course: CoursePage, cast: Cast, random: Random) -> None:
    learners = Member.objects.filter(lesson_progress__lesson__path__startswith=course.path).order_by("code").distinct()
    people = [cast.member, *learners.exclude(pk=cast.member.pk)[: len(USES) - 1]]
    for number, (member, text) in enumerate(zip(people, USES, strict=False)):
        photo = io.BytesIO()
        drawing.cover(f"{course.title} {number}", course.category).save(photo, "JPEG", quality=80)
        study.tell_use(
            course=course,
            member=member,
            text=text,
            photo=photo.getvalue() if random.random() < 0.7 or not number else None,
            by=member.user,
        )
