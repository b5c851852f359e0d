"""What people thought of a class, without names: a keyed hash says that one has answered, nothing says what.

The two rows have no time, no number and no key in common, and no audit row is written: who answered is nobody's business.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from lms.core import clock
from lms.core.crypto import keyed_hash
from lms.members.models import Member
from lms.training.closing import rules
from lms.training.errors import TrainingError
from lms.training.models import Attendance, SurveyAnswer, SurveyTicket, Training

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


def answer(*, training: Training, member: Member, marks: dict[str, int], comment: str) -> None:
    """Give one's opinion once: ``marks`` has 1 to 5 for ``content``, ``teaching`` and ``arrangement``.

    Raises TrainingError ``survey-one-to-five``, ``survey-not-there``, ``survey-once``.
    """
    if set(marks) != set(ASKED) or not all(rules.LEAST <= mark <= rules.MOST for mark in marks.values()):
        raise TrainingError("survey-one-to-five")
    if not may_answer(training, member):
        raise TrainingError("survey-not-there")
    try:
        with transaction.atomic():
            SurveyTicket.objects.create(token=token_of(training, member))
            SurveyAnswer.objects.create(training=training, comment=comment.strip(), **marks)
    except IntegrityError as error:
        raise TrainingError("survey-once") from error
