"""Writes: quotas, terms of signing up, nominations and what becomes of them, members who sign up and withdraw.

The training's row is the lock of its seats, as for every other enrolment; what frees a seat lets the waiting list move up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from lms.core import clock
from lms.members import audit
from lms.members.models import Member, Unit, User
from lms.training import services, telling
from lms.training.errors import TrainingError
from lms.training.filling import audience, seats
from lms.training.filling.rules import Rule
from lms.training.models import Audience, Enrolment, Quota, SignUpTerms, Training
from lms.training.planning import persons

State = Enrolment.State
RULE_LISTS = ("settings", "offices", "categories", "ranks", "industries")


# -- how seats are given out ---------------------------------------------------------------


@transaction.atomic
def set_quotas(*, training: Training, quotas: Mapping[Unit, int], by: User | None) -> bool:
    """Keep so many seats for each unit (0: none); units that are not named lose theirs. False when nothing differs.
    Who plans for a unit whose number is new or another is told.

    Raises TrainingError ``quota-unit`` (not directly below the unit that holds it), ``quota-over`` (more than there are
    seats, or fewer than people who sit), ``not-open``.
    """
    training = services._lock_open(training)
    wanted = {unit.pk: count for unit, count in quotas.items() if count}
    if wanted.keys() - set(training.unit.get_children().values_list("pk", flat=True)):
        raise TrainingError("quota-unit")
    known = dict(Quota.objects.filter(training=training).values_list("unit_id", "seats"))
    if wanted == known:
        return False
    Quota.objects.filter(training=training).delete()
    Quota.objects.bulk_create(Quota(training=training, unit_id=pk, seats=count) for pk, count in wanted.items())
    if seats.seats_of(training).overfull:
        raise TrainingError("quota-over")
    detail = {unit.code: [known.get(unit.pk, 0), count] for unit, count in quotas.items()}
    audit.record("training.quotas", by=by, on=training, unit=training.unit, seats=detail)
    changed = [pk for pk, count in wanted.items() if known.get(pk) != count]
    rows = Quota.objects.filter(training=training, unit__in=changed).select_related("unit").order_by("unit__path")
    telling.quotas_set(training, rows, _terms(training).nominate_until, by)
    seats.move_up(training)
    return True


@transaction.atomic
def set_terms(
    *,
    training: Training,
    is_open: bool,
    until: dt.datetime | None,
    nominate_until: dt.datetime | None = None,
    by: User | None,
) -> None:
    """Say whether members sign up themselves, until when they may come and go, and until when units propose people.

    None: until it begins.
    """
    training = services._lock_open(training)
    terms = {"is_open": is_open, "until": until, "nominate_until": nominate_until}
    SignUpTerms.objects.update_or_create(training=training, defaults=terms)
    said = {name: str(value) if value else "" for name, value in terms.items() if name != "is_open"}
    audit.record("training.sign-up", by=by, on=training, unit=training.unit, is_open=is_open, **said)


def _terms(training: Training) -> SignUpTerms:
    return SignUpTerms.objects.filter(training=training).first() or SignUpTerms(training=training)


@transaction.atomic
def set_audience(*, training: Training, rule: Rule, by: User | None) -> bool:
    """Say for whom a training is; a rule that asks nothing makes it everybody's again. False when nothing differs.

    Who has a place already keeps it. Raises TrainingError ``audience-unit`` (a unit outside the one that holds it), ``not-open``.
    """
    training = services._lock_open(training)
    if not all(path.startswith(training.unit.path) for path in rule.paths):
        raise TrainingError("audience-unit")
    known = audience.rule_of(training)
    if rule == known:
        return False
    if rule.everybody:
        Audience.objects.filter(training=training).delete()
    else:
        lists = {name: sorted(getattr(rule, name)) for name in RULE_LISTS}
        defaults = {**lists, "away": rule.away, "gap": rule.gap}
        row, _made = Audience.objects.update_or_create(training=training, defaults=defaults)
        row.units.set(Unit.objects.filter(path__in=rule.paths))
    said = [audience.words(known), audience.words(rule)]
    audit.record("training.audience", by=by, on=training, unit=training.unit, rule=said)
    return True


# -- nominations ---------------------------------------------------------------------------


@transaction.atomic
def nominate(*, training: Training, members: Iterable[Member], unit: Unit, by: User | None) -> int:
    """Propose people in the name of ``unit``; who is proposed, waits or sits already is left out. Returns how many.

    Raises TrainingError ``not-for-you`` (somebody from outside the unit that holds it, or whom its rule does not name),
    ``not-active``, ``not-open``, ``sign-up-over`` (begun), ``nominations-over`` (after the day that was set for it),
    ``people-elsewhere``.
    """
    training = services._lock_open(training)
    if seats.has_begun(training):
        raise TrainingError("sign-up-over")
    if (until := _terms(training).nominate_until) is not None and until <= clock.now():
        raise TrainingError("nominations-over")
    known = Enrolment.objects.filter(training=training, state__in=Enrolment.OPEN_STATES)
    there = set(known.values_list("member_id", flat=True))
    new = [member for member in members if member.pk not in there]
    for member in new:
        _check_fit(training, member)
    audience.check(training, new)
    if not new:
        return 0
    persons.check_free(training, new)
    _write(training, new, State.NOMINATED, by)
    codes = [member.code for member in new]
    audit.record("enrolment.nominate", by=by, on=training, unit=training.unit, members=codes)
    telling.nominated(training, unit, len(new), by)
    return len(new)


@transaction.atomic
def approve(*, training: Training, members: Iterable[Member], by: User | None) -> tuple[int, int]:
    """Approve nominations, in the order of names; beyond the seats people wait. Returns (seated, waiting).

    Raises TrainingError ``own-nomination``, ``not-nominated``, ``not-active``, ``not-open``, ``people-elsewhere``.
    """
    training = services._lock_open(training)
    rows = _nominated(training, members, by)
    if any(row.member.state != Member.State.ACTIVE for row in rows):
        raise TrainingError("not-active")
    persons.check_free(training, [row.member for row in rows])
    codes = [row.member.code for row in rows]
    audit.record("enrolment.approve", by=by, on=training, unit=training.unit, members=codes)
    seated = _place(training, [row.member for row in rows], by)
    return seated, len(rows) - seated


@transaction.atomic
def refuse(*, training: Training, members: Iterable[Member], reason: str, by: User | None) -> int:
    """Do not approve nominations; each is told the reason. Raises TrainingError ``reason`` and as ``approve``."""
    if not reason.strip():
        raise TrainingError("reason")
    training = services._lock_open(training)
    rows = _nominated(training, members, by)
    Enrolment.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.REFUSED)
    codes = [row.member.code for row in rows]
    audit.record("enrolment.refuse", by=by, on=training, unit=training.unit, members=codes, reason=reason)
    telling.refused(training, [row.member for row in rows], reason, by)
    return len(rows)


def _nominated(training: Training, members: Iterable[Member], by: User | None) -> list[Enrolment]:
    """The nominations of these members. Nobody decides what he proposed, or about himself."""
    wanted = {member.pk for member in members}
    rows = Enrolment.objects.filter(training=training, state=State.NOMINATED, member__in=wanted)
    found = list(rows.select_related("member__unit").order_by("member__sort_key", "pk"))
    if len(found) < len(wanted):
        raise TrainingError("not-nominated")
    if by is not None and any(row.is_proposed_by(by) or row.member.user_id == by.pk for row in found):
        raise TrainingError("own-nomination")
    return found


# -- by oneself ----------------------------------------------------------------------------


@transaction.atomic
def sign_up(*, training: Training, member: Member, by: User | None) -> Enrolment:
    """Give a member who asks himself a seat, or a place in the waiting list; a second time changes nothing.

    Raises TrainingError ``not-open``, ``sign-up-over``, ``sign-up-refused``, ``not-for-you``, ``not-active``, ``elsewhere``.
    """
    training = services._lock_open(training)
    row = Enrolment.objects.filter(training=training, member=member).first()
    if row is not None and row.state in Enrolment.OPEN_STATES:
        return row
    if row is not None and row.state == State.REFUSED:
        raise TrainingError("sign-up-refused")
    _check_in_time(training)
    _check_fit(training, member)
    audience.check(training, [member])
    if seats.busy(training, [member.pk]):
        raise TrainingError("elsewhere")
    audit.record("enrolment.sign-up", by=by, on=training, unit=training.unit, members=[member.code])
    _place(training, [member], by)
    return Enrolment.objects.get(training=training, member=member)


@transaction.atomic
def withdraw(*, training: Training, member: Member, by: User | None) -> None:
    """Give up one's seat, one's place in the waiting list or a nomination, as long as one may still sign up.

    Raises TrainingError ``sign-up-over``, ``not-open``, ``has-attendance``.
    """
    training = services._lock_open(training)
    _check_in_time(training, leaving=True)
    services.cancel_enrolment(training=training, member=member, by=by)


def _check_in_time(training: Training, *, leaving: bool = False) -> None:
    terms = _terms(training)
    late = terms.until is not None and terms.until <= clock.now()
    if late or seats.has_begun(training) or not (terms.is_open or leaving):
        raise TrainingError("sign-up-over")


def _check_fit(training: Training, member: Member) -> None:
    if member.state != Member.State.ACTIVE:
        raise TrainingError("not-active")
    if not member.unit.path.startswith(training.unit.path):
        raise TrainingError("not-for-you")


# -- a seat or the list --------------------------------------------------------------------


def _place(training: Training, members: Sequence[Member], by: User | None) -> int:
    """Seat them in turn as far as seats go, the others wait in that order; all told. Returns how many sit."""
    free = seats.seats_of(training)
    seated: list[Member] = []
    late: list[Member] = []
    for member in members:
        (seated if free.take(member.unit.path) else late).append(member)
    if seated:
        _write(training, seated, State.ENROLLED, by)
        telling.enrolled(training, seated, by)
    ahead = Enrolment.objects.filter(training=training, state=State.WAITING).count()
    for place, member in enumerate(late, ahead + 1):
        _write(training, [member], State.WAITING, by)
        telling.waiting(training, place, member, by)
    return len(seated)


def _write(training: Training, members: Sequence[Member], state: State, by: User | None) -> None:
    """Bring the members' rows into a state. Who proposed them stays on the row afterwards."""
    since = clock.now() if state == State.WAITING else None
    proposer = {"nominated_by": by} if state == State.NOMINATED else {}
    rows = [
        Enrolment(training=training, member=one, unit_id=one.unit_id, state=state, waiting_since=since, **proposer)
        for one in members
    ]
    Enrolment.objects.bulk_create(
        rows,
        batch_size=services.BATCH,
        update_conflicts=True,
        unique_fields=["training", "member"],
        update_fields=["state", "unit", "waiting_since", "replaces", *proposer],
    )
