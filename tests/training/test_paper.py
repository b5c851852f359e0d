"""The paper loop: printed, signed, photographed, read, confirmed (how well: test_paper_trial.py)."""

from __future__ import annotations

import io
import random

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw
from pypdf import PdfReader

from lms.core import clock, photos
from lms.hours import totals
from lms.training import services as trainings
from lms.training.closing import packages
from lms.training.errors import TrainingError
from lms.training.models import Attendance, SheetPhoto, Training
from lms.training.paper import layout, reader, services
from tests.conftest import County
from tests.factories import make_member, make_user
from tests.training import paper_photos, pictures
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom


def signed(identity: layout.Identity, boxes: dict[tuple[int, str], str], rows: int) -> bytes:
    """A photograph of a page: boxes by (row, half) with ``name`` or ``dot`` in them; seen a little askew."""
    chance = random.Random(4)
    sheet = paper_photos.blank(identity, rows)
    draw = ImageDraw.Draw(sheet)
    for (row, half), what in boxes.items():
        mark = paper_photos.sign if what == "name" else paper_photos.stray
        mark(draw, chance, layout.box(row, half))
    out = io.BytesIO()
    paper_photos.camera(sheet, chance).save(out, "JPEG", quality=90)
    return out.getvalue()


def test_a_photograph_turned_by_its_exif_is_read() -> None:
    upright = paper_photos.blank(rows=2).resize((1050, 1485))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    upright.rotate(90, expand=True).save(out, "JPEG", exif=exif)
    assert reader.find(photos.read(out.getvalue())).identity == paper_photos.IDENTITY


@pytest.mark.parametrize(("paint", "code"), [("white", "no-marks"), ("four", "no-strip")])
def test_what_is_no_sheet_is_refused_with_the_reason(paint: str, code: str) -> None:
    image = Image.new("RGB", (1050, 1485), "white")
    draw = ImageDraw.Draw(image)
    for x, y in layout.MARKS if paint == "four" else ():
        draw.rectangle([x * 5 - 18, y * 5 - 18, x * 5 + 18, y * 5 + 18], fill="black")
    with pytest.raises(reader.ReadError) as refused:
        reader.find(image)
    assert refused.value.code == code


def test_a_seal_alone_is_doubtful_never_present() -> None:
    sheet = paper_photos.blank(rows=1)
    x, y, width, height = (paper_photos.px(value) for value in layout.box(0, layout.MORNING))
    ImageDraw.Draw(sheet).ellipse([x + 40, y + 15, x + width - 40, y + height - 15], outline=(214, 40, 36), width=12)
    page = reader.find(sheet.resize((1050, 1485)))
    found = {box.half: box for box in reader.measure(page.image, 1)}
    assert (found[layout.MORNING].verdict, found[layout.MORNING].why) == (reader.DOUBTFUL, "red")
    assert found[layout.AFTERNOON].verdict == reader.ABSENT


@pytest.mark.parametrize("number", [0, 1, 4711, 2**32 - 1])
def test_a_strip_survives_no_wrong_bit(number: int) -> None:
    bits = layout.strip(layout.Identity(number, 0xA5A5))
    assert layout.identity(bits) == (number, 0xA5A5)
    for place in range(layout.STRIP_BITS):
        assert layout.identity([bit != (at == place) for at, bit in enumerate(bits)]) is None


