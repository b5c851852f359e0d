"""Arithmetic of quotas: a group's seats are its own, the rest share what is left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lms.training.filling.rules import REST, Seats, group_of

EAST, WEST = "0001", "0002"


def test_a_branch_takes_the_quota_of_its_town() -> None:
    assert group_of(f"{EAST}0007", {EAST: 3}) == EAST
    assert group_of(f"{WEST}0007", {EAST: 3}) == REST


def test_kept_seats_are_nobody_elses() -> None:
    seats = Seats.of(5, {EAST: 3}, [])
    assert [seats.take(WEST) for _try in range(3)] == [True, True, False]
    assert [seats.take(EAST) for _try in range(4)] == [True, True, True, False]
    assert not seats.overfull


def test_a_group_beyond_its_limit_or_quotas_beyond_the_seats_are_overfull() -> None:
    assert Seats.of(5, {EAST: 1}, [EAST, EAST]).overfull
    assert Seats.of(5, {EAST: 5}, [WEST]).overfull
    assert Seats.of(5, {EAST: 3, WEST: 3}, []).overfull
    assert not Seats.of(5, {EAST: 3, WEST: 2}, [EAST, WEST]).overfull


@given(
    capacity=st.integers(1, 12),
    quotas=st.dictionaries(st.sampled_from([EAST, WEST]), st.integers(1, 6)),
    asking=st.lists(st.sampled_from([EAST, f"{EAST}0001", WEST, "0003"]), max_size=30),
)
def test_however_people_arrive_no_group_and_no_training_is_overfull(
    capacity: int, quotas: dict[str, int], asking: list[str]
) -> None:
    seats = Seats.of(capacity, quotas, [])
    if seats.overfull:
        return
    seated = [path for path in asking if seats.take(path)]
    assert len(seated) <= capacity
    assert not seats.overfull
    assert not any(seats.left(path) for path in asking if asking.count(path) > seated.count(path))
