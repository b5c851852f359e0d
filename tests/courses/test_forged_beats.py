"""Watching that cannot be faked: no script earns a second more than the server's clock allows (reliability 9–11)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses import rules, selectors, services
from courses.engine import Beat, PlayError, Token
from courses.models import LessonPage, PlaySession, PlaySpan
from lms.hours import totals
from lms.members.models import Member
from tests.conftest import County
from tests.courses.conftest import START, Player
from tests.factories import MINUTE, make_course, make_member

Play = Callable[[Member, LessonPage], Player]


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


@pytest.fixture
def lesson(tiers: None, tree: County) -> LessonPage:
    return make_course(20)[0]


def seen(member: Member) -> int:
    """Different milliseconds that the server has accepted of everything the member played."""
    own = selectors.evidence([member.pk])[member.pk]
    return sum(rules.watched(rules.distinct(own.spans, selectors.split_by_day)).values())


def hours(member: Member) -> str:
    found = totals.of_members([member.pk], 2026).get(member.pk)
    return str(found.hours if found else 0)


def test_an_honest_viewer_loses_nothing(grower: Member, lesson: LessonPage, play: Play) -> None:
    play(grower, lesson).play(20 * MINUTE)
    assert seen(grower) == 20 * MINUTE
    assert hours(grower) == "0.50"


def test_case_9_everything_at_once_earns_nothing(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.wait(10_000)
    player.send(0, 20 * MINUTE, done=True)
    assert seen(grower) == 10_000
    assert hours(grower) == "0"


def test_spans_beyond_the_end_of_the_video_are_cut(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.wait(60_000)
    player.send(20 * MINUTE - 5_000, 30 * MINUTE)
    assert seen(grower) == 5_000
    with pytest.raises(PlayError):
        player.send(21 * MINUTE, 22 * MINUTE)


def test_a_replayed_sequence_changes_nothing(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.play(30_000)
    for _again in range(20):
        assert player.send(20_000, 30_000, sequence=3) == 30_000
        assert player.send(30_000, 40_000, sequence=2) == 30_000
    assert seen(grower) == 30_000


def test_twice_the_speed_earns_the_servers_time_only(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    for start in range(0, 20 * MINUTE, 20_000):
        player.wait(10_000)
        player.send(start, start + 20_000, done=True)
    assert seen(grower) <= 10 * MINUTE
    assert hours(grower) == "0"


def test_case_10_two_sessions_at_once_credit_one(grower: Member, lesson: LessonPage, play: Play) -> None:
    other = make_course(20, slug="li")[0]
    first, second = play(grower, lesson), play(grower, other)
    with pytest.raises(PlayError) as refused:
        first.send(0, 0)
    assert refused.value.code == "superseded"
    second.play(60_000)
    assert seen(grower) == 60_000
    assert PlaySession.objects.filter(member=grower, ended_ms__isnull=True).count() == 1


def test_sessions_opened_over_and_over_earn_no_more(
    grower: Member, lesson: LessonPage, play: Play, traveller: time_machine.Coordinates
) -> None:
    for start in range(0, 10 * MINUTE, 30_000):
        player = play(grower, lesson)
        player.send(start, start + 30_000)
        player.wait(1_000)
    assert seen(grower) <= 20_000


def test_an_idle_hour_cannot_be_claimed_afterwards(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.wait(60 * MINUTE)
    player.send(0, 20 * MINUTE, done=True)
    assert seen(grower) == rules.CARRY_MS
    assert hours(grower) == "0"


def test_a_line_that_was_lost_for_minutes_loses_nothing(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.play(60_000)
    player.wait(4 * MINUTE)
    for start in range(60_000, 5 * MINUTE, 10_000):
        player.send(start, start + 10_000)
    assert seen(grower) == 5 * MINUTE


def test_seconds_seen_twice_count_once(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.play(60_000)
    player.position = 0
    player.play(60_000)
    assert seen(grower) == 60_000


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"sequence": 1, "from": -1, "to": 5},
        {"sequence": 1, "from": 10, "to": 5},
        {"sequence": 0, "from": 0, "to": 5},
        {"sequence": "1", "from": 0, "to": 5},
        {"sequence": 1, "from": 0.5, "to": 5},
        {"sequence": True, "from": 0, "to": 5},
        {"sequence": 1, "from": None, "to": 5},
        {"sequence": 1, "from": 0, "to": 10**30},
        {"sequence": 10**12, "from": 0, "to": 5},
    ],
)
def test_what_is_no_beat_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(PlayError) as refused:
        Beat.claimed(data, 60_000)
    assert refused.value.code == "bad-beat"


def test_a_token_that_was_edited_or_is_old_is_refused(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    forged = player.token.replace(f"{player.session.pk}.", f"{player.session.pk + 1}.", 1)
    other = signing.TimestampSigner(salt="something.else").sign("1.60000.1.0")
    for text in (forged, other, "", "1.2.3", player.token[:-1]):
        with pytest.raises(PlayError):
            Token.read(text)
    player.wait(25 * 60 * MINUTE)
    with pytest.raises(PlayError):
        Token.read(player.token)
    assert Token.read(player.token, late=True).session_id == player.session.pk
    player.wait(48 * 60 * MINUTE)
    with pytest.raises(PlayError):
        Token.read(player.token, late=True)


def test_the_address_answers_nonsense_with_a_reason(grower: Member, lesson: LessonPage, play: Play) -> None:
    client, player = Client(), play(grower, lesson)
    for body in (b"", b"[]", b"{", b"\xff\xfe", b'{"token": 5}', b'{"token": "x"}'):
        answer = client.post("/play/beat/", body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["code"] in {"bad-token", "bad-beat"}
    ended = {"token": player.token, "sequence": 1, "from": 0, "to": 0}
    services.finish(player.token)
    answer = client.post("/play/beat/", ended, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "superseded")


beats = st.lists(
    st.tuples(
        st.integers(0, 90_000),
        st.integers(0, 12 * MINUTE),
        st.integers(0, 12 * MINUTE),
        st.integers(1, 30),
        st.booleans(),
    ),
    max_size=25,
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=beats)
def test_whatever_is_sent_never_more_than_the_clock(
    script: list[tuple[int, int, int, int, bool]], tree: County
) -> None:
    lesson = LessonPage.objects.first() or make_course(10)[0]
    member = make_member(tree.branch)
    with time_machine.travel(START, tick=False) as traveller:
        player = Player(traveller, member, lesson)
        passed = 0
        for wait, one, other, sequence, done in script:
            player.wait(wait)
            passed += wait
            start, end = sorted((one, other))
            if start <= lesson.media.duration_ms:
                player.send(start, end, sequence=sequence, done=done)
        services.finish(player.token)
    spans = list(PlaySpan.objects.filter(session=player.session).order_by("number"))
    assert sum(span.to_ms - span.from_ms for span in spans) <= passed
    assert all(before.wall_to_ms <= after.wall_from_ms for before, after in itertools.pairwise(spans))
    assert all(span.to_ms <= lesson.media.duration_ms for span in spans)
