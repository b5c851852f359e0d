"""Pages, files and commands as of a day: each tells what was known then, and says that it does."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from lms.goals import services as goals
from lms.goals.models import Exemption
from lms.members import services
from tests.conftest import County
from tests.reports.conftest import TODAY, Held, named

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]
THEN = "2026-11-22"


@pytest.fixture
def lived_on(lived: County, hold: Held) -> Iterator[County]:
    """A week after 22 November: 李大山 has moved to 柳河镇, 王秀英 made up four days, 陈德明 is assessed again, 周建国 left office."""
    with time_machine.travel(TODAY + dt.timedelta(days=7), tick=False):
        services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
        hold(lived.town, [named("王秀英")], days=4, start=dt.date(2026, 5, 11))
        goals.withdraw_exemption(exemption=Exemption.objects.get(), by=None, reason="已康复")
        services.leave_office(post=named("周建国").posts.get(), on=dt.date(2026, 11, 1), by=None)
        yield lived


def rows_of(client: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(b"".join(client.get(address).streaming_content))  # type: ignore[attr-defined]
    return found


def test_the_board_tells_the_figures_of_then(lived_on: County, login: Login) -> None:
    address = "/desk/reports/?unit=C&year=2026&format=json"
    then = {row["unit"]: row for row in rows_of(login("county"), f"{address}&as_of={THEN}")}
    now = {row["unit"]: row for row in rows_of(login("county"), address)}

    def told(row: dict[str, Any]) -> list[Any]:
        return [row[name] for name in ("members", "exempt", "met", "leaders_assessed", "person_times")]

    assert told(then["C-T01"]) == [4, 1, 1, 1, 2]
    assert told(then["C-T02"]) == [1, 0, 0, 0, 0]
    assert told(now["C-T01"]) == [3, 0, 1, 0, 2]
    assert told(now["C-T02"]) == [2, 0, 1, 0, 1]


def test_page_and_files_say_so(lived_on: County, login: Login) -> None:
    client = login("county")
    page = client.get(f"/desk/reports/?year=2026&as_of={THEN}").content.decode()
    assert "截至 2026年11月22日 当天结束时的情况" in page
    assert f"?unit=C-T01&amp;year=2026&amp;as_of={THEN}" in page
    assert "report-trend" not in page and "查看各月走势" not in page
    answer = client.get(f"/desk/reports/?year=2026&as_of={THEN}&format=csv")
    assert f"C-2026-asof-{THEN}.csv" in answer["Content-Disposition"]
    head, *body = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))  # type: ignore[attr-defined]
    assert head[-1] == "截至" and {line[-1] for line in body} == {THEN}
    plain = client.get("/desk/reports/?year=2026&format=csv")
    assert "截至" not in b"".join(plain.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("", {"李大山", "王秀英", "陈德明", "周建国"}),
        ("met", {"李大山"}),
        ("behind", {"王秀英", "周建国"}),
        ("zero", {"王秀英"}),
        ("exempt", {"陈德明"}),
    ],
)
def test_the_list_behind_a_figure_of_then(lived_on: County, login: Login, state: str, names: set[str]) -> None:
    address = f"/desk/reports/members/?unit=C-T01&year=2026&as_of={THEN}&state={state}&format=json"
    assert {row["name"] for row in rows_of(login("county"), address)} == names
    page = login("county").get(address.replace("&format=json", "")).content.decode()
    assert f"共 {len(names)} 条" in page
    leaders = [row["role"] for row in rows_of(login("county"), address) if row["name"] == "周建国"]
    assert leaders in ([], ["书记和班子成员"])


def test_who_has_moved_away_since_is_not_listed_to_who_may_not_read_of_him(lived_on: County, login: Login) -> None:
    address = f"/desk/reports/members/?unit=C-T01&year=2026&as_of={THEN}&format=json"
    assert "李大山" not in {row["name"] for row in rows_of(login("town"), address)}


def test_a_members_page_of_then(lived_on: County, login: Login) -> None:
    address = f"/desk/members/{named('王秀英').code}/hours/?year=2026"
    now = login("town").get(address).content.decode()
    then = login("town").get(f"{address}&as_of={THEN}").content.decode()
    assert "葡萄冬季修剪培训班" in now and "葡萄冬季修剪培训班" not in then
    assert "当天结束时的情况" in then and "当天结束时的情况" not in now
    own = login("member").get(f"/learn/hours/?year=2026&as_of={THEN}").content.decode()
    assert "葡萄冬季修剪培训班" not in own and "当天结束时的情况" in own


def test_a_members_hours_by_command(lived_on: County, capsys: pytest.CaptureFixture[str]) -> None:
    code = named("王秀英").code
    call_command("member_hours", code, "--year", "2026", "--as-of", THEN, "--json")
    then = json.loads(capsys.readouterr().out)
    call_command("member_hours", code, "--year", "2026", "--json")
    now = json.loads(capsys.readouterr().out)
    assert then["as_of"] == THEN and "as_of" not in now
    assert (len(then["entries"]), len(now["entries"])) == (0, 4)
    assert (then["goals"][0]["met"], now["goals"][0]["met"]) == (False, True)
    call_command("member_hours", code, "--year", "2026", "--as-of", THEN)
    assert f"截至 {THEN} 已登记的情况" in capsys.readouterr().out


@pytest.mark.parametrize("asked", ["", "yesterday", "2026-13-01", "2099-01-01", "2026-11-29"])
def test_today_a_day_to_come_and_what_is_no_date_mean_now(lived_on: County, login: Login, asked: str) -> None:
    page = login("county").get(f"/desk/reports/?year=2026&as_of={asked}").content.decode()
    assert "当天结束时的情况" not in page
