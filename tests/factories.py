"""Small, true rows for tests. Each factory makes what the services would make."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

from wagtail.models import Page

from courses.models import BookPage, CourseIndexPage, CoursePage, LessonPage, LibraryPage, MediaFile, ShelfPage
from lms.hours.credit import Credit
from lms.members import accounts, services
from lms.members.models import Member, RoleGrant, Unit, User

_numbers = itertools.count(1)
_usernames = itertools.count(1)
PASSWORD = "long-enough-for-tests"
MINUTE = 60_000
"""One minute of film in milliseconds."""


def id_number(
    serial: int = 1, born: dt.date = dt.date(1958, 3, 6), *, male: bool = True, region: str = "429900"
) -> str:
    """A number with a right checksum for an unassigned region; ``serial`` 0–499 keeps the sex digit right."""
    body = f"{region}{born:%Y%m%d}{serial * 2 + (1 if male else 0):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def make_user(username: str = "", **fields: object) -> User:
    """An account that can sign in with ``PASSWORD``."""
    return User.objects.create_user(username=username or f"user{next(_usernames)}", password=PASSWORD, **fields)


def make_member(unit: Unit, name: str = "李大山", **fields: object) -> Member:
    """A full member on the roster, without a login unless ``user`` is given."""
    user = fields.pop("user", None)
    member = services.create_member(unit=unit, by=None, name=name, **fields)
    if user is not None:
        member.user = user
        member.save(update_fields=["user"])
    return member


def make_grant(user: User, role: str, unit: Unit) -> RoleGrant:
    """A role over a unit, with the admin group that goes with it."""
    return accounts.grant_role(user=user, role=role, unit=unit, by=None)


def make_credit(member: Member, hours: str = "2.00", **fields: object) -> Credit:
    """A credit as an activity would make it; every field can be named."""
    number = next(_numbers)
    values: dict[str, object] = {
        "source": f"training.attendance:{number}:2026-03-05",
        "member_id": member.pk,
        "hours": hours,
        "earned_on": dt.date(2026, 3, 5),
        "category": "skills",
        "mode": "class",
        "title": "葡萄修剪培训",
        "occasion": f"training:{number}",
        "rule": "class@2019-01-01",
        **fields,
    }
    values["hours"] = Decimal(str(values["hours"]))
    return Credit(**values)  # type: ignore[arg-type]


def make_course(*minutes: int, slug: str = "putao", title: str = "葡萄栽培技术") -> list[LessonPage]:
    """A published course with one video lesson of each length; the videos' files are not needed."""
    index = CourseIndexPage.objects.first()
    if index is None:
        index = Page.objects.get(depth=1).add_child(instance=CourseIndexPage(title="课程", slug="test-courses"))
    course = index.add_child(
        instance=CoursePage(title=title, slug=slug, summary="从修剪到采收", category="skills", industry="葡萄")
    )
    lessons = []
    for number, length in enumerate(minutes, 1):
        media = MediaFile.objects.create(
            title=f"第{number}课", type="video", file=f"media/{slug}-{number}.mp4", duration_ms=length * MINUTE
        )
        lesson = LessonPage(title=f"{title} 第{number}课", slug=f"lesson-{number}", media=media)
        lessons.append(course.add_child(instance=lesson))
    return lessons


def make_book(minutes: int, slug: str = "book", **fields: object) -> BookPage:
    """A published book of so many minutes on a shelf of the site's library."""
    library = LibraryPage.objects.first()
    if library is None:
        library = Page.objects.get(depth=1).add_child(instance=LibraryPage(title="农家书屋", slug="test-library"))
    shelf = ShelfPage.objects.first() or library.add_child(
        instance=ShelfPage(title="种植", slug="shelf", category="skills")
    )
    book = BookPage(title="水稻栽培", slug=slug, author="程农艺师", reading_minutes=minutes, **fields)
    return BookPage.objects.get(pk=shelf.add_child(instance=book).pk)
