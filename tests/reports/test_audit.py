"""``audit_hours``: nothing on honest data, and each kind of damage is found."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from lms.goals.models import Rollup, Standing
from lms.hours import ledger
from lms.hours.models import Assertion, HourEntry
from lms.members.models import Member
from lms.reports import audit, tasks
from lms.training.models import Attendance
from tests.conftest import County
from tests.factories import make_credit
from tests.reports.conftest import named

pytestmark = pytest.mark.django_db
NOWHERE = "training.attendance:99000001:2026-03-05"
"""The source of an attendance that nobody ticked."""


def found(member: Member | None = None) -> set[str]:
    return {violation.check for violation in audit.run(member).violations}


def damage(statement: str, *values: object) -> None:
    """Change a row behind the house's back: its own triggers are out of the way."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS hours_hourentry_no_update")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending on a table that is altered
            cursor.execute("ALTER TABLE hours_hourentry DISABLE TRIGGER USER")
        cursor.execute(statement, values)


def entry_of(name: str) -> HourEntry:
    return HourEntry.objects.filter(member__name=name).order_by("earned_on").first()


def test_honest_data_has_no_violation(lived: County) -> None:
    report = audit.run()
    assert report.violations == []
    assert report.entries == 5
    assert report.members == Member.objects.count()


def test_the_command_says_the_contract(lived: County, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit_hours", "--json")
    record = json.loads(capsys.readouterr().out)
    assert set(record) == {"entries", "members", "seconds", "violations"}
    assert (record["entries"], record["violations"]) == (5, [])


def test_the_command_fails_on_a_violation(lived: County, capsys: pytest.CaptureFixture[str]) -> None:
    Standing.objects.filter(member__name="李大山").update(met=False)
    with pytest.raises(SystemExit) as stopped:
        call_command("audit_hours", "--member", named("李大山").code, "--json")
    assert stopped.value.code == 1
    record = json.loads(capsys.readouterr().out)
    assert [violation["check"] for violation in record["violations"]] == ["standing"]


def test_a_changed_hundredth(lived: County) -> None:
    damage("UPDATE hours_hourentry SET hours = hours + 1 WHERE id = %s", entry_of("周建国").pk)
    assert "price" in found()


def test_a_changed_hundredth_of_a_reversal(lived: County) -> None:
    line = entry_of("周建国")
    credit = make_credit(line.member, "8.00", source=line.source, earned_on=line.earned_on)
    ledger.post(credit.nothing(), by=None)
    reversal = HourEntry.objects.get(source=line.source, sequence=2)
    damage("UPDATE hours_hourentry SET hours = hours + 1 WHERE id = %s", reversal.pk)
    assert "reversal" in found()


def test_a_deleted_row(lived: County) -> None:
    statement = "DELETE FROM hours_hourentry WHERE id = %s"
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [entry_of("周建国").pk])
        assert found() == set()
        return
    damage(statement, entry_of("周建国").pk)
    assert {"price", "standing"} <= found()


def test_a_deleted_line_in_the_middle_of_a_chain(lived: County) -> None:
    line = entry_of("周建国")
    credit = make_credit(line.member, "8.00", source=line.source, earned_on=line.earned_on)
    ledger.post(credit.nothing(), by=None)
    damage("DELETE FROM hours_hourentry WHERE id = %s", line.pk)
    assert "sequence" in found()


def test_a_duplicated_source(lived: County) -> None:
    line = entry_of("李大山")
    _without_the_unique_index()
    columns = ", ".join(field.column for field in HourEntry._meta.concrete_fields if field.column not in ("id", "uuid"))
    fresh = "lower(hex(randomblob(16)))" if connection.vendor == "sqlite" else "gen_random_uuid()"
    damage(
        f"INSERT INTO hours_hourentry (uuid, {columns}) SELECT {fresh}, {columns} FROM hours_hourentry WHERE id = %s",
        line.pk,
    )
    assert "sequence" in found()


