"""What the database knows of a person and a session at the moment of a scan.

People stand in a queue while this is read. So it is two statements written out, not a dozen that are put together each time:
composing one takes the ORM longer than the database takes to answer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models
from django.utils.dateparse import parse_datetime

from lms.members.models import Member, Unit, User
from lms.training import tokens
from lms.training.checkin import rules
from lms.training.models import Attendance, Enrolment, Scan, Training, TrainingSession

Row = TypeVar("Row", bound=models.Model)

LOCK = "SELECT id FROM training_training WHERE id = %s FOR UPDATE"
"""PostgreSQL's. Apart from what is read under it: a row that was waited for is seen as it is then, but not what hangs on it."""

LOOK = f"""
    SELECT t.state, t.unit_id, s.starts_at, s.ends_at,
        EXISTS (
            SELECT 1 FROM training_enrolment e
            WHERE e.training_id = t.id AND e.member_id = %(member)s AND e.state = '{Enrolment.State.ENROLLED}'
        ),
        (SELECT k.id FROM training_scan k WHERE k.key = %(key)s),
        EXISTS (SELECT 1 FROM training_scan o WHERE o.session_id = s.id AND o.member_id = %(member)s),
        a.id, a.status, a.means, a.arrived_at, a.left_at, a.marked_at
    FROM training_trainingsession s
    JOIN training_training t ON t.id = s.training_id
    LEFT JOIN training_attendance a ON a.session_id = s.id AND a.member_id = %(member)s
    WHERE s.id = %(session)s
"""  # noqa: S608 (the only word put in is a constant)

SEEN = f"""
    SELECT k.direction, k.happened_at, k.means
    FROM training_scan k LEFT JOIN training_scandecision d ON d.scan_id = k.id
    WHERE k.session_id = %(session)s AND k.member_id = %(member)s AND (
        k.result = '{Scan.Result.TAKEN}'
        OR (k.result IN ('{Scan.Result.PROVISIONAL}', '{Scan.Result.QUARANTINED}') AND d.accepted)
    )
"""  # noqa: S608 (constants, too)

WHO = """
    SELECT m.id, m.code, m.name, m.user_id, u.id, u.name, u.short_name
    FROM members_member m JOIN members_unit u ON u.id = m.unit_id
    WHERE m.code = %s
"""

OPERATOR = "SELECT 1 FROM members_user WHERE id = %s AND is_active AND session_epoch = %s"


@dataclass(frozen=True, slots=True)
class Facts:
    """A session and a person in it. ``known``: the scan (its id) of the same key; ``scanned``: whether others of his are kept."""

    state: str
    unit_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    enrolled: bool
    known: int | None
    scanned: bool
    mark: Attendance | None

    @property
    def is_open(self) -> bool:
        """Whether marks are still evidence to come, and no hours hang on them."""
        return self.state == Training.State.OPEN


def look(session: TrainingSession, member_id: int | None, key: str = "") -> Facts:
    """Lock the training of a session and read what a scan needs, the session's times anew; in the caller's transaction."""
    with connection.cursor() as cursor:
        if connection.features.has_select_for_update:
            cursor.execute(LOCK, [session.training_id])
        cursor.execute(LOOK, {"session": session.pk, "member": member_id, "key": key})
        row = cursor.fetchone()
    if row is None:
        raise TrainingSession.DoesNotExist
    state, unit_id, starts_at, ends_at, enrolled, known, scanned, *mark = row
    session.starts_at, session.ends_at = _moment(starts_at), _moment(ends_at)
    return Facts(
        state,
        unit_id,
        session.starts_at,
        session.ends_at,
        bool(enrolled),
        known,
        bool(scanned),
        _mark(session, member_id, mark) if mark[0] else None,
    )


def _mark(session: TrainingSession, member_id: int | None, values: list[Any]) -> Attendance:
    pk, status, means, *times = values
    moments = [_moment(time) if time else None for time in times]
    known = dict(zip(("arrived_at", "left_at", "marked_at"), moments, strict=True))
    return _partly(Attendance, id=pk, session_id=session.pk, member_id=member_id, status=status, means=means, **known)


def seen(session: TrainingSession, member_id: int) -> list[rules.Seen]:
    """What counts of a person's scans of a session: taken at once, or provisional and accepted since."""
    with connection.cursor() as cursor:
        cursor.execute(SEEN, {"session": session.pk, "member": member_id})
        return [rules.Seen(direction, _moment(at), means) for direction, at, means in cursor.fetchall()]


def at_desk(desk: tokens.Desk) -> tuple[User, TrainingSession] | None:
    """Whose page a desk's key is of, and its session, as far as a scan needs them; None when it may no longer scan.

    A change of his roles, his password or his account moves the epoch on and ends the key.
    """
    with connection.cursor() as cursor:
        cursor.execute(OPERATOR, [desk.user, desk.epoch])
        if cursor.fetchone() is None:
            return None
    return _partly(User, id=desk.user), _partly(TrainingSession, id=desk.place, training_id=desk.training)


def person(code: str) -> Member | None:
    """The member with a number, as far as a scan names him: name, account, branch."""
    with connection.cursor() as cursor:
        cursor.execute(WHO, [code])
        row = cursor.fetchone()
    if row is None:
        return None
    pk, number, name, user_id, unit_id, unit_name, short_name = row
    member = _partly(Member, id=pk, code=number, name=name, user_id=user_id, unit_id=unit_id)
    member.unit = _partly(Unit, id=unit_id, name=unit_name, short_name=short_name)
    return member


def _partly(model: type[Row], **values: Any) -> Row:
    """A row of which some columns are known; the others are read when they are asked for."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in values]
    return model.from_db(connection.alias, names, [values[name] for name in names])


def _moment(value: Any) -> dt.datetime:
    """A moment as the driver gives it: SQLite's is text, in UTC."""
    if isinstance(value, str):
        value = parse_datetime(value)
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
