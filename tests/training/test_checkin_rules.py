"""When a scan counts, and what scans in any order say of a stay."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.training.checkin import rules
from lms.training.checkin.rules import IN, OUT, Seen, Stay

START = dt.datetime(2026, 3, 5, 8, 30, tzinfo=dt.UTC)
END = dt.datetime(2026, 3, 5, 11, 30, tzinfo=dt.UTC)


def at(minutes: float) -> dt.datetime:
    """So many minutes after the beginning."""
    return START + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("direction", "minute", "said"),
    [
        (IN, -61, "too-early"),
        (IN, -60, ""),
        (IN, 180, ""),
        (IN, 181, "too-late"),
        (OUT, -1, "too-early"),
        (OUT, 210, ""),
        (OUT, 211, "too-late"),
    ],
)
def test_the_doors_open_an_hour_before_and_close_half_an_hour_after(direction: str, minute: int, said: str) -> None:
    assert rules.timely(START, END, direction, at(minute)) == said


@pytest.mark.parametrize(
    ("means", "direction", "standing"),
    [
        ("member_code", IN, rules.FIRM),
        ("kiosk", IN, rules.FIRM),
        ("room_code", IN, rules.PROVISIONAL),
        ("digits", IN, rules.PROVISIONAL),
        ("room_code", OUT, rules.FIRM),
    ],
)
def test_case_2_what_a_phone_alone_shows_is_provisional(means: str, direction: str, standing: str) -> None:
    assert rules.standing(means, direction) == standing


@pytest.mark.parametrize(
    ("scans", "stay"),
    [
        ([], None),
        ([(OUT, 90)], None),
        ([(IN, -20)], Stay(None, None)),
        ([(IN, 0.5)], Stay(None, None)),
        ([(IN, 12.9)], Stay(at(12), None)),
        ([(IN, 12), (OUT, 100.1)], Stay(at(12), at(101))),
        ([(IN, -5), (OUT, 185)], Stay(None, None)),
        ([(IN, -5), (OUT, 60), (IN, 70)], Stay(None, None)),
        ([(IN, -5), (OUT, 60), (IN, 70), (OUT, 120)], Stay(None, at(120))),
        ([(IN, 30.2), (OUT, 30.2)], Stay(at(30), at(31))),
    ],
)
def test_a_stay_by_the_minute_in_favour_of_the_person(scans: list[tuple[str, float]], stay: Stay | None) -> None:
    assert rules.stay(START, END, [Seen(way, at(minute)) for way, minute in scans]) == stay


ANY = st.lists(st.builds(Seen, st.sampled_from([IN, OUT]), st.integers(-3600, 14000).map(lambda s: at(s / 60))))


@given(ANY, st.randoms())
def test_case_8_order_and_repetition_change_nothing(scans: list[Seen], random: object) -> None:
    mixed = scans + scans[: len(scans) // 2]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert rules.stay(START, END, mixed) == rules.stay(START, END, scans)


@given(ANY)
def test_a_stay_is_within_the_session_and_not_backwards(scans: list[Seen]) -> None:
    stay = rules.stay(START, END, scans)
    if stay is None:
        return
    arrived, left = stay.arrived_at or START, stay.left_at or END
    assert arrived >= START
    assert left <= END or left == arrived
