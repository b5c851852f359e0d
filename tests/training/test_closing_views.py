"""Pages after a training, walked as people walk them: the member's own, the desk's, the file at the end."""

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

from lms.hours import totals
from lms.hours.models import HourEntry
from lms.members.models import Member
from lms.training import services, worth
from lms.training.closing import packages
from lms.training.models import Appeal, MakeUp, Outcome, Package, SurveyAnswer
from tests.training.conftest import NEXT_DAY, ClassRoom, on
from tests.training.pictures import photo
from tests.training.test_closing import LONG_ENOUGH

Login = Callable[[str], Client]


@pytest.fixture
def attended(classroom: ClassRoom, member: Member, after_class: time_machine.Coordinates) -> ClassRoom:
    """王秀英 came to the first morning only; the class was closed three days later."""
    services.enrol(training=classroom.training, member=member, by=None)
    services.mark(session=classroom.first, marks={member.pk: "present"}, by=None)
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=3), 9))
    classroom.close()
    return classroom


def own(name: str, room: ClassRoom, *more: object) -> str:
    return reverse(name, args=[room.training.uuid, *more])


def test_a_member_makes_a_lesson_up_and_the_town_approves(attended: ClassRoom, login: Login, member: Member) -> None:
    client = login("member")
    page = client.get(own("own-training", attended)).content.decode()
    assert own("own-make-up", attended, attended.second.pk) in page
    values = {"day": "2026-03-08", "starts": "19:00", "ends": "22:00", "text": LONG_ENOUGH}
    address = own("own-make-up", attended, attended.second.pk)
    assert client.post(address, {**values, "text": "短"}).status_code == 422
    sent = client.post(address, {**values, "evidence": SimpleUploadedFile("a.jpg", photo(1))})
    assert sent.status_code == 302
    row = MakeUp.objects.get()
    assert row.get_state_display() in client.get(own("own-training", attended)).content.decode()
    desk = login("town")
    assert reverse("make-up", args=[row.uuid]) in desk.get(reverse("matter-list")).content.decode()
    shown = desk.get(reverse("make-up", args=[row.uuid])).content.decode()
    picture = reverse("make-up-file", args=[row.uuid, row.files.get().uuid])
    assert picture in shown and desk.get(picture)["Content-Type"] == "image/jpeg"
    assert client.post(reverse("make-up", args=[row.uuid]), {"yes": "1"}).status_code == 404
    assert desk.post(reverse("make-up", args=[row.uuid]), {"yes": "1"}).status_code == 302
    assert totals.of_occasion(worth.occasion_of(attended.training), [member.pk]) == {member.pk: Decimal(8)}
    line = HourEntry.objects.get(source__startswith="training.makeup:")
    behind = desk.get(reverse("hour-entry", args=[line.uuid])).content.decode()
    assert reverse("make-up", args=[row.uuid]) in behind


def test_a_member_appeals_and_is_answered(attended: ClassRoom, login: Login) -> None:
    client, desk = login("member"), login("town")
    address = own("own-appeal", attended, attended.second.pk)
    assert client.post(address, {"wanted": "present", "reason": "我在场"}).status_code == 302
    row = Appeal.objects.get()
    decide = reverse("appeal", args=[row.uuid])
    assert desk.post(decide, {"no": "1"}).status_code == 422  # without words for the member
    assert desk.post(decide, {"no": "1", "answer": "签到表上没有签名"}).status_code == 302
    assert "签到表上没有签名" in client.get(own("own-training", attended)).content.decode()


def test_a_reflection_and_an_opinion(attended: ClassRoom, login: Login) -> None:
    client = login("member")
    assert client.post(own("own-reflection", attended), {"text": LONG_ENOUGH}).status_code == 302
    assert Outcome.objects.get().reflection == LONG_ENOUGH
    marks = {"content": "5", "teaching": "4", "arrangement": "5", "comment": "再办一期"}
    assert client.post(own("own-opinion", attended), {**marks, "content": "6"}).status_code == 422
    assert client.post(own("own-opinion", attended), marks).status_code == 302
    assert client.post(own("own-opinion", attended), marks).status_code == 422
    assert SurveyAnswer.objects.count() == 1
    assert "再办一期" not in login("town").get(own("training-overview", attended)).content.decode()


def test_the_desk_asks_for_more_and_enters_scores(attended: ClassRoom, login: Login) -> None:
    desk = login("trainer")
    assert desk.post(own("training-terms", attended), {"reflection": "on", "pass_mark": "60"}).status_code == 302
    code = attended.people[0].code
    assert desk.post(own("training-scores", attended), {f"score-{code}": "101"}).status_code == 422
    assert desk.post(own("training-scores", attended), {f"score-{code}": "88"}).status_code == 302
    assert Outcome.objects.get().score == 88
    page = desk.get(own("training-overview", attended)).content.decode()
    assert 'value="88"' in page and "未结业" in page


def test_the_package_is_made_and_taken(attended: ClassRoom, login: Login) -> None:
    desk = login("trainer")
    assert desk.post(own("package-begin", attended)).status_code == 302
    package = Package.objects.get()
    if package.state == "working":
        assert "every 1s" in desk.get(reverse("package-progress", args=[package.uuid])).content.decode()
        assert desk.get(reverse("package-file", args=[package.uuid])).status_code == 404
        packages.work(package=package)
    response = desk.get(reverse("package-file", args=[package.uuid]))
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        assert len(archive.namelist()) >= 7
    assert "zip" in response["Content-Disposition"]
