"""Writes about claims: written, submitted, decided level by level, appealed, withdrawn, revoked.

Every act is one transaction: the state, a line of the claim's own history, an audit row and, on the last approval or its
revocation, the ledger. The claim's row is the lock of its life; the member is locked after it, by the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from lms.core import clock, photos
from lms.hours import ledger
from lms.members import audit
from lms.members.models import Member, User
from lms.training import claims_rules as rules
from lms.training import claims_selectors as selectors
from lms.training import files, telling
from lms.training.claim_models import ApprovalPolicy, Claim, ClaimEvent, ClaimFile, ClaimStretch
from lms.training.errors import TrainingError

EDITABLE = ("kind", "title", "organiser", "place", "mode", "category", "note")
MOST_STRETCHES = 31
LONGEST_STRETCH = dt.timedelta(hours=24)
MOST_FILES = 9
State = Claim.State


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of claimed time; ``measure`` is ``clock``, ``half_day`` or ``day``."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    measure: str = ClaimStretch.Measure.CLOCK


def _lock(claim: Claim) -> Claim:
    """The claim as it stands now, nobody else changing it until the transaction ends."""
    rows = Claim.objects.select_for_update(of=("self",)).select_related("member__unit", "member__user", "unit")
    return rows.get(pk=claim.pk)


# -- writing -------------------------------------------------------------------------------


@transaction.atomic
def write(*, member: Member, stretches: Sequence[Stretch], by: User | None, **fields: Any) -> Claim:
    """Begin a claim. ``fields``: kind, title, organiser, place, mode, category, note. Raises TrainingError."""
    if member.state != Member.State.ACTIVE:
        raise TrainingError("not-active")
    claim = Claim.objects.create(member=member, unit=member.unit, author=by, **fields)
    _set_stretches(claim, stretches)
    audit.record("claim.write", by=by, on=claim, unit=member.unit, kind=claim.kind, stretches=len(stretches))
    return claim


@transaction.atomic
def mend(*, claim: Claim, stretches: Sequence[Stretch], by: User | None, **fields: Any) -> Claim:
    """Change what is written while the claim is with its writer: before submitting, or returned."""
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"not editable here: {sorted(unknown)}")
    claim = _lock_mine(claim, by)
    changed = [name for name, value in fields.items() if getattr(claim, name) != value]
    for name in changed:
        setattr(claim, name, fields[name])
    claim.save(update_fields=changed)
    _set_stretches(claim, stretches)
    audit.record("claim.mend", by=by, on=claim, unit=claim.member.unit, changed=changed, stretches=len(stretches))
    return claim


def _lock_mine(claim: Claim, by: User | None) -> Claim:
    """The claim, locked, if it is with its writer and ``by`` is he (None: the system)."""
    claim = _lock(claim)
    if claim.state not in (State.DRAFT, State.RETURNED):
        raise TrainingError("claim-moved-on")
    _require(by is None or selectors.may_mend(by, claim))
    return claim


def _require(allowed: bool) -> None:
    if not allowed:
        raise TrainingError("claim-not-yours")


def _set_stretches(claim: Claim, stretches: Sequence[Stretch]) -> None:
    _check_stretches(stretches)
    claim.stretches.all().delete()
    rows = [ClaimStretch(claim=claim, starts_at=s.starts_at, ends_at=s.ends_at, measure=s.measure) for s in stretches]
    ClaimStretch.objects.bulk_create(rows)


def _check_stretches(stretches: Sequence[Stretch]) -> None:
    if not 1 <= len(stretches) <= MOST_STRETCHES:
        raise TrainingError("claim-no-time")
    in_order = sorted(stretches, key=lambda stretch: stretch.starts_at)
    for stretch in in_order:
        if not dt.timedelta(0) < stretch.ends_at - stretch.starts_at <= LONGEST_STRETCH:
            raise TrainingError("session-times")
        if stretch.ends_at > clock.now():
            raise TrainingError("claim-not-over")
    if any(one.ends_at > other.starts_at for one, other in pairwise(in_order)):
        raise TrainingError("claim-same-time")


# -- evidence ------------------------------------------------------------------------------


def add_file(*, claim: Claim, data: bytes, by: User | None) -> ClaimFile:
    """Add a photograph or a PDF to a claim that is with its writer; at most nine. Raises TrainingError.

    The picture is worked on before the transaction begins: a writer must not wait for a decoder.
    """
    checked = files.checked(data)
    bands = photos.bands(checked.fingerprint) if checked.fingerprint is not None else (None,) * photos.BANDS
    with transaction.atomic():
        claim = _lock_mine(claim, by)
        standing = selectors.files_of(claim)
        if standing.count() >= MOST_FILES:
            raise TrainingError("too-many-files")
        if standing.filter(digest=checked.digest).exists():
            raise TrainingError("file-twice")
        row = ClaimFile(
            claim=claim,
            kind=checked.kind,
            size=len(checked.data),
            digest=checked.digest,
            fingerprint=None if checked.fingerprint is None else photos.signed(checked.fingerprint),
            added_by=by,
            added_at=clock.now(),
            **{f"band{n}": band for n, band in enumerate(bands)},
        )
        row.file.save(f"{row.uuid}{checked.suffix}", ContentFile(checked.data), save=False)
        row.save()
        audit.record("claim.file.add", by=by, on=claim, unit=claim.member.unit, file=str(row.uuid), kind=row.kind)
    return row


@transaction.atomic
def remove_file(*, file: ClaimFile, by: User | None) -> None:
    """Take evidence off a claim that is with its writer; the file stays in the store with the time."""
    claim = _lock_mine(file.claim, by)
    file.removed_at = clock.now()
    file.save(update_fields=["removed_at"])
    audit.record("claim.file.remove", by=by, on=claim, unit=claim.member.unit, file=str(file.uuid))


# -- the life of a claim -------------------------------------------------------------------


def _move(claim: Claim, act: str) -> str:
    """The state to which an act leads. Raises TrainingError when it does not apply any more."""
    try:
        return rules.MOVES[(claim.state, act)]
    except KeyError as error:
        raise TrainingError("claim-moved-on") from error


def _worth(claim: Claim) -> Decimal:
    hours = selectors.worth(claim)
    if hours is None:
        raise TrainingError("claim-no-rule")
    return hours


def _note(claim: Claim, act: str, level: str, by: User | None, reason: str) -> None:
    """The line of the claim's history and the audit row of one act; returned, refused, appealed, revoked: with a reason."""
    hours = selectors.worth(claim) or Decimal(0)
    ClaimEvent.objects.create(
        claim=claim, act=act, round=claim.round, level=level, by=by, at=clock.now(), reason=reason, hours=hours
    )
    audit.record(
        f"claim.{act}",
        by=by,
        on=claim,
        unit=claim.member.unit,
        reason=reason,
        level=level,
        round=claim.round,
        hours=str(hours),
    )


