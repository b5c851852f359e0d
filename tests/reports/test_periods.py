"""Any figure for any period: 参训人数, 人次, 学时, 期, 场, 覆盖率 and 参训率, each with numerator and denominator (domain §6)."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.core import clock
from lms.hours import ledger
from lms.hours.models import HourEntry
from lms.members import services
from lms.members.models import Member, Unit
from lms.reports import periods
from lms.reports.periods import Period
from lms.reports.periods_forms import choices
from lms.training.models import Training
from tests.conftest import County
from tests.factories import make_credit, make_member
from tests.reports.conftest import TODAY, Held, named

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]
MARCH = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
APRIL = (dt.date(2026, 4, 1), dt.date(2026, 4, 30))
YEAR = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def figures(unit: Unit, span: tuple[dt.date, dt.date], as_of: dt.date | None = None) -> dict[str, dict[str, Any]]:
    """The rows by name, the whole under ""."""
    found = periods.report(unit, Period(*span, as_of or clock.today()))
    names = [column.name for column in periods.COLUMNS]
    rows = {row.name: dict(zip(names, row.values(found.period), strict=True)) for row in found.rows}
    return {**rows, "": dict(zip(names, found.total.values(found.period), strict=True))}


def test_a_month_by_town(lived: County) -> None:
    """石桥镇 has 4 members, 1 of them exempt; in March 李大山 was at a class of four days."""
    town = figures(lived.root, MARCH)["石桥镇党委"]
    assert (town["took_part"], town["due"], town["participation"]) == (1, 3, Decimal("0.3333"))
    assert (town["covered"], town["members"], town["coverage"]) == (1, 4, Decimal("0.2500"))
    assert (town["people"], town["person_times"], town["hours"]) == (1, 1, Decimal("32.00"))
    assert (town["classes"], town["lectures"], town["exempt"]) == (1, 0, 1)
    other = figures(lived.root, MARCH)["柳河镇党委"]
    assert (other["took_part"], other["due"], other["participation"], other["classes"]) == (0, 1, 0, 0)


def test_a_year_adds_up(lived: County) -> None:
    found = figures(lived.root, YEAR)[""]
    assert (found["took_part"], found["due"], found["covered"], found["members"]) == (2, 4, 2, 5)
    assert (found["person_times"], found["hours"], found["classes"]) == (2, Decimal("40.00"), 2)


def test_what_was_held_counts_where_it_ended_so_that_months_add_up(lived: County, hold: Held) -> None:
    hold(lived.town, [named("王秀英")], days=2, start=dt.date(2026, 3, 31))
    lecture = hold(lived.branch, [named("王秀英")], start=dt.date(2026, 4, 20))
    Training.objects.filter(pk=lecture.pk).update(kind=Training.Kind.LECTURE)
    march, april = figures(lived.root, MARCH)[""], figures(lived.root, APRIL)[""]
    assert (march["classes"], march["lectures"]) == (1, 0)
    assert (april["classes"], april["lectures"]) == (2, 1)
    both = figures(lived.root, (MARCH[0], APRIL[1]))[""]
    assert (both["classes"], both["lectures"]) == (3, 1)
    assert both["hours"] == march["hours"] + april["hours"]
    assert march["person_times"] + april["person_times"] > both["person_times"], "one occasion over two months"


def test_hours_stay_with_the_unit_of_then_and_rates_follow_the_roster(lived: County) -> None:
    services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
    found = figures(lived.root, MARCH)
    town, other = found["石桥镇党委"], found["柳河镇党委"]
    assert (town["people"], town["hours"], town["took_part"], town["members"]) == (1, Decimal("32.00"), 0, 3)
    assert (other["people"], other["hours"], other["took_part"], other["members"]) == (0, Decimal("0.00"), 1, 2)


def test_the_roster_of_a_period_is_that_of_its_last_day(lived: County) -> None:
    with time_machine.travel(dt.datetime(2027, 1, 15, 4, tzinfo=dt.UTC), tick=False):
        services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
        old, new = figures(lived.root, YEAR), figures(lived.root, (dt.date(2027, 1, 1), dt.date(2027, 1, 31)))
        assert (old["石桥镇党委"]["members"], new["石桥镇党委"]["members"]) == (4, 3)


def test_who_earned_in_two_towns_is_one_person_of_the_county(lived: County, hold: Held) -> None:
    services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
    hold(lived.other_town, [named("李大山")], start=dt.date(2026, 3, 20))
    found = figures(lived.root, MARCH)
    assert (found["石桥镇党委"]["people"], found["柳河镇党委"]["people"], found[""]["people"]) == (1, 1, 1)
    assert found[""]["person_times"] == 2


def test_as_of_a_day_nothing_is_told_that_was_recorded_later(lived: County, hold: Held) -> None:
    with time_machine.travel(TODAY + dt.timedelta(days=3), tick=False):
        hold(lived.town, [named("王秀英")], start=dt.date(2026, 3, 9))
        services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
        assert figures(lived.root, MARCH)[""]["person_times"] == 2
        then = figures(lived.root, MARCH, dt.date(2026, 11, 22))
        assert then[""]["person_times"] == 1
        assert then["石桥镇党委"]["members"] == 4
        assert then[""]["as_of"] == dt.date(2026, 11, 22)
        before = figures(lived.root, MARCH, dt.date(2026, 11, 21))
        assert (before[""]["members"], before[""]["hours"]) == (0, 0), "the roster was entered on the 22nd"


def test_an_incomplete_class_covers_nobody(lived: County) -> None:
    with transaction.atomic():
        ledger.post(
            make_credit(named("王秀英"), "4.00", earned_on=dt.date(2026, 3, 9), occasion="training:77/incomplete"),
            by=None,
        )
    town = figures(lived.root, MARCH)["石桥镇党委"]
    assert (town["took_part"], town["covered"], town["person_times"]) == (2, 1, 2)


def test_random_ledgers_and_periods_equal_a_count_by_hand(county: County) -> None:
    random = Random(7)
    people = [make_member(random.choice([county.branch, county.branch2, county.other_branch])) for _ in range(12)]
    for number in range(150):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=random.randint(0, 320))
        occasion = f"training:{random.randint(1, 30)}"
        made = make_credit(
            Member.objects.get(pk=random.choice(people).pk), "4.00", source=f"x:{number}:{day}", earned_on=day,
            occasion=occasion, mode=random.choice(["class", "online", "group"]),
        )  # fmt: skip
        with transaction.atomic():
            ledger.post(made, by=None)
        if random.random() < 0.2:
            with transaction.atomic():
                ledger.post(made.nothing(), by=None)
        if random.random() < 0.1:
            who = Member.objects.get(pk=random.choice(people).pk)
            services.transfer(member=who, to=random.choice([county.branch, county.other_branch]), by=None)
    for _ in range(12):
        first, last = sorted(dt.date(2026, 1, 1) + dt.timedelta(days=random.randint(0, 320)) for _ in range(2))
        found = figures(county.root, (first, last))
        for unit, name in ((county.root, ""), (county.town, county.town.name), (county.other_town, "柳河镇党委")):
            people_due, times, hours = counted_by_hand(unit, first, last)
            row = found[name]
            assert (row["people"], row["person_times"], row["hours"]) == (people_due, times, hours), (name, first, last)


def counted_by_hand(unit: Unit, first: dt.date, last: dt.date) -> tuple[int, int, Decimal]:
    """Line by line, with the path of the unit at the time."""
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for line in HourEntry.objects.select_related("unit"):
        if first <= line.earned_on <= last and line.unit.path.startswith(unit.path):
            sums[line.member_id, line.occasion] += line.hours
    stands = {key: hours for key, hours in sums.items() if hours > 0}
    return len({member for member, _occasion in stands}), len(stands), sum(stands.values(), Decimal(0))


# -- pages -----------------------------------------------------------------------------------


def test_from_the_county_to_a_member(lived: County, login: Login) -> None:
    client = login("county")
    span = "start=2026-03-01&end=2026-03-31"
    page = client.get(f"/desk/reports/period/?{span}").content.decode()
    assert f'href="?unit=C-T01&amp;{span.replace("&", "&amp;")}"' in page
    assert "参训率：1 ÷ 4" in page and "覆盖率：1 ÷ 5" in page
    assert "培训班 1 期，举行报告会 0 场，培训党员 1 人次，覆盖率 20%" in page
    page = client.get(f"/desk/reports/period/?unit=C-T01&{span}").content.decode()
    assert "unit=C-T01-B01" in page
    page = client.get(f"/desk/reports/period/?unit=C-T01-B01&{span}").content.decode()
    for name in ("李大山", "王秀英", "周建国", "陈德明"):
        assert f"/desk/members/{named(name).code}/hours/?year=2026" in page


def test_a_secretary_reads_no_name_of_somebody_who_has_left(lived: County, login: Login) -> None:
    with time_machine.travel(TODAY + dt.timedelta(days=3), tick=False):
        services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
        address = "/desk/reports/period/?unit=C-T01-B01&start=2026-03-01&end=2026-03-31&as_of=2026-11-22"
        page = login("secretary").get(address).content.decode()
        assert "李大山" not in page and "另有 1 人已转往别处" in page
        assert "李大山" in login("county").get(address).content.decode()
        assert "当天结束时的情况" in page


def test_the_files_hold_the_same_rows_and_say_as_of_when(lived: County, login: Login) -> None:
    client = login("county")
    for unit, count in (("C", 3), ("C-T01-B01", 4)):
        answer = client.get(f"/desk/reports/period/?unit={unit}&start=2026-03-01&end=2026-03-31&format=json")
        rows = json.loads(b"".join(answer.streaming_content))
        assert len(rows) == count
        assert {(row["start"], row["end"], row["as_of"]) for row in rows} == {
            ("2026-03-01", "2026-03-31", "2026-11-22")
        }
    answer = client.get("/desk/reports/period/?unit=C&as_of=2026-11-01&format=csv")
    assert "asof-2026-11-01" in answer["Content-Disposition"]
    assert "2026-11-01" in b"".join(answer.streaming_content).decode("utf-8-sig")


@pytest.mark.parametrize("wrong", ["start=x&end=y", "start=2026-03-31&end=2026-03-01", "as_of=2099-01-01", "unit="])
def test_dates_that_make_no_sense_do_not_break_the_page(lived: County, login: Login, wrong: str) -> None:
    assert login("county").get(f"/desk/reports/period/?{wrong}").status_code == 200


def test_another_unit_is_not_there(lived: County, login: Login) -> None:
    assert login("secretary").get("/desk/reports/period/?unit=C-T02").status_code == 404
    assert login("member").get("/desk/reports/period/").status_code == 404


def test_the_page_costs_the_same_for_any_size(lived: County, login: Login, hold: Held) -> None:
    client = login("county")

    def queries(unit: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/desk/reports/period/?unit={unit}").status_code == 200
        return len(captured)

    queries("C")  # the first one after signing in also reads what the middlewares keep
    before = [queries(unit) for unit in ("C", "C-T01-B01")]
    hold(lived.town, [make_member(lived.branch, f"党员{number}") for number in range(30)])
    assert [queries(unit) for unit in ("C", "C-T01-B01")] == before


@pytest.mark.parametrize(
    ("today", "quarter", "half"),
    [
        (dt.date(2026, 2, 28), ("01-01", "03-31"), ("01-01", "06-30")),
        (dt.date(2026, 6, 30), ("04-01", "06-30"), ("01-01", "06-30")),
        (dt.date(2026, 7, 1), ("07-01", "09-30"), ("07-01", "12-31")),
        (dt.date(2026, 12, 31), ("10-01", "12-31"), ("07-01", "12-31")),
    ],
)
def test_usual_periods(today: dt.date, quarter: tuple[str, str], half: tuple[str, str]) -> None:
    found = {one.label: (f"{one.start:%m-%d}", f"{one.end:%m-%d}") for one in choices(today)}
    assert (found["本季度"], found["本半年"], found["本年"]) == (quarter, half, ("01-01", "12-31"))


def test_the_month_before_january_is_december_of_the_year_before() -> None:
    last = choices(dt.date(2026, 1, 15))[1]
    assert (last.start, last.end) == (dt.date(2025, 12, 1), dt.date(2025, 12, 31))
