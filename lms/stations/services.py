"""Writes of the station: open a viewing, call the roll, play, close, correct. Each leaves its audit row.

Hours are settled by ``courses.services.record_group_watch`` from what was played and who was there; calling it again with
the same facts changes nothing, with others it corrects the ledger by reversal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from courses import services as watching
from courses.models import LessonPage
from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.stations import rules, selectors
from lms.stations.models import GroupViewing, Presence, Station, ViewingItem

TITLE_LENGTH = 200


class StationError(ValueError):
    """What cannot be done at a station; ``code`` for machines, the message for the person in front of the screen."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Notes:
    """What the operator writes into 学习收看记录簿 at the end (domain §4)."""

    host: str = ""
    recorder: str = ""
    villagers: int = 0
    discussion: str = ""
    feedback: str = ""
    application: str = ""


@dataclass(frozen=True, slots=True)
class StayTimes:
    """A corrected stay; ``left_at`` None: to the end of the viewing."""

    joined_at: dt.datetime
    left_at: dt.datetime | None = None


# -- while people are in the room ---------------------------------------------------


@transaction.atomic
def open_viewing(*, station: Station, by: User | None) -> GroupViewing:
    """Begin a group viewing, or return the one that is open: two operators at one station work on the same.

    Raises StationError ``station-closed``.
    """
    station = Station.objects.select_for_update(of=("self",)).select_related("unit").get(pk=station.pk)
    if not station.active:
        raise StationError("station-closed", _("这个站点已停用，请联系乡镇管理员。"))
    viewing = selectors.open_viewing(station)
    if viewing is not None:
        return viewing
    viewing = GroupViewing.objects.create(
        station=station, opened_at=clock.now(), operator=by, due=selectors.due_count(station)
    )
    audit.record("viewing.open", by=by, on=viewing, unit=station.unit)
    return viewing


@transaction.atomic
def call_roll(*, viewing: GroupViewing, present: Collection[int], villagers: int, by: User | None) -> None:
    """Make the room agree with a roll call: the members (ids) in ``present`` are there, all others are not.

    ``villagers``: how many 群众 sit with them, by a count of heads.

    Raises StationError as ``mark_presence``.
    """
    viewing = _locked_open(viewing)
    known = {member.pk: member for member in selectors.roster(viewing.station)}
    here = set(selectors.in_the_room(viewing))
    wanted = set(present)
    if not wanted <= known.keys() | here:
        raise StationError("not-on-roster", _("名单里有不属于本站点的人，请重新点名。"))
    for member_id in sorted(wanted - here):
        _join(viewing, known[member_id], by)
    for member_id in sorted(here - wanted):
        _leave(viewing, member_id, by)
    viewing.villagers = villagers
    viewing.save(update_fields=["villagers"])


@transaction.atomic
def mark_presence(*, viewing: GroupViewing, member: Member, present: bool, by: User | None) -> None:
    """Tick or untick one member, by the server's clock; the same tick twice changes nothing.

    A tick before the first lesson runs counts from the start, a later one from now. An untick takes a slip back
    (``rules.is_slip``), else the member has left now. Raises StationError ``viewing-closed``, ``not-on-roster``.
    """
    viewing = _locked_open(viewing)
    if present and member.pk not in selectors.in_the_room(viewing):
        if not selectors.roster(viewing.station).filter(pk=member.pk).exists():
            raise StationError("not-on-roster", _("%(name)s 不在本站点的名册里。") % {"name": member.name})
        _join(viewing, member, by)
    elif not present:
        _leave(viewing, member.pk, by)


def _locked_open(viewing: GroupViewing) -> GroupViewing:
    found = GroupViewing.objects.select_for_update(of=("self",)).select_related("station__unit").get(pk=viewing.pk)
    if not found.is_open:
        raise StationError("viewing-closed", _("这次集中收看已经结束。要改名单，请在记录簿里更正。"))
    return found


