"""Watching faster than the film's own pace: what the rule allows counts in full, what is faster counts nothing more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from courses import rules, selectors
from courses.models import LessonPage, PlaySession, PlaySpan
from lms.hours import totals
from lms.hours.models import CreditRule
from lms.hours.rules import NORMAL_SPEED
from lms.hours.services import adopt_rule
from lms.members.models import Member
from lms.reports import audit
from tests.conftest import County
from tests.courses.conftest import Player
from tests.factories import MINUTE, make_course, make_member

Play = Callable[[Member, LessonPage], Player]


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


@pytest.fixture
def faster(db: None) -> None:
    """The county lets its people watch at one and a half times the pace."""
    adopt_rule(activity="online", effective_from=dt.date(2026, 1, 1), by=None, step=Decimal("0.25"), speed=150)


def watch(player: Player, times: float, film_ms: int) -> None:
    """Play so much of the film at so many times its pace."""
    while player.position < film_ms:
        player.wait(int(10_000 / times))
        player.position = player.send(player.position, player.position + 10_000)
        if player.asked:
            player.confirm()
    player.send(player.position, player.position, done=True)


def seen(member: Member) -> int:
    own = selectors.evidence([member.pk])[member.pk]
    return sum(rules.watched(rules.distinct(own.spans, selectors.split_by_day)).values())


def hours(member: Member) -> str:
    found = totals.of_members([member.pk], 2026).get(member.pk)
    return str(found.hours if found else 0)


@pytest.mark.usefixtures("faster")
def test_at_the_speed_of_the_rule_all_of_the_film_counts_in_less_of_the_day(grower: Member, play: Play) -> None:
    player = play(grower, make_course(30)[0])
    watch(player, 1.5, 30 * MINUTE)
    assert hours(grower) == "0.50"
    (spent,) = {span.wall_to_ms - span.wall_from_ms for span in selectors.played_spans(PlaySession.objects.get())}
    assert abs(spent - 20 * MINUTE) < 1_000
    assert audit.run().violations == []


@pytest.mark.usefixtures("faster")
def test_beyond_it_the_server_gives_no_more(grower: Member, play: Play) -> None:
    player = play(grower, make_course(30)[0])
    for start in range(0, 30 * MINUTE, 20_000):
        player.wait(10_000)
        player.send(start, start + 20_000, done=True)
    assert seen(grower) <= 15 * MINUTE * 3 // 2


def test_where_the_rule_says_nothing_it_is_the_films_own_pace(grower: Member, play: Play) -> None:
    player = play(grower, make_course(30)[0])
    assert player.session.speed == NORMAL_SPEED
    player.wait(10_000)
    assert player.send(0, 15_000) == 10_000


@pytest.mark.usefixtures("faster")
def test_a_session_keeps_the_speed_with_which_it_began(grower: Member, play: Play) -> None:
    player = play(grower, make_course(30)[0])
    adopt_rule(activity="online", effective_from=dt.date(2026, 3, 5), by=None, step=Decimal("0.25"))
    player.wait(10_000)
    assert player.send(0, 15_000) == 15_000
    assert play(grower, make_course(30, slug="later")[0]).session.speed == NORMAL_SPEED


@pytest.mark.usefixtures("faster")
def test_the_player_is_told(grower: Member, login: Callable[[str], Client], personas: County) -> None:
    told = login("member").post(reverse("play-start", args=[make_course(30)[0].pk])).json()
    assert told["speed"] == 150


@pytest.mark.parametrize(("speed", "uncounted"), [(100, ["1.25×", "1.5×"]), (125, ["1.5×"]), (150, [])])
def test_the_menu_marks_what_the_rule_does_not_allow_and_nothing_else(
    login: Callable[[str], Client], personas: County, speed: int, uncounted: list[str]
) -> None:
    adopt_rule(activity="online", effective_from=dt.date(2026, 1, 1), by=None, step=Decimal("0.25"), speed=speed)
    page = login("member").get(make_course(30)[0].get_url()).content.decode()
    marked = [name for name in ("1.25×", "1.5×") if f"{name}（不记学时）" in page]
    assert marked == uncounted
    assert "1.25×" in page


@pytest.mark.usefixtures("faster")
def test_the_database_holds_a_span_to_its_speed(grower: Member, play: Play) -> None:
    session = play(grower, make_course(30)[0]).session
    facts = {"session": session, "number": 1, "from_ms": 0, "to_ms": 15_000, "wall_from_ms": 0}
    PlaySpan.objects.create(**facts, wall_to_ms=10_000, speed=150)
    for wall_to, speed in ((10_000, 125), (10_000, 100), (9_000, 150), (9_000, 200)):
        with pytest.raises(IntegrityError), transaction.atomic():
            PlaySpan.objects.create(**{**facts, "number": 2}, wall_to_ms=wall_to, speed=speed)


@pytest.mark.django_db
@pytest.mark.parametrize(("activity", "speed"), [("class", 125), ("group", 125), ("online", 175), ("online", 75)])
def test_only_watching_alone_has_a_choice_and_no_more_than_half_as_fast_again(activity: str, speed: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditRule.objects.create(activity=activity, effective_from=dt.date(2027, 1, 1), speed=speed)


@given(
    speed=st.sampled_from([100, 125, 150]),
    spans=st.lists(
        st.tuples(st.integers(0, 3_600_000), st.integers(1, 600_000), st.integers(0, 86_400_000)), max_size=8
    ),
)
def test_no_film_is_counted_twice_or_faster_than_its_speed(speed: int, spans: list[tuple[int, int, int]]) -> None:
    made = [
        rules.Span(1, "online", "o", start, start + length, wall, wall + rules.by_the_clock(length, speed) + 1, speed)
        for start, length, wall in spans
    ]
    pieces = rules.distinct(made, selectors.split_by_day)
    film = {moment for span in made for moment in (span.start, span.end)}
    covered = sum(
        after - before
        for before, after in zip(sorted(film), sorted(film)[1:], strict=False)
        if any(span.start <= before and after <= span.end for span in made)
    )
    assert sum(piece.length for piece in pieces) == covered
    for piece in pieces:
        assert piece.length * NORMAL_SPEED <= (piece.wall_to - piece.wall_from + 2) * speed
