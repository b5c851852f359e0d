"""Whom closing tells what: hours on the record, what is to be made up, scans that wait, answers. In the services' transactions.

As with all notices of trainings, nothing is told of what was over long ago: a paper book of last year rings no telephone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from lms.core import clock
from lms.core.hours import ZERO
from lms.core.templatetags.xiangxue import number
from lms.hours import totals
from lms.hours.credit import INCOMPLETE
from lms.members.models import Member, User
from lms.members.permissions import PERMISSIONS
from lms.notices.services import notify
from lms.training import telling, worth
from lms.training.closing import rules
from lms.training.models import Appeal, Attendance, Enrolment, MakeUp, Training, TrainingSession

LONG_AGO = rules.CLOSE_AFTER + rules.APPEAL_TIME
"""Closed later than this after its last session, a training is entered from paper."""


def closed(training: Training, by: User | None) -> None:
    """Everyone enrolled: the hours on the record and until when one may object; who missed a class, until when to make it up."""
    ends = [session.ends_at for session in training.sessions.all()]
    if not ends or training.closed_at is None or training.closed_at > max(ends) + LONG_AGO:
        return
    until = _day(clock.local_date(training.closed_at + rules.APPEAL_TIME))
    link = reverse("own-training", args=[training.uuid])
    facts = {"title": training.title, "until": until}
    about = f"{telling.key(training)}closed:{training.closed_at.isoformat()}"
    for hours, members in _by_hours(training).items():
        told = {**facts, "hours": number(hours)}
        notify("training.closed", members=members, about=about, context=told, link=link, by=by)
    if training.kind == Training.Kind.CLASS:
        _to_make_up(training, link, by)


def _by_hours(training: Training) -> dict[Decimal, list[Member]]:
    """Everyone enrolled by the hours that stand in the ledger for this training, as ``closed`` says them."""
    seats = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED)
    members = list(Member.objects.filter(pk__in=seats.values("member")))
    name, ids = worth.occasion_of(training), [member.pk for member in members]
    whole, parts = totals.of_occasion(name, ids), totals.of_occasion(name + INCOMPLETE, ids)
    found: dict[Decimal, list[Member]] = defaultdict(list)
    for member in members:
        found[whole.get(member.pk, ZERO) + parts.get(member.pk, ZERO)].append(member)
    return found


def _to_make_up(training: Training, link: str, by: User | None) -> None:
    """Who was not in a session of a class, for each session."""
    away = Attendance.objects.filter(session__training=training).exclude(status=Attendance.Status.PRESENT)
    by_session: dict[TrainingSession, list[Member]] = defaultdict(list)
    for mark in away.select_related("session", "member"):
        by_session[mark.session].append(mark.member)
    for session, members in by_session.items():
        until = rules.make_up_by(
            clock.local_date(session.starts_at), clock.local_date(training.closed_at or clock.now())
        )
        facts = {"title": training.title, "when": telling.moment(session.starts_at), "until": _day(until)}
        about = f"{telling.key(training)}makeup:{session.pk}"
        notify("training.makeup", members=members, about=about, context=facts, link=link, by=by)


def unsettled(training: Training, count: int) -> int:
    """Whoever is in charge, when the house closed a training by itself and scans wait for a word; returns how many were told."""
    return notify(
        "training.unsettled",
        users=in_charge(training),
        about=f"{telling.key(training)}unsettled",
        context={"title": training.title, "when": _moment(training.closed_at), "n": str(count)},
        link=reverse("matter-list"),
        by=None,
    )


def _moment(value: dt.datetime | None) -> str:
    return telling.moment(value) if value else ""


def in_charge(training: Training) -> list[User]:
    """The trainer or, where there is none, the accounts of the training's own unit that may run it."""
    if training.trainer is not None:
        return [training.trainer]
    roles = [role for role, held in PERMISSIONS.items() if "trainings.run" in held]
    rows = User.objects.filter(grants__unit=training.unit_id, grants__role__in=roles, is_active=True)
    return list(rows.distinct())


def make_up_decided(row: MakeUp, by: User | None) -> None:
    """The member whose make-up was approved or refused, and who handed it in for him."""
    about = f"makeup:{row.pk}"
    facts = _answer(row)
    notify("makeup.answered", members=[row.member], about=about, context=facts, link=_own(row), by=by)
    if row.sent_by is not None and row.sent_by_id != row.member.user_id:
        facts["note"] = row.member.name
        link = reverse("absence-list")
        notify("makeup.answered", users=[row.sent_by], about=about, context=facts, link=link, by=by)


def appeal_decided(row: Appeal, by: User | None) -> None:
    """The member whose appeal was decided."""
    notify(
        "appeal.answered",
        members=[row.member],
        about=f"appeal:{row.pk}",
        context=_answer(row),
        link=_own(row),
        by=by,
    )


def _own(row: MakeUp | Appeal) -> str:
    return reverse("own-training", args=[row.session.training.uuid])


def _answer(row: MakeUp | Appeal) -> dict[str, str]:
    with translation.override(settings.LANGUAGE_CODE):
        result = str(row.get_state_display())
    when = telling.moment(row.session.starts_at)
    return {"title": row.session.training.title, "when": when, "result": result, "reason": row.answer}


def _day(value: dt.date) -> str:
    """A day as it is said, in the county's language."""
    return f"{value.month}月{value.day}日"
