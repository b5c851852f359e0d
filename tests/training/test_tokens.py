"""Codes of rooms and people: what is signed, how long it is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.training import tokens
from lms.training.tokens import TokenError

KEY, OTHER = b"k" * 32, b"o" * 32
NOW = 1_772_672_400  # the beginning of a step


def code_of(refused: pytest.ExceptionInfo[TokenError]) -> str:
    return refused.value.code


def test_a_room_code_says_which_session_and_which_way() -> None:
    assert tokens.read_room_code(KEY, tokens.room_code(KEY, 7, "out", NOW), NOW + 3) == (7, "out", NOW)


@pytest.mark.parametrize(
    ("age", "taken"), [(0, True), (29, True), (90, True), (91, False), (3600, False), (-60, False)]
)
def test_case_1_a_picture_of_a_rotating_code_is_taken_for_90_seconds(age: int, taken: bool) -> None:
    token = tokens.room_code(KEY, 7, "in", NOW)
    if taken:
        assert tokens.read_room_code(KEY, token, NOW + age).place == 7
        return
    with pytest.raises(TokenError) as refused:
        tokens.read_room_code(KEY, token, NOW + age)
    assert (code_of(refused), refused.value.place) == ("expired", 7)


@pytest.mark.parametrize("age", [0, 60, 90, 91, 119, 120, -10])
def test_the_digits_live_as_long_as_the_code_above_them(age: int) -> None:
    digits = tokens.room_digits(KEY, 7, "in", NOW)
    assert len(digits) == 6
    assert tokens.are_digits_of(KEY, digits, 7, "in", NOW + age) is (0 <= age <= 90)


def test_digits_of_another_room_or_direction_are_not_taken() -> None:
    digits = tokens.room_digits(KEY, 7, "in", NOW)
    assert not tokens.are_digits_of(KEY, digits, 8, "in", NOW)
    assert not tokens.are_digits_of(KEY, digits, 7, "out", NOW)


@given(st.data())
def test_no_letter_of_a_code_can_be_changed(data: st.DataObject) -> None:
    token = tokens.room_code(KEY, 4711, "in", NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.sampled_from([one for one in "ABCXYZ2357019.-" if one != token[place]]))
    with pytest.raises(TokenError) as refused:
        tokens.read_room_code(KEY, token[:place] + sign + token[place + 1 :], NOW)
    assert code_of(refused) == "bad-code"


@given(st.text(max_size=60))
def test_any_text_is_refused_in_peace(text: str) -> None:
    for read in (
        lambda: tokens.read_room_code(KEY, text, NOW),
        lambda: tokens.read_claim(KEY, text, NOW),
        lambda: tokens.read_member_code(KEY, text),
    ):
        with pytest.raises(TokenError):
            read()


def test_one_kind_of_code_is_not_taken_for_another() -> None:
    room = tokens.room_code(KEY, 7, "in", NOW)
    with pytest.raises(TokenError):
        tokens.read_member_code(KEY, room)
    with pytest.raises(TokenError):
        tokens.read_room_code(KEY, room, NOW, purpose="V")
    with pytest.raises(TokenError):
        tokens.read_room_code(OTHER, room, NOW)


def test_a_members_code_is_always_the_same_and_reads_back() -> None:
    assert tokens.member_code(KEY, "c-0001") == tokens.member_code(KEY, "C-0001")
    assert tokens.read_member_code(KEY, tokens.member_code(KEY, "C.T01-9")) == "C.T01-9"


def test_a_claim_is_good_for_five_minutes() -> None:
    claim = tokens.Claim((3, 9), "in", "digits", NOW, "ab12")
    token = tokens.make_claim(KEY, claim)
    assert tokens.read_claim(KEY, token, NOW + 300) == claim
    with pytest.raises(TokenError) as refused:
        tokens.read_claim(KEY, token, NOW + 301)
    assert code_of(refused) == "expired"
