"""Re-rating: hours that stand change with a rule only after a second person has seen which (reliability case 29).

The plan is the act, taken back: members are posted by the new rule inside a savepoint, what the ledger and what follows from
it would then say is staged, and the savepoint is rolled back. So the plan cannot differ from the act. The release copies the
stage in one transaction: every reader sees all of it or nothing, and a cut leaves all of it or nothing.
(docs/decisions/0014-re-rating.md)
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Protocol

from django.db import OperationalError, connection, transaction
from django.db.models import F

from lms.core import clock
from lms.core.hours import ZERO
from lms.core.inserts import insert
from lms.core.queue import enqueue
from lms.hours import evidence, ledger
from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit
from lms.hours.line_models import Asserted, LedgerLine
from lms.hours.models import Assertion, CreditRule, HourEntry
from lms.hours.rerating_models import ReratedMember, ReratingRun, StagedAssertion, StagedEntry
from lms.members import audit
from lms.members.models import Member, User

State = ReratingRun.State
TASK = "lms.hours.tasks.work_rerating"
MEMBERS_A_STEP = 20
PAUSE_SECONDS = 0.005
MAX_ATTEMPTS = 4
# The clocks of two nodes may differ by so much: what was asserted shortly before the staging counts as later.
SKEW = dt.timedelta(seconds=60)
# So many members may be posted one by one inside the release; more are staged first.
MOST_AT_RELEASE = 200
LOCKED_AT_ONCE = 500
# The release gives way to a user's post that waits for it: it tries again.
RELEASE_TRIES = 20
LOCK_TIMEOUT = "500ms"
# KiB, as SQLite counts what is negative.
RELEASE_CACHE = -400_000


class ReratingRefused(ValueError):
    """A step that a run cannot take.

    ``nothing-waits`` (the rule binds from its first day), ``open`` (a run is under way), ``not-planned``, ``own`` (planned by the
    same person), ``no-reason``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StaleError(RuntimeError):
    """Too much has moved since the staging: stage again before the release."""


class Follower(Protocol):
    """An upper room that stores something that follows from the ledger, and stages it with a re-rating."""

    def basis(self) -> str:
        """What it follows from besides the ledger; another answer later makes every stage stale."""

    def remember(self, member_ids: Sequence[int]) -> Any:
        """What it stores for some members."""

    def keep(self, run_id: int, before: Any, after: Any) -> None:
        """Stage what it would store: ``remember`` as it was before the rule and as it was by it."""

    def clear(self, run_id: int, member_ids: Sequence[int]) -> None:
        """Forget what was staged for some members."""

    def stale(self, run_id: int) -> set[int]:
        """Staged members for whom it stores something else than when they were staged."""

    def release(self, run_id: int) -> None:
        """Make what it stores equal to what was staged."""


