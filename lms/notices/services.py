"""Writes about notices: tell people, mark as read, say that somebody was told by word of mouth, how one wants to be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation

from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.notices import rules
from lms.notices.kinds import KINDS, PLACEHOLDERS, Kind
from lms.notices.models import Channel, Delivery, Notice, Preference, Wording

BATCH = 500
UNASKED = Preference(by_email=True, by_sms=True, by_group=True)
"""Who has no account, or never said how he wants to be told."""


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a body, with their placeholders or with the values in them."""

    title: str
    body: str


def quiet_hours() -> rules.Quiet:
    """The quiet hours of the site's settings."""
    return rules.Quiet(*settings.NOTICES["quiet"])


def allowed_from(urgent: bool) -> dt.datetime:
    """The first moment from now on at which a message may go out."""
    return rules.allowed_at(timezone.localtime(clock.now()), quiet_hours(), urgent=urgent)


def worded(kind: Kind, values: Mapping[str, str], wording: Wording | None = None) -> Words:
    """A kind in the county's language, whatever language the person works in who set it off."""
    words = Words(wording.title, wording.body) if wording else default_words(kind)
    plain = {name: str(value) for name, value in values.items()}
    return Words(rules.fill(words.title, plain)[:200], rules.fill(words.body, plain))


def default_words(kind: Kind) -> Words:
    """The wording of a kind where the county has none of its own, in the county's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return Words(str(kind.title), str(kind.body))


@transaction.atomic
def notify(
    kind: str,
    *,
    members: Iterable[Member] = (),
    users: Iterable[User] = (),
    about: str,
    context: Mapping[str, str],
    link: str = "",
    by: User | None,
) -> int:
    """Tell people something, in the caller's transaction; returns how many were told who had not been before.

    ``about`` is an opaque key of the event (``training:4711:moved:2026-11-27T09:00``): the same kind, key and person a second
    time makes nothing. ``context`` fills the names of ``kinds.PLACEHOLDERS``; another name is a ValueError, another kind a
    KeyError. ``link`` is a path of this site. Who has left the roster is not told. Nothing is sent here: ``sending`` does.
    """
    told = KINDS[kind]
    unknown = set(context) - set(PLACEHOLDERS)
    if unknown:
        raise ValueError(f"no such placeholders: {sorted(unknown)}")
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError("a link is a path of this site")
    words = worded(told, context, Wording.objects.filter(kind=kind).first())
    now = clock.now()
    rows = [
        Notice(
            kind=kind,
            about=about,
            member_id=member_id,
            user_id=user_id,
            title=words.title,
            body=words.body,
            link=link,
            urgent=told.urgent,
            made_by=by,
            created_at=now,
        )
        for member_id, user_id in _recipients(members, users)
    ]
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    fresh = _stored(rows)
    _plan_deliveries(fresh, told)
    return len(fresh)


def _recipients(members: Iterable[Member], users: Iterable[User]) -> Iterator[tuple[int | None, int | None]]:
    """(member id, None) or (None, user id), each person once: an account of a member is told as the member."""
    accounts = {user.pk for user in users}
    of_accounts = dict(Member.objects.filter(user__in=accounts).values_list("user_id", "pk")) if accounts else {}
    wanted = {member.pk for member in members if member.state == Member.State.ACTIVE}
    wanted |= set(of_accounts.values())
    for pk in sorted(wanted):
        yield pk, None
    for pk in sorted(accounts - of_accounts.keys()):
        yield None, pk


def _stored(rows: list[Notice]) -> list[Notice]:
    """The rows that were new: their own key is in the database."""
    found: list[Notice] = []
    related = ("member__unit", "member__user__notice_preference", "user__notice_preference")
    for start in range(0, len(rows), BATCH):
        keys = [row.uuid for row in rows[start : start + BATCH]]
        found += Notice.objects.filter(uuid__in=keys).select_related(*related).order_by("pk")
    return found


# -- over which channels ---------------------------------------------------------------------


def _plan_deliveries(notices: list[Notice], kind: Kind) -> None:
    """A delivery for each channel that reaches the person; it goes out when it is due, not now."""
    channels = list(Channel.objects.filter(active=True).select_related("unit")) if notices else []
    if not channels:
        return
    due = allowed_from(kind.urgent)
    if not kind.urgent:
        due = rules.allowed_at(due + settings.NOTICES["gather"], quiet_hours(), urgent=False)
    rows = [
        Delivery(notice=notice, channel=channel, to=_to(notice, channel), due_at=due)
        for notice in notices
        for channel in channels
        if _reaches(channel, notice, kind)
    ]
    Delivery.objects.bulk_create(rows, batch_size=BATCH)


def _to(notice: Notice, channel: Channel) -> str:
    """What makes one message of several deliveries: the person; in a group the event."""
    if channel.is_group:
        return f"{notice.kind}|{notice.about}"[:260]
    return f"member:{notice.member_id}" if notice.member_id else f"user:{notice.user_id}"


def _reaches(channel: Channel, notice: Notice, kind: Kind) -> bool:
    wish = wish_of(notice)
    if channel.kind == Channel.Kind.EMAIL:
        return wish.by_email and bool(email_of(notice))
    if channel.kind == Channel.Kind.SMS:
        return wish.by_sms and bool(mobile_of(notice))
    member = notice.member
    return (
        kind.group
        and wish.by_group
        and member is not None
        and channel.unit is not None
        and channel.unit.covers(member.unit)
    )


def wish_of(notice: Notice) -> Preference:
    """How the recipient wants to be told."""
    account = _account(notice)
    return getattr(account, "notice_preference", UNASKED)


def _account(notice: Notice) -> User | None:
    return notice.member.user if notice.member is not None else notice.user


def email_of(notice: Notice) -> str:
    """Where e-mail reaches the recipient, empty for nowhere."""
    account = _account(notice)
    return account.email if account is not None and account.is_active else ""


def mobile_of(notice: Notice) -> str:
    """The number that a text message reaches: a member's mobile, empty for none."""
    return notice.member.mobile if notice.member is not None else ""


# -- the reader ------------------------------------------------------------------------------


def own(user: User) -> QuerySet[Notice]:
    """The notices of a person, as account and as member."""
    member = getattr(user, "member", None)
    mine = Q(user=user) if member is None else Q(user=user) | Q(member=member)
    return Notice.objects.filter(mine)


def mark_read(*, notices: QuerySet[Notice]) -> int:
    """Note that notices were read; the first time counts."""
    return notices.filter(read_at__isnull=True).update(read_at=clock.now())


@transaction.atomic
def tell_by_voice(*, notices: QuerySet[Notice], by: User) -> int:
    """Note that people were told by telephone or in person; the first time counts. Returns how many were new."""
    rows = list(notices.filter(told_at__isnull=True).select_related("member__unit"))
    count = notices.filter(pk__in=[row.pk for row in rows]).update(told_at=clock.now(), told_by=by)
    for row in rows:
        audit.record("notice.told", by=by, on=row, unit=row.member.unit if row.member else None)
    return count


@transaction.atomic
def set_preference(*, user: User, email: str, by_email: bool, by_sms: bool, by_group: bool) -> None:
    """How a person wants to be told, and at which e-mail address."""
    wishes = {"by_email": by_email, "by_sms": by_sms, "by_group": by_group}
    Preference.objects.update_or_create(user=user, defaults=wishes)
    if user.email != email:
        user.email = email
        user.save(update_fields=["email"])
        audit.record("account.email", by=user, on=user)
