"""Reads of check-in: sessions that take scans now, who waits for confirmation and why a scan is doubtful, a person's code."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from lms.core import clock, crypto
from lms.members.models import Member, Unit, User
from lms.members.permissions import unit_or_404
from lms.training import selectors as trainings
from lms.training import tokens
from lms.training.checkin import facts, rules
from lms.training.models import (
    Attendance,
    CheckinDevice,
    Enrolment,
    HeadCount,
    OfflineDevice,
    Scan,
    Training,
    TrainingSession,
)

Result = Scan.Result
RECENT = 8
UNDECIDED = (Result.PROVISIONAL, Result.QUARANTINED)
"""What waits for a word."""

FOUND = 8
"""So many people a kiosk shows for what was typed; a list of everybody is nobody's business in a hall."""


def room_key() -> bytes:
    """The secret of all rooms' codes, digits and claims."""
    return crypto.derived_key("room")


def card_key() -> bytes:
    """The secret of members' own codes; apart from the rooms', since cards are printed and last for years."""
    return crypto.derived_key("card")


def now() -> int:
    """The present moment in whole seconds, as tokens count."""
    return int(clock.now().timestamp())


def card_text(member: Member) -> str:
    """What the QR code of a member's page and card says."""
    return tokens.member_code(card_key(), member.code)


def member_of(text: str) -> Member | None:
    """Whose code was read or typed: the signed text of a card, or the number as it stands under it; None for neither.

    A typed number is not signed. The trainer who types it has the person in front of him; so only his page takes it.
    """
    typed = text.strip().upper()
    try:
        code = tokens.read_member_code(card_key(), typed)
    except tokens.TokenError:
        if "." in typed:
            return None
        code = typed
    return facts.person(code) or Member.objects.select_related("unit").filter(code__iexact=code).first()


def desk_key(user: User, session: TrainingSession) -> str:
    """What the page of who runs a session sends with its scans."""
    return tokens.desk_key(room_key(), tokens.Desk(session.pk, session.training_id, user.pk, user.session_epoch, now()))


def desk_of(token: str) -> tuple[User, TrainingSession] | None:
    """Whose page a key is of, and its session; None for a key that is not ours, that is old, or that was ended."""
    try:
        return facts.at_desk(tokens.read_desk(room_key(), token, now()))
    except tokens.TokenError:
        return None


# -- sessions -------------------------------------------------------------------------------


def open_now() -> QuerySet[TrainingSession]:
    """Sessions of trainings that stand, into or out of which one may sign now."""
    at = clock.now()
    near = Q(starts_at__lte=at + rules.OPENS, ends_at__gte=at - rules.LINGERS)
    return TrainingSession.objects.filter(near).exclude(training__state=Training.State.CANCELLED)


def showing(digits: str) -> tuple[list[int], str]:
    """The sessions (ids) whose room shows six digits now, and the direction; more than one is rare and signing in decides."""
    key, at = room_key(), now()
    ids = list(open_now().values_list("pk", flat=True))
    for direction in (rules.IN, rules.OUT):
        found = [pk for pk in ids if tokens.are_digits_of(key, digits, pk, direction, at)]
        if found:
            return found, direction
    return [], rules.IN


def place_of(claim: tokens.Claim, member: Member) -> TrainingSession | None:
    """Which of a claim's sessions the person is enrolled in; else the first; None when none is there any more."""
    rows = TrainingSession.objects.select_related("training__unit").filter(pk__in=claim.places).order_by("pk")
    own = Q(training__enrolments__member=member, training__enrolments__state=Enrolment.State.ENROLLED)
    return rows.filter(own).first() or rows.first()


# -- who waits ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person whose scan waits for a word; ``crowd``: how many signed in with the same phone, 0 when that is usual."""

    scan: Scan
    crowd: int

    @property
    def stopped(self) -> bool:
        """Whether it is in quarantine: from a machine that had been stopped, or from a page that worked without a line."""
        return self.scan.result == Result.QUARANTINED

    @property
    def reason(self) -> str:
        """Why it is in quarantine."""
        if hasattr(self.scan, "offline"):
            return self.scan.offline.doubt
        return _("来自已停用的签到机") if self.stopped else ""

    @property
    def doubtful(self) -> bool:
        """Whether a head count is not enough."""
        return bool(self.crowd) or self.stopped


def waiting(session: TrainingSession) -> list[Waiting]:
    """The first undecided scan of each person who is not marked present, the doubtful ones first; two queries."""
    rows = Scan.objects.filter(session=session, result__in=UNDECIDED, direction=rules.IN, member__isnull=False)
    crowds = _crowds(rows)
    there = Attendance.objects.filter(session=session, status=Attendance.Status.PRESENT).values("member")
    undecided = rows.filter(decision__isnull=True).exclude(member__in=there).select_related("member__unit", "offline")
    first: dict[int | None, Scan] = {}
    for scan in undecided.order_by("happened_at", "pk"):
        first.setdefault(scan.member_id, scan)
    found = [Waiting(scan, crowds.get(scan.phone, 0)) for scan in first.values()]
    return sorted(found, key=lambda one: (-one.crowd, not one.stopped))


def held(session: TrainingSession, shown: Iterable[Waiting]) -> list[Waiting]:
    """What else is in quarantine: of people who are marked present already, of those who leave, a person's second scan."""
    rows = Scan.objects.filter(session=session, result=Result.QUARANTINED, decision__isnull=True, member__isnull=False)
    rest = rows.exclude(pk__in=[one.scan.pk for one in shown]).select_related("member__unit", "offline")
    return [Waiting(scan, 0) for scan in rest.order_by("happened_at", "pk")]