def _reason(text: str) -> str:
    if not text.strip():
        raise TrainingError("reason")
    return text.strip()


@transaction.atomic
def submit(*, claim: Claim, by: User | None) -> Claim:
    """Send a claim in, or in again after mending: it waits at the first level that has no part in it."""
    claim = _lock(claim)
    state = _move(claim, rules.SUBMIT)
    _require(by is None or selectors.may_mend(by, claim))
    if _worth(claim) <= 0:
        raise TrainingError("claim-worth-nothing")
    if not selectors.files_of(claim).exists():
        raise TrainingError("claim-no-evidence")
    if claim.state == State.RETURNED:
        claim.round += 1
    claim.state, claim.level = state, selectors.first_level(claim, by)
    claim.submitted_by, claim.submitted_at = by, clock.now()
    claim.decided_by = claim.decided_at = None
    claim.save()
    _note(claim, rules.SUBMIT, claim.level, by, "")
    return claim


def _lock_to_decide(claim: Claim, act: str, by: User) -> tuple[Claim, str, str]:
    """(claim locked, state that the act leads to, level at which ``by`` speaks: his highest over the member's unit)."""
    claim = _lock(claim)
    state = _move(claim, act)
    if not selectors.may_decide(by, claim):
        raise TrainingError("second-person" if selectors.has_part(by, claim) else "claim-not-yours")
    level = rules.highest_level(selectors.levels_of(by, claim.member.unit))
    return claim, state, level or claim.level


