"""An honest person on a bad line loses no more than one beat's interval; what comes late is marked, never dropped."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from courses import rules, services
from courses.engine import Answer, PlayError
from courses.models import LessonPage, PlaySession, PlaySpan, WatchFlag
from lms.members.models import Member
from lms.reports import audit
from tests.conftest import County
from tests.courses.conftest import Player
from tests.courses.test_forged_beats import seen
from tests.factories import MINUTE, make_course, make_member

Play = Callable[[Member, LessonPage], Player]
INTERVAL = 10_000
DAYS = 7
MINUTES = 120


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


@dataclass
class Browser:
    """What static/js/player.js and presence.js do, step by step, on a line that drops, doubles and delays.

    ``queue`` is what the browser keeps in its store: it outlives the page.
    """

    traveller: time_machine.Coordinates
    member: Member
    lesson: LessonPage
    chance: random.Random
    queue: list[dict[str, Any]] = field(default_factory=list)
    token: str = ""
    position: int = 0
    counted: int = 0
    furthest: int = 0
    offline: bool = False
    up: bool = True

    def open(self) -> None:
        """Open the page and press play: what an earlier page had not sent goes first, and is known to come late."""
        for one in self.queue:
            one["offline"] = True
        waiting = len(self.queue) + 1
        while 0 < len(self.queue) < waiting:
            waiting = len(self.queue)
            self.flush()
        self.begin()
        self.position = self.session.span_to_ms
        self.resume()

    def begin(self) -> None:
        self.session, self.token = services.start_play(member=self.member, lesson=self.lesson, by=None)
        self.sequence = 0
        self.until = self.counted + (self.session.presence_left_ms or 0)
        self.offline = False

    def resume(self) -> None:
        if not self.queue:
            self.add(self.position, self.position)

    def pass_time(self, milliseconds: int) -> None:
        self.traveller.shift(milliseconds / 1000)

    @property
    def left(self) -> int:
        return self.until - self.counted

    def step(self) -> None:
        """Ten seconds of the film, or as many as are left until it waits for an answer; then a beat."""
        if self.left <= 0:
            self.press()
        played = min(INTERVAL, self.left)
        self.pass_time(played)
        start, self.position = self.position, self.position + played
        self.counted += played
        self.furthest = max(self.furthest, self.position)
        self.add(start, self.position)
        if self.left <= rules.PRESENCE_GRACE_MS:
            self.press()

    def press(self) -> None:
        """The button; with the line down the answer waits like a beat, and the film goes on for the shortest interval."""
        self.queue.append({"token": self.token, "present": True, "offline": self.offline})
        self.until = self.counted + rules.PRESENCE_EVERY_MS[0] + rules.PRESENCE_GRACE_MS
        self.flush()

    def told(self, answer: Answer) -> None:
        """The server counts from what it has; what waits here comes off."""
        own = [one for one in self.queue if one["token"] == self.token]
        if any("present" in one for one in own):
            return
        waiting = sum(one["to"] - one["from"] for one in own)
        self.until = self.counted - waiting + (answer.left or 0)

    def add(self, start: int, end: int) -> None:
        self.sequence += 1
        beat = {"sequence": self.sequence, "from": start, "to": end, "offline": self.offline, "token": self.token}
        self.queue.append(beat)
        self.flush()

    def flush(self) -> None:
        """Send in order; a request may be lost on its way, or its answer on the way back."""
        while self.queue:
            fate = self.chance.random() if self.up else 0.0
            if fate >= 0.10:  # below, it is lost on its way
                self.pass_time(600)
                try:
                    answer = self.send(self.queue[0])
                except PlayError:  # over meanwhile; what was played before still counts, as late
                    assert not self.queue[0]["offline"]
                    for one in self.queue:
                        one["offline"] = True
                    continue
            if fate < 0.15:  # no answer: the same beat goes again
                self.offline = True
                for one in self.queue:
                    one["offline"] = True
                return
            self.offline = False
            gone = self.queue.pop(0)
            if gone["token"] != self.token:
                continue
            self.told(answer)
            if answer.over and not any(one["token"] == self.token for one in self.queue):
                self.begin()

    def send(self, one: dict[str, Any]) -> Answer:
        if "present" in one:
            return services.confirm_presence(one["token"], offline=one["offline"])
        return services.beat(one["token"], one)


def browse(page: Browser, chance: random.Random) -> None:
    """Half an hour of a lesson in which the line goes, the page is opened anew and the lid is shut."""
    page.open()
    for minute in range(30):
        if chance.random() < 0.15:  # the line is gone for minutes
            page.up = False
            for _beat in range(chance.randrange(1, 60)):
                page.step()
            page.up = True
        if chance.random() < 0.1:  # reloaded with beats waiting, whether the line is there or comes back later
            page.up = chance.random() < 0.5
            page.step()
            page.up = True
            page.open()
        if minute % 9 == 8:  # asleep: nothing plays, nothing is claimed
            page.pass_time(chance.randrange(10, 90) * MINUTE)
            services.end_forgotten()
            page.resume()
        for _beat in range(6):
            page.step()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_week_of_awful_network_loses_no_more_than_a_beat(
    tree: County, tiers: None, grower: Member, traveller: time_machine.Coordinates, seed: int
) -> None:
    chance = random.Random(seed)
    lessons = make_course(*[MINUTES] * DAYS)
    watched = 0
    kept: list[dict[str, Any]] = []
    for number, lesson in enumerate(lessons):
        page = Browser(traveller, grower, lesson, chance, kept)
        browse(page, chance)
        if number % 2:  # shut with beats waiting; the next page hands them in
            page.up = False
            for _beat in range(12):
                page.step()
            assert page.queue
        else:
            for _again in range(100):  # the line is back: what waits is sent
                page.flush()
            services.finish(page.token)
        watched += page.furthest
        kept = page.queue
        page.pass_time(24 * 60 * MINUTE - MINUTES * MINUTE)
        services.end_forgotten()
    for _again in range(100):
        Browser(traveller, grower, lessons[0], chance, kept).flush()
    assert kept == []
    assert watched - seen(grower) <= INTERVAL
    assert seen(grower) <= watched


def test_twenty_minutes_without_a_line_count_and_are_marked(
    tree: County, tiers: None, grower: Member, play: Play
) -> None:
    player = play(grower, make_course(30)[0])
    player.play(MINUTE)
    player.wait(7 * MINUTE)
    for start in range(MINUTE, 8 * MINUTE, 10_000):
        player.send(start, start + 10_000, offline=True)
    assert seen(grower) == 8 * MINUTE
    flag = WatchFlag.objects.get()
    assert (flag.kind, flag.state) == ("offline", "open")
    assert flag.milliseconds == 7 * MINUTE - rules.CARRY_MS


def test_offline_is_no_way_round_the_clock(tree: County, tiers: None, grower: Member, play: Play) -> None:
    player = play(grower, make_course(60)[0])
    player.wait(MINUTE)
    for start in range(0, 60 * MINUTE, 10_000):
        player.send(start, start + 10_000, offline=True)
    assert seen(grower) == MINUTE


def test_nor_round_the_question(tree: County, tiers: None, grower: Member, play: Play) -> None:
    player = play(grower, make_course(60)[0])
    player.wait(60 * MINUTE)
    for start in range(0, 60 * MINUTE, 10_000):
        player.send(start, start + 10_000, offline=True)
    assert seen(grower) <= rules.PRESENCE_EVERY_MS[1] + rules.PRESENCE_GRACE_MS
    with pytest.raises(PlayError):
        player.send(61 * MINUTE, 62 * MINUTE, offline=True)


def hand_in(player: Player, start: int, end: int) -> None:
    """What waited without a line arrives, beat after beat; the answers that it had asked for among it."""
    for at in range(start, end, INTERVAL):
        player.send(at, at + INTERVAL, offline=True)
        if player.asked:
            answer = services.confirm_presence(player.token, offline=True)
            player.asked = answer.ask


def held(member: Member) -> int:
    rows = PlaySpan.objects.filter(session__member=member, held=True)
    return sum(span.to_ms - span.from_ms for span in rows)


def test_beyond_half_an_hour_it_is_kept_and_nobody_is_accused(
    tree: County, tiers: None, grower: Member, play: Play
) -> None:
    player = play(grower, make_course(60)[0])
    player.wait(45 * MINUTE)
    services.end_forgotten()
    hand_in(player, 0, 45 * MINUTE)
    assert (seen(grower), held(grower)) == (30 * MINUTE, 15 * MINUTE)
    assert set(WatchFlag.objects.values_list("kind", flat=True)) == {"offline"}
    assert audit.run().violations == []


def test_what_is_kept_is_no_more_than_the_clock_either(tree: County, tiers: None, grower: Member, play: Play) -> None:
    player = play(grower, make_course(120)[0])
    player.wait(40 * MINUTE)
    hand_in(player, 0, 120 * MINUTE)
    assert seen(grower) + held(grower) == 40 * MINUTE
    spans = PlaySpan.objects.filter(session=player.session).order_by("number")
    assert all(one.wall_to_ms <= other.wall_from_ms for one, other in itertools.pairwise(spans))


def test_what_is_kept_is_not_spent_by_beats_with_a_line(tree: County, tiers: None, grower: Member, play: Play) -> None:
    player = play(grower, make_course(120)[0])
    player.wait(60 * MINUTE)
    player.send(0, INTERVAL, offline=True)
    before = seen(grower)
    for at in range(INTERVAL, 60 * MINUTE, INTERVAL):
        player.send(at, at + INTERVAL)
    assert seen(grower) - before <= rules.CARRY_MS


def test_late_beats_reach_no_further_than_the_next_session(
    tree: County, tiers: None, grower: Member, play: Play
) -> None:
    first_lesson, second_lesson = make_course(60, 60)
    first = play(grower, first_lesson)
    first.wait(4 * MINUTE)
    second = play(grower, second_lesson)
    second.wait(10 * MINUTE)
    hand_in(first, 0, 14 * MINUTE)
    assert seen(grower) == 4 * MINUTE
    with pytest.raises(PlayError, match="superseded"):
        first.send(14 * MINUTE, 15 * MINUTE)
    assert services.beat(first.token, {"sequence": 1, "from": 0, "to": INTERVAL, "offline": True}).over == "superseded"


def test_late_beats_of_many_sessions_do_not_put_the_question_off(
    tree: County, tiers: None, grower: Member, play: Play
) -> None:
    lesson = make_course(120)[0]
    last = None
    for at in range(0, 80 * MINUTE, 4 * MINUTE):
        player = play(grower, lesson)
        if last is not None:
            for start in range(at - 4 * MINUTE, at, INTERVAL):
                last.send(start, start + INTERVAL, offline=True)
        player.wait(4 * MINUTE)
        last = player
    assert seen(grower) <= rules.PRESENCE_EVERY_MS[1] + rules.PRESENCE_GRACE_MS


def test_a_session_that_fell_silent_says_so(tree: County, tiers: None, grower: Member, play: Play) -> None:
    player = play(grower, make_course(60)[0])
    player.play(MINUTE)
    player.wait(31 * MINUTE)
    services.end_forgotten()
    data = {"sequence": 99, "from": MINUTE, "to": 2 * MINUTE, "offline": True}
    answer = services.beat(player.token, data)
    assert (answer.over, answer.settle, answer.position) == ("silent", True, 2 * MINUTE)


def test_what_waited_goes_with_the_page(tree: County, tiers: None, grower: Member, play: Play, client: Client) -> None:
    player = play(grower, make_course(20)[0])
    player.wait(3 * MINUTE)
    waiting: list[Any] = [
        {"sequence": number, "from": (number - 1) * MINUTE, "to": number * MINUTE} for number in (1, 2, 3)
    ]
    waiting[1:1] = ["nonsense", {"sequence": "x"}, {"present": True}]
    told = client.post("/play/finish/", {"token": player.token, "beats": waiting}, content_type="application/json")
    assert told.json() == {"ended": True}
    assert seen(grower) == 3 * MINUTE
    client.post("/play/finish/", {"token": player.token, "beats": waiting}, content_type="application/json")
    assert seen(grower) == 3 * MINUTE
    assert PlaySession.objects.get().ended_ms is not None


def test_the_database_keeps_no_more_for_a_person_than_was_allowed(
    tree: County, tiers: None, grower: Member, play: Play
) -> None:
    session = play(grower, make_course(20)[0]).session
    with pytest.raises(IntegrityError, match="play_session_held_allowed"), transaction.atomic():
        PlaySession.objects.filter(pk=session.pk).update(held_left_ms=1, allowance_ms=0)
