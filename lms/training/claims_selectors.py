"""Reads of claims: who may do what with one, lists, what a claim is worth, what it covers twice, pictures used before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from lms.core import clock, photos
from lms.core.hours import ZERO
from lms.hours.conversion import NoRuleError, Tariffs
from lms.hours.credit import Credit
from lms.hours.rules import Tariff
from lms.members.models import Member, Unit
from lms.members.permissions import can, can_anywhere, get_or_404, units_where, visible, visible_units, within
from lms.training import claims_rules as rules
from lms.training import rules as sessions
from lms.training.claim_models import ApprovalPolicy, Claim, ClaimEvent, ClaimFile, ClaimKind, ClaimStretch
from lms.training.models import Attendance

SOURCE = "training.claim"
CLAIMS_A_CHUNK = 500
MOST_TWINS = 3
MOST_NOTICES = 5
State = Claim.State
LEVEL_PERMISSIONS = {level: f"claims.{level}" for level in rules.LEVELS}


# -- who may -------------------------------------------------------------------------------


def levels_of(user: Any, unit: Unit) -> frozenset[str]:
    """The levels that a person holds over a member's unit."""
    return frozenset(level for level, permission in LEVEL_PERMISSIONS.items() if can(user, permission, unit))


def may_open_desk(user: Any) -> bool:
    """Whether there is anything for the person on the claims' desk."""
    return can_anywhere(user, "claims.view")


def may_mend(user: Any, claim: Claim) -> bool:
    """Whether the claim is the person's to write, submit and withdraw: his own, or written by him and still in his unit."""
    if user.pk is None:
        return False
    own = claim.member.user_id == user.pk
    return own or (claim.author_id == user.pk and can(user, "claims.submit", claim.member.unit))


def first_level(claim: Claim, submitter: Any) -> str:
    """Where the claim begins when a person submits it (reliability case 19: the level above his own)."""
    people = [person for person in (submitter, claim.author, claim.member.user) if person is not None]
    return rules.first_level({level for person in people for level in levels_of(person, claim.member.unit)})


def has_part(user: Any, claim: Claim) -> bool:
    """Whether the claim is the person's own or went in by his hand, so that others must decide."""
    if user.pk is None or user.pk in (claim.member.user_id, claim.author_id, claim.submitted_by_id):
        return True
    return claim.events.filter(act__in=[rules.SUBMIT, rules.APPEAL], by=user.pk).exists()


def may_decide(user: Any, claim: Claim) -> bool:
    """Whether the claim waits for this person: his level, no part of his own in it, not yet heard in this round."""
    if claim.state != State.WAITING or not rules.reaches(levels_of(user, claim.member.unit), claim.level):
        return False
    heard = claim.events.filter(act__in=rules.DECISIONS, round=claim.round, by=user.pk)
    return not has_part(user, claim) and not heard.exists()


def may_revoke(user: Any, claim: Claim) -> bool:
    """Whether the person may take an approval back: of the level that gave it or above, with no part of his own in it."""
    if claim.state != State.APPROVED or has_part(user, claim):
        return False
    return rules.reaches(levels_of(user, claim.member.unit), claim.level)


def may_appeal(user: Any, claim: Claim) -> bool:
    """Whether the person may take the refusal to the level above, today."""
    if claim.state != State.REFUSED or claim.decided_at is None or not may_mend(user, claim):
        return False
    return rules.may_appeal(claim.level, claim.decided_at, clock.now())


# -- lists ---------------------------------------------------------------------------------


def _rows() -> QuerySet[Claim]:
    return Claim.objects.select_related("member__unit", "member__user", "unit", "author", "submitted_by", "decided_by")


def claims_of(member: Member) -> QuerySet[Claim]:
    """A member's own claims, the latest first."""
    return _rows().filter(member=member).prefetch_related("stretches")


def notices_of(member: Member) -> list[Claim]:
    """What a member should know of his claims on his first screen: returned to him, waiting, or lately refused."""
    since = clock.now() - rules.APPEAL_TIME
    shown = Q(state__in=[State.RETURNED, State.WAITING, State.DRAFT]) | Q(state=State.REFUSED, decided_at__gte=since)
    return list(Claim.objects.filter(shown, member=member)[:MOST_NOTICES])


def claims(user: Any) -> QuerySet[Claim]:
    """The claims of other people that the person may read on the desk; one not yet submitted only by who wrote it."""
    rows = visible(_rows(), user).exclude(member__user=user.pk).prefetch_related("stretches")
    return rows.filter(~Q(state=State.DRAFT) | Q(author=user.pk))


def waiting_for(user: Any) -> QuerySet[Claim]:
    """The claims that this person may decide, at his level or one below it: the queryset form of ``may_decide``."""
    return _waiting(user, _reached(user, at=True, below=True))


