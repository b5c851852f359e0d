"""What the nightly audits found: kept, and shown to those who answer for the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.hours import seals
from lms.members.models import Member
from lms.members.permissions import units_where
from lms.reports.audit import Report
from lms.reports.models import AuditRun

KEPT = 200
"""So many violations of a run are kept in full; a ledger with more is not read line by line."""

CHECKS = {
    "sequence": _("同一来源的记录不连续或重复"),
    "one-standing": _("同一来源的入账与冲销没有交替"),
    "reversal": _("冲销与被冲销的记录不一致"),
    "unasserted": _("学时记录没有来源"),
    "rule": _("当日没有生效的折算规则"),
    "price": _("学时与应得不符"),
    "content": _("记录内容与来源不符"),
    "day-cap": _("超过每人每天上限"),
    "overlap": _("同一时间重复计学时"),
    "evidence": _("学时与凭据不符"),
    "group-watch": _("集中收看记录与到场、播放不符"),
    "standing": _("达标情况与台账不符"),
    "roll-up": _("汇总与明细不符"),
    "seal": _("封存后的记录被改动"),
    "chain": _("封存链断裂"),
    "posted-at": _("记账时间不合先后"),
}
"""What each check says to an officer; docs/audit.md says what it finds."""


def keep(report: Report) -> AuditRun:
    """Store the result of a complete audit with the head that it saw."""
    head = seals.head()
    finished = clock.now()
    run = AuditRun(
        started_at=report.started_at,
        finished_at=finished,
        entries=report.entries,
        members=report.members,
        seconds=round(report.seconds, 2),
        violations=len(report.violations),
        first=[asdict(violation) for violation in report.violations[:KEPT]],
        sealed_on=head.day if head else None,
        head=head.digest if head else "",
    )
    run.save()
    return run


def may_read(user: Any) -> bool:
    """Whether the person answers for the whole ledger: ``audit.view`` over the county, since findings name anybody."""
    return any(unit.is_root() for unit in units_where(user, "audit.view"))


def latest() -> AuditRun | None:
    """The last run."""
    return AuditRun.objects.order_by("-started_at").first()


def latest_for(user: Any) -> AuditRun | None:
    """The last run if the person may read it."""
    return latest() if may_read(user) else None


def earlier(count: int) -> list[AuditRun]:
    """The runs before the last one, the latest first."""
    return list(AuditRun.objects.order_by("-started_at").defer("first")[1 : count + 1])


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation as a page shows it."""

    what: str
    member: Member | None
    where: str
    detail: str


def findings(run: AuditRun) -> list[Finding]:
    """The violations that a run has kept, in words, with the members concerned."""
    ids = {row["member_id"] for row in run.first if row["member_id"] is not None}
    members = Member.objects.in_bulk(ids)
    return [
        Finding(CHECKS.get(row["check"], row["check"]), members.get(row["member_id"]), row["where"], row["detail"])
        for row in run.first
    ]


def head_shown() -> dict[str, Any] | None:
    """The head of the chain for a page: ``day``, ``rows`` of the digest in groups, ``short``, ``lines``, ``days``; None before the first."""
    last = seals.head()
    if last is None:
        return None
    record = seals.head_record()
    groups = [last.digest[start : start + 4] for start in range(0, len(last.digest), 4)]
    rows = [groups[start : start + 8] for start in range(0, len(groups), 8)]
    return {**record, "day": last.day, "sealed_at": last.sealed_at, "rows": rows}
