"""A lesson whose content was replaced counts anew; what was earned of an older edition stands (architecture.md, Content)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from courses import rules, selectors, services
from courses.models import LessonPage, LessonProgress, PlaySession
from lms.hours import totals
from lms.hours.models import HourEntry
from lms.members.models import Member
from lms.reports import audit, evidence
from tests.conftest import County
from tests.courses.conftest import Player
from tests.courses.test_authoring import lesson_form
from tests.factories import MINUTE, make_course, make_member

Play = Callable[[Member, LessonPage], Player]


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


@pytest.fixture
def lesson(tiers: None, tree: County) -> LessonPage:
    return make_course(20)[0]


def replaced(lesson: LessonPage) -> LessonPage:
    """The lesson after its editor has said that the content is another."""
    LessonPage.objects.filter(pk=lesson.pk).update(edition=lesson.edition + 1)
    return LessonPage.objects.get(pk=lesson.pk)


def hours(member: Member) -> str:
    found = totals.of_members([member.pk], 2026).get(member.pk)
    return str(found.hours if found else 0)


def test_another_edition_counts_anew_and_the_first_stands(grower: Member, lesson: LessonPage, play: Play) -> None:
    play(grower, lesson).play(20 * MINUTE)
    assert hours(grower) == "0.50"
    again = play(grower, replaced(lesson))
    assert again.position == 0
    again.play(20 * MINUTE)
    assert hours(grower) == "1.00"
    first, second = HourEntry.objects.order_by("pk").values_list("source", flat=True)
    assert second == f"{first}:e2"
    assert not first.endswith(":e1")
    assert audit.run().violations == []


def test_the_same_edition_does_not(grower: Member, lesson: LessonPage, play: Play) -> None:
    again = replaced(lesson)
    for _twice in range(2):
        player = play(grower, again)
        player.position = 0
        player.play(20 * MINUTE)
    assert hours(grower) == "0.50"


def test_progress_begins_at_zero_and_resumes_in_its_own_edition(grower: Member, lesson: LessonPage, play: Play) -> None:
    play(grower, lesson).play(8 * MINUTE)
    newer = replaced(lesson)
    assert selectors.progress_in([newer], grower) == {}
    player = play(grower, newer)
    row = LessonProgress.objects.get()
    assert (row.edition, row.position_ms, row.watched_ms, row.completed_at) == (2, 0, 0, None)
    player.play(3 * MINUTE)
    assert play(grower, newer).position == 3 * MINUTE
    assert selectors.progress_in([newer], grower)[newer.pk].watched_ms == 3 * MINUTE


def test_what_was_begun_of_the_old_edition_does_not_help_the_new_one(
    grower: Member, lesson: LessonPage, play: Play
) -> None:
    play(grower, lesson).play(15 * MINUTE)
    player = play(grower, replaced(lesson))
    player.play(15 * MINUTE)
    services.finish(player.token)
    assert hours(grower) == "0"


def test_the_evidence_behind_a_line_is_of_its_edition(grower: Member, lesson: LessonPage, play: Play) -> None:
    play(grower, lesson).play(20 * MINUTE)
    play(grower, replaced(lesson)).play(20 * MINUTE)
    for number, entry in enumerate(HourEntry.objects.order_by("pk"), 1):
        found = selectors.evidence_of(entry.source)
        assert found is not None
        assert {span.session.edition for span, _begun in found["spans"]} == {number}
        assert any(evidence.behind(entry.source))
    assert selectors.evidence_of("courses.watch:1:2:2026-03-05:ex") is None


def test_the_editor_ticks_it(lesson: LessonPage, login: Callable[[str], Client], personas: County) -> None:
    client = login("editor")
    address = reverse("wagtailadmin_pages:edit", args=[lesson.pk])
    assert "内容已更换，重新计学时" in client.get(address).content.decode()
    for ticked, edition in (({}, 1), ({"new_edition": "on"}, 2), ({}, 2)):
        assert client.post(address, {**lesson_form(lesson.slug), **ticked}).status_code == 302
        latest = LessonPage.objects.get(pk=lesson.pk).get_latest_revision_as_object()
        assert latest.edition == edition
    assert LessonPage.objects.get(pk=lesson.pk).edition == 1, "counts from its publication on"


@pytest.mark.django_db
def test_editions_count_from_one(grower: Member, lesson: LessonPage, play: Play) -> None:
    session = play(grower, lesson).session
    for rows in (LessonPage.objects.filter(pk=lesson.pk), PlaySession.objects.filter(pk=session.pk)):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(edition=0)


@given(
    spans=st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 600_000), st.integers(1, 300_000), st.integers(0, 86_400_000)),
        max_size=10,
    )
)
def test_each_edition_is_counted_as_if_there_were_no_other(spans: list[tuple[int, int, int, int]]) -> None:
    made = [
        rules.Span(7, rules.ONLINE, "o", start, start + length, wall, wall + length, edition=edition)
        for edition, start, length, wall in spans
    ]
    together = rules.watched(rules.distinct(made, selectors.split_by_day))
    for edition in {span.edition for span in made}:
        alone = [span for span in made if span.edition == edition]
        assert together[7, edition] == sum(rules.watched(rules.distinct(alone, selectors.split_by_day)).values())


def test_a_key_of_the_first_edition_keeps_its_old_name() -> None:
    day = dt.date(2026, 3, 5)
    alone, group = rules.Key(4, rules.ONLINE, "c", day), rules.Key(4, rules.GROUP, "stations.viewing:1", day)
    assert selectors.source_of(alone, 9) == "courses.watch:4:9:2026-03-05"
    assert selectors.source_of(group, 9) == "stations.viewing:1:9:4:2026-03-05"
    assert selectors.source_of(group._replace(edition=2), 9) == "stations.viewing:1:9:4:2026-03-05:e2"
