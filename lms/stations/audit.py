"""What is recorded as seen in rooms against who was there and what the screen played: for ``audit_hours``.

Read as plain rows, five queries however many viewings; what one stay saw of one playing is worked out once for all who sat
there as long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from courses.models import GroupWatch, PlaySpan
from courses.selectors import OPEN_SPAN, SPAN
from lms.core.bulk import moment, plain
from lms.stations import rules
from lms.stations.models import GroupViewing, Presence, ViewingItem
from lms.stations.rules import Span, Stay, to_ms

Seen = dict[int, set[tuple[int, Span]]]
"""(play session, span) by member."""
OCCASION = "stations.viewing:"


def viewing_ids() -> list[int]:
    """The ids of all viewings, the oldest first."""
    return list(GroupViewing.objects.order_by("pk").values_list("pk", flat=True))


def mismatches(ids: Sequence[int] | None = None) -> Iterator[str]:
    """Where what is recorded of some viewings (all) differs from presence ∩ playing: one line a viewing and member."""
    ids = viewing_ids() if ids is None else ids
    due, recorded = _due(ids), _recorded(ids)
    for viewing_id in ids:
        expected, stands = due.get(viewing_id, {}), recorded.get(viewing_id, {})
        for member_id in sorted(stands.keys() | expected.keys()):
            if stands.get(member_id) != expected.get(member_id):
                where = f"{OCCASION}{viewing_id} member {member_id}"
                yield f"{where}: what is recorded is not what ran while he was there"


def without_viewing() -> Iterator[str]:
    """Occasions under which something is recorded as seen though there is no such viewing."""
    known = {f"{OCCASION}{pk}" for pk in viewing_ids()}
    standing = GroupWatch.objects.filter(withdrawn_at__isnull=True).order_by()
    for occasion in standing.values_list("occasion", flat=True).distinct():
        if occasion not in known:
            yield f"{occasion} is recorded as seen, but there is no such viewing"


class _Playing(NamedTuple):
    """What the screen played in one session of a viewing."""

    session_id: int
    spans: list[Span]


def _due(ids: Sequence[int]) -> dict[int, Seen]:
    """What each member saw in each viewing that is over."""
    over = GroupViewing.objects.filter(pk__in=ids).exclude(state=GroupViewing.State.OPEN)
    ends = {pk: to_ms(closed) for pk, closed in over.values_list("pk", "closed_at") if closed is not None}
    stays, playings = _stays(ends), _playings(ids)
    found: dict[int, Seen] = {}
    for viewing_id in ends:
        seen: Seen = defaultdict(set)
        for playing in playings.get(viewing_id, []):
            known: dict[tuple[Stay, ...], set[tuple[int, Span]]] = {}
            for member_id, own in stays.get(viewing_id, {}).items():
                there = tuple(own)
                if there not in known:
                    parts = rules.seen_during(playing.spans, there)
                    known[there] = {(playing.session_id, part) for part in parts}
                if known[there]:
                    seen[member_id] |= known[there]
        found[viewing_id] = dict(seen)
    return found


def _stays(ends: dict[int, int]) -> dict[int, dict[int, list[Stay]]]:
    """Standing stays by viewing and member; an open end is the viewing's own."""
    found: dict[int, dict[int, list[Stay]]] = defaultdict(lambda: defaultdict(list))
    rows = Presence.objects.standing().filter(viewing__in=ends).order_by("pk")
    columns = ("viewing_id", "member_id", plain("joined_at"), plain("left_at"))
    for viewing_id, member_id, joined_at, left_at in rows.values_list(*columns).iterator():
        joined, left = moment(joined_at), moment(left_at)
        if joined is not None:
            found[viewing_id][member_id].append((to_ms(joined), to_ms(left) if left else ends[viewing_id]))
    return found


def _playings(ids: Sequence[int]) -> dict[int, list[_Playing]]:
    """What ran in each viewing: the closed spans of its sessions and the one that was open."""
    found: dict[int, list[_Playing]] = defaultdict(list)
    of_session: dict[int, _Playing] = {}
    items = ViewingItem.objects.filter(viewing__in=ids).order_by("pk")
    open_span = [f"play_session__{name}" for name in OPEN_SPAN]
    for row in items.values_list("viewing_id", "play_session_id", *open_span).iterator():
        viewing_id, session_id, start, end, wall, beat, allowance = row
        playing = of_session[session_id] = _Playing(session_id, [])
        found[viewing_id].append(playing)
        if end > start:
            playing.spans.append(Span(start, end, wall, beat - allowance))
    spans = PlaySpan.objects.filter(session__viewing_item__viewing__in=ids).order_by()
    for session_id, *values in spans.values_list("session_id", *SPAN).iterator():
        if session_id in of_session:
            of_session[session_id].spans.append(Span(*values))
    return found


def _recorded(ids: Sequence[int]) -> dict[int, Seen]:
    """What stands with the courses, by viewing."""
    viewing_of = {f"{OCCASION}{pk}": pk for pk in ids}
    found: dict[int, Seen] = defaultdict(lambda: defaultdict(set))
    rows = GroupWatch.objects.filter(occasion__in=viewing_of, withdrawn_at__isnull=True).order_by()
    for occasion, member_id, session_id, *values in rows.values_list(
        "occasion", "member_id", "session_id", *SPAN
    ).iterator():
        found[viewing_of[occasion]][member_id].add((session_id, Span(*values)))
    return found
