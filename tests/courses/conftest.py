"""A course with video lessons of known length, and a player that behaves or does not."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from courses import media, services
from courses.models import LessonPage
from lms.hours.services import adopt_rule
from lms.members.models import Member

START = dt.datetime(2026, 3, 5, 1, tzinfo=dt.UTC)  # nine in the morning in the county


class Player:
    """A member's player whose clock the test turns."""

    def __init__(self, traveller: time_machine.Coordinates, member: Member, lesson: LessonPage) -> None:
        self.traveller = traveller
        self.session, self.token = services.start_play(member=member, lesson=lesson, by=None)
        self.sequence = 0
        self.position = self.session.span_to_ms
        self.answers = True
        self.answers_after = 3_000
        self.asked = False
        self.left = self.session.presence_left_ms

    def wait(self, milliseconds: int) -> None:
        self.traveller.shift(milliseconds / 1000)

    def send(
        self, start: int, end: int, *, sequence: int | None = None, done: bool = False, offline: bool = False
    ) -> int:
        self.sequence += 1
        number = self.sequence if sequence is None else sequence
        data = {"sequence": number, "from": start, "to": end, "done": done, "offline": offline}
        answer = services.beat(self.token, data)
        self.asked, self.left = answer.ask, answer.left
        return answer.position

    def confirm(self) -> None:
        """Press the button."""
        answer = services.confirm_presence(self.token)
        self.asked, self.left = answer.ask, answer.left

    def play(self, milliseconds: int, every: int = 10_000) -> None:
        """Play on honestly, a beat every ten seconds, and say that one is there when asked."""
        goal = self.position + milliseconds
        while self.position < goal:
            step = min(every, goal - self.position)
            self.wait(step)
            self.send(self.position, self.position + step, done=self.position + step == goal)
            self.position += step
            if self.asked and self.answers:
                self.wait(self.answers_after)
                self.confirm()


@pytest.fixture
def traveller() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def play(traveller: time_machine.Coordinates) -> Callable[[Member, LessonPage], Player]:
    """``play(member, lesson)`` starts a player."""
    return lambda member, lesson: Player(traveller, member, lesson)


@pytest.fixture
def tiers(db: None) -> None:
    """The county has chosen the table by the length of the course, for own and for group watching."""
    for activity in ("online", "group"):
        adopt_rule(
            activity=activity,
            effective_from=dt.date(2026, 1, 1),
            by=None,
            method="tiers",
            step=Decimal("0.25"),
            tiers=[[0, "0.25"], [900, "0.50"], [1800, "1.00"]],
        )


@pytest.fixture(scope="session")
def ffmpeg() -> Callable[..., None]:
    """Run ffmpeg with some arguments."""
    return lambda *arguments: (
        subprocess.run([media.ffmpeg(), "-v", "error", "-y", *map(str, arguments)], check=True) and None
    )


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory, ffmpeg: Callable[..., None]) -> Path:
    """A real film of three seconds, without sound."""
    path = tmp_path_factory.mktemp("video") / "lesson.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=3"]
    ffmpeg(*source, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart", path)
    return path


@pytest.fixture(scope="session")
def talking(tmp_path_factory: pytest.TempPathFactory, ffmpeg: Callable[..., None]) -> Path:
    """A film of seven seconds with a soft sound, large enough for two sizes."""
    path = tmp_path_factory.mktemp("video") / "talking.mp4"
    sources = ["-f", "lavfi", "-i", "testsrc2=size=854x480:rate=10:duration=7"]
    sources += ["-f", "lavfi", "-i", "sine=frequency=440:duration=7,volume=0.1"]
    ffmpeg(*sources, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path)
    return path


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory, ffmpeg: Callable[..., None]) -> Path:
    """Two seconds of sound as MP3."""
    path = tmp_path_factory.mktemp("video") / "talk.mp3"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=300:duration=2", "-c:a", "libmp3lame", path)
    return path


@pytest.fixture
def library(tmp_path: Path, settings: Settings) -> Path:
    """Media and work in progress in a folder of the test's own; returns it."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path