@transaction.atomic
def approve(*, claim: Claim, by: User) -> Claim:
    """A level's approval: the claim goes to the level above or, within this level's limit, its hours into the ledger."""
    claim, _state, level = _lock_to_decide(claim, rules.APPROVE, by)
    hours = _worth(claim)
    claim.state, claim.level = rules.after_approval(level, hours, selectors.limits_of(claim.kind))
    if claim.state == State.APPROVED:
        claim.decided_by, claim.decided_at = by, clock.now()
    claim.save(update_fields=["state", "level", "decided_by", "decided_at"])
    _note(claim, rules.APPROVE, level, by, "")
    if claim.state == State.APPROVED:
        ledger.post(*selectors.credits_of(claim), by=by)
        telling.claim_decided(claim, "approved", by, hours=f"{hours.normalize():f}")
    return claim


@transaction.atomic
def give_back(*, claim: Claim, reason: str, by: User) -> Claim:
    """Return a claim to its writer, who mends it and sends it in again; nothing typed is lost."""
    claim, state, level = _lock_to_decide(claim, rules.RETURN, by)
    claim.state = state
    claim.save(update_fields=["state"])
    _note(claim, rules.RETURN, level, by, _reason(reason))
    telling.claim_decided(claim, "returned", by, reason=reason.strip())
    return claim


@transaction.atomic
def refuse(*, claim: Claim, reason: str, by: User) -> Claim:
    """Refuse a claim; it can be taken to the level above within 15 days."""
    claim, state, level = _lock_to_decide(claim, rules.REFUSE, by)
    claim.state, claim.level = state, level
    claim.decided_by, claim.decided_at = by, clock.now()
    claim.save(update_fields=["state", "level", "decided_by", "decided_at"])
    _note(claim, rules.REFUSE, claim.level, by, _reason(reason))
    until = telling.moment(claim.decided_at + rules.APPEAL_TIME) if rules.level_above(claim.level) else ""
    telling.claim_decided(claim, "refused", by, reason=reason.strip(), until=until)
    return claim


@transaction.atomic
def appeal(*, claim: Claim, reason: str, by: User | None) -> Claim:
    """Take a refusal to the level above, within 15 days."""
    claim = _lock(claim)
    state = _move(claim, rules.APPEAL)
    _require(by is None or selectors.may_mend(by, claim))
    above = rules.level_above(claim.level)
    if above is None or claim.decided_at is None or not rules.may_appeal(claim.level, claim.decided_at, clock.now()):
        raise TrainingError("appeal-too-late")
    claim.state, claim.level = state, above
    claim.decided_by = claim.decided_at = None
    claim.save(update_fields=["state", "level", "decided_by", "decided_at"])
    _note(claim, rules.APPEAL, above, by, _reason(reason))
    return claim


@transaction.atomic
def withdraw(*, claim: Claim, by: User | None) -> Claim:
    """Take a claim back before it is decided."""
    claim = _lock(claim)
    claim.state = _move(claim, rules.WITHDRAW)
    _require(by is None or selectors.may_mend(by, claim))
    claim.save(update_fields=["state"])
    _note(claim, rules.WITHDRAW, claim.level, by, "")
    return claim


@transaction.atomic
def revoke(*, claim: Claim, reason: str, by: User) -> Claim:
    """Take an approval back, by the level that gave it or one above: the ledger reverses its hours."""
    claim = _lock(claim)
    state = _move(claim, rules.REVOKE)
    if not selectors.may_revoke(by, claim):
        raise TrainingError("second-person" if selectors.has_part(by, claim) else "claim-not-yours")
    gone = [credit.nothing() for credit in selectors.credits_of(claim)]
    claim.state = state
    claim.save(update_fields=["state"])
    _note(claim, rules.REVOKE, claim.level, by, _reason(reason))
    ledger.post(*gone, by=by)
    telling.claim_decided(claim, "revoked", by, reason=reason.strip())
    return claim


@transaction.atomic
def set_limits(*, kind: str, branch: Decimal, town: Decimal, by: User | None) -> bool:
    """Set up to how many 学时 of one claim a branch and a town may approve alone; False when nothing differs."""
    if not Decimal(0) <= branch <= town:
        raise TrainingError("limits-order")
    known = selectors.limits_of(kind)
    if (known.branch, known.town) == (branch, town):
        return False
    row, _new = ApprovalPolicy.objects.update_or_create(
        kind=kind, defaults={"branch_limit": branch, "town_limit": town}
    )
    audit.record(
        "claim.limits",
        by=by,
        on=row,
        branch=[str(known.branch), str(branch)],
        town=[str(known.town), str(town)],
    )
    return True
