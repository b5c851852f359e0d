"""A prepared page as the server sees it: its clocks, its counter, its chain of signatures. The real one is in the browser's test."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

from lms.core import clock
from lms.members.models import User
from lms.training import tokens
from lms.training.checkin import offline, rules, selectors
from lms.training.models import OfflineDevice, Training
from tests.training.conftest import FIRST_DAY, ClassRoom, on

Event = dict[str, Any]
ZERO = dt.timedelta(0)


def ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


@dataclass
class Phone:
    """``wrong``: how far its clock is ahead of the true time. ``booted``: when its page was loaded, by the true time."""

    booted: dt.datetime
    wrong: dt.timedelta = ZERO
    boot: str = "a" * 16
    device: OfflineDevice | None = None
    queue: list[Event] = field(default_factory=list)

    @property
    def key(self) -> str:
        assert self.device is not None
        return tokens.offline_key(selectors.room_key(), str(self.device.uuid))

    def clocks(self, at: dt.datetime) -> dict[str, Any]:
        """What its clocks say at a true moment."""
        return {"at": ms(at + self.wrong), "mono": ms(at) - ms(self.booted), "boot": self.boot}

    def prepare(self, training: Training, day: dt.date, by: User | None) -> OfflineDevice:
        """Now."""
        tick = offline.tick_of(self.clocks(clock.now()))
        self.device = offline.open_device(training=training, day=day, tick=tick, by=by)
        return self.device

    def reload(self, at: dt.datetime) -> None:
        """The page was loaded anew: its running time begins again."""
        self.booted, self.boot = at, f"{int(self.boot, 16) + 1:016x}"

    def scan(self, session: int, text: str, at: dt.datetime, direction: str = "in", kind: str = "card") -> Event:
        """Queue one event of a true moment."""
        event: Event = {"n": len(self.queue) + 1, "session": session, "kind": kind, "direction": direction}
        event |= {"text": text, **self.clocks(at), "prior": self.queue[-1]["mac"] if self.queue else ""}
        self.queue.append(self.signed(event))
        return event

    def signed(self, event: Event) -> Event:
        """With the signature of what it says now."""
        assert self.device is not None
        secret = tokens.chain_key(selectors.room_key(), str(self.device.uuid))
        words = [event[name] for name in ("n", "session", "kind", "direction", "text", "at", "mono", "boot")]
        event["mac"] = tokens.link(secret, event["prior"], words)
        return event

    def send(self, *events: Event, client: Client | None = None) -> HttpResponse:
        """Send some events, or the whole queue, now."""
        body = {"key": self.key, **self.clocks(clock.now()), "events": list(events or self.queue)}
        return (client or Client()).post("/checkin/offline/", json.dumps(body), content_type="application/json")

    @property
    def tick(self) -> rules.Tick:
        """Its clocks now."""
        return offline.tick_of(self.clocks(clock.now()))


def card(classroom: ClassRoom, number: int) -> str:
    return selectors.card_text(classroom.people[number])


def a_morning(classroom: ClassRoom, phone: Phone) -> None:
    """One by card in time, one late by his number, one tapped who leaves early."""
    first = classroom.first.pk
    phone.scan(first, card(classroom, 0), on(FIRST_DAY, 8, 12))
    phone.scan(first, classroom.people[1].code, on(FIRST_DAY, 8, 47), kind="code")
    phone.scan(first, classroom.people[2].code, on(FIRST_DAY, 8, 20), kind="tap")
    phone.scan(first, card(classroom, 2), on(FIRST_DAY, 10, 30), direction="out")
