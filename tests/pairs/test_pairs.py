"""结对帮学: two members, one list, seen by both and by their units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from courses import services as watching
from courses.models import LessonPage
from lms.core import clock
from lms.hours import totals
from lms.members.models import AuditEntry, Member
from lms.pairs import selectors, services
from lms.pairs.models import HelpPair, PairTask
from lms.pairs.services import PairError
from lms.training.models import Attendance, Enrolment, Training, TrainingSession
from tests.conftest import County
from tests.courses.quiz_questions import complete
from tests.factories import make_course, make_member, make_user

Login = Callable[[str], Client]


@pytest.fixture
def helper(personas: County) -> Member:
    return make_member(personas.branch2, "覃能手", user=make_user("able"))


@pytest.fixture
def pair(helper: Member, member: Member) -> HelpPair:
    return services.begin(helper=helper, member=member, topic="葡萄冬剪", by=None)


@pytest.fixture
def lesson(member: Member) -> LessonPage:
    return make_course(10)[0]


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_secretary_brings_two_together_and_both_see_it(login: Login, helper: Member, member: Member) -> None:
    sent = {"helper": helper.code, "member": "王秀英", "topic": "葡萄冬剪"}
    answer = login("secretary").post(reverse("pair-new"), sent)
    made = HelpPair.objects.get()
    assert (answer.url, made.helper, made.member) == (reverse("pair", args=[made.uuid]), helper, member)
    able = Client()
    able.force_login(helper.user)  # type: ignore[arg-type]
    for client in (login("member"), able):
        assert "覃能手 和 王秀英" in read(client, "/learn/")
        assert "葡萄冬剪" in read(client, answer.url)
    assert "王秀英" in read(login("town"), reverse("pair-list"))
    assert AuditEntry.objects.filter(action="pair.begin").count() == 1


@pytest.mark.parametrize(
    ("helper_typed", "member_typed", "said"),
    [
        ("查无此人", "王秀英", "没有找到"),
        ("王秀英", "王秀英", "不能是同一个人"),
        ("覃能手", "覃能手", "没有找到"),
    ],
)
def test_what_cannot_be_paired_is_said_and_kept(
    login: Login, helper: Member, member: Member, helper_typed: str, member_typed: str, said: str
) -> None:
    """The helper may be of any branch; the member must be of one's own."""
    sent = {"helper": helper_typed, "member": member_typed, "topic": "冬剪"}
    answer = login("secretary").post(reverse("pair-new"), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page and 'value="冬剪"' in page
    assert not HelpPair.objects.exists()


def test_of_two_with_one_name_the_number_decides(login: Login, personas: County, member: Member) -> None:
    first, second = (make_member(personas.branch, "覃小山") for _twice in range(2))
    sent = {"helper": "覃小山", "member": member.code, "topic": "冬剪"}
    page = login("secretary").post(reverse("pair-new"), sent).content.decode()
    assert first.code in page and second.code in page


def test_the_list_with_what_the_records_say(
    login: Login, pair: HelpPair, member: Member, lesson: LessonPage, helper: Member
) -> None:
    address = reverse("pair", args=[pair.uuid])
    assert login("member").post(address, {"lesson": lesson.pk, "session": ""}).status_code == 302
    assert "学员还没学完" in read(login("secretary"), address)
    complete(lesson, member)
    task = PairTask.objects.get()
    assert selectors.listed(pair) == [selectors.Listed(task, studied=True)]
    before = totals.entries(member.pk, clock.today().year).count()
    login("member").post(reverse("pair-tick", args=[pair.uuid, task.pk]), {"done": "1"})
    assert "一起学过了" in read(login("secretary"), address)
    assert "1 / 1" in read(login("secretary"), reverse("pair-list"))
    login("member").post(reverse("pair-tick", args=[pair.uuid, task.pk]), {"done": "0"})
    task.refresh_from_db()
    assert task.done_at is None
    assert totals.entries(member.pk, clock.today().year).count() == before  # help earns no hours by itself


def test_a_session_on_the_list_is_ticked_off_by_attendance(
    login: Login, pair: HelpPair, member: Member, personas: County
) -> None:
    """Put there by the form; that the member was present is the training's own record, not the word of the two."""
    training = Training.objects.create(
        kind="lecture", title="冬剪现场会", category="skills", unit=personas.town, place="葡萄园"
    )
    Enrolment.objects.create(training=training, member=member, unit=member.unit)
    begin = clock.now() + dt.timedelta(days=3)
    session = TrainingSession.objects.create(
        training=training, starts_at=begin, ends_at=begin + dt.timedelta(hours=3), measure="clock"
    )
    address = reverse("pair", args=[pair.uuid])
    assert "冬剪现场会" in read(login("member"), address)
    assert login("member").post(address, {"lesson": "", "session": session.pk}).status_code == 302
    assert PairTask.objects.get().session == session
    assert "学员已到" not in read(login("secretary"), address)
    mark = Attendance.objects.create(session=session, member=member, status="absent", marked_at=clock.now())
    assert [row.studied for row in selectors.listed(pair)] == [False]
    Attendance.objects.filter(pk=mark.pk).update(status="present")
    assert [row.studied for row in selectors.listed(pair)] == [True]
    assert "学员已到" in read(login("secretary"), address)


@pytest.mark.parametrize("typed", ["覃", "能手", "qin", "qns", "M"])
def test_the_roster_of_other_units_is_not_searched_for_a_helper(
    login: Login, helper: Member, member: Member, typed: str
) -> None:
    sent = {"helper": typed, "member": member.code, "topic": "冬剪"}
    page = login("secretary").post(reverse("pair-new"), sent).content.decode()
    assert "覃能手" not in page and helper.code not in page and not HelpPair.objects.exists()
    login("secretary").post(reverse("pair-new"), {**sent, "helper": "覃能手"})
    assert HelpPair.objects.get().helper == helper


def test_the_form_takes_one_thing_and_none_twice(login: Login, pair: HelpPair, lesson: LessonPage) -> None:
    client, address = login("member"), reverse("pair", args=[pair.uuid])
    assert client.post(address, {}).status_code == 422
    client.post(address, {"lesson": lesson.pk})
    assert client.post(address, {"lesson": lesson.pk}).status_code == 422
    with pytest.raises(PairError, match="listed"):
        services.put(pair=pair, lesson=lesson, by=None)


def test_an_ended_pair_is_kept_and_changes_no_more(login: Login, pair: HelpPair, lesson: LessonPage) -> None:
    task = services.put(pair=pair, lesson=lesson, by=None)
    end = reverse("pair-end", args=[pair.uuid])
    assert "结束这对结对帮学？" in read(login("secretary"), end)
    login("secretary").post(end)
    assert login("secretary").post(end).status_code == 404
    assert login("member").post(reverse("pair-tick", args=[pair.uuid, task.pk]), {"done": "1"}).status_code == 404
    assert "结对帮学：" not in read(login("member"), "/learn/")
    assert "王秀英" in read(login("secretary"), reverse("pair-list") + "?state=ended")
    for act in (
        lambda: services.put(pair=pair, lesson=lesson, by=None),
        lambda: services.tick(task=task, done=True, by=None),
    ):
        with pytest.raises(PairError, match="ended"):
            act()
    pair.refresh_from_db()
    services.begin(helper=pair.helper, member=pair.member, topic="再来", by=None)
    assert HelpPair.objects.count() == 2


def test_nobody_else_sees_or_keeps_it(login: Login, pair: HelpPair, lesson: LessonPage, personas: County) -> None:
    stranger = make_user("stranger")
    make_member(personas.other_branch, "旁人", user=stranger)
    client = Client()
    client.force_login(stranger)
    assert client.get(reverse("pair", args=[pair.uuid])).status_code == 404
    with pytest.raises(PairError, match="not-yours"):
        services.put(pair=pair, lesson=lesson, by=stranger)
    with pytest.raises(PairError, match="not-yours"):
        services.end(pair=pair, by=pair.member.user)
    with pytest.raises(PairError, match="not-yours"):
        services.begin(helper=pair.helper, member=pair.helper, topic="x", by=personas.users["secretary"])
    assert pair not in selectors.pairs_seen_by(stranger)


def test_who_left_the_roster_is_paired_with_nobody(helper: Member, member: Member) -> None:
    Member.objects.filter(pk=helper.pk).update(state="transferred", state_on=clock.today())
    helper.refresh_from_db()
    with pytest.raises(PairError, match="gone"):
        services.begin(helper=helper, member=member, topic="x", by=None)


def test_a_pair_stands_once(pair: HelpPair) -> None:
    with pytest.raises(PairError, match="stands"):
        services.begin(helper=pair.helper, member=pair.member, topic="x", by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        HelpPair.objects.create(helper=pair.helper, member=pair.member, topic="x", begun_on=clock.today())


def test_the_database_refuses_one_person_alone_and_a_line_of_nothing_or_both(
    pair: HelpPair, lesson: LessonPage
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        HelpPair.objects.create(helper=pair.helper, member=pair.helper, topic="x", begun_on=clock.today())
    with pytest.raises(IntegrityError), transaction.atomic():
        PairTask.objects.create(pair=pair, added_at=clock.now())


def test_watching_on_ones_own_ticks_nothing(pair: HelpPair, lesson: LessonPage, member: Member) -> None:
    task = services.put(pair=pair, lesson=lesson, by=None)
    watching.start_play(member=member, lesson=lesson, by=None)
    task.refresh_from_db()
    assert task.done_at is None and selectors.listed(pair)[0].studied is False
