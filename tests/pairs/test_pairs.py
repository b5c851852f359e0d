"""结对帮学: a member and who helps, one list, seen by both and by their units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses import services as watching
from courses.models import LessonPage
from lms.core import clock
from lms.hours import totals
from lms.members.models import AuditEntry, Member, User
from lms.notices.models import Notice
from lms.pairs import selectors, services
from lms.pairs.models import HelpPair, PairTask
from lms.pairs.services import PairError
from lms.training.models import Attendance, Enrolment, Expert, Training, TrainingSession
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


@pytest.fixture
def expert(personas: County) -> Expert:
    return Expert.objects.create(unit=personas.root, name="程秋菊", title="高级农艺师", employer="农技推广中心")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_expert_without_account_helps_and_the_branch_sees_it(login: Login, expert: Expert, member: Member) -> None:
    sent = {"expert": expert.pk, "member": member.code, "topic": "病虫害"}
    answer = login("secretary").post(reverse("pair-new"), sent)
    made = HelpPair.objects.get()
    assert (made.helper, made.expert, made.member) == (None, expert, member)
    page = read(login("secretary"), answer.url)
    assert "程秋菊 帮 王秀英" in page and "高级农艺师，农技推广中心" in page
    assert "程秋菊 和 王秀英" in read(login("member"), "/learn/")
    assert "程秋菊" in read(login("town"), reverse("pair-list") + "?q=秋菊")
    assert AuditEntry.objects.get(action="pair.begin").detail == {"expert": expert.pk, "name": "程秋菊"}
    assert Notice.objects.get(kind="pair.begun").member == member


def test_an_expert_with_an_account_finds_and_keeps_the_list(
    login: Login, expert: Expert, member: Member, lesson: LessonPage
) -> None:
    """Named in the register only: no member, no role. The bell and 我的学习 lead there; other pairs stay closed."""
    user = expert.user = make_user("agronomist")
    expert.save()
    client = signed_in(user)
    assert "这个账号没有对应的党员" in read(client, "/learn/")
    pair = services.begin(helper=expert, member=member, topic="病虫害", by=None)
    assert Notice.objects.get(user=user).link == reverse("pair", args=[pair.uuid])
    assert client.get(reverse("home-for-role")).url == "/learn/"
    assert reverse("pair", args=[pair.uuid]) in read(client, "/learn/")
    assert client.post(reverse("pair", args=[pair.uuid]), {"lesson": lesson.pk}).status_code == 302
    task = PairTask.objects.get()
    client.post(reverse("pair-tick", args=[pair.uuid, task.pk]), {"done": "1"})
    task.refresh_from_db()
    assert task.done_by == user
    assert client.get(reverse("pair-list")).status_code == 404
    other = services.begin(helper=make_member(pair.member.unit, "别人"), member=member, topic="x", by=None)
    assert client.get(reverse("pair", args=[other.uuid])).status_code == 404
    services.end(pair=pair, by=None)
    assert "这个账号没有对应的党员" in read(client, "/learn/")


@pytest.mark.parametrize("linked", ["member", "user"])
def test_an_expert_on_the_roster_helps_as_the_member_he_is(
    expert: Expert, helper: Member, member: Member, linked: str
) -> None:
    setattr(expert, linked, helper if linked == "member" else helper.user)
    expert.save()
    assert services.begin(helper=expert, member=member, topic="x", by=None).helper == helper
    with pytest.raises(PairError, match="stands"):
        services.begin(helper=helper, member=member, topic="x", by=None)
    with pytest.raises(PairError, match="same"):
        services.begin(helper=expert, member=helper, topic="x", by=None)


def test_an_expert_who_joins_the_roster_later_keeps_his_pair(expert: Expert, helper: Member, member: Member) -> None:
    pair = services.begin(helper=expert, member=member, topic="x", by=None)
    expert.member = helper
    expert.save()
    assert list(selectors.standing_of(helper)) == [pair]
    assert list(selectors.pairs_seen_by(helper.user)) == [pair]
    assert services.may_work_on(HelpPair.objects.get(), helper.user)  # type: ignore[arg-type]


def test_an_expert_without_account_is_nobody_who_has_none(expert: Expert, member: Member, personas: County) -> None:
    """A missing account is not everybody's account."""
    services.begin(helper=expert, member=member, topic="x", by=None)
    bare = make_member(personas.other_branch, "无账号")
    assert not selectors.standing_of(bare).exists()
    assert not selectors.pairs_seen_by(AnonymousUser()).exists()


def test_an_expert_whose_term_is_over_is_not_named(login: Login, expert: Expert, member: Member) -> None:
    expert.appointed_until = clock.today() - dt.timedelta(days=1)
    expert.save()
    with pytest.raises(PairError, match="gone"):
        services.begin(helper=expert, member=member, topic="x", by=None)
    sent = {"expert": expert.pk, "member": member.code, "topic": "x"}
    assert login("secretary").post(reverse("pair-new"), sent).status_code == 422
    assert not HelpPair.objects.exists()


@pytest.mark.parametrize("both", [True, False])
def test_one_who_helps_is_named(login: Login, expert: Expert, helper: Member, member: Member, both: bool) -> None:
    sent = {"member": member.code, "topic": "冬剪"}
    if both:
        sent |= {"helper": helper.code, "expert": str(expert.pk)}
    answer = login("secretary").post(reverse("pair-new"), sent)
    assert answer.status_code == 422 and "请填一名帮带人，或者选一位专家" in answer.content.decode()
    assert not HelpPair.objects.exists()


def test_the_database_knows_one_kind_of_helper(expert: Expert, helper: Member, member: Member) -> None:
    for who in ({}, {"helper": helper, "expert": expert}):
        with pytest.raises(IntegrityError, match="help_pair_one_kind_of_helper"), transaction.atomic():
            HelpPair.objects.create(**who, member=member, topic="x", begun_on=clock.today())
    HelpPair.objects.create(expert=expert, member=member, topic="x", begun_on=clock.today())
    with pytest.raises(IntegrityError), transaction.atomic():
        HelpPair.objects.create(expert=expert, member=member, topic="x", begun_on=clock.today())


def test_the_desk_of_pairs_asks_no_more_for_twenty(
    login: Login, expert: Expert, helper: Member, personas: County
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            read(login("secretary"), reverse("pair-list"))
        return len(asked)

    for number in range(2):
        services.begin(
            helper=(expert, helper)[number], member=make_member(personas.branch, f"学{number}"), topic="x", by=None
        )
    few = cost()
    for number in range(18):
        services.begin(
            helper=(expert, helper)[number % 2], member=make_member(personas.branch, f"员{number}"), topic="x", by=None
        )
    assert cost() == few
