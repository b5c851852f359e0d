"""The search of the site: the kinds of things that are found, what of each a person may see, and a find as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from cms.models import NewsPage
from courses import catalogue as courses
from courses.blocks import texts
from courses.models import BookPage, CoursePage, LessonPage
from lms.core import clock
from lms.core.search.finding import Find, Finds, Piece, excerpt, find, marked
from lms.core.search.query import Expression
from lms.core.templatetags.xiangxue import date_zh, moment_zh
from lms.training import finding as training
from lms.training import selectors
from lms.training.models import Training


@dataclass(frozen=True, slots=True)
class Result:
    """A find as it is shown: what it is called, where it leads (``""``: it has no page for this person), facts about it."""

    kind: Kind
    url: str
    title: list[Piece]
    text: list[Piece]
    facts: list[str]


class Shown(NamedTuple):
    """An object's texts before they are marked: title, address, texts to take an excerpt from, facts."""

    title: str
    url: str
    texts: Sequence[str]
    facts: list[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things. ``weight``: how far its finds go before equally good ones of other kinds; courses are what one learns from.

    ``rows``: what a person may find, given him and which pages are private.
    """

    code: str
    label: Any
    icon: str
    weight: float
    rows: Callable[[Any, Q], QuerySet[Any]]
    show: Callable[[Iterable[int], HttpRequest], dict[int, Shown]]


def search(typed: str, user: Any) -> Finds:
    """What the person may see of all kinds, the best first; ``Find.among`` is the place in ``KINDS``."""
    private = Page.objects.all().private_q()  # asked once for all kinds of pages
    found = find(typed, *(kind.rows(user, private) for kind in KINDS))
    rows = sorted(found.rows, key=lambda row: -row.score * KINDS[row.among].weight)
    return Finds(found.near, found.expression, tuple(rows))


def results(rows: Sequence[Find], expression: Expression | None, request: HttpRequest) -> list[Result]:
    """Finds as they are shown, in their order; a few queries for each kind among them, however many they are."""
    shown = {
        index: kind.show([row.pk for row in rows if row.among == index], request)
        for index, kind in enumerate(KINDS)
        if any(row.among == index for row in rows)
    }
    return [
        _result(KINDS[row.among], shown[row.among][row.pk], expression) for row in rows if row.pk in shown[row.among]
    ]


def _result(kind: Kind, shown: Shown, expression: Expression | None) -> Result:
    text = excerpt([text for text in shown.texts if text], expression)
    return Result(kind, shown.url, marked(shown.title, expression), text, [fact for fact in shown.facts if fact])


# -- of each kind --------------------------------------------------------------------------


def _courses(pks: Iterable[int], request: HttpRequest) -> dict[int, Shown]:
    pages = list(CoursePage.objects.filter(pk__in=pks))
    counts = courses.lesson_counts(pages)
    return {
        page.pk: Shown(
            page.title,
            page.get_url(request),
            [page.summary, page.audience],
            [
                page.get_category_display(),
                page.industry,
                _("%(n)s 课") % {"n": counts[page.path][0]},
                _("适合 %(season)s") % {"season": page.season} if page.season else "",
            ],
        )
        for page in pages
    }


def _lessons(pks: Iterable[int], request: HttpRequest) -> dict[int, Shown]:
    pages = list(LessonPage.objects.filter(pk__in=pks).select_related("media"))
    above = courses.courses_of(pages)
    return {
        page.pk: Shown(
            page.title,
            page.get_url(request),
            [page.summary, *texts(page.body)],
            [
                above[page.pk].title if page.pk in above else "",
                _form(page),
                _("约 %(n)s 分钟") % {"n": page.minutes} if page.minutes else "",
            ],
        )
        for page in pages
    }


def _form(page: LessonPage) -> str:
    if page.media:
        return _("音频") if page.media.is_audio else _("视频")
    return _("互动课件") if page.package_id else _("图文")


def _books(pks: Iterable[int], request: HttpRequest) -> dict[int, Shown]:
    return {
        page.pk: Shown(page.title, page.get_url(request), [page.summary, *texts(page.body)], [page.author, page.source])
        for page in BookPage.objects.filter(pk__in=pks)
    }


def _news(pks: Iterable[int], request: HttpRequest) -> dict[int, Shown]:
    return {
        page.pk: Shown(page.title, page.get_url(request), [page.summary, *texts(page.body)], [date_zh(page.date)])
        for page in NewsPage.objects.filter(pk__in=pks)
    }


def _trainings(pks: Iterable[int], request: HttpRequest) -> dict[int, Shown]:
    rows = list(selectors.with_figures(Training.objects.filter(pk__in=pks)).prefetch_related("sessions"))
    opened = training.opened_by(request.user, [row.pk for row in rows])
    offered = _offered_to(request.user)
    return {
        row.pk: Shown(
            row.title,
            reverse("training-detail", args=[row.uuid]) if row.pk in opened else offered.get(row.pk, ""),
            [_topics(row)],
            [
                row.get_kind_display(),
                moment_zh(row.starts_at) if row.starts_at else "",
                row.place,
                row.unit.label,
                row.get_state_display(),
            ],
        )
        for row in rows
    }


def _offered_to(user: Any) -> dict[int, str]:
    """Where a member signs up for a training, or reads when his own begins, by training id."""
    member = getattr(user, "member", None)
    if member is None:
        return {}
    own = dict.fromkeys((one.training_id for one in selectors.upcoming_for(member)), reverse("learn"))
    signed = {offer.training.pk: reverse("training-choices") for offer in selectors.offers_for(member)}
    return {**signed, **own}


def _topics(row: Training) -> str:
    topics = "、".join(dict.fromkeys(session.topic for session in row.sessions.all() if session.topic))
    return _("内容：%(topics)s") % {"topics": topics} if topics else ""


def _bases(pks: Iterable[int], request: HttpRequest) -> dict[int, Shown]:
    opens = selectors.may_open_desk(request.user)
    return {
        base.pk: Shown(
            base.name,
            reverse("base-detail" if opens else "public-base", args=[base.code]),
            [base.description],
            [base.get_kind_display(), base.theme, base.address or base.unit.label],
        )
        for base in selectors.bases().filter(pk__in=pks)
    }


KINDS = (
    Kind("courses", gettext_lazy("课程"), "book", 1.5, lambda user, private: courses.on_offer(private), _courses),
    Kind(
        "lessons",
        gettext_lazy("课时"),
        "play",
        1.2,
        lambda user, private: courses.lessons_on_offer(None, private),
        _lessons,
    ),
    Kind(
        "books",
        gettext_lazy("图书"),
        "book",
        1.0,
        lambda user, private: BookPage.objects.live().exclude(private),
        _books,
    ),
    Kind(
        "news", gettext_lazy("动态"), "info", 1.0, lambda user, private: NewsPage.objects.live().exclude(private), _news
    ),
    Kind(
        "trainings", gettext_lazy("培训"), "calendar", 0.6, lambda user, private: training.trainings(user), _trainings
    ),
    Kind("bases", gettext_lazy("基地"), "place", 1.2, lambda user, private: training.bases(user), _bases),
)


# -- what to try ---------------------------------------------------------------------------


def suggestions(number: int = 8) -> list[str]:
    """Words worth a search now: crops and industries whose season it is, then the others."""
    return courses.timely_words(clock.today().month)[:number]
