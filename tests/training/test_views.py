"""The trainings' desk: who gets in, one tap on the roster, the same form without scripts, closing, sheets and files."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from lms.hours import totals
from lms.hours.models import HourEntry
from lms.members.models import RoleGrant
from lms.training import selectors, services
from lms.training.models import Attendance, Base, Enrolment, Training
from tests.conftest import County
from tests.factories import make_grant, make_member, make_user
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, half_day, on

Login = Callable[[str], Client]


def address(name: str, classroom: ClassRoom, *more: object) -> str:
    """The address of a page of the class; pages of a session are of its first."""
    session = [classroom.first.pk] if name.startswith("session-") else []
    return reverse(name, args=[classroom.training.uuid, *session, *more])


def tap(client: Client, classroom: ClassRoom, who: int, status: str) -> object:
    """What the roster sends when a key is touched."""
    code = classroom.people[who].code
    return client.post(address("session-mark", classroom, code), {f"status-{code}": status, f"reason-{code}": "因病"})


def figures(page: str) -> list[int]:
    """应到 / 实到 / 请假 / 缺席 as the bar shows them."""
    return [int(n) for n in re.findall(r"<dd>(\d+)</dd>", page)]


# -- who gets in ----------------------------------------------------------------------------

READERS = {"county", "town", "trainer", "auditor"}
RUNNERS = {"county", "town", "trainer"}
PLANNERS = {"county", "town", "trainer"}
PAGES = [
    ("training-detail", READERS),
    ("session-sheet", READERS),
    ("session-roster", RUNNERS),
    ("training-enrol", RUNNERS),
    ("training-close", RUNNERS),
    ("training-edit", PLANNERS),
    ("training-cancel", PLANNERS),
]


@pytest.mark.parametrize(("name", "allowed"), PAGES, ids=[name for name, _allowed in PAGES])
def test_not_yours_reads_as_404(name: str, allowed: set[str], classroom: ClassRoom, personas: County) -> None:
    for persona, user in personas.users.items():
        client = Client()
        client.force_login(user)
        expected = 200 if persona in allowed else 404
        assert client.get(address(name, classroom)).status_code == expected, persona


def test_nobody_is_sent_to_the_login(classroom: ClassRoom, login: Login) -> None:
    answer = login("").get(address("session-roster", classroom))
    assert answer.status_code == 302 and answer["Location"].startswith("/login/")


def test_the_town_next_door_sees_nothing(classroom: ClassRoom, personas: County) -> None:
    neighbour = make_user("neighbour")
    make_grant(neighbour, RoleGrant.Role.TOWN_ADMIN, personas.other_town)
    client = Client()
    client.force_login(neighbour)
    assert classroom.training.title not in client.get(reverse("training-list")).content.decode()
    assert client.get(address("training-detail", classroom)).status_code == 404
    assert tap(client, classroom, 0, "present").status_code == 404
    assert not Attendance.objects.exists()


def test_a_trainer_named_from_elsewhere_runs_his_own_class_and_no_other(classroom: ClassRoom, personas: County) -> None:
    guest = make_user("guest")
    services.update_training(training=classroom.training, trainer=guest, by=None)
    other = services.plan_training(
        kind="class", unit=personas.town, title="另一期", category="skills", sessions=[half_day(FIRST_DAY)], by=None
    )
    client = Client()
    client.force_login(guest)
    assert tap(client, classroom, 0, "present").status_code == 200
    assert client.get(address("training-edit", classroom)).status_code == 404
    assert client.get(reverse("training-detail", args=[other.uuid])).status_code == 404


def test_a_session_of_another_training_is_not_reached_through_ones_own(
    classroom: ClassRoom, personas: County, login: Login
) -> None:
    elsewhere = services.plan_training(
        kind="class",
        unit=personas.other_town,
        title="柳河镇培训班",
        category="skills",
        sessions=[half_day(FIRST_DAY)],
        by=None,
    )
    mixed = reverse("session-roster", args=[classroom.training.uuid, elsewhere.sessions.get().pk])
    assert login("trainer").get(mixed).status_code == 404


# -- the roster -----------------------------------------------------------------------------


def test_one_tap_saves_and_answers_with_the_row_and_the_figures(classroom: ClassRoom, login: Login) -> None:
    page = tap(login("trainer"), classroom, 0, "present").content.decode()
    assert Attendance.objects.get().status == "present"
    assert 'value="present"' in page and "checked" in page
    assert 'hx-swap-oob="true"' in page
    assert figures(page) == [3, 1, 0, 0]
    assert "其余 2 人全到" in page


def test_a_tap_on_a_stranger_or_with_a_word_that_is_no_status_is_404(
    classroom: ClassRoom, personas: County, login: Login
) -> None:
    stranger = make_member(personas.branch, "陌生人")
    client = login("trainer")
    url = address("session-mark", classroom, stranger.code)
    assert client.post(url, {f"status-{stranger.code}": "present"}).status_code == 404
    assert tap(client, classroom, 0, "asleep").status_code == 404
    assert not Attendance.objects.exists()


def test_a_tap_on_oneself_is_refused_in_words(classroom: ClassRoom, personas: County, login: Login) -> None:
    own = make_member(personas.branch, "师自己", user=personas.users["trainer"])
    services.enrol(training=classroom.training, member=own, by=None)
    classroom.people.append(own)
    answer = tap(login("trainer"), classroom, 3, "present")
    assert answer.status_code == 409
    assert "不能给自己记录考勤" in answer.content.decode()


def test_without_scripts_the_form_saves_all_rows(classroom: ClassRoom, login: Login) -> None:
    codes = [person.code for person in classroom.people]
    posted = {f"status-{codes[0]}": "present", f"status-{codes[1]}": "leave", f"status-{codes[2]}": "absent"}
    posted[f"reason-{codes[1]}"] = "因事"
    page = login("trainer").post(address("session-save", classroom), posted, follow=True).content.decode()
    assert figures(page) == [3, 1, 1, 1]
    assert "点完了，去结课" in page


def test_everybody_else_is_present_keeps_the_marks_there_are(classroom: ClassRoom, login: Login) -> None:
    client = login("trainer")
    tap(client, classroom, 1, "leave")
    page = client.post(address("session-save", classroom), {"rest": "1"}, follow=True).content.decode()
    assert figures(page) == [3, 2, 1, 0]


def test_a_person_is_found_by_name_pinyin_and_first_letters(classroom: ClassRoom, login: Login) -> None:
    client = login("trainer")
    # 单 and 曾 as family names read shàn and zēng.
    for typed, found in (("大山", "李大山"), ("shanchunhua", "单春花"), ("sch", "单春花"), ("zxh", "曾小河")):
        page = client.get(address("session-roster", classroom), {"q": typed}).content.decode()
        names = [person.name for person in classroom.people if f"<strong>{person.name}</strong>" in page]
        assert names == [found], typed


def test_late_by_the_page_is_priced_by_the_clock(classroom: ClassRoom, login: Login) -> None:
    person = classroom.people[0]
    url = address("session-times", classroom, person.code)
    assert login("trainer").post(url, {"arrived": "09:30", "left": ""}).status_code == 302
    assert Attendance.objects.get().arrived_at == on(FIRST_DAY, 9, 30)
    wrong = login("trainer").post(url, {"arrived": "11:00", "left": "09:00"})
    assert wrong.status_code == 422 and "离开时间不能早于到达时间" in wrong.content.decode()


# -- closing and correcting -----------------------------------------------------------------


def test_closing_asks_for_the_unmarked_and_then_credits(classroom: ClassRoom, login: Login) -> None:
    classroom.mark("present", "present", "leave")
    client = login("trainer")
    url = address("training-close", classroom)
    assert "还有 3 人次没有记录" in client.get(url).content.decode()
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422 and not HourEntry.objects.exists()
    assert client.post(url, {"absent": "on", "reason": ""}).status_code == 302
    assert sum(entry.hours for entry in HourEntry.objects.all()) == Decimal("8.00")


def test_heads_that_differ_are_named_by_the_page(classroom: ClassRoom, login: Login) -> None:
    classroom.mark("present", "present", "leave")
    client = login("trainer")
    posted = {"absent": "on", "reason": "", f"heads-{classroom.first.pk}": "3"}
    refused = client.post(address("training-close", classroom), posted)
    assert refused.status_code == 422 and "清点人数与签到不一致" in refused.content.decode()
    posted["reason"] = "一人未报名旁听"
    assert client.post(address("training-close", classroom), posted).status_code == 302


def test_a_tick_corrected_on_the_phone_is_reversed_in_the_ledger(classroom: ClassRoom, login: Login) -> None:
    classroom.mark("present", "present", "present")
    classroom.mark("present", "present", "present", session=classroom.second)
    classroom.close()
    page = tap(login("trainer"), classroom, 0, "absent").content.decode()
    assert "已更正，学时随之调整" in page
    person = classroom.people[0]
    assert totals.of_members([person.pk], 2026)[person.pk].hours == Decimal("4.00")
    lines = HourEntry.objects.filter(member=person, earned_on=FIRST_DAY).order_by("sequence")
    assert [line.hours for line in lines] == [Decimal("4.00"), Decimal("-4.00")]


# -- planning and enrolling -----------------------------------------------------------------


def plan_form(**more: object) -> dict[str, object]:
    """What the page for a new training sends, with one session."""
    return {
        "kind": "visit",
        "title": "葡萄基地参观",
        "category": "skills",
        "unit": "C-T01",
        "place": "",
        "capacity": 40,
        "s-TOTAL_FORMS": 3,
        "s-INITIAL_FORMS": 0,
        "s-0-day": "2026-03-05",
        "s-0-starts": "08:30",
        "s-0-ends": "11:30",
        "s-0-measure": "half_day",
        **{f"s-{n}-measure": "clock" for n in (1, 2)},
        **more,
    }


def test_a_visit_is_planned_with_its_sessions(orchard: Base, login: Login) -> None:
    posted = plan_form(base=orchard.pk, **{"s-1-day": "2026-03-06", "s-1-starts": "22:30", "s-1-ends": "00:30"})
    answer = login("town").post(reverse("training-new"), posted)
    training = Training.objects.get()
    assert answer["Location"] == reverse("training-detail", args=[training.uuid])
    first, second = training.sessions.all()
    assert (first.starts_at, first.ends_at) == (on(FIRST_DAY, 8, 30), on(FIRST_DAY, 11, 30))
    assert second.ends_at == on(NEXT_DAY, 24, 30)


def test_a_visit_needs_a_base_and_keeps_what_was_typed(orchard: Base, login: Login) -> None:
    answer = login("town").post(reverse("training-new"), plan_form())
    page = answer.content.decode()
    assert answer.status_code == 422 and "基地参观要选一个基地" in page and "葡萄基地参观" in page
    assert not Training.objects.exists()


def test_a_training_is_not_planned_in_the_name_of_another_town(orchard: Base, login: Login) -> None:
    answer = login("town").post(reverse("training-new"), plan_form(base=orchard.pk, unit="C-T02"))
    assert answer.status_code == 422
    assert not Training.objects.exists()


def test_people_are_enrolled_by_search_only_within_reach(classroom: ClassRoom, personas: County, login: Login) -> None:
    near, far = make_member(personas.branch, "四近"), make_member(personas.other_branch, "五远")
    url = address("training-enrol", classroom)
    page = login("trainer").get(url).content.decode()
    assert near.code in page and far.code not in page
    assert login("trainer").post(url, {"member": [near.code, far.code]}).status_code == 302
    assert [seat.member for seat in Enrolment.objects.order_by("-pk")[:1]] == [near]
    assert not Enrolment.objects.filter(member=far).exists()


def test_a_whole_branch_is_enrolled_at_once(classroom: ClassRoom, personas: County, login: Login) -> None:
    services.update_training(training=classroom.training, capacity=10, by=None)
    people = [make_member(personas.branch2, name) for name in ("四", "五")]
    make_member(personas.branch, "六")
    url = address("training-enrol", classroom) + f"?unit={personas.branch2.code}"
    login("trainer").post(url, {"everybody": "1"})
    seated = set(selectors.enrolled_members(classroom.training))
    assert seated == {*classroom.people, *people}


def test_a_full_class_says_so(classroom: ClassRoom, personas: County, login: Login) -> None:
    codes = [make_member(personas.branch, name).code for name in ("四", "五")]
    answer = login("trainer").post(address("training-enrol", classroom), {"member": codes})
    assert "名额已满" in answer.content.decode()
    assert Enrolment.objects.count() == 3


# -- lists, sheets and files ------------------------------------------------------------------


def test_tabs_search_and_kind_stay_in_the_address(
    classroom: ClassRoom, login: Login, after_class: time_machine.Coordinates
) -> None:
    client, title = login("town"), classroom.training.title
    listed = {
        query: title in client.get(f"{reverse('training-list')}?{query}").content.decode()
        for query in ("tab=running", "tab=coming", "tab=running&q=葡萄", "tab=running&q=水稻", "tab=running&kind=visit")
    }
    assert listed == {
        "tab=running": True,
        "tab=coming": False,
        "tab=running&q=葡萄": True,
        "tab=running&q=水稻": False,
        "tab=running&kind=visit": False,
    }
    after_class.move_to(on(FIRST_DAY, 7))
    assert title in client.get(reverse("training-list")).content.decode()


def test_the_sign_in_sheet_has_the_official_columns_and_masks_telephones(classroom: ClassRoom, login: Login) -> None:
    classroom.mark("present", "leave", "absent")
    page = login("trainer").get(address("session-sheet", classroom)).content.decode()
    heads = re.findall(r'<th scope="col">([^<]+)</th>', page)
    assert heads == ["序号", "姓名", "性别", "所在党组织", "职务", "联系电话", "上午签到", "下午签到", "备注"]
    assert "13812346726" not in page and "6726" in page


def test_the_record_leads_to_the_one_sheet_that_is_signed(classroom: ClassRoom, login: Login) -> None:
    """What a photograph is read from has a QR head; the record is never printed empty, as if it could be signed."""
    classroom.mark("present", "leave", "absent")
    url, signed = address("session-sheet", classroom), reverse("paper-desk", args=[classroom.training.uuid])
    page = login("trainer").get(url, {"blank": "1"}).content.decode()
    assert signed in page and "照片认不出来" in page
    assert re.findall(r"<td>([到假缺])</td>", page) == ["到", "假", "缺"]
    assert signed not in login("auditor").get(url).content.decode()
    classroom.close()
    page = login("trainer").get(url).content.decode()
    assert signed not in page and "照片认不出来" not in page


def test_the_sheet_as_a_workbook_holds_the_same_marks(classroom: ClassRoom, login: Login) -> None:
    classroom.mark("present", "leave", "absent")
    answer = login("trainer").get(address("session-sheet", classroom), {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    marks = {row[1].value: row[6].value for row in sheet.iter_rows(min_row=2)}
    assert marks == {"李大山": "到", "单春花": "假", "曾小河": "缺"}
    assert login("trainer").get(address("session-sheet", classroom), {"format": "exe"}).status_code == 404


def test_a_title_on_the_list_leads_to_its_training(
    classroom: ClassRoom, orchard: Base, personas: County, login: Login
) -> None:
    facts = {"unit": personas.town, "category": "skills", "capacity": 9, "by": None}
    ahead = [half_day(NEXT_DAY + dt.timedelta(days=days)) for days in (2, 3)]
    visit = services.plan_training(kind="visit", title="看葡萄", base=orchard, sessions=ahead[:1], **facts)
    other = services.plan_training(kind="class", title="剪枝", sessions=ahead[1:], **facts)
    page = login("trainer").get(reverse("training-list")).content.decode()
    for training in (visit, other):
        assert f'<a href="{reverse("training-detail", args=[training.uuid])}">{training.title}</a>' in page


def test_the_visit_register_lists_closed_visits_with_their_hours(orchard: Base, personas: County, login: Login) -> None:
    visit = services.plan_training(
        kind="visit",
        unit=personas.town,
        base=orchard,
        title="葡萄修剪观摩",
        category="skills",
        capacity=40,
        sessions=[half_day(FIRST_DAY)],
        by=None,
    )
    person = make_member(personas.branch)
    services.enrol(training=visit, member=person, by=None)
    services.mark(session=visit.sessions.get(), marks={person.pk: "present"}, by=None)
    services.close_training(training=visit, said=services.Reconciliation(), by=None)
    answer = login("town").get(reverse("visit-register"), {"format": "json"})
    (row,) = json.loads(b"".join(answer.streaming_content))
    assert (row["base"], row["due"], row["present"], row["hours"]) == ("石桥葡萄基地", 1, 1, 4)


# -- how many queries ---------------------------------------------------------------------------


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("name", ["session-roster", "session-sheet", "training-detail"])
def test_twenty_more_people_cost_no_query_more(name: str, classroom: ClassRoom, personas: County, login: Login) -> None:
    client, url = login("trainer"), address(name, classroom)
    queries(client, url)
    few = queries(client, url)
    services.update_training(training=classroom.training, capacity=40, by=None)
    crowd = [make_member(personas.branch, f"众{n}") for n in range(20)]
    services.enrol_many(training=classroom.training, members=crowd, by=None)
    services.mark_rest(session=classroom.first, by=None)
    assert queries(client, url) == few


def test_twenty_more_trainings_cost_no_query_more(classroom: ClassRoom, personas: County, login: Login) -> None:
    client, url = login("town"), f"{reverse('training-list')}?tab=running"
    queries(client, url)
    few = queries(client, url)
    for n in range(20):
        services.plan_training(
            kind="class",
            unit=personas.town,
            title=f"第 {n} 期",
            category="skills",
            sessions=[half_day(FIRST_DAY)],
            by=None,
        )
    assert queries(client, url) == few
