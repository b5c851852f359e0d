"""The register of borrowed paper books: lent, late, back, printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.members.models import AuditEntry
from lms.stations import loans
from lms.stations.loans import Loan
from lms.stations.models import BookLoan, Station
from lms.stations.services import StationError
from tests.conftest import County

Login = Callable[[str], Client]


@pytest.fixture
def station(personas: County) -> Station:
    return Station.objects.create(code="S1", name="桃源村站点", unit=personas.branch)


def lent(station: Station, title: str = "养蚕手册", *, ago: int = 0, days: int = 30) -> BookLoan:
    out = clock.today() - dt.timedelta(days=ago)
    return loans.lend(station=station, loan=Loan("张三", title, out, out + dt.timedelta(days=days)), by=None)


def test_lend_and_take_back(login: Login, station: Station) -> None:
    client, today = login("station"), clock.today()
    form = {"borrower": "张三", "title": "养蚕手册", "out_on": today, "due_on": today + dt.timedelta(days=30)}
    assert client.post(reverse("loan-new", args=["S1"]), form).status_code == 302
    loan = BookLoan.objects.get()
    assert "养蚕手册" in client.get(reverse("loan-list")).content.decode()
    client.post(reverse("loan-back", args=[loan.pk]))
    loan.refresh_from_db()
    assert loan.back_on == today
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"loan.lend", "loan.back"}


def test_back_twice_keeps_the_first_day(station: Station) -> None:
    loan = lent(station, ago=10)
    BookLoan.objects.update(back_on=clock.today() - dt.timedelta(days=2))
    assert loans.take_back(loan=loan, by=None).back_on == clock.today() - dt.timedelta(days=2)


@pytest.mark.parametrize(("ago", "days"), [(0, -1), (-1, 30)])
def test_dates_that_cannot_be(login: Login, station: Station, ago: int, days: int) -> None:
    with pytest.raises(StationError):
        lent(station, ago=ago, days=days)
    out = clock.today() - dt.timedelta(days=ago)
    form = {"borrower": "张三", "title": "书", "out_on": out, "due_on": out + dt.timedelta(days=days)}
    answer = login("station").post(reverse("loan-new", args=["S1"]), form)
    assert answer.status_code == 422 and "不能" in answer.content.decode()
    assert not BookLoan.objects.exists()


def test_the_database_keeps_the_dates_in_order(station: Station) -> None:
    loan = lent(station)
    loan.back_on = loan.out_on - dt.timedelta(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        loan.save()


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 3), ("?state=out", 2), ("?state=overdue", 1), ("?q=法律", 1), ("?station=S1", 3), ("?state=x", 0)],
)
def test_the_register_filters(login: Login, station: Station, query: str, found: int) -> None:
    lent(station)
    lent(station, "农村法律常识", ago=90)
    loans.take_back(loan=lent(station, "红岩"), by=None)
    page = login("station").get(reverse("loan-list") + query).content.decode()
    assert page.count('<th scope="row">') == found
    late = 0 if query == "?state=x" else 1
    assert page.count("已超期</") == 1 + late  # the filter offers the word too


def test_the_register_is_printed(login: Login, station: Station) -> None:
    lent(station, "红岩")
    page = login("station").get(reverse("loan-print")).content.decode()
    assert "农家书屋图书借阅登记簿" in page and "红岩" in page


def test_another_stations_register_is_not_seen(login: Login, station: Station, personas: County) -> None:
    other = Station.objects.create(code="S2", name="杨柳村站点", unit=personas.other_branch)
    loan = lent(other, "别村的书")
    client = login("station")
    assert "别村的书" not in client.get(reverse("loan-list")).content.decode()
    assert client.post(reverse("loan-back", args=[loan.pk])).status_code == 404
    assert client.get(reverse("loan-new", args=["S2"])).status_code == 404


def test_the_register_is_taken_along_as_it_is_filtered(login: Login, station: Station) -> None:
    lent(station)
    lent(station, "农村法律常识", ago=90)
    for who in ("station", "auditor"):
        answer = login(who).get(reverse("loan-list"), {"format": "csv", "state": "overdue"})
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").strip().splitlines()
        assert len(lines) == 2 and "农村法律常识" in lines[1] and "已超期" in lines[1]
    assert login("station").get(reverse("loan-list"), {"format": "exe"}).status_code == 404
    assert login("member").get(reverse("loan-list"), {"format": "csv"}).status_code == 404


def test_who_reads_the_stations_book_finds_the_register(login: Login, station: Station) -> None:
    lent(station)
    page = login("auditor").get(reverse("station-book")).content.decode()
    assert reverse("loan-list") in page
    page = login("auditor").get(reverse("loan-list")).content.decode()
    assert "format=xlsx" in page and reverse("station-book") in page and "还书" not in page
