"""Certificates for many: cut anywhere and gone on with, nobody twice, nobody who is not the officer's, one file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ
from pypdf import PdfReader

from lms.hours import ledger
from lms.members import services as members
from lms.members.models import AuditEntry, Member, RoleGrant
from lms.reports import certificates, certificates_batches
from lms.reports import certificates_tasks as tasks
from lms.reports.certificates_batches import BatchRefused
from lms.reports.models import Certificate, CertificateBatch, CertificateBatchRow
from lms.training import selectors, worth
from tests.conftest import County
from tests.factories import make_credit, make_member
from tests.reports.conftest import Held, named

Login = Callable[[str], Client]
Outcome = CertificateBatchRow.Outcome
State = CertificateBatch.State


@pytest.fixture
def village(county: County) -> list[Member]:
    """Five people of 桃源村 with hours, one without, one next door."""
    people = [make_member(county.branch, name) for name in ("李大山", "周建国", "陈德明", "刘翠花", "吴铁柱")]
    for person in people:
        with transaction.atomic():
            ledger.post(make_credit(person, "8.00"), by=None)
    make_member(county.branch, "零学时")
    stranger = make_member(county.other_branch, "杨春梅")
    with transaction.atomic():
        ledger.post(make_credit(stranger, "8.00"), by=None)
    return people


def begin(county: County, by: str = "secretary") -> CertificateBatch:
    return certificates_batches.begin_year(unit=county.branch, year=2026, by=county.users[by])


def outcomes(batch: CertificateBatch) -> dict[str, str]:
    return dict(batch.rows.values_list("member__name", "outcome"))


def pages(batch: CertificateBatch) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(certificates_batches.content(batch))).pages]


def test_it_works(county: County, village: list[Member]) -> None:
    batch = certificates_batches.work(batch=begin(county))
    assert (batch.state, batch.total, batch.done, batch.printed) == (State.DONE, 7, 7, 5)
    assert outcomes(batch) == {
        **{person.name: Outcome.ISSUED for person in village},
        "零学时": Outcome.NO_HOURS,
        "王秀英": Outcome.NO_HOURS,
    }
    texts = pages(batch)
    assert len(texts) == 5
    assert {person.name for person in village} == {
        name for name in (person.name for person in village) if any(name in text for text in texts)
    }
    assert {row.member.name for row in certificates_batches.left_out(batch)} == {"零学时", "王秀英"}
    actions = ["certificate.batch", "certificate.batch_done"]
    assert (
        list(AuditEntry.objects.filter(action__in=actions).order_by("pk").values_list("action", flat=True)) == actions
    )


def test_the_file_is_kept_sealed(county: County, village: list[Member]) -> None:
    batch = certificates_batches.work(batch=begin(county))
    with batch.file.open("rb") as stored:
        assert b"%PDF" not in stored.read()
    assert certificates_batches.content(batch).startswith(b"%PDF")
    assert Client().get(f"/media/{batch.file.name}").status_code == 404


@pytest.mark.parametrize("after", [1, 2, 3])
def test_cut_anywhere_it_ends_as_if_undisturbed(
    county: County, village: list[Member], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Case 22 for certificates: the power goes in the middle of a chunk, twice."""
    monkeypatch.setattr(certificates_batches, "ROWS_A_TRANSACTION", 2)
    real, calls = certificates.issue, []

    def power_cut(**wanted: Any) -> Any:
        calls.append(wanted["member"].pk)
        if len(calls) in (after, after + 2):
            raise KeyboardInterrupt
        return real(**wanted)

    monkeypatch.setattr(certificates, "issue", power_cut)
    batch = begin(county)
    for _cut in range(2):
        with pytest.raises(KeyboardInterrupt):
            tasks.work_batch(batch.pk)
    tasks.resume_batches()
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.printed, batch.attempts) == (State.DONE, 7, 5, 3)
    assert Certificate.objects.count() == 5 == len(pages(batch))


