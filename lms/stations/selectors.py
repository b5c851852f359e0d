"""Reads of the station: who may use it, who is on its roster, what is in its books, who saw what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from courses import selectors as watching
from courses.models import CoursePage, LessonPage, PlaySession, PlaySpan
from lms.core import clock
from lms.core.hours import ZERO
from lms.hours import totals
from lms.members.models import Member, User
from lms.members.permissions import get_or_404, visible
from lms.stations import rules
from lms.stations.models import GroupViewing, Presence, Station, ViewingItem
from lms.stations.rules import Span, Stay, to_ms

PARTY = (Member.Category.FULL, Member.Category.PROBATIONARY)
# Sessions a month that a station owes (domain §4).
MONTHLY_VIEWINGS = 2


# -- stations -------------------------------------------------------------------------


def stations_of(user: User) -> QuerySet[Station]:
    """The stations that a person may operate, each with ``viewings_this_month``, in order of the tree."""
    month = month_of(clock.today())
    held = Q(viewings__state=GroupViewing.State.CLOSED, viewings__opened_at__gte=month[0])
    return (
        visible(Station.objects.filter(active=True), user, "stations.operate")
        .select_related("unit")
        .annotate(viewings_this_month=Count("viewings", filter=held))
        .order_by("unit__path")
    )


def station_or_404(user: User, code: str) -> Station:
    """The station with this code if the person may operate it."""
    return get_or_404(Station.objects.filter(active=True).select_related("unit"), user, "stations.operate", code=code)


def viewing_or_404(user: User, uuid: object, permission: str = "stations.operate") -> GroupViewing:
    """The viewing if the person may operate its station (or holds another permission over it)."""
    viewings = GroupViewing.objects.select_related("station__unit")
    return get_or_404(viewings, user, permission, uuid=uuid)


def month_of(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The first moments of a day's month and of the next month."""
    first = day.replace(day=1)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    return clock.day_start(first), clock.day_start(following)


def held_in_month(station: Station, day: dt.date) -> int:
    """How many group viewings a station held in a day's month (closed ones in which something ran)."""
    start, end = month_of(day)
    held = station.viewings.filter(state=GroupViewing.State.CLOSED)
    return held.filter(opened_at__gte=start, opened_at__lt=end).count()


def month_so_far(station: Station) -> dict[str, int]:
    """``held`` group viewings this month against the ``target``."""
    return {"held": held_in_month(station, clock.today()), "target": MONTHLY_VIEWINGS}


# -- the room ---------------------------------------------------------------------------


def roster(station: Station) -> QuerySet[Member]:
    """Who can be ticked: active people of the station's branch and its groups, those who live away last."""
    return Member.objects.active().in_unit(station.unit).order_by("away", "sort_key", "code")


def due_count(station: Station) -> int:
    """应到: the party members of the branch who live here. A 流动党员 who comes is welcome, nobody misses him."""
    return roster(station).filter(category__in=PARTY, away=False).count()


def may_be_ticked(viewing: GroupViewing) -> QuerySet[Member]:
    """Whose presence can be corrected: the station's roster, and who was ticked before he left the branch."""
    ticked = Member.objects.filter(presences__viewing=viewing).values("pk")
    return Member.objects.filter(Q(pk__in=roster(viewing.station).order_by().values("pk")) | Q(pk__in=ticked))


def open_viewing(station: Station) -> GroupViewing | None:
    """The viewing that is going on at a station."""
    return station.viewings.filter(state=GroupViewing.State.OPEN).select_related("station__unit").first()


def in_the_room(viewing: GroupViewing) -> list[int]:
    """Ids of the members who are there now."""
    return list(viewing.presences.standing().filter(left_at__isnull=True).values_list("member_id", flat=True))


def present_counts(viewing: GroupViewing) -> dict[str, int]:
    """应到, 实到 (party members and others) and how many are in the room now."""
    standing = viewing.presences.standing()
    counted = standing.aggregate(
        party=Count("member", distinct=True, filter=Q(member__category__in=PARTY)),
        others=Count("member", distinct=True, filter=~Q(member__category__in=PARTY)),
        now=Count("member", distinct=True, filter=Q(left_at__isnull=True)),
    )
    return {"due": viewing.due, **counted}


def played_since(viewing: GroupViewing, moment: dt.datetime) -> bool:
    """Whether something was on the screen after a moment."""
    running = Q(play_session__ended_ms__isnull=True) | Q(play_session__ended_ms__gt=to_ms(moment))
    return viewing.items.filter(running).exists()


def running_item(viewing: GroupViewing) -> ViewingItem | None:
    """What is on the screen."""
    items = viewing.items.select_related("play_session__lesson__media")
    return items.filter(play_session__ended_ms__isnull=True).last()


