"""Two devices at the same moment, on PostgreSQL in live connections; with the lock and the constraint off the control fails."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, models

from courses import rules, selectors, services
from courses.engine import PlayError, Token
from courses.models import LessonPage, PlaySession
from lms.core import clock
from lms.members.models import Member
from tests.conftest import build_tree
from tests.factories import make_course, make_member

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
ROUNDS = 10
DEVICES = 4


@pytest.fixture
def grower() -> Member:
    return make_member(build_tree().branch)


@pytest.fixture
def lesson() -> LessonPage:
    return make_course(30)[0]


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Run each act in a thread with a connection of its own, started together; returns the errors."""
    gate = threading.Barrier(len(acts))
    errors: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def start_everywhere(member: Member, lesson: LessonPage) -> tuple[int, int]:
    """Start on several devices at once, again and again: (errors, rounds that left more than one active session)."""
    failed = wrong = 0
    for _round in range(ROUNDS):
        starts = [lambda: services.start_play(member=member, lesson=lesson, by=None)] * DEVICES
        failed += len(at_once(*starts))
        wrong += PlaySession.objects.filter(member=member, ended_ms__isnull=True).count() != 1
        PlaySession.objects.filter(ended_ms__isnull=True).update(ended_ms=models.F("beat_ms"))
    return failed, wrong


def test_case_10_starts_at_the_same_moment_leave_one_active(grower: Member, lesson: LessonPage) -> None:
    assert start_everywhere(grower, lesson) == (0, 0)


def test_control_without_lock_and_constraint_more_than_one_is_active(
    grower: Member, lesson: LessonPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda rows, **_options: rows.all())
    only_one = next(rule for rule in PlaySession._meta.constraints if rule.name == "play_session_one_active_a_member")
    with connection.schema_editor() as editor:
        editor.remove_constraint(PlaySession, only_one)
    try:
        _failed, wrong = start_everywhere(grower, lesson)
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(PlaySession, only_one)
    assert wrong > 0


def test_the_same_beat_from_many_lines_counts_once(grower: Member, lesson: LessonPage) -> None:
    session, token = services.start_play(member=grower, lesson=lesson, by=None)
    started = clock.now_ms()
    for number in range(1, 30):
        beat = {"sequence": number, "from": number * 10, "to": number * 10 + 10}
        assert not at_once(*[lambda beat=beat: services.beat(token, beat)] * 3)
    session.refresh_from_db()
    spans = selectors.played_spans(session)
    assert sum(span.to_ms - span.from_ms for span in spans) <= clock.now_ms() - started + rules.JITTER_MS
    assert len({(span.from_ms, span.to_ms) for span in spans}) == len(spans)


def test_a_beat_and_a_new_start_at_once_lose_nothing_and_add_nothing(grower: Member, lesson: LessonPage) -> None:
    for number in range(ROUNDS):
        session, token = services.start_play(member=grower, lesson=lesson, by=None)
        beat = {"sequence": 1, "from": session.span_to_ms, "to": session.span_to_ms + 5}
        errors = at_once(
            lambda token=token, beat=beat: services.beat(token, beat),
            lambda: services.start_play(member=grower, lesson=lesson, by=None),
        )
        assert all(isinstance(error, PlayError) and error.code == "superseded" for error in errors), number
        session.refresh_from_db()
        assert session.ended_ms is not None
        assert session.spans.count() <= 1
        assert Token.read(token).session_id == session.pk
