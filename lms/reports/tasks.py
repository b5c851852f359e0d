"""Recurring work of the reports."""

from __future__ import annotations

import logging

from lms.reports import audit, audit_runs

logger = logging.getLogger(__name__)


class AuditError(AssertionError):
    """The ledger does not agree with its evidence; the first violations are in the message."""


def audit_nightly() -> dict[str, object]:
    """Nightly ``audit_hours``, its result kept for the county's desk.

    A violation fails the job besides, so that it shows among the failed ones and in the log. One process: the site has
    the other core.
    """
    report = audit.run(processes=1)
    audit_runs.keep(report)
    if report.violations:
        logger.error("audit: %s violations in %s entries", len(report.violations), report.entries)
        raise AuditError("; ".join(f"{one.check} {one.where}: {one.detail}" for one in report.violations[:10]))
    return {"entries": report.entries, "members": report.members, "seconds": round(report.seconds, 1)}
