"""Every kind of tampering that was tried on the ledger, each with what the audit must say about it.

Rows are changed behind the house's back: its triggers are dropped, its services and models passed by. docs/audit.md lists
them by the same names.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from courses.models import GroupWatch, PlaySession, PlaySpan
from lms.goals.models import Exemption, GoalLine, Rollup, Standing
from lms.hours import seals
from lms.hours.models import Assertion, CreditRule, HourEntry, LedgerSeal
from lms.members.models import Member, Post
from lms.stations.models import GroupViewing, Presence, ViewingItem
from lms.training.models import Attendance, Training, TrainingSession

LEDGER, SEALS, RULES = "hours_hourentry", "hours_ledgerseal", "hours_creditrule"


@dataclass(frozen=True)
class Tampering:
    """``name`` as in docs/audit.md; ``act`` does it; ``found``: checks that must be among those that object."""

    name: str
    act: Callable[[], object]
    found: frozenset[str]


def run(statement: str, *values: object) -> None:
    """Execute SQL with the triggers out of the way, as somebody with the database's password can."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending on a table that is altered
            cursor.execute(
                "SELECT DISTINCT event_object_table FROM information_schema.triggers WHERE trigger_schema = 'public'"
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)


def change(row: Any, **values: object) -> None:
    """Change some columns of one stored row."""
    columns = ", ".join(f"{name} = %s" for name in values)
    run(f"UPDATE {row._meta.db_table} SET {columns} WHERE id = %s", *values.values(), row.pk)


def remove(row: Any) -> None:
    """Delete one stored row."""
    run(f"DELETE FROM {row._meta.db_table} WHERE id = %s", row.pk)


def line(name: str = "周建国") -> HourEntry:
    """A line of one of the people of ``lived``."""
    found = HourEntry.objects.filter(member__name=name).order_by("pk").first()
    assert found is not None
    return found


def copied(row: HourEntry, **values: object) -> HourEntry:
    """Slip in a line like another one."""
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    made = HourEntry(**{**fields, "id": None, "uuid": uuid.uuid4(), **values})
    HourEntry.objects.bulk_create([made])
    return made


def asserted() -> Assertion:
    """What stands behind ``line()``."""
    return Assertion.objects.get(source=line().source)


def other() -> Member:
    """Somebody who has earned nothing."""
    return Member.objects.get(name="杨春梅")


# -- what takes more than one statement ---------------------------------------------------


def hundredth_moved() -> None:
    change(line("李大山"), hours=790)
    change(line(), hours=810)


def members_swapped() -> None:
    first, second = line(), line("李大山")
    change(first, member_id=second.member_id)
    change(second, member_id=first.member_id)


def line_with_assertion() -> None:
    source = "training.attendance:99000001:2026-05-05"
    copied(line(), source=source, earned_on=dt.date(2026, 5, 5))
    row = asserted()
    row.pk, row.source, row.earned_on, row.covers = None, source, dt.date(2026, 5, 5), []
    row.save()


def line_with_assertion_and_evidence() -> None:
    """All that a real hour has, slipped in today with the time of a day that is sealed."""
    mark = Attendance.objects.get(member__name="周建国")
    forged = Attendance.objects.create(session=mark.session, member=other(), status="present", marked_at=mark.marked_at)
    source = f"training.attendance:{forged.pk}:{line().earned_on}"
    row = asserted()
    row.pk, row.source, row.member = None, source, other()
    row.save()
    copied(line(), source=source, member_id=other().pk, unit_id=other().unit_id)


def line_and_assertion(**values: object) -> Callable[[], None]:
    """The same change in the line and in what it came from."""

    def act() -> None:
        hours = {"hours": values["gross"]} if "gross" in values else {}
        change(asserted(), **values)
        change(line(), **{**{name: value for name, value in values.items() if name != "gross"}, **hours})

    return act


def viewing_gone() -> None:
    viewing = GroupViewing.objects.get()
    for table in ("stations_presence", "stations_viewingitem"):
        run(f"DELETE FROM {table} WHERE viewing_id = %s", viewing.pk)
    remove(viewing)


def line_and_seal() -> None:
    """A sealed line with the digest of its day made to fit, the chain left as it was."""
    change(line(), unit_name="别的支部")
    first = seals.links()[0]
    found = seals.content_between(first.after_id, first.last_id)
    change(LedgerSeal.objects.get(day=first.day), content=found.digest)


def chain_anew() -> None:
    """A changed ledger with a chain that is right in itself: only a head that was kept says otherwise."""
    change(line(), unit_name="别的支部")
    previous = seals.GENESIS
    for one in seals.links():
        content = replace(seals.content_between(one.after_id, one.last_id), earliest=None, latest=None)
        digest = seals.link(previous, one.day, one.last_id, content)
        change(LedgerSeal.objects.get(day=one.day), content=content.digest, digest=digest)
        previous = digest


