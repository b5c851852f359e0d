"""Writes of help between members: begin and end a pair, put something on its list, tick it off."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse

from courses.models import LessonPage
from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.members.permissions import can
from lms.notices.services import notify
from lms.pairs.models import HelpPair, PairTask
from lms.training.models import Expert, TrainingSession
from lms.training.planning.registers import serving_experts

MANAGE = "courses.assign"
"""Who gives members something to study also brings them together."""


class PairError(ValueError):
    """What cannot be done: ``same`` (oneself), ``gone`` (not on the roster, not appointed), ``stands`` (the pair is there), ``not-yours``, ``ended``, ``listed``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def begin(*, helper: Member | Expert, member: Member, topic: str, by: User | None) -> HelpPair:
    """Bring a member and who helps together, and tell both. Raises PairError: ``not-yours``, ``same``, ``gone``, ``stands``.

    An expert who is on the roster helps as the member he is, so that two people are one pair however he was named.
    """
    if by is not None and not can(by, MANAGE, member.unit):
        raise PairError("not-yours")
    guide = _as_member(helper)
    if guide == member:
        raise PairError("same")
    if not all(_is_there(one) for one in {helper, guide, member}):
        raise PairError("gone")
    whose = {"expert": guide} if isinstance(guide, Expert) else {"helper": guide}
    people = [one.pk for one in (guide, member) if isinstance(one, Member)]
    list(Member.objects.select_for_update().filter(pk__in=people).order_by("pk").values_list("pk"))
    if HelpPair.objects.filter(**whose, member=member, ended_on__isnull=True).exists():
        raise PairError("stands")
    pair = HelpPair.objects.create(**whose, member=member, topic=topic, begun_on=clock.today(), made_by=by)
    audit.record("pair.begin", by=by, on=pair, unit=member.unit, **_named(guide))
    _tell(pair, by)
    return pair


def _as_member(helper: Member | Expert) -> Member | Expert:
    if isinstance(helper, Member):
        return helper
    return helper.member or getattr(helper.user, "member", None) or helper


def _is_there(one: Member | Expert) -> bool:
    if isinstance(one, Expert):
        return serving_experts().filter(pk=one.pk).exists()
    return one.state == Member.State.ACTIVE


def _named(guide: Member | Expert) -> dict[str, Any]:
    return {"expert": guide.pk, "name": guide.name} if isinstance(guide, Expert) else {"helper": guide.code}


def _tell(pair: HelpPair, by: User | None) -> None:
    members = [one for one in (pair.helper, pair.member) if one is not None]
    users = [pair.expert.user] if pair.expert and pair.expert.user else []
    said = {"title": pair.topic, "person": f"{pair.guide.name}、{pair.member.name}"}
    link = reverse("pair", args=[pair.uuid])
    notify("pair.begun", members=members, users=users, about=f"pair:{pair.pk}:begun", context=said, link=link, by=by)


@transaction.atomic
def end(*, pair: HelpPair, by: User | None) -> HelpPair:
    """End a pair today; what it has done is kept. Ended before: nothing changes. Raises PairError("not-yours")."""
    locked = _locked(pair)
    if by is not None and not can(by, MANAGE, locked.member.unit):
        raise PairError("not-yours")
    if locked.ended_on is None:
        locked.ended_on = clock.today()
        locked.save(update_fields=["ended_on"])
        audit.record("pair.end", by=by, on=locked, unit=locked.member.unit)
    return locked


@transaction.atomic
def put(
    *, pair: HelpPair, by: User | None, lesson: LessonPage | None = None, session: TrainingSession | None = None
) -> PairTask:
    """Put a lesson or a session on the list. Raises PairError: ``not-yours``, ``ended``, ``listed``."""
    locked = _open(pair, by)
    if locked.tasks.filter(lesson=lesson, session=session).exists():
        raise PairError("listed")
    task = PairTask.objects.create(pair=locked, lesson=lesson, session=session, added_by=by, added_at=clock.now())
    audit.record("pair.put", by=by, on=locked, unit=locked.member.unit, what=str(task))
    return task


@transaction.atomic
def tick(*, task: PairTask, done: bool, by: User | None) -> PairTask:
    """Note that they have been through it together, or not after all. Raises PairError: ``not-yours``, ``ended``."""
    _open(task.pair, by)
    row = PairTask.objects.select_for_update().get(pk=task.pk)
    if done != (row.done_at is not None):
        row.done_at, row.done_by = (clock.now(), by) if done else (None, None)
        row.save(update_fields=["done_at", "done_by"])
        audit.record("pair.tick", by=by, on=task.pair, unit=task.pair.member.unit, what=str(row), done=done)
    return row


def may_work_on(pair: HelpPair, user: User) -> bool:
    """Whether the list is a person's to keep: the two themselves, and who manages the member's unit."""
    return user.pk in pair.accounts or can(user, MANAGE, pair.member.unit)


def _locked(pair: HelpPair) -> HelpPair:
    rows = HelpPair.objects.select_for_update(of=("self",)).select_related("helper", "expert__member", "member__unit")
    return rows.get(pk=pair.pk)


def _open(pair: HelpPair, by: User | None) -> HelpPair:
    locked = _locked(pair)
    if by is not None and not may_work_on(locked, by):
        raise PairError("not-yours")
    if locked.ended_on is not None:
        raise PairError("ended")
    return locked