def test_from_print_to_marks(classroom: ClassRoom, personas: County, client: Client) -> None:
    """Printed, then somebody enrols (who would shift the rows), then photographed and confirmed on the page."""
    client.force_login(personas.users["trainer"])
    uuid = classroom.training.uuid
    day = {"uuid": uuid, "year": FIRST_DAY.year, "month": FIRST_DAY.month, "day": FIRST_DAY.day}
    printed = client.post(reverse("paper-sheet", kwargs=day))
    assert printed.content.startswith(b"%PDF")
    page = classroom.training.sign_in_sheets.get().pages.get()
    late = make_member(personas.branch, "艾先")
    trainings.enrol(training=classroom.training, member=late, by=None)
    boxes = {(0, layout.MORNING): "name", (2, layout.MORNING): "dot"}
    data = signed(services.identity_of(page), boxes, len(page.members))
    upload = SimpleUploadedFile("sheet.jpg", data, "image/jpeg")
    client.post(reverse("paper-photo-add", args=[uuid]), {"photos": [upload]})
    photo = SheetPhoto.objects.get()
    verdicts = {(row, half): verdict for row, half, verdict, _ink, _why in photo.boxes}
    assert verdicts[0, layout.MORNING] == reader.PRESENT
    assert verdicts[1, layout.MORNING] == reader.ABSENT
    assert not Attendance.objects.exists()
    address = reverse("paper-photo", args=[uuid, photo.uuid])
    assert client.get(address).status_code == 200
    said = {"0-morning": "present", "1-morning": "absent", "2-morning": "present"}
    assert client.post(address, said).status_code == 302
    there = classroom.first.attendances.filter(status="present").values_list("member_id", flat=True)
    assert set(there) == {page.members[0], page.members[2]}
    assert {row.means for row in classroom.first.attendances.all()} == {Attendance.Means.PAPER}
    assert not classroom.second.attendances.exists()
    evidence = client.get(reverse("paper-photo-file", args=[uuid, photo.uuid]))
    assert b"".join(evidence.streaming_content).startswith(b"\xff\xd8")  # type: ignore[attr-defined]
    again = client.post(address, said)
    assert again.status_code == 422
    classroom.close()
    classroom.training.refresh_from_db()
    assert [part.folder for part in packages.parts(classroom.training)].count("06-手签签到表照片") == 1


def _doubtful_photo(classroom: ClassRoom) -> SheetPhoto:
    page = services.print_sheet(training=classroom.training, day=FIRST_DAY, by=None).pages.get()
    boxes = [[0, layout.MORNING, reader.DOUBTFUL, 1.0, "faint"]]
    return SheetPhoto.objects.create(page=page, digest="a", boxes=boxes, added_at=clock.now())


def test_a_doubt_must_be_decided(classroom: ClassRoom, personas: County, client: Client) -> None:
    client.force_login(personas.users["trainer"])
    photo = _doubtful_photo(classroom)
    refused = client.post(reverse("paper-photo", args=[classroom.training.uuid, photo.uuid]), {})
    assert refused.status_code == 422
    photo.refresh_from_db()
    assert photo.confirmed_at is None
    assert not Attendance.objects.exists()


def test_printing_again_is_the_same_sheet_until_the_roster_changes(classroom: ClassRoom, personas: County) -> None:
    first = services.print_sheet(training=classroom.training, day=FIRST_DAY, by=None)
    assert services.print_sheet(training=classroom.training, day=FIRST_DAY, by=None) == first
    trainings.enrol(training=classroom.training, member=make_member(personas.branch, "新来"), by=None)
    assert services.print_sheet(training=classroom.training, day=FIRST_DAY, by=None) != first


def test_a_forged_or_strange_page_marks_nobody(classroom: ClassRoom, personas: County) -> None:
    page = services.print_sheet(training=classroom.training, day=NEXT_DAY, by=None).pages.get()
    true = services.identity_of(page)
    forged = signed(true._replace(tag=true.tag ^ 1), {}, 3)
    other = Training.objects.create(unit=personas.town, kind="class", title="别的班", category="skills", capacity=3)
    for training, data, code in (
        (classroom.training, forged, "paper-forged"),
        (other, signed(true, {}, 3), "paper-other"),
    ):
        with pytest.raises(TrainingError) as refused:
            services.add_photo(training=training, data=data, by=None)
        assert refused.value.code == code
    assert not SheetPhoto.objects.exists()


