"""Whom a training tells what: planned, moved, called off, enrolled, tomorrow. Called by the services, in their transactions.

Nothing is told of what is over: entering a paper book of last year rings no telephone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from lms.core import clock
from lms.members.models import Member, RoleGrant, Unit, User
from lms.members.permissions import PERMISSIONS
from lms.notices.services import notify
from lms.training.claim_models import Claim
from lms.training.models import Enrolment, Leave, Quota, Ride, RideSeat, Training, TrainingSession

WEEKDAYS = "一二三四五六日"
HOME = "/learn/"


def key(training: Training) -> str:
    """How the keys of all notices about a training begin; the colon keeps 47 apart from 471."""
    return f"training:{training.pk}:"


def moment(value: dt.datetime) -> str:
    """A moment as it is said: 11月27日（周五）09:00. Always in the county's language."""
    local = timezone.localtime(value)
    return f"{local.month}月{local.day}日（周{WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def planned(training: Training, by: User | None) -> None:
    """The teacher in charge, and the secretaries below the unit that holds it: their link opens where they propose people."""
    if training.kind == Training.Kind.MEETING or (first := _next(training)) is None:
        return
    below = RoleGrant.objects.filter(role=RoleGrant.Role.BRANCH_SECRETARY, unit__path__startswith=training.unit.path)
    users = User.objects.filter(grants__in=below, is_active=True).distinct()
    facts = {**_facts(training, first), "unit": training.unit.name, "n": str(training.capacity)}
    about = f"{key(training)}planned"
    for told, link in ((_teacher(training), _desk(training)), (users, reverse("nominate", args=[training.uuid]))):
        people = _besides(by, told)
        notify("training.planned", users=people, about=about, context=facts, link=link, by=by)


def moved(session: TrainingSession, before: dt.datetime, by: User | None) -> None:
    """Everyone enrolled, and the teacher, when a session that is still to come begins at another time."""
    if max(session.starts_at, before) < clock.now():
        return
    training = session.training
    facts = {**_facts(training, session), "before": moment(before)}
    _tell_all(training, "training.moved", f"moved:{session.pk}:{_act()}", facts, by)


def place_changed(training: Training, by: User | None) -> None:
    """Everyone enrolled, and the teacher, when the place is another."""
    if (session := _next(training)) is not None:
        _tell_all(training, "training.moved", f"place:{_act()}", _facts(training, session), by)


def session_removed(session: TrainingSession, by: User | None) -> None:
    """Everyone enrolled, and the teacher, when one session of several is called off."""
    if session.starts_at > clock.now():
        facts = {"title": _topic(session), "when": moment(session.starts_at)}
        _tell_all(session.training, "training.cancelled", f"removed:{_act()}", facts, by)


def cancelled(training: Training, reason: str, by: User | None) -> None:
    """Everyone enrolled, and the teacher, when the training is called off."""
    if (session := _next(training)) is not None:
        facts = {**_facts(training, session), "reason": reason}
        _tell_all(training, "training.cancelled", "cancelled", facts, by)


def enrolled(training: Training, members: Iterable[Member], by: User | None) -> None:
    """Those who have a seat now."""
    if (session := _next(training)) is not None:
        about = f"{key(training)}enrolled:{_act()}"
        people = [member for member in members if by is None or member.user_id != by.pk]
        notify("training.enrolled", members=people, about=about, context=_facts(training, session), link=HOME, by=by)


def seated(training: Training, members: Iterable[Member]) -> None:
    """Those who waited and have a seat now."""
    _tell(training, "training.seat", members, None)


def waiting(training: Training, place: int, member: Member, by: User | None) -> None:
    """The one who waits, with his place in the list (1: the next)."""
    _tell(training, "training.waiting", [member], by, n=str(place))


def refused(training: Training, members: Iterable[Member], reason: str, by: User | None) -> None:
    """Those whose nomination was not approved."""
    _tell(training, "training.refused", members, by, reason=reason)