def test_cut_while_printing_only_the_file_is_made_again(
    county: County, village: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(county)
    with monkeypatch.context() as broken:
        broken.setattr(certificates_batches.certificates_pdf, "document", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            certificates_batches.work(batch=batch)
    batch.refresh_from_db()
    assert (batch.state, bool(batch.file)) == (State.PRINTING, False)
    tasks.resume_batches()
    batch.refresh_from_db()
    assert batch.state == State.DONE and Certificate.objects.count() == 5


def test_done_twice_it_changes_nothing(county: County, village: list[Member]) -> None:
    batch = certificates_batches.work(batch=begin(county))
    name = batch.file.name
    again = certificates_batches.work(batch=CertificateBatch.objects.get())
    assert (again.file.name, again.attempts) == (name, 1)


def test_a_second_batch_keeps_the_certificates_that_stand(county: County, village: list[Member]) -> None:
    certificates_batches.work(batch=begin(county))
    batch = certificates_batches.work(batch=begin(county))
    assert Certificate.objects.count() == 5
    assert [outcomes(batch)[person.name] for person in village] == [Outcome.KEPT] * 5
    assert len(pages(batch)) == 5


def test_a_batch_that_never_ends_is_parked_and_taken_up(county: County, village: list[Member]) -> None:
    batch = begin(county)
    CertificateBatch.objects.update(attempts=certificates_batches.MAX_ATTEMPTS)
    assert certificates_batches.work(batch=batch).problem == "interrupted"
    tasks.resume_batches()
    batch.refresh_from_db()
    assert batch.state == State.ISSUING and not Certificate.objects.exists()
    certificates_batches.resume(batch=batch, by=None)
    with pytest.raises(BatchRefused, match="not-parked"):
        certificates_batches.resume(batch=batch, by=None)
    tasks.resume_batches()
    batch.refresh_from_db()
    assert batch.state == State.DONE


def test_who_moved_away_meanwhile_is_not_certified(county: County, village: list[Member]) -> None:
    batch = begin(county)
    members.transfer(member=village[0], to=county.other_branch, by=None)
    certificates_batches.work(batch=batch)
    assert outcomes(batch)[village[0].name] == Outcome.NOT_PERMITTED
    assert not Certificate.objects.filter(member=village[0]).exists()


def test_a_role_taken_away_stops_the_batch(county: County, village: list[Member]) -> None:
    batch = begin(county)
    RoleGrant.objects.filter(user=county.users["secretary"]).delete()
    batch = certificates_batches.work(batch=CertificateBatch.objects.get())
    assert batch.problem == "not-permitted" and not Certificate.objects.exists()


def test_a_class_names_who_completed_it_and_who_did_not(county: County, hold: Held) -> None:
    people = [make_member(county.branch, name) for name in ("李大山", "周建国")]
    training = hold(county.town, people, days=2)
    absent = training.sessions.order_by("starts_at").first().attendances.get(member=people[1])
    absent.status = "absent"
    absent.save()
    with transaction.atomic():
        ledger.post(*selectors.credits_of(training), by=None)
    batch = certificates_batches.begin_class(
        unit=county.town, occasion=worth.occasion_of(training), title=training.title, by=county.users["town"]
    )
    certificates_batches.work(batch=batch)
    assert outcomes(batch) == {"李大山": Outcome.ISSUED, "周建国": Outcome.NOT_COMPLETED}


def test_nobody_and_too_many_are_refused(
    county: County, village: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BatchRefused, match="nobody"):
        certificates_batches.begin_year(unit=county.branch2, year=2026, by=None)
    monkeypatch.setattr(certificates_batches, "MOST_PEOPLE", 3)
    with pytest.raises(BatchRefused, match="too-many"):
        begin(county)
    assert not CertificateBatch.objects.exists()


def test_the_database_refuses_an_outcome_without_its_certificate(county: County, village: list[Member]) -> None:
    begin(county)
    with pytest.raises(IntegrityError, match="batch_row_outcome_fits"), transaction.atomic():
        CertificateBatchRow.objects.update(outcome=Outcome.ISSUED)
    row = CertificateBatchRow.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        CertificateBatchRow.objects.create(batch=row.batch, member=row.member)


# -- pages -----------------------------------------------------------------------------------


def test_begun_on_the_page_worked_by_the_worker_taken_as_one_file(
    county: County, village: list[Member], login: Login
) -> None:
    client = login("secretary")
    form = {"unit": county.branch.code, "year": "2026"}
    answer = client.post(reverse("certificate-batch-new"), form)
    batch = CertificateBatch.objects.get()
    assert answer.url == reverse("certificate-batch", args=[batch.uuid])
    job = OrmQ.objects.get().task
    assert (job["func"], job["args"]) == ("lms.reports.certificates_tasks.work_batch", (batch.pk,))
    page = client.get(answer.url).content.decode()
    assert "正在开具" in page and "hx-get" in page
    progress = client.get(reverse("certificate-batch-progress", args=[batch.uuid]))
    assert "HX-Refresh" not in progress and "0 / 7" in progress.content.decode()
    assert client.get(reverse("certificate-batch-file", args=[batch.uuid])).status_code == 404

    tasks.work_batch(batch.pk)
    assert client.get(reverse("certificate-batch-progress", args=[batch.uuid]))["HX-Refresh"] == "true"
    page = client.get(answer.url).content.decode()
    assert "下载 PDF（5 份）" in page and "零学时" in page
    file = client.get(reverse("certificate-batch-file", args=[batch.uuid]))
    assert file["Content-Type"] == "application/pdf" and file.content.startswith(b"%PDF")
    assert "桃源村" in client.get(reverse("certificate-batch-list")).content.decode()


def test_only_units_of_one_s_own_can_be_named(county: County, village: list[Member], login: Login) -> None:
    form = {"unit": county.other_branch.code, "year": "2026"}
    assert login("secretary").post(reverse("certificate-batch-new"), form).status_code == 422
    assert not CertificateBatch.objects.exists()


def test_a_training_leads_to_its_certificates(county: County, hold: Held, login: Login) -> None:
    training = hold(county.town, [make_member(county.branch, "李大山")])
    client = login("town")
    address = f"{reverse('certificate-batch-new')}?training={training.uuid}"
    assert address in client.get(reverse("training-detail", args=[training.uuid])).content.decode()
    assert training.title in client.get(address).content.decode()
    client.post(address, {"unit": county.town.code})
    batch = CertificateBatch.objects.get()
    assert (batch.scope, batch.title, batch.total) == ("class", training.title, 1)
    assert login("secretary").get(address).status_code == 404
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        assert client.get(reverse("certificate-batch-new"), {"training": wrong}).status_code == 404


def test_another_town_s_batch_reads_as_absent(county: County, village: list[Member], login: Login) -> None:
    batch = certificates_batches.begin_year(unit=county.other_branch, year=2026, by=None)
    for name in ("certificate-batch", "certificate-batch-progress", "certificate-batch-file"):
        assert login("town").get(reverse(name, args=[batch.uuid])).status_code == 404
    assert named("杨春梅").unit == county.other_branch
