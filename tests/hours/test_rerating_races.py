"""A post that priced by the old rule while a re-rating is released, on PostgreSQL in live connections (case 29)."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction

from lms.core import clock
from lms.goals import services as goals
from lms.hours import evidence, ledger, rerating, totals
from lms.hours.conversion import Tariffs
from lms.hours.models import CreditRule
from lms.hours.rerating_models import ReratingRun
from lms.hours.services import adopt_rule
from lms.members.models import Member
from lms.training import selectors as training
from lms.training.models import Attendance, Enrolment, Training, TrainingSession
from tests.conftest import build_tree
from tests.factories import make_member, make_user
from tests.training.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
MORNING = dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC)
MARCH = dt.date(2026, 3, 2)


def attended(member: Member, day: dt.date) -> Training:
    """A closed class of a whole day; nothing is posted yet."""
    held = Training.objects.create(
        kind="class",
        title="培训班",
        category="skills",
        unit=member.unit,
        state="closed",
        closed_at=clock.day_start(day),
    )
    Enrolment.objects.create(training=held, member=member, unit=member.unit)
    begin = clock.day_start(day) + dt.timedelta(hours=8)
    session = TrainingSession.objects.create(
        training=held, starts_at=begin, ends_at=begin + dt.timedelta(hours=9), measure="day"
    )
    Attendance.objects.create(session=session, member=member, status="present", marked_at=begin)
    return held


@pytest.fixture
def member() -> Member:
    return make_member(build_tree().branch, "李大山")


@pytest.fixture
def run(member: Member) -> ReratingRun:
    """A day of class was worth 8 and becomes 6; one day stands, the run is approved."""
    with time_machine.travel(MORNING, tick=True):
        goals.open_year(year=2026, by=None)
        ledger.post(*training.credits_of(attended(member, MARCH)), by=None)
        rule = adopt_rule(activity="class", effective_from=dt.date(2026, 1, 1), by=None, half_day="3", full_day="6")
    with time_machine.travel(MORNING + dt.timedelta(hours=1), tick=True):
        planned = rerating.work(run=rerating.begin(rule=rule, by=None))
        return rerating.approve(run=planned, by=make_user())


def clash(member: Member, run: ReratingRun) -> list[Decimal]:
    """A second day is priced by the old rule, then the run is released, then the day is posted: what stands of each."""
    held = attended(member, MARCH + dt.timedelta(days=7))
    priced, done = threading.Event(), threading.Event()

    @transaction.atomic
    def post() -> None:
        credits = list(training.credits_of(held))
        priced.set()
        done.wait(2)
        ledger.post(*credits, by=None)

    def release() -> None:
        priced.wait(5)
        rerating.work(run=run)
        done.set()

    assert at_once(post, release) == []
    run.refresh_from_db()
    assert run.state == "applied"
    return sorted(entry.hours for entry in totals.standing(totals.entries(member.pk, 2026)))


def test_the_post_is_in_before_the_release_and_priced_anew(member: Member, run: ReratingRun) -> None:
    with time_machine.travel(MORNING + dt.timedelta(hours=2), tick=True):
        assert clash(member, run) == [6, 6]
        before = totals.entries(member.pk, 2026).count()
        ledger.post(*evidence.credits(None, Tariffs()), by=None)
    assert totals.entries(member.pk, 2026).count() == before
    assert not CreditRule.objects.get(pk=run.rule_id).waits


def test_control_without_the_lock_the_old_price_stands(
    member: Member, run: ReratingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerating, "_alone", lambda: None)
    with time_machine.travel(MORNING + dt.timedelta(hours=2), tick=True):
        assert clash(member, run) == [6, 8]