def nominated(training: Training, unit: Unit, count: int, by: User | None) -> None:
    """Who plans for the unit that holds the training, when a unit below proposed people."""
    if (session := _next(training)) is not None:
        users = _planners([training.unit])
        facts = {**_facts(training, session), "unit": unit.name, "n": str(count)}
        about = f"{key(training)}nominated:{_act()}"
        link = reverse("training-filling", args=[training.uuid])
        notify("training.nominated", users=_besides(by, users), about=about, context=facts, link=link, by=by)


def leave_asked(leave: Leave, session: TrainingSession, by: User | None) -> None:
    """Who decides about a leave: the teacher in charge, without one who plans for the unit. Why it is asked is not told."""
    training = leave.training
    users = _besides(by, _teacher(training) or _planners([training.unit]))
    facts = {**_facts(training, session), "person": leave.member.name, "result": _said(leave)}
    about, link = f"{key(training)}leave:{leave.pk}:{_act()}", reverse("training-leaves", args=[training.uuid])
    notify("training.leave", users=users, about=about, context=facts, link=link, by=by)


def leave_decided(leave: Leave, session: TrainingSession, by: User | None) -> None:
    """The member whose leave was granted or not, with the answer."""
    training = leave.training
    facts = {**_facts(training, session), "result": _said(leave), "note": leave.answer}
    about, link = f"{key(training)}leave:{leave.pk}:{_act()}", reverse("own-leave", args=[training.uuid])
    notify("training.leave", members=[leave.member], about=about, context=facts, link=link, by=by)


def _said(leave: Leave) -> str:
    """The state of a leave in the county's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(Leave.State(leave.state).label)


def quotas_set(training: Training, quotas: Iterable[Quota], until: dt.datetime | None, by: User | None) -> None:
    """Who plans for a unit that has to fill seats, a new or another number of them: how many, and until when."""
    if (session := _next(training)) is None:
        return
    for quota in quotas:
        facts = {**_facts(training, session), "n": str(quota.seats), "unit": training.unit.name}
        facts["until"] = moment(until) if until else ""
        about, link = f"{key(training)}quota:{quota.unit_id}:{_act()}", reverse("nominate", args=[training.uuid])
        users = _besides(by, _planners([quota.unit]))
        notify("training.quota", users=users, about=about, context=facts, link=link, by=by)


def _tell(training: Training, kind: str, members: Iterable[Member], by: User | None, **more: str) -> None:
    """One notice to each member but who did it, as long as a session is ahead."""
    people = [member for member in members if by is None or member.user_id != by.pk]
    if people and (session := _next(training)) is not None:
        about = f"{key(training)}{kind}:{_act()}"
        notify(
            kind,
            members=people,
            about=about,
            context={**_facts(training, session), **more},
            link=reverse("training-choices"),
            by=by,
        )


def withdrawn(training: Training, member: Member, by: User | None, reason: str = "") -> None:
    """The one whose seat is free again, unless he freed it himself; or who is off the list, and why."""
    if (session := _next(training)) is not None and (by is None or member.user_id != by.pk):
        about = f"{key(training)}withdrawn:{_act()}"
        facts = {**_facts(training, session), "reason": reason}
        notify("training.withdrawn", members=[member], about=about, context=facts, link=HOME, by=by)


def substituted(training: Training, member: Member, other: Member, by: User | None) -> None:
    """The one whose seat went to another, and the other."""
    if (session := _next(training)) is None:
        return
    with translation.override(settings.LANGUAGE_CODE):
        gone = {"reason": _("由 %(name)s 顶替参加") % {"name": other.name}}
        comes = {"note": _("您顶替 %(name)s 参加") % {"name": member.name}}
    seat = RideSeat.objects.filter(ride__training=training, enrolment__member=other).select_related("ride").first()
    if seat is not None:
        comes["note"] += f"\n{_ride_said(seat.ride)}"
    about, facts = f"{key(training)}substituted:{_act()}", _facts(training, session)
    notify("training.withdrawn", members=[member], about=about, context={**facts, **gone}, link=HOME, by=by)
    notify("training.enrolled", members=[other], about=about, context={**facts, **comes}, link=HOME, by=by)


def remind_of_tomorrow() -> int:
    """Everyone enrolled in a session of tomorrow, and its teacher; however often it runs, once each. Returns how many."""
    start = clock.day_start(clock.today() + clock.DAY)
    rows = TrainingSession.objects.filter(
        training__state=Training.State.OPEN, starts_at__gte=start, starts_at__lt=start + clock.DAY
    )
    count = 0
    for session in rows.select_related("training__base", "training__trainer", "training__unit").order_by("starts_at"):
        about = f"tomorrow:{session.pk}:{session.starts_at.isoformat()}"
        facts, notes = _facts(session.training, session), _rides(session)
        count += _tell_all(session.training, "training.reminder", about, facts, None, notes)
    return count


def _rides(session: TrainingSession) -> dict[int, str]:
    """What those who are driven to a session are told by member id: when, where and in which vehicle."""
    rows = RideSeat.objects.filter(ride__training=session.training_id).select_related("ride", "enrolment")
    day = clock.local_date(session.starts_at)
    return {
        row.enrolment.member_id: _ride_said(row.ride) for row in rows if clock.local_date(row.ride.leaves_at) == day
    }


def _ride_said(ride: Ride) -> str:
    """When and where people get on, in the county's language."""
    words = {"when": moment(ride.leaves_at), "place": ride.place, "vehicle": ride.vehicle}
    with translation.override(settings.LANGUAGE_CODE):
        said = _("乘车：%(when)s 在 %(place)s 上车，%(vehicle)s") % words
        driver = " ".join(word for word in (ride.driver, ride.phone) if word)
        return said + (_("，驾驶员 %(driver)s") % {"driver": driver} if driver else "")


