"""The queue of lessons to make up: who missed what, until when, and a make-up handed in for somebody without a telephone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lms.hours import totals
from lms.members.models import AuditEntry, Member, User
from lms.training import services
from lms.training.closing import absences, makeups
from lms.training.errors import TrainingError
from lms.training.models import Attendance, MakeUp
from tests.conftest import County
from tests.factories import make_grant, make_user
from tests.training.claiming import PDF
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, half_day, on

Login = Callable[[str], Client]
TEXT = "看了两天的录像，学会了冬季修剪和绿枝嫁接的办法，回去先在自家地里试。"
LATER = NEXT_DAY + dt.timedelta(days=3)


@pytest.fixture
def missed(classroom: ClassRoom, after_class: time_machine.Coordinates) -> ClassRoom:
    """The first was there all the time, the second took leave on the first morning, the third came late to the second; closed."""
    classroom.mark("present", "leave", "present")
    classroom.mark("present", "present", "present", session=classroom.second)
    third = classroom.people[2]
    services.set_times(session=classroom.second, member=third, arrived_at=on(NEXT_DAY, 9, 30), left_at=None, by=None)
    classroom.close()
    after_class.move_to(on(LATER, 9))
    return classroom


def names(rows: object) -> list[str]:
    return [row.member.name for row in rows]  # type: ignore[attr-defined]


def form(day: dt.date = LATER - dt.timedelta(days=1)) -> dict[str, object]:
    evidence = SimpleUploadedFile("a.pdf", PDF)
    return {"day": day.isoformat(), "starts": "19:00", "ends": "21:00", "text": TEXT, "evidence": evidence}


def test_issue_5_8_the_queue_has_who_was_away_or_late(missed: ClassRoom, personas: County) -> None:
    town = personas.users["town"]
    assert sorted(names(absences.absences_for(town))) == ["单春花", "曾小河"]
    lines = {one.row.member.name: one for one in absences.lines_of(absences.absences_for(town))}
    assert (lines["单春花"].missed, lines["单春花"].away) == (Decimal(4), "假")
    assert (lines["曾小河"].missed, lines["曾小河"].away) == (Decimal("1.5"), "迟到或早退")
    assert lines["单春花"].until == dt.date(2026, 12, 31) and not lines["单春花"].overdue


def test_an_open_class_has_no_queue_yet(classroom: ClassRoom, personas: County) -> None:
    classroom.mark("absent", "absent", "absent")
    assert not absences.absences_for(personas.users["town"])


def test_a_secretary_sees_his_own_people_wherever_they_were(missed: ClassRoom, personas: County) -> None:
    assert names(absences.absences_for(personas.users["secretary"])) == ["单春花"]
    stranger = make_user("stranger")
    make_grant(stranger, "town_admin", personas.other_town)
    assert not absences.absences_for(stranger)


def test_handed_in_by_the_secretary_and_decided_by_another(missed: ClassRoom, personas: County, login: Login) -> None:
    secretary, person = login("secretary"), missed.people[1]
    row = Attendance.objects.get(session=missed.first, member=person)
    page = secretary.get(reverse("absence-list")).content.decode()
    address = reverse("make-up-for", args=[row.pk])
    assert address in page and person.name in page
    assert secretary.post(address, {**form(), "text": "短"}).status_code == 422
    assert secretary.post(address, form()).status_code == 302
    made = MakeUp.objects.get()
    assert (made.member, made.session, made.sent_by) == (person, missed.first, personas.users["secretary"])
    assert secretary.get(address).status_code == 404  # it waits: nothing more to hand in
    with pytest.raises(TrainingError, match="second-person"):
        makeups.decide(make_up=made, approve=True, answer="", by=personas.users["secretary"])
    makeups.decide(make_up=made, approve=True, answer="", by=personas.users["town"])
    assert sum(entry.hours for entry in totals.entries(person.pk, 2026)) == Decimal(
        "6.5"
    )  # 4 of the second morning, two hours made up


# -- the deadline ---------------------------------------------------------------------------------

NEW_YEAR = dt.date(2027, 1, 1)
WHY = "年底住院，出院后补上"


def lesson(day: dt.date) -> makeups.Lesson:
    return makeups.Lesson(on(day, 19), on(day, 21), TEXT, [PDF])


def hand_in(missed: ClassRoom, by: User | None, **more: str) -> MakeUp:
    evening = lesson(NEW_YEAR - dt.timedelta(days=1))
    return makeups.send(session=missed.first, member=missed.people[1], lesson=evening, by=by, **more)


def test_on_the_last_day_it_is_taken_as_ever(missed: ClassRoom, after_class: time_machine.Coordinates) -> None:
    after_class.move_to(on(NEW_YEAR - dt.timedelta(days=1), 23, 59))
    row = hand_in(missed, None, late_reason="不需要")
    assert row.late_reason == ""
    assert AuditEntry.objects.filter(action="make-up.send").count() == 1


@pytest.mark.parametrize("who", ["secretary", "auditor"])
def test_after_it_nobody_hands_in_who_does_not_run_the_training(
    who: str, missed: ClassRoom, after_class: time_machine.Coordinates, personas: County
) -> None:
    after_class.move_to(on(NEW_YEAR, 0))
    with pytest.raises(TrainingError, match=r"^make-up-late$"):
        hand_in(missed, personas.users[who], late_reason=WHY)
    assert not MakeUp.objects.exists()


def test_after_it_nobody_hands_in_his_own(
    missed: ClassRoom, after_class: time_machine.Coordinates, personas: County
) -> None:
    missed.people[1].user = personas.users["town"]  # he runs the training too
    missed.people[1].save()
    after_class.move_to(on(NEW_YEAR, 0))
    with pytest.raises(TrainingError, match=r"^make-up-late$"):
        hand_in(missed, personas.users["town"], late_reason=WHY)


def test_after_it_whoever_runs_the_training_says_why_and_a_second_person_decides(
    missed: ClassRoom, after_class: time_machine.Coordinates, personas: County
) -> None:
    after_class.move_to(on(NEW_YEAR, 9))
    town = personas.users["town"]
    with pytest.raises(TrainingError, match="make-up-late-reason"):
        hand_in(missed, town, late_reason=" ")
    row = hand_in(missed, town, late_reason=WHY)
    entry = AuditEntry.objects.get(action="make-up.send-late")
    assert (entry.actor, entry.reason, entry.detail["member"]) == (town, WHY, missed.people[1].code)
    with pytest.raises(TrainingError, match="second-person"):
        makeups.decide(make_up=row, approve=True, answer="", by=town)
    makeups.decide(make_up=row, approve=True, answer="", by=personas.users["trainer"])
    assert sum(one.hours for one in totals.entries(missed.people[1].pk, 2026)) == Decimal("6.5")


def test_what_is_handed_in_in_time_may_be_decided_after_it(
    missed: ClassRoom, after_class: time_machine.Coordinates, personas: County
) -> None:
    after_class.move_to(on(NEW_YEAR - dt.timedelta(days=1), 22))
    row = hand_in(missed, None)
    after_class.move_to(on(NEW_YEAR, 9))
    assert makeups.decide(make_up=row, approve=True, answer="", by=personas.users["town"]).state == "approved"


def test_the_pages_after_it(
    missed: ClassRoom, after_class: time_machine.Coordinates, personas: County, login: Login, member: Member
) -> None:
    row = Attendance.objects.get(session=missed.first, member=missed.people[1])
    after_class.move_to(on(NEW_YEAR, 9))
    address = reverse("make-up-for", args=[row.pk])
    answer = login("secretary").get(address, follow=True)
    assert answer.redirect_chain[0][0] == reverse("absence-list") and "补学期限已过" in answer.content.decode()
    town, values = login("town"), form(NEW_YEAR - dt.timedelta(days=1))
    assert "逾期受理的理由" in town.get(address).content.decode()
    assert town.post(address, values).status_code == 422
    values = form(NEW_YEAR - dt.timedelta(days=1))
    assert town.post(address, {**values, "late_reason": WHY}).status_code == 302
    made = MakeUp.objects.get()
    assert WHY in login("trainer").get(reverse("make-up", args=[made.uuid])).content.decode()


def test_a_member_sees_the_deadline_and_whom_to_ask_after_it(
    classroom: ClassRoom, after_class: time_machine.Coordinates, login: Login, member: Member
) -> None:
    services.enrol(training=classroom.training, member=member, by=None)
    classroom.close()  # he was in neither session
    page, send = (
        reverse("own-training", args=[classroom.training.uuid]),
        reverse("own-make-up", args=[classroom.training.uuid, classroom.first.pk]),
    )
    client = login("member")
    shown = client.get(page).content.decode()
    assert send in shown and "补学期限：2026年12月31日" in shown and "联系带班人" not in shown
    after_class.move_to(on(NEW_YEAR, 9))
    shown = login("member").get(page).content.decode()
    assert send not in shown and "联系带班人" in shown
    answer = login("member").post(send, form(NEW_YEAR - dt.timedelta(days=1)))
    assert answer.status_code == 422 and "补学期限已过" in answer.content.decode()
    assert not MakeUp.objects.exists()


def test_a_stranger_hands_in_nothing(missed: ClassRoom, personas: County, login: Login, client: Client) -> None:
    third = Attendance.objects.get(session=missed.second, member=missed.people[2])
    assert login("secretary").get(reverse("make-up-for", args=[third.pk])).status_code == 404  # another branch's
    assert login("member").get(reverse("absence-list")).status_code == 404
    there = Attendance.objects.get(session=missed.first, member=missed.people[0])
    assert login("town").get(reverse("make-up-for", args=[there.pk])).status_code == 404  # nothing was missed


def test_what_is_arranged_stands_beside_it(missed: ClassRoom, personas: County, login: Login) -> None:
    person = missed.people[1]
    ahead = services.plan_training(
        kind="class", unit=personas.town, title="再办一期", category="skills", capacity=5, by=None,
        sessions=[half_day(LATER + dt.timedelta(days=9))],
    )  # fmt: skip
    services.enrol(training=ahead, member=person, by=None)
    assert absences.arrangements([person.pk])[person.pk].startswith("再办一期")
    evening = on(LATER - dt.timedelta(days=1), 19)
    lesson = makeups.Lesson(evening, evening + dt.timedelta(hours=2), TEXT, [PDF])
    makeups.send(session=missed.first, member=person, lesson=lesson, by=None)
    assert absences.arrangements([person.pk]) == {person.pk: "葡萄栽培培训班 补学待审批"}


def test_filters_and_export(missed: ClassRoom, personas: County, login: Login) -> None:
    client, address = login("town"), reverse("absence-list")

    def shown(**query: str) -> set[str]:
        answer = client.get(address, {**query, "format": "json"})
        return {row["name"] for row in json.loads(b"".join(answer.streaming_content))}  # type: ignore[attr-defined]

    assert shown() == {"单春花", "曾小河"}
    assert shown(q="曾小河") == {"曾小河"} and shown(q="葡萄") == {"单春花", "曾小河"} and shown(q="水稻") == set()
    assert shown(unit=personas.branch2.code) == {"曾小河"}
    assert shown(year="2025") == set()
    evening = on(LATER - dt.timedelta(days=1), 19)
    lesson = makeups.Lesson(evening, evening + dt.timedelta(hours=2), TEXT, [PDF])
    made = makeups.send(session=missed.first, member=missed.people[1], lesson=lesson, by=None)
    assert shown() == {"曾小河"} and shown(state="waiting") == {"单春花"} and len(shown(state="all")) == 2
    makeups.decide(make_up=made, approve=False, answer="再写细一点", by=personas.users["town"])
    assert shown() == {"单春花", "曾小河"}
    assert "再写细一点" in client.get(address).content.decode()


def test_after_the_year_it_is_overdue(
    missed: ClassRoom, personas: County, after_class: time_machine.Coordinates
) -> None:
    after_class.move_to(on(dt.date(2027, 1, 1), 9))
    assert all(one.overdue for one in absences.lines_of(absences.absences_for(personas.users["town"])))
    assert FIRST_DAY.year == 2026
