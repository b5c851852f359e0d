"""The chain of seals: which lines a seal covers, when a day is sealed, what its head proves (decision 11)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from lms.core import clock
from lms.core.append_only import AppendOnlyError
from lms.hours import ledger, seals, tasks
from lms.hours.models import HourEntry, LedgerSeal
from lms.members.models import Member
from tests.conftest import County
from tests.factories import make_credit, make_member

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FIRST = dt.date(2026, 3, 2)


@pytest.fixture
def clock_of(tree: County) -> Iterator[time_machine.Coordinates]:
    """2 March 2026, noon in the county; the test turns it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


def post(member: Member, count: int = 1) -> list[HourEntry]:
    return [ledger.post(make_credit(member, "0.50"), by=None)[0] for _number in range(count)]


def sealed() -> list[tuple[dt.date, int]]:
    """(day, lines) of the chain."""
    return [(one.day, one.content.lines) for one in seals.links()]


def found() -> list[str]:
    """The checks that object to the chain or to what is not sealed yet."""
    return [one.check for link in seals.links() for one in seals.link_violations(link)] + [
        one.check for one in seals.tail_violations()
    ]


def test_a_day_is_sealed_when_it_has_been_over_for_an_hour(clock_of: time_machine.Coordinates, grower: Member) -> None:
    post(grower, 2)
    clock_of.move_to(seals.day_end(FIRST) + dt.timedelta(minutes=59))
    assert seals.seal_finished_days() == []
    clock_of.move_to(seals.day_end(FIRST) + dt.timedelta(minutes=60))
    assert tasks.seal_ledger() == {"days": 1, "lines": 2}
    assert tasks.seal_ledger() == {"days": 0, "lines": 0}
    assert sealed() == [(FIRST, 2)]
    assert found() == []


def test_days_are_sealed_one_by_one_and_empty_ones_not(clock_of: time_machine.Coordinates, grower: Member) -> None:
    for days, count in ((0, 1), (1, 2), (4, 3)):
        clock_of.move_to(NOON + days * DAY)
        post(grower, count)
    clock_of.move_to(NOON + 9 * DAY)
    post(grower)  # today's stays open
    seals.seal_finished_days()
    assert sealed() == [(FIRST, 1), (FIRST + DAY, 2), (FIRST + 4 * DAY, 3)]
    assert found() == []


def test_sealing_night_by_night_or_all_at_once_is_the_same(clock_of: time_machine.Coordinates, grower: Member) -> None:
    for number in range(4):
        clock_of.move_to(NOON + number * DAY)
        post(grower, number + 1)
        seals.seal_finished_days()
    clock_of.move_to(NOON + 5 * DAY)
    seals.seal_finished_days()
    assert [(one.day, one.last_id) for one in seals.links()] == seals._ends(0, None)


def test_a_line_committed_late_joins_the_next_seal(clock_of: time_machine.Coordinates, grower: Member) -> None:
    """It carries yesterday's time, but yesterday is sealed: its id decides, and nothing breaks."""
    clock_of.move_to(seals.day_end(FIRST) - dt.timedelta(minutes=1))
    post(grower)
    clock_of.move_to(NOON + DAY)
    seals.seal_finished_days()
    with clock.told(seals.day_end(FIRST) - dt.timedelta(minutes=1)):
        post(grower)
    assert found() == []
    post(grower)
    clock_of.move_to(NOON + 2 * DAY)
    seals.seal_finished_days()
    assert sealed() == [(FIRST, 1), (FIRST + DAY, 2)]
    assert found() == []


def test_a_late_line_alone_waits_for_its_day_to_be_over(clock_of: time_machine.Coordinates, grower: Member) -> None:
    post(grower)
    clock_of.move_to(NOON + DAY)
    seals.seal_finished_days()
    with clock.told(seals.day_end(FIRST) - dt.timedelta(minutes=1)):
        post(grower)
    assert seals.seal_finished_days() == []
    clock_of.move_to(NOON + 2 * DAY)
    assert [seal.day for seal in seals.seal_finished_days()] == [FIRST + DAY]


def test_lines_that_cross_midnight_in_another_order_than_their_ids(
    clock_of: time_machine.Coordinates, grower: Member
) -> None:
    """A line of a second after midnight with a lower id than one of a second before it: both are in the first seal."""
    for seconds in (-60, 1, -1, 60):
        with clock.told(seals.day_end(FIRST) + dt.timedelta(seconds=seconds)):
            post(grower)
    clock_of.move_to(NOON + 3 * DAY)
    seals.seal_finished_days()
    assert sealed() == [(FIRST, 3), (FIRST + DAY, 1)]
    assert found() == []


def test_a_line_from_a_clock_gone_wrong_keeps_no_day_open(clock_of: time_machine.Coordinates, grower: Member) -> None:
    post(grower)
    with clock.told(NOON + 3650 * DAY):
        post(grower)
    post(grower)
    clock_of.move_to(NOON + DAY)
    seals.seal_finished_days()
    assert sealed() == [(FIRST, 3)]
    assert found() == ["posted-at"]


