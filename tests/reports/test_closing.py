"""Closing a year: frozen whole or not at all, the same however it is cut, and nothing later moves it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.core.append_only import AppendOnlyError
from lms.goals import services as goals
from lms.hours import ledger
from lms.members import services
from lms.members.models import AuditEntry, Member, Unit
from lms.reports import adjustments, audit, boards, closing, closing_page, closing_tasks
from lms.reports.models import ClosedStanding, ClosedUnit, ClosingRun, YearClosing
from tests.conftest import County
from tests.factories import make_credit, make_member
from tests.reports.conftest import Held, named

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]
JANUARY = dt.datetime(2027, 1, 15, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def new_year(lived: County) -> Iterator[Any]:
    """15 January 2027, noon in the county: 2026 is over."""
    with time_machine.travel(JANUARY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def closed(lived: County, new_year: Any) -> YearClosing:
    """2026 closed on 15 January, as known at the end of the 14th; then it is the 16th."""
    closing.work(run=closing.begin(year=2026, by=lived.users["county"]))
    new_year.move_to(JANUARY + DAY)
    found = closing.closing_of(2026)
    assert found is not None
    return found


def rows_of(unit: Unit) -> list[tuple[Any, ...]]:
    report = boards.completion(unit, 2026)
    return [row.values() for row in (*report.rows, report.total)]


def everything(found: YearClosing) -> tuple[list[Any], list[Any]]:
    people = ClosedStanding.objects.filter(run=found.run).values_list(*closing.STANDING_TEXT)
    units = ClosedUnit.objects.filter(run=found.run).values_list(*closing.UNIT_TEXT)
    return list(people), list(units)


def credit(member: Member, hours: str, day: dt.date) -> None:
    """Hours that nobody knew of."""
    made = make_credit(member, hours, source=f"late:{member.pk}:{day}", occasion=f"late:{member.pk}", earned_on=day)
    with transaction.atomic():
        ledger.post(made, by=None)


# -- making it ------------------------------------------------------------------------------


def test_what_is_frozen_is_what_the_board_said(lived: County, new_year: Any) -> None:
    before = {unit.code: rows_of(unit) for unit in Unit.objects.all()}
    closing.work(run=closing.begin(year=2026, by=None))
    assert closing.closing_of(2026) is not None
    assert {unit.code: rows_of(unit) for unit in Unit.objects.all()} == before


@pytest.mark.parametrize(
    ("year", "moment", "cut_off", "code"),
    [
        (2026, dt.datetime(2026, 12, 31, 15, 59, tzinfo=dt.UTC), None, "not-over"),
        (2025, JANUARY, None, "no-goals"),
        (2026, JANUARY, dt.date(2026, 12, 30), "cut-off"),
        (2026, JANUARY, dt.date(2027, 1, 15), "cut-off"),
    ],
)
def test_a_year_that_cannot_be_closed(
    lived: County, year: int, moment: dt.datetime, cut_off: dt.date | None, code: str
) -> None:
    with time_machine.travel(moment, tick=False), pytest.raises(closing.ClosingRefused) as refused:
        closing.begin(year=year, by=None, cut_off=cut_off)
    assert refused.value.code == code


def test_a_year_is_closed_once(lived: County, closed: YearClosing) -> None:
    with pytest.raises(closing.ClosingRefused) as refused:
        closing.begin(year=2026, by=None)
    assert refused.value.code == "begun"
    closing.work(run=closed.run)
    assert YearClosing.objects.count() == 1


def test_nothing_is_seen_before_it_is_whole(lived: County, new_year: Any, login: Login) -> None:
    run = closing.begin(year=2026, by=None)
    assert closing.step(run)
    assert closing.closing_of(2026) is None
    assert boards.completion(lived.root, 2026).closing is None
    assert login("town").get("/desk/reports/closing/2026/").status_code == 404
    page = login("county").get("/desk/reports/closing/2026/").content.decode()
    assert f"已结转 {Member.objects.count()} / {Member.objects.count()} 人" in page
    closing.finish(run)
    assert login("town").get("/desk/reports/closing/2026/").status_code == 200


@pytest.mark.parametrize("cut_after", [0, 1, 2, 3, 4, 5])
def test_cut_at_any_point_and_resumed_beside_new_records_it_ends_the_same(
    lived: County, new_year: Any, monkeypatch: pytest.MonkeyPatch, cut_after: int
) -> None:
    run = closing.begin(year=2026, by=None)
    monkeypatch.setattr(closing, "MEMBERS_A_STEP", 1)
    with transaction.atomic():
        whole = closing.work(run=run)
        due = (closing.digest_of(whole), *everything(YearClosing.objects.get()))
        transaction.set_rollback(True)
    for _ in range(cut_after):
        closing.step(run)
    new_year.move_to(JANUARY + 3 * DAY)  # the power comes back, and life has gone on
    services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
    services.set_state(member=named("周建国"), state="deceased", on=dt.date(2027, 1, 16), by=None)
    goals.exempt(
        member=named("王秀英"), reason="age", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2027, 12, 31), by=None
    )
    credit(named("杨春梅"), "8.00", dt.date(2026, 12, 30))
    make_member(lived.branch, "新党员")
    closing_tasks.resume_closings()
    found = YearClosing.objects.get()
    assert (found.digest, *everything(found)) == due
    run.refresh_from_db()
    assert run.state == ClosingRun.State.DONE


def test_a_run_that_never_ends_is_parked_and_can_be_taken_up(lived: County, new_year: Any) -> None:
    run = closing.begin(year=2026, by=None)
    ClosingRun.objects.filter(pk=run.pk).update(attempts=closing.MAX_ATTEMPTS)
    assert closing.work(run=run).problem == "interrupted"
    closing.resume(run=run, by=None)
    assert closing.work(run=run).state == ClosingRun.State.DONE
    with pytest.raises(closing.ClosingRefused):
        closing.resume(run=run, by=None)


def test_the_cut_off_date_says_whose_roster_counts(lived: County, new_year: Any) -> None:
    """A transfer recorded on 5 January belongs to the new year unless the county sets the cut-off later."""
    with time_machine.travel(dt.datetime(2027, 1, 5, 4, tzinfo=dt.UTC), tick=False):
        services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
    closing.work(run=closing.begin(year=2026, by=None, cut_off=dt.date(2027, 1, 10)))
    row = ClosedStanding.objects.get(name="李大山")
    assert (row.unit_id, row.unit_path) == (lived.other_branch.pk, lived.other_branch.path)


def test_by_default_the_roster_is_that_of_31_december(lived: County, new_year: Any) -> None:
    with time_machine.travel(dt.datetime(2027, 1, 5, 4, tzinfo=dt.UTC), tick=False):
        services.transfer(member=named("李大山"), to=lived.other_branch, by=None)
    closing.work(run=closing.begin(year=2026, by=None))
    assert ClosedStanding.objects.get(name="李大山").unit_id == lived.branch.pk


# -- what it keeps ---------------------------------------------------------------------------


def test_frozen_rows_are_never_changed(closed: YearClosing) -> None:
    for row in (closed, ClosedStanding.objects.first(), ClosedUnit.objects.first()):
        assert row is not None
        with pytest.raises(AppendOnlyError):
            row.save()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {row._meta.db_table} SET run_id = run_id")


def test_the_digest_tells_of_a_changed_row(closed: YearClosing) -> None:
    assert closing.is_intact(closed) and checks() == set()
    row = ClosedStanding.objects.filter(name="李大山").get()
    ClosedStanding.objects.bulk_create(
        [ClosedStanding(**{**_values(row), "member_id": named("新人").pk, "name": "新人"})]
    )
    assert not closing.is_intact(closed)
    assert checks() == {"closing"}


def checks() -> set[str]:
    """What the audit finds wrong."""
    found = audit._do(audit.Part("closings", tuple(YearClosing.objects.values_list("pk", flat=True))))
    return {violation.check for violation in found.violations}


def _values(row: ClosedStanding) -> dict[str, Any]:
    named_rows = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    del named_rows["id"]
    make_member(Unit.objects.get(code="C"), "新人")
    return named_rows


def test_transfers_mergers_names_and_deaths_change_nothing_frozen(lived: County, closed: YearClosing) -> None:
    before = {unit.code: rows_of(unit) for unit in Unit.objects.all()}
    kept = everything(closed)
    for member in Member.objects.in_unit(lived.branch):  # 桃源村 is merged into 枫林村
        services.transfer(member=member, to=lived.branch2, by=None)
    Unit.objects.filter(pk=lived.branch.pk).update(closed_on=dt.date(2027, 1, 16), name="已撤销的支部")
    Unit.objects.filter(pk=lived.town.pk).update(name="新石桥镇党委")
    services.set_state(member=named("李大山"), state="deceased", on=dt.date(2027, 1, 16), by=None)
    services.update_member(member=named("周建国"), by=None, name="周建军")
    assert everything(closed) == kept
    assert {unit.code: rows_of(unit) for unit in Unit.objects.all()} == before
    assert closing.is_intact(closed)
    for unit in (lived.root, lived.town, lived.branch):
        found = closing_page.figures(closed, unit)
        assert not found.total.differs and not found.lines.exists()


def test_the_command_answers_with_the_frozen_figures(
    lived: County, closed: YearClosing, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    credit(named("王秀英"), "8.00", dt.date(2026, 12, 30))
    call_command("report_completion", "--unit", "C", "--year", "2026")
    found = json.loads(capsysbinary.readouterr().out)
    assert found["as_of"] == "2027-01-14" and found["closed_at"].startswith("2027-01-15")
    assert found["total"]["person_times"] == 2
    call_command("report_completion", "--unit", "C", "--year", "2026", "--as-of", "2026-11-30")
    assert "closed_at" not in json.loads(capsysbinary.readouterr().out)


# -- what comes later --------------------------------------------------------------------------


def test_a_late_correction_is_a_dated_adjustment_beside_the_frozen_figure(
    lived: County, closed: YearClosing, hold: Held, login: Login
) -> None:
    # 王秀英 was at a class of four days in December; the sheet was found in January.
    hold(lived.town, [named("王秀英")], days=4, start=dt.date(2026, 12, 7))
    found = closing_page.figures(closed, lived.town)
    assert (found.total.then.of_members.met, found.total.now.of_members.met) == (1, 2)
    assert (found.total.then.of_members.zero, found.total.now.of_members.zero) == (1, 0)
    assert found.lines.count() == 4
    assert found.rows[0].differs and not found.rows[1].differs
    page = login("town").get("/desk/reports/closing/2026/").content.decode()
    assert "33.3%" in page and "66.6%" in page
    assert "补记" in page and "trainer" in page and "2026年12月7日" in page
    assert "1 ÷ 3" in login("town").get("/desk/reports/?unit=C-T01&year=2026").content.decode()


def test_an_hour_taken_back_shows_both_lines_with_who_and_why(lived: County, closed: YearClosing, login: Login) -> None:
    by = lived.users["county"]
    member = named("杨春梅")
    source = {"source": "training.attendance:900:2026-03-05", "occasion": "training:900"}
    with transaction.atomic():
        ledger.post(make_credit(member, "8.00", **source), by=by)
    with transaction.atomic():
        ledger.post(make_credit(member, "4.00", **source), by=by)
        AuditEntry.objects.create(actor=by, action="attendance.times", target="x", reason="签到表核对后更正")
    found = adjustments.explained(list(adjustments.lines(closed, lived.root.path)))
    assert [(one.kind, one.entry.hours, one.reason) for one in found][:2] == [
        ("更正", Decimal("4.00"), "签到表核对后更正"),
        ("冲销", Decimal("-8.00"), "签到表核对后更正"),
    ]
    rows = json.loads(
        b"".join(login("county").get("/desk/reports/closing/2026/?part=adjustments&format=json").streaming_content)
    )
    assert [row["hours"] for row in rows] == [4, -8, 8]
    assert {row["by"] for row in rows} == {str(by)}


def test_an_exemption_approved_later_is_an_adjustment_too(lived: County, closed: YearClosing, login: Login) -> None:
    goals.exempt(
        member=named("王秀英"), reason="illness", starts_on=dt.date(2026, 6, 1), ends_on=dt.date(2027, 6, 1), by=None
    )
    found = closing_page.figures(closed, lived.town)
    assert (found.total.then.of_members.exempt, found.total.now.of_members.exempt) == (1, 2)
    assert "结转后的免考核调整" in login("town").get("/desk/reports/closing/2026/").content.decode()


def test_hours_of_the_new_year_are_no_adjustment(lived: County, closed: YearClosing) -> None:
    credit(named("王秀英"), "8.00", dt.date(2027, 1, 16))
    assert not closing_page.figures(closed, lived.root).lines.exists()


def test_the_list_of_a_closed_year_is_the_frozen_one(lived: County, closed: YearClosing, login: Login) -> None:
    services.transfer(member=named("李大山"), to=lived.branch2, by=None)
    credit(named("王秀英"), "8.00", dt.date(2026, 12, 30))
    address = "/desk/reports/members/?unit=C-T01-B01&year=2026&format=json"
    rows = json.loads(b"".join(login("town").get(address).streaming_content))
    assert {row["name"]: row["hours"] for row in rows} == {"李大山": 32, "王秀英": 0, "周建国": 8, "陈德明": 0}
    met = json.loads(b"".join(login("town").get(address + "&state=met").streaming_content))
    assert [row["name"] for row in met] == ["李大山"]


# -- pages ---------------------------------------------------------------------------------------


def test_the_county_closes_a_year_with_a_second_confirmation(lived: County, new_year: Any, login: Login) -> None:
    client = login("county")
    assert "结转 2026 年" in client.get("/desk/reports/closing/").content.decode()
    address = "/desk/reports/closing/2026/begin/"
    good = {"cut_off": "2026-12-31", "typed": "2026", "sure": "on"}
    for wrong in ({"typed": "2025"}, {"sure": ""}, {"cut_off": "2026-12-01"}):
        assert client.post(address, {**good, **wrong}).status_code == 422
    assert not ClosingRun.objects.exists()
    assert client.post(address, good).status_code == 302
    run = ClosingRun.objects.get()
    assert run.started_by == lived.users["county"]
    assert client.get("/desk/reports/closing/2026/progress/").status_code == 200
    closing_tasks.work_closing(run.pk)
    assert client.get("/desk/reports/closing/2026/progress/")["HX-Refresh"] == "true"
    assert closing.closing_of(2026).closed_by == lived.users["county"]  # type: ignore[union-attr]
    assert set(AuditEntry.objects.filter(action__startswith="year.").values_list("action", flat=True)) == {
        "year.close_begin",
        "year.close",
    }


def test_a_secretary_reads_his_branch_and_no_other(closed: YearClosing, login: Login) -> None:
    client = login("secretary")
    page = client.get("/desk/reports/closing/2026/").content.decode()
    assert "桃源村" in page and "杨柳村" not in page
    assert client.get("/desk/reports/closing/2026/?unit=C-T02").status_code == 404
    assert client.get("/desk/reports/closing/2026/begin/").status_code == 404


def test_the_page_costs_the_same_for_any_size(lived: County, closed: YearClosing, login: Login, hold: Held) -> None:
    client = login("county")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/desk/reports/closing/2026/").status_code == 200
        return len(captured)

    hold(lived.town, [named("王秀英")], start=dt.date(2026, 12, 7))
    queries()  # the first one after signing in also reads what the middlewares keep
    before = queries()
    hold(lived.town, [named("李大山"), named("周建国"), named("杨春梅")], days=2, start=dt.date(2026, 12, 14))
    assert queries() == before


def test_figures_leave_as_a_file(lived: County, closed: YearClosing, login: Login) -> None:
    credit(named("王秀英"), "8.00", dt.date(2026, 12, 30))
    rows = json.loads(b"".join(login("county").get("/desk/reports/closing/2026/?format=json").streaming_content))
    assert [row["unit"] for row in rows] == ["C-T01", "C-T02", "C"]
    assert (rows[-1]["person_times"], rows[-1]["person_times_now"]) == (2, 3)
    for kind in ("xlsx", "csv"):
        assert b"".join(login("county").get(f"/desk/reports/closing/2026/?format={kind}").streaming_content)
