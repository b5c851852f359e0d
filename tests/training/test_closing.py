"""Closing: by itself after five days, with what was made up, what the class asks for, and what people object to."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
import time_machine

from lms.core import clock
from lms.hours import totals
from lms.hours.conversion import Tariffs
from lms.hours.credit import INCOMPLETE
from lms.members.models import AuditEntry, Member, User
from lms.notices.models import Notice
from lms.training import selectors, services, worth
from lms.training.closing import appeals, makeups, overdue, packages, results, surveys
from lms.training.closing import selectors as reads
from lms.training.errors import TrainingError
from lms.training.models import Attendance, MakeUp, SurveyAnswer, SurveyTicket, Training
from tests.conftest import County
from tests.training.claiming import PDF
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on
from tests.training.pictures import photo

LONG_ENOUGH = "看了两天的录像和讲义，学会了冬季修剪和绿枝嫁接的办法，回去先在自家两亩地里试。"
LATER = NEXT_DAY + dt.timedelta(days=2)


def hours(room: ClassRoom, person: int = 0) -> Decimal:
    """学时 that stand in the ledger for the class, completed or not."""
    member = room.people[person]
    name = worth.occasion_of(room.training)
    found = [totals.of_occasion(one, [member.pk]).get(member.pk, Decimal(0)) for one in (name, name + INCOMPLETE)]
    return sum(found, Decimal(0))


def completed(room: ClassRoom, person: int = 0) -> bool:
    member = room.people[person]
    return bool(totals.of_occasion(worth.occasion_of(room.training), [member.pk]))


def lesson(start: float = 19, minutes: int = 180, day: dt.date = LATER, text: str = LONG_ENOUGH) -> makeups.Lesson:
    begin = clock.day_start(day) + dt.timedelta(hours=start)
    return makeups.Lesson(begin, begin + dt.timedelta(minutes=minutes), text, [PDF])


@pytest.fixture
def later(after_class: time_machine.Coordinates) -> time_machine.Coordinates:
    """Three days after the last session, the class closed by then."""
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=3), 9))
    return after_class


def agrees(room: ClassRoom) -> bool:
    """Whether the ledger's assertions are what the evidence says, line by line."""
    ids = [person.pk for person in room.people]
    for credit in selectors.credits(ids, Tariffs()):
        row = totals.assertion_of(credit.source)
        if row is None or (row.gross, row.earned_on, row.occasion) != (credit.hours, credit.earned_on, credit.occasion):
            return False
    return True


# -- by itself ---------------------------------------------------------------------------------


def test_issue_5_8_nobody_closes_the_house_does_after_five_days(
    classroom: ClassRoom, after_class: time_machine.Coordinates
) -> None:
    classroom.mark("present", "present", "leave")
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=5), 11, 29))
    assert overdue.close_overdue() == 0
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=5), 11, 30))
    assert overdue.close_overdue() == 1
    assert overdue.close_overdue() == 0
    training = Training.objects.get(pk=classroom.training.pk)
    assert (training.state, training.closed_by) == ("closed", None)
    assert [hours(classroom, n) for n in range(3)] == [4, 4, 0]
    second = Attendance.objects.filter(session=classroom.second)
    assert {(row.status, row.marked_by_id) for row in second} == {("absent", None)}
    entry = AuditEntry.objects.get(action="training.close")
    assert entry.reason == overdue.REASON and entry.actor is None


def test_issue_5_8_due_after_three_days(classroom: ClassRoom, after_class: time_machine.Coordinates) -> None:
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=3), 11))
    assert list(overdue.due()) == []
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=3), 12))
    assert list(overdue.due()) == [classroom.training]
    assert overdue.remind() == 1
    assert overdue.remind() == 0
    told = Notice.objects.get(kind="training.close-due")
    assert told.user == classroom.training.trainer


def test_what_is_still_to_come_is_not_closed(classroom: ClassRoom, after_class: time_machine.Coordinates) -> None:
    after_class.move_to(on(FIRST_DAY + dt.timedelta(days=10), 9))
    far = services.SessionPlan(on(FIRST_DAY + dt.timedelta(days=30), 9), on(FIRST_DAY + dt.timedelta(days=30), 11))
    services.add_session(training=classroom.training, plan=far, by=None)
    assert overdue.close_overdue() == 0


# -- by half-days ------------------------------------------------------------------------------


