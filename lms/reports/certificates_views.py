"""Certificates on the desk and in the member's home: list, one opened, issue, print, take back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from lms.core.pdf import pdf_response, qr_svg
from lms.core.templatetags.xiangxue import number as figure
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can, can_anywhere, get_or_404, visible
from lms.reports import certificates, certificates_pdf
from lms.reports.certificates import CertificateRefused
from lms.reports.certificates_forms import CertificateFilter, IssueForm, RevokeForm, years
from lms.reports.models import Certificate

PAGE = 50
PDF = "application/pdf"


@login_required
def certificate_list(request: SignedInRequest) -> HttpResponse:
    """The certificates that the person may read, the latest first."""
    if not can_anywhere(request.user, "hours.view"):
        raise Http404
    form = CertificateFilter(request.GET)
    found = form.apply(visible(certificates.certificates(), request.user))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    may_issue = can_anywhere(request.user, "certificates.issue")
    return render(request, "reports/certificate_list.html", {"form": form, "page_obj": page, "may_issue": may_issue})


def _certificate(request: SignedInRequest, number: str, permission: str | None = None) -> Certificate:
    return get_or_404(certificates.certificates(), request.user, permission, number=number)


@login_required
@never_cache
def certificate_detail(request: SignedInRequest, number: str) -> HttpResponse:
    """A certificate as it was issued, and what has become of it since."""
    found = _certificate(request, number)
    context = {
        "certificate": found,
        "items": certificates.readable(found.items),
        "corrections": certificates.readable(certificates.corrections(found)),
        "qr": qr_svg(certificates_pdf.verify_address(found)),
        "may_revoke": not found.is_revoked and can(request.user, "certificates.revoke", found.member.unit),
        "own": found.member.user_id == request.user.pk,
    }
    return render(request, "reports/certificate_detail.html", context)


@login_required
@never_cache
def certificate_pdf(request: SignedInRequest, number: str) -> HttpResponse:
    """The paper."""
    found = _certificate(request, number)
    name = f"{_('学时证明')}-{found.name}-{found.number}.pdf"
    return pdf_response(certificates_pdf.document([found], title=found.number), name)


@login_required
def certificate_revoke(request: SignedInRequest, number: str) -> HttpResponse:
    """Ask once, with the reason; then it is for good."""
    found = _certificate(request, number, "certificates.revoke")
    form = RevokeForm(request.POST or None)
    if form.is_valid():
        try:
            certificates.revoke(certificate=found, reason=form.cleaned_data["reason"], by=request.user)
        except CertificateRefused:
            flash.warning(request, _("这份证明此前已经撤销。"))
        else:
            flash.success(request, _("证明已撤销，扫码核验会显示“已撤销”。"))
        return redirect("certificate-detail", found.number)
    facts = [(_("编号"), found.number), (_("姓名"), found.name), (_("合计学时"), figure(found.total))]
    context = {
        "heading": _("撤销学时证明"),
        "text": _("撤销后不能恢复；同样的内容可以重新开具，编号不同。学时记录不受影响。"),
        "facts": facts,
        "form": form,
        "action": _("撤销"),
        "back": certificates_address(found),
    }
    return render(request, "lms/confirm.html", context, status=422 if form.is_bound else 200)


def certificates_address(certificate: Certificate) -> str:
    """Where a certificate is opened by who may read it."""
    return str(redirect("certificate-detail", certificate.number).url)


# -- of one member ---------------------------------------------------------------------


@login_required
@never_cache
def member_certificates(request: SignedInRequest, code: str) -> HttpResponse:
    """A member's certificates and yearly sheets; issue another."""
    members = Member.objects.select_related("unit")
    wanted = "certificates.issue" if request.method == "POST" else "hours.view"
    member = get_or_404(members, request.user, wanted, code=code)
    return _of_member(request, member, may_issue=can(request.user, "certificates.issue", member.unit), own=False)


@login_required
@never_cache
def own_certificates(request: SignedInRequest) -> HttpResponse:
    """The member's own certificates; he issues them to himself."""
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return _of_member(request, member, may_issue=True, own=True)


def _of_member(request: SignedInRequest, member: Member, *, may_issue: bool, own: bool) -> HttpResponse:
    form = IssueForm(request.POST or None, member=member)
    content = form.content() if request.method == "POST" else None
    if content is not None:
        made, fresh = certificates.issue(member=member, content=content, by=request.user)
        if not fresh:
            flash.info(request, _("同样内容的证明此前已经开具，就是这一份。"))
        return redirect("certificate-detail", made.number)
    context: dict[str, Any] = {
        "member": member,
        "own": own,
        "may_issue": may_issue,
        "form": form,
        "years": years(),
        "certificates": certificates.certificates().filter(member=member),
    }
    return render(request, "reports/member_certificates.html", context, status=422 if form.is_bound else 200)
