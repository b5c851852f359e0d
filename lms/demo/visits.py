"""Visits as people arrange them: one that waits for the base's answer, one that was offered another day, one that is over; a printed sheet."""

from __future__ import annotations

import datetime as dt
import io

from lms.core import clock
from lms.demo import drawing
from lms.demo.geography import County
from lms.demo.people import Cast, Population
from lms.members.models import Member
from lms.training import services
from lms.training.models import Base, Training
from lms.training.paper import services as paper
from lms.training.services import Reconciliation
from lms.training.visits import selectors
from lms.training.visits import services as visits
from lms.training.visits.services import Wish

TITLE = "葡萄基地现场教学"
WEEK = dt.timedelta(days=7)
MOST = 20


def arrange(county: County, people: Population, cast: Cast) -> None:
    """Ask, answer, visit; after that print the sheet of the next class of the trainer."""
    branch, base = county.branches[0], county.bases[0]
    day = _free(base, clock.today() + WEEK, 1)
    secretary, host = cast.users["secretary"], cast.users["town"]
    _over(county, people, cast)
    with clock.told(clock.now() - dt.timedelta(days=2)):
        full = visits.ask(base=base, unit=branch, wish=Wish(day, "am", MOST, "看冬剪"), by=secretary)
        visits.decline(request=full, answer="上午有别的团队，下午可以", offered=(day, "pm"), by=host)
    with clock.told(clock.now() - dt.timedelta(hours=5)):
        wish = Wish(day, "pm", MOST, "看冬剪", "有四位老同志，请安排座位")
        visits.ask(base=base, unit=branch, wish=wish, by=secretary)
    ahead = Training.objects.filter(state=Training.State.OPEN, kind="class", trainer=cast.users["trainer"])
    training = ahead.filter(sessions__starts_at__gt=clock.now()).order_by("pk").first()
    if training is not None:
        first = clock.local_date(training.sessions.order_by("starts_at")[0].starts_at)
        paper.print_sheet(training=training, day=first, by=cast.users["trainer"])


def _over(county: County, people: Population, cast: Cast) -> None:
    """A visit of two weeks ago: asked for, agreed to, ticked, counted by the host, pictured, closed."""
    branch, base, secretary = county.branches[0], county.bases[0], cast.users["secretary"]
    day = _free(base, clock.today() - 2 * WEEK, -1)
    with clock.told(clock.day_start(day - WEEK) + dt.timedelta(hours=9)):
        asked = visits.ask(base=base, unit=branch, wish=Wish(day, "am", 15, TITLE), by=secretary)
        training = visits.agree(request=asked, guide=base.guide, answer="欢迎", by=cast.users["town"])
        due = _due(people, cast, branch.pk)
        services.enrol_many(training=training, members=due, by=secretary)
    session = training.sessions.get()
    with clock.told(session.ends_at + dt.timedelta(hours=1)):
        there = [member for member in due[:-1] if member.user_id != secretary.pk]
        services.mark(session=session, marks={one.pk: "present" for one in there}, by=secretary)
        visits.count(session=session, heads=len(there), guide=base.guide, by=cast.users["town"])
        visits.add_photo(session=session, data=_picture(), by=secretary)
        said = Reconciliation(absent_confirmed=True)
        services.close_training(training=training, said=said, by=secretary)


def _free(base: Base, day: dt.date, step: int) -> dt.date:
    """The first day from ``day`` on, forwards or back, whose halves the base can still take: the lived year went there too."""
    while min(selectors.places_left(base, day, half) for half in ("am", "pm")) < MOST:
        day += step * clock.DAY
    return day


def _due(people: Population, cast: Cast, branch: int) -> list[Member]:
    near = [member for member in people.by_branch[branch] if not member.away]
    others = [member for member in near if member.pk not in (cast.member.pk, cast.elder.pk)]
    return [cast.member, cast.elder, *others[:10]]


def _picture() -> bytes:
    out = io.BytesIO()
    drawing.cover(TITLE, "skills").convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()
