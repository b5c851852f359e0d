"""Reads of courses and of watching. ``credits`` recomputes from evidence what watching is worth."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Sum, When
from django.db.models.expressions import Combinable

from courses import catalogue, rules
from courses.models import (
    BookPage,
    CoursePage,
    GroupWatch,
    LessonPage,
    LessonProgress,
    LibraryPage,
    PlaySession,
    PlaySpan,
    ReadingPlace,
    ScoAttempt,
    ScormPackage,
    ShelfPage,
)
from lms.core import clock
from lms.core.bulk import plain
from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit
from lms.hours.rules import NORMAL_SPEED, hours_by_clock, hours_by_tier
from lms.members.models import Member

CHUNK = 2000
"""Members whose evidence is in memory at once."""
ROWS_AT_ONCE = 5000
END_MS = 3_000
"""A lesson left so close to its end starts again from the beginning."""


# -- evidence -----------------------------------------------------------------------


def split_by_day(start_ms: int, end_ms: int) -> list[tuple[dt.date, int, int]]:
    """Clock time cut at the county's midnights: (day, from, to) in milliseconds."""
    found = []
    while start_ms < end_ms:
        day, _begin, end = clock.day_around(start_ms // 1000)
        found.append((day, start_ms, min(end_ms, end * 1000)))
        start_ms = min(end_ms, end * 1000)
    return found


def own_occasion(course_id: int) -> str:
    """The occasion of own watching: the course as a whole."""
    return f"courses.course:{course_id}"


def occasion_of(mode: str, lesson: rules.Lesson) -> str:
    """The occasion of what a member learns alone: the course as a whole, or the book."""
    return f"courses.book:{lesson.lesson_id}" if mode == rules.READING else own_occasion(lesson.course_id)


@dataclass(slots=True)
class Evidence:
    """What one member has watched: spans that stand, spans that were withdrawn, the lessons as they were."""

    spans: list[rules.Span]
    withdrawn: list[rules.Span]
    lessons: dict[rules.Study, rules.Lesson]


def played_spans(session: PlaySession) -> list[PlaySpan]:
    """What a session has played, in order: the closed spans that count and, unsaved, the one that is open."""
    rows = list(session.spans.all())
    spans = [span for span in rows if not span.held]
    if session.span_to_ms > session.span_from_ms:
        spans.append(
            PlaySpan(
                session=session,
                number=len(rows) + 1,
                from_ms=session.span_from_ms,
                to_ms=session.span_to_ms,
                wall_from_ms=session.span_wall_ms,
                wall_to_ms=session.stood_ms,
                speed=session.speed,
            )
        )
    return spans


LESSON = ("lesson_id", "course_id", "title", "category", "duration_ms", "needed_ms", "edition")
"""The columns of a play session that make a ``rules.Lesson``, in its order."""
OPEN_SPAN = ("span_from_ms", "span_to_ms", "span_wall_ms", "beat_ms", "allowance_ms")
SPAN = ("from_ms", "to_ms", "wall_from_ms", "wall_to_ms")


def evidence(member_ids: Iterable[int]) -> dict[int, Evidence]:
    """What each of some members has watched, alone and in groups, in three queries."""
    ids = list(member_ids)
    found: dict[int, Evidence] = defaultdict(lambda: Evidence([], [], {}))
    begun: list[tuple[int, int, rules.Lesson]] = []
    _own_spans(ids, found, begun)
    _group_spans(ids, found, begun)
    for _started, member_id, lesson in sorted(begun, key=lambda one: one[0]):
        found[member_id].lessons.setdefault(lesson.study, lesson)
    return dict(found)


def _own_spans(ids: list[int], found: dict[int, Evidence], begun: list[tuple[int, int, rules.Lesson]]) -> None:
    """Own watching and reading: the closed spans and, in the session's row, the one that is open."""
    sessions: dict[int, tuple[list[rules.Span], rules.Lesson, str, str]] = {}
    rows = PlaySession.objects.filter(member_id__in=ids).order_by("pk")
    voided_at: list[str | Combinable] = [plain("voided_at")]
    columns = ["pk", "member_id", "mode", "started_ms", *voided_at, *OPEN_SPAN, "speed", *LESSON]
    for row in rows.values_list(*columns).iterator(ROWS_AT_ONCE):
        pk, member_id, mode, started_ms, voided, start, end, wall, beat, allowance, speed, *values = row
        lesson = rules.Lesson(*values)
        occasion = occasion_of(mode, lesson)
        own = found[member_id]
        kept = own.spans if voided is None else own.withdrawn
        sessions[pk] = (kept, lesson, mode, occasion)
        begun.append((started_ms, member_id, lesson))
        if end > start:
            stood = beat - rules.by_the_clock(allowance, speed)
            kept.append(rules.Span(lesson.lesson_id, mode, occasion, start, end, wall, stood, speed, lesson.edition))
    spans = PlaySpan.objects.filter(session__member_id__in=ids, held=False).order_by()
    for row in spans.values_list("session_id", *SPAN, "speed").iterator(ROWS_AT_ONCE):
        session_id, start, end, wall, wall_to, speed = row
        if session_id in sessions:  # one that began after the sessions were read is left for the next time
            kept, lesson, mode, occasion = sessions[session_id]
            kept.append(rules.Span(lesson.lesson_id, mode, occasion, start, end, wall, wall_to, speed, lesson.edition))


def _group_spans(ids: list[int], found: dict[int, Evidence], begun: list[tuple[int, int, rules.Lesson]]) -> None:
    """What was seen in a room, what a corrected roll call withdrew included."""
    rows = GroupWatch.objects.filter(member_id__in=ids).order_by("pk")
    lesson = [f"session__{name}" for name in LESSON]
    withdrawn_at: list[str | Combinable] = [plain("withdrawn_at")]
    columns = ["member_id", "occasion", *withdrawn_at, *SPAN, "session__started_ms", *lesson]
    for row in rows.values_list(*columns).iterator(ROWS_AT_ONCE):
        member_id, occasion, withdrawn, start, end, wall, wall_to, started, *values = row
        seen = rules.Lesson(*values)
        own = found[member_id]
        kept = own.spans if withdrawn is None else own.withdrawn
        kept.append(rules.Span(seen.lesson_id, rules.GROUP, occasion, start, end, wall, wall_to, edition=seen.edition))
        begun.append((started, member_id, seen))


def credits(member_ids: Iterable[int] | None = None, tariffs: Tariffs | None = None) -> Iterator[Credit]:
    """What watching is worth, recomputed from evidence; every source ever asserted is among them, also at zero."""
    price = tariffs or Tariffs()
    ids = iter(_watchers() if member_ids is None else sorted(set(member_ids)))
    while chunk := list(islice(ids, CHUNK)):
        yield from credits_from(evidence(chunk), price)


def credits_from(found: dict[int, Evidence], tariffs: Tariffs | None = None) -> Iterator[Credit]:
    """What evidence in hand is worth."""
    price = tariffs or Tariffs()
    for member_id, own in found.items():
        yield from _credits_of(member_id, own, price)


def _watchers() -> Iterator[int]:
    own = PlaySession.objects.filter(member__isnull=False).values_list("member_id", flat=True)
    group = GroupWatch.objects.values_list("member_id", flat=True)
    return iter(sorted(set(own) | set(group)))


def _credits_of(member_id: int, own: Evidence, price: Tariffs) -> Iterator[Credit]:
    found = rules.worth(own.spans, own.lessons, price, split_by_day)
    for span in own.withdrawn:
        for day, _start, _end in split_by_day(span.wall_from, span.wall_to):
            key = rules.Key(span.lesson_id, span.mode, span.occasion, day, span.edition)
            found.setdefault(key, rules.Worth(rules.ZERO, price(key.mode, day), ()))
    for key, worth in found.items():
        lesson = own.lessons[key.study]
        yield Credit(
            source=source_of(key, member_id),
            member_id=member_id,
            hours=worth.hours,
            earned_on=key.day,
            category=lesson.category,
            mode=key.mode,
            title=lesson.title,
            occasion=key.occasion,
            rule=worth.tariff.name,
            covers=worth.covers,
            step=worth.tariff.step,
            day_cap=worth.tariff.day_cap,
        )


OWN = {rules.ONLINE: "courses.watch", rules.READING: "courses.reading"}
"""What the sources of own learning begin with, by mode."""


def source_of(key: rules.Key, member_id: int) -> str:
    """How the ledger names a lesson watched or a book read on a day: alone, or in a group viewing; a later edition by number."""
    edition = f":e{key.edition}" if key.edition > 1 else ""
    if key.mode in OWN:
        return f"{OWN[key.mode]}:{key.lesson_id}:{member_id}:{key.day}{edition}"
    return f"{key.occasion}:{member_id}:{key.lesson_id}:{key.day}{edition}"


def evidence_of(source: str) -> dict[str, Any] | None:
    """Behind a ledger line of own watching or reading: the lesson and the spans of that day; None for another kind of source."""
    kind, _colon, rest = source.partition(":")
    parts = rest.split(":")
    edition = parts.pop().removeprefix("e") if len(parts) == 4 else "1"
    if kind not in OWN.values() or len(parts) != 3 or not edition.isdigit():
        return None
    lesson_id, member_id, day = int(parts[0]), int(parts[1]), dt.date.fromisoformat(parts[2])
    played = PlaySession.objects.filter(lesson_id=lesson_id, member_id=member_id, edition=int(edition))
    sessions = played.prefetch_related("spans")
    spans = [
        (span, dt.datetime.fromtimestamp(span.wall_from_ms / 1000, dt.UTC))
        for session in sessions
        for span in played_spans(session)
    ]
    return {
        "kind": "watch",
        "lesson": LessonPage.objects.filter(pk=lesson_id).first(),
        "spans": [(span, begun) for span, begun in spans if clock.local_date(begun) == day],
    }


# -- where a member is ----------------------------------------------------------------


def progress_in(lessons: Iterable[LessonPage], member: Member) -> dict[int, LessonProgress]:
    """The member's progress in some lessons as they are now, by lesson id, in one query; one of an older edition is none."""
    editions = {lesson.pk: lesson.edition for lesson in lessons}
    rows = LessonProgress.objects.filter(member=member, lesson_id__in=editions)
    return {row.lesson_id: row for row in rows if row.edition >= editions[row.lesson_id]}


def resume_at(session: PlaySession | None) -> int:
    """Where to go on, in milliseconds: where the last session stopped, or the beginning when it was at the end."""
    if session is None or session.span_to_ms > session.duration_ms - END_MS:
        return 0
    return session.span_to_ms


def top_speed(lesson: LessonPage) -> int:
    """How fast a lesson may be played today and count, in percent: only a film has a choice, by the rule of online study."""
    if lesson.mode != rules.ONLINE or not lesson.media_id:
        return NORMAL_SPEED
    return Tariffs()(rules.ONLINE, clock.today()).speed


def last_session(member: Member, lesson: LessonPage) -> PlaySession | None:
    """The session in which the member last played a lesson as it is now."""
    rows = PlaySession.objects.filter(member=member, lesson=lesson, edition=lesson.edition)
    return rows.order_by("-beat_ms").first()


def begun(member: Member) -> QuerySet[LessonProgress]:
    """Lessons that the member began and has not completed, the latest first."""
    rows = LessonProgress.objects.filter(member=member, completed_at__isnull=True, lesson__live=True)
    rows = rows.filter(lesson__reading_minutes=0)
    return rows.select_related("lesson__media", "lesson__package").order_by("-updated_at")


def playing_now(member_ids: Iterable[int]) -> set[int]:
    """Which of some members are watching at this moment: what they watch is settled when they stop."""
    rows = PlaySession.objects.filter(member_id__in=list(member_ids), ended_ms__isnull=True)
    return set(rows.values_list("member_id", flat=True))


def next_lesson(member: Member, taken: Collection[str] = ()) -> LessonPage | None:
    """What to learn next: the lesson begun last, else the first required lesson with a video or package not yet completed.

    A lesson of a course in a category that is not among ``taken`` comes before one of a category already learned.
    """
    started = begun(member).first()
    if started is not None:
        return started.lesson
    done = LessonProgress.objects.filter(member=member, completed_at__isnull=False).values("lesson_id")
    waiting = catalogue.lessons_on_offer().filter(catalogue.PLAYABLE, required=True).exclude(pk__in=done)
    learned = CoursePage.objects.filter(category__in=taken).values("path")
    rows = waiting.annotate(known=Case(When(Exists(learned.filter(path=OuterRef("above"))), then=1), default=0))
    return rows.select_related("media", "package").order_by("known", "path").first()


def not_completed(member: Member, category: str = "") -> list[LessonPage]:
    """Lessons on offer with a video or package that the member has not completed, of a category if one is named, those begun first."""
    progress = LessonProgress.objects.filter(member=member)
    done = progress.filter(completed_at__isnull=False).values("lesson_id")
    courses = catalogue.on_offer().filter(category=category) if category else catalogue.on_offer()
    rows = (
        catalogue.lessons_on_offer(courses)
        .filter(catalogue.PLAYABLE)
        .exclude(pk__in=done)
        .select_related("media", "package")
    )
    begun = progress.filter(lesson=OuterRef("pk"))
    return list(rows.annotate(begun=Exists(begun)).order_by("-begun", "path"))


def parts_of(package: ScormPackage, member: Member | None) -> list[dict[str, Any]]:
    """The table of contents of a package for its page: number, title, depth, where it begins, what it reports of the member."""
    rows = ScoAttempt.objects.filter(package=package, member=member) if member else ScoAttempt.objects.none()
    attempts = {row.item: row for row in rows}
    return [
        {
            "number": number,
            "title": item["title"],
            "identifier": item["identifier"],
            "depth": item["depth"],
            "href": item["href"],
            "attempt": attempts.get(number),
        }
        for number, item in enumerate(package.items)
    ]


# -- the library ---------------------------------------------------------------------


def shelves(library: LibraryPage, text: str = "") -> list[tuple[ShelfPage, list[BookPage]]]:
    """The published shelves with their books, or with those in whose title, author or summary a text is found; two queries."""
    books = BookPage.objects.live().descendant_of(library).order_by("path").select_related("package")
    for word in text.split():
        books = books.filter(Q(title__icontains=word) | Q(author__icontains=word) | Q(summary__icontains=word))
    by_shelf: dict[str, list[BookPage]] = defaultdict(list)
    for book in books:
        by_shelf[book.path[: -BookPage.steplen]].append(book)
    rows = ShelfPage.objects.live().child_of(library).order_by("path")
    return [(shelf, by_shelf[shelf.path]) for shelf in rows if by_shelf[shelf.path]]


def place_in(book: BookPage, member: Member | None) -> int:
    """The page or chapter at which a reader stopped, from 1."""
    places = ReadingPlace.objects.filter(book=book, member=member) if member else ReadingPlace.objects.none()
    return places.values_list("place", flat=True).first() or 1


# -- courses as a whole ----------------------------------------------------------------


def hours_of(lessons: Iterable[LessonPage], day: dt.date) -> Decimal:
    """学时 that studying all of some lessons alone is worth, by the rule in force on a day."""
    tariff = Tariffs()(rules.ONLINE, day)
    lengths = [lesson.duration_ms // 1000 for lesson in lessons if lesson.duration_ms]
    if tariff.method == "tiers":
        return sum((hours_by_tier(seconds, tariff) for seconds in lengths), rules.ZERO)
    return hours_by_clock(sum(lengths), tariff)


def completed_counts(member: Member, year: int) -> dict[str, int]:
    """How many lessons a member completed in a year, and how long he watched in all (milliseconds)."""
    rows = LessonProgress.objects.filter(member=member)
    return rows.aggregate(
        lessons=Count("pk", filter=Q(completed_at__year=year)), watched_ms=Sum("watched_ms", default=0)
    )
