"""Arithmetic of filling: a group's seats are its own and the rest share what is left, whom a training is for, who travels where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.training.filling.rules import REST, Person, Rule, Seats, fits, group_of, share_out

EAST, WEST = "0001", "0002"


def test_a_branch_takes_the_quota_of_its_town() -> None:
    assert group_of(f"{EAST}0007", {EAST: 3}) == EAST
    assert group_of(f"{WEST}0007", {EAST: 3}) == REST


def test_kept_seats_are_nobody_elses() -> None:
    seats = Seats.of(5, {EAST: 3}, [])
    assert [seats.take(WEST) for _try in range(3)] == [True, True, False]
    assert [seats.take(EAST) for _try in range(4)] == [True, True, True, False]
    assert not seats.overfull


def test_a_seat_given_back_is_its_groups_again() -> None:
    seats = Seats.of(3, {EAST: 2}, [EAST, EAST, WEST])
    assert (seats.left(EAST), seats.left(WEST)) == (0, 0)
    seats.give_back(f"{EAST}0007")
    assert (seats.left(EAST), seats.left(WEST)) == (1, 0)
    seats.give_back(WEST)
    assert (seats.left(EAST), seats.left(WEST)) == (1, 1)


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


# -- whom it is for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "inside"),
    [
        (Rule(), True),
        (Rule(paths=frozenset({"0001"})), True),
        (Rule(paths=frozenset({"0002"})), False),
        (Rule(settings=frozenset({"village"}), offices=frozenset({"secretary"})), True),
        (Rule(settings=frozenset({"organ"}), offices=frozenset({"secretary"})), False),
        (Rule(offices=frozenset({"deputy", "committee"})), False),
        (Rule(categories=frozenset({"full", "probationary"})), True),
        (Rule(ranks=frozenset({"county"})), False),
        (Rule(industries=frozenset({"葡萄", "蚕桑"})), True),
        (Rule(industries=frozenset({"蚕桑"})), False),
        (Rule(away="away"), False),
        (Rule(away="home"), True),
        (Rule(gap="class"), True),
        (Rule(gap="hours"), False),
        (Rule(gap="either"), True),
    ],
)
def test_a_person_fits_one_value_of_every_group(rule: Rule, inside: bool) -> None:
    grower = Person(
        "00010001", "village", "full", industry="葡萄", offices=frozenset({"secretary"}), lacks=frozenset({"class"})
    )
    assert fits(grower, rule) is inside


# -- who travels in which vehicle ------------------------------------------------------------------------------


def test_a_town_stays_together_in_the_smallest_vehicle_that_takes_it() -> None:
    towns = {"a": [1, 2, 3, 4], "b": [5, 6]}
    assert share_out(towns, {10: 5, 20: 2}, {}) == {1: 10, 2: 10, 3: 10, 4: 10, 5: 20, 6: 20}


def test_a_vehicle_of_a_town_is_filled_by_that_town_first() -> None:
    assert share_out({"a": [1, 2, 3], "b": [4]}, {10: 1, 20: 9}, {"b": [10]}) == {4: 10, 1: 20, 2: 20, 3: 20}


def test_a_town_too_large_for_any_vehicle_fills_them_and_the_rest_is_left_out() -> None:
    placed = share_out({"a": [1, 2, 3, 4]}, {10: 1, 20: 2}, {})
    assert placed == {1: 20, 2: 20, 3: 10}


@pytest.mark.parametrize(
    ("towns", "free", "near", "placed"),
    [
        ({"a": [1], "b": [2, 3]}, {10: 2, 20: 2}, {}, {2: 10, 3: 10, 1: 20}),  # the largest town chooses first
        ({"a": [1], "b": [2]}, {10: 1, 20: 1}, {}, {1: 10, 2: 20}),  # of two alike by name
        (
            {"a": [1, 2]},
            {10: 9, 20: 2, 30: 3},
            {},
            {1: 20, 2: 20},
        ),  # the smallest that takes all of it, to the last seat
        ({"a": [1, 2]}, {20: 3, 10: 3}, {}, {1: 10, 2: 10}),  # of two alike the first registered
        ({"a": [1, 2]}, {10: 2, 20: 9}, {"a": [20]}, {1: 20, 2: 20}),  # its own, though another would fit better
        ({"a": [1, 2, 3]}, {10: 3, 20: 1}, {"a": [20]}, {1: 20, 2: 10, 3: 10}),
        ({"a": [1, 2]}, {10: 0}, {}, {}),
        ({"a": [1]}, {}, {}, {}),
    ],
)
def test_who_travels_where(
    towns: dict[str, list[int]], free: dict[int, int], near: dict[str, list[int]], placed: dict[int, int]
) -> None:
    assert share_out(towns, free, near) == placed