def _join(viewing: GroupViewing, member: Member, by: User | None) -> None:
    now = clock.now()
    joined = now if viewing.items.exists() else viewing.opened_at
    Presence.objects.create(viewing=viewing, member=member, joined_at=joined, marked_at=now, marked_by=by)
    audit.record("viewing.present", by=by, on=viewing, unit=viewing.station.unit, member=member.code)


def _leave(viewing: GroupViewing, member_id: int, by: User | None) -> None:
    stay = viewing.presences.standing().filter(member=member_id, left_at__isnull=True).select_related("member").first()
    if stay is None:
        return
    now = clock.now()
    slip = rules.is_slip(
        marked_ms=rules.to_ms(stay.marked_at),
        now_ms=rules.to_ms(now),
        played_since=selectors.played_since(viewing, stay.joined_at),
    )
    if slip:
        stay.withdrawn_at = now
    else:
        stay.left_at = now
    stay.save(update_fields=["withdrawn_at", "left_at"])
    action = "viewing.withdrawn" if slip else "viewing.left"
    audit.record(action, by=by, on=viewing, unit=viewing.station.unit, member=stay.member.code)


@transaction.atomic
def add_item(*, viewing: GroupViewing, lesson: LessonPage, by: User | None) -> tuple[ViewingItem, str]:
    """Put a lesson on the screen; what ran before it ends. Returns the item and the token that its beats carry.

    Raises StationError ``viewing-closed``, ``lesson-without-video``.
    """
    viewing = _locked_open(viewing)
    if not lesson.live or lesson.media_id is None:
        raise StationError("lesson-without-video", _("这一课没有可以播放的视频，请换一课。"))
    _end_playing(viewing)
    session, token = watching.start_group_play(lesson=lesson, by=by)
    item = ViewingItem.objects.create(viewing=viewing, play_session=session)
    viewing.title = selectors.title_of(viewing)[:TITLE_LENGTH]
    viewing.save(update_fields=["title"])
    audit.record("viewing.play", by=by, on=viewing, unit=viewing.station.unit, lesson=lesson.pk, title=session.title)
    return item, token


def _end_playing(viewing: GroupViewing) -> None:
    for item in viewing.items.select_related("play_session").filter(play_session__ended_ms__isnull=True):
        watching.end_play(session=item.play_session)


# -- the end ----------------------------------------------------------------------


@transaction.atomic
def close_viewing(*, viewing: GroupViewing, notes: Notes, by: User | None) -> GroupViewing:
    """End a viewing: write the book's columns and credit each person with what ran while he was there.

    Closing again (the button pressed twice, or after the forgotten viewing closed itself) only writes the notes.
    """
    viewing = GroupViewing.objects.select_for_update(of=("self",)).select_related("station__unit").get(pk=viewing.pk)
    if viewing.is_open:
        _close(viewing, clock.now(), by)
    return _write(viewing, notes, by)


def _close(viewing: GroupViewing, at: dt.datetime, by: User | None) -> None:
    _end_playing(viewing)
    played = viewing.items.filter(play_session__spans__isnull=False).exists()
    viewing.state = GroupViewing.State.CLOSED if played else GroupViewing.State.UNPLAYED
    viewing.closed_at = at
    viewing.save(update_fields=["state", "closed_at"])
    audit.record("viewing.close", by=by, on=viewing, unit=viewing.station.unit, state=viewing.state)
    _record(viewing, by)


def _record(viewing: GroupViewing, by: User | None) -> None:
    """Hand to the courses who saw what; they settle it in the ledger."""
    watching.record_group_watch(occasion=viewing.occasion, watches=selectors.watches(viewing), by=by)


@transaction.atomic
def write_notes(*, viewing: GroupViewing, notes: Notes, by: User | None) -> GroupViewing:
    """Write or complete the book's columns of a viewing, also after it ended."""
    found = GroupViewing.objects.select_for_update(of=("self",)).select_related("station__unit").get(pk=viewing.pk)
    return _write(found, notes, by)


