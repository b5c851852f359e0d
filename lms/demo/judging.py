"""How well the search finds in the demo county: queries written by hand, each with what must and what may be found.

``content/queries.txt`` holds them. A *place* is what a line names: a course, a lesson, a base, a piece of news, or all
trainings so called, which count as one. Recall: which part of what must be found is among the first 20 places; precision:
which part of the first 10 places must or may be found. Both are means over the queries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cms import finding
from cms.models import NewsPage
from courses.models import BookPage, CoursePage, LessonPage
from lms.demo import content
from lms.members.models import User
from lms.training.models import Base, Training

QUERIES = Path(content.__file__).parent / "queries.txt"
FOR_RECALL, FOR_PRECISION = 20, 10


@dataclass(frozen=True, slots=True)
class Query:
    """What is typed, with the marks of what must and of what may be found."""

    typed: str
    must: tuple[str, ...]
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a query did: ``missed``: marks that must be found and were not; ``wrong``: titles among the first ten that nobody wants."""

    query: Query
    near: str
    recall: float
    precision: float
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def queries() -> Iterator[Query]:
    """The judged queries of the file."""
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            typed, must, may = (part.strip() for part in line.split("|"))
            yield Query(typed, tuple(must.split()), tuple(may.split()))


def judge(user: User) -> list[Verdict]:
    """Ask every query as the person would and hold the answer against the judgement."""
    marks = _marks()
    return [_verdict(query, marks, user) for query in queries()]


def figures(verdicts: list[Verdict]) -> dict[str, Any]:
    """``queries``, mean ``recall`` and ``precision`` (0–1), and the queries that fell short."""
    short = [verdict for verdict in verdicts if verdict.missed or verdict.wrong]
    return {
        "queries": len(verdicts),
        "recall": round(sum(verdict.recall for verdict in verdicts) / len(verdicts), 3),
        "precision": round(sum(verdict.precision for verdict in verdicts) / len(verdicts), 3),
        "short": [
            {"query": one.query.typed, "near": one.near, "missed": list(one.missed), "wrong": list(one.wrong)}
            for one in short
        ],
    }


def _verdict(query: Query, marks: dict[str, str], user: User) -> Verdict:
    must = {mark for asked in query.must for mark in _expanded(asked, marks)}
    may = {mark for asked in query.may for mark in _expanded(asked, marks)}
    finds = finding.search(query.typed, user)
    places = list(dict.fromkeys(f"{row.among}:{row.pk}" for row in finds.rows))
    found = list(dict.fromkeys(_mark(place, marks) for place in places))
    first = found[:FOR_PRECISION]
    room = min(len(must), FOR_RECALL)  # of more titles than there are places, a page full is all that can be asked
    reached = len(must & set(found[:FOR_RECALL]))
    missed = must - set(found[:FOR_RECALL]) if reached < room else set()
    wrong = [mark for mark in first if mark not in must | may]
    return Verdict(
        query,
        finds.near,
        recall=reached / room,
        precision=1 - len(wrong) / len(first) if first else 0.0,
        missed=tuple(sorted(missed)),
        wrong=tuple(wrong),
    )


# -- marks ---------------------------------------------------------------------------------


def _marks() -> dict[str, str]:
    """The mark of every object by its place in the search (``kind:pk``): ``c01``, ``l01.2``, ``k01``, ``b1``, ``n1``, ``t:title``."""
    place = {kind.code: index for index, kind in enumerate(finding.KINDS)}
    found: dict[str, str] = {}
    paths = {}
    for page in CoursePage.objects.all():
        number = page.slug[:2]
        paths[page.path] = number
        found[f"{place['courses']}:{page.pk}"] = f"c{number}"
    for book in BookPage.objects.all():
        found[f"{place['books']}:{book.pk}"] = f"k{book.slug[:2]}"
    for lesson in LessonPage.objects.filter(bookpage__isnull=True):
        number = paths[lesson.path[: -lesson.steplen]]
        found[f"{place['lessons']}:{lesson.pk}"] = f"l{number}.{lesson.slug.removeprefix('lesson-')}"
    for news in NewsPage.objects.all():
        found[f"{place['news']}:{news.pk}"] = f"n{news.slug.removeprefix('news-')}"
    for base in Base.objects.all():
        found[f"{place['bases']}:{base.pk}"] = f"b{int(base.code.removeprefix('JD'))}"
    for training in Training.objects.all():
        found[f"{place['trainings']}:{training.pk}"] = f"t:{training.title}"
    return found


def _mark(place: str, marks: dict[str, str]) -> str:
    return marks.get(place, place)


def _expanded(asked: str, marks: dict[str, str]) -> Iterator[str]:
    """``+01`` is the course and its lessons, ``t:…`` one mark for each title that holds the word."""
    if asked.startswith("+"):
        number = asked[1:]
        yield from {mark for mark in marks.values() if mark == f"c{number}" or mark.startswith(f"l{number}.")}
    elif asked.startswith("t:"):
        word = asked.removeprefix("t:")
        yield from {mark for mark in marks.values() if mark.startswith("t:") and word in mark}
    else:
        yield asked
