"""Materials of a training: taken by content, for who is enrolled and who runs it, never run by a browser."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from lms.members.models import AuditEntry
from lms.training import services
from lms.training.errors import TrainingError
from lms.training.models import Material
from lms.training.planning import materials
from tests.conftest import County
from tests.training.conftest import ClassRoom
from tests.training.pictures import photo
from tests.training.test_views import Login

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF"


def office(*parts: str) -> bytes:
    """A zip file with empty parts of the given names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in parts:
            archive.writestr(part, "")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (PDF, ".pdf"),
        (photo(1), ".jpg"),
        (office("[Content_Types].xml", "word/document.xml"), ".docx"),
        (office("[Content_Types].xml", "ppt/presentation.xml"), ".pptx"),
        (office("[Content_Types].xml", "xl/workbook.xml"), ".xlsx"),
    ],
)
def test_a_file_is_what_its_content_says(data: bytes, suffix: str) -> None:
    assert materials.looked_at(data).suffix == suffix


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        office("word/document.xml"),
        office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        office("[Content_Types].xml", "index.html"),
        office("[Content_Types].xml", "word/document.xml")[:-30],
    ],
)
def test_macros_pages_and_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(TrainingError, match="material-unreadable"):
        materials.looked_at(data)


def test_issue_5_2_who_is_enrolled_reads_what_the_trainer_added(
    classroom: ClassRoom, personas: County, login: Login, django_capture_on_commit_callbacks: Any
) -> None:
    training, desk = classroom.training, login("trainer")
    sent = {"file": SimpleUploadedFile("修剪要点.pdf", PDF), "name": ""}
    assert desk.post(reverse("training-materials", args=[training.uuid]), sent).status_code == 302
    row = training.materials.get()
    assert (row.title, row.size) == ("修剪要点", len(PDF))
    address = reverse("own-material", args=[training.uuid, row.uuid])
    assert login("member").get(address).status_code == 404  # without a seat
    member = personas.users["member"].member
    services.enrol(training=training, member=member, by=None)
    assert address in login("member").get(reverse("own-training", args=[training.uuid])).content.decode()
    answer = login("member").get(address)
    assert b"".join(answer) == PDF and answer["Content-Disposition"].startswith("attachment")
    services.cancel_enrolment(training=training, member=member, by=None)
    assert login("member").get(address).status_code == 404
    name = row.file.name
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(reverse("training-material-remove", args=[training.uuid, row.uuid]))
    assert not Material.objects.exists() and not row.file.storage.exists(name)
    assert AuditEntry.objects.filter(action__startswith="material.").count() == 2


def test_no_file_twice_and_no_more_than_fit(classroom: ClassRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    materials.add(training=classroom.training, data=PDF, title="一", by=None)
    with pytest.raises(TrainingError, match="material-twice"):
        materials.add(training=classroom.training, data=PDF, title="二", by=None)
    monkeypatch.setattr(materials, "MOST", 1)
    with pytest.raises(TrainingError, match="too-many-materials"):
        materials.add(training=classroom.training, data=photo(2), title="三", by=None)
    with pytest.raises(TrainingError, match="file-too-large"):
        materials.looked_at(bytes(20 * 1024 * 1024 + 1))
