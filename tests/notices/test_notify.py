"""Telling people: once each, in the county's words, within the caller's transaction; who reads what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from lms.members.models import Member
from lms.notices import services
from lms.notices.kinds import EXAMPLE, KINDS, PLACEHOLDERS
from lms.notices.models import Notice, Wording
from lms.notices.rules import placeholders
from lms.notices.services import notify
from tests.conftest import County
from tests.factories import make_member, make_user

MOVED = {"title": "葡萄修剪", "when": "11月27日 09:00", "before": "11月26日 09:00", "place": "桃源果园"}


def tell(*members: Member, about: str = "training:1:moved:27", **more: Any) -> int:
    return notify("training.moved", members=members, about=about, context=MOVED, by=None, **more)


def test_the_same_event_tells_a_person_once(personas: County) -> None:
    one, other = make_member(personas.branch, "张三"), make_member(personas.branch, "李四")
    assert tell(one) == 1
    assert tell(one, other, one) == 1, "only who had not been told"
    assert tell(one, about="training:1:moved:28") == 1, "another event"
    assert Notice.objects.count() == 3


def test_an_account_on_the_roster_is_told_as_member_and_only_once(personas: County, member: Member) -> None:
    officer = personas.users["town"]
    assert tell(member, users=[personas.users["member"], officer]) == 2
    assert set(Notice.objects.values_list("member_id", "user_id")) == {(member.pk, None), (None, officer.pk)}
    assert services.own(personas.users["member"]).count() == 1


def test_who_left_the_roster_is_not_told(personas: County) -> None:
    gone = make_member(personas.branch, "赵六", state=Member.State.DECEASED, state_on=dt.date(2026, 1, 1))
    assert tell(gone) == 0


def test_a_notice_of_an_act_that_did_not_happen_is_not_there(personas: County) -> None:
    person = make_member(personas.branch)
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(person)
        raise RuntimeError
    assert Notice.objects.count() == 0


def test_the_words_are_the_countys_whatever_language_the_officer_reads(personas: County) -> None:
    with translation.override("en"):
        tell(make_member(personas.branch))
    notice = Notice.objects.get()
    assert notice.title == "时间或地点有变：葡萄修剪"
    assert notice.body == "改为：11月27日 09:00\n原来：11月26日 09:00\n地点：桃源果园", "no line without a value"
    assert notice.urgent


def test_the_countys_own_wording_replaces_the_default_and_old_notices_keep_theirs(personas: County) -> None:
    person = make_member(personas.branch)
    tell(person)
    Wording.objects.create(kind="training.moved", title="改了：{title}", body="{when}{reason}")
    tell(person, about="training:2:moved")
    assert list(Notice.objects.order_by("pk").values_list("title", flat=True)) == [
        "时间或地点有变：葡萄修剪",
        "改了：葡萄修剪",
    ]


def test_an_unknown_kind_placeholder_or_foreign_link_is_an_error(personas: County) -> None:
    person = make_member(personas.branch)
    with pytest.raises(KeyError):
        notify("training.nothing", members=[person], about="x", context={}, by=None)
    with pytest.raises(ValueError, match="nonsense"):
        notify("training.moved", members=[person], about="x", context={"nonsense": "1"}, by=None)
    with pytest.raises(ValueError, match="path"):
        tell(person, link="https://example.org/")
    with pytest.raises(ValueError, match="path"):
        tell(person, link="//example.org/")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_default_wording_asks_for_names_that_exist(kind: Any) -> None:
    assert placeholders(f"{kind.title}{kind.body}") <= set(PLACEHOLDERS) == set(EXAMPLE)


def test_three_hundred_people_are_told_in_a_handful_of_queries(
    personas: County, django_assert_max_num_queries: Any
) -> None:
    people = Member.objects.bulk_create(
        Member(unit=personas.branch, code=f"M{n:05}", name=f"党员{n}") for n in range(300)
    )
    with django_assert_max_num_queries(10):
        assert tell(*people) == 300


# -- reading -----------------------------------------------------------------------------------


def test_the_bell_counts_and_the_list_marks_what_was_not_read(member: Member, login: Callable[[str], Client]) -> None:
    tell(member, link="/learn/")
    client = login("member")
    page = client.get("/notices/").content.decode()
    assert "通知，1 条未读" in page
    assert "时间或地点有变：葡萄修剪" in page
    notice = Notice.objects.get()
    answer = client.post(f"/notices/{notice.uuid}/open/")
    assert (answer.status_code, answer["Location"]) == (302, "/learn/")
    notice.refresh_from_db()
    first = notice.read_at
    assert first is not None
    client.post(f"/notices/{notice.uuid}/open/")
    notice.refresh_from_db()
    assert notice.read_at == first, "the first time counts"
    assert "条未读" not in client.get("/notices/").content.decode()


def test_only_ones_own_notices_can_be_read(personas: County, member: Member, login: Callable[[str], Client]) -> None:
    other = make_member(personas.branch, "李四", user=make_user("other"))
    tell(other)
    notice = Notice.objects.get()
    for persona in ("member", "secretary", "county", "auditor"):
        client = login(persona)
        assert client.post(f"/notices/{notice.uuid}/open/").status_code == 404
        assert "葡萄修剪" not in client.get("/notices/").content.decode()
        client.post("/notices/read/")
    notice.refresh_from_db()
    assert notice.read_at is None


def test_the_bell_costs_one_query(
    personas: County, member: Member, login: Callable[[str], Client], django_assert_num_queries: Any
) -> None:
    user = personas.users["member"]
    assert user.member == member
    with django_assert_num_queries(1):
        assert services.own(user).filter(read_at__isnull=True).count() == 0


def test_a_person_says_how_he_wants_to_be_told(member: Member, login: Callable[[str], Client]) -> None:
    client = login("member")
    answer = client.post("/notices/settings/", {"email": "wang@example.cn", "by_email": "on"})
    assert answer.status_code == 302
    member.user.refresh_from_db()
    assert member.user.email == "wang@example.cn"
    wish = member.user.notice_preference
    assert (wish.by_email, wish.by_sms, wish.by_group) == (True, False, False)
    assert client.post("/notices/settings/", {"email": "not an address"}).status_code == 422
