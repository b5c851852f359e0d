"""Goals and exemptions on the desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from lms.goals import selectors, services
from lms.goals.models import Exemption
from lms.members.models import AuditEntry
from tests.conftest import County
from tests.factories import make_member

FORM = {"reason": "age", "document": "石组〔2026〕3号", "starts_on": "2026-01-01", "ends_on": "2030-12-31"}


@pytest.fixture
def old_man(personas: County) -> object:
    services.open_year(year=2026, by=None)
    return make_member(personas.branch, "赵大河")


def test_everybody_signed_in_reads_what_is_required(login: Callable[[str], Client], old_man: object) -> None:
    page = login("member").get(reverse("goal-list")).content.decode()
    assert "32" in page
    assert "45 分钟 = 1 学时" in page


def test_the_town_approves_and_withdraws_an_exemption(
    login: Callable[[str], Client], personas: County, old_man: object
) -> None:
    address = reverse("member-exemptions", args=[old_man.code])  # type: ignore[attr-defined]
    assert login("town").post(address, FORM).status_code == 302
    exemption = Exemption.objects.get()
    assert exemption.approved_by == personas.users["town"]
    assert AuditEntry.objects.filter(action="exemption.approve").exists()
    assert "赵大河" in login("secretary").get(reverse("exemption-list")).content.decode()
    withdrawing = reverse("exemption-withdraw", args=[exemption.pk])
    login("town").post(withdrawing, {"reason": ""})
    assert selectors.exemptions(personas.users["town"]).exists()
    login("town").post(withdrawing, {"reason": "康复"})
    assert not selectors.exemptions(personas.users["town"]).exists()
    assert selectors.exemptions(personas.users["town"], state="all").exists()


def test_a_secretary_reads_but_does_not_approve(login: Callable[[str], Client], old_man: object) -> None:
    address = reverse("member-exemptions", args=[old_man.code])  # type: ignore[attr-defined]
    assert login("secretary").get(address).status_code == 200
    assert login("secretary").post(address, FORM).status_code == 404
    assert not Exemption.objects.exists()


def test_what_was_typed_stays_when_the_dates_are_wrong(login: Callable[[str], Client], old_man: object) -> None:
    address = reverse("member-exemptions", args=[old_man.code])  # type: ignore[attr-defined]
    answer = login("town").post(address, {**FORM, "ends_on": "2025-01-01"})
    assert answer.status_code == 422
    assert "石组〔2026〕3号" in answer.content.decode()
    assert not Exemption.objects.exists()