_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Connect an upper room once (in its ``AppConfig.ready``)."""
    if follower not in _followers:
        _followers.append(follower)


# -- asked for and decided ---------------------------------------------------------------


@transaction.atomic
def begin(*, rule: CreditRule, by: User | None) -> ReratingRun:
    """Begin to plan what a rule that waits would change. Raises ReratingRefused: ``nothing-waits``, ``open``."""
    locked = CreditRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if not locked.waits:
        raise ReratingRefused("nothing-waits")
    if locked.reratings.filter(state__in=ReratingRun.OPEN).exists():
        raise ReratingRefused("open")
    run = ReratingRun.objects.create(
        rule=locked, total=Member.objects.count(), basis=_basis(), planned_by=by, planned_at=clock.now()
    )
    audit.record("rerating.plan", by=by, on=run, rule=str(locked))
    enqueue(TASK, run.pk)
    return run


@transaction.atomic
def approve(*, run: ReratingRun, by: User, reason: str = "") -> ReratingRun:
    """Let the planned change happen. Raises ReratingRefused: ``not-planned``, ``own``."""
    decided = _decide(run, State.APPROVED, by, reason)
    enqueue(TASK, run.pk)
    return decided


@transaction.atomic
def reject(*, run: ReratingRun, by: User, reason: str) -> ReratingRun:
    """Leave the hours as they stand. Raises ReratingRefused: ``not-planned``, ``own``, ``no-reason``."""
    if not reason.strip():
        raise ReratingRefused("no-reason")
    return _decide(run, State.REJECTED, by, reason)


def _decide(run: ReratingRun, state: str, by: User, reason: str) -> ReratingRun:
    row = _locked(run)
    if row.state != State.PLANNED:
        raise ReratingRefused("not-planned")
    if row.planned_by_id == by.pk:
        raise ReratingRefused("own")
    row.state, row.reason, row.attempts, row.problem = state, reason.strip()[:300], 0, ""
    row.decided_by, row.decided_at = by, clock.now()
    row.save()
    audit.record(f"rerating.{state}", by=by, on=row, rule=str(row.rule), reason=row.reason)
    return row


def _locked(run: ReratingRun) -> ReratingRun:
    return ReratingRun.objects.select_for_update(of=("self",)).select_related("rule").get(pk=run.pk)


# -- the work ------------------------------------------------------------------------------


def work(*, run: ReratingRun) -> ReratingRun:
    """Plan what is to be planned, release what was approved. Safe to call again after any interruption; parked after
    MAX_ATTEMPTS starts that did not come to an end."""
    if _start(run):
        _plan(run)
        while not _finish(run):
            _plan(run)
    run.refresh_from_db()
    return run


@transaction.atomic
def _start(run: ReratingRun) -> bool:
    """Count the start before the work, so that a crash counts too."""
    row = _locked(run)
    if row.state not in (State.PLANNING, State.APPROVED) or row.problem:
        return False
    row.problem = "interrupted" if row.attempts >= MAX_ATTEMPTS else ""
    row.attempts += 1
    row.save()
    return not row.problem


def _plan(run: ReratingRun) -> None:
    """Stage everybody who is not staged, then those who have moved since; everybody again when the goals have changed."""
    _start_over_when_the_basis_changed(run)
    while step(run):
        time.sleep(PAUSE_SECONDS)
    stale = sorted(_stale(run))
    for start in range(0, len(stale), MEMBERS_A_STEP):
        with transaction.atomic():
            _stage(_locked(run), stale[start : start + MEMBERS_A_STEP])
        time.sleep(PAUSE_SECONDS)


@transaction.atomic
def _start_over_when_the_basis_changed(run: ReratingRun) -> None:
    row, basis = _locked(run), _basis()
    if row.basis != basis:
        row.basis, row.last_member, row.done = basis, 0, 0
        row.save()


@transaction.atomic
def step(run: ReratingRun) -> bool:
    """Price the next members, all or none of them; False when none is left."""
    row = _locked(run)
    rows = Member.objects.filter(pk__gt=row.last_member).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:MEMBERS_A_STEP])
    if not ids:
        return False
    _stage(row, ids)
    row.last_member, row.done = ids[-1], row.done + len(ids)
    row.save(update_fields=["last_member", "done"])
    return True


def _stage(run: ReratingRun, ids: Sequence[int]) -> None:
    """Stage what the run's rule would make of some members; what was staged of them before is replaced."""
    _clear(run, ids)
    stated = _stated(ids)
    before = [follower.remember(ids) for follower in _followers]
    staged_at = clock.now()
    point = transaction.savepoint()
    _bind(run.rule)
    entries = ledger.post(*_credits(ids), by=None)
    assertions = [row for source, row in _stated(ids).items() if source not in stated or _differ(stated[source], row)]
    moved = sorted({entry.member_id for entry in entries})
    after = [follower.remember(moved) for follower in _followers]
    transaction.savepoint_rollback(point)
    insert([_copy(entry, StagedEntry(run=run), LedgerLine) for entry in entries])
    insert([_copy(row, StagedAssertion(run=run, source=row.source), Asserted) for row in assertions])
    for follower, was, becomes in zip(_followers, before, after, strict=True):
        follower.keep(run.pk, was, becomes)
    insert(_members(run, ids, entries, {row.member_id for row in assertions}, staged_at))


