"""Cutting what ran to who was there: properties that no roll call and no playing may break."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from lms.stations import rules
from lms.stations.rules import Span, Stay

SECOND = 1000


@st.composite
def playings(draw: st.DrawFn) -> list[Span]:
    """What a screen can have played: stretches one after the other on the wall, none faster than the clock."""
    spans, wall = [], draw(st.integers(0, 5_000))
    for _number in range(draw(st.integers(0, 6))):
        wall += draw(st.integers(0, 5_000))
        start, length = draw(st.integers(0, 20_000)), draw(st.integers(1, 8_000))
        lasted = length + draw(st.sampled_from([0, 0, 0, 1, 700, 4_000]))
        spans.append(Span(start, start + length, wall, wall + lasted))
        wall += lasted
    return spans


@st.composite
def stays(draw: st.DrawFn) -> list[Stay]:
    moments = draw(st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 30_000)), max_size=4))
    return [(start, start + length) for start, length in moments]


def total(spans: list[Span]) -> int:
    return sum(span.to_ms - span.from_ms for span in spans)


@given(playings(), stays())
def test_never_more_than_the_time_in_the_room(spans: list[Span], own: list[Stay]) -> None:
    seen = rules.seen_during(spans, own)
    assert total(seen) <= rules.length(rules.union(own))
    assert total(seen) <= total(spans)


@given(playings(), stays())
def test_each_part_lies_in_the_span_that_ran_and_in_the_stay(spans: list[Span], own: list[Stay]) -> None:
    for part in rules.seen_during(spans, own):
        assert part.from_ms < part.to_ms
        assert part.to_ms - part.from_ms <= part.wall_to_ms - part.wall_from_ms  # the database asks for it too
        assert any(start <= part.wall_from_ms and part.wall_to_ms <= end for start, end in rules.union(own))
        assert any(
            span.from_ms <= part.from_ms
            and part.to_ms <= span.to_ms
            and span.wall_from_ms <= part.wall_from_ms
            and part.wall_to_ms <= span.wall_to_ms
            for span in spans
        )


@given(playings(), stays())
def test_the_parts_never_overlap_on_the_wall(spans: list[Span], own: list[Stay]) -> None:
    seen = rules.seen_during(spans, own)
    for one, following in itertools.pairwise(seen):
        assert one.wall_to_ms <= following.wall_from_ms


@given(playings())
def test_who_stayed_throughout_saw_all(spans: list[Span]) -> None:
    assert rules.seen_during(spans, [(0, 10**9)]) == sorted(spans, key=lambda span: (span.wall_from_ms, span.from_ms))


@given(playings())
def test_who_never_came_saw_nothing(spans: list[Span]) -> None:
    assert rules.seen_during(spans, []) == []


@given(playings(), stays(), st.randoms())
def test_the_order_of_the_facts_does_not_matter(spans: list[Span], own: list[Stay], shuffle: object) -> None:
    expected = rules.seen_during(spans, own)
    shuffle.shuffle(spans)  # type: ignore[attr-defined]
    shuffle.shuffle(own)  # type: ignore[attr-defined]
    assert rules.seen_during(spans, own + own) == expected


@given(playings(), st.integers(0, 60_000), st.integers(0, 60_000), st.integers(0, 60_000))
def test_going_and_coming_back_costs_no_more_than_the_absence(spans: list[Span], a: int, b: int, c: int) -> None:
    first, second, third = sorted((a, b, c))
    parted = rules.seen_during(spans, [(0, first), (second, third)])
    assert total(parted) >= total(rules.seen_during(spans, [(0, third)])) - (second - first) - slack(spans)


def slack(spans: list[Span]) -> int:
    """How much longer the wall took than the film: what nobody can place."""
    return 2 * sum(span.wall_to_ms - span.wall_from_ms - (span.to_ms - span.from_ms) for span in spans)


@given(st.integers(1, 5_000), st.integers(0, 4_000), st.integers(0, 9_000), st.integers(0, 9_000), st.data())
def test_only_what_surely_ran_counts(length: int, pause: int, a: int, b: int, data: st.DataObject) -> None:
    """Wherever in the span the picture stood still, the part that is credited ran during the stay."""
    span = Span(0, length, 0, length + pause)
    stay = (min(a, b), max(a, b))
    part = rules.clipped(span, stay)
    stood_at = data.draw(st.integers(0, length))
    if part is not None:
        wall_of = [at if at < stood_at else at + pause for at in (part.from_ms, part.to_ms - 1)]
        assert stay[0] <= wall_of[0]
        assert wall_of[1] < stay[1]


def test_a_late_comer_and_an_early_leaver() -> None:
    film = [Span(0, 60 * SECOND, 100 * SECOND, 160 * SECOND)]
    assert rules.seen_during(film, [(120 * SECOND, 999 * SECOND)]) == [
        Span(20 * SECOND, 60 * SECOND, 120 * SECOND, 160 * SECOND)
    ]
    assert rules.seen_during(film, [(0, 130 * SECOND)]) == [Span(0, 30 * SECOND, 100 * SECOND, 130 * SECOND)]


def test_a_passage_played_twice_counts_once() -> None:
    assert rules.different_ms([Span(0, 10, 0, 10), Span(5, 20, 10, 25)]) == 20


def test_a_slip_of_the_finger() -> None:
    assert rules.is_slip(marked_ms=0, now_ms=59_999, played_since=True)
    assert not rules.is_slip(marked_ms=0, now_ms=60_000, played_since=True)
    assert rules.is_slip(marked_ms=0, now_ms=3_600_000, played_since=False)


def test_half_an_hour_of_silence_is_forgotten() -> None:
    assert not rules.is_forgotten(last_sign_ms=0, now_ms=30 * 60 * SECOND - 1)
    assert rules.is_forgotten(last_sign_ms=0, now_ms=30 * 60 * SECOND)


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)))
def test_moments_survive_to_the_millisecond(moment: dt.datetime) -> None:
    back = rules.from_ms(rules.to_ms(moment))
    assert dt.timedelta(0) <= moment - back < dt.timedelta(milliseconds=1)
