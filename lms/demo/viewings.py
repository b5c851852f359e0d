"""Group viewings at the stations and lessons watched alone: the evidence, from which the courses settle the hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from courses import services as watching
from courses.models import GroupWatch, LessonPage, PlaySession, PlaySpan
from lms.core import clock
from lms.core.inserts import insert
from lms.demo.geography import County
from lms.demo.people import Cast, Population, age_in
from lms.members.models import Member
from lms.stations.models import GroupViewing, Presence, Station, ViewingItem
from lms.stations.rules import to_ms

Report = Callable[[], None]
BATCH = 1000
DISCUSSIONS = (
    "大家结合自家果园谈了修剪和施肥的做法，约定周末到示范户地里看一看。",
    "围绕纪律要求逐条对照，老党员讲了过去办红白喜事的教训。",
    "讨论了水稻晒田的时间，认为要看苗、看田、看天，不能一刀切。",
    "对村务公开栏提出两条建议，由支委会研究后答复。",
)
FEEDBACK = (
    "希望多安排本地师傅讲的课。",
    "字大一些更好，讲慢一点。",
    "想听一课防治病虫害的。",
    "内容实用，建议雨天再放一次。",
)


@dataclass(slots=True)
class Evidence:
    """Rows to insert together, in the order in which they refer to each other."""

    viewings: list[GroupViewing] = field(default_factory=list)
    plays: list[PlaySession] = field(default_factory=list)
    spans: list[PlaySpan] = field(default_factory=list)
    items: list[ViewingItem] = field(default_factory=list)
    presences: list[Presence] = field(default_factory=list)
    seen: list[tuple[GroupViewing, GroupWatch]] = field(default_factory=list)

    def write(self) -> set[int]:
        """Insert; returns the ids of the members who saw something."""
        GroupViewing.objects.bulk_create(self.viewings, batch_size=BATCH)
        PlaySession.objects.bulk_create(self.plays, batch_size=BATCH)
        for viewing, row in self.seen:
            row.occasion = viewing.occasion
        insert(self.spans)
        insert(self.items)
        insert(self.presences)
        insert([row for _viewing, row in self.seen])
        own = {play.member_id for play in self.plays if play.member_id is not None}
        return own | {row.member_id for _viewing, row in self.seen}


def live_through(county: County, people: Population, lessons: list[LessonPage], random: Random, told: Report) -> None:
    """This year's viewings at every station and own watching; the courses settle the whole year at once."""
    today = clock.today()
    evidence = Evidence()
    for month in range(1, today.month + 1):
        for number, station in enumerate(county.stations):
            _month(evidence, station, people, lessons[(number + month * 2) % len(lessons) :] + lessons, random, month)
        _alone(evidence, people, lessons, random, month)
        told()
    watching.settle(member_ids=evidence.write(), by=None)


def _month(
    evidence: Evidence, station: Station, people: Population, lessons: list[LessonPage], random: Random, month: int
) -> None:
    """Two viewings in the month at most stations, one or none at some."""
    held = random.choices((0, 1, 2), (4, 14, 82))[0]
    for index in range(held):
        day = dt.date(clock.today().year, month, random.randint(1, 13) + 14 * index)
        opened = clock.day_start(day) + dt.timedelta(hours=19, minutes=random.randint(0, 40))
        if opened + dt.timedelta(hours=2) < clock.now():
            _viewing(evidence, station, lessons[index], opened, people, random)


