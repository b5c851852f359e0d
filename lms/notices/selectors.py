"""Reads of notices: who was told of an event, how, and who could not be reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch

from lms.members.models import Member
from lms.notices.models import Delivery, Message, Notice


@dataclass(frozen=True, slots=True)
class Told:
    """A person and the latest that he was told; None when nothing was."""

    member: Member
    notice: Notice | None

    @property
    def deliveries(self) -> list[Delivery]:
        """The ways outside the site that the notice took."""
        return [] if self.notice is None else list(self.notice.deliveries.all())

    @property
    def reached(self) -> bool:
        """Whether we know that it came to the person himself: read, told by voice, or handed over to e-mail or SMS.

        What was said in a group is not counted: nobody knows who looked.
        """
        if self.notice is None:
            return False
        sent = (one.state == Message.State.SENT and not one.channel.is_group for one in self.deliveries)
        return self.notice.read_at is not None or self.notice.told_at is not None or any(sent)


def told(members: Iterable[Member], about: str) -> list[Told]:
    """For each member the latest notice whose key begins with ``about`` (``training:4711:``), in three queries."""
    people = list(members)
    deliveries = Prefetch("deliveries", queryset=Delivery.objects.select_related("channel", "message").order_by("pk"))
    rows = Notice.objects.filter(about__startswith=about, member__in=people).select_related("told_by")
    latest = {row.member_id: row for row in rows.order_by("created_at", "pk").prefetch_related(deliveries)}
    return [Told(member, latest.get(member.pk)) for member in people]
