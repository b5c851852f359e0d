"""The archive package holds every kind of paper by its name; photographs belong to any training."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import time_machine
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.training import services
from lms.training.checkin import services as checkin
from lms.training.closing import makeups, packages, results
from lms.training.models import Attendance, SheetPhoto, Training, VisitPhoto
from lms.training.paper import services as paper
from lms.training.planning import materials
from lms.training.visits import services as visits
from tests.conftest import County
from tests.training.claiming import PDF
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on
from tests.training.pictures import photo

Login = Callable[[str], Client]
TEXT = "看了两天的录像，学会了冬季修剪和绿枝嫁接的办法，回去先在自家地里试。"
FOLDERS = [
    "01-培训通知和日程.pdf",
    "02-议程.pdf",
    "03-学员名单.pdf",
    "04-请假和缺席名单.pdf",
    "05-签到表",
    "06-手签签到表照片",
    "07-清点和扫码",
    "08-现场照片",
    "09-培训资料",
    "10-学习心得.pdf",
    "11-补学材料",
    "12-参观心得",
    "13-培训小结.pdf",
    "清单.csv",
]


def _filled(classroom: ClassRoom, town: object) -> None:
    """A class with everything that there can be, on a class of all kinds."""
    training, people = classroom.training, classroom.people
    sheet = paper.print_sheet(training=training, day=FIRST_DAY, by=None)
    signed = SheetPhoto(page=sheet.pages.get(), digest="c", boxes=[], added_at=clock.now())
    signed.file.save("sheet.jpg", ContentFile(photo(5)))
    materials.add(training=training, data=PDF, title="讲义", by=None)
    visits.add_photo(session=classroom.first, data=photo(6), by=None)
    reading = checkin.Reading("t:1", people[0], Attendance.Means.MEMBER_CODE, "in", on(FIRST_DAY, 8, 20))
    checkin.record(session=classroom.first, reading=reading, by=None)
    checkin.count_heads(session=classroom.first, heads=1, by=None)
    visits.count(session=classroom.second, heads=3, guide="老周", by=None)
    services.mark(session=classroom.first, marks={people[1].pk: "leave", people[2].pk: "absent"}, by=None)
    classroom.mark("present", "present", "present", session=classroom.second)
    results.hand_in(training=training, member=people[0], text=TEXT, by=None)
    visits.reflect(training=training, member=people[0], text="回去就剪", voice=b"", by=None)
    classroom.close()


def test_issue_5_8_every_folder_is_there_by_its_name(
    classroom: ClassRoom, personas: County, after_class: time_machine.Coordinates
) -> None:
    _filled(classroom, personas.users["town"])
    after_class.move_to(on(NEXT_DAY, 23))
    evening = on(NEXT_DAY, 19)
    lesson = makeups.Lesson(evening, evening + 2 * (on(NEXT_DAY, 20) - evening), TEXT, [PDF])
    row = makeups.send(session=classroom.first, member=classroom.people[1], lesson=lesson, by=None)
    makeups.decide(make_up=row, approve=True, answer="", by=personas.users["town"])
    training = Training.objects.get(pk=classroom.training.pk)
    made = [packages.work(package=packages.begin(training=training, by=None)) for _n in range(2)]
    assert made[0].digest == made[1].digest
    with zipfile.ZipFile(io.BytesIO(made[0].file.read())) as archive:
        files = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
    assert list(dict.fromkeys(name.split("/")[0] for name in files)) == FOLDERS
    assert "07-清点和扫码/清点记录.csv" in files and "老周" not in files["07-清点和扫码/清点记录.csv"].decode(
        "utf-8-sig"
    )
    scans = files["07-清点和扫码/扫码记录.csv"].decode("utf-8-sig")
    assert "李大山" in scans and "扫个人码" in scans and "已记录" in scans
    assert files["09-培训资料/" + next(name for name in files if name.startswith("09-")).split("/")[1]] == PDF
    for name in FOLDERS:
        if name.endswith(".pdf"):
            assert files[name].startswith(b"%PDF")


def test_a_folder_with_nothing_in_it_is_left_out(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "present")
    classroom.mark("present", "present", "present", session=classroom.second)
    classroom.close()
    training = Training.objects.get(pk=classroom.training.pk)
    package = packages.work(package=packages.begin(training=training, by=None))
    with zipfile.ZipFile(io.BytesIO(package.file.read())) as archive:
        names = {name.split("/")[1] for name in archive.namelist()}
    assert not names & {"04-请假和缺席名单.pdf", "07-清点和扫码", "08-现场照片", "09-培训资料"}


def test_a_class_has_photographs_too(classroom: ClassRoom, login: Login) -> None:
    client, page = login("trainer"), reverse("training-photos", args=[classroom.training.uuid])
    assert page in client.get(reverse("training-detail", args=[classroom.training.uuid])).content.decode()
    add = reverse("training-photo-add", args=[classroom.training.uuid, classroom.first.pk])
    assert client.post(add, {"evidence": SimpleUploadedFile("a.jpg", photo(9))}).status_code == 302
    stored = VisitPhoto.objects.get()
    assert stored.session == classroom.first
    address = reverse("training-photo", args=[classroom.training.uuid, stored.uuid])
    assert address in client.get(page).content.decode()
    assert client.get(address).status_code == 200
    assert login("auditor").get(page).status_code == 200
    assert login("auditor").post(add, {}).status_code == 404
    assert login("member").get(page).status_code == 404
