"""Carrying notices out of the site: what is due becomes messages, each message is attempted until it is sent or parked.

Any number of workers may run this at once. Composing is guarded by the channel's row; an attempt belongs to who moved the
message from ``waiting`` to ``sending`` in one conditional update, and its end is recorded only under that attempt's token.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterable
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from lms.core import clock
from lms.members import audit
from lms.members.models import User
from lms.notices import channels, rules
from lms.notices.models import Channel, Delivery, Message
from lms.notices.services import email_of, mobile_of, quiet_hours

BATCH = 100
MOST_MENTIONED = 100
LEASE = dt.timedelta(minutes=10)
"""Longer than any task may run (300 s): who still holds a message after it is dead."""
BUDGET = 200
"""Seconds of one run; what is left waits for the next."""
State = Message.State


def drain() -> int:
    """Send what may go out now; returns how many messages were sent."""
    deadline = time.monotonic() + BUDGET
    recover()
    compose()
    sent = 0
    waiting = Message.objects.filter(state=State.WAITING, next_try__lte=clock.now(), channel__active=True)
    for pk in list(waiting.order_by("next_try", "pk").values_list("pk", flat=True)[: BATCH * 5]):
        if time.monotonic() > deadline:
            break
        sent += attempt(pk)
    return sent


# -- composing -------------------------------------------------------------------------------


def compose() -> int:
    """Make messages of the deliveries that are due; returns how many."""
    return sum(_compose(pk) for pk in Channel.objects.filter(active=True).values_list("pk", flat=True))


@transaction.atomic
def _compose(channel_id: int) -> int:
    """The channel's row is the lock: two workers never put one delivery into two messages.

    What is about to be due goes along with what is due, so that a person gets one message instead of two.
    """
    channel = Channel.objects.select_for_update().get(pk=channel_id)
    now = clock.now()
    open_rows = Delivery.objects.filter(channel=channel, message__isnull=True)
    due = open_rows.filter(due_at__lte=now).order_by("to").values_list("to", flat=True).distinct()[:BATCH]
    soon = open_rows.filter(to__in=list(due), due_at__lte=now + settings.NOTICES["gather"])
    rows = soon.select_related("notice__member__user", "notice__user").order_by("to", "pk")
    made = 0
    for to, group in groupby(rows, key=lambda row: row.to):
        _make(channel, to, list(group))
        made += 1
    return made


def _make(channel: Channel, to: str, rows: list[Delivery]) -> None:
    title, text = _in_group(rows) if channel.is_group else _to_person(rows)
    urgent = any(row.notice.urgent for row in rows)
    now = clock.now()
    message = Message.objects.create(
        channel=channel,
        to=to,
        address=_address(channel, rows),
        title=title[:200],
        text=text,
        urgent=urgent,
        created_at=now,
        next_try=rules.allowed_at(timezone.localtime(now), quiet_hours(), urgent=urgent),
    )
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(message=message)


def _address(channel: Channel, rows: list[Delivery]) -> str:
    if channel.kind == Channel.Kind.EMAIL:
        return email_of(rows[0].notice)
    if channel.kind == Channel.Kind.SMS:
        return mobile_of(rows[0].notice)
    mobiles = [mobile for row in rows if (mobile := mobile_of(row.notice))]
    return ",".join(dict.fromkeys(mobiles[:MOST_MENTIONED]))


def _to_person(rows: list[Delivery]) -> tuple[str, str]:
    """(title, text): one notice as it is, several as a numbered list; where to read on in the site."""
    with translation.override(settings.LANGUAGE_CODE):
        if len(rows) == 1:
            notice = rows[0].notice
            return notice.title, _joined([notice.body, _site(notice.link)])
        title = _("您有 %(n)s 条新通知") % {"n": len(rows)}
        items = [_joined([f"{n}. {row.notice.title}", row.notice.body]) for n, row in enumerate(rows, start=1)]
        return title, _joined([*items, _site("/notices/")])


def _in_group(rows: list[Delivery]) -> tuple[str, str]:
    """A group hears of an event once, without names; those concerned are mentioned."""
    notice = rows[0].notice
    return notice.title, _joined([notice.body, _site(notice.link)])


def _site(link: str) -> str:
    return f"{settings.WAGTAILADMIN_BASE_URL.rstrip('/')}{link}" if link else ""


def _joined(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)


# -- attempts --------------------------------------------------------------------------------


def claim(pk: int) -> Message | None:
    """Begin an attempt: counted and fenced before anything leaves. None when another worker has it or it is not due."""
    now = clock.now()
    token = uuid.uuid4()
    mine = Message.objects.filter(pk=pk, state=State.WAITING, next_try__lte=now).update(
        state=State.SENDING, attempts=F("attempts") + 1, token=token, lease_until=now + LEASE
    )
    return Message.objects.select_related("channel").get(pk=pk, token=token) if mine else None


def attempt(pk: int) -> bool:
    """One attempt at one message; whether it was sent."""
    message = claim(pk)
    if message is None:
        return False
    later = rules.allowed_at(timezone.localtime(clock.now()), quiet_hours(), urgent=message.urgent)
    if later > clock.now():
        _record(message, state=State.WAITING, next_try=later, attempts=message.attempts - 1)
        return False
    try:
        number = channels.send(message.channel, message)
    except channels.RefusedError as error:
        _record(message, state=State.PARKED, last_error=str(error)[:200])
    except channels.NotTakenError as error:
        _postpone(message, str(error), uncertain=message.uncertain)
    except channels.UnsureError as error:
        _unsure(message, str(error))
    else:
        return _record(message, state=State.SENT, sent_at=clock.now(), external_id=number, last_error="")
    return False


def _record(message: Message, **facts: object) -> bool:
    """Write how an attempt ended, if the attempt is still ours: a worker that overslept its lease changes nothing."""
    ours = Message.objects.filter(pk=message.pk, state=State.SENDING, token=message.token)
    return bool(ours.update(token=None, lease_until=None, **facts))


def _postpone(message: Message, error: str, *, uncertain: bool) -> None:
    pause = rules.pause_after(message.attempts)
    if pause is None:
        _record(message, state=State.PARKED, last_error=error[:200], uncertain=uncertain)
        return
    again = rules.allowed_at(timezone.localtime(clock.now() + pause), quiet_hours(), urgent=message.urgent)
    _record(message, state=State.WAITING, next_try=again, last_error=error[:200], uncertain=uncertain)


def _unsure(message: Message, error: str) -> None:
    """It may have arrived: once it goes out again, marked; the second time a person decides."""
    if message.uncertain:
        _record(message, state=State.PARKED, last_error=error[:200])
    else:
        _postpone(message, error, uncertain=True)


def recover() -> int:
    """Attempts whose worker died: out once more, marked as possibly doubled; parked when that happened before."""
    dead = Message.objects.filter(state=State.SENDING, lease_until__lt=clock.now())
    facts = {"token": None, "lease_until": None, "last_error": "worker died"}
    spent = Q(uncertain=True) | Q(attempts__gte=rules.MOST_ATTEMPTS)
    parked = dead.filter(spent).update(state=State.PARKED, uncertain=True, **facts)
    return parked + dead.exclude(spent).update(state=State.WAITING, uncertain=True, next_try=clock.now(), **facts)


# -- the administrator -----------------------------------------------------------------------


@transaction.atomic
def retry(*, message: Message, by: User) -> bool:
    """Send a parked message after all, with the same key and four new attempts; False when it is not parked any more.

    One that may have arrived stays marked so.
    """
    parked = Message.objects.filter(pk=message.pk, state=State.PARKED)
    done = parked.update(state=State.WAITING, attempts=0, next_try=clock.now())
    if done:
        audit.record("notice.retry", by=by, on=message, channel=message.channel.kind)
    return bool(done)
