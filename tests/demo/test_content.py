"""The written lessons and the made-up people: no database."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
from stdnum.cn import ric

from lms.demo import content, drawing, names
from lms.members import rules

TODAY = dt.date(2026, 11, 23)
FILE = "title: 甲\nsummary: 乙\ncategory: skills\n# 第一课\n> 一句话\n## 标题\n正文。第二句。\n- 一\n- 二\n! 提示 | 内容 | 张三\n"


def test_a_course_file_reads_into_lessons_and_blocks() -> None:
    course = content.parse("x", FILE)
    (lesson,) = course.lessons
    assert (course.title, lesson.title, lesson.summary) == ("甲", "第一课", "一句话")
    assert [(block.kind, block.lines) for block in lesson.blocks] == [
        ("heading", ("标题",)),
        ("paragraph", ("正文。第二句。",)),
        ("steps", ("一", "二")),
        ("callout", ("提示", "内容", "张三")),
    ]


def test_slides_are_the_lessons_own_words() -> None:
    (lesson,) = content.parse("x", FILE).lessons
    assert lesson.slides() == [
        ("第一课", ("一句话",)),
        ("标题", ("正文。",)),
        ("标题", ("一", "二")),
        ("提示", ("内容", "张三")),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour: red\n", "x:1: not a field"),
        ("title: a\nsummary: b\n# l\n", "x: without category"),
        ("title: a\nsummary: b\ncategory: cooking\n# l\n", "no such category"),
        (FILE + "! 只有标题\n", "x:11: a call-out has"),
    ],
)
def test_a_broken_file_names_file_and_line(text: str, told: str) -> None:
    with pytest.raises(content.ContentError, match=told):
        content.parse("x", text)


def test_at_least_twelve_courses_with_real_lessons() -> None:
    courses = list(content.courses())
    assert len(courses) >= 12
    for course in courses:
        assert len(course.lessons) >= 3, course.slug
        for lesson in course.lessons:
            assert lesson.letters >= 250, f"{course.slug} {lesson.title}: {lesson.letters}"


def test_the_typeface_has_every_character_of_the_lessons() -> None:
    font = drawing.font(40)
    lacking = bytes(font.getmask("\U0010ffff"))
    words = "".join(path.read_text() for path in content.FOLDER.glob("*.md"))
    missing = {char for char in set(words) - set(" \n　") if bytes(font.getmask(char)) == lacking}
    assert missing == set()


def test_id_numbers_pass_every_check_and_belong_to_no_region() -> None:
    people = [names.person(Random(serial), serial, TODAY) for serial in range(1, 300)]
    assert len({person.id_number for person in people}) == len(people)
    for person in people:
        assert rules.id_number_problem(person.id_number) == ""
        assert ric.get_birth_date(person.id_number) == person.born
        assert int(person.id_number[16]) % 2 == (0 if person.female else 1)
        assert person.id_number.startswith("429900")


def test_the_roster_is_as_old_and_as_male_as_villages_are() -> None:
    random = Random(7)
    people = [names.person(random, serial, TODAY) for serial in range(1, 3001)]
    old = sum((TODAY - person.born).days > 55 * 365.25 for person in people) / len(people)
    women = sum(person.female for person in people) / len(people)
    away = sum(bool(person.away_to) for person in people) / len(people)
    assert 0.45 < old < 0.68
    assert 0.22 < women < 0.32
    assert 0.04 < away < 0.14
    assert all(person.joined_on > person.born + dt.timedelta(days=18 * 365) for person in people)
