"""Certificates of hours (学时证明): what one would say, issuing one, taking one back, whether the ledger still agrees.

A certificate is a frozen copy of ledger lines. It is never rewritten: where the ledger changes later, the pages say so
(``corrections``), and an officer may revoke it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lms.core import clock
from lms.core.hours import ZERO
from lms.hours import totals
from lms.hours.credit import INCOMPLETE, Category, Mode
from lms.members import audit
from lms.members.models import Member, Unit, User
from lms.reports import certificates_rules as rules
from lms.reports.models import Certificate, Revocation

Scope = Certificate.Scope


class CertificateRefused(ValueError):
    """A step that cannot be taken; ``code`` for machines: ``no-hours``, ``not-completed``, ``reason-missing``, ``revoked``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Content:
    """What a certificate would state. ``items`` are texts by the names that ``Certificate.items`` documents."""

    scope: str
    year: int
    occasion: str
    title: str
    items: list[dict[str, str]]
    total: Decimal


# -- what a certificate would say ----------------------------------------------------


def of_year(member: Member, year: int) -> Content:
    """A member's standing hours of a year as of now. Raises CertificateRefused("no-hours")."""
    lines = totals.standing(totals.entries(member.pk, year))
    return _content(lines, Scope.YEAR, year, "", "")


def of_class(member: Member, occasion: str) -> Content:
    """What one class, lecture, visit or viewing earned a member.

    Raises CertificateRefused: ``not-completed`` (条例 art. 20: hours of a class that was not completed count towards the year,
    a certificate of the class itself there is none), ``no-hours``.
    """
    lines = totals.visible_entries().filter(member_id=member.pk, occasion__in=[occasion, occasion + INCOMPLETE])
    found = totals.standing(lines)
    if any(line.occasion.endswith(INCOMPLETE) for line in found):
        raise CertificateRefused("not-completed")
    year = max((line.earned_on.year for line in found), default=0)
    return _content(found, Scope.CLASS, year, occasion, found[0].title if found else "")


def _content(lines: list[Any], scope: str, year: int, occasion: str, title: str) -> Content:
    if not lines:
        raise CertificateRefused("no-hours")
    ordered = sorted(lines, key=lambda line: (line.earned_on, line.source))
    total = sum((line.hours for line in ordered), ZERO)
    return Content(scope, year, occasion, title, [_item(line) for line in ordered], total)


def _item(line: Any) -> dict[str, str]:
    """A ledger line as a certificate keeps it."""
    return {
        "date": line.earned_on.isoformat(),
        "title": line.title,
        "category": line.category,
        "mode": line.mode,
        "hours": str(line.hours),
        "rule": line.rule,
        "source": line.source,
    }


def classes_of(member: Member, year: int) -> list[tuple[str, str]]:
    """(occasion, title) of the trainings that earned a member standing hours in a year and were completed, latest first."""
    lines = totals.standing(totals.entries(member.pk, year))
    found = {
        line.occasion: line.title
        for line in lines
        if line.occasion.startswith("training:") and not line.occasion.endswith(INCOMPLETE)
    }
    return list(found.items())


# -- issue and revoke ----------------------------------------------------------------


@transaction.atomic
def issue(*, member: Member, content: Content, by: User | None) -> tuple[Certificate, bool]:
    """Issue a certificate; (certificate, whether it is new). The same content gives the one that stands already.

    After a revocation the same content can be issued again, under a new number.
    """
    member = Member.objects.select_for_update(of=("self",)).select_related("unit").get(pk=member.pk)
    stated = _stated(member, content)
    digest = rules.digest(stated)
    last = certificates().filter(member=member, digest=digest).order_by("-copy").first()
    if last is not None and not last.is_revoked:
        return last, False
    now = clock.now()
    made = Certificate.objects.create(
        number=rules.new_number(clock.local_date(now).year),
        member=member,
        digest=digest,
        copy=last.copy + 1 if last else 1,
        issuer_name=_issuer(member.unit),
        issued_at=now,
        issued_by=by,
        **{**stated, "total": content.total},
    )
    audit.record(
        "certificate.issue", by=by, on=made, unit=member.unit, number=made.number, hours=str(made.total), copy=made.copy
    )
    return made, True


