"""An evening at the station, on real play sessions and beats: everyone is credited for what ran while he was there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction

from courses.models import GroupWatch, LessonPage
from lms.core import clock
from lms.hours.services import adopt_rule
from lms.members.models import AuditEntry, Member
from lms.stations import audit, selectors, services
from lms.stations.models import GroupViewing, Presence, Station
from lms.stations.services import Notes, StationError, StayTimes
from tests.conftest import County
from tests.factories import MINUTE, make_course, make_member, make_user
from tests.stations.conftest import EVENING, NOTES, Room, hours, lines, watch_alone


def agrees() -> bool:
    """Whether what is recorded is what ran while people were there."""
    return list(audit.mismatches()) == []


def test_it_works(room: Room, people: list[Member], lesson: LessonPage) -> None:
    room.tick(*people)
    room.start(lesson)
    room.play(60)
    viewing = room.close()
    assert [hours(person) for person in people] == [Decimal("1.00")] * 3
    assert (viewing.state, viewing.title, viewing.villagers) == ("closed", lesson.title, 6)
    assert agrees()


def test_who_is_not_ticked_earns_nothing(room: Room, people: list[Member], lesson: LessonPage) -> None:
    room.tick(people[0])
    room.start(lesson)
    room.play(60)
    room.close()
    assert [hours(person) for person in people] == [Decimal("1.00"), 0, 0]


def test_a_late_comer_and_an_early_leaver_get_their_part(room: Room, people: list[Member], lesson: LessonPage) -> None:
    on_time, late, early = people
    room.tick(on_time, early)
    room.start(lesson)
    room.play(29)
    room.tick(late)
    room.play(2)
    room.untick(early)
    room.play(29)
    room.close()
    rows = {row.member: row for row in selectors.attended(room.viewing)}
    assert rows[late].seen_ms == 31 * MINUTE
    assert rows[early].seen_ms == 31 * MINUTE
    assert (hours(on_time), hours(late), hours(early)) == (Decimal("1.00"), Decimal("0.50"), Decimal("0.50"))
    assert agrees()


def test_who_goes_out_and_comes_back_misses_what_ran_meanwhile(
    room: Room, people: list[Member], lesson: LessonPage
) -> None:
    person = people[0]
    room.tick(person)
    room.start(lesson)
    room.play(20)
    room.untick(person)
    room.play(15)
    room.tick(person)
    room.play(25)
    room.close()
    assert selectors.attended(room.viewing)[0].seen_ms == 45 * MINUTE
    assert hours(person) == Decimal("0.50")
    assert selectors.present_counts(room.viewing)["party"] == 1


def test_a_pause_is_not_playing(room: Room, people: list[Member], lesson: LessonPage) -> None:
    room.tick(people[0])
    room.start(lesson)
    room.play(20)
    room.wait(25)
    room.play(5)
    room.close()
    # A screen may catch up with one minute of lost beats, never with the pause.
    assert 25 * MINUTE <= selectors.attended(room.viewing)[0].seen_ms <= 26 * MINUTE
    assert hours(people[0]) == 0


def test_a_tick_before_the_film_counts_from_the_start(room: Room, people: list[Member], lesson: LessonPage) -> None:
    room.wait(4)
    room.tick(people[0])
    assert room.viewing.presences.get().joined_at == EVENING


def test_an_untick_before_the_film_was_a_slip(room: Room, people: list[Member], lesson: LessonPage) -> None:
    room.tick(people[0])
    room.wait(10)
    room.untick(people[0])
    room.start(lesson)
    room.play(60)
    room.close()
    stay = room.viewing.presences.get()
    assert stay.withdrawn_at is not None
    assert stay.left_at is None
    assert hours(people[0]) == 0


def test_the_same_tick_twice_is_one_stay(room: Room, people: list[Member]) -> None:
    room.tick(people[0], people[0])
    room.untick(people[1])
    assert room.viewing.presences.count() == 1


def test_two_lessons_in_a_row_carry_on_within_the_viewing(room: Room, people: list[Member], by_clock: None) -> None:
    first, second = make_course(20, 20)
    room.tick(people[0])
    for lesson in (first, second):
        room.start(lesson)
        room.play(20)
        room.wait(1)
    viewing = room.close()
    assert viewing.title == f"{first.title}、{second.title}"
    assert viewing.items.filter(play_session__ended_ms__isnull=True).count() == 0
    assert hours(people[0]) == Decimal("0.50")


def test_the_same_lesson_alone_later_earns_nothing_more(
    room: Room, people: list[Member], lesson: LessonPage, traveller: time_machine.Coordinates
) -> None:
    room.tick(people[0])
    room.start(lesson)
    room.play(60)
    room.close()
    watch_alone(traveller, people[0], lesson, 60)
    watch_alone(traveller, people[1], lesson, 60)
    assert hours(people[0]) == Decimal("1.00")
    assert lines(people[0]) == [Decimal("1.00")]
    assert hours(people[1]) == Decimal("1.00")
    assert agrees()


def test_a_lesson_seen_alone_before_earns_nothing_in_the_room(
    people: list[Member], lesson: LessonPage, station: Station, traveller: time_machine.Coordinates
) -> None:
    watch_alone(traveller, people[0], lesson, 60)
    before = lines(people[0])
    room = Room(traveller, station)
    room.tick(*people[:2])
    room.start(lesson)
    room.play(60)
    room.close()
    assert (hours(people[0]), hours(people[1])) == (Decimal("1.00"), Decimal("1.00"))
    assert lines(people[0]) == before


def test_the_same_lesson_in_a_second_viewing_earns_nothing_more(
    room: Room, people: list[Member], lesson: LessonPage, traveller: time_machine.Coordinates, station: Station
) -> None:
    for evening in (room, None):
        again = evening or Room(traveller, station)
        again.tick(people[0])
        again.start(lesson)
        again.play(60)
        again.close()
    assert lines(people[0]) == [Decimal("1.00")]


def test_by_the_table_a_lesson_counts_when_it_was_completed(room: Room, people: list[Member]) -> None:
    """Domain §3, the other table: by the length of the course, to who saw the needed part of it."""
    adopt_rule(
        activity="group",
        effective_from=dt.date(2026, 1, 1),
        by=None,
        method="tiers",
        step=Decimal("0.25"),
        tiers=[[0, "0.25"], [900, "0.50"], [1800, "1.00"]],
    )
    (lesson,) = make_course(20)
    room.tick(people[0])
    room.start(lesson)
    room.play(3)
    room.tick(people[1])
    room.play(17)
    room.close()
    assert (hours(people[0]), hours(people[1])) == (Decimal("0.50"), 0)


# -- correcting -------------------------------------------------------------------------


@pytest.fixture
def held(room: Room, people: list[Member], lesson: LessonPage) -> GroupViewing:
    """A viewing of an hour that two of three people attended."""
    room.tick(*people[:2])
    room.start(lesson)
    room.play(60)
    return room.close()


def correct(viewing: GroupViewing, member: Member, *stays: StayTimes, reason: str = "点错了") -> None:
    services.correct_presence(viewing=viewing, member=member, stays=stays, by=None, reason=reason)


def test_a_corrected_tick_corrects_the_ledger_by_reversal(held: GroupViewing, people: list[Member]) -> None:
    correct(held, people[0])
    correct(held, people[2], StayTimes(held.opened_at))
    assert lines(people[0]) == [Decimal("1.00"), Decimal("-1.00")]
    assert lines(people[1]) == [Decimal("1.00")]
    assert lines(people[2]) == [Decimal("1.00")]
    assert agrees()


def test_a_correction_taken_back_posts_again(held: GroupViewing, people: list[Member]) -> None:
    correct(held, people[0])
    correct(held, people[0], StayTimes(held.opened_at))
    assert lines(people[0]) == [Decimal("1.00"), Decimal("-1.00"), Decimal("1.00")]
    assert Presence.objects.filter(viewing=held, member=people[0]).count() == 2
    assert agrees()


def test_a_correction_to_part_of_the_time(held: GroupViewing, people: list[Member]) -> None:
    correct(held, people[0], StayTimes(held.opened_at, held.opened_at + dt.timedelta(minutes=31)))
    assert hours(people[0]) == Decimal("0.50")
    assert GroupWatch.objects.filter(member=people[0], withdrawn_at__isnull=True).exists()
    assert agrees()


def test_when_the_room_is_taken_back_watching_alone_counts(
    held: GroupViewing, people: list[Member], lesson: LessonPage, traveller: time_machine.Coordinates
) -> None:
    watch_alone(traveller, people[0], lesson, 60)
    correct(held, people[0])
    assert hours(people[0]) == Decimal("1.00")
    assert sum(lines(people[0])) == Decimal("1.00")


def test_a_correction_is_on_the_record_with_its_reason(held: GroupViewing, people: list[Member]) -> None:
    correct(held, people[0], reason="把名字点错了一行")
    entry = AuditEntry.objects.get(action="viewing.correct")
    assert (entry.reason, entry.detail["member"]) == ("把名字点错了一行", people[0].code)


def test_what_cannot_be_corrected(held: GroupViewing, people: list[Member], personas: County, member: Member) -> None:
    stranger = make_member(personas.other_branch, "外乡人")
    whole = StayTimes(held.opened_at)
    late = StayTimes(held.opened_at, held.closed_at + dt.timedelta(minutes=1))
    cases = [
        (people[0], [], None, " ", "reason-needed"),
        (stranger, [whole], None, "来了", "not-on-roster"),
        (people[0], [late], None, "来了", "times-outside"),
        (people[0], [StayTimes(held.opened_at - dt.timedelta(minutes=1))], None, "来了", "times-outside"),
        (member, [whole], personas.users["member"], "我来了", "own-record"),
    ]
    for person, stays, by, reason, code in cases:
        with pytest.raises(StationError) as error:
            services.correct_presence(viewing=held, member=person, stays=stays, by=by, reason=reason)
        assert error.value.code == code


def test_an_open_viewing_is_not_corrected(room: Room, people: list[Member]) -> None:
    with pytest.raises(StationError) as error:
        correct(room.viewing, people[0])
    assert error.value.code == "viewing-open"


def test_the_audit_finds_what_was_recorded_wrongly(held: GroupViewing, people: list[Member]) -> None:
    assert agrees()
    GroupWatch.objects.filter(member=people[0]).first().delete()
    assert len(list(audit.mismatches())) == 1
    held.presences.filter(member=people[1]).update(withdrawn_at=clock.now())
    assert len(list(audit.mismatches())) == 2


# -- the room's own rules ------------------------------------------------------------------


def test_two_operators_share_one_viewing(room: Room, people: list[Member], lesson: LessonPage) -> None:
    second = services.open_viewing(station=room.station, by=make_user())
    assert second == room.viewing
    room.tick(people[0])
    services.mark_presence(viewing=second, member=people[0], present=True, by=None)
    room.start(lesson)
    room.play(60)
    room.close()
    services.close_viewing(viewing=second, notes=NOTES, by=None)
    assert lines(people[0]) == [Decimal("1.00")]


def test_one_open_viewing_a_station(room: Room) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupViewing.objects.create(station=room.station, opened_at=clock.now())


def test_a_closed_viewing_has_its_time(room: Room) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupViewing.objects.filter(pk=room.viewing.pk).update(state="closed")


def test_a_member_sits_in_the_room_once(room: Room, people: list[Member]) -> None:
    room.tick(people[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        Presence.objects.create(viewing=room.viewing, member=people[0], joined_at=clock.now(), marked_at=clock.now())


def test_nobody_leaves_before_he_came(room: Room, people: list[Member]) -> None:
    room.tick(people[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        room.viewing.presences.update(left_at=EVENING - dt.timedelta(seconds=1))


def test_only_the_stations_own_people_are_ticked(room: Room, personas: County, people: list[Member]) -> None:
    stranger = make_member(personas.branch2, "隔壁村人")
    with pytest.raises(StationError) as error:
        room.tick(stranger)
    assert error.value.code == "not-on-roster"
    with pytest.raises(StationError):
        services.call_roll(viewing=room.viewing, present=[people[0].pk, stranger.pk], villagers=0, by=None)
    assert not room.viewing.presences.exists()


def test_a_roll_call_makes_the_room_agree(room: Room, people: list[Member], lesson: LessonPage) -> None:
    def call(*present: Member) -> None:
        services.call_roll(viewing=room.viewing, present=[one.pk for one in present], villagers=4, by=None)

    call(people[0], people[1])
    call(people[1], people[2])
    room.start(lesson)
    room.play(5)
    call(people[2])
    stands = {stay.member: stay.left_at for stay in room.viewing.presences.standing()}
    assert stands == {people[1]: EVENING + dt.timedelta(minutes=5), people[2]: None}
    room.viewing.refresh_from_db()
    assert room.viewing.villagers == 4


def test_a_viewing_in_which_nothing_ran_stays_out_of_the_book(room: Room, people: list[Member]) -> None:
    room.tick(*people)
    viewing = room.close()
    assert viewing.state == GroupViewing.State.UNPLAYED
    assert selectors.held_in_month(room.station, clock.today()) == 0
    assert [hours(person) for person in people] == [0, 0, 0]


def test_nothing_more_happens_in_a_closed_viewing(held: GroupViewing, people: list[Member], lesson: LessonPage) -> None:
    for act in (
        lambda: services.mark_presence(viewing=held, member=people[2], present=True, by=None),
        lambda: services.add_item(viewing=held, lesson=lesson, by=None),
    ):
        with pytest.raises(StationError) as error:
            act()
        assert error.value.code == "viewing-closed"


def test_a_station_out_of_use_opens_nothing(station: Station) -> None:
    Station.objects.update(active=False)
    with pytest.raises(StationError) as error:
        services.open_viewing(station=station, by=None)
    assert error.value.code == "station-closed"


def test_a_lesson_without_a_video_is_not_played(room: Room, lesson: LessonPage) -> None:
    lesson.live = False
    with pytest.raises(StationError) as error:
        room.start(lesson)
    assert error.value.code == "lesson-without-video"


# -- forgotten -----------------------------------------------------------------------------


def test_a_forgotten_viewing_closes_itself_as_of_its_last_beat(
    room: Room, people: list[Member], lesson: LessonPage
) -> None:
    room.tick(people[0])
    room.start(lesson)
    room.play(60)
    last = clock.now()
    room.wait(29)
    assert services.close_forgotten() == 0
    room.wait(1)
    assert services.close_forgotten() == 1
    assert services.close_forgotten() == 0
    room.viewing.refresh_from_db()
    assert (room.viewing.state, room.viewing.closed_at) == ("closed", last)
    assert hours(people[0]) == Decimal("1.00")
    assert agrees()


def test_notes_written_after_it_closed_itself_are_kept(room: Room, people: list[Member], lesson: LessonPage) -> None:
    room.tick(people[0])
    room.start(lesson)
    room.play(60)
    room.wait(45)
    services.close_forgotten()
    viewing = room.close(Notes(host="王支书", recorder="小李", discussion="讨论了一个钟头"))
    assert viewing.discussion == "讨论了一个钟头"
    assert lines(people[0]) == [Decimal("1.00")]


def test_a_film_over_midnight_is_split_by_day(
    station: Station, people: list[Member], by_clock: None, traveller: time_machine.Coordinates
) -> None:
    traveller.move_to(dt.datetime(2026, 3, 5, 15, 30, tzinfo=dt.UTC))  # half past eleven at night
    (lesson,) = make_course(60)
    room = Room(traveller, station)
    room.tick(people[0])
    room.start(lesson)
    room.play(60)
    room.close()
    assert hours(people[0]) == Decimal("1.00")
    assert lines(people[0]) == [Decimal("0.50"), Decimal("0.50")]


# -- evidence --------------------------------------------------------------------------------


def test_a_line_of_hours_opens_to_its_roll_call(held: GroupViewing, people: list[Member], lesson: LessonPage) -> None:
    found = selectors.evidence_of(f"{held.occasion}:{people[0].pk}:{lesson.pk}:2026-03-05")
    assert found is not None
    assert (found.viewing, found.lesson.lesson_id, found.seen_ms) == (held, lesson.pk, 60 * MINUTE)
    assert [stay.joined_at for stay in found.stays] == [EVENING]


@pytest.mark.parametrize(
    "source",
    ["courses.watch:1:2:2026-03-05", "stations.viewing:x:1:1:2026-03-05", "stations.viewing:999:1:1:2026-03-05"],
)
def test_another_source_opens_nothing_here(db: None, source: str) -> None:
    assert selectors.evidence_of(source) is None


def test_due_are_the_party_members_who_live_here(personas: County, people: list[Member], station: Station) -> None:
    make_member(personas.branch, "流动的人", away=True)
    make_member(personas.branch, "发展的人", category="candidate")
    make_member(personas.branch, "走了的人", state="transferred", state_on=dt.date(2026, 1, 1))
    assert selectors.due_count(station) == 4  # the three and the persona
    assert [one.name for one in selectors.roster(station)][-1] == "流动的人"
    assert selectors.roster(station).count() == 6
