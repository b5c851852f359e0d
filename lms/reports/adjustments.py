"""What was recorded after a year was closed: dated adjustments beside the frozen figures, and the figures with them.

The roster stays that of the cut-off date: a transfer or a merger of branches is no adjustment. Hours of the year, exemptions
and offices that were recorded since are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lms.core.hours import ZERO
from lms.core.tables import Column
from lms.goals.models import Exemption
from lms.hours import periods
from lms.members.models import AuditEntry, Post, Unit
from lms.reports import closing as closings
from lms.reports.models import ClosedStanding, ClosedUnit, YearClosing
from lms.reports.rollup import Row, Sums

SAME_ACT = dt.timedelta(seconds=5)
"""The audit row of an act and its ledger lines are written in one transaction, so close to each other."""
BATCH = 500

COLUMNS = (
    Column("posted_at", _("登记时间"), 18),
    Column("code", _("编号")),
    Column("name", _("姓名")),
    Column("earned_on", _("学习日期")),
    Column("title", _("名称"), 30),
    Column("hours", _("学时")),
    Column("kind", _("调整"), 10),
    Column("by", _("登记人")),
    Column("reason", _("理由"), 30),
    Column("source", _("来源编号"), 40),
)


# -- the frozen figures ---------------------------------------------------------------------


def frozen(closing: YearClosing, unit: Unit) -> tuple[list[Row], Row]:
    """The frozen rows of a unit's children as the tree was (its own when it had none), and its own.

    A unit founded after the closing has none: nothing but zeros.
    """
    found = ClosedUnit.objects.filter(run_id=closing.run_id).select_related("line")
    own = found.filter(unit=unit).first()
    if own is None:
        return [], Row(unit, Sums(), Sums())
    near = found.annotate(depth=Length("path")).filter(path__startswith=own.path)
    rows: dict[str, Row] = {}
    for one in near.filter(depth__lte=len(own.path) + Unit.steplen).order_by("path"):
        row = rows.setdefault(one.path, Row(_then(one), Sums(), Sums()))
        _add(row.of(one.line.key), _sums(one))
    total = rows.pop(own.path)
    return list(rows.values()) or [total], total


def _then(one: ClosedUnit) -> Unit:
    """The unit as it was called, unsaved."""
    return Unit(pk=one.unit_id, code=one.code, name=one.name, short_name=one.short_name, path=one.path)


def _sums(one: ClosedUnit) -> Sums:
    return Sums(one.members, one.exempt, one.met, one.assessed_hours, one.occasions, one.zero)


def _add(sums: Sums | None, other: Sums) -> None:
    """Add to the sums of a line; None: one that the board does not show."""
    if sums is None:
        return
    for field in fields(Sums):
        setattr(sums, field.name, getattr(sums, field.name) + getattr(other, field.name))


def people_below(closing: YearClosing, path: str) -> QuerySet[ClosedStanding]:
    """The frozen standings of the people of a unit and all below it, by the place it had."""
    return ClosedStanding.objects.filter(run_id=closing.run_id, unit_path__startswith=path)


def people_of(closing: YearClosing, unit: Unit) -> QuerySet[ClosedStanding]:
    """The same for a unit of today: by the place it had when the year was closed; nobody's for one founded later."""
    own = ClosedUnit.objects.filter(run_id=closing.run_id, unit=unit).first()
    return people_below(closing, own.path) if own else ClosedStanding.objects.none()


# -- what was recorded since ------------------------------------------------------------------


def lines(closing: YearClosing, path: str) -> QuerySet[Any]:
    """The ledger lines of the year that were posted since, of the people of a unit, the latest first."""
    people = people_below(closing, path).order_by().values("member_id")
    return periods.posted_since(closing.year, closing.known_on).filter(member_id__in=people)


def exemptions(closing: YearClosing, path: str) -> QuerySet[Exemption]:
    """The exemptions for days of the year that were approved or withdrawn since, the latest first."""
    first, last = dt.date(closing.year, 1, 1), dt.date(closing.year, 12, 31)
    people = people_below(closing, path).order_by().values("member_id")
    return (
        Exemption.objects.filter(
            Q(approved_at__gte=closing.known_on) | Q(withdrawn_at__gte=closing.known_on),
            member_id__in=people,
            starts_on__lte=last,
            ends_on__gte=first,
        )
        .select_related("member", "approved_by")
        .order_by("-approved_at")
    )