def seal_at(place: int) -> LedgerSeal:
    """The first (0), second … last (-1) seal."""
    return list(LedgerSeal.objects.order_by("day"))[place]


def rule() -> CreditRule:
    """The rule that priced the classes."""
    return CreditRule.objects.get(activity="class")


def from_day(day: dt.date) -> dict[str, object]:
    """The columns that say from when a rule prices."""
    return {"effective_from": day, "binds_from": day}


def standing() -> Standing:
    """周建国's standing as a member."""
    return Standing.objects.get(member__name="周建国", line__audience="members")


def session() -> TrainingSession:
    """The session that 周建国 attended."""
    return Attendance.objects.get(member__name="周建国").session


def own_span() -> PlaySpan:
    """What was watched alone."""
    return PlaySpan.objects.get(session__member__isnull=False)


def posted(**values: object) -> Callable[[], None]:
    return lambda: change(line(), **values)


def _list() -> list[Tampering]:
    def one(name: str, act: Callable[[], object], *found: str) -> Tampering:
        return Tampering(name, act, frozenset(found))

    day, hour = dt.timedelta(days=1), dt.timedelta(hours=1)
    return [
        # the lines
        one("a changed hundredth", lambda: change(line(), hours=801), "price", "standing", "seal"),
        one("a hundredth moved from one line to another", hundredth_moved, "price", "standing", "seal"),
        one("a deleted line", lambda: remove(line()), "price", "standing", "seal"),
        one("a line slipped in", lambda: copied(line(), source="training.attendance:9:x"), "unasserted", "posted-at"),
        one("a line slipped in with an assertion", line_with_assertion, "evidence", "standing", "posted-at"),
        one("a line slipped in with assertion and evidence", line_with_assertion_and_evidence, "posted-at"),
        one("a source credited again", lambda: copied(line(), sequence=3), "sequence", "standing"),
        one("a line given another id", lambda: change(line(), id=990_001), "seal", "posted-at"),
        one("a moved date", posted(earned_on=line_date(day)), "content", "seal"),
        one("a date moved to another year", posted(earned_on=dt.date(2025, 4, 6)), "content", "standing", "seal"),
        one("another category", posted(category="theory"), "content", "seal"),
        one("another form of learning", posted(mode="lecture"), "content", "standing", "seal"),
        one("another title", posted(title="别的班"), "content", "seal"),
        one("another occasion", posted(occasion="training:990001"), "content", "seal"),
        one("another rule", posted(rule="class@2020-01-01"), "rule", "content", "seal"),
        one("another member", lambda: change(line(), member_id=other().pk), "unasserted", "price", "seal"),
        one("two members swapped", members_swapped, "unasserted", "price", "seal"),
        one("another unit", lambda: change(line(), unit_id=other().unit_id), "seal"),
        one("another unit name", posted(unit_name="别的支部"), "seal"),
        one("another poster", posted(posted_by_id=None), "seal"),
        one("another note", posted(note="cap"), "seal"),
        one("another UUID", lambda: change(line(), uuid=fresh_uuid()), "seal"),
        one("a time of posting put back", lambda: change(line(), posted_at=line().posted_at - hour), "seal"),
        one("a time of posting put days back", lambda: change(line("陶秀英"), posted_at=past()), "seal", "posted-at"),
        # what the sources assert
        one("an assertion lowered", lambda: change(asserted(), gross=700), "price", "evidence"),
        one("assertion and line raised", line_and_assertion(gross=900), "evidence", "standing", "seal"),
        one("assertion and line moved to another day", line_and_assertion(earned_on=dt.date(2026, 9, 1)), "evidence"),
        one("assertion and line given another rule", line_and_assertion(rule="class@2020-01-01"), "rule", "evidence"),
        one("a rounding step changed", lambda: change(asserted(), step=25), "evidence"),
        one("a day's cap raised", lambda: change(asserted(), day_cap=1600), "evidence"),
        one("the time covered changed", lambda: change(asserted(), covers="[[1, 2]]"), "evidence"),
        one("the time covered made unreadable", lambda: change(asserted(), covers='{"a": 1}'), "evidence"),
        one("an assertion given to another member", lambda: change(asserted(), member_id=other().pk), "evidence"),
        one("a deleted assertion", lambda: remove(asserted()), "unasserted", "evidence"),
        # the evidence
        one("a mark turned into an absence", mark(status="absent"), "evidence"),
        one("a mark given to another member", lambda: change(attendance(), member_id=other().pk), "evidence"),
        one("a deleted mark", lambda: remove(attendance()), "evidence"),
        one("a mark added", add_mark, "evidence"),
        one("an arrival made later", lambda: change(attendance(), arrived_at=session().starts_at + hour), "evidence"),
        one("a session moved", lambda: change(session(), ends_at=session().ends_at + hour), "evidence"),
        one("a day made half a day", lambda: change(session(), measure="half_day"), "evidence"),
        one("a class called another", lambda: change(session().training, title="别的班"), "evidence"),
        one("a class made a lecture", lambda: change(session().training, kind="lecture"), "evidence"),
        one("a closed class opened", lambda: change(session().training, state=Training.State.OPEN), "evidence"),
        one("watching cut short", lambda: change(own_span(), to_ms=1000), "evidence"),
        one("watching deleted", lambda: remove(own_span()), "evidence"),
        one("a lesson made harder to complete", lambda: change(own_session(), needed_ms=9_999_999), "evidence"),
        one("seen in the room, deleted", lambda: remove(GroupWatch.objects.get()), "evidence", "group-watch"),
        one("seen in the room, lengthened", lambda: change(GroupWatch.objects.get(), from_ms=1000), "group-watch"),
        one("a stay taken back", lambda: change(Presence.objects.get(), withdrawn_at=past()), "group-watch"),
        one("a stay cut short", lambda: change(Presence.objects.get(), joined_at=joined_late()), "group-watch"),
        one("the screen's playing taken from a viewing", lambda: remove(ViewingItem.objects.get()), "group-watch"),
        one("a viewing gone", viewing_gone, "group-watch"),
        # rules and goals
        one("a rule's numbers edited", lambda: change(rule(), full_day=1000), "evidence"),
        one("a rule's cap edited", lambda: change(rule(), day_cap=1000), "evidence"),
        one("a rule brought into force later", lambda: change(rule(), **from_day(dt.date(2026, 6, 1))), "rule"),
        one("a rule deleted", lambda: remove(rule()), "rule"),
        one("a goal edited", lambda: change(goal(), required_hours=800), "standing"),
        one("the cap on online study edited", lambda: change(goal(), online_cap_percent=0), "standing"),
        one("an exemption slipped in", slip_exemption, "standing"),
        one("an office slipped in", slip_office, "standing"),
        # standings and sums
        one("a standing raised", lambda: change(standing(), total=9900, counted=9900), "standing", "roll-up"),
        one("a standing met", lambda: change(standing(), met=True), "standing", "roll-up"),
        one("a standing deleted", lambda: remove(standing()), "standing", "roll-up"),
        one("a standing in another branch", lambda: change(standing(), unit_id=other().unit_id), "standing", "roll-up"),
        one("a roll-up raised", lambda: change(county_sum(), hours=990_000), "roll-up"),
        one("a roll-up deleted", lambda: remove(county_sum()), "roll-up"),
        # the chain
        one("a seal's digest changed", lambda: change(seal_at(1), digest="0" * 64), "chain"),
        one("a seal's content changed", lambda: change(seal_at(1), content="0" * 64), "chain", "seal"),
        one("a seal's range changed", lambda: change(seal_at(-1), last_id=seal_at(-1).last_id - 1), "chain", "seal"),
        one("a seal's day changed", lambda: change(seal_at(0), day=dt.date(2026, 1, 1)), "chain"),
        one("a line changed and its day sealed again", line_and_seal, "chain"),
        one("the first day taken out of the chain", lambda: remove(seal_at(0)), "chain"),
        one("a day taken out of the chain", lambda: remove(seal_at(1)), "chain"),
        one("the last day taken off the chain", lambda: remove(seal_at(-1)), "chain"),
        one("the chain made anew over a changed line", chain_anew, "chain"),
    ]


