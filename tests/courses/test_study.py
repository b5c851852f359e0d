"""自主参训: chosen and given courses, who is done, opinions, questions, what came of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import product

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image

from courses import study, tasks
from courses import study_selectors as selectors
from courses.models import CoursePage, LessonPage
from courses.study import StudyError
from courses.study_forms import AssignmentForm
from courses.study_models import CourseAssignment, CourseEnrolment, CourseQuestion, CourseRating, UseFeedback
from lms.core import clock
from lms.core.templatetags.xiangxue import date_zh
from lms.members.models import AuditEntry, Member, Post, Unit
from lms.notices.models import Notice
from tests.conftest import County
from tests.courses import quiz_questions as made
from tests.factories import make_course, make_member, make_user
from tests.training.pictures import photo

Whom = CourseAssignment.Whom
TOMORROW = dt.timedelta(days=1)


@pytest.fixture
def lessons(db: None) -> list[LessonPage]:
    return make_course(10, 10)


@pytest.fixture
def course(lessons: list[LessonPage]) -> CoursePage:
    return lessons[0].course


def assign(course: CoursePage, unit: Unit, whom: str = Whom.ALL, days: int = 7) -> CourseAssignment:
    return study.assign(course=course, unit=unit, whom=whom, due_on=clock.today() + days * TOMORROW, by=None)


# -- a member's own choice -----------------------------------------------------------------


def test_choosing_twice_leaving_and_choosing_again_is_one_row(course: CoursePage, member: Member) -> None:
    for _again in range(2):
        study.enrol(course=course, member=member, by=member.user)
    study.leave(course=course, member=member, by=member.user)
    assert selectors.shelf(member).is_empty
    study.enrol(course=course, member=member, by=member.user)
    assert CourseEnrolment.objects.get().left_at is None
    assert [row.course for row in selectors.shelf(member).learning] == [course]


def test_a_favourite_is_kept_once_and_taken_off(course: CoursePage, member: Member) -> None:
    for _again in range(2):
        study.favour(course=course, member=member, by=member.user)
    assert [row.course for row in selectors.shelf(member).favourites] == [course]
    assert AuditEntry.objects.filter(action="course.favour").count() == 1
    for _again in range(2):
        study.disfavour(course=course, member=member, by=member.user)
    assert selectors.shelf(member).is_empty


def test_what_was_begun_is_on_the_shelf_with_the_next_lesson(
    course: CoursePage, lessons: list[LessonPage], member: Member
) -> None:
    made.complete(lessons[0], member)
    (row,) = selectors.shelf(member).learning
    assert (row.done, row.needed, row.next_lesson, row.complete) == (1, 2, lessons[1], False)
    made.complete(lessons[1], member)
    assert [row.course for row in selectors.shelf(member).done] == [course]


def test_an_optional_lesson_is_not_needed_and_a_final_test_is(
    course: CoursePage, lessons: list[LessonPage], member: Member
) -> None:
    lessons[1].required = False
    lessons[1].save_revision().publish()
    made.give_quiz(course, ("truefalse", made.TRUE_FALSE), final_quiz=True)
    made.complete(lessons[0], member)
    (row,) = selectors.shelf(member).learning
    assert (row.done, row.needed, row.test_missing) == (1, 1, True)
    assert not selectors.done_with(course).exists()
    made.take(course, member)
    assert selectors.shelf(member).done[0].complete
    assert list(selectors.done_with(course)) == [member]


def test_a_course_that_needs_nothing_is_never_done(course: CoursePage, member: Member) -> None:
    LessonPage.objects.update(media=None)
    study.enrol(course=course, member=member, by=None)
    assert not selectors.done_with(course).exists()
    assert not selectors.shelf(member).learning[0].complete


def test_the_shelf_asks_the_same_number_of_queries(
    member: Member, django_assert_max_num_queries: object, django_assert_num_queries: object
) -> None:
    for number in range(6):
        lesson = make_course(10, 10, slug=f"course-{number}")[0]
        study.enrol(course=lesson.course, member=member, by=None)
        made.complete(lesson, member)
        assign(lesson.course, member.unit)
        if number in (0, 5):
            # offices, assignments, chosen, favourites, progress, courses, needed lessons, next lessons
            with django_assert_num_queries(8):  # type: ignore[operator]
                selectors.shelf(member)


# -- ratings ---------------------------------------------------------------------------------


def test_one_rating_a_member_that_can_be_changed(course: CoursePage, member: Member, personas: County) -> None:
    assert selectors.opinion_of(course) == selectors.Opinion(None, 0)
    study.rate(course=course, member=member, stars=1, by=member.user)
    study.rate(course=course, member=member, stars=4, by=member.user)
    for stars in (5, 5):
        study.rate(course=course, member=make_member(personas.branch), stars=stars, by=None)
    assert selectors.opinion_of(course) == selectors.Opinion(Decimal("4.6"), 3)


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_a_rating_is_one_to_five(course: CoursePage, member: Member, stars: int) -> None:
    with pytest.raises(StudyError, match="stars"):
        study.rate(course=course, member=member, stars=stars, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        CourseRating.objects.create(course=course, member=member, stars=abs(stars) + 6, rated_at=clock.now())


# -- assignments --------------------------------------------------------------------------------


def crowd(county: County) -> list[Member]:
    """One member of every kind in each of three places."""
    found = []
    for number, unit in enumerate((county.branch, county.branch2, county.other_branch)):
        found += [
            make_member(unit, f"正式{number}"),
            make_member(unit, f"预备{number}", category="probationary"),
            make_member(unit, f"发展{number}", category="candidate"),
            make_member(unit, f"积极{number}", category="activist"),
            make_member(unit, f"流动{number}", away=True),
            make_member(unit, f"转出{number}", state="transferred", state_on=dt.date(2026, 1, 1)),
        ]
        for office in ("secretary", "committee"):
            one = make_member(unit, f"{office}{number}")
            Post.objects.create(member=one, unit=unit, office=office, started_on=dt.date(2020, 1, 1))
            found.append(one)
        past = make_member(unit, f"卸任{number}")
        Post.objects.create(
            member=past, unit=unit, office="secretary", started_on=dt.date(2015, 1, 1), ended_on=dt.date(2020, 1, 1)
        )
        found.append(past)
    return found


def test_whom_an_assignment_binds_and_what_a_member_is_given_agree(personas: County) -> None:
    people = crowd(personas)
    courses = {
        (unit.code, whom): make_course(5, slug=f"c-{number}")[0].course
        for number, (unit, whom) in enumerate(product((personas.root, personas.town, personas.branch), Whom.values))
    }
    bound = 0
    for (code, whom), course in courses.items():
        assign(course, Unit.objects.get(code=code), whom)
    for assignment in CourseAssignment.objects.select_related("unit"):
        due = set(selectors.due_members(assignment))
        for one in people:
            given = assignment in set(selectors.assigned_to(Member.objects.get(pk=one.pk)))
            assert given == (one in due), (one.name, assignment.unit.code, assignment.whom)
            bound += given
    assert bound > 40
    assert not any(one.name.startswith("转出") for one in due)


@pytest.mark.parametrize(
    ("whom", "names"),
    [
        (Whom.ALL, {"正式0", "预备0", "流动0", "secretary0", "committee0", "卸任0", "王秀英"}),
        (Whom.LEADERS, {"secretary0", "committee0"}),
        (Whom.SECRETARIES, {"secretary0"}),
        (Whom.PROBATIONARY, {"预备0"}),
        (Whom.COMMITTEE, {"committee0"}),
        (Whom.CANDIDATES, {"发展0"}),
        (Whom.ACTIVISTS, {"积极0"}),
        (Whom.AWAY, {"流动0"}),
    ],
)
def test_kinds_of_people(personas: County, course: CoursePage, whom: str, names: set[str]) -> None:
    crowd(personas)
    assert {one.name for one in selectors.due_members(assign(course, personas.branch, whom))} == names


def test_who_has_not_studied_is_reminded_once_three_days_before(
    course: CoursePage, lessons: list[LessonPage], personas: County, member: Member
) -> None:
    done = make_member(personas.branch, "学完了")
    for lesson in lessons:
        made.complete(lesson, done)
    assign(course, personas.branch, days=4)
    assign(course, personas.branch2, days=-0)
    withdrawn = assign(course, personas.town, days=2)
    CourseAssignment.objects.filter(pk=withdrawn.pk).update(withdrawn_at=clock.now())
    tasks.remind_of_due_courses()
    assert not Notice.objects.filter(kind="course.due", member=member).exists()
    with time_machine.travel(clock.now() + TOMORROW, tick=False):
        for _again in range(2):
            tasks.remind_of_due_courses()
        notice = Notice.objects.get(kind="course.due", member=member)
        assert course.title in notice.title and date_zh(clock.today() + 3 * TOMORROW) in notice.body
        assert notice.link == course.url
        assert not Notice.objects.filter(kind="course.due", member=done).exists()


def test_who_made_the_course_hears_of_a_question(course: CoursePage, member: Member, personas: County) -> None:
    study.ask(course=course, member=member, text="无主的课", by=None)
    assert not Notice.objects.filter(kind="question.asked").exists()
    for owner, told in (("editor", 1), ("trainer", 1)):  # a trainer may answer nobody
        course.owner = personas.users[owner]
        course.save()
        study.ask(course=course, member=member, text="老架怎么剪？", by=member.user)
        assert Notice.objects.filter(kind="question.asked").count() == told
    notice = Notice.objects.get(kind="question.asked")
    assert notice.user == personas.users["editor"] and "老架怎么剪？" in notice.body
    first = CourseQuestion.objects.filter(text="老架怎么剪？").order_by("pk")[0]
    assert notice.link == reverse("question-answer", args=[first.uuid])


def test_who_moves_takes_the_duty_of_the_new_branch(course: CoursePage, member: Member, personas: County) -> None:
    assign(course, personas.branch)
    assert selectors.shelf(member).assigned
    member.unit = personas.branch2
    member.save()
    assert not selectors.shelf(member).assigned


def test_an_assignment_is_given_once_and_in_time(course: CoursePage, personas: County) -> None:
    assign(course, personas.branch)
    with pytest.raises(StudyError, match="assigned"):
        assign(course, personas.branch, days=9)
    with pytest.raises(StudyError, match="past"):
        assign(course, personas.branch2, days=-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        CourseAssignment.objects.create(
            course=course, unit=personas.branch, due_on=clock.today(), assigned_at=clock.now()
        )


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("secretary", "branch2"),
        ("secretary", "town"),
        ("town", "other_branch"),
        ("auditor", "branch"),
        ("editor", "branch"),
    ],
)
def test_nobody_assigns_where_he_has_no_say(who: str, where: str, course: CoursePage, personas: County) -> None:
    with pytest.raises(StudyError, match="not-yours"):
        study.assign(
            course=course, unit=getattr(personas, where), whom=Whom.ALL, due_on=clock.today(), by=personas.users[who]
        )
    row = assign(course, getattr(personas, where))
    with pytest.raises(StudyError, match="not-yours"):
        study.withdraw(assignment=row, by=personas.users[who])


def test_withdrawn_it_is_kept_and_binds_nobody(course: CoursePage, member: Member, personas: County) -> None:
    row = assign(course, personas.branch)
    study.withdraw(assignment=row, by=personas.users["secretary"])
    assert selectors.shelf(member).is_empty
    with pytest.raises(StudyError, match="withdrawn"):
        study.withdraw(assignment=row, by=personas.users["secretary"])
    assert CourseAssignment.objects.count() == 1


def test_figures_and_who_is_late_are_of_the_people_one_sees(
    course: CoursePage, lessons: list[LessonPage], member: Member, personas: County
) -> None:
    elsewhere = make_member(personas.other_branch, "别处的人")
    row = assign(course, personas.root, days=0)
    for lesson in lessons:
        made.complete(lesson, elsewhere)
    with time_machine.travel(clock.now() + 3 * TOMORROW):
        expected = {"county": (2, 1), "auditor": (2, 1), "town": (1, 0), "secretary": (1, 0)}
        for who, (people, done) in expected.items():
            user = personas.users[who]
            found = selectors.figures_of(row, user)
            assert (found.people, found.done, found.overdue) == (people, done, True)
            assert list(selectors.overdue_seen_by(user)) == [(row, member)]
        assert list(selectors.overdue_seen_by(personas.users["trainer"])) == []
        assert selectors.shelf(member).assigned[0].overdue
    assert not selectors.figures_of(row, personas.users["county"]).overdue


def test_nobody_is_late_with_a_course_that_cannot_be_opened(
    course: CoursePage, member: Member, personas: County
) -> None:
    row = assign(course, personas.branch, days=0)
    secretary = personas.users["secretary"]
    with time_machine.travel(clock.now() + TOMORROW):
        assert list(selectors.overdue_seen_by(secretary)) == [(row, member)]
        course.unpublish()
        assert list(selectors.overdue_seen_by(secretary)) == []
        row.refresh_from_db()
        assert not selectors.figures_of(row, secretary).overdue
        assert selectors.shelf(member).is_empty


def test_what_is_offered_to_nobody_is_not_assigned(course: CoursePage, personas: County) -> None:
    other = make_course(10, slug="kept")[0].course
    CoursePage.objects.filter(pk=course.pk).update(archived=True)
    form = AssignmentForm(personas.users["secretary"])
    assert list(form.fields["course"].queryset) == [other]  # type: ignore[attr-defined]


# -- questions -------------------------------------------------------------------------------------


def test_an_answer_is_read_by_who_asked_and_by_all_when_shared(
    course: CoursePage, member: Member, personas: County
) -> None:
    editor = personas.users["editor"]
    question = study.ask(course=course, member=member, text="  怎么剪？ ", by=member.user)
    assert question.text == "怎么剪？"
    study.answer(question=question, text="先看架面。", shared=False, by=editor)
    assert not selectors.answered(course)
    assert selectors.standing_in(course, member).questions[0].answer == "先看架面。"
    study.answer(question=question, text="先看架面，再定母枝。", shared=True, by=editor)
    assert selectors.answered(course).get().answer == "先看架面，再定母枝。"


@pytest.mark.parametrize("who", ["town", "secretary", "auditor", "trainer", "member", "system"])
def test_only_who_edits_content_answers(who: str, course: CoursePage, member: Member, personas: County) -> None:
    question = study.ask(course=course, member=member, text="怎么剪？", by=None)
    with pytest.raises(StudyError, match="not-yours"):
        study.answer(question=question, text="x", shared=True, by=personas.users[who])
    assert question not in selectors.questions_seen_by(personas.users[who])


def test_an_empty_question_or_answer_says_nothing(course: CoursePage, member: Member, personas: County) -> None:
    with pytest.raises(StudyError, match="empty"):
        study.ask(course=course, member=member, text="  ", by=None)
    question = study.ask(course=course, member=member, text="怎么剪？", by=None)
    with pytest.raises(StudyError, match="empty"):
        study.answer(question=question, text=" ", shared=True, by=personas.users["editor"])
    with pytest.raises(IntegrityError), transaction.atomic():
        CourseQuestion.objects.filter(pk=question.pk).update(shared=True)


# -- 学用反馈 -----------------------------------------------------------------------------------------


def test_a_photograph_is_drawn_anew(course: CoursePage, member: Member) -> None:
    sent = photo(7)
    row = study.tell_use(course=course, member=member, text="用上了", photo=sent, by=member.user)
    with row.photo.open() as stored:
        data = stored.read()
    assert data != sent
    with row.photo.open() as stored, Image.open(stored) as image:
        assert image.format == "JPEG" and not image.getexif()


def test_a_file_that_is_no_photograph_stores_nothing(course: CoursePage, member: Member) -> None:
    for data, code in ((b"MZ not a picture", "photo-unreadable"), (b"x" * (study.MOST_BYTES + 1), "file-too-large")):
        with pytest.raises(StudyError, match=code):
            study.tell_use(course=course, member=member, text="用上了", photo=data, by=None)
    assert not UseFeedback.objects.exists()


def test_who_told_it_takes_it_back(course: CoursePage, member: Member, personas: County) -> None:
    row = study.tell_use(course=course, member=member, text="用上了", photo=None, by=member.user)
    secretary = personas.users["secretary"]
    assert list(selectors.uses_seen_by(secretary)) == [row]
    with pytest.raises(StudyError, match="not-yours"):
        study.take_back(feedback=row, by=secretary)
    study.take_back(feedback=row, by=member.user)
    assert not selectors.uses_seen_by(secretary)
    assert UseFeedback.objects.count() == 1


def test_what_was_told_is_seen_by_the_members_own_units(course: CoursePage, personas: County) -> None:
    other = make_member(personas.other_branch, "别处的人", user=make_user("elsewhere"))
    row = study.tell_use(course=course, member=other, text="用上了", photo=None, by=None)
    seen = {name for name, user in personas.users.items() if row in selectors.uses_seen_by(user)}
    assert seen == {"county", "auditor"}
