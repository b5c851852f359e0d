"""Whom a training tells what: planned, moved, called off, enrolled, tomorrow. Called by the services, in their transactions.

Nothing is told of what is over: entering a paper book of last year rings no telephone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from lms.core import clock
from lms.members.models import Member, RoleGrant, Unit, User
from lms.members.permissions import PERMISSIONS, can
from lms.notices.services import notify
from lms.training.claim_models import Claim
from lms.training.models import (
    Base,
    Enrolment,
    Expert,
    Leave,
    Quota,
    Ride,
    RideSeat,
    Training,
    TrainingSession,
)
from lms.training.planning.calendars import where
from lms.training.planning.plans import SessionPlan

WEEKDAYS = "一二三四五六日"
HOME = "/learn/"
REARRANGED = {
    "trainer": gettext_noop("负责教师由%(old)s改为%(new)s"),
    "lecturer": gettext_noop("主讲人由%(old)s改为%(new)s"),
}


def key(training: Training) -> str:
    """How the keys of all notices about a training begin; the colon keeps 47 apart from 471."""
    return f"training:{training.pk}:"


def moment(value: dt.datetime) -> str:
    """A moment as it is said: 11月27日（周五）09:00. Always in the county's language."""
    local = timezone.localtime(value)
    return f"{local.month}月{local.day}日（周{WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def stretch(begin: dt.datetime, end: dt.datetime) -> str:
    """A stretch as it is said: 11月27日（周五）09:00–11:30."""
    return f"{moment(begin)}–{timezone.localtime(end):%H:%M}"


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


def moved(session: TrainingSession, old: SessionPlan, new: SessionPlan, by: User | None) -> None:
    """The whole round when a session that is still to come has another time, room or expert."""
    said = _other(old, new)
    if said and max(new.starts_at, old.starts_at) >= clock.now():
        facts = {**_facts(session.training, session), **said}
        _tell_round(session.training, "training.moved", f"moved:{session.pk}:{_act()}", facts, by, old.experts)


def session_added(session: TrainingSession, by: User | None) -> None:
    """The whole round when a training that people know of gets another session that is still to come, and who lectures there."""
    if session.ends_at > clock.now():
        names = "、".join(expert.name for expert in session.experts.order_by("pk"))
        facts = {**_facts(session.training, session), "title": _topic(session), "person": names}
        _tell_round(session.training, "training.added", f"added:{session.pk}", facts, by)


def _other(old: SessionPlan, new: SessionPlan) -> dict[str, str]:
    """What of two plans of a session is told, where they differ: the time, the room, who lectures."""
    said, reasons = {}, []
    if (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at):
        said = {"when": stretch(new.starts_at, new.ends_at), "before": stretch(old.starts_at, old.ends_at)}
    if old.room != new.room:
        reasons.append(_in_chinese(gettext_noop("教室由%(old)s改为%(new)s"), str(old.room or ""), str(new.room or "")))
    if set(old.experts) != set(new.experts):
        names = ("、".join(expert.name for expert in plan.experts) for plan in (old, new))
        reasons.append(_in_chinese(gettext_noop("授课人由%(old)s改为%(new)s"), *names))
    return {**said, "reason": "；".join(reasons)} if reasons else said


def rearranged(training: Training, before: Mapping[str, Any], by: User | None) -> None:
    """The whole round when base or place, the teacher in charge or the lecturer is another; ``before``: what it was.

    Who was in charge and whose base it was hear it too.
    """
    if (session := _next(training)) is None:
        return
    reasons = []
    for name, sentence in REARRANGED.items():
        if name in before:
            reasons.append(_in_chinese(sentence, str(before[name] or ""), str(getattr(training, name) or "")))
    facts = {**_facts(training, session), "reason": "；".join(reasons)}
    about = f"place:{_act()}"
    _tell_round(training, "training.moved", about, facts, by)
    left = [*([before["trainer"]] if before.get("trainer") else []), *keepers(before.get("base"))]
    people = _besides(by, left)
    notify("training.moved", users=people, about=f"{key(training)}{about}", context=facts, link=_desk(training), by=by)


def session_removed(session: TrainingSession, by: User | None) -> None:
    """The whole round when one session of several is called off."""
    if session.starts_at > clock.now():
        facts = {"title": _topic(session), "when": moment(session.starts_at)}
        _tell_round(session.training, "training.cancelled", f"removed:{_act()}", facts, by)


