"""The chain of seals over the ledger: one link a day of posting, each carrying the digest of the one before.

A line that is changed, deleted, slipped in or given another time after its day was sealed no longer gives the digest that
was stored; a seal that is changed or taken out breaks the one after it. Who can write to the database could make the whole
chain anew: that is why its head can be printed and sent upward, and checked later (``verify``).

How membership, lateness and locks were decided: docs/decisions/0011-ledger-seals.md.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate

from lms.core import clock
from lms.core.bulk import PlainTime, PlainUUID, plain
from lms.hours.models import HourEntry, LedgerSeal
from lms.hours.violation import Violation

MARGIN = dt.timedelta(hours=1)
"""How long a day is over before it is sealed, and by how much a line may be younger or older than its neighbours."""
GENESIS = "0" * 64
"""What the first seal has before it."""
FORM = 1
COLUMNS: dict[str, Any] = {
    "id": "id",
    "uuid": PlainUUID("uuid"),
    "source": "source",
    "sequence": "sequence",
    "member_id": "member_id",
    "unit_id": "unit_id",
    "unit_name": "unit_name",
    "earned_on": PlainTime("earned_on"),
    "hours": plain("hours"),
    "category": "category",
    "mode": "mode",
    "title": "title",
    "occasion": "occasion",
    "rule": "rule",
    "note": "note",
    "posted_by_id": "posted_by_id",
    "posted_at": PlainTime("posted_at"),
}
"""Form 1 of a line's bytes: a row of CSV in this order (UTF-8, \\n), hours in hundredths, times in UTC, nobody as empty."""
READ_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Content:
    """The lines of a range of ids: how many, the SHA-256 of their bytes, when the first and the last were posted."""

    lines: int
    digest: str
    earliest: dt.datetime | None
    latest: dt.datetime | None


# -- bytes and digests ------------------------------------------------------------------


def rows_between(after_id: int, last_id: int | None) -> Iterator[Sequence[Any]]:
    """The lines of a range of ids, values in the order of ``COLUMNS``, by id; no end means up to the present."""
    rows = HourEntry.objects.filter(pk__gt=after_id)
    if last_id is not None:
        rows = rows.filter(pk__lte=last_id)
    values = rows.order_by("pk").values_list(*COLUMNS.values()).iterator(READ_AT_ONCE)
    if connection.vendor == "sqlite":
        return values
    return ((*row[:-1], row[-1].replace(tzinfo=None)) for row in values)


def text_of(rows: Iterable[Sequence[object]]) -> str:
    """Lines as they are sealed: ``sha256sum`` of this text gives the seal's content."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def content_between(after_id: int, last_id: int | None) -> Content:
    """Read and digest the lines of a range of ids."""
    return _digested(rows_between(after_id, last_id))


def _digested(rows: Iterator[Sequence[Any]]) -> Content:
    digest, lines, edges = hashlib.sha256(), 0, list[Any]()
    while chunk := list(islice(rows, READ_AT_ONCE)):
        digest.update(text_of(chunk).encode())
        lines += len(chunk)
        times = [row[-1] for row in chunk]
        edges = [min([*times, *edges]), max([*times, *edges])]
    earliest, latest = map(_moment, edges) if edges else (None, None)
    return Content(lines, digest.hexdigest(), earliest, latest)


def _moment(value: dt.datetime | str) -> dt.datetime:
    """A time of posting as it is sealed, made a moment again."""
    return dt.datetime.fromisoformat(str(value)).replace(tzinfo=dt.UTC)


def link(previous: str, day: dt.date, last_id: int, content: Content) -> str:
    """The digest of a seal: SHA-256 over the digest before it and all that the seal says."""
    told = (previous, day.isoformat(), last_id, content.lines, content.digest, FORM)
    return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()


def short(digest: str) -> str:
    """The first half of a digest's first half in groups, for reading aloud: ``3f2a 91bc 77d0 1e5f``."""
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4))


def day_end(day: dt.date) -> dt.datetime:
    """The first moment after a day of the county."""
    return clock.day_start(day + dt.timedelta(days=1))


# -- sealing -----------------------------------------------------------------------------


def head() -> LedgerSeal | None:
    """The latest seal."""
    return LedgerSeal.objects.order_by("-day").first()


def head_record() -> dict[str, Any]:
    """The head as it is printed and sent upward: ``day``, ``digest`` (and ``short``), and how many lines stand under it."""
    last = head()
    if last is None:
        return {"day": None, "digest": "", "short": "", "days": 0, "lines": 0, "sealed_at": None}
    sums = LedgerSeal.objects.aggregate(days=Count("pk"), lines=Sum("lines"))
    return {
        "day": last.day.isoformat(),
        "digest": last.digest,
        "short": short(last.digest),
        **sums,
        "sealed_at": last.sealed_at.isoformat(),
    }


def seal_finished_days() -> list[LedgerSeal]:
    """Seal every day that has been over for ``MARGIN`` and has lines; returns the new seals, none when all are sealed.

    The ledger is locked only while the ends of the ranges are read; the lines up to there can no longer change.
    """
    last = head()
    made: list[LedgerSeal] = []
    previous, after_id = (last.digest, last.last_id) if last else (GENESIS, 0)
    for day, last_id in _ends(after_id, last.day if last else None):
        content = content_between(after_id, last_id)
        digest = link(previous, day, last_id, content)
        made.append(
            LedgerSeal(
                day=day,
                last_id=last_id,
                lines=content.lines,
                content=content.digest,
                digest=digest,
                form=FORM,
                sealed_at=clock.now(),
            )
        )
        previous, after_id = digest, last_id
    try:
        with transaction.atomic():
            LedgerSeal.objects.bulk_create(made)
    except IntegrityError:  # somebody sealed the same days at this moment: theirs stand
        return []
    return made


