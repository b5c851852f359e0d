"""Reads: the seats by unit, who is proposed, who waits; what a branch may propose for; what a member may sign up for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404

from lms.core import clock
from lms.members.models import Member, Unit
from lms.members.permissions import units_where, visible, within
from lms.training import selectors as trainings
from lms.training.filling import audience
from lms.training.filling.rules import REST
from lms.training.filling.seats import seats_of, seats_of_many
from lms.training.models import Enrolment, Leave, Material, Quota, RideSeat, SignUpTerms, Training, TrainingSession

State = Enrolment.State


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """One unit below: its quota (0: none) and how many of its people have a seat and are proposed or waiting."""

    unit: Unit
    seats: int
    taken: int
    pending: int


def quota_rows(training: Training) -> list[QuotaRow]:
    """The units directly below the one that holds the training, in tree order; three queries."""
    quotas = dict(Quota.objects.filter(training=training).values_list("unit_id", "seats"))
    people = list(Enrolment.objects.filter(training=training).values_list("unit__path", "state"))

    def count(unit: Unit, *states: str) -> int:
        return sum(path.startswith(unit.path) and state in states for path, state in people)

    return [
        QuotaRow(unit, quotas.get(unit.pk, 0), count(unit, State.ENROLLED), count(unit, State.NOMINATED, State.WAITING))
        for unit in training.unit.get_children().order_by("path")
    ]


def nominations(training: Training) -> QuerySet[Enrolment]:
    """Who is proposed and not yet decided, by unit and name."""
    rows = Enrolment.objects.filter(training=training, state=State.NOMINATED)
    return rows.select_related("member__unit", "unit", "nominated_by").order_by("unit__path", "member__sort_key")


def substitutes_in(training: Training) -> QuerySet[Enrolment]:
    """Who sits in the place of somebody else."""
    rows = Enrolment.objects.filter(training=training, state=State.ENROLLED, replaces__isnull=False)
    return rows.select_related("member", "unit", "replaces__member").order_by("unit__path", "member__sort_key")


def terms_of(training: Training) -> SignUpTerms:
    """The terms of signing up; those of a training that says nothing are the model's defaults."""
    return SignUpTerms.objects.filter(training=training).first() or SignUpTerms(training=training)


def nominations_over(training: Training) -> bool:
    """Whether the day that was set for proposing people has passed."""
    until = terms_of(training).nominate_until
    return until is not None and until <= clock.now()


def own_quotas(user: Any, training: Training) -> QuerySet[Quota]:
    """The seats that are kept for units of the person, or for one above a unit of his."""
    held = units_where(user, "trainings.plan")
    above = {path for unit in held for path in unit.ancestor_paths}
    rows = Quota.objects.filter(within(held, "unit") | Q(unit__path__in=above), training=training)
    return rows.select_related("unit").order_by("unit__path")


# -- proposing -----------------------------------------------------------------------------


def nominable(user: Any) -> QuerySet[Any]:
    """The open trainings ahead of the units above (or of) those that the person plans for, the next first."""
    paths = {path for unit in units_where(user, "trainings.plan") for path in unit.ancestor_paths}
    below = within(units_where(user, "trainings.plan"), "unit")
    rows = trainings.with_figures(Training.objects.filter(Q(unit__path__in=paths) | below, state=Training.State.OPEN))
    own = within(units_where(user, "trainings.plan"), "enrolments__unit")
    return (
        rows.filter(starts_at__gt=clock.now())
        .annotate(proposed=Count("enrolments", filter=own & Q(enrolments__state=State.NOMINATED), distinct=True))
        .order_by("starts_at", "pk")
    )


def nominable_or_404(user: Any, uuid: UUID) -> Any:
    """One of them."""
    training = nominable(user).filter(uuid=uuid).first()
    if training is None:
        raise Http404
    return training


def candidates(user: Any, training: Training) -> QuerySet[Member]:
    """Whom the person may propose: members of his units for whom the training is, not yet on the list."""
    listed = Enrolment.objects.filter(training=training, state__in=Enrolment.OPEN_STATES)
    rows = visible(audience.invited(training), user, "trainings.plan")
    return rows.exclude(pk__in=listed.values("member")).select_related("unit")


def not_listed(members: QuerySet[Member], training: Training) -> QuerySet[Member]:
    """Those of some members who are within the unit that holds a training and not on its list."""
    listed = Enrolment.objects.filter(training=training).exclude(state=State.CANCELLED)
    return members.filter(unit__path__startswith=training.unit.path).exclude(pk__in=listed.values("member"))


def proposed_from(user: Any, training: Training) -> QuerySet[Enrolment]:
    """What became of the people of the person's units: everybody on the list, by state and name."""
    own = within(units_where(user, "trainings.plan"), "unit")
    rows = Enrolment.objects.filter(own, training=training).exclude(state=State.CANCELLED)
    return rows.select_related("member", "unit", "replaces__member").order_by("state", "member__sort_key")