def _crowds(rows: QuerySet[Scan]) -> dict[str, int]:
    """Phones that signed in more people than one phone usually does, with how many (reliability case 3)."""
    people: dict[str, set[int | None]] = defaultdict(set)
    for phone, member_id in rows.exclude(phone="").order_by().values_list("phone", "member_id"):
        people[phone].add(member_id)
    return {phone: len(ids) for phone, ids in people.items() if len(ids) > rules.PEOPLE_A_PHONE}


def mark_of(scan: Scan) -> Attendance | None:
    """The mark that the person of a scan has in its session."""
    return Attendance.objects.filter(session=scan.session_id, member=scan.member_id).first() if scan.member_id else None


def recent(session: TrainingSession) -> Iterable[Scan]:
    """The latest scans of a session, whatever came of them."""
    return Scan.objects.filter(session=session).select_related("member__unit").order_by("-pk")[:RECENT]


def failed(session: TrainingSession) -> int:
    """How many scans of a session came to nothing."""
    return Scan.objects.filter(session=session).exclude(result__in=[Result.TAKEN, *UNDECIDED]).count()


def last_count(session: TrainingSession) -> HeadCount | None:
    """The latest head count of a session."""
    return session.counts.select_related("by").first()


def scan_or_404(session: TrainingSession, key: str) -> Scan:
    """A scan of a session that waits for a word, or did."""
    row = Scan.objects.select_related("member").filter(session=session, key=key, result__in=UNDECIDED).first()
    if row is None:
        raise Http404
    row.session = session
    return row


# -- machines -------------------------------------------------------------------------------


def devices(session: TrainingSession) -> QuerySet[CheckinDevice]:
    """The machines of a session that may still sign people in."""
    return CheckinDevice.objects.filter(session=session, revoked_at=None).select_related("opened_by")


def device_of(token: str) -> CheckinDevice | None:
    """The machine behind a kiosk's key, on its session's day and while the training stands; None for any other key."""
    try:
        number = tokens.read_device(room_key(), token)
    except tokens.TokenError:
        return None
    row = CheckinDevice.objects.select_related("session__training__unit").filter(uuid=number).first()
    if row is None or clock.today() != clock.local_date(row.session.starts_at):
        return None
    return row if row.session.training.state != Training.State.CANCELLED else None


def found_by(session: TrainingSession, typed: str) -> list[Member]:
    """Who of the enrolled is meant by a piece of a name, pinyin or its first letters; at most ``FOUND``, none for nothing typed."""
    typed = typed.strip().lower()
    rows = (
        [trainings.RosterRow(member, None) for member in trainings.enrolled_members(session.training)] if typed else []
    )
    return [row.member for row in rows if row.matches(typed)][:FOUND]


def by_first_letter(session: TrainingSession) -> dict[str, list[Member]]:
    """The enrolled by the first letter of their name's pinyin, in capitals; names in the order of the roster."""
    found: dict[str, list[Member]] = defaultdict(list)
    for member in trainings.enrolled_members(session.training):
        found[(member.sort_key or member.name)[:1].upper()].append(member)
    return dict(found)


def moment_of(claim: tokens.Claim) -> dt.datetime:
    """When a claim was made."""
    return dt.datetime.fromtimestamp(claim.made_at, dt.UTC)


def last_four(member: Member) -> set[str]:
    """What a person may type to show who he is: the last four signs of his ID number or of a telephone number."""
    number = crypto.decrypt(member.id_number_sealed) if member.id_number_sealed else ""
    return {text[-4:].upper() for text in (number, member.mobile, member.landline) if len(text) >= 4}


# -- pages without a line -------------------------------------------------------------------


def sessions_of(training: Training, day: dt.date) -> list[TrainingSession]:
    """The sessions of a training that begin on a day."""
    return [row for row in training.sessions.all() if clock.local_date(row.starts_at) == day]


def day_or_404(training: Training, text: str) -> dt.date:
    """A day as it stands in an address, on which the training has a session."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if not sessions_of(training, day):
        raise Http404
    return day


def offline_devices(training: Training, day: dt.date) -> QuerySet[OfflineDevice]:
    """The prepared pages of a day that may still send."""
    return OfflineDevice.objects.filter(training=training, day=day, revoked_at=None).select_related("opened_by")


def offline_device_of(token: Any) -> OfflineDevice | None:
    """The prepared page behind a key, stopped or not; None for any other key."""
    try:
        number = tokens.read_offline(room_key(), token if isinstance(token, str) else "")
    except tokens.TokenError:
        return None
    return OfflineDevice.objects.select_related("training__unit").filter(uuid=number).first()


def offline_session(training: Training, device: OfflineDevice, number: int) -> TrainingSession | None:
    """The session that an event names; where the training has no such one (any more), the day's first, to keep the event by."""
    rows = {row.pk: row for row in training.sessions.all()}
    return rows.get(number) or next(iter([*sessions_of(training, device.day), *rows.values()]), None)


# -- all scans ------------------------------------------------------------------------------


def scans(session: TrainingSession) -> QuerySet[Scan]:
    """Every scan of a session with what came of it, the latest first."""
    rows = Scan.objects.filter(session=session).select_related("member__unit", "decision", "offline", "by")
    return rows.order_by("-happened_at", "-pk")


# -- cards ----------------------------------------------------------------------------------


def carded(user: User, code: str) -> tuple[Unit, QuerySet[Member]]:
    """A unit whose members' cards the person may print, with those members; 404 for another unit."""
    unit = unit_or_404(user, "members.pick", code)
    return unit, trainings.pickable(user).filter(unit__path__startswith=unit.path).order_by(
        "unit__path", "sort_key", "pk"
    )


def own_member(user: Any) -> Member:
    """The member behind an account; 404 for an account that is nobody's."""
    member = getattr(user, "member", None)
    if not isinstance(member, Member):
        raise Http404
    return member
