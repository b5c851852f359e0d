"""What was counted and scanned in a training, as files of the archive; empty bytes for nothing: the file is left out."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from lms.core import tables
from lms.core.tables import Column
from lms.training.models import Attendance, HeadCount, HostCount, Scan, Training


def _at(value: object) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"  # type: ignore[arg-type]


def counts(training: Training) -> bytes:
    """Every count of heads, by the trainer or by the base's host."""
    columns = [
        Column("session", _("课次"), 20),
        Column("at", _("时间"), 20),
        Column("heads", _("人数")),
        Column("marked", _("当时已记到")),
        Column("waiting", _("当时待确认")),
        Column("by", _("清点人"), 16),
    ]
    found = HeadCount.objects.filter(session__training=training).select_related("session", "by").order_by("pk")
    rows = [
        [_at(row.session.starts_at), _at(row.at), row.heads, row.marked, row.waiting, str(row.by or "")]
        for row in found
    ]
    hosts = HostCount.objects.filter(session__training=training).select_related("session", "counted_by")
    rows += [
        [
            _at(row.session.starts_at),
            _at(row.counted_at),
            row.heads,
            "",
            "",
            _("基地 %(who)s") % {"who": row.counted_by or ""},
        ]
        for row in hosts.order_by("pk")
    ]
    return tables.table_bytes(columns, rows, "csv") if rows else b""


def scans(training: Training) -> bytes:
    """Every try to sign in or out, whatever came of it, with the word that was said on it."""
    columns = [
        Column("session", _("课次"), 20),
        Column("name", _("姓名"), 12),
        Column("code", _("党员编号"), 14),
        Column("direction", _("方向")),
        Column("means", _("记录方式"), 14),
        Column("at", _("扫码时间"), 20),
        Column("received", _("收到时间"), 20),
        Column("result", _("结果"), 16),
        Column("word", _("认定"), 20),
    ]
    names = dict(Attendance.Means.choices)
    found = Scan.objects.filter(session__training=training).select_related("session", "member", "decision")
    rows = [
        [
            _at(row.session.starts_at),
            row.member.name if row.member else "",
            row.member.code if row.member else "",
            row.get_direction_display(),
            str(names.get(row.means, row.means)),
            _at(row.happened_at),
            _at(row.received_at),
            row.get_result_display(),
            _word(row),
        ]
        for row in found.order_by("pk")
    ]
    return tables.table_bytes(columns, rows, "csv") if rows else b""


def _word(scan: Scan) -> str:
    decision = getattr(scan, "decision", None)
    if decision is None:
        return ""
    return _("确认") if decision.accepted else _("不认可：%(why)s") % {"why": decision.reason}
