"""Base visits: the base's consent and capacity, the host's count, pictures with their times, reflections, ratings, places."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import ExifTags, Image

from lms.core import photos
from lms.hours.models import HourEntry
from lms.members.models import AuditEntry, Member
from lms.training import services as trainings
from lms.training.closing import packages
from lms.training.errors import TrainingError
from lms.training.models import Base, PlaceCheck, Training, VisitPhoto, VisitReflection, VisitRequest
from lms.training.services import Reconciliation
from lms.training.visits import rules, selectors, services
from lms.training.visits.services import Wish
from tests.conftest import County
from tests.training.conftest import NEXT_DAY, on
from tests.training.pictures import photo, scene

Login = Callable[[str], Client]
DAY = NEXT_DAY + dt.timedelta(days=3)
OGG = b"OggS" + bytes(60)


def wish(people: int = 30, half: str = "am", day: dt.date = DAY) -> Wish:
    return Wish(day, half, people, "看葡萄冬剪")


def taken(at: str, seed: int = 9) -> bytes:
    """A JPEG whose camera says when, and where."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = at
    exif.get_ifd(ExifTags.IFD.GPSInfo)[2] = (30.0, 35.0, 12.5)
    out = io.BytesIO()
    scene(seed).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def visit(orchard: Base, personas: County, member: Member, after_class: time_machine.Coordinates) -> Training:
    """An agreed visit of one morning to which ``member`` came; it is noon of that day."""
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish(), by=personas.users["secretary"])
    training = services.agree(request=asked, guide="老周", answer="", by=personas.users["town"])
    trainings.enrol(training=training, member=member, by=None)
    after_class.move_to(on(DAY, 12))
    trainings.mark(session=training.sessions.get(), marks={member.pk: "present"}, by=None)
    return training


# -- consent and capacity -----------------------------------------------------------------------


def test_issue_5_7_the_base_agrees_and_the_visit_is_planned(orchard: Base, personas: County) -> None:
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish(), by=personas.users["secretary"])
    assert selectors.places_left(orchard, DAY, "am") == 50  # asking takes no place
    training = services.agree(request=asked, guide="老周", answer="欢迎", by=personas.users["town"])
    session = training.sessions.get()
    assert (training.kind, training.base, training.unit, training.lecturer) == (
        "visit",
        orchard,
        personas.branch,
        "老周",
    )
    assert (session.starts_at, session.ends_at, session.measure) == (on(DAY, 8, 30), on(DAY, 11, 30), "half_day")
    assert selectors.places_left(orchard, DAY, "am") == 20
    assert selectors.places_left(orchard, DAY, "pm") == 50
    with pytest.raises(TrainingError, match="moved-on"):
        services.withdraw(request=asked, by=personas.users["secretary"])


def test_issue_5_7_capacity_holds_for_the_half_day(orchard: Base, personas: County) -> None:
    one, two = (
        services.ask(base=orchard, unit=unit, wish=wish(30), by=None) for unit in (personas.branch, personas.branch2)
    )
    services.agree(request=one, guide="", answer="", by=None)
    with pytest.raises(TrainingError, match="base-full"):
        services.agree(request=two, guide="", answer="", by=None)
    with pytest.raises(TrainingError, match="base-full"):
        services.ask(base=orchard, unit=personas.branch2, wish=wish(21), by=None)
    free = selectors.free_halves(orchard, DAY - dt.timedelta(days=1), 30)
    assert (free[0].day, free[0].half) == (DAY, "pm")
    offered = (free[0].day, free[0].half)
    services.decline(request=two, answer="上午已满", offered=offered, by=personas.users["town"])
    two.refresh_from_db()
    assert (two.state, two.offered_day, two.offered_half, two.training) == ("declined", DAY, "pm", None)


def test_a_cancelled_visit_gives_its_places_back(orchard: Base, personas: County) -> None:
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish(50), by=None)
    training = services.agree(request=asked, guide="", answer="", by=None)
    assert selectors.places_left(orchard, DAY, "am") == 0
    trainings.cancel_training(training=training, reason="下雨", by=None)
    assert selectors.places_left(orchard, DAY, "am") == 50


@pytest.mark.parametrize("day", [NEXT_DAY, NEXT_DAY - dt.timedelta(days=1), NEXT_DAY + dt.timedelta(days=366)])
def test_not_for_today_the_past_or_far_ahead(orchard: Base, personas: County, day: dt.date) -> None:
    with pytest.raises(TrainingError, match="visit-day"):
        services.ask(base=orchard, unit=personas.branch, wish=wish(day=day), by=None)


def test_a_refusal_says_why(orchard: Base, personas: County) -> None:
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish(), by=None)
    with pytest.raises(TrainingError, match="reason"):
        services.decline(request=asked, answer=" ", offered=None, by=personas.users["town"])


