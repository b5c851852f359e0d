"""Money of trainings in yuan: to the fen, by who plans, summed over a year, with what changed in the audit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from lms.members.models import AuditEntry
from lms.training.models import BudgetLine
from lms.training.planning import budgets
from lms.training.planning.budgets import Cost
from tests.conftest import County
from tests.training.conftest import ClassRoom
from tests.training.test_views import Login

pytestmark = pytest.mark.django_db


def test_issue_5_2_the_lines_are_typed_changed_and_taken_back(classroom: ClassRoom, login: Login) -> None:
    desk, address = login("town"), reverse("training-budget", args=[classroom.training.uuid])
    sent = {"lecture-planned": "1000.10", "meals-planned": "20.20", "meals-spent": "19.99", "other-spent": "5"}
    assert desk.post(address, sent).status_code == 302
    lines = {row.item: (row.planned, row.spent) for row in BudgetLine.objects.all()}
    assert lines == {
        "lecture": (Decimal("1000.10"), None),
        "meals": (Decimal("20.20"), Decimal("19.99")),
        "other": (Decimal(0), Decimal(5)),
    }
    sums = budgets.Sums.of(classroom.training)
    assert (sums.planned, sums.spent, sums.settled) == (Decimal("1020.30"), Decimal("24.99"), False)
    desk.post(address, {**sent, "lecture-planned": "", "meals-note": "两顿"})
    entry = AuditEntry.objects.filter(action="training.budget").latest("pk")
    assert entry.detail["changes"] == {
        "lecture": [["1000.10", "", ""], []],
        "meals": [["20.20", "19.99", ""], ["20.20", "19.99", "两顿"]],
    }
    assert budgets.Sums.of(classroom.training).settled
    before = AuditEntry.objects.count()
    desk.post(address, {**sent, "lecture-planned": "", "meals-note": "两顿"})
    assert AuditEntry.objects.count() == before  # nothing changed, nothing told


@pytest.mark.parametrize("wrong", ["-1", "1.005", "一百", "100000000"])
def test_what_is_no_sum_of_money_is_said_and_nothing_is_saved(classroom: ClassRoom, login: Login, wrong: str) -> None:
    address = reverse("training-budget", args=[classroom.training.uuid])
    answer = login("town").post(address, {"meals-planned": wrong, "travel-planned": "3"})
    assert answer.status_code == 422 and not BudgetLine.objects.exists()


def test_the_register_sums_a_year_of_what_one_may_read(classroom: ClassRoom, personas: County, login: Login) -> None:
    budgets.save(training=classroom.training, costs={"meals": Cost(Decimal("0.1"), Decimal("0.2"))}, by=None)
    budgets.save(training=classroom.training, costs={"venue": Cost(Decimal("0.2"), None)}, by=None)
    page = login("town").get(reverse("budget-register"))
    assert "0.30<" in page.content.decode()
    assert [training for training, _sums in page.context["rows"]] == [classroom.training]
    assert (page.context["totals"].planned, page.context["totals"].spent) == (Decimal("0.30"), Decimal("0.20"))
    assert not login("town").get(reverse("budget-register"), {"year": "2025"}).context["rows"]
    file = login("county").get(reverse("budget-register"), {"format": "csv"})
    assert "0.30" in b"".join(file).decode("utf-8-sig")