def inbox_of(user: Any) -> QuerySet[Claim]:
    """The claims that wait at this person's own level."""
    return _waiting(user, _reached(user, at=True, below=False))


def waiting_below(user: Any) -> QuerySet[Claim]:
    """The claims that wait at a level below this person's own: he may decide them where that level has nobody."""
    return _waiting(user, _reached(user, at=False, below=True))


def _reached(user: Any, *, at: bool, below: bool) -> Q:
    """Claims at the person's own level or below it. His own level over a unit is the highest that he holds there."""
    reached, higher = Q(pk__in=[]), Q(pk__in=[])
    for n, level in reversed(list(enumerate(rules.LEVELS))):
        levels = (rules.LEVELS[:n] if below else ()) + ((level,) if at else ())
        held = within(units_where(user, LEVEL_PERMISSIONS[level]), "member__unit")
        reached |= held & ~higher & Q(level__in=levels)
        higher |= held
    return reached


def _waiting(user: Any, reached: Q) -> QuerySet[Claim]:
    """Claims that wait, of those reached, in which the person has no part."""
    events = ClaimEvent.objects.filter(claim=OuterRef("pk"), by=user.pk)
    heard = events.filter(act__in=rules.DECISIONS, round=OuterRef("round"))
    sent = events.filter(act__in=[rules.SUBMIT, rules.APPEAL])
    rows = claims(user).filter(reached, state=State.WAITING)
    return rows.exclude(author=user.pk).filter(~Exists(heard), ~Exists(sent)).order_by("submitted_at", "pk")


def claim_or_404(user: Any, uuid: UUID) -> Claim:
    """A claim that the person may read: his own, or on the desk."""
    claim = get_or_404(_rows(), user, uuid=uuid)
    if claim.state == State.DRAFT and not may_mend(user, claim):
        return get_or_404(Claim.objects.none(), user)
    return claim


def claimants(user: Any) -> QuerySet[Member]:
    """The members for whom the person may submit."""
    units = visible_units(user, "claims.submit")
    return Member.objects.active().filter(unit__in=units).exclude(user=user.pk).select_related("unit")


def files_of(claim: Claim) -> QuerySet[ClaimFile]:
    """The evidence as it stands, what was taken off left out."""
    return claim.files.filter(removed_at__isnull=True)


def policies() -> list[ApprovalPolicy]:
    """The limits of every kind, those not set with their defaults."""
    known = {row.kind: row for row in ApprovalPolicy.objects.all()}
    return [known.get(kind) or ApprovalPolicy(kind=kind) for kind in ClaimKind.values]


def limits_of(kind: str) -> rules.Limits:
    """The limits in force for a kind of claim."""
    row = ApprovalPolicy.objects.filter(kind=kind).first() or ApprovalPolicy(kind=kind)
    return row.limits


# -- what it is worth ----------------------------------------------------------------------


def occasion_of(claim: Claim) -> str:
    """How the ledger names a claim as a whole."""
    return f"{SOURCE}:{claim.pk}"


def credits_of(claim: Claim, price: Tariffs | None = None) -> list[Credit]:
    """What a claim's time is worth, a credit for each of its days (also at zero), whatever its state. Raises NoRuleError."""
    tariffs = price or Tariffs()
    present = sessions.Tick(sessions.PRESENT)
    by_day: dict[dt.date, list[sessions.DayHours]] = {}
    for row in claim.stretches.all():
        for day, _time in clock.split_by_day(row.starts_at, row.ends_at):
            by_day.setdefault(day, [])
        session = sessions.Session(row.starts_at, row.ends_at, row.measure)
        for earned in sessions.hours_by_day(session, present, lambda day: tariffs(claim.mode, day)):
            by_day[earned.day].append(earned)
    return [_credit(claim, day, parts, tariffs(claim.mode, day)) for day, parts in sorted(by_day.items())]


def _credit(claim: Claim, day: dt.date, parts: list[sessions.DayHours], tariff: Tariff) -> Credit:
    return Credit(
        source=f"{SOURCE}:{claim.pk}:{day}",
        member_id=claim.member_id,
        hours=sum((part.hours for part in parts), ZERO),
        earned_on=day,
        category=claim.category,
        mode=claim.mode,
        title=claim.title,
        occasion=occasion_of(claim),
        rule=tariff.name,
        covers=tuple(part.covers for part in parts),
        step=tariff.step,
        day_cap=tariff.day_cap,
    )


def worth(claim: Claim, price: Tariffs | None = None) -> Decimal | None:
    """学时 of a claim before overlap and the day's cap; None where the county has no rule for the form on that day."""
    try:
        return sum((credit.hours for credit in credits_of(claim, price)), ZERO)
    except NoRuleError:
        return None