def _stated(member: Member, content: Content) -> dict[str, Any]:
    """Everything that the paper states about the person and the hours; the digest is over this."""
    return {
        "name": member.name,
        "id_number_masked": member.id_number_masked,
        "unit_name": member.unit.name,
        "scope": str(content.scope),
        "year": content.year,
        "occasion": content.occasion,
        "title": content.title,
        "items": content.items,
        "total": str(content.total),
    }


def _issuer(unit: Unit) -> str:
    """The county, in whose name hours are certified: the root above the member."""
    return str(Unit.objects.get(path=unit.ancestor_paths[0]).name)


@transaction.atomic
def revoke(*, certificate: Certificate, reason: str, by: User | None) -> Revocation:
    """Take a certificate back, for good. Raises CertificateRefused: ``reason-missing``, ``revoked`` (it is already)."""
    if not reason.strip():
        raise CertificateRefused("reason-missing")
    member = Member.objects.select_for_update(of=("self",)).select_related("unit").get(pk=certificate.member_id)
    if Revocation.objects.filter(certificate=certificate).exists():
        raise CertificateRefused("revoked")
    made = Revocation.objects.create(
        certificate=certificate, reason=reason.strip(), revoked_at=clock.now(), revoked_by=by
    )
    audit.record(
        "certificate.revoke", by=by, on=certificate, unit=member.unit, reason=made.reason, number=certificate.number
    )
    return made


# -- reads -----------------------------------------------------------------------------


def certificates() -> QuerySet[Certificate]:
    """All certificates with their people and revocations, the latest first; for ``visible(...)``."""
    return Certificate.objects.select_related("member__unit", "issued_by", "revocation__revoked_by")


def numbered(number: str) -> Certificate | None:
    """The certificate with a number as somebody typed it."""
    return certificates().filter(number=rules.tidy_number(number)).first()


def corrections(certificate: Certificate) -> list[dict[str, str]]:
    """The items of a certificate that the ledger no longer states so (记录已更正); empty while it agrees."""
    sources = [item["source"] for item in certificate.items]
    lines = totals.visible_entries().filter(member_id=certificate.member_id, source__in=sources)
    standing = {line.source: _item(line) for line in totals.standing(lines)}
    return [dict(item) for item in rules.corrected(certificate.items, standing)]


def is_intact(certificate: Certificate) -> bool:
    """Whether the stored certificate still says what its digest was made over."""
    content = Content(
        certificate.scope,
        certificate.year,
        certificate.occasion,
        certificate.title,
        certificate.items,
        certificate.total,
    )
    frozen = {
        **_stated(certificate.member, content),
        "name": certificate.name,
        "id_number_masked": certificate.id_number_masked,
        "unit_name": certificate.unit_name,
    }
    return rules.digest(frozen) == certificate.digest


def readable(items: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Items for people: a date, words for category, mode and rule (its day, for its activity is the mode), 学时 as ``Decimal``."""
    categories, modes = dict(Category.choices), dict(Mode.choices)
    return [
        {
            **item,
            "date": dt.date.fromisoformat(item["date"]),
            "category": str(categories.get(item["category"], item["category"])),
            "mode": str(modes.get(item["mode"], item["mode"])),
            "hours": Decimal(item["hours"]),
            "rule": _rule_words(item["rule"]),
        }
        for item in items
    ]


def _rule_words(name: str) -> str:
    """``meeting@2019-01-01`` as people say it: the version of 2019-01-01."""
    _activity, at, day = name.partition("@")
    return _("%(day)s 版") % {"day": day} if at else name
