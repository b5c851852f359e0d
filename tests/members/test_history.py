"""The roster as it was known: each change leaves a version, and an earlier moment is told by what was recorded before it."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from lms.core import clock
from lms.core.append_only import AppendOnlyError
from lms.members import history, services
from lms.members.models import Member, MemberVersion, Post
from tests.conftest import County
from tests.factories import make_member

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def start_of(month: int, day: int = 1) -> dt.datetime:
    return clock.day_start(dt.date(2026, month, day))


@pytest.fixture
def moved(tree: County) -> Member:
    """Entered on 2 January, transferred on 10 March, away from 5 May, stopped on 1 June, back on 1 August (all 2026)."""
    with time_machine.travel(start_of(1, 2), tick=False):
        member = make_member(tree.branch)
    with time_machine.travel(start_of(3, 10), tick=False):
        services.transfer(member=member, to=tree.other_branch, by=None)
    with time_machine.travel(start_of(5, 5), tick=False):
        services.update_member(member=member, by=None, away=True, job="外出务工")
    with time_machine.travel(start_of(6), tick=False):
        services.set_state(member=member, state="stopped", on=dt.date(2026, 6, 1), by=None)
    with time_machine.travel(start_of(8), tick=False):
        services.set_state(member=member, state="active", on=None, by=None)
    return member


def told(member: Member, moment: dt.datetime) -> tuple[object, ...] | None:
    version = history.as_known([member.pk], moment).get(member.pk)
    return version and (version.unit_name, version.state, version.category, version.away)


def test_each_moment_knows_what_was_recorded_before_it(tree: County, moved: Member) -> None:
    here, there = tree.branch.name, tree.other_branch.name
    assert told(moved, start_of(1, 2)) is None, "what is recorded at a moment is known after it"
    assert told(moved, start_of(1, 3)) == (here, "active", "full", False)
    assert told(moved, start_of(3, 10)) == (here, "active", "full", False)
    assert told(moved, start_of(3, 11)) == (there, "active", "full", False)
    assert told(moved, start_of(5, 6)) == (there, "active", "full", True)
    assert told(moved, start_of(7)) == (there, "stopped", "full", True)
    assert told(moved, start_of(9)) == (there, "active", "full", True)


def test_what_decides_nothing_leaves_no_version(moved: Member) -> None:
    before = moved.versions.count()
    services.update_member(member=moved, by=None, mobile="13800006726")
    services.update_member(member=moved, by=None, away=True)
    assert moved.versions.count() == before == 5


def test_the_roster_of_a_unit_is_who_belonged_to_it_then(tree: County, moved: Member) -> None:
    stayed = make_member(tree.branch, "周建国")
    assert set(history.roster(tree.town, start_of(3))) == {moved.pk}
    assert set(history.roster(tree.other_town, start_of(3))) == set()
    assert set(history.roster(tree.other_town, start_of(4))) == {moved.pk}
    assert set(history.roster(tree.root, clock.now() + DAY)) == {moved.pk, stayed.pk}
    bound = history.is_bound
    assert [bound(history.roster(tree.root, start_of(month))[moved.pk]) for month in (5, 7, 9)] == [True, False, True]


def test_a_stale_object_cannot_bring_back_what_was_changed_elsewhere(tree: County, moved: Member) -> None:
    stale = Member.objects.get(pk=moved.pk)
    services.set_state(member=moved, state="transferred", on=clock.today(), by=None)
    services.transfer(member=stale, to=tree.branch2, by=None)
    last = history.as_known([moved.pk])[moved.pk]
    assert (last.unit_id, last.state) == (tree.branch2.pk, "transferred")


def test_a_unit_renamed_later_keeps_its_name_of_then(tree: County, moved: Member) -> None:
    tree.other_branch.name = "中共柳河镇杨柳社区支部委员会"
    tree.other_branch.save()
    assert told(moved, start_of(4)) == ("中共柳河镇杨柳村支部委员会", "active", "full", False)


def test_reads_cost_the_same_for_many(tree: County, django_assert_num_queries: object) -> None:
    people = [make_member(tree.branch, f"党员{number}").pk for number in range(20)]
    later = clock.now() + DAY
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(history.as_known(people, later)) == 20
    with django_assert_num_queries(2):  # type: ignore[operator]  # units below, versions
        assert len(history.roster(tree.root, later)) == 20


def test_a_version_is_never_changed(moved: Member) -> None:
    row = moved.versions.all()[0]
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE members_memberversion SET state = 'active' WHERE id = %s", [row.pk])


def test_an_office_is_known_from_its_record_and_ended_from_the_record_of_its_end(tree: County, moved: Member) -> None:
    with time_machine.travel(start_of(4), tick=False):  # entered late: held since January
        post = services.appoint(
            member=moved, unit=tree.branch, office="secretary", started_on=dt.date(2026, 1, 1), by=None
        )
    with time_machine.travel(start_of(9), tick=False):
        services.leave_office(post=post, on=dt.date(2026, 6, 30), by=None)
    held = Post.objects.held
    february, july = dt.date(2026, 2, 1), dt.date(2026, 7, 1)
    assert not held(february, start_of(3)).exists(), "not recorded yet"
    assert held(february, start_of(5)).exists()
    assert held(july, start_of(8)).exists(), "the end was not known yet"
    assert not held(july, start_of(10)).exists()
    assert not held(july).exists() and held(february).exists()
    with pytest.raises(services.MemberError) as refused:
        services.leave_office(post=post, on=dt.date(2026, 3, 1), by=None)
    assert refused.value.code == "post-ended"


def test_an_older_system_gets_its_history_from_the_audit_trail(tree: County) -> None:
    """Versions that a migration reads back say the same as those written at the time."""
    member = make_member(tree.branch)
    services.transfer(member=member, to=tree.other_branch, by=None)
    services.update_member(member=member, by=None, away=True, category="probationary")
    services.set_state(member=member, state="stopped", on=clock.today(), by=None)
    post = services.appoint(member=member, unit=tree.branch, office="deputy", started_on=dt.date(2026, 1, 1), by=None)
    services.leave_office(post=post, on=dt.date(2026, 6, 30), by=None)
    facts = ("unit_id", "unit_name", "state", "category", "away")
    written = list(member.versions.values_list(*facts))
    last = MemberVersion.objects.latest("pk").pk
    Post.objects.update(recorded_at=start_of(1), ended_recorded_at=None)
    migration = import_module("lms.members.migrations.0003_first_versions")
    migration.write_versions(apps, None)
    migration.date_posts(apps, None)
    read_back = member.versions.filter(pk__gt=last)
    assert list(read_back.values_list(*facts)) == written
    assert len(written) == 4
    moments = list(read_back.values_list("recorded_at", flat=True))
    assert moments == sorted(moments) and moments[0] == member.created_at
    post.refresh_from_db()
    assert post.recorded_at > start_of(1) and post.ended_recorded_at is not None


def test_everybody_on_the_roster_has_a_version(tree: County) -> None:
    services.create_members(
        [services.build(unit=tree.branch, code=code, name="党员") for code in services.next_codes(3)], by=None
    )
    assert MemberVersion.objects.count() == Member.objects.count() == 3