def _ends(after_id: int, sealed: dt.date | None) -> list[tuple[dt.date, int]]:
    """(day, last id) of each range to seal, in order.

    A day reaches to the last line posted before its end. Lines of lower id go with it whatever time they carry, so that one
    line with the time of a clock gone wrong cannot keep later days open.
    """
    until = clock.local_date(clock.now() - MARGIN)
    with transaction.atomic():
        _wait_for_posts()
        rows = HourEntry.objects.filter(pk__gt=after_id, posted_at__lt=clock.day_start(until)).order_by()
        reached = dict(rows.values_list(TruncDate("posted_at")).annotate(last=Max("pk")))
    ends: list[tuple[dt.date, int]] = []
    for posted, last_id in sorted(reached.items()):
        # What was posted late, with a time of a day that is sealed already, belongs to the next day that is open.
        day = posted if sealed is None else max(posted, sealed + dt.timedelta(days=1))
        if last_id <= after_id or day >= until:
            continue
        if ends and ends[-1][0] == day:
            ends[-1] = (day, last_id)
        else:
            ends.append((day, last_id))
        after_id = last_id
    return ends


def _wait_for_posts() -> None:
    """Wait until no post is under way: every id given out so far is then committed or lost, none can turn up later.

    SQLite has one writer, and this transaction is it (BEGIN IMMEDIATE).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE hours_hourentry IN SHARE MODE")


# -- checking ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A stored seal with what must come before it. Plain values, so that it travels to another process."""

    day: dt.date
    after_id: int
    last_id: int
    content: Content
    digest: str
    previous: str
    previous_day: dt.date | None


def links() -> list[Link]:
    """The chain, the first day first."""
    found: list[Link] = []
    for seal in LedgerSeal.objects.order_by("day"):
        before = found[-1] if found else None
        found.append(
            Link(
                day=seal.day,
                after_id=before.last_id if before else 0,
                last_id=seal.last_id,
                content=Content(seal.lines, seal.content, None, None),
                digest=seal.digest,
                previous=before.digest if before else GENESIS,
                previous_day=before.day if before else None,
            )
        )
    return found


def link_violations(*stretch: Link) -> Iterator[Violation]:
    """Whether the lines of sealed days are still those that were sealed, and each seal still hangs on the one before.

    ``stretch``: links that follow each other; their lines are read at once.
    """
    for one, found in zip(stretch, _contents(stretch), strict=True):
        yield from _of_link(one, found)


def _contents(stretch: Sequence[Link]) -> list[Content]:
    """What the ledger holds today in the range of each link."""
    ends = [one.last_id for one in stretch]
    if any(one.last_id <= one.after_id for one in stretch):  # somebody has been at the ranges: each by itself
        return [content_between(one.after_id, one.last_id) for one in stretch]
    found = [_digested(iter(()))] * len(stretch)
    if stretch:
        rows = rows_between(stretch[0].after_id, ends[-1])
        for place, lines in groupby(rows, key=lambda row: bisect_left(ends, row[0])):
            found[place] = _digested(lines)
    return found


def _of_link(one: Link, found: Content) -> Iterator[Violation]:
    where = one.day.isoformat()
    if (found.lines, found.digest) != (one.content.lines, one.content.digest):
        detail = f"{found.lines} lines are not the {one.content.lines} that were sealed"
        yield Violation("seal", None, where, detail)
    if one.digest != link(one.previous, one.day, one.last_id, one.content):
        yield Violation("chain", None, where, "the seal does not follow from the one before it")
    yield from _time_violations(where, found, one.previous_day, day_end(one.day))


def tail_violations() -> Iterator[Violation]:
    """Whether the lines that are not sealed yet were posted after those that are, and not in the future."""
    last = head()
    tail = content_between(last.last_id if last else 0, None)
    yield from _time_violations("unsealed", tail, last.day if last else None, clock.now())


def _time_violations(where: str, found: Content, after: dt.date | None, before: dt.datetime) -> Iterator[Violation]:
    """A line cannot be posted earlier than lines that were sealed before it, nor later than its own seal."""
    if after is not None and found.earliest is not None and found.earliest < day_end(after) - MARGIN:
        yield Violation("posted-at", None, where, f"posted {found.earliest:%Y-%m-%d %H:%M}, though {after} was sealed")
    if found.latest is not None and found.latest > before + MARGIN:
        yield Violation("posted-at", None, where, f"posted {found.latest:%Y-%m-%d %H:%M}, later than it can be")


# -- heads that were sent upward -----------------------------------------------------------

HEAD = re.compile(r"(?:(\d{4}-\d{2}-\d{2}):)?([0-9a-f]{16,64})")


def parse_head(text: str) -> tuple[dt.date | None, str]:
    """``2026-11-21:3f2a91bc77d01e5f…``, with or without the day, the digest in groups or not. Raises ValueError."""
    match = HEAD.fullmatch("".join(text.lower().split()))
    if match is None:
        raise ValueError(f"not a head: {text}")
    day, digest = match.groups()
    return (dt.date.fromisoformat(day) if day else None), digest


def verify(text: str) -> list[Violation]:
    """Whether the ledger still holds what stood under an earlier head; nothing when it does. Raises ValueError."""
    day, digest = parse_head(text)
    chain = links()
    found = next((one for one in chain if one.digest.startswith(digest) and day in (None, one.day)), None)
    if found is None:
        return [Violation("chain", None, day.isoformat() if day else "", f"no seal has the digest {short(digest)}")]
    upto = chain[: chain.index(found) + 1]
    return list(link_violations(*upto))