def changed(closing: YearClosing, path: str) -> set[int]:
    """Whose standing may differ by what was recorded since: hours, exemptions, offices."""
    since = Q(recorded_at__gte=closing.known_on) | Q(ended_recorded_at__gte=closing.known_on)
    people = people_below(closing, path).order_by().values("member_id")
    posts = Post.objects.filter(since, member_id__in=people).order_by()
    rows = (lines(closing, path).order_by(), exemptions(closing, path).order_by(), posts)
    return {pk for found in rows for pk in found.values_list("member_id", flat=True)}


def adjusted(closing: YearClosing, rows: Sequence[Row], total: Row) -> tuple[list[Row], Row]:
    """The same rows with what was recorded since: only the people whom it touches are computed anew."""
    ids = sorted(changed(closing, total.unit.path))
    found = [replace(row, of_members=replace(row.of_members), of_leaders=replace(row.of_leaders)) for row in rows]
    whole = replace(total, of_members=replace(total.of_members), of_leaders=replace(total.of_leaders))
    targets = [whole, *(row for row in found if row.unit.path != whole.unit.path)]
    for path, key, difference in _differences(closing, total.unit.path, ids):
        for row in targets:
            if path.startswith(row.unit.path):
                _add(row.of(key), difference)
    alone = [row.unit.path for row in rows] == [whole.unit.path]
    return ([whole] if alone else found), whole


def _differences(closing: YearClosing, path: str, ids: list[int]) -> Iterator[tuple[str, str, Sums]]:
    """(unit path, key of the line, by how much the sums move) for some people: what stands now less what was frozen."""
    for start in range(0, len(ids), BATCH):
        chunk = ids[start : start + BATCH]
        places = {}
        for row in people_below(closing, path).filter(member_id__in=chunk).select_related("line"):
            places[row.member_id] = row.unit_path
            yield row.unit_path, row.line.key, Sums() - one_person(row)
        for now in closings.standings(closing, chunk, now=True):
            if now.member_id in places:
                yield places[now.member_id], now.line.key, one_person(now)


def one_person(row: Any) -> Sums:
    """What one standing, frozen or of today, adds to the sums above it."""
    counted = ZERO if row.exempt else row.counted
    return Sums(1, int(row.exempt), int(row.met), counted, row.occasions, int(not row.exempt and row.total == 0))


# -- line by line -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One ledger line with the word for what it does and the reason that was given in the same act."""

    entry: Any
    kind: str
    reason: str


def explained(entries: Sequence[Any]) -> list[Adjustment]:
    """Some lines with their reasons, in one more query."""
    reasons = _reasons(entries)
    return [Adjustment(entry, kind_of(entry), reasons.get(_act(entry), "")) for entry in entries]


def kind_of(entry: Any) -> str:
    """补记 (recorded late), 冲销 (taken back) or 更正 (recorded anew after it was taken back)."""
    if entry.is_reversal:
        return _g("冲销")
    return _g("补记") if entry.sequence == 1 else _g("更正")


def _act(entry: Any) -> tuple[int | None, dt.datetime]:
    return entry.posted_by_id, entry.posted_at.replace(microsecond=0)


def _reasons(entries: Sequence[Any]) -> dict[tuple[int | None, dt.datetime], str]:
    """The reason in the audit trail by act: the same person at the same time."""
    acts = {_act(entry) for entry in entries}
    if not acts:
        return {}
    near = reduce(or_, (Q(actor_id=who, at__range=(at - SAME_ACT, at + SAME_ACT)) for who, at in acts))
    rows = list(
        AuditEntry.objects.filter(near).exclude(reason="").order_by("at").values_list("actor_id", "at", "reason")
    )
    return {
        (who, at): reason
        for who, at in acts
        for actor, moment, reason in rows
        if actor == who and abs(moment - at) <= SAME_ACT
    }


def table(found: Sequence[Adjustment]) -> Iterator[tuple[Any, ...]]:
    """The adjustments in the order of ``COLUMNS``."""
    for one in found:
        entry = one.entry
        yield (
            *(entry.posted_at, entry.member.code, entry.member.name, entry.earned_on, entry.title, entry.hours),
            *(one.kind, str(entry.posted_by or ""), one.reason, entry.source),
        )
