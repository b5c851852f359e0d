"""党员学时登记表 as a page to print and as PDF, on the desk and for the member himself."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from lms.core import clock
from lms.core.pdf import pdf_response
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import get_or_404
from lms.reports import year_sheet, year_sheet_pdf
from lms.reports.year_sheet import YearSheet

EARLIEST = 2000


def _sheet(member: Member | None, year: int) -> YearSheet:
    """A year that can have hours, of somebody who is on the roster; else 404."""
    if member is None or not EARLIEST <= year <= clock.year_of(clock.today()):
        raise Http404
    return year_sheet.of_member(member, year)


def _of_desk(request: SignedInRequest, code: str, year: int) -> YearSheet:
    return _sheet(get_or_404(Member.objects.select_related("unit"), request.user, "hours.view", code=code), year)


def _of_own(request: SignedInRequest, year: int) -> YearSheet:
    return _sheet(getattr(request.user, "member", None), year)


@login_required
@never_cache
def member_sheet(request: SignedInRequest, code: str, year: int) -> HttpResponse:
    """The sheet of one member to print."""
    return render(request, "reports/year_sheet.html", {"sheet": _of_desk(request, code, year), "own": False})


@login_required
@never_cache
def member_sheet_pdf(request: SignedInRequest, code: str, year: int) -> HttpResponse:
    """The sheet of one member as PDF."""
    return _pdf(_of_desk(request, code, year))


@login_required
@never_cache
def own_sheet(request: SignedInRequest, year: int) -> HttpResponse:
    """The member's own sheet to print."""
    return render(request, "reports/year_sheet.html", {"sheet": _of_own(request, year), "own": True})


@login_required
@never_cache
def own_sheet_pdf(request: SignedInRequest, year: int) -> HttpResponse:
    """The member's own sheet as PDF."""
    return _pdf(_of_own(request, year))


def _pdf(sheet: YearSheet) -> HttpResponse:
    name = f"{_('党员学时登记表')}-{sheet.member.name}-{sheet.year}.pdf"
    return pdf_response(year_sheet_pdf.document(sheet), name)
