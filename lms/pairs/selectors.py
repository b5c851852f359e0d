"""Reads of help between members: the pairs that a person may see, what is on a list and how far the member is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from courses import catalogue
from courses.models import LessonPage, LessonProgress
from lms.members.models import Member, User
from lms.members.permissions import units_where, within
from lms.pairs.models import HelpPair, PairTask
from lms.training import selectors as training
from lms.training.models import Attendance, TrainingSession

VIEW = "courses.view"


def pairs_seen_by(user: Any) -> QuerySet[HelpPair]:
    """The pairs of one's own and those of the units that one may read, of either of the two; those that stand first."""
    units = units_where(user, VIEW)
    theirs = within(units, "member__unit") | within(units, "helper__unit") | within(units, "expert__unit")
    rows = HelpPair.objects.filter(_of(user) | theirs)
    done = Count("tasks", filter=Q(tasks__done_at__isnull=False))
    rows = rows.select_related("helper__unit", "expert__member", "member__unit").annotate(
        listed=Count("tasks"), done=done
    )
    # A query that counts by groups forgets the model's own order.
    return rows.order_by(F("ended_on").desc(nulls_first=True), "-begun_on", "-pk")


def standing_of(member: Member) -> QuerySet[HelpPair]:
    """The pairs of one member that stand, as helper or as the one who is helped."""
    as_expert = Q(expert__member=member) | Q(expert__user__member=member)
    return _standing(Q(helper=member) | Q(member=member) | as_expert)


def standing_for(user: User) -> QuerySet[HelpPair]:
    """The pairs of an account that stand: an expert's need no record on the roster."""
    return _standing(_of(user))


def has_none_at_the_desk(user: User) -> bool:
    """Whether a person helps as an expert and has neither a home of a member nor the desk of pairs to find it."""
    if getattr(user, "member", None) is not None or units_where(user, VIEW):
        return False
    return standing_for(user).exists()


def _of(user: User) -> Q:
    nobody = 0  # who is not signed in; None would be everybody without an account
    accounts = ("helper__user", "member__user", "expert__user", "expert__member__user")
    return reduce(or_, (Q(**{account: user.pk or nobody}) for account in accounts))


def _standing(whose: Q) -> QuerySet[HelpPair]:
    return HelpPair.objects.filter(whose, ended_on__isnull=True).select_related("helper", "expert", "member")


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a pair's list; ``studied``: the house's own record says that the member has completed or attended it."""

    task: PairTask
    studied: bool


def listed(pair: HelpPair) -> list[Listed]:
    """The list of a pair with what the records say, in three queries."""
    tasks = list(pair.tasks.select_related("lesson", "session__training", "done_by"))
    lessons = LessonProgress.objects.filter(member=pair.member, completed_at__isnull=False)
    completed = set(lessons.filter(lesson__in=[task.lesson_id for task in tasks]).values_list("lesson_id", flat=True))
    marks = Attendance.objects.filter(member=pair.member, status=Attendance.Status.PRESENT)
    there = set(marks.filter(session__in=[task.session_id for task in tasks]).values_list("session_id", flat=True))
    return [Listed(task, task.lesson_id in completed or task.session_id in there) for task in tasks]


def lessons_for(pair: HelpPair) -> QuerySet[LessonPage]:
    """The lessons on offer that are not on the list yet."""
    taken = pair.tasks.filter(lesson__isnull=False).values("lesson")
    return catalogue.lessons_on_offer().exclude(pk__in=taken).order_by("path")


def sessions_for(pair: HelpPair) -> QuerySet[TrainingSession]:
    """The sessions ahead in which the member is enrolled or could still enrol, and that are not on the list yet."""
    offered = [session.pk for offer in training.offers_for(pair.member) for session in offer.sessions]
    taken = pair.tasks.filter(session__isnull=False).values("session")
    ids = {session.pk for session in training.upcoming_for(pair.member)} | set(offered)
    rows = TrainingSession.objects.filter(pk__in=ids).exclude(pk__in=taken)
    return rows.select_related("training").order_by("starts_at")
