"""Issue 5: bases on the desk and for everybody: in use or not, rated, found on a map, with photographs that fit a telephone."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from lms.core import clock
from lms.members.models import AuditEntry
from lms.training import services, tasks
from lms.training.models import Base, BasePhoto, BaseRating, Training
from lms.training.planning import materials, photographs
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import ClassRoom, half_day
from tests.training.pictures import photo, scene
from tests.training.test_views import Login, plan_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated(orchard: Base, personas: County) -> Base:
    """Three who were there gave it five, four and four stars."""
    visit = services.plan_training(
        kind="visit", unit=personas.town, title="参观", category="skills", base=orchard, capacity=9, by=None
    )
    for number, stars in enumerate((5, 4, 4)):
        BaseRating.objects.create(
            training=visit, member=make_member(personas.branch, f"党员{number}"), stars=stars, rated_at=clock.now()
        )
    return orchard


def test_what_a_visitor_needs_stands_on_both_pages(rated: Base, login: Login) -> None:
    facts = {
        "guide": "老周",
        "what_to_bring": "请带雨鞋",
        "lat": "30.12345",
        "lng": "114.54321",
        "phone": "13800000000",
    }
    Base.objects.update(**facts)
    photographs.add(base=rated, data=photo(1), caption="冬季修剪", by=None)
    for client, name in ((login("trainer"), "base-detail"), (Client(), "public-base")):
        page = client.get(reverse(name, args=[rated.code])).content.decode()
        for words in ("老周", "请带雨鞋", "冬季修剪", "4.3 分", "3 人评价", "geo:30.12345,114.54321"):
            assert words in page, (name, words)
        assert "https://uri.amap.com/marker?position=114.54321,30.12345&amp;coordinate=wgs84" in page
    assert "13800000000" not in Client().get(reverse("public-base", args=[rated.code])).content.decode()


def test_a_base_without_ratings_says_nothing_of_them(orchard: Base, login: Login) -> None:
    assert "人评价" not in login("town").get(reverse("base-detail", args=[orchard.code])).content.decode()


def test_the_way_to_the_bases_leads_from_every_page(orchard: Base) -> None:
    link = f'href="{reverse("public-bases")}"'
    assert link in Client().get(reverse("login")).content.decode()
    assert Client().get("/").content.decode().count(link) >= 2  # the home page's own, and the foot


def test_photographs_come_small_and_open_whole(orchard: Base, personas: County) -> None:
    row = photographs.add(base=orchard, data=photo(image=scene(1, (1600, 1200))), caption="", by=None)
    assert (row.width, row.height) == (640, 480)
    address = reverse("base-photo", args=[orchard.code, row.uuid])
    page = Client().get(reverse("public-base", args=[orchard.code])).content.decode()
    assert f'src="{address}"' in page and 'width="640" height="480"' in page and f"{address}?whole=1" in page

    def width(query: str) -> int:
        return Image.open(io.BytesIO(b"".join(Client().get(address + query)))).width

    assert (width(""), width("?whole=1")) == (640, 1600)


def test_both_files_of_a_photograph_go(orchard: Base, django_capture_on_commit_callbacks: Any) -> None:
    row = photographs.add(base=orchard, data=photo(1), caption="", by=None)
    names = [row.file.name, row.small.name]
    with django_capture_on_commit_callbacks(execute=True):
        photographs.remove(photo=row, by=None)
    assert not any(row.file.storage.exists(name) for name in names)


def test_a_photograph_of_before_is_shown_whole(orchard: Base) -> None:
    row = photographs.add(base=orchard, data=photo(1), caption="", by=None)
    row.small, row.width, row.height = "", None, None
    row.save()
    assert Client().get(reverse("base-photo", args=[orchard.code, row.uuid])).status_code == 200
    assert (
        'width="'
        not in Client()
        .get(reverse("public-base", args=[orchard.code]))
        .content.decode()
        .split("gallery")[1]
        .split("</ul>")[0]
    )


def older_than_copies(base: Base, number: int) -> BasePhoto:
    """A photograph as it was kept before there were small copies."""
    row = photographs.add(base=base, data=photo(image=scene(number, (1600, 1200))), caption="", by=None)
    row.small.delete(save=False)
    row.small, row.width, row.height = "", None, None
    row.save()
    return row


def test_photographs_of_before_get_their_small_copy_at_night_once(orchard: Base) -> None:
    old, other = older_than_copies(orchard, 1), older_than_copies(orchard, 2)
    new = photographs.add(base=orchard, data=photo(image=scene(3, (1600, 1200))), caption="", by=None)
    tasks.shrink_photographs()
    for row in (old, other):
        row.refresh_from_db()
        assert (row.width, row.height) == (640, 480)
        shown = b"".join(Client().get(reverse("base-photo", args=[orchard.code, row.uuid])))
        assert Image.open(io.BytesIO(shown)).width == 640
        assert row.small.name != row.file.name and row.file.storage.exists(row.file.name)
    told = AuditEntry.objects.filter(action="base.photo.small")
    assert {entry.detail["photo"] for entry in told} == {str(old.uuid), str(other.uuid)}
    assert photographs.make_small(by=None) == 0 and told.count() == 2
    assert BasePhoto.objects.get(pk=new.pk).small.name == new.small.name


def test_a_file_that_is_gone_or_spoilt_keeps_no_other_from_its_copy(orchard: Base) -> None:
    gone, spoilt, whole = (older_than_copies(orchard, number) for number in (1, 2, 3))
    gone.file.storage.delete(gone.file.name)
    Path(spoilt.file.path).write_bytes(b"no photograph")
    assert photographs.make_small(by=None) == 1
    assert list(BasePhoto.objects.filter(small="")) == [gone, spoilt]
    whole.refresh_from_db()
    assert whole.width == 640
    assert Client().get(reverse("base-photo", args=[orchard.code, spoilt.uuid])).status_code == 200  # whole, as before


# -- in use or not ----------------------------------------------------------------------------


def test_a_base_that_receives_nobody_is_not_chosen_any_more(orchard: Base, personas: County, login: Login) -> None:
    kept = services.plan_training(
        kind="visit",
        unit=personas.town,
        title="参观",
        category="skills",
        base=orchard,
        capacity=9,
        sessions=[half_day(dt.date(2026, 4, 2))],
        by=None,
    )
    form = {"name": orchard.name, "kind": "industry", "unit": "C-T01", "capacity": 50}  # not ticked: not in use
    desk = login("town")
    assert desk.post(reverse("register-edit", args=["bases", orchard.pk]), form).status_code == 302
    orchard.refresh_from_db()
    assert not orchard.is_active
    assert orchard.name not in Client().get(reverse("public-bases")).content.decode()
    assert "暂停接待" in Client().get(reverse("public-base", args=[orchard.code])).content.decode()
    assert desk.post(reverse("training-new"), plan_form(base=orchard.pk)).status_code == 422
    assert desk.get(reverse("visit-ask", args=[orchard.code])).status_code == 404
    edit = desk.get(reverse("training-edit", args=[kept.uuid]))
    assert orchard in edit.context["form"].fields["base"].queryset  # what is planned stays as it is
    assert Training.objects.count() == 1


@pytest.mark.parametrize("point", [{"lat": Decimal("90.1")}, {"lat": Decimal("-91")}, {"lng": Decimal("180.5")}])
def test_a_base_lies_on_earth(orchard: Base, point: dict[str, Decimal]) -> None:
    whole = {"lat": Decimal(30), "lng": Decimal(114), **point}
    with pytest.raises(IntegrityError, match="base_lies_on_earth"), transaction.atomic():
        Base.objects.filter(pk=orchard.pk).update(**whole)


@pytest.mark.parametrize(
    ("typed", "words"), [({"lat": "95", "lng": "114"}, "在 -90 到 90 之间"), ({"lat": "30"}, "经度和纬度要一起填")]
)
def test_a_point_is_checked_while_it_is_entered(orchard: Base, login: Login, typed: dict[str, str], words: str) -> None:
    form = {"name": orchard.name, "kind": "industry", "unit": "C-T01", "capacity": 50, "is_active": "on", **typed}
    answer = login("town").post(reverse("register-edit", args=["bases", orchard.pk]), form)
    assert answer.status_code == 422 and words in answer.content.decode()


# -- what members find ------------------------------------------------------------------------


def test_a_member_finds_calendar_feeds_and_the_materials_of_what_is_ahead(
    classroom: ClassRoom, personas: County, login: Login, time_of_planning: Any
) -> None:
    member, training = personas.users["member"].member, classroom.training
    row = materials.add(training=training, data=photo(2), title="讲义", by=None)
    file = reverse("own-material", args=[training.uuid, row.uuid])
    client, page = login("member"), reverse("training-choices")
    assert file not in client.get(page).content.decode()  # not before he has a seat
    services.enrol(training=training, member=member, by=None)
    shown = client.get(page).content.decode()
    assert file in shown and "讲义" in shown
    assert client.get(file).status_code == 200
    home = client.get(reverse("learn")).content.decode()
    for name in ("calendar", "training-choices"):
        assert reverse(name) in home
    for name in ("calendar", "calendar-feeds"):
        assert reverse(name) in shown
