"""The county's view: the same rows on the page, in the command and in files; its cost does not grow with people."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.goals.models import Standing
from lms.hours.models import HourEntry
from lms.reports import rollup
from tests.conftest import County
from tests.factories import make_member
from tests.reports.conftest import Held, named

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]
KEYS = [
    "unit",
    "name",
    "members",
    "exempt",
    "assessed",
    "met",
    "rate",
    "leaders_assessed",
    "leaders_met",
    "leaders_rate",
    "average_hours",
    "person_times",
]


def report(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> Any:
    call_command("report_completion", "--unit", "C", "--year", "2026", *arguments)
    return json.loads(capsysbinary.readouterr().out)


def test_the_command_says_the_contract(lived: County, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    found = report(capsysbinary)
    assert list(found) == ["unit", "year", "as_of", "rows", "total"]
    assert (found["unit"], found["year"], found["as_of"]) == ("C", 2026, "2026-11-22")
    assert [list(row) for row in found["rows"]] == [KEYS, KEYS]
    # 石桥镇: 王秀英, 李大山 (32, met), 周建国 (8, secretary), 陈德明 (exempt).
    assert list(found["rows"][0].values()) == ["C-T01", "石桥镇党委", 4, 1, 3, 1, 0.3333, 1, 0, 0.0, 13.33, 2]
    assert list(found["rows"][1].values()) == ["C-T02", "柳河镇党委", 1, 0, 1, 0, 0.0, 0, 0, None, 0.0, 0]
    assert (found["total"]["members"], found["total"]["met"], found["total"]["rate"]) == (5, 1, 0.25)


def test_what_is_computed_live_for_today_equals_the_roll_ups(lived: County) -> None:
    children = list(lived.root.get_children())
    rows, total = rollup._then(lived.root, children, 2026, dt.date(2026, 11, 22))
    stored = rollup.completion(lived.root, 2026)
    assert [row.values() for row in rows] == [row.values() for row in stored.rows]
    assert total.values() == stored.total.values()


def test_as_of_knows_only_what_was_known_then(lived: County, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Hours earned in March but posted on 22 November were not known in October."""
    assert report(capsysbinary, "--as-of", "2026-10-31")["total"]["met"] == 0
    assert report(capsysbinary, "--as-of", "2026-11-22")["total"]["met"] == 1
    assert HourEntry.objects.filter(earned_on__lt=dt.date(2026, 10, 31)).exists()


def test_people_of_the_unit_itself_have_a_row(lived: County) -> None:
    make_member(lived.root, "县委干部")
    found = rollup.completion(lived.root, 2026)
    assert [row.direct for row in found.rows] == [False, False, True]
    assert sum(row.of_members.members for row in found.rows) == found.total.of_members.members == 6


def test_the_files_hold_the_same_rows(lived: County, login: Login) -> None:
    address = "/desk/reports/?unit=C&year=2026&format="
    client = login("county")
    rows = json.loads(b"".join(client.get(address + "json").streaming_content))
    assert [row["unit"] for row in rows] == ["C-T01", "C-T02", "C"]
    lines = list(csv.reader(io.StringIO(b"".join(client.get(address + "csv").streaming_content).decode("utf-8-sig"))))
    assert lines[0][:3] == ["编码", "党组织", "党员总数"]
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(address + "xlsx").streaming_content))).active
    head, *body = sheet.iter_rows(values_only=True)
    assert list(head) == lines[0]
    for row, line, cells in zip(rows, lines[1:], body, strict=True):
        assert ["" if value is None else str(value) for value in row.values()] == line
        assert list(row.values()) == list(cells)


def test_an_unknown_unit_could_not_run(lived: County) -> None:
    with pytest.raises(CommandError) as stopped:
        call_command("report_completion", "--unit", "NO", "--year", "2026")
    assert stopped.value.returncode == 2


def test_the_board_costs_the_same_with_more_people(lived: County, login: Login, hold: Held) -> None:
    client = login("county")

    def queries() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/desk/reports/?unit=C&year=2026").status_code == 200
        return [query["sql"] for query in captured]

    queries()  # the first one after signing in also reads what the middlewares keep
    before = queries()
    hold(lived.town, [make_member(lived.branch2, f"党员{number}") for number in range(20)])
    after = queries()
    assert len(after) == len(before)
    # The ledger and the standings are not read at all: roll-ups only.
    for table in ("hours_hourentry", "goals_standing", "members_member"):
        reads = [sql for sql in after if f'FROM "{table}"' in sql and '"members_member"."user_id" =' not in sql]
        assert reads == [], table


def test_the_board_shows_numerator_denominator_and_exempt(lived: County, login: Login) -> None:
    page = login("county").get("/desk/reports/?unit=C-T01&year=2026").content.decode()
    assert "1 ÷ 3" in page and "33.3%" in page
    assert "免考核 1 人" in page


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("", ["李大山", "王秀英", "陈德明", "周建国"]),
        ("met", ["李大山"]),
        ("behind", ["王秀英", "周建国"]),
        ("exempt", ["陈德明"]),
        ("zero", ["王秀英"]),
    ],
)
def test_the_list_is_what_the_figure_counts(lived: County, login: Login, state: str, names: list[str]) -> None:
    address = f"/desk/reports/members/?unit=C-T01&year=2026&state={state}"
    client = login("town")
    page = client.get(address).content.decode()
    everybody = Standing.objects.values_list("member__name", flat=True)
    assert {name for name in everybody if f">{name}</a>" in page} == set(names)
    rows = json.loads(b"".join(client.get(address + "&format=json").streaming_content))
    assert {row["name"] for row in rows} == set(names)


def test_a_filter_keeps_unit_and_year(lived: County, login: Login) -> None:
    page = login("county").get("/desk/reports/members/?unit=C-T02&year=2026").content.decode()
    form = page[page.index('<form class="filters"') :]
    assert 'name="unit" value="C-T02"' in form and 'name="year" value="2026"' in form


def test_a_secretary_sees_his_branch_and_no_other(lived: County, login: Login) -> None:
    client = login("secretary")
    assert "桃源村" in client.get("/desk/reports/").content.decode()
    assert client.get("/desk/reports/?unit=C-T02").status_code == 404
    assert client.get("/desk/reports/members/?unit=C").status_code == 404
    assert client.get(f"/desk/members/{named('杨春梅').code}/hours/").status_code == 404


def test_a_line_opens_to_evidence_rule_and_chain(lived: County, login: Login) -> None:
    entry = HourEntry.objects.filter(member__name="周建国").get()
    page = login("secretary").get(reverse("hour-entry", args=[entry.uuid])).content.decode()
    for text in ("葡萄冬季修剪培训班", "培训班", "石桥镇党委", "培训班，2019年1月1日起", entry.source, "记入"):
        assert text in page
    assert login("member").get(reverse("hour-entry", args=[entry.uuid])).status_code == 404


def test_member_hours_says_the_contract(lived: County, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("member_hours", named("周建国").code, "--year", "2026", "--json")
    found = json.loads(capsys.readouterr().out)
    (entry,) = found["entries"]
    assert {"earned_on", "title", "category", "mode", "hours", "source", "rule", "evidence"} <= set(entry)
    assert (entry["earned_on"], entry["hours"], entry["evidence"]) == ("2026-04-06", 8.0, "attendance")
    assert [(line["audience"], line["counted"], line["missing_hours"]) for line in found["goals"]] == [
        ("members", 8.0, 24.0),
        ("leaders", 8.0, 48.0),
    ]
