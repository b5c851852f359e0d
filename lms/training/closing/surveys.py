"""What people thought of a class and of who taught it, without names: a keyed hash says that one has answered, nothing says what.

The rows have no time, no number and no key in common, and no audit row is written: who answered is nobody's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.db import IntegrityError, transaction

from lms.core import clock
from lms.core.crypto import keyed_hash
from lms.members.models import Member, User
from lms.training.closing import rules
from lms.training.errors import TrainingError
from lms.training.models import Attendance, Expert, SurveyAnswer, SurveyTicket, TeacherMark, Training

ASKED = ("content", "teaching", "arrangement")


def token_of(training: Training, member: Member) -> str:
    """What stands for one person's answer to one class: useless without the site's key."""
    return keyed_hash(f"survey:{training.uuid}:{member.pk}")


def may_answer(training: Training, member: Member) -> bool:
    """Whether the member was there, the last session is over and not more than 15 days have passed since closing."""
    last = training.sessions.order_by("-ends_at").first()
    if training.state == Training.State.CANCELLED or last is None or last.ends_at > clock.now():
        return False
    if training.closed_at is not None and not rules.may_still_object(training.closed_at, clock.now()):
        return False
    there = Attendance.objects.filter(session__training=training, member=member, status=Attendance.Status.PRESENT)
    return there.exists()


def has_answered(training: Training, member: Member) -> bool:
    """Whether the member has given his opinion already."""
    return SurveyTicket.objects.filter(pk=token_of(training, member)).exists()


class Teacher(NamedTuple):
    """Who taught: an expert, or the account in charge. ``key`` names him on a form."""

    key: str
    expert: Expert | None = None
    trainer: User | None = None

    @property
    def name(self) -> str:
        """How he is called."""
        return self.expert.name if self.expert else str(self.trainer)


def teachers_of(training: Training, member: Member | None = None) -> list[Teacher]:
    """Who taught in a training: the account in charge and the experts of its sessions; with ``member`` of those he came to.

    Nobody is asked about himself.
    """
    sessions = training.sessions.all()
    if member is not None:
        there = Attendance.objects.filter(session__training=training, member=member, status=Attendance.Status.PRESENT)
        sessions = sessions.filter(pk__in=there.values("session"))
    found = []
    if training.trainer is not None and (member is None or member.user_id != training.trainer_id):
        found.append(Teacher(f"t{training.trainer_id}", trainer=training.trainer))
    experts = Expert.objects.filter(sessions__in=sessions).distinct().order_by("name", "pk")
    return [*found, *(Teacher(f"e{expert.pk}", expert=expert) for expert in experts)]


def answer(
    *,
    training: Training,
    member: Member,
    marks: Mapping[str, int],
    comment: str,
    teachers: Mapping[str, int] | None = None,
) -> None:
    """Give one's opinion once: ``marks`` has 1 to 5 for ``content``, ``teaching`` and ``arrangement``.

    ``teachers`` has 1 to 5 by the key of ``teachers_of``; who has no opinion of one leaves him out. Raises TrainingError
    ``survey-one-to-five``, ``survey-not-there`` (also: of somebody who did not teach him), ``survey-once``.
    """
    given = {**(teachers or {})}
    if set(marks) != set(ASKED) or not all(
        rules.LEAST <= mark <= rules.MOST for mark in (*marks.values(), *given.values())
    ):
        raise TrainingError("survey-one-to-five")
    if not may_answer(training, member):
        raise TrainingError("survey-not-there")
    known = {teacher.key: teacher for teacher in teachers_of(training, member)}
    if not given.keys() <= known.keys():
        raise TrainingError("survey-not-there")
    try:
        with transaction.atomic():
            SurveyTicket.objects.create(token=token_of(training, member))
            SurveyAnswer.objects.create(training=training, comment=comment.strip(), **marks)
            for key, stars in given.items():
                one = known[key]
                TeacherMark.objects.create(training=training, expert=one.expert, trainer=one.trainer, stars=stars)
    except IntegrityError as error:
        raise TrainingError("survey-once") from error
