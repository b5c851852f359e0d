"""The night's audit on the county's desk: what it found, whether it ran, and the head of the chain on paper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.core.append_only import AppendOnlyError
from lms.goals.models import Standing
from lms.hours import seals, tasks
from lms.reports import audit, audit_runs
from lms.reports import tasks as nightly
from lms.reports.models import AuditRun
from tests.conftest import County
from tests.reports.conftest import TODAY, named

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]
NIGHT = TODAY + dt.timedelta(hours=14, minutes=10)
"""Ten past two of the next morning."""


def page(login: Login, persona: str, name: str = "audit-runs") -> str:
    answer = login(persona).get(reverse(name))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def night(lived: County) -> County:
    """The nightly jobs have run on an honest ledger."""
    with time_machine.travel(NIGHT, tick=False):
        tasks.seal_ledger()
        nightly.audit_nightly()
    return lived


@pytest.fixture
def bad_night(lived: County) -> County:
    """The nightly audit has found a standing that does not follow."""
    Standing.objects.filter(member__name="李大山").update(met=False)
    with time_machine.travel(NIGHT, tick=False), pytest.raises(nightly.AuditError, match="standing"):
        nightly.audit_nightly()
    return lived


def test_the_night_keeps_its_result_and_the_head(night: County) -> None:
    run = AuditRun.objects.get()
    head = seals.head()
    assert head is not None
    assert (run.entries, run.violations, run.first, run.agrees) == (5, 0, [], True)
    assert (run.sealed_on, run.head) == (head.day, head.digest)
    assert run.started_at == run.finished_at == NIGHT


def test_a_bad_night_keeps_what_it_found_though_the_job_fails(bad_night: County) -> None:
    run = AuditRun.objects.get()
    assert run.violations == 4  # the standing, and the sums of the branch, the town and the county
    assert {row["check"] for row in run.first} == {"standing", "roll-up"}


def test_no_more_is_kept_than_a_person_reads(night: County) -> None:
    report = audit.Report(violations=[audit.Violation("price", None, str(n), "") for n in range(500)])
    run = audit_runs.keep(report)
    assert (run.violations, len(run.first)) == (500, audit_runs.KEPT)


def test_a_result_is_written_once(night: County) -> None:
    with pytest.raises(AppendOnlyError):
        AuditRun.objects.update(violations=0)


@pytest.mark.parametrize("persona", ["county", "auditor"])
def test_county_and_auditor_read_it(persona: str, night: County, login: Login) -> None:
    with time_machine.travel(NIGHT, tick=False):
        text = page(login, persona)
    assert "全部相符" in text
    assert seals.short(AuditRun.objects.get().head) in text


def test_what_was_found_leads_to_the_member(bad_night: County, login: Login) -> None:
    with time_machine.travel(NIGHT, tick=False):
        text = page(login, "county")
    assert "发现 4 处不符" in text
    assert reverse("member-hours", args=[named("李大山").code]) in text
    assert str(audit_runs.CHECKS["standing"]) in text


def test_the_board_of_the_county_says_it_in_a_line(night: County, login: Login) -> None:
    with time_machine.travel(NIGHT, tick=False):
        assert reverse("audit-runs") in page(login, "county", "report-board")
        assert "5 条学时记录全部相符" in page(login, "county", "report-board")


def test_a_bad_night_is_a_notice_on_the_board(bad_night: County, login: Login) -> None:
    with time_machine.travel(NIGHT, tick=False):
        assert "发现 4 处不符" in page(login, "auditor", "report-board")


def test_a_night_without_an_audit_is_said(night: County, login: Login) -> None:
    with time_machine.travel(NIGHT + dt.timedelta(hours=27), tick=False):
        assert "核对没有按时进行" in page(login, "county", "report-board")
        assert "核对没有按时进行" in page(login, "county")


def test_a_town_sees_nothing_of_it(night: County, login: Login) -> None:
    client = login("town")
    assert client.get(reverse("audit-runs")).status_code == 404
    assert client.get(reverse("ledger-seal")).status_code == 404
    assert "台账核对" not in client.get(reverse("report-board")).content.decode()


def test_before_the_first_night(lived: County, login: Login) -> None:
    assert "还没有核对过" in page(login, "county")
    assert "还没有封存的记录" in page(login, "county", "ledger-seal")


def test_the_head_on_paper_is_whole(night: County, login: Login) -> None:
    text = page(login, "county", "ledger-seal")
    digest = AuditRun.objects.get().head
    assert all(digest[start : start + 4] in text for start in range(0, 64, 4))
    assert f"2026-11-22:{seals.short(digest)}" in text


def test_a_head_that_an_audit_saw_cannot_go_unseen(night: County) -> None:
    AuditRun.objects.bulk_create(
        [
            AuditRun(
                started_at=NIGHT,
                finished_at=NIGHT,
                entries=0,
                members=0,
                seconds=0,
                violations=0,
                sealed_on=dt.date(2026, 11, 21),
                head="ab" * 32,
            )
        ]
    )
    assert [one.check for one in audit.run().violations] == ["chain"]