def test_the_hour_opens_to_the_signed_page(classroom: ClassRoom, personas: County, client: Client) -> None:
    """From the line of the ledger to the photograph, for who may read the training; the member is told that it is there."""
    photo, first = _clear_photo(classroom), classroom.people[0]
    services.confirm(photo=photo, signed={(0, layout.MORNING)}, by=personas.users["trainer"])
    trainings.mark(session=classroom.first, marks={classroom.people[1].pk: "present"}, by=None)
    classroom.close()
    assert Attendance.objects.get(session=classroom.first, member=first).means == Attendance.Means.PAPER
    client.force_login(personas.users["town"])
    entry = totals.entries(first.pk, 2026)[0]
    shown = client.get(reverse("hour-entry", args=[entry.uuid])).content.decode()
    address = reverse("paper-photo-file", args=[classroom.training.uuid, photo.uuid])
    assert "纸质签到表" in shown and address in shown
    assert client.get(address).status_code == 200
    ticked = totals.entries(classroom.people[1].pk, 2026)[0]
    shown = client.get(reverse("hour-entry", args=[ticked.uuid])).content.decode()
    assert "点名" in shown and address not in shown
    first.user = make_user("signer")
    first.save()
    client.force_login(first.user)
    shown = client.get(reverse("hour-entry", args=[entry.uuid])).content.decode()
    assert "1 张，在主办单位存档" in shown and address not in shown


def _clear_photo(classroom: ClassRoom) -> SheetPhoto:
    """A photograph of a sheet of the first day; its first row is the first person."""
    sheet = services.print_sheet(training=classroom.training, day=FIRST_DAY, by=None)
    page = sheet.pages.get()
    page.members = [person.pk for person in classroom.people]
    page.save()
    boxes = [[row, layout.MORNING, reader.PRESENT, 9.0, ""] for row in range(3)]
    photo = SheetPhoto(page=page, digest="b", boxes=boxes, added_at=clock.now())
    photo.file.save("sheet.jpg", ContentFile(pictures.photo(5)))
    return photo


def test_a_sheet_photographed_after_the_closing_corrects_by_reversal(
    classroom: ClassRoom, personas: County, client: Client
) -> None:
    photo = _clear_photo(classroom)
    trainings.mark(session=classroom.first, marks={classroom.people[1].pk: "absent"}, by=None)
    classroom.close()
    assert not totals.entries(classroom.people[0].pk, 2026)
    client.force_login(personas.users["trainer"])
    desk = client.get(reverse("paper-desk", args=[classroom.training.uuid])).content.decode()
    address = reverse("paper-photo", args=[classroom.training.uuid, photo.uuid])
    assert address in desk and reverse("paper-photo-add", args=[classroom.training.uuid]) in desk
    assert client.post(address, {"0-morning": "present"}).status_code == 302
    assert [str(entry.hours) for entry in totals.entries(classroom.people[0].pk, 2026)] == ["4.00"]
    mark = Attendance.objects.get(session=classroom.first, member=classroom.people[0])
    assert (mark.status, mark.means) == ("present", Attendance.Means.PAPER)
    assert not totals.entries(classroom.people[1].pk, 2026)


def test_a_cancelled_training_takes_no_sheet(classroom: ClassRoom, personas: County) -> None:
    photo = _clear_photo(classroom)
    trainings.cancel_training(training=classroom.training, reason="下雨", by=None)
    with pytest.raises(TrainingError, match="paper-cancelled"):
        services.confirm(photo=photo, signed={(0, layout.MORNING)}, by=personas.users["trainer"])


def test_domain_6_the_head_of_the_sheet_has_number_and_blanks(
    classroom: ClassRoom, personas: County, client: Client
) -> None:
    client.force_login(personas.users["trainer"])
    day = {"year": FIRST_DAY.year, "month": FIRST_DAY.month, "day": FIRST_DAY.day}
    printed = client.post(reverse("paper-sheet", kwargs={"uuid": classroom.training.uuid, **day}))
    text = PdfReader(io.BytesIO(printed.content)).pages[0].extract_text().replace(" ", "")
    for word in (
        "班次：葡萄栽培培训班",
        "期次：第1期",
        "日期：",
        "地点：",
        "主办：",
        "应到3人",
        "实到",
        "请假",
        "缺席",
    ):
        assert word in text
