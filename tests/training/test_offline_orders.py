"""Case 8: whatever order, repetition and cutting a day's queue comes in, the marks and the ledger are those of a day with a line."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

import time_machine
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.hours import totals
from lms.members.models import User
from lms.training.checkin import offline, selectors, services
from lms.training.models import Attendance, OfflineDevice
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on
from tests.training.phones import Phone

BOOTED, PREPARED = on(FIRST_DAY, 7, 25), on(FIRST_DAY, 7, 28)
BELL = on(FIRST_DAY, 8, 30)


class Happening(NamedTuple):
    """So many seconds after the bell somebody comes or goes; the clock is moved by so many minutes just before."""

    second: int
    person: int
    direction: str
    kind: str
    moved: int


class Sending(NamedTuple):
    """So many events from one on are sent; the class is closed just before, if it was not yet."""

    first: int
    many: int
    closing: bool


happenings = st.lists(
    st.builds(
        Happening,
        st.integers(-3500, 11000),
        st.integers(0, 2),
        st.sampled_from(["in", "in", "out"]),
        st.sampled_from(["card", "code", "tap"]),
        st.sampled_from([0, 0, 0, 0, 40, -200]),
    ),
    min_size=1,
    max_size=9,
)
sendings = st.lists(st.builds(Sending, st.integers(0, 8), st.integers(1, 9), st.booleans()), max_size=5)


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """What happens within is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def state(classroom: ClassRoom) -> tuple[object, ...]:
    """Marks, and what stands in the ledger."""
    rows = Attendance.objects.filter(session=classroom.first).order_by("member")
    lines = [line for one in classroom.people for line in totals.standing(totals.entries(one.pk, 2026))]
    return (
        list(rows.values_list("member", "status", "arrived_at", "left_at", "means")),
        [(line.member_id, line.earned_on, line.hours, line.title) for line in lines],
    )


def text(classroom: ClassRoom, event: Happening) -> str:
    person = classroom.people[event.person]
    return selectors.card_text(person) if event.kind == "card" else person.code


@given(happenings, sendings, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_case_8_any_order_repetition_and_cut_gives_the_ledger_of_a_day_with_a_line(
    classroom: ClassRoom,
    trainer: User,
    after_class: time_machine.Coordinates,
    day: list[Happening],
    sent: list[Sending],
    random: object,
) -> None:
    day = sorted(day)
    with undone():
        for number, event in enumerate(day):
            at = BELL + dt.timedelta(seconds=event.second)
            after_class.move_to(at)
            reading = services.Reading(
                f"line:{number}", classroom.people[event.person], offline.MEANS[event.kind], event.direction, at
            )
            services.record(session=classroom.first, reading=reading, by=trainer)
        after_class.move_to(on(NEXT_DAY, 18))
        classroom.close(keep_waiting=True)
        expected = state(classroom)

    with undone():
        after_class.move_to(PREPARED)
        phone = Phone(booted=BOOTED)
        phone.prepare(classroom.training, FIRST_DAY, trainer)
        for event in day:
            phone.wrong += dt.timedelta(minutes=event.moved)
            at = BELL + dt.timedelta(seconds=event.second)
            phone.scan(classroom.first.pk, text(classroom, event), at, event.direction, event.kind)
        after_class.move_to(on(NEXT_DAY, 18))
        closed = False
        for batch in sent:
            if batch.closing and not closed:
                classroom.close(keep_waiting=True)
                closed = True
            after_class.shift(3600)
            events = phone.queue[batch.first : batch.first + batch.many]
            random.shuffle(events)  # type: ignore[attr-defined]
            if events:
                assert phone.send(*events).status_code == 200
        if not closed:
            classroom.close(keep_waiting=True)
        after_class.shift(21 * 24 * 3600)
        rest = list(phone.queue)
        random.shuffle(rest)  # type: ignore[attr-defined]
        for event in rest:
            phone.send(event)
        assert state(classroom) == expected
        assert OfflineDevice.objects.get().reach == len(day)
        first = phone.send().content
        assert phone.send().content == first
        assert state(classroom) == expected