def _write(viewing: GroupViewing, notes: Notes, by: User | None) -> GroupViewing:
    written = asdict(notes)
    changed = [name for name, value in written.items() if getattr(viewing, name) != value]
    if changed:
        for name in changed:
            setattr(viewing, name, written[name])
        viewing.save(update_fields=changed)
        audit.record("viewing.notes", by=by, on=viewing, unit=viewing.station.unit, changed=changed)
    return viewing


def close_forgotten() -> int:
    """Close the viewings that were left open, as of their last sign of life; returns how many.

    Idempotent: run as a recurring job. The operator writes the notes when he comes back.
    """
    now_ms = clock.now_ms()
    closed = 0
    for viewing in GroupViewing.objects.filter(state=GroupViewing.State.OPEN).order_by("pk"):
        if rules.is_forgotten(last_sign_ms=selectors.last_sign_ms(viewing), now_ms=now_ms):
            closed += _close_one_forgotten(viewing.pk, now_ms)
    return closed


@transaction.atomic
def _close_one_forgotten(viewing_id: int, now_ms: int) -> int:
    """Look again under the lock: somebody may have come back meanwhile."""
    viewing = GroupViewing.objects.select_for_update(of=("self",)).select_related("station__unit").get(pk=viewing_id)
    last = selectors.last_sign_ms(viewing)
    if not viewing.is_open or not rules.is_forgotten(last_sign_ms=last, now_ms=now_ms):
        return 0
    _close(viewing, rules.from_ms(last), None)
    return 1


# -- afterwards ---------------------------------------------------------------------


@transaction.atomic
def correct_presence(
    *, viewing: GroupViewing, member: Member, stays: Sequence[StayTimes], by: User | None, reason: str
) -> None:
    """Replace a member's stays in a viewing that has ended (none: he was not there); the ledger follows by reversal.

    Raises StationError ``viewing-open``, ``reason-needed``, ``own-record`` (nobody corrects his own record),
    ``not-on-roster``, ``times-outside``.
    """
    viewing = GroupViewing.objects.select_for_update(of=("self",)).select_related("station__unit").get(pk=viewing.pk)
    _check_correction(viewing, member, stays, by, reason)
    now = clock.now()
    viewing.presences.standing().filter(member=member).update(withdrawn_at=now)
    Presence.objects.bulk_create(
        Presence(
            viewing=viewing,
            member=member,
            joined_at=stay.joined_at,
            left_at=stay.left_at,
            marked_at=now,
            marked_by=by,
        )
        for stay in stays
    )
    audit.record(
        "viewing.correct",
        by=by,
        on=viewing,
        unit=viewing.station.unit,
        reason=reason,
        member=member.code,
        stays=[[stay.joined_at.isoformat(), stay.left_at and stay.left_at.isoformat()] for stay in stays],
    )
    _record(viewing, by)


def _check_correction(
    viewing: GroupViewing, member: Member, stays: Sequence[StayTimes], by: User | None, reason: str
) -> None:
    if viewing.is_open:
        raise StationError("viewing-open", _("集中收看还在进行，请直接在点名里改。"))
    if not reason.strip():
        raise StationError("reason-needed", _("请写明更正的理由。"))
    if by is not None and member.user_id == by.pk:
        raise StationError("own-record", _("不能更正自己的记录，请由上级办理。"))
    if not selectors.may_be_ticked(viewing).filter(pk=member.pk).exists():
        raise StationError("not-on-roster", _("%(name)s 不在本站点的名册里。") % {"name": member.name})
    end = viewing.closed_at or clock.now()
    for stay in stays:
        if not viewing.opened_at <= stay.joined_at <= (stay.left_at or end) <= end:
            raise StationError("times-outside", _("到场和离场时间要在收看的起止时间之内，离场不早于到场。"))
