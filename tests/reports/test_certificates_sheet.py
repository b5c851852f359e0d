"""党员学时登记表 (domain §6): ten columns, the foot, two signature lines; on the page and on paper the same."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from lms.hours import ledger
from lms.reports import year_sheet, year_sheet_pdf
from lms.training.models import Training
from tests.conftest import County
from tests.factories import make_credit
from tests.reports.conftest import named

Login = Callable[[str], Client]
COLUMNS = ["日期", "培训名称", "培训类别", "内容类别", "主办单位", "形式", "学时", "考核结果", "认定人", "备注"]


def test_it_works(lived: County) -> None:
    Training.objects.update(closed_by=lived.users["trainer"])
    sheet = year_sheet.of_member(named("李大山"), 2026)
    assert [row.day for row in sheet.rows] == [dt.date(2026, 3, day) for day in (2, 3, 4, 5)]
    first = sheet.rows[0]
    assert (first.title, first.kind, first.category) == ("葡萄冬季修剪培训班", "培训班", "知识技能")
    assert (first.organiser, first.form, first.hours) == ("石桥镇党委", "集中面授", Decimal(8))
    assert (first.result, first.confirmed_by, first.note) == ("结业", "trainer", "")
    assert sheet.total == Decimal(32)
    (goal,) = sheet.goals
    assert (goal.required, goal.counted, goal.verdict, goal.classes) == (Decimal(32), Decimal(32), "达标", 1)


def test_a_leader_has_a_line_for_each_goal(lived: County) -> None:
    sheet = year_sheet.of_member(named("周建国"), 2026)
    goals = sheet.goals
    assert [(goal.required, goal.verdict) for goal in goals] == [(Decimal(32), "未达标"), (Decimal(56), "未达标")]
    assert [(goal.classes, goal.required_classes) for goal in goals] == [(1, 0), (1, 1)]
    assert "集中培训次数：1/1" in PdfReader(io.BytesIO(year_sheet_pdf.document(sheet))).pages[0].extract_text()


def test_what_was_taken_back_is_not_on_the_sheet(lived: County) -> None:
    member = named("李大山")
    with transaction.atomic():
        credit = make_credit(member, "1.00", earned_on=dt.date(2026, 5, 1), mode="group")
        ledger.post(credit, by=None)
        ledger.post(credit.nothing(), by=None)
    assert len(year_sheet.of_member(member, 2026).rows) == 4


def test_a_class_not_completed_says_so_and_an_unknown_source_keeps_who_posted_it(lived: County) -> None:
    member = named("杨春梅")
    with transaction.atomic():
        ledger.post(
            make_credit(
                member, "4.00", occasion="training:99/incomplete", source="training.attendance:987654:2026-03-05"
            ),
            make_credit(
                member, "0.50", source="courses.watch:1:1:2026-03-06", earned_on=dt.date(2026, 3, 6), mode="online"
            ),
            by=lived.users["county"],
        )
    half, online = year_sheet.of_member(member, 2026).rows
    assert (half.result, half.confirmed_by, half.organiser) == ("未结业", "county", "")
    assert (online.result, online.form) == ("学完", "在线自学")


def test_each_activity_is_asked_once_however_many_days_it_had(lived: County) -> None:
    def queries_for(name: str) -> int:
        member = named(name)
        with CaptureQueriesContext(connection) as asked:
            year_sheet.of_member(member, 2026)
        return len(asked)

    # unit · lines · the county · the mark with its training · its trainer's mark · standings
    assert queries_for("李大山") == queries_for("周建国")


def test_the_page_has_the_official_columns_and_two_lines_to_sign(lived: County, login: Login) -> None:
    member = named("李大山")
    page = login("secretary").get(reverse("member-sheet", args=[member.code, 2026])).content.decode()
    heads = page.split("<thead>", 1)[1].split("</thead>", 1)[0]
    assert [part.split("<", 1)[0] for part in heads.split('<th scope="col">')[1:]] == COLUMNS
    for words in ("应修：", "已修：", "是否达标：", "集中培训次数：", "党员签字", "党支部书记签字"):
        assert words in page
    assert reverse("member-sheet-pdf", args=[member.code, 2026]) in page


def test_the_paper_says_the_same_and_repeats_its_heads(lived: County) -> None:
    member = named("李大山")
    with transaction.atomic():
        ledger.post(
            *(
                make_credit(member, "0.50", earned_on=dt.date(2026, 6, 1) + dt.timedelta(days=day), mode="group")
                for day in range(60)
            ),
            by=None,
        )
    pages = PdfReader(io.BytesIO(year_sheet_pdf.document(year_sheet.of_member(member, 2026)))).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) > 1 and all(page.mediabox.width > page.mediabox.height for page in pages)
    full = [text for text in texts if "2026-" in text]
    assert full and all(all(column in text for column in COLUMNS) for text in full)
    end = texts[-1].replace(" ", "")
    for words in ("应修32学时", "已修", "是否达标", "集中培训次数：1", "党员签字：", "党支部书记签字："):
        assert words in end, words


def test_a_member_prints_his_own_and_no_year_that_cannot_be(lived: County, login: Login) -> None:
    client = login("member")
    assert "王秀英" in client.get(reverse("own-sheet", args=[2026])).content.decode()
    assert client.get(reverse("own-sheet-pdf", args=[2026]))["Content-Type"] == "application/pdf"
    for year in (1999, 2027, 99999):
        assert client.get(reverse("own-sheet", args=[year])).status_code == 404
    assert client.get(reverse("member-sheet", args=[named("李大山").code, 2026])).status_code == 404