def _viewing(
    evidence: Evidence,
    station: Station,
    lesson: LessonPage,
    opened: dt.datetime,
    people: Population,
    random: Random,
) -> None:
    at_home = [member for member in people.by_branch[station.unit_id] if not member.away]
    here = [member for member in at_home if random.random() < people.diligence[member.pk] * 0.5]
    if not here:
        return
    closed = opened + dt.timedelta(minutes=45)
    viewing = GroupViewing(
        station=station,
        title=lesson.title,
        opened_at=opened,
        closed_at=closed,
        state=GroupViewing.State.CLOSED,
        host=here[0].name,
        recorder=here[-1].name,
        due=len(at_home),
        villagers=random.choice((0, 0, 2, 3, 5, 8)),
        discussion=random.choice(DISCUSSIONS),
        feedback=random.choice(FEEDBACK),
        application="会后到示范户现场看，三户报名试种。" if random.random() < 0.3 else "",
    )
    play = _play(lesson, to_ms(opened) + 300_000, None)
    evidence.viewings.append(viewing)
    evidence.plays.append(play)
    evidence.items.append(ViewingItem(viewing=viewing, play_session=play))
    span = _span(play, play.duration_ms)
    evidence.spans.append(span)
    for member in here:
        evidence.presences.append(Presence(viewing=viewing, member=member, joined_at=opened, marked_at=opened))
        evidence.seen.append((viewing, _seen(member, play, span)))


def _play(lesson: LessonPage, begun: int, member: Member | None) -> PlaySession:
    """A playing from the beginning to the end that took as long as the video is."""
    duration, course = length_of(lesson), lesson.course
    return PlaySession(
        member=member,
        lesson=lesson,
        revision_id=lesson.live_revision_id,
        title=lesson.title,
        course_id=course.pk,
        category=course.category,
        duration_ms=duration,
        needed_ms=lesson.needed_ms,
        started_ms=begun,
        beat_ms=begun + duration,
        sequence=1,
        span_from_ms=duration,
        span_to_ms=duration,
        span_wall_ms=begun,
        ended_ms=begun + duration,
    )


def length_of(lesson: LessonPage) -> int:
    """The length of a lesson's video in milliseconds; every demo lesson has one."""
    return lesson.media.duration_ms if lesson.media else 0


def _span(play: PlaySession, duration: int) -> PlaySpan:
    return PlaySpan(
        session=play,
        number=1,
        from_ms=0,
        to_ms=duration,
        wall_from_ms=play.started_ms,
        wall_to_ms=play.started_ms + duration,
    )


def _seen(member: Member, play: PlaySession, span: PlaySpan) -> GroupWatch:
    return GroupWatch(
        member=member,
        session=play,
        title=play.title,
        from_ms=span.from_ms,
        to_ms=span.to_ms,
        wall_from_ms=span.wall_from_ms,
        wall_to_ms=span.wall_to_ms,
    )


def _alone(evidence: Evidence, people: Population, lessons: list[LessonPage], random: Random, month: int) -> None:
    """Own watching on the phone: the younger, and those who live away."""
    year = clock.today().year
    for member in people.everybody:
        keen = 0.75 if member.away else max(0.0, (75 - age_in(member, year)) / 90)
        if random.random() > keen * people.diligence[member.pk]:
            continue
        day = dt.date(year, month, random.randint(1, 28))
        begun = to_ms(
            clock.day_start(day) + dt.timedelta(hours=random.choice((7, 12, 20)), minutes=random.randint(0, 50))
        )
        for lesson in random.sample(lessons, min(len(lessons), random.randint(1, 2))):
            if begun + 3_600_000 < clock.now_ms():
                play = _play(lesson, begun, member)
                evidence.plays.append(play)
                evidence.spans.append(_span(play, play.duration_ms))
            begun += length_of(lesson) + 60_000


def begin_a_lesson(lesson: LessonPage, cast: Cast) -> None:
    """The demo's member has begun a lesson yesterday and not finished it: there is something to resume."""
    begun = clock.now_ms() - 24 * 3_600_000
    play = _play(lesson, begun, cast.member)
    part = play.duration_ms * 2 // 5
    play.beat_ms = play.ended_ms = begun + part
    play.span_from_ms = play.span_to_ms = part
    play.save()
    _span(play, part).save()
    watching.settle(member_ids=[cast.member.pk], by=cast.member.user)
