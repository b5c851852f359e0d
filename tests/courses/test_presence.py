"""Is anybody there: the server asks, and credits no more until somebody answers; missing the question loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from courses import presence, rules, services
from courses.engine import PlayError, Token
from courses.models import LessonPage, PlaySession, PresenceCheck, WatchFlag
from lms.members.models import Member
from tests.conftest import County
from tests.courses.conftest import Player
from tests.courses.test_forged_beats import hours, seen
from tests.factories import MINUTE, make_course, make_member

Play = Callable[[Member, LessonPage], Player]
LONGEST = rules.PRESENCE_EVERY_MS[1] + rules.PRESENCE_GRACE_MS


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


@pytest.fixture
def lesson(tiers: None, tree: County) -> LessonPage:
    return make_course(60)[0]


def test_a_person_who_answers_is_credited_throughout(grower: Member, lesson: LessonPage, play: Play) -> None:
    play(grower, lesson).play(60 * MINUTE)
    assert seen(grower) == 60 * MINUTE
    assert hours(grower) == "1.00"
    checks = PresenceCheck.objects.filter(answered_ms__isnull=False).count()
    assert 60 * MINUTE // LONGEST <= checks <= 60 * MINUTE // rules.PRESENCE_EVERY_MS[0]
    assert not WatchFlag.objects.exists()


def test_case_11_background_play_stops_earning_at_the_question(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.answers = False
    player.play(60 * MINUTE)
    assert rules.PRESENCE_EVERY_MS[0] <= seen(grower) <= LONGEST
    assert hours(grower) == "0"
    assert WatchFlag.objects.get().kind == "unanswered"


def test_a_late_answer_loses_nothing(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.answers = False
    while not player.asked or player.left:
        player.play(10_000)
    stopped = player.session.spans.count()
    player.position = PlaySession.objects.get().span_to_ms
    player.wait(20 * MINUTE)
    player.answers = True
    player.confirm()
    player.play(60 * MINUTE - player.position)
    assert seen(grower) == 60 * MINUTE
    assert stopped <= player.session.spans.count()
    assert hours(grower) == "1.00"


def test_opening_the_lesson_again_does_not_put_the_question_off(grower: Member, lesson: LessonPage, play: Play) -> None:
    total = 0
    for _again in range(12):
        player = play(grower, lesson)
        player.answers = False
        player.play(5 * MINUTE)
        total += 5 * MINUTE
    assert total == 60 * MINUTE
    assert seen(grower) <= LONGEST


def test_nor_does_a_night_after_a_question_left_open(grower: Member, lesson: LessonPage, play: Play) -> None:
    first = play(grower, lesson)
    first.answers = False
    first.play(20 * MINUTE)
    before = seen(grower)
    first.wait(600 * MINUTE)
    second = play(grower, lesson)
    second.answers = False
    assert second.session.presence_left_ms == 0
    assert PresenceCheck.objects.filter(session=second.session, answered_ms__isnull=True).exists()
    second.play(5 * MINUTE)
    assert seen(grower) == before


def test_answering_before_the_question_gains_nothing(grower: Member, lesson: LessonPage, play: Play) -> None:
    player = play(grower, lesson)
    player.play(MINUTE)
    left = PlaySession.objects.get().presence_left_ms
    for _again in range(5):
        player.confirm()
    assert PlaySession.objects.get().presence_left_ms == left


def test_an_answer_without_a_line_holds_for_the_shortest_interval_and_is_looked_at(
    grower: Member, lesson: LessonPage, play: Play
) -> None:
    player = play(grower, lesson)
    player.play(MINUTE)
    PlaySession.objects.update(presence_left_ms=300_000)
    answer = services.confirm_presence(player.token, offline=True)
    assert answer.left is not None
    assert answer.left >= rules.PRESENCE_EVERY_MS[0] + rules.PRESENCE_GRACE_MS
    assert WatchFlag.objects.get().kind == "offline"


def test_answers_that_no_hand_gives_are_flagged_and_still_count(grower: Member, tiers: None, play: Play) -> None:
    lessons = make_course(60, 60)
    for lesson in lessons:
        player = play(grower, lesson)
        player.answers_after = 500
        player.play(60 * MINUTE)
    assert "machine" in set(WatchFlag.objects.values_list("kind", flat=True))
    assert seen(grower) == 120 * MINUTE


def test_a_stations_screen_is_never_asked(tree: County, tiers: None, lesson: LessonPage) -> None:
    session, token = services.start_group_play(lesson=lesson, by=None)
    assert session.presence_left_ms is None
    with pytest.raises(PlayError):
        presence.answer(Token.read(token))


def test_over_the_wire(grower: Member, lesson: LessonPage, play: Play, client: Client) -> None:
    player = play(grower, lesson)
    player.answers = False
    player.play(20 * MINUTE)
    body = {"token": player.token, "sequence": 999, "from": player.position, "to": player.position}
    told = client.post("/play/beat/", body, content_type="application/json").json()
    assert told["ask"] is True
    assert told["left"] == 0
    told = client.post("/play/present/", {"token": player.token}, content_type="application/json").json()
    assert told["ask"] is False
    assert told["left"] >= rules.PRESENCE_EVERY_MS[0]
    assert client.post("/play/present/", {"token": "x"}, content_type="application/json").status_code == 400


def test_an_own_session_that_asks_nothing_is_refused_by_the_database(
    grower: Member, lesson: LessonPage, play: Play
) -> None:
    session = play(grower, lesson).session
    with pytest.raises(IntegrityError), transaction.atomic():
        PlaySession.objects.filter(pk=session.pk).update(presence_left_ms=None)


def test_one_open_question_a_session(grower: Member, lesson: LessonPage, play: Play) -> None:
    session = play(grower, lesson).session
    PresenceCheck.objects.create(session=session, asked_ms=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        PresenceCheck.objects.create(session=session, asked_ms=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        PresenceCheck.objects.filter(session=session).update(answered_ms=0)
