"""Carrying notices out: a real server takes them; quiet hours, one digest, retry without doubles, parked after four."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.utils import timezone

from lms.notices import channels, sending
from lms.notices.models import Channel, Delivery, Message, Preference
from tests.conftest import County
from tests.factories import make_member, make_user
from tests.notices.conftest import NOON, SECRET, at, open_channel, tell, with_phone
from tests.notices.gateway import Gateway

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def drain_at(moment: dt.datetime) -> int:
    with at(moment):
        return sending.drain()


def test_the_gateway_gets_a_signed_message_with_its_key(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    with at(NOON):
        tell(with_phone(tree.branch))
    assert drain_at(NOON + 5 * MINUTE) == 1
    message = Message.objects.get()
    (taken,) = gateway.taken
    assert taken["body"]["to"] == "13800000001"
    assert taken["body"]["text"].startswith("您已报名：葡萄修剪\n时间：11月27日 09:00")
    assert taken["body"]["key"] == taken["headers"]["Idempotency-Key"] == str(message.uuid)
    signed = taken["headers"]["X-Xiangxue-Timestamp"].encode() + b"." + taken["raw"]
    right = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert taken["headers"]["X-Xiangxue-Signature"] == f"sha256={right}"
    assert (message.state, message.external_id, message.attempts) == ("sent", "gw-1", 1)
    assert Delivery.objects.get().state == "sent"
    assert drain_at(NOON + 60 * MINUTE) == 0, "once"


def test_a_failing_gateway_is_tried_again_later_and_later_with_the_same_key(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    gateway.answers = [500, 503]
    with at(NOON):
        tell(with_phone(tree.branch))
    assert drain_at(NOON + 5 * MINUTE) == 0
    assert drain_at(NOON + 5 * MINUTE) == 0, "a minute has not passed"
    assert len(gateway.taken) == 1
    assert drain_at(NOON + 6 * MINUTE) == 0
    assert drain_at(NOON + 10 * MINUTE) == 0, "five minutes have not passed"
    assert drain_at(NOON + 11 * MINUTE) == 1
    assert len({taken["body"]["key"] for taken in gateway.taken}) == 1
    assert not Message.objects.get().uncertain


def test_four_failures_park_the_message_and_an_administrator_sends_it(
    personas: County, gateway: Gateway, client: Any
) -> None:
    open_channel("sms", gateway)
    gateway.answers = [500] * 4
    with at(NOON):
        tell(with_phone(personas.branch))
    for minutes in (5, 10, 20, 60, 120, 240):
        drain_at(NOON + minutes * MINUTE)
    message = Message.objects.get()
    assert (message.state, message.attempts, message.last_error) == ("parked", 4, "HTTP 500")
    assert len(gateway.taken) == 4
    client.force_login(personas.users["system"])
    assert "HTTP 500" in client.get("/desk/notices/").content.decode()
    with at(NOON + 300 * MINUTE):
        client.post(f"/desk/notices/messages/{message.uuid}/retry/")
        assert sending.drain() == 1


def test_what_the_gateway_refuses_is_not_tried_again(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    gateway.answers = [400]
    with at(NOON):
        tell(with_phone(tree.branch))
    drain_at(NOON + 5 * MINUTE)
    assert Message.objects.get().state == "parked"


def test_no_answer_means_one_repeat_with_the_key_marked_and_never_a_second(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    gateway.answers = [0, 0]
    with at(NOON):
        tell(with_phone(tree.branch))
    drain_at(NOON + 5 * MINUTE)
    assert Message.objects.get().uncertain
    for minutes in (10, 20, 60, 120):
        drain_at(NOON + minutes * MINUTE)
    message = Message.objects.get()
    assert (message.state, message.uncertain, len(gateway.taken)) == ("parked", True, 2)
    assert gateway.delivered == 1, "the key kept the second telephone from ringing"


def test_a_worker_killed_between_sending_and_recording_repeats_once_and_says_so(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    with at(NOON):
        tell(with_phone(tree.branch))
    with at(NOON + 5 * MINUTE):
        sending.compose()
        held = sending.claim(Message.objects.get().pk)
        assert held is not None
        channels.send(held.channel, held)  # and here the power goes
        assert sending.drain() == 0, "its lease still holds"
    assert drain_at(NOON + 20 * MINUTE) == 1
    message = Message.objects.get()
    assert (message.state, message.uncertain, message.attempts) == ("sent", True, 2)
    assert (len(gateway.taken), gateway.delivered) == (2, 1)
    assert drain_at(NOON + 60 * MINUTE) == 0


def test_a_second_death_parks_it(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    with at(NOON):
        tell(with_phone(tree.branch))
    for minutes in (5, 20):
        with at(NOON + minutes * MINUTE):
            sending.recover()
            sending.compose()
            assert sending.claim(Message.objects.get().pk) is not None
    drain_at(NOON + 40 * MINUTE)
    message = Message.objects.get()
    assert (message.state, message.uncertain) == ("parked", True)


def test_a_worker_that_overslept_records_nothing(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    with at(NOON):
        tell(with_phone(tree.branch))
    with at(NOON + 5 * MINUTE):
        sending.compose()
        late = sending.claim(Message.objects.get().pk)
    assert late is not None
    assert drain_at(NOON + 20 * MINUTE) == 1
    sending._record(late, state="parked", last_error="late")
    assert Message.objects.get().state == "sent"


# -- when ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said", "sent"),
    [
        ("training.enrolled", (20, 30), (25, 20, 35)),
        ("training.enrolled", (21, 0), (26, 7, 0)),
        ("training.enrolled", (20, 58), (26, 7, 0)),  # by the time it is gathered it is nine
        ("training.moved", (21, 30), (25, 21, 31)),
        ("training.moved", (22, 0), (26, 7, 0)),
    ],
)
def test_nobody_is_disturbed_in_quiet_hours(
    tree: County, gateway: Gateway, kind: str, said: tuple[int, int], sent: tuple[int, int, int]
) -> None:
    open_channel("sms", gateway)
    begun = dt.datetime(2026, 11, 25, *said)
    with at(begun):
        tell(with_phone(tree.branch), kind=kind)
    due = dt.datetime(2026, 11, *sent)
    moment = begun
    while moment < due - 3 * MINUTE:
        assert drain_at(moment) == 0, moment
        moment += 20 * MINUTE
    assert drain_at(due + 4 * MINUTE) == 1


def test_a_retry_waits_for_the_morning_too(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    gateway.answers = [500]
    with at(dt.datetime(2026, 11, 25, 20, 50)):
        tell(with_phone(tree.branch))
    drain_at(dt.datetime(2026, 11, 25, 20, 59, 30))
    assert timezone.localtime(Message.objects.get().next_try).replace(tzinfo=None) == dt.datetime(2026, 11, 26, 7)


def test_what_gathers_overnight_is_one_message(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    person, other = with_phone(tree.branch), with_phone(tree.branch, "李四", "13800000002")
    for hour in (21, 22, 23):
        with at(dt.datetime(2026, 11, 25, hour, 5)):
            tell(person, about=f"training:{hour}", title=f"第{hour}期")
    with at(dt.datetime(2026, 11, 25, 23, 5)):
        tell(other)
    assert drain_at(dt.datetime(2026, 11, 26, 7, 5)) == 2
    digest = next(taken["body"]["text"] for taken in gateway.taken if taken["body"]["to"] == person.mobile)
    assert digest.startswith("您有 3 条新通知\n1. 您已报名：第21期")
    assert "3. 您已报名：第23期" in digest
    assert set(Message.objects.get(to=f"member:{person.pk}").deliveries.values_list("notice__about", flat=True)) == {
        "training:21",
        "training:22",
        "training:23",
    }


# -- over what -------------------------------------------------------------------------------


def test_a_wecom_group_hears_of_an_event_once_and_those_concerned_are_mentioned(tree: County, gateway: Gateway) -> None:
    open_channel("wecom", gateway, tree.town)
    here = [with_phone(tree.branch, "张三", "13800000001"), with_phone(tree.branch2, "李四", "13800000002")]
    elsewhere = with_phone(tree.other_branch, "王五", "13800000003")
    with at(NOON):
        tell(*here, elsewhere, kind="training.moved")
    assert drain_at(NOON + 5 * MINUTE) == 1
    (taken,) = gateway.taken
    assert taken["path"] == "/send?key=k"
    assert taken["body"]["msgtype"] == "text"
    assert taken["body"]["text"]["mentioned_mobile_list"] == ["13800000001", "13800000002"]
    assert "时间或地点有变：葡萄修剪" in taken["body"]["text"]["content"]


def test_a_group_hears_nothing_that_concerns_one_person(tree: County, gateway: Gateway) -> None:
    open_channel("wecom", gateway, tree.root)
    with at(NOON):
        tell(with_phone(tree.branch), kind="claim.refused")
    assert Delivery.objects.count() == 0


def test_a_robots_errcode_is_a_failure(tree: County, gateway: Gateway) -> None:
    open_channel("wecom", gateway, tree.root)
    gateway.said = {"errcode": 45009}
    with at(NOON):
        tell(with_phone(tree.branch), kind="training.moved")
    assert drain_at(NOON + 5 * MINUTE) == 0
    assert Message.objects.get().last_error == "errcode 45009"


def test_dingtalk_signs_its_address(tree: County, gateway: Gateway) -> None:
    open_channel("dingtalk", gateway, tree.root, secret="SEC123")
    with at(NOON):
        tell(with_phone(tree.branch), kind="training.moved")
    assert drain_at(NOON + 5 * MINUTE) == 1
    asked = parse_qs(urlsplit(gateway.taken[0]["path"]).query)
    moment = asked["timestamp"][0]
    digest = hmac.new(b"SEC123", f"{moment}\nSEC123".encode(), hashlib.sha256).digest()
    assert asked["sign"][0].encode() == base64.b64encode(digest)
    assert gateway.taken[0]["body"]["at"] == {"atMobiles": ["13800000001"], "isAtAll": False}


def test_email_goes_to_who_wants_it_with_a_number_that_a_repeat_keeps(tree: County) -> None:
    open_channel("email")
    wants = make_member(tree.branch, "张三", user=make_user("a", email="a@example.cn"))
    silent = make_member(tree.branch, "李四", user=make_user("b", email="b@example.cn"))
    nowhere = make_member(tree.branch, "王五", user=make_user("c"))
    Preference.objects.create(user=silent.user, by_email=False)
    with at(NOON):
        assert tell(wants, silent, nowhere) == 3
    assert drain_at(NOON + 5 * MINUTE) == 1
    (letter,) = mail.outbox
    assert letter.to == ["a@example.cn"]
    assert letter.subject == "您已报名：葡萄修剪"
    assert str(Message.objects.get().uuid) in letter.extra_headers["Message-ID"]


# -- attack case 26 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", ""),
        ("https://oapi.dingtalk.com/robot/send", ""),
        ("https://evil.example/", "host"),
        ("https://qyapi.weixin.qq.com.evil.example/", "host"),
        ("https://qyapi.weixin.qq.com:8443/", "host"),
        ("https://qyapi.weixin.qq.com@evil.example/", "address"),
        ("http://qyapi.weixin.qq.com/", "https"),
        ("http://127.0.0.1:9000/", "host"),
        ("http://169.254.169.254/latest/", "https"),
        ("file:///secret", "address"),
        ("https://[", "address"),
    ],
)
def test_26_only_servers_that_the_operator_named_are_spoken_to(address: str, problem: str) -> None:
    assert channels.host_problem(address) == problem


def test_26_a_server_taken_off_the_list_is_spoken_to_no_more(tree: County, gateway: Gateway, settings: Any) -> None:
    open_channel("sms", gateway)
    with at(NOON):
        tell(with_phone(tree.branch))
    settings.NOTICES = {**settings.NOTICES, "hosts": []}
    assert drain_at(NOON + 5 * MINUTE) == 0
    assert gateway.taken == []
    assert Message.objects.get().state == "parked"


def test_26_a_redirect_is_not_followed(tree: County, gateway: Gateway) -> None:
    open_channel("sms", gateway)
    gateway.answers = [302]
    with at(NOON):
        tell(with_phone(tree.branch))
    assert drain_at(NOON + 5 * MINUTE) == 0
    assert [taken["path"] for taken in gateway.taken] == ["/send?key=k"]


# -- the desk --------------------------------------------------------------------------------


def test_the_desk_keeps_address_and_secret_to_itself(personas: County, gateway: Gateway, client: Any) -> None:
    client.force_login(personas.users["county"])
    address = f"http://127.0.0.1:{gateway.server_port}/send?key=sesame"
    said = {"name": "短信", "address": address, "secret": "open-sesame", "active": "on"}
    assert client.post("/desk/notices/channels/new/sms/", said).status_code == 302
    channel = Channel.objects.get()
    assert (channel.address, channel.secret) == (address, "open-sesame")
    assert "sesame" not in channel.address_sealed + channel.secret_sealed
    for page in ("/desk/notices/", f"/desk/notices/channels/{channel.pk}/"):
        assert "sesame" not in client.get(page).content.decode()
    kept = {"name": "短信二", "address": "", "secret": "", "active": "on"}
    assert client.post(f"/desk/notices/channels/{channel.pk}/", kept).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.address, channel.secret) == ("短信二", address, "open-sesame")
    foreign = {**said, "address": "https://evil.example/"}
    assert client.post(f"/desk/notices/channels/{channel.pk}/", foreign).status_code == 422


def test_a_channel_switched_off_drops_what_waits(personas: County, gateway: Gateway, client: Any) -> None:
    channel = open_channel("sms", gateway)
    with at(NOON):
        tell(with_phone(personas.branch))
        client.force_login(personas.users["county"])
        client.post(f"/desk/notices/channels/{channel.pk}/", {"name": "短信"})
        client.post(f"/desk/notices/channels/{channel.pk}/", {"name": "短信", "active": "on"})
    assert drain_at(NOON + 5 * MINUTE) == 0
    assert gateway.taken == []


def test_a_wording_is_previewed_saved_and_taken_back(personas: County, client: Any) -> None:
    client.force_login(personas.users["county"])
    address = "/desk/notices/wordings/training.enrolled/"
    typed = {"title": "报上了：{title}", "body": "{when}"}
    page = client.post(address, {**typed, "preview": "1"}).content.decode()
    assert "报上了：葡萄冬季修剪培训班" in page
    person = with_phone(personas.branch)
    tell(person)
    client.post(address, typed)
    tell(person, about="training:2")
    client.post(address, {"title": "", "body": ""})
    tell(person, about="training:3")
    assert list(person.notices.order_by("pk").values_list("title", flat=True)) == [
        "您已报名：葡萄修剪",
        "报上了：葡萄修剪",
        "您已报名：葡萄修剪",
    ]
    assert client.post(address, {"title": "{nonsense}", "body": ""}).status_code == 422