def title_of(viewing: GroupViewing) -> str:
    """收看内容: the lessons in the order in which they were played, each once."""
    return "、".join(dict.fromkeys(viewing.items.order_by("pk").values_list("play_session__title", flat=True)))


def last_sign_ms(viewing: GroupViewing) -> int:
    """The last sign of life of a viewing: its opening, a beat of the player, a tick of the roll call."""
    beat = viewing.items.aggregate(last=Max("play_session__beat_ms"))["last"] or 0
    tick = viewing.presences.aggregate(last=Max("marked_at"))["last"]
    return max(to_ms(viewing.opened_at), beat, to_ms(tick) if tick else 0)


# -- what can be played -------------------------------------------------------------------


def playable_lessons() -> QuerySet[LessonPage]:
    """Published lessons with a video that runs."""
    return LessonPage.objects.live().filter(media__duration_ms__gt=0)


def courses() -> QuerySet[CoursePage]:
    """Published courses with something to play, each with ``lesson_count`` and ``length_ms``; covers come along."""
    inside = playable_lessons().order_by().filter(path__startswith=OuterRef("path")).values("live")
    counted = Subquery(inside.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    length = Subquery(inside.annotate(ms=Sum("media__duration_ms")).values("ms"), output_field=IntegerField())
    return (
        CoursePage.objects.live()
        .annotate(lesson_count=counted, length_ms=length)
        .filter(lesson_count__gt=0)
        .select_related("cover")
        .prefetch_related("cover__renditions")
        .order_by("path")
    )


def lessons(course: CoursePage, station: Station) -> QuerySet[LessonPage]:
    """The lessons of a course that can be played, in order, each with ``seen_on``: when this station last played it."""
    earlier = GroupViewing.objects.filter(
        station=station, state=GroupViewing.State.CLOSED, items__play_session__lesson=OuterRef("pk")
    ).order_by("-opened_at")
    return (
        playable_lessons()
        .filter(path__startswith=course.path)
        .select_related("media")
        .annotate(seen_on=Subquery(earlier.values("opened_at")[:1]))
        .order_by("path")
    )


# -- the books ------------------------------------------------------------------------------


def book(user: User) -> QuerySet[GroupViewing]:
    """学习收看记录簿 of the stations that a person may read: ended viewings with what the columns need, newest first.

    Each row has ``present_party``, ``present_others`` (people on the roster who are not party members, besides the
    villagers counted by hand) and ``played_ms``.
    """
    here = Presence.objects.standing().filter(viewing=OuterRef("pk")).order_by().values("viewing")
    party = here.filter(member__category__in=PARTY).annotate(n=Count("member", distinct=True)).values("n")
    others = here.exclude(member__category__in=PARTY).annotate(n=Count("member", distinct=True)).values("n")
    spans = PlaySpan.objects.filter(session__viewing_item__viewing=OuterRef("pk")).order_by()
    played = spans.values("session__viewing_item__viewing").annotate(ms=Sum(F("to_ms") - F("from_ms"))).values("ms")
    return (
        visible(GroupViewing.objects.filter(state=GroupViewing.State.CLOSED), user)
        .select_related("station__unit")
        .annotate(
            present_party=_or_zero(party),
            present_others=_or_zero(others),
            played_ms=_or_zero(played),
        )
        .order_by("-opened_at", "-pk")
    )


def _or_zero(counted: QuerySet) -> Coalesce:
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


def readable_stations(user: User) -> QuerySet[Station]:
    """The stations whose books a person may read."""
    return visible(Station.objects.all(), user).select_related("unit").order_by("unit__path")


# -- who saw what -----------------------------------------------------------------------------


def stays_of(viewing: GroupViewing, presences: Iterable[Presence]) -> dict[int, list[Stay]]:
    """Standing stays by member, in milliseconds; an open end is the viewing's own (or now while it runs)."""
    end = to_ms(viewing.closed_at or clock.now())
    found: dict[int, list[Stay]] = defaultdict(list)
    for presence in presences:
        if presence.withdrawn_at is None:
            left = to_ms(presence.left_at) if presence.left_at else end
            found[presence.member_id].append((to_ms(presence.joined_at), left))
    return dict(found)


def played(session: PlaySession) -> list[Span]:
    """What the screen truly played in a session."""
    return [
        Span(span.from_ms, span.to_ms, span.wall_from_ms, span.wall_to_ms) for span in watching.played_spans(session)
    ]


Watches = dict[PlaySession, dict[int, list[Span]]]


def watches(viewing: GroupViewing) -> Watches:
    """For each playing of a viewing: what each member (id) saw of it. Who saw nothing is not in it."""
    items = viewing.items.select_related("play_session").prefetch_related("play_session__spans")
    return _watches(viewing, viewing.presences.standing(), items)


def _watches(viewing: GroupViewing, presences: Iterable[Presence], items: Iterable[ViewingItem]) -> Watches:
    stays = stays_of(viewing, presences)
    found: Watches = {}
    for item in items:
        spans = played(item.play_session)
        seen = {member_id: rules.seen_during(spans, own) for member_id, own in stays.items()}
        found[item.play_session] = {member_id: parts for member_id, parts in seen.items() if parts}
    return found


def seen_ms(found: Watches) -> dict[int, int]:
    """How many different milliseconds each member saw; a lesson played twice counts once."""
    by_lesson: dict[int, dict[int, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for session, seen in found.items():
        for member_id, spans in seen.items():
            by_lesson[member_id][session.lesson_id] += spans
    return {
        member_id: sum(rules.different_ms(spans) for spans in lessons_seen.values())
        for member_id, lessons_seen in by_lesson.items()
    }


@dataclass(frozen=True, slots=True)
class Attended:
    """One person's line under a viewing: his stays, how many different milliseconds he saw, and the 学时 that stand."""

    member: Member
    stays: list[Presence]
    seen_ms: int
    hours: Decimal


def attended(viewing: GroupViewing) -> list[Attended]:
    """Who was there, what each saw and what each was credited, in order of names."""
    by_member: dict[int, list[Presence]] = defaultdict(list)
    for stay in viewing.presences.standing().select_related("member").order_by("joined_at"):
        by_member[stay.member_id].append(stay)
    hours = totals.of_occasion(viewing.occasion, by_member)
    seen = seen_ms(watches(viewing))
    rows = [
        Attended(
            member=stays[0].member,
            stays=stays,
            seen_ms=seen.get(member_id, 0),
            hours=hours.get(member_id, ZERO),
        )
        for member_id, stays in by_member.items()
    ]
    return sorted(rows, key=lambda row: (row.member.sort_key, row.member.code))


def not_present(viewing: GroupViewing) -> QuerySet[Member]:
    """Who is on the roster and has no stay in a viewing."""
    there = viewing.presences.standing().values("member")
    return roster(viewing.station).exclude(pk__in=there)


def played_items(viewing: GroupViewing) -> list[tuple[PlaySession, int]]:
    """The playings of a viewing in order, each with how many different milliseconds ran."""
    items = viewing.items.select_related("play_session")
    return [(item.play_session, rules.different_ms(played(item.play_session))) for item in items]


def whereabouts(viewing: GroupViewing, member: Member) -> dict[str, object]:
    """The first values of a correction: where the record has the member now."""
    stay = viewing.presences.standing().filter(member=member).order_by("joined_at").first()
    if stay is None:
        return {"where": "whole"}
    part = stay.joined_at > viewing.opened_at or stay.left_at is not None
    return {
        "where": "part" if part else "whole",
        "joined": timezone.localtime(stay.joined_at).time(),
        "left": timezone.localtime(stay.left_at).time() if stay.left_at else None,
    }


@dataclass(frozen=True, slots=True)
class ViewingEvidence:
    """What stands behind a line of hours from a group viewing."""

    viewing: GroupViewing
    lesson: PlaySession | None
    stays: list[Presence]
    seen_ms: int


def evidence_of(source: str) -> ViewingEvidence | None:
    """The roll call and the playing behind a ledger source ``stations.viewing:{viewing}:{member}:{lesson}:{day}``, with
    ``:e{edition}`` after it from a lesson's second edition on.

    None for the source of another activity, or one that names nothing.
    """
    parts = source.split(":")
    if parts[0] != "stations.viewing" or len(parts) not in (5, 6) or not all(part.isdigit() for part in parts[1:4]):
        return None
    viewing_id, member_id, lesson_id = (int(part) for part in parts[1:4])
    viewing = GroupViewing.objects.select_related("station__unit").filter(pk=viewing_id).first()
    if viewing is None:
        return None
    edition = parts[5].removeprefix("e") if len(parts) == 6 else "1"
    stays = viewing.presences.standing().filter(member=member_id).order_by("joined_at")
    of_lesson = {
        session: seen
        for session, seen in watches(viewing).items()
        if session.lesson_id == lesson_id and str(session.edition) == edition
    }
    return ViewingEvidence(
        viewing=viewing,
        lesson=next(iter(of_lesson), None),
        stays=list(stays),
        seen_ms=rules.different_ms(part for seen in of_lesson.values() for part in seen.get(member_id, [])),
    )
