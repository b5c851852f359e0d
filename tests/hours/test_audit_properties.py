"""The short way of the audit hides nothing: a day that it calls plainly right is right when it is priced again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lms.core.clock import day_around, day_start, local_date
from lms.core.hours import from_hundredths
from lms.hours import audit
from lms.hours.audit import Asserted, Line
from lms.hours.rules import PRECEDENCE, Claimed, price_day

DAY = dt.date(2026, 3, 5)
START = int(day_start(DAY).timestamp())
MODES = st.sampled_from(PRECEDENCE)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """None, one or two stretches of half hours, some of which leave the day."""
    made = []
    for _number in range(draw(st.integers(0, 2))):
        begin = START + 1800 * draw(st.integers(-1, 47))
        made.append((begin, begin + 1800 * draw(st.integers(0, 3))))
    return tuple(made)


@st.composite
def days(draw: st.DrawFn) -> list[Asserted]:
    """What up to four sources assert of one member's day."""
    return [
        Asserted(
            1,
            f"source:{number}",
            draw(st.sampled_from([0, 25, 50, 100, 200, 400, 800])),
            50,
            draw(st.sampled_from([400, 800])),
            draw(stretches()),
            DAY,
            "skills",
            draw(MODES),
            "剪枝",
            f"occasion:{number}",
            "class@2019-01-01",
        )
        for number in range(draw(st.integers(0, 4)))
    ]


def line_of(row: Asserted, hours: int) -> Line:
    """The line that credits a source with so many hundredths."""
    return Line._make((row.member_id, row.source, 1, hours, 7, *row.said))


@given(rows=days(), paid=st.lists(st.sampled_from([None, 0, -50, 25]), min_size=4, max_size=4))
def test_a_day_that_is_plainly_right_is_right(rows: list[Asserted], paid: list[int | None]) -> None:
    """What stands is what is asserted, or a little beside it; ``None``: nothing stands."""
    stands = {
        row.source: line_of(row, row.gross + more)
        for row, more in zip(rows, paid, strict=False)
        if more is not None and row.gross + more > 0
    }
    if audit.plainly_right(DAY, rows, stands):
        assert list(audit.day_violations(1, DAY, rows, stands)) == []


@given(rows=days())
def test_a_day_in_full_is_plainly_right_when_its_price_is_the_whole(rows: list[Asserted]) -> None:
    """The short way is taken for honest days: where the price is all that is asserted and nothing leaves the day."""
    claims = [Claimed(row.source, row.mode, Decimal(row.gross) / 100, Decimal("0.5"), row.covers) for row in rows]
    caps = [row.day_cap for row in rows if row.gross > 0]
    prices = price_day(claims, from_hundredths(min(caps, default=0)))
    whole = all(prices[row.source].hours == from_hundredths(row.gross) for row in rows)
    counted = sorted(pair for row in rows if row.gross > 0 for pair in row.covers)
    sound = all(START <= begin < end <= START + 86_400 for begin, end in counted)
    apart = all(before[1] <= after[0] for before, after in pairwise(counted))
    stands = {row.source: line_of(row, row.gross) for row in rows if row.gross > 0}
    assert audit.plainly_right(DAY, rows, stands) == (whole and sound and apart)


@given(gross=st.integers(1, 2000), cap=st.integers(1, 1200), covers=stretches(), mode=MODES)
def test_one_source_alone_is_worth_what_it_asserts_up_to_the_cap(
    gross: int, cap: int, covers: tuple[tuple[int, int], ...], mode: str
) -> None:
    claim = Claimed("a", mode, from_hundredths(gross), Decimal("0.5"), covers)
    assert price_day([claim], from_hundredths(cap))["a"].hours == from_hundredths(min(gross, cap))


@given(seconds=st.integers(0, 2**32))
def test_the_day_around_a_moment(seconds: int) -> None:
    day, begin, end = day_around(seconds)
    assert day == local_date(dt.datetime.fromtimestamp(seconds, dt.UTC))
    assert begin <= seconds < end
    assert (begin, end) == tuple(int(day_start(one).timestamp()) for one in (day, day + dt.timedelta(days=1)))