# -- leave ---------------------------------------------------------------------------------


def leaves_of(training: Training) -> QuerySet[Leave]:
    """What was asked in a training, the latest first; of people who have a seat."""
    rows = Leave.objects.filter(training=training, member__in=_seated(training)).order_by("-asked_at", "-pk")
    return rows.select_related("member__unit", "session", "decided_by", "asked_by")


def _seated(training: Training) -> QuerySet[Any]:
    return Enrolment.objects.filter(training=training, state=State.ENROLLED).values("member")


def leaves_for(user: Any) -> QuerySet[Leave]:
    """The leave that waits for this person: of trainings that he runs, his own left out, the longest waiting first."""
    held = within(units_where(user, "trainings.run"), "training__unit") | Q(training__trainer=user.pk)
    others = Q(member__user__isnull=True) | ~Q(member__user=user.pk)
    rows = Leave.objects.filter(held & others, state=Leave.State.ASKED).exclude(
        training__state=Training.State.CANCELLED
    )
    seat = Enrolment.objects.filter(training=OuterRef("training"), member=OuterRef("member"), state=State.ENROLLED)
    return rows.filter(Exists(seat)).select_related("member__unit", "training", "session").order_by("asked_at", "pk")


# -- by oneself ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """A training ahead as a member sees it: his own state in it (``""``: none), seats left to him, who waits before him.

    ``whom``: for whom it is, in words; ``""``: everybody.
    ``materials`` are for who has a seat.
    """

    training: Any
    sessions: list[TrainingSession]
    state: str
    seats: int
    waiting: int
    until: dt.datetime | None
    may_sign_up: bool
    may_withdraw: bool
    materials: list[Material]
    whom: str = ""
    ride: RideSeat | None = None


def choices_for(member: Member) -> list[Choice]:
    """Open trainings ahead of the member's unit and those above it, and every other in which he has a place.

    Left out are those that are not for him or take no sign-ups, unless he is on the list. Six queries however many there
    are, and some where a training has a rule (``audience.open_to``).
    """
    own = Enrolment.objects.filter(member=member).exclude(state=State.CANCELLED).select_related("ride_seat__ride")
    places = {row.training_id: row for row in own}
    on_list = [pk for pk, row in places.items() if row.state in Enrolment.OPEN_STATES]
    rows = trainings.with_figures(Training.objects.filter(state=Training.State.OPEN))
    mine = rows.filter(Q(unit__path__in=member.unit.ancestor_paths) | Q(pk__in=on_list), starts_at__gt=clock.now())
    found = list(
        mine.select_related("sign_up_terms").prefetch_related("sessions", "materials").order_by("starts_at", "pk")
    )
    rules = audience.open_to(member, found)
    found = [training for training in found if training.pk in rules or training.pk in on_list]
    seats, queues, labels = seats_of_many(found), _queues(found), audience.labels_of(rules.values())
    choices = [
        _choice(
            training,
            places.get(training.pk),
            seats[training.pk].left(member.unit.path),
            queues[training.pk],
            audience.words(rules.get(training.pk, audience.EVERYBODY), labels),
        )
        for training in found
    ]
    return [choice for choice in choices if choice.state in Enrolment.OPEN_STATES or choice.may_sign_up]


def _choice(training: Any, place: Enrolment | None, left: int, queue: list[int], whom: str) -> Choice:
    terms = getattr(training, "sign_up_terms", None) or SignUpTerms()
    in_time = terms.until is None or terms.until > clock.now()
    state = str(place.state) if place else ""
    before = queue.index(place.pk) if place and place.pk in queue else len(queue)
    on_list = state in Enrolment.OPEN_STATES
    return Choice(
        training,
        list(training.sessions.all()),
        state,
        left,
        before,
        terms.until,
        may_sign_up=in_time and terms.is_open and not state,
        may_withdraw=in_time and on_list,
        materials=list(training.materials.all()) if state == State.ENROLLED else [],
        whom=whom,
        ride=getattr(place, "ride_seat", None) if on_list else None,
    )


def _queues(rows: Iterable[Training]) -> dict[int, list[int]]:
    """The waiting lists of several trainings: ids of enrolments in order of arrival, by training."""
    found = list(rows)
    queues: dict[int, list[int]] = {row.pk: [] for row in found}
    waiting = Enrolment.objects.filter(training__in=found, state=State.WAITING).order_by("waiting_since", "pk")
    for pk, row in waiting.values_list("training_id", "pk"):
        queues[pk].append(row)
    return queues


def shared_left(training: Training) -> int:
    """Seats that no unit's quota keeps and nobody has taken."""
    return seats_of(training).left(REST)
