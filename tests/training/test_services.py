"""Enrol, mark, close, correct: what changes, what is refused, and what the ledger says afterwards."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal

import pytest
import time_machine

from lms.core import clock
from lms.hours import totals
from lms.hours.models import HourEntry
from lms.members.models import AuditEntry, Member
from lms.members.services import build, create_members, set_state
from lms.training import selectors, services
from lms.training.errors import MESSAGES, TrainingError
from lms.training.models import Attendance, Base, Enrolment, Training
from lms.training.services import Reconciliation, SessionPlan
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, half_day, on


def refused(code: str) -> pytest.RaisesExc:
    assert code in MESSAGES
    return pytest.raises(TrainingError, match=f"^{code}$")


def year(person: Member) -> totals.Totals:
    return totals.of_members([person.pk], 2026).get(person.pk, totals.Totals())


def agrees() -> bool:
    """What stands in the ledger is what the evidence says."""
    worth = {credit.source: credit.hours for credit in selectors.credits()}
    lines = HourEntry.objects.order_by("sequence")
    return worth == {line.source: line.hours for line in totals.standing(lines)}


# -- enrolling ----------------------------------------------------------------------------


def test_enrolling_keeps_the_unit_of_the_time(classroom: ClassRoom, personas: County) -> None:
    seat = Enrolment.objects.get(member=classroom.people[2])
    assert seat.unit == personas.branch2
    assert services.enrol(training=classroom.training, member=classroom.people[2], by=None) == seat
    row = AuditEntry.objects.filter(action="enrolment.create").get()
    assert len(row.detail["members"]) == 3


def test_the_last_seat_is_the_last(classroom: ClassRoom, personas: County) -> None:
    services.enrol(training=classroom.training, member=make_member(personas.branch, "四"), by=None)
    with refused("full"):
        services.enrol(training=classroom.training, member=make_member(personas.branch, "五"), by=None)
    assert Enrolment.objects.filter(training=classroom.training).count() == 4


def test_several_are_seated_all_or_none(classroom: ClassRoom, personas: County) -> None:
    two = [make_member(personas.branch, name) for name in ("四", "五")]
    with refused("full"):
        services.enrol_many(training=classroom.training, members=two, by=None)
    assert not Enrolment.objects.filter(member__in=two).exists()


def test_a_freed_seat_can_be_taken_again(classroom: ClassRoom) -> None:
    person = classroom.people[0]
    services.cancel_enrolment(training=classroom.training, member=person, by=None)
    assert person not in selectors.enrolled_members(classroom.training)
    services.enrol(training=classroom.training, member=person, by=None)
    assert Enrolment.objects.get(member=person).state == "enrolled"


def test_who_has_left_the_roster_is_not_enrolled(classroom: ClassRoom, personas: County) -> None:
    gone = make_member(personas.branch, "钱去")
    set_state(member=gone, state="deceased", on=FIRST_DAY, by=None)
    with refused("not-active"):
        services.enrol(training=classroom.training, member=gone, by=None)


def test_a_present_member_keeps_the_seat(classroom: ClassRoom) -> None:
    classroom.mark("present", "leave", "absent")
    with refused("has-attendance"):
        services.cancel_enrolment(training=classroom.training, member=classroom.people[0], by=None)
    services.cancel_enrolment(training=classroom.training, member=classroom.people[1], by=None)


# -- marking ------------------------------------------------------------------------------


def test_marks_are_evidence_only_until_the_class_is_closed(classroom: ClassRoom) -> None:
    classroom.mark("present", "leave", "absent")
    assert Attendance.objects.count() == 3
    assert not HourEntry.objects.exists()
    assert list(selectors.credits()) == []


def test_a_batch_leaves_one_audit_row_with_old_and_new(classroom: ClassRoom) -> None:
    classroom.mark("present", "leave", "absent")
    classroom.mark("present", "present", "absent")
    rows = AuditEntry.objects.filter(action="attendance.mark").order_by("pk")
    assert rows.count() == 2
    assert rows[1].detail["marks"] == {classroom.people[1].code: ["leave", "present"]}


def test_the_same_mark_again_changes_nothing(classroom: ClassRoom) -> None:
    classroom.mark("present", "leave", "absent")
    before = AuditEntry.objects.count()
    classroom.mark("present", "leave", "absent")
    assert AuditEntry.objects.count() == before


def test_nobody_marks_himself(classroom: ClassRoom, personas: County) -> None:
    trainer = personas.users["trainer"]
    own = make_member(personas.branch, "师自己", user=trainer)
    services.enrol(training=classroom.training, member=own, by=None)
    with refused("own-record"):
        services.mark(session=classroom.first, marks={own.pk: "present"}, by=trainer)
    with refused("own-record"):
        services.set_times(session=classroom.first, member=own, arrived_at=None, left_at=None, by=trainer)
    assert services.mark_rest(session=classroom.first, by=trainer) == 3
    assert selectors.tally(classroom.first).unmarked == 1
    services.mark(session=classroom.first, marks={own.pk: "present"}, by=personas.users["town"])


def test_everybody_but(classroom: ClassRoom) -> None:
    services.mark(session=classroom.first, marks={classroom.people[1].pk: "leave"}, by=None)
    assert services.mark_rest(session=classroom.first, by=None) == 2
    figures = selectors.tally(classroom.first)
    assert (figures.due, figures.present, figures.leave, figures.absent, figures.unmarked) == (3, 2, 1, 0, 0)


def test_who_is_not_enrolled_is_not_marked(classroom: ClassRoom, personas: County) -> None:
    with refused("not-enrolled"):
        services.mark(session=classroom.first, marks={make_member(personas.branch).pk: "present"}, by=None)


def test_present_is_ticked_on_the_day_and_leave_before(
    classroom: ClassRoom, after_class: time_machine.Coordinates
) -> None:
    after_class.move_to(on(FIRST_DAY, 20))
    services.mark(session=classroom.second, marks={classroom.people[0].pk: "leave"}, by=None)
    with refused("too-early"):
        services.mark(session=classroom.second, marks={classroom.people[1].pk: "present"}, by=None)
    after_class.move_to(on(NEXT_DAY, 7))
    services.mark(session=classroom.second, marks={classroom.people[1].pk: "present"}, by=None)


def test_an_unknown_status_is_refused(classroom: ClassRoom) -> None:
    with pytest.raises(ValueError, match="maybe"):
        services.mark(session=classroom.first, marks={classroom.people[0].pk: "maybe"}, by=None)


# -- closing ------------------------------------------------------------------------------


def test_closing_credits_every_attendance_once(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "leave")
    classroom.mark("present", "absent", "present", session=classroom.second)
    assert classroom.close() == 4
    assert [year(person).hours for person in classroom.people] == [8, 4, 4]
    with refused("not-open"):
        classroom.close()
    assert HourEntry.objects.count() == 4
    assert agrees()
    line = HourEntry.objects.filter(member=classroom.people[0]).first()
    assert line is not None
    assert (line.mode, line.category, line.title) == ("class", "skills", "葡萄栽培培训班")
    assert line.source == f"training.attendance:{Attendance.objects.earliest('pk').pk}:2026-03-05"


def test_people_without_a_mark_must_be_confirmed_as_absent(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "present")
    with refused("unmarked"):
        classroom.close(absent_confirmed=False)
    assert not HourEntry.objects.exists()
    classroom.close()
    assert classroom.second.attendances.filter(status="absent").count() == 3
    assert AuditEntry.objects.get(action="training.close").detail["marked_absent"] == 3


def test_domain_7_heads_that_differ_from_ticks_need_a_reason(classroom: ClassRoom) -> None:
    services.mark_rest(session=classroom.first, by=None)
    services.mark_rest(session=classroom.second, by=None)
    heads = {classroom.first.pk: 2, classroom.second.pk: 3}
    with refused("head-count"):
        classroom.close(head_counts=heads)
    classroom.close(head_counts=heads, reason="一人提前离开，已在备注中说明")
    row = AuditEntry.objects.get(action="training.close")
    assert row.detail["differing"] == {str(classroom.first.pk): [2, 3]}
    assert row.reason


def test_a_class_is_closed_when_it_is_over(classroom: ClassRoom, after_class: time_machine.Coordinates) -> None:
    after_class.move_to(on(NEXT_DAY, 11))
    with refused("not-over"):
        classroom.close()
    services.remove_session(session=classroom.first, by=None)
    services.remove_session(session=classroom.second, by=None)
    with refused("no-session"):
        classroom.close()


def test_base_visit_half_day_is_4_hours(orchard: Base, personas: County) -> None:
    visitor = make_member(personas.branch)
    visit = services.plan_training(
        kind="visit", unit=personas.town, base=orchard, title="葡萄基地参观", category="skills", capacity=40,
        sessions=[half_day(FIRST_DAY)], by=None,
    )  # fmt: skip
    services.enrol(training=visit, member=visitor, by=None)
    services.mark_rest(session=visit.sessions.get(), by=None)
    services.close_training(training=visit, said=Reconciliation(), by=None)
    assert year(visitor).by_mode == {"visit": Decimal("4.00")}
    assert year(visitor).classes == 0


def test_a_visit_holds_no_more_than_its_base(orchard: Base, personas: County) -> None:
    with refused("over-base"):
        services.plan_training(
            kind="visit", unit=personas.town, base=orchard, title="参观", category="skills", capacity=51, by=None
        )


def test_a_class_and_a_visit_at_the_same_time_never_add_up(
    classroom: ClassRoom, orchard: Base, personas: County
) -> None:
    visit = services.plan_training(
        kind="visit", unit=personas.town, base=orchard, title="参观", category="skills", capacity=40,
        sessions=[half_day(FIRST_DAY)], by=None,
    )  # fmt: skip
    services.enrol_many(training=visit, members=classroom.people, by=None)
    services.mark_rest(session=visit.sessions.get(), by=None)
    services.close_training(training=visit, said=Reconciliation(), by=None)
    classroom.mark("present", "leave", "leave")
    classroom.close()
    assert year(classroom.people[0]).by_mode == {"class": Decimal("4.00")}
    assert year(classroom.people[1]).by_mode == {"visit": Decimal("4.00")}


# -- the class that was not completed --------------------------------------------------------


def test_domain_3_more_than_one_seventh_missed_keeps_the_hours_and_loses_the_class(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "present")
    classroom.mark("present", "leave", "absent", session=classroom.second)
    classroom.close()
    assert [year(person).hours for person in classroom.people] == [8, 4, 4]
    assert [year(person).classes for person in classroom.people] == [1, 0, 0]


def test_a_correction_that_completes_the_class_moves_all_its_lines(classroom: ClassRoom) -> None:
    services.mark_rest(session=classroom.first, by=None)
    classroom.mark("present", "leave", "absent", session=classroom.second)
    classroom.close()
    services.mark(session=classroom.second, marks={classroom.people[1].pk: "present"}, by=None)
    assert (year(classroom.people[1]).hours, year(classroom.people[1]).classes) == (8, 1)
    assert agrees()


# -- after closing ---------------------------------------------------------------------------


def closed(classroom: ClassRoom) -> None:
    services.mark_rest(session=classroom.first, by=None)
    services.mark_rest(session=classroom.second, by=None)
    classroom.close()


def test_a_corrected_tick_corrects_the_ledger_by_reversal(classroom: ClassRoom) -> None:
    closed(classroom)
    person = classroom.people[0]
    services.mark(session=classroom.second, marks={person.pk: "absent"}, by=None)
    lines = HourEntry.objects.filter(member=person, earned_on=NEXT_DAY).order_by("sequence")
    assert [line.hours for line in lines] == [4, -4]
    assert year(person).hours == 4
    services.mark(session=classroom.second, marks={person.pk: "present"}, by=None)
    assert (year(person).hours, year(person).classes) == (8, 1)
    assert agrees()


def test_one_corrected_tick_touches_nobody_else(classroom: ClassRoom) -> None:
    closed(classroom)
    services.mark(session=classroom.first, marks={classroom.people[0].pk: "leave"}, by=None)
    assert HourEntry.objects.exclude(member=classroom.people[0]).count() == 4


def test_late_arrival_is_priced_by_the_clock(classroom: ClassRoom) -> None:
    closed(classroom)
    person = classroom.people[0]
    services.set_times(session=classroom.first, member=person, arrived_at=on(FIRST_DAY, 10), left_at=None, by=None)
    assert year(person).hours == Decimal("6.00")
    services.mark(session=classroom.first, marks={person.pk: "present"}, by=None)
    assert year(person).hours == Decimal("6.00"), "the same tick does not forget the time of arrival"
    services.set_times(session=classroom.first, member=person, arrived_at=None, left_at=None, by=None)
    assert year(person).hours == Decimal("8.00")
    assert agrees()


def test_times_the_wrong_way_round_are_refused(classroom: ClassRoom) -> None:
    with refused("arrival"):
        services.set_times(
            session=classroom.first,
            member=classroom.people[0],
            arrived_at=on(FIRST_DAY, 10),
            left_at=on(FIRST_DAY, 9),
            by=None,
        )


def test_a_moved_date_moves_the_hours(classroom: ClassRoom) -> None:
    closed(classroom)
    services.update_session(session=classroom.first, plan=half_day(FIRST_DAY - dt.timedelta(days=90)), by=None)
    person = classroom.people[0]
    assert year(person).hours == 4
    assert totals.of_members([person.pk], 2025)[person.pk].hours == 4
    assert agrees()


def test_a_title_corrected_after_closing_reaches_the_ledger(classroom: ClassRoom) -> None:
    closed(classroom)
    services.update_training(training=classroom.training, title="葡萄修剪培训班", by=None)
    standing = totals.standing(HourEntry.objects.order_by("sequence"))
    assert {line.title for line in standing} == {"葡萄修剪培训班"}
    assert not services.update_training(training=classroom.training, title="葡萄修剪培训班", by=None)


def test_who_earned_hours_in_a_closed_session_does_not_move_it(classroom: ClassRoom, personas: County) -> None:
    secretary = personas.users["secretary"]
    Member.objects.filter(pk=classroom.people[0].pk).update(user=secretary)
    closed(classroom)
    longer = SessionPlan(classroom.first.starts_at, classroom.first.ends_at, "day")
    with refused("own-record"):
        services.update_session(session=classroom.first, plan=longer, by=secretary)


def test_nothing_is_planned_or_enrolled_after_closing(classroom: ClassRoom, personas: County) -> None:
    closed(classroom)
    with refused("not-open"):
        services.enrol(training=classroom.training, member=make_member(personas.branch), by=None)
    with refused("not-open"):
        services.add_session(training=classroom.training, plan=half_day(dt.date(2026, 3, 9)), by=None)
    with refused("not-open"):
        services.cancel_training(training=classroom.training, reason="重复", by=None)


# -- planning ---------------------------------------------------------------------------------


def test_a_cancelled_training_earns_nothing(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "present")
    services.cancel_training(training=classroom.training, reason="台风", by=None)
    assert list(selectors.credits()) == []
    with refused("not-open"):
        classroom.mark("leave", "leave", "leave")
    assert AuditEntry.objects.get(action="training.cancel").reason == "台风"


def test_a_session_lasts_longer_than_nothing_and_no_more_than_a_day(classroom: ClassRoom) -> None:
    for end in (classroom.first.starts_at, classroom.first.starts_at + dt.timedelta(hours=25)):
        with refused("session-times"):
            services.add_session(training=classroom.training, plan=SessionPlan(classroom.first.starts_at, end), by=None)


def test_two_sessions_do_not_begin_together(classroom: ClassRoom) -> None:
    with refused("session-twice"):
        services.add_session(training=classroom.training, plan=half_day(FIRST_DAY), by=None)
    with refused("session-twice"):
        services.update_session(session=classroom.second, plan=half_day(FIRST_DAY), by=None)


def test_a_marked_session_stays(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "present")
    with refused("has-attendance"):
        services.remove_session(session=classroom.first, by=None)


def test_the_seats_do_not_shrink_below_who_is_seated(classroom: ClassRoom) -> None:
    with refused("capacity"):
        services.update_training(training=classroom.training, capacity=2, by=None)
    assert Training.objects.get(pk=classroom.training.pk).capacity == 4


# -- reads ------------------------------------------------------------------------------------


def test_upcoming_for_a_member(classroom: ClassRoom, after_class: time_machine.Coordinates) -> None:
    after_class.move_to(on(FIRST_DAY, 20))
    assert selectors.upcoming_for(classroom.people[0]) == [classroom.second]
    services.cancel_enrolment(training=classroom.training, member=classroom.people[0], by=None)
    assert selectors.upcoming_for(classroom.people[0]) == []


def test_every_hour_opens_to_its_evidence(classroom: ClassRoom) -> None:
    closed(classroom)
    line = HourEntry.objects.filter(member=classroom.people[0]).earliest("earned_on")
    found = selectors.evidence_of(line.source)
    assert found is not None
    assert (found.attendance.member, found.session, found.training) == (
        classroom.people[0],
        classroom.first,
        classroom.training,
    )
    for other in ("courses.watch:1:2:2026-03-05", "training.attendance:x:2026-03-05", "training.attendance:0:y", ""):
        assert selectors.evidence_of(other) is None


def test_credits_of_some_members_are_theirs_alone(classroom: ClassRoom) -> None:
    closed(classroom)
    ids = [person.pk for person in classroom.people]
    some = list(selectors.credits(ids[:1]))
    assert {credit.member_id for credit in some} == set(ids[:1])
    assert len(some) == 2
    assert len(list(selectors.credits())) == 6
    assert clock.today() == NEXT_DAY


def test_1000_attendances_of_one_class_are_posted_in_seconds(personas: County) -> None:
    """performance.md: ≤ 2 s on a quiet machine; the bound here leaves room for a busy one."""
    made = [build(unit=personas.branch, code=f"X{number:05d}", name=f"学员{number}") for number in range(1000)]
    create_members(made, by=None)
    training = services.plan_training(
        kind="class", unit=personas.town, title="大班", category="skills", capacity=1000,
        sessions=[half_day(FIRST_DAY)], by=None,
    )  # fmt: skip
    services.enrol_many(training=training, members=made, by=None)
    services.mark_rest(session=training.sessions.get(), by=None)
    begun = time.perf_counter()
    assert services.close_training(training=training, said=Reconciliation(), by=None) == 1000
    seconds = time.perf_counter() - begun
    assert seconds < 6, f"{seconds:.2f} s"
