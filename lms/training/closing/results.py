"""Writes: what a class asks for beside attendance, scores, reflections. Of a closed class the ledger follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.training import services
from lms.training.closing import rules
from lms.training.errors import TrainingError
from lms.training.models import ClosingTerms, Outcome, Training


@transaction.atomic
def set_terms(*, training: Training, reflection: bool, pass_mark: int | None, by: User | None) -> bool:
    """Set what a class asks for: a reflection (心得), a score of at least ``pass_mark`` (0–100, None: no test).

    False when nothing differs. Raises TrainingError ``terms-of-class``, ``of-100``, ``not-open`` (cancelled).
    """
    training = services._lock(training)
    if training.kind != Training.Kind.CLASS:
        raise TrainingError("terms-of-class")
    _check_100(pass_mark)
    if training.state == Training.State.CANCELLED:
        raise TrainingError("not-open")
    wanted: dict[str, Any] = {"reflection": reflection, "pass_mark": pass_mark}
    row = ClosingTerms.objects.filter(training=training).first() or ClosingTerms(training=training)
    known = {name: getattr(row, name) for name in wanted}
    if known == wanted:
        return False
    with services._reposted(training, None, by):
        for name, value in wanted.items():
            setattr(row, name, value)
        row.save()
    detail: dict[str, Any] = {name: [known[name], value] for name, value in wanted.items()}
    audit.record("training.terms", by=by, on=training, unit=training.unit, **detail)
    return True


def _check_100(mark: int | None) -> None:
    if mark is not None and not 0 <= mark <= rules.FULL_MARKS:
        raise TrainingError("of-100")


@transaction.atomic
def set_scores(*, training: Training, scores: Mapping[int, int | None], by: User | None) -> int:
    """Enter scores (0–100, None: none) by member id; returns how many changed. One transaction, one audit row.

    Raises TrainingError ``own-record``, ``of-100``, ``not-enrolled``, ``not-open`` (cancelled).
    """
    training = services._lock(training)
    if training.state == Training.State.CANCELLED:
        raise TrainingError("not-open")
    for score in scores.values():
        _check_100(score)
    members = services._enrolled(training, scores)
    known = dict(Outcome.objects.filter(training=training, member__in=scores).values_list("member_id", "score"))
    changed = {pk: score for pk, score in scores.items() if known.get(pk) != score}
    if by is not None:
        services._refuse_own(by, (members[pk].user_id for pk in changed))
    if not changed:
        return 0
    facts = {"scored_by": by, "scored_at": clock.now()}
    with services._reposted(training, list(changed), by):
        rows = [Outcome(training=training, member_id=pk, score=score, **facts) for pk, score in changed.items()]
        Outcome.objects.bulk_create(
            rows,
            batch_size=services.BATCH,
            update_conflicts=True,
            unique_fields=["training", "member"],
            update_fields=["score", "scored_by", "scored_at"],
        )
    detail = {members[pk].code: [known.get(pk), score] for pk, score in changed.items()}
    audit.record("training.score", by=by, on=training, unit=training.unit, scores=detail)
    return len(changed)


@transaction.atomic
def hand_in(*, training: Training, member: Member, text: str, by: User | None) -> Outcome:
    """A member hands in his reflection, or mends it, from the first session until 15 days after closing.

    Raises TrainingError ``reflection-short``, ``not-enrolled``, ``too-early``, ``too-late``, ``not-open`` (cancelled).
    """
    text = text.strip()
    if rules.letters(text) < rules.LEAST_LETTERS:
        raise TrainingError("reflection-short")
    training = services._lock(training)
    services._enrolled(training, [member.pk])
    _check_open_for_members(training)
    with services._reposted(training, [member.pk], by):
        row, _new = Outcome.objects.update_or_create(
            training=training, member=member, defaults={"reflection": text, "reflected_at": clock.now()}
        )
    audit.record("training.reflection", by=by, on=training, unit=training.unit, member=member.code)
    return row


def _check_open_for_members(training: Training) -> None:
    if training.state == Training.State.CANCELLED:
        raise TrainingError("not-open")
    first = training.sessions.order_by("starts_at").first()
    if first is None or first.starts_at > clock.now():
        raise TrainingError("too-early")
    if training.closed_at is not None and not rules.may_still_object(training.closed_at, clock.now()):
        raise TrainingError("too-late")
