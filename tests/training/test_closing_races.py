"""Two people decide on one make-up at the same moment, on PostgreSQL in live connections; unlocked, both go through."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from lms.hours import totals
from lms.members.models import AuditEntry, Member, target_of
from lms.training import services, worth
from lms.training.closing import makeups, overdue
from lms.training.errors import TrainingError
from lms.training.models import MakeUp, Training
from lms.training.services import Reconciliation
from tests.conftest import County, build_tree
from tests.factories import make_member, make_user
from tests.training.claiming import PDF
from tests.training.conftest import FIRST_DAY, half_day, on
from tests.training.test_closing import LONG_ENOUGH
from tests.training.test_races import at_once, plan

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
ROUNDS = 6


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def county() -> County:
    tree = build_tree()
    tree.users.update(first=make_user("first"), second=make_user("second"))
    return tree


def waiting(county: County, member: Member) -> MakeUp:
    """A lesson made up for a class of one morning that the member missed."""
    training = plan(county.branch, 5)
    services.enrol(training=training, member=member, by=None)
    services.close_training(training=training, said=Reconciliation(absent_confirmed=True), by=None)
    start = on(FIRST_DAY, 13)
    lesson = makeups.Lesson(start, start + dt.timedelta(hours=3), LONG_ENOUGH, [PDF])
    return makeups.send(session=training.sessions.get(), member=member, lesson=lesson, by=None)


def clash(county: County) -> int:
    """Rounds in which other than one decision went through."""
    wrong = 0
    for _round in range(ROUNDS):
        member = make_member(county.branch, "王秀英")
        row = waiting(county, member)
        yes = partial(makeups.decide, make_up=row, approve=True, answer="", by=county.users["first"])
        no = partial(makeups.decide, make_up=row, approve=False, answer="看不清", by=county.users["second"])
        errors = at_once(yes, no)
        row.refresh_from_db()
        name = worth.occasion_of(Training.objects.get(pk=row.session.training_id))
        earned = totals.of_occasion(name, [member.pk]).get(member.pk, 0)
        told = [error for error in errors if isinstance(error, TrainingError)]
        wrong += len(told) != 1 or earned != (4 if row.state == "approved" else 0)
    return wrong


def test_one_of_two_deciders_is_told_that_it_is_done(county: County) -> None:
    assert clash(county) == 0


def test_control_without_the_lock_both_decide(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(training: Training) -> Training:
        return Training.objects.select_related("unit", "base").get(pk=training.pk)

    monkeypatch.setattr(services, "_lock", unlocked)
    assert clash(county) > 0


def test_the_house_and_the_trainer_close_once(county: County, after_class: time_machine.Coordinates) -> None:
    after_class.move_to(on(FIRST_DAY + dt.timedelta(days=6), 9))
    for _round in range(ROUNDS):
        training = services.plan_training(
            kind="class", unit=county.branch, title="一期", category="skills", sessions=[half_day(FIRST_DAY)], by=None
        )
        said = Reconciliation(absent_confirmed=True)
        by_hand = partial(services.close_training, training=training, said=said, by=county.users["first"])
        errors = at_once(by_hand, overdue.close_overdue, overdue.close_overdue)
        assert all(isinstance(error, TrainingError) for error in errors)
        assert AuditEntry.objects.filter(action="training.close", target=target_of(training)).count() == 1
        training.refresh_from_db()
        assert training.state == "closed"
