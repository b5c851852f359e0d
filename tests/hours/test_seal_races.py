"""A day is sealed while a line of it is not committed yet, on PostgreSQL in live connections; with the lock off it breaks."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from lms.core import clock
from lms.hours import ledger, seals
from lms.members.models import Member
from tests.conftest import build_tree
from tests.factories import make_credit, make_member

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
YESTERDAY = dt.timedelta(days=1)
PATIENCE = 20


@pytest.fixture
def people() -> list[Member]:
    tree = build_tree()
    return [make_member(tree.branch), make_member(tree.branch2)]


@pytest.fixture
def under_way(people: list[Member]) -> Iterator[threading.Event]:
    """A post of yesterday that has its id and waits for the event before it commits; another one with a later id has."""
    inserted, go_on = threading.Event(), threading.Event()

    def post_slowly() -> None:
        try:
            with transaction.atomic(), clock.told(clock.now() - YESTERDAY):
                ledger.post(make_credit(people[0]), by=None)
                inserted.set()
                assert go_on.wait(PATIENCE)
        finally:
            connection.close()

    thread = threading.Thread(target=post_slowly)
    thread.start()
    assert inserted.wait(PATIENCE)
    with clock.told(clock.now() - YESTERDAY):
        ledger.post(make_credit(people[1]), by=None)
    yield go_on
    go_on.set()
    thread.join()


def seal_meanwhile(go_on: threading.Event) -> list[str]:
    """Seal, let the slow post commit while that waits or after it, and see whether the chain holds."""
    timer = threading.Timer(1.0, go_on.set)
    timer.start()
    try:
        seals.seal_finished_days()
    finally:
        timer.join()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(PATIENCE)
    return [violation.check for link in seals.links() for violation in seals.link_violations(link)]


def test_a_seal_waits_for_posts_under_way(under_way: threading.Event) -> None:
    assert seal_meanwhile(under_way) == []
    assert [link.content.lines for link in seals.links()] == [2]


def test_the_control_without_the_lock_breaks(under_way: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "_wait_for_posts", lambda: None)
    assert seal_meanwhile(under_way) == ["seal"]
