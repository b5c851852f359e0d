"""What a scan says to the person who made it: a sentence and whether it is good news."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from lms.training.checkin import rules
from lms.training.checkin.selectors import UNDECIDED, mark_of
from lms.training.models import Attendance, Scan, TrainingSession

Result = Scan.Result


@dataclass(frozen=True, slots=True)
class Reply:
    """``kind``: ``good``, ``wait`` or ``bad``; ``who``: the name, ``""`` for a code of nobody."""

    kind: str
    who: str
    where: str
    text: str


def reply(scan: Scan) -> Reply:
    """The answer to a scan, for the screen of who made it."""
    return told(scan, mark_of(scan))


def told(scan: Scan, mark: Attendance | None) -> Reply:
    """The same for who has the person's mark at hand."""
    member = scan.member
    who, where = (member.name, member.unit.label) if member else ("", "")
    if scan.result == Result.TAKEN:
        return Reply("good", who, where, _taken(scan, mark))
    if scan.result in UNDECIDED:
        there = mark is not None and mark.status == Attendance.Status.PRESENT
        return Reply("good" if there else "wait", who, where, _("已签到") if there else _("已收到，等现场教师确认"))
    return Reply("bad", who, where, refusal(scan.result))


def replies(session: TrainingSession, scans: Iterable[Scan]) -> list[tuple[Scan, Reply]]:
    """Scans of one session with their answers; one query however many there are."""
    rows = list(scans)
    marks = {row.member_id: row for row in session.attendances.filter(member__in={scan.member_id for scan in rows})}
    for scan in rows:
        scan.session = session
    return [(scan, told(scan, marks.get(scan.member_id or 0))) for scan in rows]


def settled(scan: Scan) -> Reply:
    """What became of a scan, with the word that a person gave on it since."""
    decision = getattr(scan, "decision", None)
    if scan.result not in UNDECIDED or scan.member is None:
        return reply(scan)
    who, where = scan.member.name, scan.member.unit.label
    if decision is None:
        doubt = scan.offline.doubt if hasattr(scan, "offline") else ""
        return Reply("wait", who, where, _("待审核：%(why)s") % {"why": doubt} if doubt else _("待现场确认"))
    if not decision.accepted:
        return Reply("bad", who, where, _("没有认可：%(why)s") % {"why": decision.reason})
    return Reply("good", who, where, _taken(scan, mark_of(scan)))


def _taken(scan: Scan, row: Attendance | None) -> str:
    if scan.direction == rules.OUT:
        at = timezone.localtime(scan.happened_at)
        return _("已签退 %(time)s") % {"time": f"{at:%H:%M}"}
    if row is not None and row.arrived_at is not None:
        minutes = late(scan.session, row)
        return _("已签到，迟到 %(n)s 分钟") % {"n": minutes}
    return _("已签到")


def late(session: TrainingSession, row: Attendance) -> int:
    """Whole minutes after the beginning at which a person arrived."""
    if row.arrived_at is None:
        return 0
    return int((row.arrived_at - session.starts_at).total_seconds()) // 60


def refusal(result: str) -> str:
    """Why a scan was not taken, and what to do."""
    return {
        Result.TOO_EARLY: _("还没到签到时间，课前 1 小时开始"),
        Result.TOO_LATE: _("已过签到时间，请找教师登记"),
        Result.EXPIRED: _("签到码已过期，请扫现场屏幕上的新码"),
        Result.BAD_CODE: _("不是有效的签到码"),
        Result.NOT_ENROLLED: _("不在这次培训的名单里，请找教师报名"),
        Result.OWN_RECORD: _("不能给自己签到，请由他人办理"),
        Result.NOT_OPEN: _("这次培训已取消"),
        Result.WRONG_DIGITS: _("后四位不对，请再试，或找教师签到"),
        Result.USED: _("这次扫码已被别人使用，请重新扫现场的码"),
        Result.QUARANTINED: _("待审核"),
        Result.PROVISIONAL: _("待现场确认"),
    }[Result(result)]
