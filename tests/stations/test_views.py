"""The station's screen as an operator walks it, and who may open it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import LessonPage
from lms.members.models import Member
from lms.stations import audit, services
from lms.stations.models import GroupViewing, Presence, Station
from tests.conftest import County
from tests.factories import make_course, make_member
from tests.stations.conftest import Room, hours, make_station

Login = Callable[[str], Client]
NOTES = {
    "host": "王支书",
    "recorder": "小李",
    "villagers": "5",
    "discussion": "都说听得懂",
    "feedback": "",
    "application": "",
}

COLUMNS = [
    *("日期", "起止时间", "收看内容", "收看方式", "应到", "实到(党员)", "实到(群众)"),
    *("主持人", "记录人", "讨论情况", "意见反馈", "学用情况"),
]


@pytest.fixture
def held(personas: County, room: Room, people: list[Member], lesson: LessonPage) -> GroupViewing:
    """A closed viewing of an hour with two of three people."""
    room.tick(*people[:2])
    room.start(lesson)
    room.play(60)
    return room.close()


def beats(client: Client, page: str, minutes: int, traveller: time_machine.Coordinates) -> None:
    """What the player on a page sends while the film runs: the token and the address stand in the page."""
    token = page.split('data-token="')[1].split('"', maxsplit=1)[0]
    for number in range(minutes):
        traveller.shift(60)
        beat = {"token": token, "sequence": number + 1, "from": number * 60_000, "to": (number + 1) * 60_000}
        answer = client.post(reverse("play-beat"), beat, content_type="application/json")
        assert answer.status_code == 200


def test_it_works(
    login: Login,
    personas: County,
    station: Station,
    people: list[Member],
    lesson: LessonPage,
    traveller: time_machine.Coordinates,
) -> None:
    """Choose, call the roll, play with a late comer, write it down, see who earned what."""
    screen = login("station")
    assert lesson.course.title in screen.get(reverse("station-courses", args=[station.code])).content.decode()
    assert (
        lesson.title in screen.get(reverse("station-lessons", args=[station.code, lesson.course.pk])).content.decode()
    )
    roll = screen.post(reverse("station-choose", args=[station.code, lesson.pk])).url
    assert people[0].name in screen.get(roll).content.decode()

    play = screen.post(roll, {"member": [people[0].code, people[1].code], "villagers": "3"}).url
    page = screen.get(play).content.decode()
    beats(Client(), page, 30, traveller)
    viewing = GroupViewing.objects.get()
    tick = reverse("viewing-presence", args=[viewing.uuid])
    assert screen.post(tick, {"member": people[2].code, "present": "1"}).json()["now"] == 3
    traveller.shift(60)
    assert screen.post(tick, {"member": people[1].code, "present": "0"}).json()["now"] == 2

    close = reverse("viewing-close", args=[viewing.uuid])
    assert screen.get(close).status_code == 200
    result = screen.post(close, NOTES).url
    text = screen.get(result).content.decode()
    assert "+0.5 学时" in text
    assert [str(hours(person)) for person in people] == ["0.50", "0.50", "0"]
    viewing.refresh_from_db()
    assert (viewing.host, viewing.villagers, viewing.operator) == ("王支书", 5, personas.users["station"])


def test_the_open_viewing_is_offered_again(login: Login, room: Room, lesson: LessonPage) -> None:
    screen = login("station")
    home = screen.get(reverse("station-home")).content.decode()
    assert reverse("viewing-play", args=[room.viewing.uuid]) in home
    assert screen.get(reverse("viewing-play", args=[room.viewing.uuid])).url.endswith("/close/")
    room.start(lesson)
    room.play(1)
    again = screen.get(reverse("viewing-play", args=[room.viewing.uuid])).content.decode()
    assert 'data-sequence="2"' in again
    assert 'data-position="60000"' in again


def test_a_form_with_errors_keeps_what_was_typed(login: Login, room: Room) -> None:
    answer = login("station").post(
        reverse("viewing-close", args=[room.viewing.uuid]),
        {**NOTES, "villagers": "-3", "discussion": "写了很久的一段话"},
    )
    assert answer.status_code == 422
    assert "写了很久的一段话" in answer.content.decode()
    assert GroupViewing.objects.get().is_open


def test_a_remote_without_letters_can_end_the_viewing(login: Login, room: Room, lesson: LessonPage) -> None:
    room.start(lesson)
    room.play(1)
    screen = login("station")
    assert screen.post(reverse("viewing-close", args=[room.viewing.uuid]), {"villagers": "0"}).status_code == 302
    assert "待补写" in screen.get(reverse("station-book")).content.decode()


def test_case_28_a_busy_database_loses_nothing(
    login: Login, room: Room, people: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked database → 503 with Retry-After; the form keeps its text and the screen its tick."""

    def locked(**_facts: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(services, "close_viewing", locked)
    monkeypatch.setattr(services, "mark_presence", locked)
    screen = login("station")
    answer = screen.post(reverse("viewing-close", args=[room.viewing.uuid]), NOTES)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "都说听得懂" in answer.content.decode()
    tick = {"member": people[0].code, "present": "1"}
    answer = screen.post(reverse("viewing-presence", args=[room.viewing.uuid]), tick)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not Presence.objects.exists()


def test_case_24_an_idle_screen_signs_out_but_not_while_a_film_plays(
    login: Login, room: Room, lesson: LessonPage
) -> None:
    screen = login("station")
    room.start(lesson)
    room.play(1)
    playing = screen.get(reverse("viewing-play", args=[room.viewing.uuid])).content.decode()
    assert "data-idle" not in playing
    assert "data-idle" not in screen.get(reverse("station-home")).content.decode()
    room.close()
    assert 'data-idle="180"' in screen.get(reverse("station-home")).content.decode()
    assert screen.post(reverse("logout")).status_code == 302
    assert screen.get(reverse("station-home")).status_code == 302


def test_a_tick_after_the_end_is_refused_with_its_reason(
    login: Login, held: GroupViewing, people: list[Member]
) -> None:
    answer = login("station").post(
        reverse("viewing-presence", args=[held.uuid]), {"member": people[2].code, "present": "1"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "viewing-closed")


def test_a_correction_on_the_page(login: Login, held: GroupViewing, people: list[Member]) -> None:
    screen = login("station")
    page = reverse("viewing-correct", args=[held.uuid, people[0].code])
    assert screen.get(page).status_code == 200
    assert screen.post(page, {"where": "absent"}).status_code == 422
    assert screen.post(page, {"where": "part", "reason": "早走"}).status_code == 422
    assert screen.post(page, {"where": "part", "joined": "23:50", "reason": "早走"}).status_code == 422
    assert str(hours(people[0])) == "1.00"
    sent = {"where": "part", "joined": "19:00", "left": "19:31", "reason": "早走"}
    assert screen.post(page, sent).url == reverse("viewing-detail", args=[held.uuid])
    assert str(hours(people[0])) == "0.50"


def test_notes_can_be_completed_later(login: Login, held: GroupViewing) -> None:
    answer = login("station").post(reverse("viewing-notes", args=[held.uuid]), {**NOTES, "feedback": "声音大些"})
    assert answer.url == reverse("viewing-detail", args=[held.uuid])
    held.refresh_from_db()
    assert held.feedback == "声音大些"


def test_the_book_has_the_official_columns(login: Login, held: GroupViewing) -> None:
    text = login("station").get(reverse("station-book-print")).content.decode()
    for column in COLUMNS:
        assert f">{column}</th>" in text
    for value in ("2026-03-05", "19:00–20:00", held.title, "电视", "王支书", "小李", "都说听得懂"):
        assert value in text


def test_the_book_narrows_by_station_and_month(login: Login, held: GroupViewing) -> None:
    book = reverse("station-book")
    client = login("town")
    assert held.title in client.get(book, {"station": held.station.code, "month": "2026-03"}).content.decode()
    assert held.title not in client.get(book, {"month": "2026-02"}).content.decode()
    assert client.get(book, {"month": "nonsense", "station": "no-such"}).status_code == 200


# -- who may ------------------------------------------------------------------------------


def addresses(viewing: GroupViewing, lesson: LessonPage, person: Member) -> dict[str, str]:
    """Every address of one station and one viewing, by name."""
    code, uuid = viewing.station.code, viewing.uuid
    return {
        "station-screen": reverse("station-screen", args=[code]),
        "station-courses": reverse("station-courses", args=[code]),
        "station-lessons": reverse("station-lessons", args=[code, lesson.course.pk]),
        "viewing-roll": reverse("viewing-roll", args=[uuid, lesson.pk]),
        "viewing-play": reverse("viewing-play", args=[uuid]),
        "viewing-close": reverse("viewing-close", args=[uuid]),
        "viewing-result": reverse("viewing-result", args=[uuid]),
        "viewing-detail": reverse("viewing-detail", args=[uuid]),
        "viewing-notes": reverse("viewing-notes", args=[uuid]),
        "viewing-correct": reverse("viewing-correct", args=[uuid, person.code]),
    }


def test_who_may_open_a_station(
    login: Login, personas: County, held: GroupViewing, lesson: LessonPage, people: list[Member]
) -> None:
    """Operator, secretary, town and county work there; the auditor reads the book; all others see nothing."""
    found = addresses(held, lesson, people[0])
    for name in ("station", "secretary", "town", "county"):
        client = login(name)
        assert {client.get(address).status_code for address in found.values()} <= {200, 302}, name
    for name in ("trainer", "editor", "system", "member"):
        client = login(name)
        assert {client.get(address).status_code for address in found.values()} == {404}, name
        assert client.get(reverse("station-home")).status_code == 404
        assert client.get(reverse("station-book")).status_code == 404
    auditor = login("auditor")
    assert {name for name, address in found.items() if auditor.get(address).status_code == 200} == {"viewing-detail"}
    assert auditor.get(reverse("station-book")).status_code == 200


def test_another_branchs_station_reads_as_missing(
    login: Login, personas: County, station: Station, lesson: LessonPage, traveller: time_machine.Coordinates
) -> None:
    """Reliability 18: the id of a neighbour's viewing tells nothing."""
    other = Room(traveller, make_station(personas.other_branch, "杨柳村党群服务中心"))
    stranger = make_member(personas.other_branch, "外乡人")
    other.tick(stranger)
    client = login("station")
    for address in addresses(other.viewing, lesson, stranger).values():
        assert client.get(address).status_code == 404
    tick = {"member": stranger.code, "present": "0"}
    assert client.post(reverse("viewing-presence", args=[other.viewing.uuid]), tick).status_code == 404
    assert client.post(reverse("station-choose", args=[other.station.code, lesson.pk])).status_code == 404
    assert other.viewing.presences.standing().count() == 1


def test_only_the_stations_own_people_can_be_named(
    login: Login, personas: County, room: Room, held: GroupViewing
) -> None:
    stranger = make_member(personas.branch2, "隔壁村人")
    client = login("station")
    tick = {"member": stranger.code, "present": "1"}
    assert client.post(reverse("viewing-presence", args=[held.uuid]), tick).status_code == 404
    assert client.get(reverse("viewing-correct", args=[held.uuid, stranger.code])).status_code == 404


def test_who_has_several_stations_chooses_one(login: Login, personas: County, station: Station) -> None:
    second = make_station(personas.branch2, "枫林村党群服务中心")
    far = make_station(personas.other_branch, "杨柳村党群服务中心")
    text = login("town").get(reverse("station-home")).content.decode()
    assert reverse("station-screen", args=[station.code]) in text
    assert reverse("station-screen", args=[second.code]) in text
    assert far.name not in text
    found = login("town").get(reverse("station-home"), {"q": "枫林"}).content.decode()
    assert second.name in found
    assert station.name not in found


def test_nobody_signed_in_is_sent_to_sign_in(client: Client, held: GroupViewing) -> None:
    assert client.get(reverse("viewing-detail", args=[held.uuid])).url.startswith("/login/")


# -- how many queries ------------------------------------------------------------------------


def count(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_a_page_asks_as_often_for_one_as_for_twenty(
    login: Login,
    personas: County,
    room: Room,
    people: list[Member],
    lesson: LessonPage,
    traveller: time_machine.Coordinates,
) -> None:
    """Session and user, grants, and a fixed number of reads for each page: the same for 1 row and for 20."""
    client = login("station")
    room.tick(people[0])
    room.start(lesson)
    room.play(2)
    open_pages = [
        reverse("viewing-play", args=[room.viewing.uuid]),
        reverse("viewing-roll", args=[room.viewing.uuid, lesson.pk]),
    ]
    lists = [
        reverse("station-courses", args=[room.station.code]),
        reverse("station-book"),
        reverse("station-book-print"),
    ]
    client.get(open_pages[0])  # what is read once for all: content types
    few = [count(client, page) for page in open_pages]
    room.close()
    closed = [reverse(name, args=[room.viewing.uuid]) for name in ("viewing-detail", "viewing-result")]
    few += [count(client, page) for page in (*closed, *lists)]

    crowd = [make_member(personas.branch, f"村民{number}") for number in range(20)]
    for number in range(4):
        make_course(10, 10, slug=f"more-{number}")
    for _evening in range(3):
        later = Room(traveller, room.station)
        later.tick(*crowd)
        later.start(lesson)
        later.play(2)
        if _evening < 2:
            later.close()
    open_pages = [
        reverse("viewing-play", args=[later.viewing.uuid]),
        reverse("viewing-roll", args=[later.viewing.uuid, lesson.pk]),
    ]
    many = [count(client, page) for page in open_pages]
    later.close()
    closed = [reverse(name, args=[later.viewing.uuid]) for name in ("viewing-detail", "viewing-result")]
    many += [count(client, page) for page in (*closed, *lists)]
    assert many == few


def test_the_audit_of_presence_asks_as_often_for_one_viewing_as_for_four(
    held: GroupViewing, people: list[Member], lesson: LessonPage, traveller: time_machine.Coordinates
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert list(audit.mismatches()) == []
        return len(queries)

    few = asked()
    for _evening in range(3):
        room = Room(traveller, held.station)
        room.tick(*people)
        room.start(lesson)
        room.play(3)
        room.close()
    assert asked() == few
