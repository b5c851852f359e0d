"""Issue 5: calendars and feeds. A packaged program (khal) takes the feed: sessions, moves, cancellations, time zone."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import urllib.request
from pathlib import Path

import icalendar
import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from lms.members.models import RoleGrant
from lms.training import services
from lms.training.models import Base, CalendarFeed, Expert, Training
from lms.training.planning import calendars
from lms.training.services import SessionPlan, plan_of
from tests.conftest import County
from tests.factories import make_grant, make_user
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on
from tests.training.test_views import Login

pytestmark = pytest.mark.django_db


def fetched(token: str) -> list[icalendar.Event]:
    """What a program without a sign-in gets."""
    answer = Client().get(reverse("calendar-ics", args=[token]))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_feed_says_when_where_and_keeps_its_uid_through_moves(classroom: ClassRoom, personas: County) -> None:
    _feed, token = calendars.subscribe(owner=personas.users["trainer"], kind="own")
    first, second = fetched(token)
    assert first.start == on(FIRST_DAY, 8, 30)
    assert first["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert first["STATUS"] == "CONFIRMED" and first["SEQUENCE"] == 0
    later = SessionPlan(on(NEXT_DAY, 14, 30), on(NEXT_DAY, 17, 30), "half_day", "修剪与嫁接")
    services.update_session(session=classroom.second, plan=later, by=None)
    moved = fetched(token)[1]
    assert (moved["UID"], moved["SEQUENCE"], moved.start) == (second["UID"], 1, on(NEXT_DAY, 14, 30))
    services.cancel_training(training=classroom.training, reason="下雨", by=None)
    assert [(event["UID"], event["STATUS"], event["SEQUENCE"]) for event in fetched(token)] == [
        (first["UID"], "CANCELLED", 1),
        (second["UID"], "CANCELLED", 2),
    ]


def test_a_feed_shows_what_its_owner_may_read_now(classroom: ClassRoom, personas: County, orchard: Base) -> None:
    """Own: what he goes to. Unit: all below it. Base: what takes place there. A role that ended closes what it opened."""
    visit = services.plan_training(
        kind="visit",
        unit=personas.other_town,
        title="柳河镇参观",
        category="skills",
        base=orchard,
        capacity=20,
        sessions=[plan_of(classroom.first)],
        by=None,
    )
    county, town = personas.users["county"], personas.users["town"]

    def titles(owner: object, **about: object) -> list[str]:
        feed, _token = calendars.subscribe(owner=owner, **about)  # type: ignore[arg-type]
        return [row.training.title for row in calendars.sessions_of(feed)]

    klass = classroom.training.title
    assert sorted(titles(county, kind="unit", unit=personas.root)) == sorted([klass, klass, visit.title])
    assert titles(county, kind="base", base=orchard) == [visit.title]
    assert titles(town, kind="base", base=orchard) == [visit.title]  # of another town, to the base that this one keeps
    assert titles(personas.users["secretary"], kind="base", base=orchard) == []
    assert titles(town, kind="unit", unit=personas.root) == [klass, klass]
    services.enrol(training=visit, member=personas.users["member"].member, by=None)
    assert titles(personas.users["member"], kind="own") == [visit.title]
    RoleGrant.objects.filter(user=town).delete()
    feed = CalendarFeed.objects.filter(owner=town, kind="unit").latest("pk")
    assert not calendars.sessions_of(feed).exists()


def test_a_revoked_feed_and_none_read_the_same(personas: County) -> None:
    owner = personas.users["trainer"]
    feed, token = calendars.subscribe(owner=owner, kind="own")
    assert token not in feed.token_hash
    calendars.revoke(feed=feed, by=owner)
    for dead in (token, "nothing"):
        assert Client().get(reverse("calendar-ics", args=[dead])).status_code == 404
    _feed, token = calendars.subscribe(owner=owner, kind="own")
    owner.is_active = False
    owner.save()
    assert Client().get(reverse("calendar-ics", args=[token])).status_code == 404


def test_feeds_are_opened_and_closed_on_their_page(classroom: ClassRoom, personas: County, login: Login) -> None:
    town = login("town")
    page = reverse("calendar-feeds")
    answer = town.post(page, {"kind": "unit", "unit": "C-T01"}, follow=True)
    address = answer.context["address"]
    assert len(list(icalendar.Calendar.from_ical(Client().get(address).content).walk("VEVENT"))) == 2
    assert town.get(page).context["address"] == ""  # told once
    assert town.post(page, {"kind": "unit"}).status_code == 422
    assert town.post(page, {"kind": "unit", "unit": "C-T02"}).status_code == 422
    feed = CalendarFeed.objects.get()
    assert login("trainer").post(reverse("calendar-feed-revoke", args=[feed.pk])).status_code == 404
    town.post(reverse("calendar-feed-revoke", args=[feed.pk]))
    assert Client().get(address).status_code == 404


def khal(home: Path, *words: str) -> str:
    """Run the calendar program with a calendar of its own, in another time zone's day but telling ours."""
    config = home / "config"
    config.write_text(
        f"[calendars]\n[[xiangxue]]\npath = {home}/calendar\n"
        "[locale]\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        "local_timezone = Asia/Urumqi\ndefault_timezone = Asia/Urumqi\n"
        f"[sqlite]\npath = {home}/khal.db\n"
    )
    (home / "calendar").mkdir(exist_ok=True)
    program = Path(sys.executable).parent / "khal"
    environment = {"HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    command = [str(program), "-c", str(config), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_real_calendar_program_takes_the_feed(classroom: ClassRoom, personas: County, tmp_path: Path) -> None:
    """Asia/Urumqi is two hours behind Asia/Shanghai: 08:30 with us is 06:30 there, if the time zone was understood."""
    _feed, token = calendars.subscribe(owner=personas.users["trainer"], kind="own")
    file = tmp_path / "feed.ics"

    def taken() -> list[str]:
        file.write_bytes(Client().get(reverse("calendar-ics", args=[token])).content)
        khal(tmp_path, "import", "--batch", "-a", "xiangxue", str(file))
        line = "{start-date} {start-time}-{end-time} {title} {status}"
        shown = khal(tmp_path, "list", "--day-format", "", "--format", line, "2026-03-01", "31d")
        return [row.strip() for row in shown.splitlines() if row.strip()]

    assert taken() == [
        "2026-03-05 06:30-09:30 葡萄栽培培训班 · 修剪与嫁接 CONFIRMED",
        "2026-03-06 06:30-09:30 葡萄栽培培训班 · 修剪与嫁接 CONFIRMED",
    ]
    later = SessionPlan(on(NEXT_DAY, 14, 30), on(NEXT_DAY, 17, 30), "half_day", "修剪与嫁接")
    services.update_session(session=classroom.second, plan=later, by=None)
    assert taken()[1] == "2026-03-06 12:30-15:30 葡萄栽培培训班 · 修剪与嫁接 CONFIRMED"
    extra = SessionPlan(on(NEXT_DAY, 19), on(NEXT_DAY, 20), "clock", "答疑")
    session = services.add_session(training=classroom.training, plan=extra, by=None)
    assert taken()[2] == "2026-03-06 17:00-18:00 葡萄栽培培训班 · 答疑 CONFIRMED"
    services.remove_session(session=session, by=None)
    assert taken()[2] == "2026-03-06 17:00-18:00 葡萄栽培培训班 · 答疑 CANCELLED"
    assert taken()[0].endswith("CONFIRMED")
    services.cancel_training(training=classroom.training, reason="下雨", by=None)
    assert [row.rpartition(" ")[2] for row in taken()] == ["CANCELLED", "CANCELLED", "CANCELLED"]


def test_what_was_taken_off_keeps_its_uid_and_counts_up(classroom: ClassRoom, personas: County) -> None:
    feeds = [
        calendars.subscribe(owner=personas.users[who], **about)
        for who, about in (("trainer", {"kind": "own"}), ("town", {"kind": "unit", "unit": personas.town}))
    ]
    before = {event["UID"]: event["SEQUENCE"] for event in fetched(feeds[0][1])}
    services.remove_session(session=classroom.second, by=None)
    for _feed, token in feeds:
        kept, gone = fetched(token)
        assert (kept["STATUS"], gone["STATUS"]) == ("CONFIRMED", "CANCELLED")
        assert gone["SEQUENCE"] == before[gone["UID"]] + 1
        assert gone.start == on(NEXT_DAY, 8, 30)
    _feed, token = calendars.subscribe(owner=personas.users["member"], kind="own")
    assert fetched(token) == []  # who never had it is not told that it is off


def test_the_row_that_is_kept_of_a_session_ends_after_it_starts(classroom: ClassRoom) -> None:
    gone = calendars.bury(classroom.second)
    gone.ends_at = gone.starts_at
    with pytest.raises(IntegrityError, match="removed_ends_after_start"):
        gone.save()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_feeds_of_a_town_and_of_a_base_by_http_from_a_running_site(
    live_server: LiveServer, personas: County, tmp_path: Path
) -> None:
    """A client of its own asks over the wire; the calendar program takes what it got, twice, a move between."""
    town, other = personas.town, personas.other_town
    base = Base.objects.create(code="JD01", name="石桥葡萄基地", kind="industry", unit=town)
    fields = {"category": "skills", "capacity": 20, "by": None}
    late = SessionPlan(on(FIRST_DAY, 14), on(FIRST_DAY, 16))
    visit = services.plan_training(kind="visit", unit=other, title="柳河参观", base=base, sessions=[late], **fields)
    services.plan_training(kind="class", unit=town, title="嫁接", sessions=[plan_of(visit.sessions.get())], **fields)
    owner = personas.users["town"]
    _feed, of_town = calendars.subscribe(owner=owner, kind="unit", unit=town)
    _feed, of_base = calendars.subscribe(owner=owner, kind="base", base=base)

    def shown(token: str, name: str) -> list[str]:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        address = live_server.url + reverse("calendar-ics", args=[token])
        with urllib.request.urlopen(address, timeout=60) as answer:  # our own server
            assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
            (home / "feed.ics").write_bytes(answer.read())
        khal(home, "import", "--batch", "-a", "xiangxue", str(home / "feed.ics"))
        line = "{start-date} {start-time} {title} {location} {status}"
        listed = khal(home, "list", "--day-format", "", "--format", line, "2026-03-01", "31d")
        return [row.strip() for row in listed.splitlines() if row.strip()]

    assert shown(of_town, "town") == ["2026-03-05 12:00 嫁接  CONFIRMED"]
    assert shown(of_base, "base") == ["2026-03-05 12:00 柳河参观 石桥葡萄基地 CONFIRMED"]
    moved = SessionPlan(on(NEXT_DAY, 14), on(NEXT_DAY, 16))
    services.update_session(session=visit.sessions.get(), plan=moved, by=None)
    assert shown(of_base, "base") == ["2026-03-06 12:00 柳河参观 石桥葡萄基地 CONFIRMED"]


# -- the pages ------------------------------------------------------------------------------


def test_the_calendar_shows_sessions_by_month_and_week(classroom: ClassRoom, personas: County, login: Login) -> None:
    town = login("town")
    month = town.get(reverse("calendar"), {"day": "2026-03-20"})
    shown = {one.date: len(one.sessions) for one in month.context["days"] if one.sessions}
    assert shown == {FIRST_DAY: 1, NEXT_DAY: 1}
    assert len(month.context["days"]) % 7 == 0
    week = town.get(reverse("calendar"), {"day": "2026-03-20", "view": "week"})
    assert [one.date for one in week.context["days"]] == [dt.date(2026, 3, 16) + dt.timedelta(days=n) for n in range(7)]
    services.cancel_training(training=classroom.training, reason="下雨", by=None)
    empty = town.get(reverse("calendar"), {"day": "2026-03-20"})
    assert not any(one.sessions for one in empty.context["days"])
    assert town.get(reverse("calendar"), {"day": "9999-12-31"}).status_code == 404


def test_the_calendar_of_a_base_and_of_a_trainer(
    classroom: ClassRoom, personas: County, orchard: Base, login: Login
) -> None:
    def count(**chosen: object) -> int:
        answer = login("county").get(reverse("calendar"), {"day": "2026-03-05", **chosen})
        return sum(len(one.sessions) for one in answer.context["days"])

    assert (count(), count(base=orchard.code), count(trainer=personas.users["trainer"].pk)) == (2, 0, 2)
    expert = Expert.objects.create(unit=personas.town, name="方志远")
    classroom.second.experts.add(expert)
    assert count(expert=expert.pk) == 1


def test_who_keeps_a_base_sees_the_visits_of_other_towns(
    classroom: ClassRoom, personas: County, orchard: Base, login: Login
) -> None:
    """In the calendar by base, and on the base's page, with the way to the visit's own page; others of that town stay away."""
    fields = {"unit": personas.other_town, "category": "skills", "by": None, "sessions": [plan_of(classroom.first)]}
    visit = services.plan_training(kind="visit", title="柳河镇参观", base=orchard, capacity=9, **fields)
    services.plan_training(kind="class", title="柳河镇内部", **fields)
    record = reverse("visit-record", args=[visit.uuid])
    for page in (
        login("town").get(reverse("calendar"), {"day": "2026-03-05", "base": orchard.code}),
        login("town").get(reverse("base-detail", args=[orchard.code])),
    ):
        assert "柳河镇参观" in page.content.decode() and "柳河镇内部" not in page.content.decode()
        assert record in page.content.decode()
        assert reverse("training-detail", args=[visit.uuid]) not in page.content.decode()
    assert login("town").get(record).status_code == 200
    for page in (
        login("secretary").get(reverse("calendar"), {"day": "2026-03-05", "base": orchard.code}),
        login("secretary").get(reverse("base-detail", args=[orchard.code])),
    ):
        assert "柳河镇参观" not in page.content.decode()


def test_a_session_over_midnight_is_on_both_days(personas: County) -> None:
    training = services.plan_training(
        kind="class",
        unit=personas.town,
        title="夜巡",
        category="skills",
        sessions=[SessionPlan(on(FIRST_DAY, 22), on(NEXT_DAY, 2))],
        by=None,
    )
    rows = calendars.sessions(personas.users["town"])
    days = calendars.days(rows, dt.date(2026, 3, 4), dt.date(2026, 3, 8))
    assert [len(one.sessions) for one in days] == [0, 1, 1, 0, 0]
    assert Training.objects.get() == training


def test_a_member_sees_where_he_goes_without_a_link_he_may_not_open(
    classroom: ClassRoom, personas: County, login: Login
) -> None:
    services.enrol(training=classroom.training, member=personas.users["member"].member, by=None)
    page = login("member").get(reverse("calendar"), {"day": "2026-03-05"}).content.decode()
    assert classroom.training.title in page
    assert reverse("training-detail", args=[classroom.training.uuid]) not in page


def test_what_the_neighbours_plan_is_not_in_the_calendar(classroom: ClassRoom, personas: County) -> None:
    neighbour = make_user("neighbour")
    make_grant(neighbour, RoleGrant.Role.TOWN_ADMIN, personas.other_town)
    assert not calendars.sessions(neighbour).exists()
