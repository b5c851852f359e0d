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
        ([(IN, 12 + 1e-6 / 60), (OUT, 100)], Stay(at(12), at(100))),
        ([(IN, 0), (OUT, 180)], Stay(None, None)),
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


# -- time without a line ------------------------------------------------------------------------

DAWN, DUSK = at(-60), at(600)
MOMENT = dt.timedelta(seconds=1)


def anchor(real: dt.datetime, wrong: int = 0, boot: str = "a") -> rules.Anchor:
    """Heard at a moment from a device whose clock is so many minutes ahead; its page was loaded at dawn."""
    return rules.Anchor(real, tick(real, wrong, boot))


def tick(real: dt.datetime, wrong: int = 0, boot: str = "a") -> rules.Tick:
    return rules.Tick(real + dt.timedelta(minutes=wrong), int((real - DAWN).total_seconds() * 1000), boot)


@pytest.mark.parametrize(
    ("event", "sent", "basis"),
    [
        (tick(at(5)), anchor(DUSK), "clock"),
        (tick(at(5), 1), anchor(DUSK, 1), "clock"),
        (tick(at(5), -90), anchor(DUSK, -90), "sent"),
        (tick(at(5), 0), anchor(DUSK, 90, "b"), "prepared"),
        (tick(at(5), 90, "b"), anchor(DUSK, 90, "b"), "sent"),
        (tick(at(5), -30), anchor(DUSK, 0), "sent"),
    ],
)
def test_case_5_which_clock_is_believed(event: rules.Tick, sent: rules.Anchor, basis: str) -> None:
    found = rules.believed(event, anchor(DAWN), sent)
    assert (found.basis, found.doubt) == (basis, "")
    assert abs(found.at - at(5)) <= dt.timedelta(minutes=1)


def test_case_5_a_clock_that_was_never_moved_is_believed_though_the_phone_slept() -> None:
    slept = rules.Tick(at(5), 1000, "a")
    sent = rules.Anchor(DUSK, rules.Tick(DUSK, 60_000, "a"))
    assert rules.believed(slept, anchor(DAWN), sent) == (at(5), "clock", "")


def test_case_5_a_moved_clock_and_a_running_time_that_stood_still_leave_nothing_to_go_by() -> None:
    slept = rules.Tick(at(5), 1000, "a")
    sent = rules.Anchor(DUSK, rules.Tick(DUSK + dt.timedelta(hours=2), 60_000, "a"))
    assert rules.believed(slept, anchor(DAWN), sent).doubt == rules.MOVED


def test_case_5_a_best_guess_lies_between_preparation_and_sending() -> None:
    found = rules.believed(tick(at(5), -3000, "x"), anchor(DAWN), anchor(DUSK, -3000, "y"))
    assert found == (DAWN, "", rules.MOVED)


@given(st.integers(-59, 599), st.integers(-3000, 3000), st.integers(-3000, 3000), st.booleans(), st.booleans())
def test_case_5_whatever_happens_to_the_clock_a_time_that_is_believed_is_right(
    minute: int, before: int, after: int, same_at_dawn: bool, same_at_dusk: bool
) -> None:
    """The clock is moved at most once, after the event or before it; the page may have been loaded anew."""
    event = tick(at(minute), before)
    prepared = anchor(DAWN, 0, "a" if same_at_dawn else "p")
    sent = anchor(DUSK, after if before in (0, after) else before, "a" if same_at_dusk else "s")
    found = rules.believed(event, prepared, sent)
    assert found.doubt or abs(found.at - at(minute)) <= rules.AGREE


def test_case_5_a_clock_that_was_wrong_all_day_is_set_right() -> None:
    assert rules.believed(tick(at(5), 30), anchor(DAWN, 30), anchor(DUSK, 30)) == (at(5), "clock", "")
    assert rules.believed(tick(at(5), -30), anchor(DAWN, -30), anchor(DUSK, -30)) == (at(5), "clock", "")


def test_case_5_two_minutes_apart_is_still_the_same() -> None:
    assert rules.believed(tick(at(5)), anchor(DAWN), anchor(DUSK, 2)).basis == "clock"
    slept = rules.Anchor(DUSK, rules.Tick(DUSK + dt.timedelta(minutes=90), tick(DUSK).mono - 120_000, "a"))
    assert rules.believed(tick(at(5)), anchor(DAWN), slept) == (at(7), "sent", "")


@pytest.mark.parametrize(
    ("clock", "running", "prepared", "sent", "found"),
    [
        (7, 5, "x", "a", (at(7), "clock", "")),
        (7.1, 5, "x", "a", (at(5), "sent", "")),  # later than the running time up to the sending allows
        (3, 5, "a", "x", (at(3), "clock", "")),
        (2.9, 5, "a", "x", (at(5), "prepared", "")),  # earlier than it allows since the preparation
        (2.9, 5, "x", "a", (at(2.9), "clock", "")),  # it may have slept since
        (7.1, 5, "a", "x", (at(7.1), "clock", "")),
    ],
)
def test_case_5_the_running_time_contradicts_a_clock(
    clock: float, running: float, prepared: str, sent: str, found: tuple[dt.datetime, str, str]
) -> None:
    event = rules.Tick(at(clock), tick(at(running)).mono, "a")
    assert rules.believed(event, anchor(DAWN, boot=prepared), anchor(DUSK, boot=sent)) == found


@pytest.mark.parametrize(
    ("moment", "doubt"),
    [
        (DAWN - rules.AGREE - MOMENT, rules.BEFORE),
        (DAWN - rules.AGREE, ""),
        (DAWN, ""),
        (DUSK, ""),
        (DUSK + rules.AGREE, ""),
        (DUSK + rules.AGREE + MOMENT, rules.FUTURE),
    ],
)
def test_case_5_nothing_happens_before_the_preparation_or_after_the_sending(moment: dt.datetime, doubt: str) -> None:
    found = rules.believed(tick(moment, boot="x"), anchor(DAWN), anchor(DUSK))
    assert found == (moment, "clock", doubt)


def test_the_first_way_in_names_the_mark() -> None:
    seen = [Seen(IN, at(20), "kiosk"), Seen(OUT, at(1), "digits"), Seen(IN, at(3), "tapped")]
    assert rules.first_means(seen) == "tapped"
    assert rules.first_means(seen[1:2]) == ""
