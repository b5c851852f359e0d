"""An honest person on a bad line loses no more than one beat's interval; what comes late is marked, never dropped."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine

from courses import rules, services
from courses.engine import Answer, PlayError
from courses.models import LessonPage, WatchFlag
from lms.members.models import Member
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
    """What static/js/player.js and presence.js do, step by step, on a line that drops, doubles and delays."""

    traveller: time_machine.Coordinates
    member: Member
    lesson: LessonPage
    chance: random.Random
    queue: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0
    watched: int = 0
    offline: bool = False
    up: bool = True

    def open(self) -> None:
        """Open the page and press play; what an earlier page had not sent is lost with it, as in a real browser."""
        self.session, self.token = services.start_play(member=self.member, lesson=self.lesson, by=None)
        self.position, self.sequence = self.session.span_to_ms, 0
        self.left = self.session.presence_left_ms or 0
        self.queue, self.offline = [], False
        self.resume()

    def resume(self) -> None:
        if not self.queue:
            self.add(self.position, self.position)

    def pass_time(self, milliseconds: int) -> None:
        self.traveller.shift(milliseconds / 1000)

    def step(self) -> None:
        """Ten seconds of the film, or as many as are left until it waits for an answer; then a beat."""
        if self.left <= 0:
            self.confirm()
            return
        played = min(INTERVAL, self.left)
        self.pass_time(played)
        start, self.position = self.position, self.position + played
        self.left -= played
        self.watched += played
        self.add(start, self.position)
        if self.left <= rules.PRESENCE_GRACE_MS and self.up:
            self.confirm()

    def confirm(self) -> None:
        """The button; with the line down the film waits for it."""
        if not self.up:
            self.pass_time(60_000)
            return
        self.flush()
        self.told(services.confirm_presence(self.token))

    def told(self, answer: Answer) -> None:
        """The server counts from what it has; what waits here comes off."""
        self.left = (answer.left or 0) - sum(beat["to"] - beat["from"] for beat in self.queue)

    def add(self, start: int, end: int) -> None:
        self.sequence += 1
        self.queue.append({"sequence": self.sequence, "from": start, "to": end, "offline": self.offline})
        self.flush()

    def flush(self) -> None:
        """Send in order; a request may be lost on its way, or its answer on the way back."""
        while self.queue:
            fate = self.chance.random() if self.up else 0.0
            if fate >= 0.10:  # below, it is lost on its way
                self.pass_time(600)
                answer = services.beat(self.token, self.queue[0])
            if fate < 0.15:  # no answer: the same beat goes again
                self.offline = True
                for beat in self.queue:
                    beat["offline"] = True
                return
            self.offline = False
            self.queue.pop(0)
            self.told(answer)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_week_of_awful_network_loses_no_more_than_a_beat(
    tree: County, tiers: None, grower: Member, traveller: time_machine.Coordinates, seed: int
) -> None:
    chance = random.Random(seed)
    lessons = make_course(*[MINUTES] * DAYS)
    watched = 0
    for lesson in lessons:
        page = Browser(traveller, grower, lesson, chance)
        page.open()
        for minute in range(30):
            if chance.random() < 0.15:  # the line is gone for minutes, or the lid is shut for longer
                page.up = False
                for _beat in range(chance.randrange(1, 60)):
                    page.step()
                page.up = True
            if minute % 9 == 8:  # asleep: nothing plays, nothing is claimed
                page.pass_time(chance.randrange(10, 90) * MINUTE)
                page.resume()
            for _beat in range(6):
                page.step()
        for _again in range(100):  # the line is back: what waits is sent
            page.flush()
        assert page.queue == []
        services.finish(page.token)
        watched += page.watched
        page.pass_time(12 * 60 * MINUTE)
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
