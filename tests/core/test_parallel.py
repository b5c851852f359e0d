"""Work spread over processes comes back in order and whole, and stays at home where it must."""

from __future__ import annotations

import os
import threading

import pytest
from django.db import connections, transaction

from lms.core import parallel


def who(number: int) -> tuple[int, int]:
    """The number and the process that had it."""
    return number, os.getpid()


def broken(number: int) -> int:
    raise ValueError(f"part {number}")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection of the tests' own database is open, as in a command that has just begun."""
    monkeypatch.setattr(parallel, "connections", _NoConnections())


class _NoConnections:
    def all(self, initialized_only: bool = False) -> list[object]:
        return []

    def close_all(self) -> None:
        pass


@pytest.mark.usefixtures("alone")
def test_parts_come_back_in_order_from_other_processes() -> None:
    found = list(parallel.spread(who, range(20), processes=2))
    assert [number for number, _process in found] == list(range(20))
    assert os.getpid() not in {process for _number, process in found}


@pytest.mark.usefixtures("alone")
def test_an_error_in_another_process_is_raised_here() -> None:
    with pytest.raises(ValueError, match="part 0"):
        list(parallel.spread(broken, range(4), processes=2))


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(("parts", "processes"), [(range(5), 1), (range(1), 4)])
def test_one_process_or_one_part_stays_at_home(parts: range, processes: int) -> None:
    found = list(parallel.spread(who, parts, processes=processes))
    assert found == [(number, os.getpid()) for number in parts]


@pytest.mark.usefixtures("alone")
def test_beside_a_thread_it_stays_at_home() -> None:
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait)
    thread.start()
    try:
        assert {process for _number, process in parallel.spread(who, range(4), processes=2)} == {os.getpid()}
    finally:
        leave.set()
        thread.join()


@pytest.mark.django_db
def test_inside_a_transaction_it_stays_at_home() -> None:
    with transaction.atomic():
        assert {process for _number, process in parallel.spread(who, range(4), processes=2)} == {os.getpid()}
        assert all(one.is_usable() for one in connections.all())
