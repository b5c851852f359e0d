"""The county's page of audits: the last result, what was found, and the head of the ledger's chain on paper."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render

from lms.members.http import SignedInRequest
from lms.reports import audit_runs

SHOWN = 30
"""About a month of nights."""


@login_required
def runs(request: SignedInRequest) -> HttpResponse:
    """The last audit with what it found, the head, and the nights before."""
    if not audit_runs.may_read(request.user):
        raise Http404
    latest = audit_runs.latest()
    context = {
        "run": latest,
        "findings": audit_runs.findings(latest) if latest else [],
        "earlier": audit_runs.earlier(SHOWN),
        "head": audit_runs.head_shown(),
    }
    return render(request, "reports/audit_runs.html", context)


@login_required
def seal(request: SignedInRequest) -> HttpResponse:
    """The head of the chain as a sheet to sign and send upward."""
    if not audit_runs.may_read(request.user):
        raise Http404
    context = {"head": audit_runs.head_shown(), "run": audit_runs.latest()}
    return render(request, "reports/ledger_seal.html", context)
