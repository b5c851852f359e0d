"""Recurring work of the reports."""

from __future__ import annotations

import logging

from lms.reports import audit

logger = logging.getLogger(__name__)


class AuditError(AssertionError):
    """The ledger does not agree with its evidence; the first violations are in the message."""


def audit_nightly() -> dict[str, object]:
    """Nightly ``audit_hours``: a violation fails the job, so that it shows among the failed ones and in the log."""
    report = audit.run()
    if report.violations:
        logger.error("audit: %s violations in %s entries", len(report.violations), report.entries)
        raise AuditError("; ".join(f"{one.check} {one.where}: {one.detail}" for one in report.violations[:10]))
    return {"entries": report.entries, "members": report.members, "seconds": round(report.seconds, 1)}
