"""Flagged watching: nothing is taken off silently, whoever decides says why, and the member may appeal (domain §7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from courses import flags, reviews, rules, services
from courses.models import LessonPage
from courses.reviews import ReviewError
from courses.watch_models import WatchFlag
from lms.members.models import AuditEntry, Member, User
from lms.notices.models import Notice
from lms.reports import audit
from tests.conftest import County
from tests.courses.conftest import Player
from tests.courses.test_forged_beats import hours
from tests.factories import MINUTE, make_course

Play = Callable[[Member, LessonPage], Player]
Login = Callable[[str], Client]


@pytest.fixture
def own(personas: County) -> Member:
    return Member.objects.get(user__username="member")


@pytest.fixture
def flag(tiers: None, own: Member, play: Play) -> WatchFlag:
    """A lesson that was watched to its end, twenty minutes of it without a line."""
    player = play(own, make_course(30)[0])
    player.wait(8 * MINUTE)
    for start in range(0, 8 * MINUTE, 10_000):
        player.send(start, start + 10_000, offline=True)
    player.position = 8 * MINUTE
    player.play(22 * MINUTE)
    assert hours(own) == "1.00"
    return WatchFlag.objects.get()


def sound() -> bool:
    return not audit.run().violations


def test_a_flag_takes_nothing_away(flag: WatchFlag, own: Member) -> None:
    assert flag.kind == "offline"
    assert flag.milliseconds == 8 * MINUTE - rules.CARRY_MS
    assert hours(own) == "1.00"


def test_what_is_taken_off_comes_back_when_it_is_cleared(flag: WatchFlag, own: Member, personas: County) -> None:
    town = personas.users["town"]
    reviews.void(flag=flag, reason="本人承认没有在看", by=town)
    assert hours(own) == "0"
    assert sound()
    reviews.clear(flag=flag, reason="重新核实，确在学习", by=town)
    assert hours(own) == "1.00"
    assert sound()
    acts = AuditEntry.objects.filter(action__startswith="watch.").values_list("action", flat=True)
    assert list(acts) == ["watch.voided", "watch.cleared"] or set(acts) == {"watch.voided", "watch.cleared"}


def test_another_flag_of_the_session_keeps_it_off(flag: WatchFlag, own: Member, personas: County) -> None:
    town = personas.users["town"]
    flags.note(flag.session, WatchFlag.Kind.MACHINE)
    other = WatchFlag.objects.get(kind="machine")
    reviews.void(flag=flag, reason="一", by=town)
    reviews.void(flag=other, reason="二", by=town)
    reviews.clear(flag=flag, reason="", by=town)
    assert hours(own) == "0"
    reviews.clear(flag=other, reason="", by=town)
    assert hours(own) == "1.00"


@pytest.mark.parametrize("who", ["secretary", "auditor", "member", "trainer"])
def test_only_the_levels_above_decide(flag: WatchFlag, personas: County, who: str) -> None:
    with pytest.raises(ReviewError, match="own"):
        reviews.void(flag=flag, reason="x", by=personas.users[who])


def test_nobody_decides_on_his_own(flag: WatchFlag, own: Member, personas: County) -> None:
    Member.objects.filter(pk=own.pk).update(user=None)
    Member.objects.filter(pk=own.pk).update(user=personas.users["town"])
    with pytest.raises(ReviewError, match="own"):
        reviews.clear(flag=flag, reason="", by=User.objects.get(username="town"))


def test_a_reason_is_needed(flag: WatchFlag, personas: County) -> None:
    with pytest.raises(ReviewError, match="no-reason"):
        reviews.void(flag=flag, reason="  ", by=personas.users["town"])
    reviews.void(flag=flag, reason="x", by=personas.users["town"])
    with pytest.raises(ReviewError, match="decided"):
        reviews.void(flag=flag, reason="x", by=personas.users["town"])


def test_the_member_appeals_within_fifteen_days(
    flag: WatchFlag, own: Member, personas: County, traveller: time_machine.Coordinates
) -> None:
    assert own.user is not None
    with pytest.raises(ReviewError, match="not-yours"):
        reviews.appeal(flag=flag, text="我在看", by=own.user)
    reviews.void(flag=flag, reason="x", by=personas.users["town"])
    traveller.shift(dt.timedelta(days=15))
    reviews.appeal(flag=flag, text="我在看", by=own.user)
    assert hours(own) == "0"
    reviews.clear(flag=flag, reason="属实", by=personas.users["county"])
    assert hours(own) == "1.00"


def test_after_fifteen_days_it_is_too_late(
    flag: WatchFlag, own: Member, personas: County, traveller: time_machine.Coordinates
) -> None:
    assert own.user is not None
    reviews.void(flag=flag, reason="x", by=personas.users["town"])
    traveller.shift(dt.timedelta(days=15, seconds=1))
    with pytest.raises(ReviewError, match="too-late"):
        reviews.appeal(flag=flag, text="我在看", by=own.user)


def test_from_the_inbox_to_the_members_screen_and_back(flag: WatchFlag, own: Member, login: Login) -> None:
    assert own.name in login("town").get("/desk/watching/").content.decode()
    address = f"/watching/{flag.pk}/"
    assert login("town").post(address, {"act": "void", "reason": ""}).status_code == 422
    assert login("town").post(address, {"act": "void", "reason": "没有在看"}).status_code == 302
    assert own.name not in login("town").get("/desk/watching/").content.decode()
    assert own.name in login("town").get("/desk/watching/?state=voided").content.decode()
    home = login("member").get("/learn/").content.decode()
    assert address in home
    assert "没有在看" in login("member").get(address).content.decode()
    assert login("member").post(address, {"act": "appeal", "reason": "当时停电"}).status_code == 302
    assert own.name in login("county").get("/desk/watching/").content.decode()
    assert "当时停电" in login("county").get(address).content.decode()
    assert login("county").get("/desk/watching/?format=xlsx").status_code == 200
    assert login("member").get("/desk/watching/").status_code == 404


def test_sessions_opened_over_and_over_are_flagged(tiers: None, own: Member, play: Play) -> None:
    lesson = make_course(20)[0]
    for _again in range(flags.MANY_RESTARTS):
        play(own, lesson).wait(5_000)
    assert WatchFlag.objects.get().kind == "restarts"


def test_too_fast_is_flagged_by_the_minute_not_by_the_beat(tiers: None, own: Member, play: Play) -> None:
    player = play(own, make_course(60)[0])
    for start in range(0, 10 * MINUTE, 20_000):
        player.wait(10_000)
        player.send(start, start + 20_000)
    flag = WatchFlag.objects.get()
    assert flag.kind == "too-fast"
    assert flag.times <= 5


def test_a_person_credits_what_was_too_long_without_a_line(
    tiers: None, own: Member, play: Play, personas: County, login: Login
) -> None:
    player = play(own, make_course(40)[0])
    player.wait(45 * MINUTE)
    for start in range(0, 40 * MINUTE, 10_000):
        player.send(start, start + 10_000, offline=True)
        if player.asked:
            player.asked = services.confirm_presence(player.token, offline=True).ask
    services.finish(player.token)
    assert hours(own) == "0"
    flag = WatchFlag.objects.get()
    assert flag.kind == "offline"
    town = personas.users["town"]
    with pytest.raises(ReviewError, match="no-reason"):
        reviews.credit(flag=flag, reason=" ", by=town)
    with pytest.raises(ReviewError, match="own"):
        reviews.credit(flag=flag, reason="在学", by=personas.users["secretary"])
    address = f"/watching/{flag.pk}/"
    assert "补认 10 分钟" in login("town").get(address).content.decode()
    assert login("town").post(address, {"act": "credit", "reason": "当天停电，本人在学"}).status_code == 302
    assert hours(own) == "1.00"
    assert sound()
    entry = AuditEntry.objects.get(action="watch.credited")
    assert entry.actor_id == town.pk
    with pytest.raises(ReviewError, match="nothing-held"):
        reviews.credit(flag=flag, reason="再来", by=town)
    flag.refresh_from_db()
    reviews.void(flag=flag, reason="查明不在", by=town)
    assert hours(own) == "0"
    assert sound()


def test_what_comes_in_after_a_decision_waits_again(tiers: None, own: Member, play: Play, personas: County) -> None:
    player = play(own, make_course(60)[0])
    player.wait(33 * MINUTE)
    for start in range(0, 32 * MINUTE, 10_000):
        player.send(start, start + 10_000, offline=True)
        if player.asked:
            player.asked = services.confirm_presence(player.token, offline=True).ask
    flag = reviews.clear(flag=WatchFlag.objects.get(), reason="", by=personas.users["town"])
    player.send(32 * MINUTE, 33 * MINUTE, offline=True)
    flag.refresh_from_db()
    assert flag.state == "open"


def test_an_appeal_is_decided_by_somebody_else_and_once(flag: WatchFlag, own: Member, personas: County) -> None:
    assert own.user is not None
    town, county = personas.users["town"], personas.users["county"]
    reviews.void(flag=flag, reason="x", by=town)
    reviews.appeal(flag=flag, text="我在看", by=own.user)
    flag.refresh_from_db()
    assert not reviews.may_decide(town, flag)
    for act in (reviews.clear, reviews.void):
        with pytest.raises(ReviewError, match="appealed"):
            act(flag=flag, reason="y", by=town)
    reviews.void(flag=flag, reason="仍不认可", by=county)
    flag.refresh_from_db()
    assert not reviews.may_appeal(own.user, flag)
    with pytest.raises(ReviewError, match="final"):
        reviews.appeal(flag=flag, text="再申诉", by=own.user)
    with pytest.raises(ReviewError, match="final"):
        reviews.clear(flag=flag, reason="改主意", by=county)


def test_the_database_wants_another_person_for_an_appeal(flag: WatchFlag, own: Member, personas: County) -> None:
    assert own.user is not None
    reviews.void(flag=flag, reason="x", by=personas.users["town"])
    reviews.appeal(flag=flag, text="我在看", by=own.user)
    with pytest.raises(IntegrityError, match="watch_flag_appeal_decided_by_another"), transaction.atomic():
        WatchFlag.objects.filter(pk=flag.pk).update(state="cleared")


def test_the_member_is_told_of_both(flag: WatchFlag, own: Member, personas: County) -> None:
    assert own.user is not None
    reviews.void(flag=flag, reason="没有在看", by=personas.users["town"])
    taken = Notice.objects.get(kind="watching.voided", member=own)
    assert "没有在看" in taken.body
    assert taken.link == f"/watching/{flag.pk}/"
    reviews.appeal(flag=flag, text="我在看", by=own.user)
    reviews.clear(flag=flag, reason="属实", by=personas.users["county"])
    told = Notice.objects.get(kind="watching.appeal", member=own)
    assert "学时已恢复" in told.body
    assert Notice.objects.filter(member=own, kind__startswith="watching").count() == 2


def test_the_navigation_counts_what_waits(flag: WatchFlag, personas: County, login: Login) -> None:
    mark = '<span class="nav-count"'
    assert mark in login("town").get("/desk/watching/").content.decode()
    assert mark not in login("auditor").get("/desk/watching/").content.decode(), "who may not decide is not waited for"
    reviews.clear(flag=flag, reason="", by=personas.users["town"])
    assert mark not in login("town").get("/desk/watching/").content.decode()