def test_issue_5_8_attendance_by_half_days(classroom: ClassRoom) -> None:
    classroom.mark("present", "leave", "present")
    services.set_times(
        session=classroom.first, member=classroom.people[2], arrived_at=on(FIRST_DAY, 9), left_at=None, by=None
    )
    seen = reads.overview(classroom.training)
    assert [(half.day, half.half) for half in seen.columns] == [(FIRST_DAY, "am"), (NEXT_DAY, "am")]
    assert {person.member.name: person.cells for person in seen.people} == {
        "李大山": ["present", ""],
        "单春花": ["leave", ""],
        "曾小河": ["part", ""],
    }
    classroom.mark("present", "present", "present", session=classroom.second)
    classroom.close()
    classroom.training.refresh_from_db()
    verdicts = {
        person.member.name: (person.completed, person.missed) for person in reads.overview(classroom.training).people
    }
    # 曾小河: 150 min by the clock are 3.0 of 4; half an hour of six is within 1/7
    assert verdicts == {"李大山": (True, 0), "单春花": (False, 4), "曾小河": (True, 1)}


# -- what a class asks for ---------------------------------------------------------------------


def test_issue_5_8_a_class_that_asks_for_a_reflection_and_a_mark(classroom: ClassRoom, personas: County) -> None:
    results.set_terms(training=classroom.training, reflection=True, pass_mark=60, by=personas.users["town"])
    for session in (classroom.first, classroom.second):
        classroom.mark("present", "present", "present", session=session)
    results.hand_in(training=classroom.training, member=classroom.people[0], text=LONG_ENOUGH, by=None)
    marks = {classroom.people[0].pk: 60, classroom.people[1].pk: 95, classroom.people[2].pk: 59}
    results.set_scores(training=classroom.training, scores=marks, by=personas.users["trainer"])
    classroom.close()
    assert [completed(classroom, n) for n in range(3)] == [True, False, False]
    assert [hours(classroom, n) for n in range(3)] == [8, 8, 8]  # the hours were sat; decision 0008
    results.hand_in(training=classroom.training, member=classroom.people[1], text=LONG_ENOUGH, by=None)
    results.hand_in(training=classroom.training, member=classroom.people[2], text=LONG_ENOUGH, by=None)
    assert [completed(classroom, n) for n in range(3)] == [True, True, False]
    results.set_scores(training=classroom.training, scores={classroom.people[2].pk: 61}, by=personas.users["trainer"])
    assert completed(classroom, 2) and agrees(classroom)


def test_nobody_enters_a_score_of_his_own(classroom: ClassRoom, personas: County) -> None:
    me = classroom.people[0]
    me.user = personas.users["trainer"]
    me.save()
    with pytest.raises(TrainingError, match="own-record"):
        results.set_scores(training=classroom.training, scores={me.pk: 100}, by=me.user)
    with pytest.raises(TrainingError, match="of-100"):
        results.set_scores(training=classroom.training, scores={classroom.people[1].pk: 101}, by=me.user)


def test_a_reflection_is_taken_until_fifteen_days_after_closing(
    classroom: ClassRoom, after_class: time_machine.Coordinates
) -> None:
    classroom.close()
    after_class.shift(dt.timedelta(days=15, seconds=1))
    with pytest.raises(TrainingError, match="too-late"):
        results.hand_in(training=classroom.training, member=classroom.people[0], text=LONG_ENOUGH, by=None)


# -- 补学 ----------------------------------------------------------------------------------------


def sent(room: ClassRoom, person: int = 0, **facts: object) -> MakeUp:
    return makeups.send(session=room.second, member=room.people[person], lesson=lesson(**facts), by=None)  # type: ignore[arg-type]


def test_issue_5_8_a_lesson_made_up_earns_what_was_missed_and_completes(
    classroom: ClassRoom, later: time_machine.Coordinates, personas: County
) -> None:
    classroom.mark("present", "present", "present")
    classroom.close()
    assert (hours(classroom), completed(classroom)) == (4, False)
    row = sent(classroom)
    assert hours(classroom) == 4
    makeups.decide(make_up=row, approve=True, answer="", by=personas.users["town"])
    assert (hours(classroom), completed(classroom)) == (8, True)
    made_up = totals.assertion_of(f"training.makeup:{row.pk}:{LATER}")
    assert made_up is not None and (made_up.gross, made_up.earned_on) == (4, LATER)
    assert agrees(classroom)