# -- on the day ---------------------------------------------------------------------------------


def test_issue_5_7_the_hosts_count_stands_beside_the_ticks(visit: Training, personas: County) -> None:
    session = visit.sessions.get()
    services.count(session=session, heads=28, guide="老周", by=personas.users["town"])
    record = selectors.record_of(session)
    assert record.count is not None and (record.count.heads, record.tally.present) == (28, 1)
    assert not HourEntry.objects.exists()
    trainings.close_training(training=visit, said=Reconciliation(), by=None)
    assert [entry.hours for entry in HourEntry.objects.all()] == [Decimal(4)]


def test_issue_5_7_the_cameras_time_is_kept_and_its_place_is_not(
    visit: Training, after_class: time_machine.Coordinates
) -> None:
    session = visit.sessions.get()
    services.add_photo(session=session, data=taken("2026:03:09 09:15:00"), by=None)
    after_class.shift(dt.timedelta(days=2))
    services.add_photo(session=session, data=taken("2026:03:09 09:16:00", 10), by=None)
    services.add_photo(session=session, data=photo(11), by=None)
    first, late, silent = selectors.record_of(session).photos
    assert (first.row.taken_at, first.late) == (on(DAY, 9, 15), False)
    assert (late.row.taken_at, late.late) == (on(DAY, 9, 16), True)
    assert (silent.row.taken_at, silent.late) == (None, False)
    stored = first.row.file.read()
    assert photos.taken_at(stored) is None and b"Exif" not in stored[:400]
    with pytest.raises(TrainingError, match="file-twice"):
        services.add_photo(session=session, data=photo(11), by=None)
    with pytest.raises(TrainingError, match="photo-unreadable"):
        services.add_photo(session=session, data=b"%PDF-1.4 %%EOF", by=None)


def test_issue_5_7_a_place_check_keeps_yes_or_no_alone(
    visit: Training, member: Member, after_class: time_machine.Coordinates
) -> None:
    session = visit.sessions.get()
    with pytest.raises(TrainingError, match="place-unknown"):
        services.check_place(session=session, member=member, here=(30.0, 113.0))
    Base.objects.update(lat=Decimal("30.00000"), lng=Decimal("113.00000"))
    session = Training.objects.get(pk=visit.pk).sessions.get()
    assert not services.check_place(session=session, member=member, here=(30.1, 113.0)).near
    assert services.check_place(session=session, member=member, here=(30.004, 113.0)).near
    assert services.check_place(session=session, member=member, here=(31.0, 113.0)).near  # a yes stays
    record = selectors.record_of(session)
    assert (record.near, record.checked) == (1, 1)
    assert {field.name for field in PlaceCheck._meta.fields} == {"id", "session", "member", "near", "checked_at"}
    assert not AuditEntry.objects.filter(action__contains="place").exists()
    after_class.move_to(on(DAY, 12, 1))
    with pytest.raises(TrainingError, match="place-time"):
        services.check_place(session=session, member=member, here=(30.0, 113.0))


@pytest.mark.parametrize("here", [(float("nan"), 113.0), (30.0, float("inf")), (91.0, 113.0), (30.0, -181.0)])
def test_what_is_no_point_on_earth_is_no_answer(visit: Training, member: Member, here: tuple[float, float]) -> None:
    Base.objects.update(lat=Decimal("30.00000"), lng=Decimal("113.00000"))
    with pytest.raises(TrainingError, match="place-unreadable"):
        services.check_place(session=Training.objects.get(pk=visit.pk).sessions.get(), member=member, here=here)
    assert not PlaceCheck.objects.exists()


def test_metres_along_the_ground() -> None:
    assert rules.metres((30.0, 113.0), (30.0, 113.0)) == 0
    assert abs(rules.metres((30.0, 113.0), (31.0, 113.0)) - 111_195) < 10  # a degree of latitude
    assert rules.is_near((30.0, 113.0), (30.0044, 113.0)) and not rules.is_near((30.0, 113.0), (30.0046, 113.0))


# -- afterwards ---------------------------------------------------------------------------------


def test_issue_5_7_a_reflection_in_words_or_by_voice(visit: Training, member: Member, personas: County) -> None:
    services.reflect(training=visit, member=member, text="", voice=OGG, by=None)
    services.reflect(training=visit, member=member, text="回去就剪", voice=b"", by=None)
    services.reflect(training=visit, member=None, text="全支部看了三个棚", voice=b"", by=personas.users["secretary"])
    own, group = VisitReflection.objects.order_by("pk")
    assert (own.text, own.voice.name.endswith(".ogg"), group.member) == ("回去就剪", True, None)
    with pytest.raises(TrainingError, match="voice-unreadable"):
        services.reflect(training=visit, member=member, text="", voice=b"<html>", by=None)
    with pytest.raises(TrainingError, match="voice-too-large"):
        services.reflect(training=visit, member=member, text="", voice=OGG * 200_000, by=None)


