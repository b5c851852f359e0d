"""What is known of who teaches: sessions held, hours by the clock by year, what people thought, from five opinions of a class on."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from lms.core import clock
from lms.training.closing import rules, surveys
from lms.training.models import Expert, TeacherMark, Training, TrainingSession

SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Rating:
    """A teacher's mean (None below five opinions) and how many gave one."""

    name: str
    marks: int
    mean: Decimal | None


def ratings_of(training: Training) -> list[Rating]:
    """Who taught in one training, with what its people thought of each."""
    given: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
    rows = TeacherMark.objects.filter(training=training)
    for expert, trainer, stars in rows.values_list("expert_id", "trainer_id", "stars"):
        given[expert, trainer].append(stars)
    found = []
    for one in surveys.teachers_of(training):
        own = given[one.expert.pk if one.expert else None, one.trainer.pk if one.trainer else None]
        found.append(Rating(one.name, len(own), rules.average(own)))
    return found


def ratings_of_experts(experts: Iterable[Expert]) -> dict[int, Rating]:
    """The rating of each expert over all his trainings with five opinions of him or more; one query.

    A training with fewer is left out of the sum: the difference of two sums would say what its people thought.
    """
    by_training: dict[tuple[int, int], list[int]] = defaultdict(list)
    names = {expert.pk: expert.name for expert in experts}
    rows = TeacherMark.objects.filter(expert__in=names).values_list("expert_id", "training_id", "stars")
    for expert, training, stars in rows:
        by_training[expert, training].append(stars)
    counted: dict[int, list[int]] = defaultdict(list)
    for (expert, _training), given in by_training.items():
        if len(given) >= rules.LEAST_ANSWERS:
            counted[expert] += given
    return {pk: Rating(name, len(counted[pk]), rules.average(counted[pk])) for pk, name in names.items()}


@dataclass(frozen=True, slots=True)
class Year:
    """One year of an expert: sessions of closed trainings and how long they were by the clock."""

    year: int
    sessions: int
    hours: Decimal


def taught_by(expert: Expert) -> QuerySet[TrainingSession]:
    """The sessions of closed trainings that an expert taught, the latest first."""
    rows = TrainingSession.objects.filter(experts=expert, training__state=Training.State.CLOSED)
    return rows.select_related("training__unit").order_by("-starts_at")


def years_of(expert: Expert) -> list[Year]:
    """What an expert taught year by year, the latest first."""
    spans: dict[int, list[dt.timedelta]] = defaultdict(list)
    for starts_at, ends_at in taught_by(expert).values_list("starts_at", "ends_at"):
        spans[clock.local_date(starts_at).year].append(ends_at - starts_at)
    return [
        Year(year, len(found), hours_of(sum(found, dt.timedelta(0)))) for year, found in sorted(spans.items())[::-1]
    ]


def hours_of(span: dt.timedelta) -> Decimal:
    """A span in hours by the clock, to one decimal."""
    return (Decimal(int(span.total_seconds())) / SECONDS).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class Taught:
    """One session that an expert taught, with its hours and what the training's people thought of him."""

    session: TrainingSession
    hours: Decimal
    rating: Rating


def lines_of(expert: Expert, sessions: Iterable[TrainingSession]) -> list[Taught]:
    """Sessions of one expert as a list shows them; one query for the marks."""
    shown = list(sessions)
    given: dict[int, list[int]] = defaultdict(list)
    rows = TeacherMark.objects.filter(expert=expert, training__in={session.training_id for session in shown})
    for training, stars in rows.values_list("training_id", "stars"):
        given[training].append(stars)
    return [
        Taught(
            session,
            hours_of(session.ends_at - session.starts_at),
            Rating(expert.name, len(given[session.training_id]), rules.average(given[session.training_id])),
        )
        for session in shown
    ]


def rows_of(lines: Iterable[Taught]) -> Iterable[list[Any]]:
    """The same as a file."""
    for one in lines:
        session = one.session
        yield [
            clock.local_date(session.starts_at),
            session.training.title,
            session.topic,
            session.training.unit.name,
            one.hours,
            "" if one.rating.mean is None else one.rating.mean,
        ]