def test_a_line_put_back_behind_a_sealed_day_is_found_before_and_after_it_is_sealed(
    clock_of: time_machine.Coordinates, grower: Member
) -> None:
    post(grower)
    clock_of.move_to(NOON + DAY)
    seals.seal_finished_days()
    with clock.told(NOON):
        post(grower)
    assert found() == ["posted-at"]
    post(grower)
    clock_of.move_to(NOON + 2 * DAY)
    seals.seal_finished_days()
    assert found() == ["posted-at"]


def test_an_empty_ledger_has_no_head(clock_of: time_machine.Coordinates) -> None:
    assert seals.seal_finished_days() == []
    assert seals.head_record()["digest"] == ""
    assert found() == []


def test_every_column_of_a_line_is_sealed() -> None:
    """A column that is added changes the bytes: it needs another form of them (decision 11), and this test a second list."""
    assert set(seals.COLUMNS) == {field.attname for field in HourEntry._meta.concrete_fields}


def test_a_seal_is_written_once(clock_of: time_machine.Coordinates, grower: Member) -> None:
    post(grower)
    clock_of.move_to(NOON + DAY)
    (seal,) = seals.seal_finished_days()
    with pytest.raises(AppendOnlyError):
        LedgerSeal.objects.filter(pk=seal.pk).update(lines=9)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE hours_ledgerseal SET lines = 9")


# -- heads that left the house ---------------------------------------------------------------


@pytest.fixture
def chain(clock_of: time_machine.Coordinates, grower: Member) -> list[seals.Link]:
    """Two sealed days."""
    for number in range(2):
        clock_of.move_to(NOON + number * DAY)
        post(grower, 2)
    clock_of.move_to(NOON + 3 * DAY)
    seals.seal_finished_days()
    return seals.links()


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("ledger_seal", *arguments)
    return capsys.readouterr().out


def test_the_command_seals_and_prints_the_head(
    clock_of: time_machine.Coordinates, grower: Member, capsys: pytest.CaptureFixture[str]
) -> None:
    post(grower)
    clock_of.move_to(NOON + DAY)
    head: dict[str, Any] = json.loads(ask(capsys, "--json"))
    assert (head["day"], head["lines"], head["days"]) == (FIRST.isoformat(), 1, 1)
    assert head["digest"].startswith(head["short"].replace(" ", ""))
    assert f"{head['day']}:{head['digest']}" in ask(capsys)


@pytest.mark.parametrize("told", ["{day}:{digest}", "{digest}", "{day}: {short}", "{short}"])
def test_a_head_that_was_kept_is_verified_later(
    told: str, chain: list[seals.Link], grower: Member, capsys: pytest.CaptureFixture[str]
) -> None:
    first = chain[0]
    post(grower)  # what came later does not matter
    text = told.format(day=first.day, digest=first.digest, short=seals.short(first.digest))
    assert json.loads(ask(capsys, "--verify", text, "--json")) == {"verified": True, "violations": []}


def test_a_head_of_another_ledger_is_not_verified(chain: list[seals.Link], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        call_command("ledger_seal", "--verify", "2026-03-02:" + "ab" * 32, "--json")
    assert stopped.value.code == 1
    assert json.loads(capsys.readouterr().out)["verified"] is False


def test_a_right_digest_under_another_day_is_not_verified(chain: list[seals.Link]) -> None:
    assert [one.check for one in seals.verify(f"{chain[1].day}:{chain[0].digest}")] == ["chain"]


@pytest.mark.parametrize("text", ["", "abc", "2026-03-02", "zz" * 32, "0123456789abcde"])
def test_what_is_no_head_could_not_be_checked(text: str, chain: list[seals.Link]) -> None:
    with pytest.raises(CommandError) as stopped:
        call_command("ledger_seal", f"--verify={text}")
    assert stopped.value.returncode == 2


def test_the_bytes_of_a_day_give_its_content_without_our_code(
    chain: list[seals.Link], capsys: pytest.CaptureFixture[str]
) -> None:
    text = ask(capsys, "--lines", chain[1].day.isoformat())
    assert hashlib.sha256(text.encode()).hexdigest() == chain[1].content.digest
    first = HourEntry.objects.get(pk=chain[0].last_id + 1)
    assert text.splitlines()[0] == ",".join(
        map(
            str,
            [
                first.pk,
                first.uuid.hex,
                first.source,
                1,
                first.member_id,
                first.unit_id,
                first.unit_name,
                "2026-03-05",
                50,
                "skills",
                "class",
                first.title,
                first.occasion,
                "class@2019-01-01",
                "",
                "",
                "2026-03-03 04:00:00",
            ],
        )
    )


def test_a_day_without_a_seal_has_no_bytes(chain: list[seals.Link]) -> None:
    with pytest.raises(CommandError):
        call_command("ledger_seal", "--lines", "2026-03-09")
