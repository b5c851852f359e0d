"""学时证明: frozen, numbered, issued once for one content, revoked for good; what the ledger changes later is said, not hidden."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from lms.core import clock
from lms.core.append_only import AppendOnlyError
from lms.hours import ledger
from lms.members.models import AuditEntry, Member
from lms.reports import certificates
from lms.reports import certificates_rules as rules
from lms.reports.certificates import CertificateRefused
from lms.reports.models import Certificate, Revocation
from tests.conftest import County
from tests.factories import id_number, make_credit, make_member

BODY = st.text(alphabet=rules.ALPHABET, min_size=rules.RANDOM_SIGNS, max_size=rules.RANDOM_SIGNS)


def number_of(body: str, year: int = 2026) -> str:
    signs = iter(body)
    return rules.new_number(year, lambda _alphabet: next(signs))


# -- numbers ---------------------------------------------------------------------------


def test_a_number_is_readable_and_two_are_never_alike() -> None:
    numbers = {rules.new_number(2026) for _time in range(500)}
    assert len(numbers) == 500
    assert all(rules.is_number(number) and number.startswith("2026-") for number in numbers)
    assert not set("0OILU") & set("".join(number[5:] for number in numbers))


@given(BODY, st.integers(0, rules.RANDOM_SIGNS), st.sampled_from(rules.ALPHABET))
def test_the_check_sign_finds_every_single_slip(body: str, place: int, other: str) -> None:
    number = number_of(body)
    signs = list(number[5:].replace("-", ""))
    same = signs[place] == other
    signs[place] = other
    changed = "".join(signs)
    assert rules.is_number(f"2026-{changed[:4]}-{changed[4:8]}-{changed[8:]}") is same


@given(BODY, st.integers(0, rules.RANDOM_SIGNS - 2))
def test_the_check_sign_finds_two_neighbours_swapped(body: str, place: int) -> None:
    signs = list(number_of(body)[5:].replace("-", ""))
    same = signs[place] == signs[place + 1]
    signs[place], signs[place + 1] = signs[place + 1], signs[place]
    changed = "".join(signs)
    assert rules.is_number(f"2026-{changed[:4]}-{changed[4:8]}-{changed[8:]}") is same


@given(BODY)
def test_a_number_is_found_however_it_is_typed(body: str) -> None:
    number = number_of(body)
    assert rules.tidy_number(number.lower().replace("-", " ")) == number
    assert rules.tidy_number(number.replace("1", "I")) == number


@pytest.mark.parametrize("text", ["", "2026", "2026-AAAA-AAAA", "x" * 300, "2026-0000-0000-0000", "'; drop table"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert not rules.is_number(rules.tidy_number(text))


# -- issuing ------------------------------------------------------------------------------


@pytest.fixture
def grower(county: County) -> Member:
    """李大山 with a class of three days and an evening before the screen."""
    made = make_member(county.branch, "李大山", id_number=id_number())
    credits = [
        make_credit(
            made,
            "8.00",
            source=f"training.attendance:{day}:2026-03-{day:02}",
            earned_on=dt.date(2026, 3, day),
            occasion="training:7",
            title="葡萄冬季修剪培训班",
        )
        for day in (2, 3, 4)
    ]
    evening = make_credit(made, "1.50", earned_on=dt.date(2026, 4, 1), mode="group", occasion="stations.viewing:3")
    with transaction.atomic():
        ledger.post(*credits, evening, by=None)
    return made


def issue_year(member: Member, **extra: Any) -> Certificate:
    return certificates.issue(member=member, content=certificates.of_year(member, 2026), **{"by": None, **extra})[0]


def correct(member: Member, hours: str) -> None:
    """The second day of the class turns out to have been worth something else."""
    credit = make_credit(
        member,
        hours,
        source="training.attendance:3:2026-03-03",
        earned_on=dt.date(2026, 3, 3),
        occasion="training:7",
        title="葡萄冬季修剪培训班",
    )
    with transaction.atomic():
        ledger.post(credit if Decimal(hours) else credit.nothing(), by=None)


def test_it_works(county: County, grower: Member) -> None:
    made = issue_year(grower, by=county.users["secretary"])
    assert (made.name, made.unit_name, made.issuer_name) == ("李大山", county.branch.name, county.root.name)
    assert made.id_number_masked == grower.id_number_masked and "*" in made.id_number_masked
    assert made.total == Decimal("25.50")
    assert [item["date"] for item in made.items] == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-04-01"]
    assert made.items[0] == {
        "date": "2026-03-02",
        "title": "葡萄冬季修剪培训班",
        "category": "skills",
        "mode": "class",
        "hours": "8.00",
        "rule": "class@2019-01-01",
        "source": "training.attendance:2:2026-03-02",
    }
    assert made.issued_by == county.users["secretary"] and rules.is_number(made.number)
    assert certificates.is_intact(made) and certificates.corrections(made) == []
    entry = AuditEntry.objects.get(action="certificate.issue")
    assert entry.detail == {"number": made.number, "hours": "25.50", "copy": 1} and entry.unit == county.branch


def test_a_certificate_of_a_class_has_that_class_only(grower: Member) -> None:
    content = certificates.of_class(grower, "training:7")
    assert (content.total, len(content.items), content.title) == (Decimal(24), 3, "葡萄冬季修剪培训班")
    assert certificates.classes_of(grower, 2026) == [("training:7", "葡萄冬季修剪培训班")]


def test_a_class_over_new_year_is_one_certificate(county: County) -> None:
    member = make_member(county.branch, "周建国")
    days = (dt.date(2025, 12, 31), dt.date(2026, 1, 1))
    for day in days:
        with transaction.atomic():
            ledger.post(make_credit(member, "8.00", earned_on=day, occasion="training:9"), by=None)
    content = certificates.of_class(member, "training:9")
    assert (content.year, content.total) == (2026, Decimal(16))


def test_art_20_a_class_not_completed_has_no_certificate_of_its_own(county: County) -> None:
    member = make_member(county.branch, "周建国")
    with transaction.atomic():
        ledger.post(make_credit(member, "8.00", occasion="training:9/incomplete"), by=None)
    with pytest.raises(CertificateRefused, match="not-completed"):
        certificates.of_class(member, "training:9")
    assert certificates.of_year(member, 2026).total == Decimal(8)
    assert certificates.classes_of(member, 2026) == []


def test_nothing_earned_nothing_certified(county: County) -> None:
    member = make_member(county.branch, "周建国")
    with pytest.raises(CertificateRefused, match="no-hours"):
        certificates.of_year(member, 2026)
    with pytest.raises(CertificateRefused, match="no-hours"):
        certificates.of_class(member, "training:7")


def test_the_same_content_is_issued_once(grower: Member) -> None:
    first = issue_year(grower)
    again, fresh = certificates.issue(member=grower, content=certificates.of_year(grower, 2026), by=None)
    assert (again, fresh) == (first, False)
    assert AuditEntry.objects.filter(action="certificate.issue").count() == 1


def test_more_hours_make_another_certificate_and_the_first_stays_true(grower: Member) -> None:
    first = issue_year(grower)
    with transaction.atomic():
        ledger.post(make_credit(grower, "2.00", earned_on=dt.date(2026, 5, 1)), by=None)
    second = issue_year(grower)
    assert second.number != first.number and second.total == Decimal("27.50")
    assert certificates.corrections(first) == []


# -- the ledger changes, a certificate does not ------------------------------------------------


@pytest.mark.parametrize("hours", ["4.00", "0"])
def test_a_corrected_or_withdrawn_hour_is_said_and_not_rewritten(grower: Member, hours: str) -> None:
    made = issue_year(grower)
    correct(grower, hours)
    again = certificates.numbered(made.number)
    assert again is not None and again.total == Decimal("25.50")
    assert [item["date"] for item in certificates.corrections(again)] == ["2026-03-03"]


def test_corrected_back_to_the_same_hours_it_agrees_again(grower: Member) -> None:
    made = issue_year(grower)
    correct(grower, "4.00")
    correct(grower, "8.00")
    assert certificates.corrections(made) == []


def test_a_mended_name_makes_a_new_certificate(grower: Member) -> None:
    first = issue_year(grower)
    Member.objects.filter(pk=grower.pk).update(name="李达山")
    grower.refresh_from_db()
    assert issue_year(grower).number != first.number
    assert certificates.is_intact(first)


# -- revoking ------------------------------------------------------------------------------------


def test_a_revocation_has_reason_hand_and_day_and_is_for_good(county: County, grower: Member) -> None:
    made = issue_year(grower)
    with pytest.raises(CertificateRefused, match="reason-missing"):
        certificates.revoke(certificate=made, reason="  ", by=county.users["town"])
    taken = certificates.revoke(certificate=made, reason="代签", by=county.users["town"])
    assert (taken.reason, taken.revoked_by, taken.revoked_at) == ("代签", county.users["town"], clock.now())
    assert certificates.numbered(made.number).is_revoked  # type: ignore[union-attr]
    with pytest.raises(CertificateRefused, match="revoked"):
        certificates.revoke(certificate=made, reason="又一次", by=None)
    assert AuditEntry.objects.get(action="certificate.revoke").reason == "代签"


def test_after_a_revocation_the_same_content_gets_a_new_number(grower: Member) -> None:
    first = issue_year(grower)
    certificates.revoke(certificate=first, reason="印错", by=None)
    second = issue_year(grower)
    assert second.number != first.number and (second.digest, second.copy) == (first.digest, 2)
    assert issue_year(grower) == second


# -- what the database refuses ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Certificate, Revocation])
def test_rows_are_written_once(grower: Member, kind: Any) -> None:
    made = issue_year(grower)
    certificates.revoke(certificate=made, reason="印错", by=None)
    row = kind.objects.get()
    for refused in (row.save, row.delete, kind.objects.all().delete, lambda: kind.objects.update(pk=9)):
        with pytest.raises(AppendOnlyError):
            refused()
    column = "total" if kind is Certificate else "reason"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {kind._meta.db_table} SET {column} = {column}")


def broken(**fields: Any) -> Certificate:
    made = Certificate.objects.get()
    values = {field.attname: getattr(made, field.attname) for field in made._meta.concrete_fields if field.name != "id"}
    return Certificate(**{**values, "number": rules.new_number(2026), "copy": 2, **fields})


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("certificate_once_for_one_content", {"copy": 1}),
        ("certificate_has_hours", {"total": Decimal(0)}),
        ("certificate_of_class_names_it", {"scope": "class"}),
        ("certificate_of_class_names_it", {"occasion": "training:7"}),
    ],
)
def test_the_database_refuses(grower: Member, constraint: str, fields: dict[str, Any]) -> None:
    issue_year(grower)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        broken(**fields).save()
    assert constraint in str(refused.value) or "member_id" in str(refused.value)


def test_a_revocation_without_reason_is_refused_by_the_database(grower: Member) -> None:
    made = issue_year(grower)
    with pytest.raises(IntegrityError, match="revocation_has_reason"), transaction.atomic():
        Revocation.objects.create(certificate=made, reason="", revoked_at=clock.now())


def test_an_edited_row_no_longer_fits_its_digest(grower: Member) -> None:
    made = issue_year(grower)
    made.items[0]["hours"] = "80.00"
    assert not certificates.is_intact(made)