def claim_decided(claim: Claim, kind: str, by: User | None, **facts: str) -> None:
    """The member whose claim was approved, returned, refused or revoked."""
    context = {"title": claim.title, **facts}
    link = reverse("claim-detail", args=[claim.uuid])
    about = f"claim:{claim.pk}:{claim.round}:{_act()}"
    notify(f"claim.{kind}", members=[claim.member], about=about, context=context, link=link, by=by)


# -- what is said, and to whom ---------------------------------------------------------------


def _act() -> str:
    """One act of one transaction: a session moved away, back and away again is told three times."""
    return clock.now().isoformat()


def _next(training: Training) -> TrainingSession | None:
    """The first session that is not over."""
    return training.sessions.filter(ends_at__gt=clock.now()).order_by("starts_at").first()


def _topic(session: TrainingSession) -> str:
    return f"{session.training.title}（{session.topic}）" if session.topic else session.training.title


def _facts(training: Training, session: TrainingSession) -> dict[str, str]:
    place = training.place or (training.base.name if training.base else "")
    return {"title": training.title, "when": moment(session.starts_at), "place": place}


def _desk(training: Training) -> str:
    return reverse("training-detail", args=[training.uuid])


def _teacher(training: Training) -> list[User]:
    return [training.trainer] if training.trainer is not None else []


def _planners(units: Iterable[Unit]) -> list[User]:
    """Who plans for these units themselves, not for one above."""
    roles = [role for role, held in PERMISSIONS.items() if "trainings.plan" in held]
    grants = RoleGrant.objects.filter(role__in=roles, unit__in=list(units))
    return list(User.objects.filter(grants__in=grants, is_active=True).distinct())


def _besides(by: User | None, users: Iterable[User]) -> list[User]:
    """All but who did it: he knows."""
    return [user for user in users if by is None or user.pk != by.pk]


def _tell_all(
    training: Training,
    kind: str,
    about: str,
    facts: dict[str, str],
    by: User | None,
    notes: Mapping[int, str] | None = None,
) -> int:
    """Everyone enrolled and the teacher; ``notes`` is what is said to some beside it, by member id."""
    seats = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED)
    members = Member.objects.filter(pk__in=seats.values("member"))
    full, notes = f"{key(training)}{about}", notes or {}
    told = notify(kind, members=members.exclude(pk__in=notes), about=full, context=facts, link=HOME, by=by)
    for note in sorted(set(notes.values())):
        some = members.filter(pk__in=[pk for pk, said in notes.items() if said == note])
        told += notify(kind, members=some, about=full, context={**facts, "note": note}, link=HOME, by=by)
    teacher = _besides(by, _teacher(training))
    if teacher:
        told += notify(kind, users=teacher, about=full, context=facts, link=_desk(training), by=by)
    return told