def cancelled(training: Training, reason: str, by: User | None) -> None:
    """The whole round when the training is called off."""
    if (session := _next(training)) is not None:
        facts = {**_facts(training, session), "reason": reason}
        _tell_round(training, "training.cancelled", "cancelled", facts, by)


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
    """Who plans for the unit that holds the training, and who prepares it, when a unit below proposed people."""
    if (session := _next(training)) is not None:
        users = _planners([training.unit])
        facts = {**_facts(training, session), "unit": unit.name, "n": str(count)}
        about = f"{key(training)}nominated:{_act()}"
        link = reverse("training-filling", args=[training.uuid])
        preparing = [user for user in _teacher(training) if can(user, "trainings.prepare", training.unit)]
        notify(
            "training.nominated", users=_besides(by, [*users, *preparing]), about=about, context=facts, link=link, by=by
        )


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


REMINDED = ("training__base", "training__trainer", "training__unit", "room__venue")


def remind_of_tomorrow() -> int:
    """Everyone enrolled in a session of tomorrow, and its teacher; however often it runs, once each. Returns how many."""
    start = clock.day_start(clock.today() + clock.DAY)
    rows = TrainingSession.objects.filter(
        training__state=Training.State.OPEN, starts_at__gte=start, starts_at__lt=start + clock.DAY
    )
    count = 0
    for session in rows.select_related(*REMINDED).order_by("starts_at"):
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
    title = named(session.training)
    return f"{title}（{session.topic}）" if session.topic else title


def named(training: Training) -> str:
    """The title with which of its kind it is, from the second of the year on: there are others to take it for."""
    several = training.number is not None and training.number > 1 and training.series not in training.title
    return f"{training.title}（{training.series}）" if several else training.title


def _facts(training: Training, session: TrainingSession) -> dict[str, str]:
    """What every notice says: what, when, and where, as exactly as it is known."""
    session.training = training
    return {"title": named(training), "when": moment(session.starts_at), "place": where(session)}


def _in_chinese(sentence: str, old: str, new: str) -> str:
    """A change in the county's language; what was not there reads as 未定."""
    with translation.override(settings.LANGUAGE_CODE):
        none = _("未定")
        return _(sentence) % {"old": old or none, "new": new or none}


def in_a_sentence(training: Training) -> str:
    """What is said on the telephone of what comes next: the title, when and where; the latest state when it is off."""
    session = _next(training)
    if session is None:
        return training.title
    facts = _facts(training, session)
    said = "，".join(part for part in (facts["title"], facts["when"], facts["place"]) if part)
    off = training.state == Training.State.CANCELLED
    return f"{training.get_state_display()}：{said}" if off else said


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


def keepers(base: Base | None) -> list[User]:
    """Who answers for a base: those who plan for its unit, or for the nearest unit above that has somebody."""
    if base is None:
        return []
    roles = [role for role, held in PERMISSIONS.items() if "trainings.plan" in held]
    near = RoleGrant.objects.filter(role__in=roles, unit__path__in=base.unit.ancestor_paths, user__is_active=True)
    grants = list(near.select_related("user", "unit"))
    nearest = max((grant.unit.depth for grant in grants), default=0)
    return list({grant.user_id: grant.user for grant in grants if grant.unit.depth == nearest}.values())


def experts_ahead(training: Training) -> list[Expert]:
    """Who is to lecture in what is not over."""
    ahead = training.sessions.filter(ends_at__gt=clock.now())
    return list(Expert.objects.filter(sessions__in=ahead).select_related("user", "member").distinct().order_by("pk"))


def _tell_round(
    training: Training, kind: str, about: str, facts: dict[str, str], by: User | None, left: Iterable[Expert] = ()
) -> None:
    """All whom a change concerns, each once: who has a seat, waits or is proposed, who proposed him, teachers, the base.

    ``left``: experts who were to come until now.
    """
    _tell_all(training, kind, about, facts, by)
    full = f"{key(training)}{about}"
    open_rows = Enrolment.objects.filter(training=training, state__in=Enrolment.OPEN_STATES)
    hoping = Member.objects.filter(pk__in=open_rows.exclude(state=Enrolment.State.ENROLLED).values("member"))
    notify(kind, members=hoping, about=full, context=facts, link=reverse("training-choices"), by=by)
    proposers = User.objects.filter(pk__in=open_rows.values("nominated_by"), is_active=True)
    proposed = reverse("nominate", args=[training.uuid])
    notify(kind, users=_besides(by, proposers), about=full, context=facts, link=proposed, by=by)
    hosts = _besides(by, keepers(training.base))
    notify(kind, users=hosts, about=full, context=facts, link=_host_page(training), by=by)
    experts = [*experts_ahead(training), *left]
    known = [expert.member for expert in experts if expert.member is not None]
    users = _besides(by, [expert.user for expert in experts if expert.user is not None])
    notify(kind, members=known, users=users, about=full, context=facts, link=reverse("calendar"), by=by)


def _host_page(training: Training) -> str:
    """Where a base's keeper sees the visit."""
    if training.kind == Training.Kind.VISIT:
        return reverse("visit-record", args=[training.uuid])
    return reverse("base-detail", args=[training.base.code]) if training.base else ""
