"""What an audit reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that does not agree: which check found it, where, and both sides of it. For machines and inspectors.

    The names of the checks, and what each finds, are listed in docs/audit.md.
    """

    check: str
    member_id: int | None
    where: str
    detail: str
