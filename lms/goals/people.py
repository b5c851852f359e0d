"""The facts that decide whom a goal binds, of many members at once: roster, offices, exemptions, of now or as they were known."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from lms.goals.audience import Person
from lms.goals.models import Exemption
from lms.goals.rules import Span
from lms.members import history
from lms.members.models import Member, Post

FACTS = ("unit_id", "category", "cadre_rank", "joined_on", "confirmed_on")


def present(
    member_ids: Sequence[int], known_on: dt.datetime | None = None, roster_on: dt.datetime | None = None
) -> dict[int, Person]:
    """``{member id: facts}`` of the members whose party life is here and now, in three queries.

    ``known_on``: by what was recorded before a moment; the roster by ``roster_on`` where that is another moment.
    """
    rows = _roster(member_ids, roster_on or known_on)
    offices, exemptions = _offices(list(rows), known_on), _exemptions(list(rows), known_on)
    return {
        pk: Person(pk, *values, offices=tuple(offices.get(pk, ())), exemptions=tuple(exemptions.get(pk, ())))
        for pk, values in rows.items()
    }


def _roster(
    member_ids: Sequence[int], known_on: dt.datetime | None
) -> dict[int, tuple[int, str, str, dt.date | None, dt.date | None]]:
    if known_on is None:
        rows = Member.objects.filter(pk__in=member_ids).active().values_list("pk", *FACTS)
        return {pk: (unit, category, rank, joined, confirmed) for pk, unit, category, rank, joined, confirmed in rows}
    return {
        pk: (row.unit_id, row.category, row.cadre_rank, row.joined_on, row.confirmed_on)
        for pk, row in history.as_known(member_ids, known_on).items()
        if row.state == Member.State.ACTIVE
    }


def _offices(member_ids: Sequence[int], known_on: dt.datetime | None) -> dict[int, list[tuple[str, Span]]]:
    """All offices ever held; an end that was not known yet is open."""
    rows = Post.objects.filter(member_id__in=member_ids)
    if known_on is not None:
        rows = rows.filter(recorded_at__lt=known_on)
    found: dict[int, list[tuple[str, Span]]] = defaultdict(list)
    values = rows.values_list("member_id", "office", "started_on", "ended_on", "ended_recorded_at")
    for pk, office, started, ended, end_recorded in values:
        unknown = known_on is not None and end_recorded is not None and end_recorded >= known_on
        found[pk].append((office, (started, None if unknown else ended)))
    return found


def _exemptions(member_ids: Sequence[int], known_on: dt.datetime | None) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = defaultdict(list)
    rows = exemptions_known(known_on).filter(member_id__in=member_ids)
    for pk, start, end in rows.values_list("member_id", "starts_on", "ends_on"):
        found[pk].append((start, end))
    return found


def exemptions_known(known_on: dt.datetime | None) -> QuerySet[Exemption]:
    """Approved exemptions that were not withdrawn, now or at an earlier moment."""
    if known_on is None:
        return Exemption.objects.filter(withdrawn_at__isnull=True)
    stood = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=known_on)
    return Exemption.objects.filter(stood, approved_at__lt=known_on)
