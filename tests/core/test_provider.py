"""A question to an upper room: the default until somebody answers, one answer, errors let through."""

from __future__ import annotations

import pytest

from lms.core.hooks import Provider


def test_the_default_answers_until_a_room_does() -> None:
    twice: Provider[[int], int] = Provider("twice", lambda number: 0)
    assert twice.ask(4) == 0
    twice.connect(lambda number: number * 2)
    assert twice.ask(4) == 8


def test_a_second_answer_is_refused_and_the_same_one_again_is_not() -> None:
    def one() -> int:
        return 1

    ask: Provider[[], int] = Provider("ask", lambda: 0)
    assert ask.connect(one) is ask.connect(one)
    with pytest.raises(RuntimeError, match="ask is answered already"):
        ask.connect(lambda: 2)
    assert ask.ask() == 1
