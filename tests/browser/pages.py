"""One address of each kind in the prepared county: the objects that pages are about, made as people would have made them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from cms.models import NewsPage
from courses.models import BookPage, CoursePage, LessonPage, ShelfPage
from lms.core import clock
from lms.goals import services as goals
from lms.hours import totals
from lms.members.models import Member, Unit, User
from lms.reports import certificates, certificates_batches, closing
from lms.stations import services as stations
from lms.stations.models import GroupViewing, Station
from lms.training.models import Base
from tests.access import objects
from tests.access.table import Row, rows
from tests.conftest import County

# Answers that are no page of their own: parts of one, files, JSON, a way on.
NO_PAGE = {
    "home-for-role": "leads on",
    "healthz": "JSON",
    "readyz": "JSON",
    "report-trend": "a part",
    "closing-progress": "a part",
    "goal-trial-progress": "a part",
    "certificate-batch-progress": "a part",
    "import-progress": "a part",
    "rule-trial-progress": "a part",
    "rerating-progress": "a part",
    "claim-twin": "needs a picture that two claims share; opened in tests/access",
    "certificate-pdf": "a file",
    "certificate-batch-file": "a file",
    "member-sheet-pdf": "a file",
    "own-sheet-pdf": "a file",
    "claim-file": "a file",
    "use-photo": "a file",
    "visit-photo": "a file",
    "training-photo": "a file",
    "own-visit-photo": "a file",
    "base-photo": "a file",
    "training-material": "a file",
    "own-material": "a file",
    "visit-voice": "a file",
    "make-up-file": "a file",
    "training-call-list": "a file",
    "transport-file": "a file",
    "training-agenda": "a file",
    "paper-photo-file": "a file",
    "paper-box": "a file",
    "training-cards": "a file",
    "offline-worker": "a script",
    "branch-cards": "a file",
    "room-code": "leads on",
    "calendar-ics": "a file",
    "package-file": "a file",
    "package-progress": "a part",
    "training-audience-count": "a part",
    "import-form": "a file",
    "import-marked": "a file",
    "wagtailcore_login": "leads to the sign-in page",
    "wagtail_serve": "each kind of page is named below",
}
ELSEWHERE = ("viewing", "viewing-lesson", "viewing-member")
"""Kinds that lie in a town of which the demo's other accounts know nothing."""
READERS = ("county", "secretary", "town", "trainer", "station", "member", "auditor")
ROLES = (*READERS, "editor", "system")


def _somebody() -> Member:
    """Somebody of the first branch who has hours this year."""
    seen = Member.objects.filter(unit__code="C-T01-B01", user=None)
    return next(one for one in seen if totals.entries(one.pk, _year()).exists())


def _year() -> int:
    """This year; last year in January and February, when this one has little to show."""
    return (clock.today() - dt.timedelta(days=60)).year


def _own(county: County, unit: Unit) -> dict[str, Any]:
    return {"year": _year()}


def _entry(county: County, unit: Unit) -> dict[str, Any]:
    entry = totals.entries(_somebody().pk, _year()).first()
    return {"uuid": entry.uuid}


def _certificate(county: County, unit: Unit) -> dict[str, Any]:
    who = _somebody()
    return {"number": certificates.issue(member=who, content=certificates.of_year(who, _year()), by=None)[0].number}


def _batch(county: County, unit: Unit) -> dict[str, Any]:
    made = certificates_batches.begin_year(unit=unit, year=_year(), by=None)
    return {"batch": certificates_batches.work(batch=made).uuid}


def _playing(county: County, unit: Unit) -> GroupViewing:
    """The open viewing of another station than the demo operator's, with a lesson that runs."""
    viewing = stations.open_viewing(station=Station.objects.get(unit=county.branch2), by=None)
    lesson = LessonPage.objects.live().first()
    if not viewing.items.exists():
        stations.add_item(viewing=viewing, lesson=lesson, by=None)
    return viewing


def _viewing(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": _playing(county, unit).uuid}


def _viewing_lesson(county: County, unit: Unit) -> dict[str, Any]:
    return {**_viewing(county, unit), "lesson": LessonPage.objects.live().first().pk}


def _over(county: County, unit: Unit) -> dict[str, Any]:
    found = GroupViewing.objects.filter(state=GroupViewing.State.CLOSED).first()
    return {"uuid": found.uuid}


def _over_member(county: County, unit: Unit) -> dict[str, Any]:
    viewing = GroupViewing.objects.filter(state=GroupViewing.State.CLOSED).first()
    return {"uuid": viewing.uuid, "code": viewing.presences.first().member.code}


def _closed_year(county: County, unit: Unit) -> dict[str, Any]:
    """The year before the last is closed; the last can still be."""
    year = clock.today().year - 2
    if closing.run_of(year) is not None:
        return {"year": year}
    goals.open_year(year=year, by=None)
    closing.work(run=closing.begin(year=year, by=None))
    return {"year": year}


def _base(county: County, unit: Unit) -> dict[str, Any]:
    return {"code": Base.objects.first().code}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    **objects.MAKERS,
    "year": _own,
    "entry": _entry,
    "certificate": _certificate,
    "batch": _batch,
    "viewing": _viewing,
    "viewing-lesson": _viewing_lesson,
    "viewing-member": _over_member,
    "closed-year": _closed_year,
    "base": _base,
}
OVER = ("viewing-result", "viewing-detail")


def demo_county() -> County:
    """The units of the demo by the names that the personas' county gives them."""
    names = ("C", "C-T01", "C-T02", "C-T01-B01", "C-T02-B01", "C-T02-B01")
    units = [Unit.objects.get(code=code) for code in names]
    return County(*units, users={user.username: user for user in User.objects.all()})


def addresses() -> list[tuple[str, str, str]]:
    """(name, address, account that opens it) of every page of the access table, and of each kind of page of the site."""
    county = demo_county()
    listed = [row for row in rows() if row.method == "GET" and row.name not in NO_PAGE and row.places[0]]
    found = [(row.name, _address(row, county), _account(row, turn)) for turn, row in enumerate(listed)]
    course, lesson = CoursePage.objects.live().first(), LessonPage.objects.live().first()
    news = NewsPage.objects.live().first()
    site = {"home": "/", "courses": "/courses/", "course": course.url, "lesson": lesson.url}
    books = {f"book-{book.slug}": book.url for book in BookPage.objects.live()}
    package = LessonPage.objects.live().get(slug="self-check")
    site |= {"library": "/library/", "shelf": ShelfPage.objects.first().url, "package": package.url, **books}
    site |= {"news": news.get_parent().url, "news-page": news.url}
    return found + [(name, address, "") for name, address in site.items()]


def _address(row: Row, county: County) -> str:
    make = _over if row.name in OVER else MAKERS[row.kind]
    return reverse(row.name, kwargs=make(county, county.branch))


def _account(row: Row, turn: int) -> str:
    """Those who may open a page take turns, so that one account has not all of them; nobody comes first."""
    who = row.places[0]
    if "" in who:
        return ""
    if row.kind in ELSEWHERE:
        return "county"
    able = [role for role in READERS if role in who]
    return able[turn % len(able)]
