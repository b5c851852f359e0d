"""``audit_hours`` over a long ledger, against one live sum for each member in the same run.

100,000 lines by default; ``XIANGXUE_BENCH_LINES=1000000`` asks for the million of which the figure speaks. All else is said a
million lines: the audit goes through members in parts of equal size, so its time grows with the lines and nothing else.
"""

from __future__ import annotations

import os
import time
from typing import Any

LINES = 100_000
TARGET_SECONDS = 60.0
MILLION = 1_000_000


def run(lines: int | None = None) -> dict[str, Any]:
    """``figure``: seconds for a million lines; ``reference``: those of one SUM a member over as many."""
    from lms.members.models import Member
    from lms.reports import audit
    from tests.bench import audit_data

    wanted = lines or int(os.environ.get("XIANGXUE_BENCH_LINES", LINES))
    started = time.perf_counter()
    entries = audit_data.fill(wanted // audit_data.LINES_A_MEMBER)
    filled = time.perf_counter() - started
    alone = audit.run(processes=1)
    shared = audit.run()
    for report in (alone, shared):
        assert report.violations == [], report.violations[:3]
        assert report.entries == entries
    started = time.perf_counter()
    for member_id in Member.objects.values_list("pk", flat=True):
        live(member_id)
    sums = time.perf_counter() - started
    figure = round(shared.seconds * MILLION / entries, 1)
    reference = round(sums * MILLION / entries, 1)
    return {
        "name": "audit of a million lines (s)",
        "figure": figure,
        "reference": reference,
        "reference_name": "one live SUM a member",
        "ratio": round(figure / reference, 2),
        "sizes": {
            str(entries): {
                "lines/s": round(entries / shared.seconds),
                "seconds": round(shared.seconds, 1),
                "in one process": round(alone.seconds, 1),
                "filled in": round(filled, 1),
            }
        },
        "target": TARGET_SECONDS,
        "met": figure <= TARGET_SECONDS,
    }


def live(member_id: int) -> Any:
    """What one member has earned, summed from his lines."""
    from django.db.models import Sum

    from lms.hours.models import HourEntry

    return HourEntry.objects.filter(member_id=member_id).aggregate(total=Sum("hours"))["total"]
