"""The arithmetic of tests: drawing, grading, limits, what a question tells."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest

from courses import quiz_rules as rules
from courses.quiz_rules import Drawn, Limits, Question, Sums, Tried

NOON = dt.datetime(2026, 3, 5, 4, tzinfo=dt.UTC)
SINGLE = Question("a", rules.SINGLE, "一加一", ("2", "3", "4"), (0,))
MULTIPLE = Question("b", rules.MULTIPLE, "偶数", ("2", "3", "4"), (0, 2))
ORDER = Question("c", rules.ORDER, "从小到大", ("1", "2", "3"), (0, 1, 2))
TRUTH = Question("d", rules.TRUE_FALSE, "一加一等于二", ("对", "错"), (0,))


def drawn(question: Question, seed: int = 1) -> Drawn:
    return rules.draw([question], 0, Random(seed))[0]


def test_a_draw_takes_as_many_as_asked_and_no_more_than_there_are() -> None:
    bank = [Question(str(n), rules.TRUE_FALSE, str(n), ("对", "错"), (0,)) for n in range(20)]
    assert len({one.question.id for one in rules.draw(bank, 5, Random(1))}) == 5
    assert len(rules.draw(bank, 0, Random(1))) == 20
    assert len(rules.draw(bank, 50, Random(1))) == 20


def test_two_draws_differ_in_questions_order_and_keys() -> None:
    bank = [Question(str(n), rules.SINGLE, str(n), ("甲", "乙", "丙", "丁"), (0,)) for n in range(20)]
    one, other = rules.draw(bank, 10, Random(1)), rules.draw(bank, 10, Random(2))
    assert [row.question.id for row in one] != [row.question.id for row in other]
    keys = [{option.key for row in rows for option in row.options} for rows in (one, other)]
    assert not keys[0] & keys[1]


def test_the_right_option_stands_at_every_place_and_its_key_says_nothing() -> None:
    found = [drawn(SINGLE, seed) for seed in range(300)]
    assert {next(at for at, option in enumerate(one.options) if option.at == 0) for one in found} == {0, 1, 2}
    first = [sorted(option.key for option in one.options)[0] for one in found]
    right = [next(option.key for option in one.options if option.at == 0) for one in found]
    assert 60 < sum(a == b for a, b in zip(first, right, strict=True)) < 140  # a third, as by chance


@pytest.mark.parametrize(
    ("places", "right"), [((0,), True), ((1,), False), ((0, 1), False), ((), False), ((0, 0), False)]
)
def test_single(places: tuple[int, ...], right: bool) -> None:
    assert drawn(SINGLE).is_right(places) is right


@pytest.mark.parametrize(("places", "right"), [((0, 2), True), ((2, 0), True), ((0,), False), ((0, 1, 2), False)])
def test_multiple_wants_all_and_only_the_right_ones(places: tuple[int, ...], right: bool) -> None:
    assert drawn(MULTIPLE).is_right(places) is right


@pytest.mark.parametrize(("places", "right"), [((0, 1, 2), True), ((0, 2, 1), False), ((0, 1), False)])
def test_order(places: tuple[int, ...], right: bool) -> None:
    assert drawn(ORDER).is_right(places) is right


def test_true_stands_before_false() -> None:
    assert {tuple(option.text for option in drawn(TRUTH, seed).options) for seed in range(20)} == {("对", "错")}


def test_a_drawn_question_comes_back_from_the_store() -> None:
    for question in (SINGLE, MULTIPLE, ORDER, TRUTH):
        assert Drawn.read(drawn(question).record()) == drawn(question)


def test_another_wording_is_another_version() -> None:
    other = Question("a", rules.SINGLE, "一加一", ("2", "3", "5"), (0,))
    assert SINGLE.version != other.version
    explained = Question("a", rules.SINGLE, "一加一", ("2", "3", "4"), (0,), explanation="数一数")
    assert SINGLE.version == explained.version


@pytest.mark.parametrize(
    ("right", "total", "percent", "passed"), [(6, 10, 60, True), (5, 9, 60, False), (2, 3, 67, False), (0, 0, 1, False)]
)
def test_the_pass_mark_is_met_exactly(right: int, total: int, percent: int, passed: bool) -> None:
    assert rules.is_passed(right, total, percent) is passed


def test_one_waits_after_a_failure_and_stops_at_the_limit() -> None:
    limits = Limits(attempts=2, wait_minutes=10)
    failed = Tried(NOON, passed=False)
    assert rules.refusal([], limits, NOON) == ""
    assert rules.refusal([failed], limits, NOON + dt.timedelta(minutes=9, seconds=59)) == "wait"
    assert rules.refusal([failed], limits, NOON + dt.timedelta(minutes=10)) == ""
    assert rules.refusal([failed, failed], limits, NOON + dt.timedelta(days=9)) == "no-attempts-left"
    assert rules.refusal([failed] * 50, Limits(0, 10), NOON + dt.timedelta(days=9)) == ""
    assert rules.refusal([failed, Tried(NOON, passed=True)], limits, NOON) == "passed"


def test_discrimination_is_the_correlation_with_the_rest() -> None:
    knows = [(1, 100)] * 5 + [(0, 0)] * 5
    assert rules.discrimination(sums(knows)) == pytest.approx(1.0)
    assert rules.discrimination(sums([(1 - x, y) for x, y in knows])) == pytest.approx(-1.0)
    mixed = [(1, 100), (0, 100), (1, 0), (0, 0)] * 3
    assert rules.discrimination(sums(mixed)) == pytest.approx(0.0)


def test_discrimination_says_nothing_of_few_or_of_equals() -> None:
    assert rules.discrimination(sums([(1, 100), (0, 0)] * 4)) is None
    assert rules.discrimination(sums([(1, 50)] * 20)) is None
    assert rules.discrimination(Sums(0, 0, 0, 0, 0)) is None


def sums(rows: list[tuple[int, int]]) -> Sums:
    return Sums(
        len(rows),
        sum(x for x, _ in rows),
        sum(y for _, y in rows),
        sum(y * y for _, y in rows),
        sum(x * y for x, y in rows),
    )