def _without_the_unique_index() -> None:
    constraint = next(one for one in HourEntry._meta.constraints if one.name == "entry_once_per_source_and_sequence")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE hours_hourentry DROP CONSTRAINT {constraint.name}")
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'hours_hourentry'")
        made = cursor.fetchone()[0]
        text = f', CONSTRAINT "{constraint.name}" UNIQUE ("source", "sequence")'
        assert text in made
        cursor.execute("CREATE TABLE kept AS SELECT * FROM hours_hourentry")
        cursor.execute("DROP TABLE hours_hourentry")
        cursor.execute(made.replace(text, ""))
        cursor.execute("INSERT INTO hours_hourentry SELECT * FROM kept")
        cursor.execute("DROP TABLE kept")


def test_a_standing_that_is_off(lived: County) -> None:
    Standing.objects.filter(member__name="周建国", line__audience="members").update(counted="7.99")
    assert "standing" in found()


def test_a_standing_too_many(lived: County) -> None:
    leaders = Standing.objects.filter(line__audience="leaders").first()
    Standing.objects.create(line=leaders.line, member=named("李大山"), unit=lived.branch)
    assert "standing" in found()


def test_a_roll_up_that_is_off(lived: County) -> None:
    row = Rollup.objects.get(unit=lived.town, line__audience="members")
    Rollup.objects.filter(pk=row.pk).update(met=row.met + 1)
    report = audit.run()
    assert [(one.check, one.detail) for one in report.violations] == [("roll-up", "met 2 for 1")]


def test_a_credit_without_evidence(lived: County) -> None:
    ledger.post(make_credit(named("杨春梅"), "2.00", source=NOWHERE), by=None)
    assert found() == {"evidence"}


def test_evidence_that_was_withdrawn_without_a_reversal(lived: County) -> None:
    Attendance.objects.filter(member__name="周建国").update(status="absent")
    assert "evidence" in found()


def test_evidence_that_earned_nothing(lived: County) -> None:
    """A tick that never reached the ledger is found too."""
    mark = Attendance.objects.filter(member__name="周建国").get()
    Attendance.objects.create(session=mark.session, member=named("杨春梅"), status="present", marked_at=mark.marked_at)
    assert found() == {"evidence"}


def test_a_line_that_nobody_asserts(lived: County) -> None:
    Assertion.objects.filter(source=entry_of("周建国").source).delete()
    assert {"unasserted", "evidence"} <= found()


def test_hours_moved_to_another_member(lived: County) -> None:
    damage("UPDATE hours_hourentry SET member_id = %s WHERE id = %s", named("杨春梅").pk, entry_of("周建国").pk)
    assert {"price", "unasserted"} <= found()


def test_time_counted_twice_and_a_day_over_its_cap(lived: County) -> None:
    """Both lines and their assertions agree with each other, and still the day is wrong."""
    line = entry_of("周建国")
    first = Assertion.objects.get(source=line.source)
    second = make_credit(
        line.member,
        "8.00",
        source=NOWHERE,
        earned_on=line.earned_on,
        covers=tuple(tuple(pair) for pair in first.covers),
        mode="lecture",
        rule="lecture@2019-01-01",
    )
    ledger.post(second, by=None)
    assert HourEntry.objects.filter(source=second.source).count() == 0
    HourEntry.objects.bulk_create(
        [
            HourEntry(
                source=second.source,
                sequence=1,
                member=line.member,
                unit=line.unit,
                unit_name=line.unit_name,
                earned_on=line.earned_on,
                hours=second.hours,
                category=second.category,
                mode=second.mode,
                title=second.title,
                occasion=second.occasion,
                rule=second.rule,
                posted_at=line.posted_at,
            )
        ]
    )
    assert {"price", "day-cap", "overlap"} <= found()


def test_the_nightly_audit_fails_loudly(lived: County) -> None:
    assert tasks.audit_nightly()["entries"] == 5
    Standing.objects.filter(member__name="李大山").update(met=False)
    with pytest.raises(tasks.AuditError, match="standing"):
        tasks.audit_nightly()
