"""Codes of rooms and people: what is signed, how long it is taken."""

from __future__ import annotations

from collections.abc import Callable

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
    ("age", "taken"),
    [(0, True), (29, True), (90, True), (91, False), (3600, False), (-5, True), (-6, False), (-60, False)],
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


READERS: dict[str, Callable[[bytes, str], object]] = {
    "room": lambda key, token: tokens.read_room_code(key, token, NOW),
    "host": lambda key, token: tokens.read_room_code(key, token, NOW, tokens.HOST),
    "member": tokens.read_member_code,
    "device": tokens.read_device,
    "offline": tokens.read_offline,
    "claim": lambda key, token: tokens.read_claim(key, token, NOW),
    "desk": lambda key, token: tokens.read_desk(key, token, NOW),
}
MADE = {
    "room": tokens.room_code(KEY, 7, "in", NOW),
    "host": tokens.room_code(KEY, 7, "in", NOW, tokens.HOST),
    "member": tokens.member_code(KEY, "C-0001"),
    "device": tokens.device_key(KEY, "ab12"),
    "offline": tokens.offline_key(KEY, "ab12"),
    "claim": tokens.make_claim(KEY, tokens.Claim((7,), "in", "code", NOW, "ab12")),
    "desk": tokens.desk_key(KEY, tokens.Desk(7, 3, 11, 1, NOW)),
}


@pytest.mark.parametrize("kind", MADE)
def test_one_kind_of_code_is_not_taken_for_another_nor_with_another_key(kind: str) -> None:
    for name, read in READERS.items():
        for key in (KEY, OTHER):
            if (name, key) == (kind, KEY):
                read(key, MADE[kind])
                continue
            with pytest.raises(TokenError, match=r"^bad-code$") as refused:
                read(key, MADE[kind])
            assert code_of(refused) == "bad-code"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("room", "R.7.IN"),
        ("room", f"R.7.IN.{NOW // 30}.9"),
        ("member", "M"),
        ("device", "K"),
        ("device", "K.1.2"),
        ("offline", "O"),
        ("offline", "O.1.2"),
        ("claim", f"C.7.IN.CODE.{NOW}"),
        ("claim", f"X.7.IN.CODE.{NOW}.AB"),
        ("desk", f"S.7.3.11.{NOW}"),
        ("desk", f"X.7.3.11.1.{NOW}"),
    ],
)
def test_what_we_signed_for_something_else_is_not_taken(kind: str, text: str) -> None:
    with pytest.raises(TokenError, match=r"^bad-code$"):
        READERS[kind](KEY, tokens._signed(KEY, text))


def test_what_a_code_says_it_is_by_itself() -> None:
    assert tokens.purpose_of(MADE["host"]) == tokens.purpose_of(f" {MADE['host'].lower()}") == tokens.HOST
    assert tokens.purpose_of(MADE["room"]) == tokens.purpose_of("VV") == tokens.purpose_of("") == tokens.ROOM


@pytest.mark.parametrize(("now", "left"), [(NOW, 30), (NOW + 1, 29), (NOW + 29, 1)])
def test_how_long_the_room_still_shows_a_code(now: int, left: int) -> None:
    assert tokens.left(now) == left


def test_codes_stay_what_they_were_when_cards_were_printed_and_pages_prepared() -> None:
    """A card of last year, a page prepared before an upgrade: the same secret makes the same texts."""
    assert tokens.member_code(KEY, "c-0001") == "M.C-0001.5D3CF4CHAHKX3T3N"
    assert tokens.room_digits(KEY, 7, "in", NOW) == "336078"
    assert (
        tokens.chain_key(KEY, "AB").hex()
        == tokens.chain_key(KEY, "ab").hex()
        == "92e6d7ebcebd91c0652177d103c37903f56c4977105f1740deedc9c2793b78b5"
    )
    assert tokens.link(b"s", "p", (1, "x")) == "3293bc758de7bbd2f4cfc76a136e6c951a2c247a10fb8413b9053ca2e433afda"


def test_a_machine_reads_back_as_its_number() -> None:
    assert tokens.read_device(KEY, tokens.device_key(KEY, "ab-12")) == "ab-12"
    assert tokens.read_offline(KEY, tokens.offline_key(KEY, "ab-12")) == "ab-12"


def test_a_link_depends_on_the_one_before_on_every_word_and_on_the_page() -> None:
    links = [
        ("s", "p", (1, 2)),
        ("t", "p", (1, 2)),
        ("s", "q", (1, 2)),
        ("s", "p", (2, 1)),
        ("s", "p", (1,)),
        ("s", "p", ("1 2",)),
    ]
    assert len({tokens.link(secret.encode(), prior, words) for secret, prior, words in links}) == len(links)


def test_a_members_code_is_always_the_same_and_reads_back() -> None:
    assert tokens.member_code(KEY, "c-0001") == tokens.member_code(KEY, "C-0001")
    assert tokens.read_member_code(KEY, tokens.member_code(KEY, "C.T01-9")) == "C.T01-9"


def test_a_claim_is_good_for_five_minutes() -> None:
    claim = tokens.Claim((3, 9), "in", "digits", NOW, "ab12")
    token = tokens.make_claim(KEY, claim)
    assert tokens.read_claim(KEY, token, NOW + 300) == claim
    with pytest.raises(TokenError) as refused:
        tokens.read_claim(KEY, token, NOW + 301)
    assert (code_of(refused), refused.value.place) == ("expired", None)  # of two rooms nobody knows which
    assert tokens.read_claim(KEY, token, NOW) == tokens.read_claim(KEY, token, NOW - 5) == claim
    with pytest.raises(TokenError, match=r"^expired$"):
        tokens.read_claim(KEY, token, NOW - 6)
    of_one = tokens.make_claim(KEY, claim._replace(places=(3,)))
    with pytest.raises(TokenError) as refused:
        tokens.read_claim(KEY, of_one, NOW + 301)
    assert refused.value.place == 3


@pytest.mark.parametrize(("age", "taken"), [(0, True), (3600, True), (3601, False), (-5, True), (-6, False)])
def test_a_trainers_page_scans_with_one_key_for_an_hour(age: int, taken: bool) -> None:
    desk = tokens.Desk(7, 3, 11, 1, NOW)
    key = tokens.desk_key(KEY, desk)
    if taken:
        assert tokens.read_desk(KEY, key, NOW + age) == desk
        return
    with pytest.raises(TokenError) as refused:
        tokens.read_desk(KEY, key, NOW + age)
    assert (code_of(refused), refused.value.place) == ("expired", 7)
