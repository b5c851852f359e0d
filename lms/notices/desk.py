"""Writes of the county's desk about notices: channels and wordings."""

from __future__ import annotations

from django.db import transaction

from lms.core.crypto import encrypt
from lms.members import audit
from lms.members.models import User
from lms.notices.channels import host_of
from lms.notices.kinds import KINDS
from lms.notices.models import Channel, Delivery, Message, Wording
from lms.notices.services import default_words


@transaction.atomic
def save_channel(*, channel: Channel, address: str, secret: str, by: User) -> Channel:
    """Store a channel. An empty address or secret leaves the one that is there; neither reaches the audit trail.

    Switching it off drops what still waits on it: a notice of last month must not come out when it is switched on again.
    """
    if address:
        channel.address_sealed, channel.host = encrypt(address), host_of(address)
    if secret:
        channel.secret_sealed = encrypt(secret)
    channel.save()
    dropped = 0 if channel.active else _drop_waiting(channel)
    audit.record(
        "notice.channel",
        by=by,
        on=channel,
        unit=channel.unit,
        name=channel.name,
        host=channel.host,
        active=channel.active,
        new_secret=bool(secret),
        dropped=dropped,
    )
    return channel


def _drop_waiting(channel: Channel) -> int:
    Channel.objects.select_for_update().get(pk=channel.pk)  # nobody composes from it meanwhile
    stopped = Message.objects.filter(channel=channel, state=Message.State.WAITING)
    parked = stopped.update(state=Message.State.PARKED, last_error="switched off")
    return parked + Delivery.objects.filter(channel=channel, message__isnull=True).delete()[0]


@transaction.atomic
def save_wording(*, kind: str, title: str, body: str, by: User) -> Wording | None:
    """The county's wording of a kind; the same as the default, or none at all, takes it back. Raises KeyError: no such kind."""
    default = default_words(KINDS[kind])
    old = Wording.objects.filter(kind=kind).first()
    before = [old.title, old.body] if old else []
    if not title or (title, body) == (default.title, default.body):
        Wording.objects.filter(kind=kind).delete()
        row = None
    else:
        row, _new = Wording.objects.update_or_create(kind=kind, defaults={"title": title, "body": body})
    audit.record("notice.wording", by=by, on=f"notices.wording:{kind}", old=before, new=[title, body] if row else [])
    return row
