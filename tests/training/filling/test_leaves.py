"""请假: asked with a reason, allowed by somebody else, marked; what the roster, the papers and the audit say of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.members.models import AuditEntry, Member
from lms.notices.models import Notice
from lms.training import selectors as trainings
from lms.training import services as core
from lms.training import sheets
from lms.training.closing import appeals, packages
from lms.training.filling import leaves
from lms.training.models import Appeal, Attendance, Leave, Training
from tests.conftest import County
from tests.training.conftest import ClassRoom
from tests.training.filling.test_services import refused

Login = Callable[[str], Client]
ILLNESS = "胃病复查"


@pytest.fixture
def seated(classroom: ClassRoom, member: Member) -> ClassRoom:
    """王秀英, who has an account, is the fourth of the class; it is the week before."""
    core.enrol(training=classroom.training, member=member, by=None)
    classroom.people.append(member)
    return classroom


def ask(room: ClassRoom, who: int = 3, *, whole: bool = False) -> Leave:
    member = room.people[who]
    session = None if whole else room.first
    return leaves.ask(training=room.training, session=session, member=member, reason=ILLNESS, by=member.user)


def marks(training: Training) -> list[str]:
    return list(
        Attendance.objects.filter(session__training=training).order_by("session").values_list("status", flat=True)
    )


# -- asking and deciding -----------------------------------------------------------------------


def test_a_leave_that_is_granted_is_on_the_roster_with_reason_and_authoriser(
    seated: ClassRoom, personas: County
) -> None:
    row = ask(seated)
    assert marks(seated.training) == []
    leaves.grant(leave=row, by=personas.users["town"])
    assert marks(seated.training) == ["leave"]
    line = next(one for one in trainings.roster(seated.first) if one.member == seated.people[3])
    assert ILLNESS in sheets.note(line) and str(personas.users["town"]) in sheets.note(line)
    assert any(ILLNESS in str(cell) for cell in next(iter(sheets.roster_rows(seated.first, [line]))))


def test_a_leave_from_the_whole_training_marks_every_session_that_is_ahead(seated: ClassRoom, personas: County) -> None:
    leaves.grant(leave=ask(seated, whole=True), by=personas.users["trainer"])
    assert marks(seated.training) == ["leave", "leave"]


def test_the_reason_is_in_no_audit_row_and_no_notice(seated: ClassRoom, personas: County) -> None:
    leaves.grant(leave=ask(seated), by=personas.users["trainer"])
    told = json.dumps([(row.detail, row.reason) for row in AuditEntry.objects.all()], ensure_ascii=False)
    assert "leave" in told and ILLNESS not in told
    notices = Notice.objects.filter(kind="training.leave")
    assert {notice.user for notice in notices} >= {personas.users["trainer"]}
    assert {notice.member for notice in notices} >= {seated.people[3]}
    assert not any(ILLNESS in notice.body for notice in notices)


def test_nobody_allows_himself_to_stay_away(seated: ClassRoom, personas: County) -> None:
    own = seated.people[0]
    Member.objects.filter(pk=own.pk).update(user=personas.users["trainer"])
    own.refresh_from_db()
    row = ask(seated, 0)
    trainer = personas.users["trainer"]
    with refused("leave-own"):
        leaves.grant(leave=row, by=trainer)
    with refused("leave-own"):
        leaves.refuse(leave=row, answer="不行", by=trainer)
    with refused("leave-own"):
        leaves.enter(training=seated.training, session=seated.first, member=own, reason=ILLNESS, by=trainer)
    assert marks(seated.training) == []


def test_a_refusal_needs_words_and_marks_nothing(seated: ClassRoom, personas: County) -> None:
    row = ask(seated)
    with refused("reason"):
        leaves.refuse(leave=row, answer=" ", by=personas.users["town"])
    leaves.refuse(leave=row, answer="当天要考核", by=personas.users["town"])
    assert marks(seated.training) == []
    assert "当天要考核" in Notice.objects.get(kind="training.leave", member=seated.people[3]).body
    with refused("moved-on"):
        leaves.grant(leave=row, by=personas.users["town"])


def test_one_waits_at_a_time_and_may_be_taken_back(seated: ClassRoom) -> None:
    row = ask(seated)
    with refused("leave-open"):
        ask(seated, whole=True)
    leaves.withdraw(leave=row, by=seated.people[3].user)
    assert ask(seated, whole=True).state == "asked"


def test_a_session_that_is_called_off_takes_what_was_asked_of_it_along(seated: ClassRoom) -> None:
    ask(seated)
    core.remove_session(session=seated.first, by=None)
    assert not Leave.objects.exists()


def test_what_is_granted_is_not_asked_again(seated: ClassRoom, personas: County) -> None:
    leaves.grant(leave=ask(seated, whole=True), by=personas.users["trainer"])
    for whole in (True, False):
        with refused("leave-granted"):
            ask(seated, whole=whole)


def test_what_is_over_who_has_no_seat_and_who_gives_no_reason_is_turned_away(
    seated: ClassRoom, personas: County, week_before: time_machine.Coordinates
) -> None:
    member = seated.people[3]
    with refused("leave-reason"):
        leaves.ask(training=seated.training, session=None, member=member, reason=" ", by=None)
    core.cancel_enrolment(training=seated.training, member=seated.people[0], by=None)
    with refused("not-enrolled"):
        ask(seated, 0)
    week_before.move_to(seated.first.ends_at + dt.timedelta(minutes=1))
    with refused("leave-over"):
        ask(seated)
    leaves.grant(leave=ask(seated, whole=True), by=personas.users["trainer"])
    assert {row.session for row in Attendance.objects.all()} == {seated.second}


def test_who_was_there_is_not_on_leave_unless_the_roster_says_so(
    seated: ClassRoom, personas: County, week_before: time_machine.Coordinates
) -> None:
    row = ask(seated)
    week_before.move_to(seated.first.starts_at)
    core.mark(session=seated.first, marks={seated.people[3].pk: "present"}, by=None)
    with refused("has-attendance"):
        leaves.grant(leave=row, by=personas.users["town"])
    leaves.enter(
        training=seated.training,
        session=seated.first,
        member=seated.people[3],
        reason="",
        by=personas.users["trainer"],
    )
    assert marks(seated.training) == ["leave"]
    assert Leave.objects.get().state == "granted"


def test_the_service_marks_no_leave_that_nobody_allowed(seated: ClassRoom, personas: County) -> None:
    with refused("leave-reason"):
        core.mark(session=seated.first, marks={seated.people[0].pk: "leave"}, by=personas.users["trainer"])


def test_an_appeal_for_leave_leaves_its_reason_and_who_granted_it(
    seated: ClassRoom, personas: County, week_before: time_machine.Coordinates
) -> None:
    week_before.move_to(seated.second.ends_at + dt.timedelta(hours=1))
    seated.close()
    member = seated.people[3]
    row = appeals.send(session=seated.first, member=member, wanted="leave", reason="家中农忙", by=member.user)
    appeals.decide(appeal=row, grant=True, answer="属实", by=personas.users["town"])
    found = Leave.objects.get()
    assert (found.reason, found.decided_by, Appeal.objects.get().state) == (
        "家中农忙",
        personas.users["town"],
        "granted",
    )


def test_the_archive_holds_a_list_of_leave_only_when_there_was_any(
    seated: ClassRoom, personas: County, week_before: time_machine.Coordinates
) -> None:
    def listed() -> bytes:
        training = Training.objects.get(pk=seated.training.pk)
        return next(part for part in packages.parts(training) if "请假" in part.name).data()

    assert listed() == b""
    leaves.grant(leave=ask(seated), by=personas.users["trainer"])
    week_before.move_to(seated.second.ends_at + dt.timedelta(hours=1))
    seated.close()
    assert listed().startswith(b"%PDF")


# -- what the database knows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("leave_has_reason", {"reason": ""}),
        ("leave_decided_by_somebody", {"state": "granted"}),
        ("leave_decided_by_somebody", {"decided": True}),
        ("leave_not_ones_own", {"state": "granted", "decided": True, "own": True}),
    ],
)
def test_the_database_refuses(seated: ClassRoom, personas: County, name: str, broken: dict[str, object]) -> None:
    values = {"reason": ILLNESS, "state": "asked", **broken}
    if values.pop("decided", False):
        values |= {"decided_by": personas.users["town"], "decided_at": clock.now()}
    if values.pop("own", False):
        values["account"] = personas.users["town"]
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Leave.objects.create(training=seated.training, member=seated.people[0], asked_at=clock.now(), **values)


def test_the_database_lets_one_wait(seated: ClassRoom) -> None:
    ask(seated)
    with pytest.raises(IntegrityError), transaction.atomic():
        Leave.objects.create(training=seated.training, member=seated.people[3], reason="因事", asked_at=clock.now())


# -- pages ---------------------------------------------------------------------------------------


def test_a_member_asks_and_the_trainer_grants_by_their_pages(login: Login, seated: ClassRoom) -> None:
    client, trainer = login("member"), login("trainer")
    own = reverse("own-leave", args=[seated.training.uuid])
    assert own in client.get(reverse("training-choices")).text
    assert client.post(own, {"session": seated.first.pk, "reason": ILLNESS}).status_code == 302
    assert "待批" in client.get(own).text
    row = Leave.objects.get()
    assert ILLNESS in trainer.get(reverse("matter-list")).text
    assert ILLNESS in login("town").get(reverse("training-filling", args=[seated.training.uuid])).text
    desk = reverse("training-leaves", args=[seated.training.uuid])
    assert ILLNESS in trainer.get(desk).text
    trainer.post(reverse("leave-decide", args=[row.uuid]), {"answer": ""})
    assert marks(seated.training) == ["leave"]
    assert "已准假" in client.get(own).text
    assert ILLNESS in trainer.get(reverse("training-overview", args=[seated.training.uuid])).text
    sheet = reverse("session-sheet", args=[seated.training.uuid, seated.first.pk])
    assert ILLNESS in trainer.get(sheet).text


def test_a_member_takes_his_own_request_back_and_no_other(login: Login, seated: ClassRoom) -> None:
    own, other = ask(seated), ask(seated, 0)
    client = login("member")
    assert client.post(reverse("own-leave-withdraw", args=[other.uuid])).status_code == 404
    client.post(reverse("own-leave-withdraw", args=[own.uuid]))
    assert set(Leave.objects.values_list("member__name", "state")) == {("王秀英", "withdrawn"), ("李大山", "asked")}


def test_the_desk_enters_a_leave_for_somebody_without_a_telephone(
    login: Login, seated: ClassRoom, personas: County
) -> None:
    desk = reverse("training-leaves", args=[seated.training.uuid])
    posted = {"member": seated.people[1].code, "session": seated.first.pk, "reason": ""}
    assert login("town").post(desk, posted).status_code == 422
    login("town").post(desk, {**posted, "reason": "因病"})
    found = Leave.objects.get()
    assert (found.state, found.decided_by, found.asked_by) == (
        "granted",
        personas.users["town"],
        personas.users["town"],
    )
    assert marks(seated.training) == ["leave"]


def test_a_tap_on_leave_asks_for_the_reason_and_saves_it_with_one(login: Login, seated: ClassRoom) -> None:
    code = seated.people[0].code
    url = reverse("session-mark", args=[seated.training.uuid, seated.first.pk, code])
    client = login("trainer")
    row = client.post(url, {f"status-{code}": "leave", f"reason-{code}": ""})
    assert row.status_code == 200 and "写了事由才记上" in row.text and marks(seated.training) == []
    row = client.post(url, {f"status-{code}": "leave", f"reason-{code}": "因事"})
    assert "写了事由才记上" not in row.text and "因事" in row.text
    assert marks(seated.training) == ["leave"]


def test_without_scripts_a_leave_without_a_reason_is_named_and_the_others_are_saved(
    login: Login, seated: ClassRoom
) -> None:
    one, two, three = (person.code for person in seated.people[:3])
    url = reverse("session-save", args=[seated.training.uuid, seated.first.pk])
    posted = {
        f"status-{one}": "absent",
        f"status-{two}": "leave",
        f"status-{three}": "leave",
        f"reason-{three}": "因公",
    }
    page = login("trainer").post(url, posted, follow=True).text
    assert "还没有记：单春花" in page
    assert set(Attendance.objects.values_list("member__name", "status")) == {("李大山", "absent"), ("曾小河", "leave")}
