"""Each mark says how it was taken."""

from __future__ import annotations

import pytest

from lms.training import services
from lms.training.models import Attendance
from tests.training.conftest import FIRST_DAY, ClassRoom, on

Means = Attendance.Means


def means_of(classroom: ClassRoom, number: int) -> str:
    return Attendance.objects.get(session=classroom.first, member=classroom.people[number]).means


def test_a_tick_of_the_roster_says_so(classroom: ClassRoom) -> None:
    classroom.mark("present", "leave", "absent")
    assert [means_of(classroom, number) for number in range(3)] == [Means.ROSTER] * 3


@pytest.mark.parametrize("means", [Means.PAPER, Means.KIOSK])
def test_a_mark_keeps_the_means_by_which_it_came_first(classroom: ClassRoom, means: Means) -> None:
    person = classroom.people[0]
    services.mark(session=classroom.first, marks={person.pk: "present"}, by=None, means=means)
    assert services.mark(session=classroom.first, marks={person.pk: "present"}, by=None) == 0
    assert means_of(classroom, 0) == means


def test_a_correction_brings_its_own_means(classroom: ClassRoom) -> None:
    person = classroom.people[0]
    services.mark(session=classroom.first, marks={person.pk: "absent"}, by=None)
    services.set_times(
        session=classroom.first,
        member=person,
        arrived_at=on(FIRST_DAY, 9),
        left_at=None,
        by=None,
        means=Means.MEMBER_CODE,
    )
    assert means_of(classroom, 0) == Means.MEMBER_CODE


def test_no_mark_has_a_means_that_nobody_knows(classroom: ClassRoom) -> None:
    with pytest.raises(ValueError, match="telepathy"):
        services.mark(session=classroom.first, marks={classroom.people[0].pk: "present"}, by=None, means="telepathy")