def test_a_make_up_is_never_worth_more_than_was_missed(
    classroom: ClassRoom, later: time_machine.Coordinates, personas: County
) -> None:
    classroom.mark("present", "present", "present")
    times = {"arrived_at": on(NEXT_DAY, 9, 30), "left_at": None}
    services.set_times(session=classroom.second, member=classroom.people[0], by=None, **times)
    classroom.close()
    assert hours(classroom) == Decimal("6.50")  # 120 min at 45 = 2.5 of 4
    row = sent(classroom, minutes=240)
    makeups.decide(make_up=row, approve=True, answer="", by=personas.users["town"])
    assert hours(classroom) == 8
    services.mark(session=classroom.second, marks={classroom.people[0].pk: "leave"}, by=None)
    assert hours(classroom) == 8  # all of it was missed, all of it was made up
    services.mark(session=classroom.second, marks={classroom.people[0].pk: "present"}, by=None)
    services.set_times(session=classroom.second, member=classroom.people[0], arrived_at=None, left_at=None, by=None)
    assert hours(classroom) == 8  # he was there after all: the make-up is worth nothing
    assert totals.assertion_of(f"training.makeup:{row.pk}:{LATER}").gross == 0  # type: ignore[union-attr]
    assert agrees(classroom)


def test_a_short_make_up_earns_its_minutes(
    classroom: ClassRoom, later: time_machine.Coordinates, personas: County
) -> None:
    classroom.mark("present", "present", "present")
    classroom.close()
    row = sent(classroom, minutes=100)
    makeups.decide(make_up=row, approve=True, answer="", by=personas.users["town"])
    assert hours(classroom) == 6
    assert not completed(classroom)  # two of eight are still missed: more than 1/7


def test_a_second_person_decides_once(classroom: ClassRoom, later: time_machine.Coordinates, personas: County) -> None:
    classroom.mark("present", "present", "present")
    classroom.close()
    town: User = personas.users["town"]
    row = makeups.send(session=classroom.second, member=classroom.people[0], lesson=lesson(), by=town)
    with pytest.raises(TrainingError, match="second-person"):
        makeups.decide(make_up=row, approve=True, answer="", by=town)
    makeups.decide(make_up=row, approve=False, answer="照片看不清", by=personas.users["county"])
    with pytest.raises(TrainingError, match="moved-on"):
        makeups.decide(make_up=row, approve=True, answer="", by=personas.users["trainer"])
    assert hours(classroom) == 4
    again = sent(classroom)
    assert again.pk != row.pk


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"day": FIRST_DAY, "start": 13}, "make-up-times"),  # before the session
        ({"day": LATER + dt.timedelta(days=30)}, "make-up-times"),  # still to come
        ({"start": 22, "minutes": 180}, "make-up-times"),  # past midnight
        ({"text": "学了"}, "make-up-text"),
    ],
)
def test_what_is_not_taken_for_a_make_up(
    classroom: ClassRoom, later: time_machine.Coordinates, facts: dict[str, object], code: str
) -> None:
    classroom.close()
    with pytest.raises(TrainingError, match=code):
        sent(classroom, **facts)
    assert not MakeUp.objects.exists()


def test_who_was_there_makes_nothing_up(classroom: ClassRoom, later: time_machine.Coordinates) -> None:
    classroom.mark("present", "present", "present", session=classroom.second)
    classroom.close()
    with pytest.raises(TrainingError, match="nothing-missed"):
        sent(classroom)


# -- appeals -----------------------------------------------------------------------------------


def appealed(room: ClassRoom, person: int = 0) -> object:
    return appeals.send(
        session=room.second, member=room.people[person], wanted="present", reason="我在场，坐在后排", by=None
    )


def test_issue_5_8_an_appeal_corrects_the_mark_and_the_hours(classroom: ClassRoom, personas: County) -> None:
    classroom.mark("present", "present", "present")
    classroom.mark("absent", "present", "present", session=classroom.second, by=personas.users["trainer"])
    classroom.close()
    row = appealed(classroom)
    with pytest.raises(TrainingError, match="not-the-marker"):
        appeals.decide(appeal=row, grant=True, answer="好", by=personas.users["trainer"])
    with pytest.raises(TrainingError, match="reason"):
        appeals.decide(appeal=row, grant=True, answer=" ", by=personas.users["town"])
    appeals.decide(appeal=row, grant=True, answer="核对了签到表，确实到了", by=personas.users["town"])
    assert (hours(classroom), completed(classroom)) == (8, True)
    with pytest.raises(TrainingError, match="moved-on"):
        appeals.decide(appeal=row, grant=False, answer="不", by=personas.users["county"])
    assert agrees(classroom)


def test_issue_5_8_an_appeal_within_fifteen_days(classroom: ClassRoom, after_class: time_machine.Coordinates) -> None:
    classroom.close()
    after_class.shift(dt.timedelta(days=15))
    appealed(classroom)
    after_class.shift(dt.timedelta(seconds=1))
    with pytest.raises(TrainingError, match="too-late"):
        appealed(classroom, 1)