def _credits(ids: Sequence[int]) -> list[Credit]:
    """What all evidence of some members is worth by the rules that bind; a source that is not named any more, nothing."""
    found = list(evidence.credits(ids, Tariffs()))
    named = {credit.source for credit in found}
    stood = Assertion.objects.filter(member_id__in=ids, gross__gt=0).order_by("source")
    gone = [row for row in stood if row.source not in named and evidence.can_recompute(row.source)]
    return found + [_nothing(row) for row in gone]


def _nothing(row: Assertion) -> Credit:
    copied = {name: getattr(row, name) for name in COPIED}
    return Credit(source=row.source, hours=ZERO, covers=(), **copied)


COPIED = ("member_id", "earned_on", "category", "mode", "title", "occasion", "rule", "step", "day_cap")


def _clear(run: ReratingRun, ids: Iterable[int]) -> None:
    members = list(ids)
    for model in (StagedEntry, StagedAssertion, ReratedMember):
        model._default_manager.filter(run=run, member__in=members).delete()
    for follower in _followers:
        follower.clear(run.pk, members)


def _stated(ids: Sequence[int]) -> dict[str, Assertion]:
    return {row.source: row for row in Assertion.objects.filter(member_id__in=ids).order_by("source")}


def _differ(old: Assertion, new: Assertion) -> bool:
    return any(getattr(old, field.attname) != getattr(new, field.attname) for field in _fields(Asserted))


def _fields(abstract: type[Any]) -> list[Any]:
    return list(abstract._meta.local_fields)


def _copy(row: Any, to: Any, abstract: type[Any]) -> Any:
    for field in _fields(abstract):
        setattr(to, field.attname, getattr(row, field.attname))
    return to


def _members(
    run: ReratingRun, ids: Sequence[int], entries: Sequence[HourEntry], touched: set[int], staged_at: dt.datetime
) -> list[ReratedMember]:
    less: dict[int, Decimal] = {}
    more: dict[int, Decimal] = {}
    for entry in entries:
        side = less if entry.is_reversal else more
        side[entry.member_id] = side.get(entry.member_id, Decimal(0)) + abs(entry.hours)
        touched = touched | {entry.member_id}
    return [
        ReratedMember(
            run=run,
            member_id=pk,
            staged_at=staged_at,
            less=less.get(pk, Decimal(0)),
            more=more.get(pk, Decimal(0)),
            changed=pk in touched,
        )
        for pk in ids
    ]


def _bind(rule: CreditRule) -> None:
    CreditRule.objects.filter(pk=rule.pk).update(binds_from=F("effective_from"))


def _basis() -> str:
    return " ".join(follower.basis() for follower in _followers)[:200]


def _stale(run: ReratingRun) -> set[int]:
    """Members of whom something was asserted, or follows, that the stage does not know."""
    staged = dict(ReratedMember.objects.filter(run=run).values_list("member", "staged_at"))
    since = min(staged.values(), default=clock.now()) - SKEW
    rows = Assertion.objects.filter(stated_at__gt=since).values_list("member", "stated_at")
    found = {pk for pk, stated in rows.iterator() if pk in staged and stated and stated > staged[pk] - SKEW}
    for follower in _followers:
        found |= follower.stale(run.pk)
    return found


# -- the end of a plan, and the release ------------------------------------------------------


def _finish(run: ReratingRun) -> bool:
    """A plan waits for its decision; what was approved is released. False when more is to be staged first."""
    if _locked_state(run) != State.APPROVED:
        return True
    for attempt in range(RELEASE_TRIES):
        try:
            with _room_for_indexes():
                release(run)
            return True
        except StaleError:
            return False
        except OperationalError:
            if attempt == RELEASE_TRIES - 1:
                raise
            time.sleep(attempt * 0.1)
    return True