def days_of(claim: Claim) -> list[tuple[Credit, list[ClaimStretch]]]:
    """A claim's days as pages show them: what each is worth, with the stretches that begin on it; empty without a rule."""
    rows = list(claim.stretches.all())
    try:
        days = credits_of(claim)
    except NoRuleError:
        return []
    return [(day, [row for row in rows if clock.local_date(row.starts_at) == day.earned_on]) for day in days]


def history_of(claim: Claim) -> list[ClaimEvent]:
    """What happened to a claim, in order, with who did it."""
    return list(claim.events.select_related("by"))


def credits(member_ids: Iterable[int] | None, tariffs: Tariffs) -> Iterator[Credit]:
    """What all approved claims of some members (everybody when None) are worth, recomputed from the stated time."""
    rows = Claim.objects.filter(state=State.APPROVED).order_by("pk").prefetch_related("stretches")
    if member_ids is not None:
        rows = rows.filter(member_id__in=list(member_ids))
    for claim in rows.iterator(CLAIMS_A_CHUNK):
        yield from credits_of(claim, tariffs)


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """What stands behind a line of hours from a claim."""

    claim: Claim
    events: list[ClaimEvent]
    files: int


def evidence_of(source: str) -> ClaimEvidence | None:
    """The claim behind a ledger source ``training.claim:{claim}:{day}``; None for another activity's source."""
    kind, _colon, rest = source.partition(":")
    number = rest.partition(":")[0]
    if kind != SOURCE or not number.isdigit():
        return None
    events = Prefetch("events", queryset=ClaimEvent.objects.select_related("by"))
    claim = _rows().prefetch_related(events).filter(pk=int(number)).first()
    return ClaimEvidence(claim, list(claim.events.all()), files_of(claim).count()) if claim else None


# -- warnings ------------------------------------------------------------------------------


def overlapping_claims(claim: Claim) -> list[Claim]:
    """Other claims of the member, not refused or withdrawn, that cover some of the same time."""
    alive = [State.DRAFT, State.WAITING, State.RETURNED, State.APPROVED]
    others = ClaimStretch.objects.filter(claim__member=claim.member_id, claim__state__in=alive).exclude(claim=claim)
    stretches = _any(Q(starts_at__lt=row.ends_at, ends_at__gt=row.starts_at) for row in claim.stretches.all())
    return list(Claim.objects.filter(pk__in=others.filter(stretches).values("claim")).order_by("pk"))


def overlapping_attendances(claim: Claim) -> list[Attendance]:
    """Sessions of trainings at which the member was marked present in some of the same time."""
    rows = Attendance.objects.filter(member=claim.member_id, status=Attendance.Status.PRESENT)
    stretches = _any(
        Q(session__starts_at__lt=row.ends_at, session__ends_at__gt=row.starts_at) for row in claim.stretches.all()
    )
    return list(rows.filter(stretches).select_related("session__training").order_by("session__starts_at"))


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=[]))


@dataclass(frozen=True, slots=True)
class Twin:
    """A file of this claim and an earlier one of another claim that shows the same; ``bits``: of 64, 0 is the same."""

    file: ClaimFile
    earlier: ClaimFile
    bits: int


def twins_of(file: ClaimFile, limit: int = MOST_TWINS) -> list[Twin]:
    """Earlier files of other claims that are this one or a near copy of it, the nearest first.

    A PDF and a plain picture are compared by their bytes. A photograph by its fingerprint: two that differ in at most
    ``photos.THRESHOLD`` bits have a 16-bit band that differs in at most ``photos.RADIUS``, so four indexed look-ups find
    every near copy.
    """
    earlier = ClaimFile.objects.filter(pk__lt=file.pk, kind=file.kind).exclude(claim=file.claim_id)
    own = None if file.fingerprint is None else photos.unsigned(file.fingerprint)
    if own is None or photos.is_plain(own):
        same = earlier.filter(digest=file.digest).select_related("claim__member__unit").order_by("pk")
        return [Twin(file, other, 0) for other in same[:limit]]
    near = _any(Q(**{f"band{n}__in": list(photos.near(band))}) for n, band in enumerate(photos.bands(own)))
    pairs = earlier.filter(near, fingerprint__isnull=False).order_by().values_list("pk", "fingerprint")
    far = sorted((photos.distance(own, photos.unsigned(stored or 0)), pk) for pk, stored in pairs.iterator())
    chosen = {pk: bits for bits, pk in far[:limit] if bits <= photos.THRESHOLD}
    rows = ClaimFile.objects.select_related("claim__member__unit").in_bulk(chosen)
    return [Twin(file, rows[pk], bits) for pk, bits in chosen.items()]


def twins(claim: Claim) -> list[Twin]:
    """Every file of a claim that was seen before in another claim."""
    return [twin for file in files_of(claim) for twin in twins_of(file)]
