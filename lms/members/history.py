"""The roster as it was known: a version of each member for every change of what decides who is counted where.

Services of the roster end with ``enter`` or ``note``; reports as of an earlier day ask ``as_known``. What is not kept here (name, phone,
education …) decides nothing and is read from the member.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from lms.core import clock
from lms.core.inserts import insert
from lms.members.models import Member, MemberVersion, Unit

FACTS = frozenset(("unit_id", "state", "category", "away", "cadre_rank", "joined_on", "confirmed_on", "industry"))
"""What a version keeps under the same names as the member."""

BATCH = 500
PARTY = (Member.Category.FULL, Member.Category.PROBATIONARY)


def enter(members: Sequence[Member]) -> None:
    """Keep the first version of people who were just added, in the same transaction."""
    moment = clock.now()
    rows = (
        {"pk": member.pk, "unit__name": member.unit.name, **{name: getattr(member, name) for name in FACTS}}
        for member in members
    )
    insert([_version(row, moment) for row in rows])


def note(member_ids: Iterable[int]) -> None:
    """Keep what the roster says of some members from now on; who is unchanged gets no row.

    Call it in the transaction of the change, after it is saved: the rows are read again, an object at hand may be stale.
    """
    moment = clock.now()
    for ids in _chunks(member_ids):
        known = as_known(ids)
        rows = Member.objects.filter(pk__in=ids).order_by("pk").values("pk", "unit__name", *FACTS)
        changed = [_version(row, moment) for row in rows if not _same(known.get(row["pk"]), row)]
        MemberVersion.objects.bulk_create(changed, batch_size=BATCH)


def _same(version: MemberVersion | None, row: dict[str, Any]) -> bool:
    return version is not None and all(getattr(version, name) == row[name] for name in FACTS)


def _version(row: dict[str, Any], moment: dt.datetime) -> MemberVersion:
    facts = {name: row[name] for name in FACTS}
    return MemberVersion(member_id=row["pk"], unit_name=row["unit__name"], recorded_at=moment, **facts)


def as_known(member_ids: Sequence[int], known_on: dt.datetime | None = None) -> dict[int, MemberVersion]:
    """``{member id: version}``: what was recorded of each before a moment (by default until now), in one query.

    Who was not on the roster by then is absent.
    """
    rows = MemberVersion.objects.filter(member_id__in=member_ids).order_by("recorded_at", "pk")
    if known_on is not None:
        rows = rows.filter(recorded_at__lt=known_on)
    return {row.member_id: row for row in rows}


def roster(unit: Unit, known_on: dt.datetime) -> dict[int, MemberVersion]:
    """``{member id: version}`` of the people who belonged to a unit or one below it by what was recorded before a moment.

    People of every state and category, in two queries.
    """
    below = set(Unit.objects.filter(path__startswith=unit.path).values_list("pk", flat=True))
    ever = MemberVersion.objects.filter(unit__path__startswith=unit.path, recorded_at__lt=known_on)
    rows = MemberVersion.objects.filter(member_id__in=ever.order_by().values("member_id"), recorded_at__lt=known_on)
    last = {row.member_id: row for row in rows.order_by("recorded_at", "pk").iterator(BATCH)}
    return {member_id: row for member_id, row in last.items() if row.unit_id in below}


def moment_of(day: dt.date, known_on: dt.datetime | None) -> dt.datetime | None:
    """The moment whose roster says who belonged where on a day: its end, or ``known_on`` (None: now) if that is earlier.

    Where the roster was entered only after the day there is no other than that of ``known_on``.
    """
    moment = clock.day_start(day + clock.DAY)
    if moment >= (known_on or clock.now()) or not MemberVersion.objects.filter(recorded_at__lt=moment).exists():
        return known_on
    return moment


def is_bound(version: MemberVersion) -> bool:
    """Whether the yearly hours bind this person (党员教育管理工作条例 art. 20): a present full or probationary member."""
    return version.state == Member.State.ACTIVE and version.category in PARTY


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    iterator = iter(ids)
    while chunk := list(islice(iterator, BATCH)):
        yield chunk
