"""Who missed what of which closed training and has not made it up: the queue from which lessons are made up (补学)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.tables import Column
from lms.hours.conversion import Tariffs
from lms.members.models import Unit
from lms.members.permissions import units_where, visible_units, within
from lms.training import rules as sessions
from lms.training import worth
from lms.training.closing import rules
from lms.training.models import Attendance, Enrolment, MakeUp, Training, TrainingSession
from lms.training.telling import moment

Status = Attendance.Status
PART = _("迟到或早退")
COLUMNS = [
    Column("name", _("姓名"), 12),
    Column("unit", _("所在党组织"), 30),
    Column("training", _("培训"), 30),
    Column("session", _("缺的课"), 20),
    Column("status", _("情况"), 10),
    Column("missed", _("缺课学时"), 10),
    Column("until", _("补学期限"), 12),
    Column("state", _("补学"), 10),
    Column("arranged", _("补训安排"), 40),
]


def may_open(user: Any) -> bool:
    """Whether there can be anything for the person in the queue."""
    return bool(units_where(user, "trainings.run")) or Training.objects.filter(trainer=user.pk).exists()


def units_of(user: Any) -> QuerySet[Unit]:
    """The units by which the person may narrow the queue."""
    return visible_units(user, "trainings.run").order_by("path")


def absences_for(user: Any) -> QuerySet[Any]:
    """Marks of closed trainings that say that somebody was away, came late or left early, each with ``made_up`` (a state or None).

    Those of the trainings that the person may run, and those of the people of his units wherever they were.
    """
    own = units_where(user, "trainings.run")
    held = within(own, "session__training__unit") | within(own, "member__unit") | Q(session__training__trainer=user.pk)
    late = Q(arrived_at__gt=F("session__starts_at")) | Q(left_at__lt=F("session__ends_at"))
    last = MakeUp.objects.filter(session=OuterRef("session"), member=OuterRef("member")).order_by("-pk")
    seat = Enrolment.objects.filter(
        training=OuterRef("session__training"), member=OuterRef("member"), state=Enrolment.State.ENROLLED
    )
    rows = Attendance.objects.filter(held, ~Q(status=Status.PRESENT) | late, Exists(seat))
    rows = rows.filter(session__training__state=Training.State.CLOSED).annotate(
        made_up=Subquery(last.values("state")[:1]), answer=Subquery(last.values("answer")[:1])
    )
    return rows.select_related("session__training__unit", "member__unit").order_by("-session__starts_at", "member")


def absence_or_404(user: Any, pk: int) -> Any:
    """One of them that can be made up: nothing is handed in, or what was handed in was refused."""
    row = absences_for(user).filter(Q(made_up__isnull=True) | Q(made_up=MakeUp.State.REFUSED), pk=pk).first()
    if row is None:
        raise Http404
    return row


def in_year(rows: QuerySet[Any], year: int) -> QuerySet[Any]:
    """Absences from sessions of a year."""
    first, after = (clock.day_start(dt.date(number, 1, 1)) for number in (year, year + 1))
    return rows.filter(session__starts_at__gte=first, session__starts_at__lt=after)


@dataclass(frozen=True, slots=True)
class Absence:
    """One line of the queue: what was missed (学时), until when it can be made up, what is arranged."""

    row: Any
    missed: Decimal
    until: dt.date
    arranged: str

    @property
    def overdue(self) -> bool:
        """Whether the time to make it up is over."""
        return self.until < clock.today()

    @property
    def open(self) -> bool:
        """Whether a lesson made up can be handed in."""
        return self.row.made_up in (None, MakeUp.State.REFUSED)

    @property
    def word(self) -> str:
        """The state of the make-up in words; "" for none."""
        return str(MakeUp.State(self.row.made_up).label) if self.row.made_up else ""

    @property
    def away(self) -> str:
        """Leave, absent, or there for a part."""
        return str(self.row.get_status_display()) if self.row.status != Status.PRESENT else str(PART)


def lines_of(rows: Iterable[Any]) -> list[Absence]:
    """Rows of ``absences_for`` as a list shows them; two queries more, however many there are."""
    shown, price = list(rows), Tariffs()
    arranged = arrangements({row.member_id for row in shown})
    found = []
    for row in shown:
        training: Training = row.session.training
        tick = sessions.Tick(row.status, row.arrived_at, row.left_at)

        def tariff_of(day: dt.date, kind: str = training.kind) -> Any:
            return price(kind, day)

        missed = sessions.short_of(worth.as_rule(row.session), tick, tariff_of)
        closed = clock.local_date(training.closed_at or row.session.ends_at)
        until = rules.make_up_by(clock.local_date(row.session.starts_at), closed)
        found.append(Absence(row, missed, until, arranged.get(row.member_id, "")))
    return found


def arrangements(member_ids: Iterable[int]) -> dict[int, str]:
    """补训安排 by member id: the make-up that waits, or else the next training in which the member has a seat; two queries."""
    ids = list(member_ids)
    found: dict[int, str] = {}
    ahead = TrainingSession.objects.filter(starts_at__gt=clock.now(), training__state=Training.State.OPEN)
    seats = ahead.filter(training__enrolments__member__in=ids, training__enrolments__state=Enrolment.State.ENROLLED)
    columns = ("training__enrolments__member", "training__title", "starts_at")
    for member, title, starts_at in seats.order_by("-starts_at").values_list(*columns):
        found[member] = f"{title} {moment(starts_at)}"
    waiting = MakeUp.objects.filter(member__in=ids, state=MakeUp.State.WAITING).select_related("session__training")
    for row in waiting.order_by("-sent_at"):
        found[row.member_id] = f"{row.session.training.title} 补学待审批"
    return found


def rows_of(lines: Iterable[Absence]) -> Iterator[list[Any]]:
    """The queue as a file."""
    for one in lines:
        mark = one.row
        yield [
            mark.member.name,
            mark.member.unit.name,
            mark.session.training.title,
            mark.session.starts_at,
            one.away,
            one.missed,
            one.until,
            one.word,
            one.arranged,
        ]
