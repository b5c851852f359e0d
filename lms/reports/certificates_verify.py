"""Checking a certificate, open to everybody: is it ours, does it still count, and no more about the person than that."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from lms.reports import certificates
from lms.reports import certificates_rules as rules
from lms.reports.certificates_forms import CheckForm
from lms.reports.models import Certificate

MISSES_A_MINUTE = 60
"""From one address; a village shares one, and a person with a paper in hand misses twice at most."""


@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """Ask for a number; the answer has an address of its own."""
    form = CheckForm(request.GET if "number" in request.GET else None)
    if form.is_valid():
        return redirect("certificate-verify", form.cleaned_data["number"])
    return _ask(request, form, 422 if form.is_bound else 200)


def _ask(request: HttpRequest, form: CheckForm, status: int, **answer: bool) -> HttpResponse:
    return _unindexed(render(request, "reports/certificate_check.html", {"form": form, **answer}, status=status))


@never_cache
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Valid, revoked, or no such certificate.

    Whatever the unknown number looks like, the same look-up is made and the same words are answered.
    """
    if _misses(request) >= MISSES_A_MINUTE:
        answer = _ask(request, CheckForm(), 429, too_often=True)
        answer["Retry-After"] = "60"
        return answer
    found = certificates.numbered(number)
    if found is None:
        _missed(request)
        return _ask(request, CheckForm(), 404, unknown=True)
    return _unindexed(render(request, "reports/certificate_verify.html", _told(found)))


def _told(certificate: Certificate) -> dict[str, Any]:
    """All that the public learns: PIPL art. 28, no public page about a member."""
    return {
        "number": certificate.number,
        "name": rules.mask_name(certificate.name),
        "id_number": certificate.id_number_masked,
        "whole_year": certificate.scope == Certificate.Scope.YEAR,
        "year": certificate.year,
        "total": certificate.total,
        "issued_at": certificate.issued_at,
        "issuer": certificate.issuer_name,
        "digest": certificate.digest[:16],
        "revoked_at": certificate.revocation.revoked_at if certificate.is_revoked else None,
        "intact": certificates.is_intact(certificate),
        "corrected": bool(certificates.corrections(certificate)),
    }


def _unindexed(answer: HttpResponse) -> HttpResponse:
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _key(request: HttpRequest) -> str:
    return f"certificate-misses:{request.META.get('REMOTE_ADDR', '')}"


def _misses(request: HttpRequest) -> int:
    return int(cache.get(_key(request), 0))


def _missed(request: HttpRequest) -> None:
    if not cache.add(_key(request), 1, 60):
        try:
            cache.incr(_key(request))
        except ValueError:  # it ran out between the two
            cache.add(_key(request), 1, 60)
