"""Every scan of a session, also the failed ones: searched, filtered, and as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.core import tables
from lms.core.tables import Column
from lms.members.http import SignedInRequest
from lms.training import selectors as trainings
from lms.training.checkin import selectors
from lms.training.checkin.forms import ScansFilter
from lms.training.checkin.replies import settled
from lms.training.models import Attendance, Scan

PAGE = 50
COLUMNS = [
    Column("name", gettext_lazy("姓名"), 12),
    Column("code", gettext_lazy("党员编号"), 16),
    Column("unit", gettext_lazy("所在党组织"), 24),
    Column("direction", gettext_lazy("方向"), 8),
    Column("means", gettext_lazy("记录方式"), 14),
    Column("happened_at", gettext_lazy("扫码时间"), 20),
    Column("received_at", gettext_lazy("收到时间"), 20),
    Column("device_at", gettext_lazy("设备时间"), 20),
    Column("counter", gettext_lazy("序号"), 8),
    Column("result", gettext_lazy("结果"), 14),
    Column("outcome", gettext_lazy("处理"), 30),
    Column("by", gettext_lazy("记录人"), 12),
]


@login_required
@never_cache
@require_safe
def scans(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponseBase:
    """The page, or with ``?format=`` exactly what is filtered as a file."""
    session = trainings.session_or_404(request.user, uuid, session_id, "run")
    form = ScansFilter(request.GET)
    rows = form.apply(selectors.scans(session))
    if format := request.GET.get("format"):
        if format not in tables.FORMATS:
            raise Http404
        return tables.table_response(COLUMNS, _values(rows), format, name=_("扫码记录"))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "session": session,
        "training": session.training,
        "filter": form,
        "page_obj": page,
        "rows": [(row, settled(row), _means(row)) for row in _with_session(page, session)],
    }
    return render(request, "training/checkin/scans.html", context)


def _with_session(rows: Iterable[Scan], session: Any) -> Iterator[Scan]:
    for row in rows:
        row.session = session
        yield row


def _means(scan: Scan) -> str:
    return str(Attendance.Means(scan.means).label)


def _values(rows: Iterable[Scan]) -> Iterator[tuple[Any, ...]]:
    """What is known of each scan, in the order of ``COLUMNS``; times to the second, since a queue is told apart by them."""
    for row in rows:
        event = getattr(row, "offline", None)
        yield (
            row.member.name if row.member else "",
            row.member.code if row.member else (event.text if event else ""),
            row.member.unit.label if row.member else "",
            row.get_direction_display(),
            _means(row),
            _second(row.happened_at),
            _second(row.received_at),
            _second(event.device_at) if event else "",
            event.counter if event else "",
            row.get_result_display(),
            settled(row).text,
            str(row.by or ""),
        )


def _second(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"
