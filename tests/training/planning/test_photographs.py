"""Photographs of a base: clean of what a camera adds, seen by everybody, kept by those who plan for its unit."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lms.core import photos as pictures
from lms.members.models import AuditEntry
from lms.training.errors import TrainingError
from lms.training.models import Base, BasePhoto
from lms.training.planning import photographs
from tests.conftest import County
from tests.training.pictures import photo
from tests.training.test_views import Login
from tests.training.test_visits import taken

pytestmark = pytest.mark.django_db


@pytest.fixture
def garden(personas: County) -> Base:
    return Base.objects.create(code="JD1", name="葡萄基地", kind="industry", unit=personas.town)


def test_issue_5_1_a_photograph_is_on_the_public_page_until_it_is_taken_away(
    garden: Base, login: Login, django_capture_on_commit_callbacks: Any
) -> None:
    desk, nobody = login("town"), Client()
    sent = {"photo": SimpleUploadedFile("a.jpg", photo(1)), "caption": "冬季修剪"}
    assert desk.post(reverse("base-photos", args=["JD1"]), sent).status_code == 302
    row = garden.photos.get()
    address = reverse("base-photo", args=["JD1", row.uuid])
    page = nobody.get(reverse("public-base", args=["JD1"])).content.decode()
    assert address in page and "冬季修剪" in page
    answer = nobody.get(address)
    assert answer["Content-Type"] == "image/jpeg" and answer["X-Content-Type-Options"] == "nosniff"
    name = row.file.name
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(reverse("base-photo-remove", args=["JD1", row.uuid])).status_code == 302
    assert not BasePhoto.objects.exists() and not row.file.storage.exists(name)
    assert nobody.get(address).status_code == 404
    assert AuditEntry.objects.filter(action__startswith="base.photo").count() == 2


def test_place_and_time_of_the_camera_stay_behind(garden: Base) -> None:
    stored = photographs.add(base=garden, data=taken("2026:03:09 09:15:00"), caption="", by=None).file.read()
    assert pictures.taken_at(stored) is None and b"Exif" not in stored[:400]


def test_no_paper_no_picture_twice_no_more_than_fit(garden: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrainingError, match="photo-unreadable"):
        photographs.add(base=garden, data=b"%PDF-1.4 %%EOF", caption="", by=None)
    photographs.add(base=garden, data=photo(1), caption="", by=None)
    with pytest.raises(TrainingError, match="photo-twice"):
        photographs.add(base=garden, data=photo(1), caption="", by=None)
    monkeypatch.setattr(photographs, "MOST", 2)
    photographs.add(base=garden, data=photo(2), caption="", by=None)
    with pytest.raises(TrainingError, match="too-many-base-photos"):
        photographs.add(base=garden, data=photo(3), caption="", by=None)


def test_what_is_no_photograph_is_said_on_the_form(garden: Base, login: Login) -> None:
    sent = {"photo": SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>"), "caption": ""}
    answer = login("town").post(reverse("base-photos", args=["JD1"]), sent)
    assert answer.status_code == 422 and "不是能读取的照片" in answer.content.decode()