def test_the_package_of_a_visit_holds_its_pictures_and_thoughts(visit: Training, member: Member) -> None:
    services.add_photo(session=visit.sessions.get(), data=photo(11), by=None)
    services.reflect(training=visit, member=member, text="回去就剪", voice=OGG, by=None)
    trainings.close_training(training=visit, said=Reconciliation(), by=None)
    visit.refresh_from_db()
    package = packages.work(package=packages.begin(training=visit, by=None))
    with zipfile.ZipFile(io.BytesIO(package.file.read())) as archive:
        files = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
    assert [name for name in files if name.startswith("08-现场照片/")]
    thought = {name.rsplit(".", 1)[1]: data for name, data in files.items() if name.startswith("12-参观心得/")}
    assert thought == {"txt": "回去就剪".encode(), "ogg": OGG}


def test_issue_5_7_only_attendees_rate_the_base_after_the_visit(
    visit: Training, member: Member, orchard: Base, after_class: time_machine.Coordinates
) -> None:
    other = Member.objects.exclude(pk=member.pk).first() or member
    if other != member:
        with pytest.raises(TrainingError, match="not-attended"):
            services.rate(training=visit, member=other, stars=5, comment="", by=None)
    services.rate(training=visit, member=member, stars=3, comment="", by=None)
    services.rate(training=visit, member=member, stars=4, comment="讲得好", by=None)
    assert selectors.stars_of(orchard) == (Decimal("4.0"), 1)
    after_class.move_to(on(DAY, 10))
    with pytest.raises(TrainingError, match="not-over"):
        services.rate(training=visit, member=member, stars=4, comment="", by=None)
    after_class.move_to(on(DAY + dt.timedelta(days=16), 10))
    with pytest.raises(TrainingError, match="too-late"):
        services.rate(training=visit, member=member, stars=4, comment="", by=None)


# -- pages --------------------------------------------------------------------------------------


def test_a_secretary_asks_the_town_agrees_a_member_thinks(
    orchard: Base, personas: County, member: Member, login: Login, after_class: time_machine.Coordinates
) -> None:
    desk, host, client = login("secretary"), login("town"), login("member")
    values = {"unit": personas.branch.code, "day": DAY.isoformat(), "half": "am", "people": "20", "topic": "看冬剪"}
    address = reverse("visit-ask", args=[orchard.code])
    assert desk.post(address, {**values, "people": "51"}).status_code == 422
    assert desk.post(address, values).status_code == 302
    asked = VisitRequest.objects.get()
    page = reverse("visit-request", args=[asked.uuid])
    assert desk.post(page, {"yes": "1"}).status_code == 404  # the base's own unit answers
    assert host.post(page, {"yes": "1", "guide": "老周"}).status_code == 302
    training = Training.objects.get()
    trainings.enrol(training=training, member=member, by=None)
    after_class.move_to(on(DAY, 12))
    desk, host, client = login("secretary"), login("town"), login("member")  # the day is another, so is the session
    session = training.sessions.get()
    trainings.mark(session=session, marks={member.pk: "present"}, by=None)
    assert host.post(reverse("visit-count", args=[training.uuid, session.pk]), {"heads": "19"}).status_code == 302
    assert desk.post(reverse("visit-count", args=[training.uuid, session.pk]), {"heads": "19"}).status_code == 404
    picture = {"evidence": SimpleUploadedFile("a.jpg", taken("2026:03:09 09:15:00"))}
    assert desk.post(reverse("visit-photo-add", args=[training.uuid, session.pk]), picture).status_code == 302
    voice = {"text": "", "voice": SimpleUploadedFile("v.ogg", OGG)}
    assert client.post(reverse("own-visit-reflection", args=[training.uuid]), voice).status_code == 302
    assert client.post(reverse("own-visit-rating", args=[training.uuid]), {"stars": "5"}).status_code == 302
    shown = desk.get(reverse("visit-record", args=[training.uuid])).content.decode()
    stored = VisitPhoto.objects.get()
    assert reverse("visit-photo", args=[training.uuid, stored.uuid]) in shown and "与签到人数不一致" in shown
    heard = desk.get(reverse("visit-voice", args=[training.uuid, VisitReflection.objects.get().uuid]))
    assert heard["Content-Type"] == "audio/ogg" and "sandbox" in heard["Content-Security-Policy"]
    assert client.get(reverse("own-visit", args=[training.uuid])).status_code == 200
