"""What watching is worth: by the clock with carry, by the table, once over alone and in a group (domain §3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine

from courses import selectors, services
from courses.models import GroupWatch, LessonPage, LessonProgress, PlaySession, PlaySpan
from courses.rules import Span, distinct
from lms.hours import ledger, totals
from lms.hours.models import HourEntry
from lms.members.models import Member
from tests.conftest import County
from tests.courses.conftest import Player
from tests.factories import MINUTE, make_course, make_credit, make_member

Play = Callable[[Member, LessonPage], Player]


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


def by_mode(member: Member, year: int = 2026) -> dict[str, str]:
    found = totals.of_members([member.pk], year).get(member.pk)
    return {mode: str(hours) for mode, hours in found.by_mode.items()} if found else {}


def in_the_room(lesson: LessonPage, minutes: int, traveller: time_machine.Coordinates, *members: Member) -> PlaySession:
    """A station plays a lesson to some members from its start."""
    session, token = services.start_group_play(lesson=lesson, by=None)
    for number in range(1, minutes * 6 + 1):
        traveller.shift(10)
        services.beat(token, {"sequence": number, "from": (number - 1) * 10_000, "to": number * 10_000})
    services.end_play(session=session)
    record(session, *members)
    return session


def record(session: PlaySession, *members: Member) -> None:
    spans = selectors.played_spans(PlaySession.objects.get(pk=session.pk))
    watches = {session: {member.pk: spans for member in members}}
    services.record_group_watch(occasion="stations.viewing:1", watches=watches, by=None)


def test_domain_3_four_lessons_of_four_minutes_are_a_quarter(grower: Member, play: Play) -> None:
    for lesson in make_course(4, 4, 4, 4):
        assert by_mode(grower) == {}
        play(grower, lesson).play(4 * MINUTE)
    assert by_mode(grower) == {"online": "0.25"}


def test_domain_3_an_hour_by_the_clock_is_one(grower: Member, play: Play) -> None:
    play(grower, make_course(60)[0]).play(60 * MINUTE)
    assert by_mode(grower) == {"online": "1.00"}


def test_a_lesson_counts_when_it_is_complete_at_90_percent(grower: Member, play: Play) -> None:
    player = play(grower, make_course(60)[0])
    player.play(53 * MINUTE)
    assert by_mode(grower) == {}
    player.play(1 * MINUTE)
    assert by_mode(grower) == {"online": "0.75"}
    assert LessonProgress.objects.get().completed_at is not None


def test_domain_3_the_table_goes_by_the_length_of_the_lesson(grower: Member, play: Play, tiers: None) -> None:
    for lesson in make_course(1, 15, 30):
        play(grower, lesson).play(lesson.media.duration_ms)
    assert by_mode(grower) == {"online": "1.75"}


def test_a_lesson_watched_over_two_days_counts_each_day_its_own(
    grower: Member, play: Play, traveller: time_machine.Coordinates
) -> None:
    lesson = make_course(60)[0]
    play(grower, lesson).play(30 * MINUTE)
    traveller.shift(24 * 3600)
    player = play(grower, lesson)
    assert player.position == 30 * MINUTE, "resumes where it stopped"
    player.play(30 * MINUTE)
    assert by_mode(grower) == {"online": "1.00"}
    assert set(HourEntry.objects.values_list("earned_on", flat=True)) == {dt.date(2026, 3, 5), dt.date(2026, 3, 6)}


def test_a_lesson_across_new_year_is_split_at_midnight(
    grower: Member, play: Play, traveller: time_machine.Coordinates
) -> None:
    traveller.move_to(dt.datetime(2026, 12, 31, 15, 30, tzinfo=dt.UTC))  # half past eleven at night in the county
    play(grower, make_course(60)[0]).play(60 * MINUTE)
    assert by_mode(grower) == {"online": "0.50"}
    assert by_mode(grower, 2027) == {"online": "0.50"}


def test_seen_in_the_room_and_again_alone_counts_once(
    grower: Member, play: Play, traveller: time_machine.Coordinates
) -> None:
    lesson = make_course(60)[0]
    in_the_room(lesson, 60, traveller, grower)
    assert by_mode(grower) == {"group": "1.00"}
    traveller.shift(3600)
    player = play(grower, lesson)
    player.position = 0
    player.play(60 * MINUTE)
    assert by_mode(grower) == {"group": "1.00"}


def test_seen_alone_first_the_room_adds_nothing(
    grower: Member, play: Play, traveller: time_machine.Coordinates, tiers: None
) -> None:
    lesson = make_course(20)[0]
    play(grower, lesson).play(20 * MINUTE)
    traveller.shift(3600)
    in_the_room(lesson, 20, traveller, grower)
    assert by_mode(grower) == {"online": "0.50"}


def test_a_group_viewing_counts_what_was_seen_of_it(grower: Member, traveller: time_machine.Coordinates) -> None:
    in_the_room(make_course(60)[0], 30, traveller, grower)
    assert by_mode(grower) == {"group": "0.50"}


def test_two_lessons_of_one_viewing_add_up_before_rounding(grower: Member, traveller: time_machine.Coordinates) -> None:
    sessions = [in_the_room(lesson, 20, traveller) for lesson in make_course(20, 20)]
    watches = {session: {grower.pk: selectors.played_spans(session)} for session in sessions}
    services.record_group_watch(occasion="stations.viewing:2", watches=watches, by=None)
    assert by_mode(grower) == {"group": "0.50"}


def test_a_corrected_roll_call_corrects_the_ledger_by_reversal(
    grower: Member, tree: County, traveller: time_machine.Coordinates
) -> None:
    other = make_member(tree.branch, "王二河")
    session = in_the_room(make_course(60)[0], 60, traveller, grower)
    record(session, other)
    assert by_mode(grower) == {}
    assert by_mode(other) == {"group": "1.00"}
    assert [str(entry.hours) for entry in HourEntry.objects.filter(member=grower).order_by("sequence")] == [
        "1.00",
        "-1.00",
    ]
    assert GroupWatch.objects.filter(member=grower, withdrawn_at__isnull=False).exists()
    before = HourEntry.objects.count()
    record(session, other)
    assert HourEntry.objects.count() == before


def test_a_withdrawn_viewing_gives_the_lesson_back_to_who_watched_it_alone(
    grower: Member, play: Play, traveller: time_machine.Coordinates
) -> None:
    lesson = make_course(60)[0]
    session = in_the_room(lesson, 60, traveller, grower)
    player = play(grower, lesson)
    player.position = 0
    player.play(60 * MINUTE)
    record(session)
    assert by_mode(grower) == {"online": "1.00"}


def test_watching_during_a_class_does_not_add_up(grower: Member, play: Play) -> None:
    play(grower, make_course(60)[0]).play(60 * MINUTE)
    nine = int(dt.datetime(2026, 3, 5, 1, tzinfo=dt.UTC).timestamp())
    ledger.post(make_credit(grower, "2", covers=((nine, nine + 5400),)), by=None)
    assert by_mode(grower) == {"class": "2.00"}


def test_a_lesson_edited_later_does_not_change_what_was_earned(grower: Member, play: Play, tiers: None) -> None:
    lesson = make_course(20)[0]
    play(grower, lesson).play(20 * MINUTE)
    lesson.media.duration_ms = 60 * MINUTE
    lesson.media.save()
    services.settle(member_ids=[grower.pk], by=None)
    assert by_mode(grower) == {"online": "0.50"}


def test_settling_again_changes_nothing(grower: Member, play: Play) -> None:
    play(grower, make_course(60)[0]).play(60 * MINUTE)
    before = HourEntry.objects.count()
    services.settle(member_ids=[grower.pk], by=None)
    assert HourEntry.objects.count() == before


def test_a_player_that_vanished_is_settled_by_the_clock(grower: Member, play: Play) -> None:
    player = play(grower, make_course(60, 5)[0])
    for start in range(0, 60 * MINUTE, 10_000):
        player.wait(10_000)
        player.send(start, start + 10_000)
        if player.asked:
            player.confirm()
    player.wait(31 * MINUTE)
    assert services.end_forgotten() == 1
    assert by_mode(grower) == {"online": "1.00"}
    assert services.end_forgotten() == 0


def test_spans_keep_the_clock_inside_the_database(grower: Member, play: Play) -> None:
    player = play(grower, make_course(5)[0])
    player.play(60_000)
    services.finish(player.token)
    span = PlaySpan.objects.get()
    assert (span.from_ms, span.to_ms) == (0, 60_000)
    assert span.wall_to_ms - span.wall_from_ms >= 60_000


def test_the_first_to_see_a_second_is_the_first_by_the_clock() -> None:
    late = Span(1, "online", "course", 0, 100, 5_000, 5_100)
    early = Span(1, "group", "viewing", 50, 100, 1_000, 1_050)
    pieces = distinct([late, early], lambda start, end: [(dt.date(2026, 3, 5), start, end)])
    assert [(piece.mode, piece.wall_to - piece.wall_from) for piece in pieces] == [("group", 50), ("online", 50)]