def test_appeals_wait_for_those_who_may_decide(classroom: ClassRoom, personas: County) -> None:
    classroom.mark("absent", "absent", "absent", session=classroom.second, by=personas.users["trainer"])
    classroom.close()
    row = appealed(classroom)
    waits = {name: row in reads.appeals_for(user) for name, user in personas.users.items()}
    assert {name for name, value in waits.items() if value} == {"county", "town"}


# -- opinions ----------------------------------------------------------------------------------


def test_issue_5_8_opinions_are_nobodys_and_shown_from_five_on(classroom: ClassRoom) -> None:
    marks = {"content": 5, "teaching": 4, "arrangement": 3}
    for person in classroom.people:
        services.mark(session=classroom.first, marks={person.pk: "present"}, by=None)
        surveys.answer(training=classroom.training, member=person, marks=marks, comment=f"想去基地 {person.pk}")
    with pytest.raises(TrainingError, match="survey-once"):
        surveys.answer(training=classroom.training, member=classroom.people[0], marks=marks, comment="")
    assert (SurveyAnswer.objects.count(), SurveyTicket.objects.count()) == (3, 3)
    few = reads.opinions_of(classroom.training)
    assert (few.answers, few.content, few.comments) == (3, None, [])
    for _n in range(2):
        SurveyAnswer.objects.create(training=classroom.training, content=2, teaching=4, arrangement=3)
    found = reads.opinions_of(classroom.training)
    assert (found.content, found.teaching, found.arrangement) == (Decimal("3.8"), 4, 3)
    assert len(found.comments) == 3
    named = {field.name for field in (*SurveyAnswer._meta.fields, *SurveyTicket._meta.fields)}
    assert named == {"id", "training", "content", "teaching", "arrangement", "comment", "token"}
    assert not AuditEntry.objects.filter(action__contains="survey").exists()


def test_who_was_not_there_has_no_opinion(classroom: ClassRoom) -> None:
    marks = {"content": 5, "teaching": 4, "arrangement": 3}
    with pytest.raises(TrainingError, match="survey-not-there"):
        surveys.answer(training=classroom.training, member=classroom.people[0], marks=marks, comment="")


# -- the package ---------------------------------------------------------------------------------


def test_issue_5_8_one_file_the_same_each_time(
    classroom: ClassRoom, later: time_machine.Coordinates, personas: County
) -> None:
    services.update_training(training=classroom.training, title="../葡萄: 栽培?", by=None)
    classroom.mark("present", "present", "present")
    results.hand_in(training=classroom.training, member=classroom.people[0], text=LONG_ENOUGH, by=None)
    classroom.close()
    evidence = makeups.Lesson(lesson().starts_at, lesson().ends_at, LONG_ENOUGH, [PDF, photo(3)])
    row = makeups.send(session=classroom.second, member=classroom.people[0], lesson=evidence, by=None)
    makeups.decide(make_up=row, approve=True, answer="", by=personas.users["town"])
    training = Training.objects.get(pk=classroom.training.pk)
    made = []
    for _n in range(2):
        package = packages.work(package=packages.begin(training=training, by=personas.users["town"]))
        assert (package.state, package.done) == ("done", package.total)
        made.append(package)
        later.shift(dt.timedelta(days=1))
    assert made[0].digest == made[1].digest
    with zipfile.ZipFile(io.BytesIO(made[0].file.read())) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert all(name.startswith("葡萄 栽培/") and ".." not in name and "\\" not in name for name in names)
    tails = [name.split("/", 1)[1] for name in names]
    assert tails[0] == "01-培训通知和日程.pdf" and tails[-2:] == ["13-培训小结.pdf", "清单.csv"]
    assert sum(name.startswith("11-补学材料/") for name in tails) == 2


def test_a_package_that_never_ends_is_left(classroom: ClassRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    classroom.close()
    training = Training.objects.get(pk=classroom.training.pk)
    package = packages.begin(training=training, by=None)
    with pytest.raises(TrainingError, match="package-working"):
        packages.begin(training=training, by=None)

    def cut(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(packages, "_write", cut)
    for _n in range(packages.MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            packages.work(package=package)
    assert packages.work(package=package).state == "failed"
    monkeypatch.undo()
    again = packages.begin(training=training, by=None)
    assert packages.work(package=again).state == "done"


def test_what_a_member_can_still_do(classroom: ClassRoom, member: Member) -> None:
    services.enrol(training=classroom.training, member=member, by=None)
    services.mark(session=classroom.first, marks={member.pk: "present"}, by=None)
    assert reads.has_open_matter(classroom.training, member)
    classroom.close()
    training = Training.objects.get(pk=classroom.training.pk)
    first, second = reads.own_sessions(training, member)
    assert (first.may_appeal, first.may_make_up) == (False, False)
    assert (second.may_appeal, second.may_make_up) == (True, True)
