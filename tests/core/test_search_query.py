"""What a text is cut into and what somebody typed stands for. No database."""

from __future__ import annotations

import time

import pytest

from lms.core.search import query, sounds, words
from lms.core.search.finding import excerpt, marked
from lms.core.search.query import ALIKE, EXACT, LOOSE, SOME, All, Either, Has, fts5, levels, terms, tsquery


def looked_for(typed: str, near: str = EXACT) -> set[str]:
    found = [level.expression for level in levels(typed) if level.near == near]
    return {has.term for expression in found for has in terms(expression)}


def test_a_run_of_chinese_is_its_pairs_and_its_characters() -> None:
    assert [term.text for term in words.written("栽培B2技")] == ["栽", "栽培", "培", "b2", "技"]


def test_a_term_knows_its_place_in_the_text() -> None:
    text = "葡萄，Ａ级"
    assert {text[term.start : term.end] for term in words.written(text)} == {"葡", "葡萄", "萄", "Ａ", "级"}


def test_a_character_with_two_readings_is_heard_in_both() -> None:
    heard = {term.text for term in words.spoken("成长", initials=True)}
    assert {"cheng0zhang", "cheng0chang", "cz1", "cc1"} <= heard


@pytest.mark.parametrize(
    ("letters", "cut"),
    [("putao", ("pu", "tao")), ("xian", ("xi", "an")), ("pt", ("p", "t")), ("zaip", ("zai", "p"))],
)
def test_letters_are_read_as_syllables_or_initials(letters: str, cut: tuple[str, ...]) -> None:
    assert cut in sounds.cuts(letters)


@pytest.mark.parametrize(
    ("name", "typed"), [("荸荠", "biqi"), ("荠菜", "jicai"), ("番茄", "fanqie"), ("圩堤", "weidi")]
)
def test_a_crop_is_heard_as_its_growers_say_it(name: str, typed: str) -> None:
    spoken = [sounds.readings(character) for character in name]
    assert any(
        len(cut) == len(spoken) and all(part in heard for part, heard in zip(cut, spoken, strict=True))
        for cut in sounds.cuts(typed)
    )


def test_every_reading_of_a_second_table_is_a_syllable() -> None:
    assert all(set(readings) <= sounds.SYLLABLES and len(readings) > 1 for readings in sounds.SEVERAL.values())


def test_a_word_is_looked_for_as_all_of_its_pairs() -> None:
    assert levels("葡萄栽培")[0] == (EXACT, All((Has("葡萄"), Has("萄栽"), Has("栽培"))))
    assert levels("葡萄栽培")[1] == (LOOSE, All((Has("葡萄"), Has("栽培"))))


def test_syllables_apart_are_one_word() -> None:
    assert looked_for("pu tao") == looked_for("putao") >= {"pu0tao"}


def test_words_of_a_question_only_part_the_others() -> None:
    assert looked_for("葡萄怎么剪枝") == {"葡萄", "剪枝"}


def test_letters_and_characters_mix() -> None:
    assert looked_for("葡萄xj") >= {"葡萄", "xj1"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("载培", "zai0pei"), ("putoa", "pu0tao"), ("zhaipei", "zai0pei"), ("nonyao", "nong0yao"), ("ninye", "lin0ye")],
)
def test_a_slip_is_looked_for_by_what_it_sounds_like(typed: str, meant: str) -> None:
    assert meant in looked_for(typed, ALIKE)


def test_half_of_the_words_is_the_last_try() -> None:
    last = levels("葡萄 直播 防汛")[-1]
    assert last.near == SOME
    assert isinstance(last.expression, Either)
    assert all(isinstance(pair, All) and len(pair.parts) == 2 for pair in last.expression.parts)


@pytest.mark.parametrize("typed", ["", "   ", "，。！", "\"*'):&|", "\x00"])
def test_nothing_that_could_be_looked_for_is_nothing(typed: str) -> None:
    assert levels(typed) == []
    assert query.whatever(typed) is None


@pytest.mark.parametrize("typed", ['葡萄" OR "x', "zp:*) | ('a'", "a AND b NOT c", "栽' || '培"])
def test_no_sign_of_a_querys_language_gets_through(typed: str) -> None:
    for level in levels(typed):
        assert all(words.RUN.fullmatch(has.term) for has in terms(level.expression))
        assert fts5(level.expression).count('"') == 2 * len(list(terms(level.expression)))
        assert tsquery(level.expression).count("'") == 2 * len(list(terms(level.expression)))


@pytest.mark.parametrize("typed", ["an" * 30, "a" * 60, "aeo" * 20 + "v", "葡" * 60, "a 萄 " * 15, "zhuang" * 10])
def test_a_hopeless_word_costs_no_time(typed: str) -> None:
    started = time.process_time()
    found = levels(typed)
    assert sum(len(fts5(level.expression)) for level in found) < 40_000
    assert time.process_time() - started < 0.5


def test_what_was_looked_for_is_marked_however_it_was_typed() -> None:
    for typed in ("栽培", "zaipei", "zp", "载培"):
        expression = next(level.expression for level in levels(typed) if "栽培" in shown(level.expression))
        assert [piece.text for piece in marked("葡萄栽培技术", expression) if piece.hit] == ["栽培"]


def shown(expression: query.Expression) -> list[str]:
    return [piece.text for piece in marked("葡萄栽培技术", expression) if piece.hit]


def test_an_excerpt_begins_shortly_before_the_find() -> None:
    expression = levels("清园")[0].expression
    text = "剪" * 200 + "清园" + "后" * 200
    pieces = excerpt(["没有", text], expression, length=40)
    assert "".join(piece.text for piece in pieces).startswith("…剪")
    assert [piece.text for piece in pieces if piece.hit] == ["清园"]
    assert excerpt(["甲乙"], expression) == [("甲乙", False)]
    assert excerpt([], expression) == []