def line_date(later: dt.timedelta) -> dt.date:
    """周建国's class was on 6 April."""
    return dt.date(2026, 4, 6) + later


def fresh_uuid() -> object:
    return uuid.uuid4().hex if connection.vendor == "sqlite" else uuid.uuid4()


def past() -> dt.datetime:
    return dt.datetime(2026, 6, 1, 4, tzinfo=dt.UTC)


def joined_late() -> dt.datetime:
    return Presence.objects.get().joined_at + dt.timedelta(minutes=5)


def attendance() -> Attendance:
    return Attendance.objects.get(member__name="周建国")


def mark(**values: object) -> Callable[[], None]:
    return lambda: change(attendance(), **values)


def add_mark() -> None:
    """A tick that never reached the ledger is found too."""
    seen = attendance()
    Attendance.objects.create(session=seen.session, member=other(), status="present", marked_at=seen.marked_at)


def own_session() -> PlaySession:
    return PlaySession.objects.get(member__isnull=False)


def goal() -> GoalLine:
    return GoalLine.objects.get(audience="members")


def slip_exemption() -> None:
    person = Member.objects.get(name="李大山")
    Exemption.objects.create(member=person, reason="age", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31))


def slip_office() -> None:
    person = Member.objects.get(name="李大山")
    Post.objects.create(member=person, unit=person.unit, office="secretary", started_on=dt.date(2026, 1, 1))


def county_sum() -> Rollup:
    return Rollup.objects.get(unit__code="C", line__audience="members")


TAMPERINGS = _list()
