"""The editor of a year's goals: copy, edit, publish, replace; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.goals import selectors, services
from lms.goals.models import GoalLine, GoalPolicy, Rollup, Standing
from lms.goals.services import GoalError
from lms.members.models import AuditEntry
from tests.conftest import County
from tests.factories import make_member

LINE: dict[str, Any] = {
    "audience": "cadres",
    "period": "year",
    "event": "",
    "deadline_months": "0",
    "required_hours": "40",
    "required_classes": "0",
    "online_cap_percent": "50",
    "role_rule": "max",
    "exempt_by_month": "on",
    "basis": "县委组织部〔2026〕8号",
}


@pytest.fixture(autouse=True)
def november() -> object:
    with time_machine.travel("2026-11-22T12:00:00+08:00", tick=False):
        yield


@pytest.fixture
def draft(personas: County) -> GoalPolicy:
    services.open_year(year=2026, by=None)
    return services.draft_year(year=2026, by=None, like=selectors.policy_of(2026))


def test_a_year_opens_with_a_line_for_every_audience_of_domain_2(tree: County) -> None:
    lines = services.open_year(year=2026, by=None).lines.all()
    assert {line.audience for line in lines} == set(GoalLine.Audience.values)
    assert [line.key for line in lines][:2] == ["members", "leaders"]
    for line in lines:
        line.full_clean()


def test_last_year_is_copied_in_one_click(login: Callable[[str], Client], draft: GoalPolicy) -> None:
    like = selectors.policy_of(2026)
    answer = login("county").post(reverse("goal-policies"), {"year": "2027", "like": like.pk})
    copy = GoalPolicy.objects.get(year=2027)
    assert answer["Location"] == reverse("goal-policy", args=[copy.pk])
    columns = [field.name for field in GoalLine._meta.fields if field.name not in ("id", "policy")]
    assert list(copy.lines.values_list(*columns)) == list(like.lines.values_list(*columns))
    assert copy.state == "draft"
    assert not Standing.objects.filter(line__policy=copy).exists()


def test_a_line_keeps_its_minima_and_caps(login: Callable[[str], Client], draft: GoalPolicy) -> None:
    numbers = {"category_minima-discipline": "4.50", "mode_minima-class": "8", "mode_caps-visit": "25"}
    client, address = login("county"), reverse("goal-line-add", args=[draft.pk])
    assert client.post(address, {**LINE, **numbers, "modes": ["class", "visit", "group"]}).status_code == 302
    line = draft.lines.get(key="cadres-2")
    assert (line.category_minima, line.mode_minima, line.mode_caps) == (
        {"discipline": "4.50"},
        {"class": "8"},
        {"visit": 25},
    )
    terms = next(one for one in selectors.terms_of(draft.lines.all()) if one.key == "cadres-2")
    assert terms.requirement.category_minima == {"discipline": Decimal("4.5")}
    assert terms.requirement.cap("visit") == 10
    page = client.get(reverse("goal-line-edit", args=[line.pk])).content.decode()
    assert 'value="4.50"' in page
    assert AuditEntry.objects.filter(action="goal.line").exists()


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"required_hours": "0"}, "required_hours"),
        ({"required_hours": "-4"}, "required_hours"),
        ({"period": "deadline", "deadline_months": "6"}, "event"),
        ({"period": "deadline", "event": "office"}, "deadline_months"),
        ({"event": "office"}, "event"),
        ({"online_cap_percent": "101"}, "online_cap_percent"),
        ({"category_minima-skills": "30", "category_minima-theory": "11"}, "required_hours"),
        ({"mode_caps-visit": "101"}, "mode_caps-visit"),
        ({"audience": "members"}, "audience"),
        ({"audience": "leaders", "period": "once"}, "period"),
    ],
)
def test_a_wrong_line_is_refused_at_its_field_and_keeps_what_was_typed(
    login: Callable[[str], Client], draft: GoalPolicy, wrong: dict[str, str], where: str
) -> None:
    answer = login("county").post(
        reverse("goal-line-add", args=[draft.pk]), {**LINE, "mode_minima-group": "3.25", **wrong}
    )
    assert answer.status_code == 422
    assert where in answer.context["form"].errors
    page = answer.content.decode()
    assert LINE["basis"] in page
    assert 'value="3.25"' in page
    assert draft.lines.count() == len(GoalLine.Audience.values)


def test_what_is_published_is_not_edited(login: Callable[[str], Client], draft: GoalPolicy) -> None:
    line = selectors.lines_of(2026)["members"]
    client = login("county")
    typed = {**LINE, "audience": "members"}
    answer = client.post(reverse("goal-line-edit", args=[line.pk]), typed)
    assert answer.status_code == 422
    assert LINE["basis"] in answer.content.decode()
    client.post(reverse("goal-line-remove", args=[line.pk]))
    line.refresh_from_db()
    assert line.required_hours == 32


def test_a_draft_replaces_what_is_published_when_asked_to(
    login: Callable[[str], Client], draft: GoalPolicy, personas: County
) -> None:
    make_member(personas.branch)
    before = selectors.policy_of(2026)
    draft.lines.filter(key="members").update(required_hours=40)
    address, client = reverse("goal-policy-publish", args=[draft.pk]), login("county")
    client.post(address)
    assert selectors.policy_of(2026) == before
    client.post(address, {"replace": "on"})
    assert selectors.policy_of(2026) == draft
    before.refresh_from_db()
    assert before.state == "replaced"
    assert set(Standing.objects.values_list("required", flat=True)) == {Decimal(40)}
    assert set(Rollup.objects.values_list("line__policy", flat=True)) == {draft.pk}


def test_the_verdict_of_a_year_that_is_over_is_not_replaced(tree: County) -> None:
    before = services.open_year(year=2025, by=None)
    draft = services.draft_year(year=2025, by=None, like=before)
    with pytest.raises(GoalError) as refused:
        services.publish(policy=draft, by=None, replace=True)
    assert refused.value.code == "year-over"


def test_the_boards_need_the_line_of_all_members(draft: GoalPolicy) -> None:
    services.remove_line(line=draft.lines.get(key="members"), by=None)
    with pytest.raises(GoalError) as refused:
        services.publish(policy=draft, by=None, replace=True)
    assert refused.value.code == "no-members-line"


def test_two_lines_of_one_audience_have_two_keys(draft: GoalPolicy) -> None:
    fields: dict[str, Any] = {"audience": "cadres", "required_hours": Decimal(10)}
    for number in (2, 3):
        line = services.save_line(line=GoalLine(policy=draft, **fields), by=None)
        assert line.key == f"cadres-{number}"


def test_the_pages_show_and_the_town_does_not_manage(login: Callable[[str], Client], draft: GoalPolicy) -> None:
    line = draft.lines.get(key="secretaries")
    for name, pk in (("goal-policy", draft.pk), ("goal-line-add", draft.pk), ("goal-line-edit", line.pk)):
        assert login("county").get(reverse(name, args=[pk])).status_code == 200
        assert login("town").get(reverse(name, args=[pk])).status_code == 404
    assert "任职后 6 个月内" in login("county").get(reverse("goal-policy", args=[draft.pk])).content.decode()
    assert reverse("goal-policies") not in login("town").get(reverse("goal-list")).content.decode()
    assert reverse("goal-policies") in login("county").get(reverse("goal-list")).content.decode()