@transaction.atomic
def _locked_state(run: ReratingRun) -> str:
    row = _locked(run)
    if row.state == State.PLANNING:
        row.state, row.attempts = State.PLANNED, 0
        row.save(update_fields=["state", "attempts"])
    return row.state


def release(run: ReratingRun) -> ReratingRun:
    """Make the ledger, and what follows from it, equal to the stage; all at once. Raises StaleError."""
    return _release(run, _late(run))


@contextmanager
def _room_for_indexes() -> Iterator[None]:
    """On SQLite: enough memory that the indexes are not read and written again for every line."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA cache_size = {RELEASE_CACHE}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {int(usual)}")


@transaction.atomic
def _release(run: ReratingRun, expected: set[int]) -> ReratingRun:
    """``expected``: members found late before the lock was taken; others that come to light send the run back."""
    _alone()
    row = _locked(run)
    if row.state != State.APPROVED:
        return row
    changed = ReratedMember.objects.filter(run=row, changed=True)
    locked = set(changed.values_list("member", flat=True)) | expected
    _lock(locked)
    late = _late(row)
    if row.basis != _basis() or len(late) > MOST_AT_RELEASE or not late <= locked:
        raise StaleError(f"{len(late)} members have moved")
    _clear(row, sorted(late))
    _bind(row.rule)
    _write(row)
    for follower in _followers:
        follower.release(row.pk)
    ledger.post(*_credits(sorted(late)), by=row.decided_by)
    row.state, row.applied_at = State.APPLIED, clock.now()
    row.save()
    audit.record("rerating.applied", by=row.decided_by, on=row, rule=str(row.rule), members=changed.count())
    return row


def _alone() -> None:
    """On PostgreSQL: wait for every post that has read the rules, let none read them until the end, and never for long.

    A post that priced by the old rule and came after the release would undo it for its source. SQLite writes one at a time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute("LOCK TABLE hours_creditrule IN ACCESS EXCLUSIVE MODE")


def _lock(ids: set[int]) -> None:
    """Lock members in the order in which every post does."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), LOCKED_AT_ONCE):
        rows = Member.objects.select_for_update(of=("self",)).filter(pk__in=ordered[start : start + LOCKED_AT_ONCE])
        list(rows.order_by("pk").values_list("pk"))


def _late(run: ReratingRun) -> set[int]:
    """Members who have moved since they were staged, or who came after the plan had passed."""
    return _stale(run) | set(Member.objects.filter(pk__gt=run.last_member).values_list("pk", flat=True))


def _write(run: ReratingRun) -> None:
    """Copy the stage into the ledger, in the order in which it was staged."""
    line = ", ".join(field.column for field in _fields(LedgerLine))
    asserted = [field.column for field in _fields(Asserted)]
    columns = ", ".join(["source", *asserted])
    news = ", ".join(f"{name} = excluded.{name}" for name in [*asserted, "stated_at"])
    now, by = connection.ops.adapt_datetimefield_value(clock.now()), run.decided_by_id
    with connection.cursor() as cursor:  # every word put in is the name of a column
        cursor.execute(
            f"INSERT INTO hours_hourentry ({line}, posted_at, posted_by_id) "  # noqa: S608
            f"SELECT {line}, %s, %s FROM hours_stagedentry WHERE run_id = %s ORDER BY id",
            [now, by, run.pk],
        )
        cursor.execute(
            f"INSERT INTO hours_assertion ({columns}, stated_at) "  # noqa: S608
            f"SELECT {columns}, %s FROM hours_stagedassertion WHERE run_id = %s "
            f"ON CONFLICT (source) DO UPDATE SET {news}",
            [now, run.pk],
        )
