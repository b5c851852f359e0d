"""The same certificate asked for by many at once, and one batch worked by two workers, on PostgreSQL in live connections."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from lms.hours import ledger
from lms.members.models import Member
from lms.reports import certificates, certificates_batches
from lms.reports.models import Certificate, CertificateBatch, Revocation
from tests.conftest import build_tree
from tests.factories import make_credit, make_member

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
AT_ONCE = 8


def at_once(act: Callable[[], object], times: int) -> list[Exception]:
    """Run an act in so many threads, each with a connection of its own, started together; returns the errors."""
    gate = threading.Barrier(times)
    errors: list[Exception] = []

    def run() -> None:
        try:
            gate.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _time in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.fixture
def people() -> list[Member]:
    branch = build_tree().branch
    made = [make_member(branch, f"某{number}") for number in range(6)]
    for member in made:
        with transaction.atomic():
            ledger.post(make_credit(member), by=None)
    return made


def test_eight_ask_for_the_same_certificate_and_there_is_one(people: list[Member]) -> None:
    member = people[0]
    content = certificates.of_year(member, 2026)
    assert at_once(lambda: certificates.issue(member=member, content=content, by=None), AT_ONCE) == []
    assert Certificate.objects.count() == 1


def test_without_the_lock_some_would_fail(people: list[Member], monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with the look before the lock taken off, only the constraint is left, and it refuses aloud."""
    member = people[0]
    content = certificates.of_year(member, 2026)
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, **_how: self)
    failed = []
    for _round in range(10):
        failed += at_once(lambda: certificates.issue(member=member, content=content, by=None), AT_ONCE)
        certificates.revoke(certificate=Certificate.objects.order_by("-copy")[0], reason="再来", by=None)
    assert failed
    assert Certificate.objects.count() == Revocation.objects.count()


def test_eight_revoke_at_once_and_one_does(people: list[Member]) -> None:
    made, _fresh = certificates.issue(member=people[0], content=certificates.of_year(people[0], 2026), by=None)
    errors = at_once(lambda: certificates.revoke(certificate=made, reason="代签", by=None), AT_ONCE)
    assert [str(error) for error in errors] == ["revoked"] * (AT_ONCE - 1)


def test_two_workers_on_one_batch_end_as_one_would(people: list[Member]) -> None:
    batch = certificates_batches.begin_year(unit=people[0].unit, year=2026, by=None)
    assert at_once(lambda: certificates_batches.work(batch=CertificateBatch.objects.get()), 2) == []
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.printed) == (CertificateBatch.State.DONE, 6, 6)
    assert Certificate.objects.count() == 6
    assert certificates_batches.content(batch).startswith(b"%PDF")
