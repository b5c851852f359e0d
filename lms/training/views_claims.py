"""Pages of one claim, for whoever may read it: written, mended, sent in, decided; and its evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from lms.hours.conversion import Tariffs
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.training import claims, claims_rules, files
from lms.training import claims_selectors as selectors
from lms.training.claim_models import Claim, ClaimFile
from lms.training.claims_forms import (
    ClaimForm,
    EvidenceForm,
    ReasonForm,
    StretchFormSet,
    stretch_values,
    stretches_of,
)
from lms.training.errors import TrainingError
from lms.training.forms import posted

PAGE = 30

# What a press of a key does: the service, whether it takes a reason, what the page says afterwards.
ACTS: dict[str, tuple[Callable[..., Claim], bool, Any]] = {
    claims_rules.SUBMIT: (claims.submit, False, gettext_lazy("已提交，等待审批")),
    claims_rules.WITHDRAW: (claims.withdraw, False, gettext_lazy("已撤回")),
    claims_rules.APPEAL: (claims.appeal, True, gettext_lazy("申诉已提交上一级")),
    claims_rules.APPROVE: (claims.approve, False, gettext_lazy("已同意")),
    claims_rules.RETURN: (claims.give_back, True, gettext_lazy("已退回，申报人会看到理由")),
    claims_rules.REFUSE: (claims.refuse, True, gettext_lazy("已记为不同意，申报人可在 15 天内申诉")),
    claims_rules.REVOKE: (claims.revoke, True, gettext_lazy("认定已撤销，学时已冲回")),
}


# -- one's own -----------------------------------------------------------------------------


@login_required
@require_safe
def own_claims(request: SignedInRequest) -> HttpResponse:
    """The member's own claims."""
    page = Paginator(selectors.claims_of(_own_member(request)), PAGE).get_page(request.GET.get("page"))
    return render(request, "training/claims_own.html", {"page_obj": page, "rows": with_worth(page)})


def _own_member(request: SignedInRequest) -> Member:
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return member


def with_worth(rows: Any) -> list[tuple[Claim, Any]]:
    """Each claim with its 学时, the table of rules read once."""
    price = Tariffs()
    return [(claim, selectors.worth(claim, price)) for claim in rows]


@login_required
def own_claim_new(request: SignedInRequest) -> HttpResponse:
    """A member writes a claim of his own."""
    return write(request, _own_member(request), reverse("own-claims"))


def write(request: SignedInRequest, member: Member, back: str, claim: Claim | None = None) -> HttpResponse:
    """The form of a claim, a new one or one that is mended; saved, the next page takes the evidence."""
    form = ClaimForm(posted(request), instance=claim or Claim())
    rows = StretchFormSet(posted(request), prefix="t", initial=stretch_values(claim) if claim else None)
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        try:
            saved = _save(form, rows, member, claim, request.user)
            return redirect("claim-detail", saved.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {"form": form, "rows": rows, "member": member, "claim": claim, "back": back}
    return render(request, "training/claim_form.html", context, status=422 if request.method == "POST" else 200)


@transaction.atomic
def _save(form: ClaimForm, rows: Any, member: Member, claim: Claim | None, by: Any) -> Claim:
    stretches = stretches_of(rows)
    if claim is None:
        return claims.write(member=member, stretches=stretches, by=by, **form.cleaned_data)
    return claims.mend(claim=claim, stretches=stretches, by=by, **form.cleaned_data)


# -- one claim -----------------------------------------------------------------------------


@login_required
@require_safe
def claim_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One claim with all that a person needs to decide, or to mend it."""
    return _show(request, selectors.claim_or_404(request.user, uuid), ReasonForm())


def _show(request: SignedInRequest, claim: Claim, form: ReasonForm, status: int = 200) -> HttpResponse:
    user, evidence = request.user, list(selectors.files_of(claim))
    mine = selectors.may_mend(user, claim)
    context = {
        "claim": claim,
        "form": form,
        "days": selectors.days_of(claim),
        "hours": selectors.worth(claim),
        "photos": [file for file in evidence if file.is_photo],
        "documents": [file for file in evidence if not file.is_photo],
        "events": selectors.history_of(claim),
        "is_own": claim.member.user_id == user.pk,
        "in_hand": mine and claim.state in (Claim.State.DRAFT, Claim.State.RETURNED),
        "may_withdraw": mine and (claim.state, claims_rules.WITHDRAW) in claims_rules.MOVES,
        "may_appeal": selectors.may_appeal(user, claim),
        "may_decide": selectors.may_decide(user, claim),
        "may_revoke": selectors.may_revoke(user, claim),
        "upload": EvidenceForm(),
        **_warnings(request, claim, on_desk=not mine),
    }
    return render(request, "training/claim_detail.html", context, status=status)


def _warnings(request: SignedInRequest, claim: Claim, *, on_desk: bool) -> dict[str, Any]:
    """Time that counts once, and evidence seen before; the other claim is named only to who may read it."""
    twins = selectors.twins(claim) if on_desk else []
    seen = selectors.claims(request.user).filter(pk__in=[twin.earlier.claim_id for twin in twins])
    return {
        "readable": set(seen.values_list("pk", flat=True)) if twins else set(),
        "other_claims": selectors.overlapping_claims(claim),
        "attendances": selectors.overlapping_attendances(claim),
        "twins": twins,
    }


@login_required
def claim_edit(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Mend a claim that is with its writer."""
    claim = _in_hand(request, uuid)
    return write(request, claim.member, reverse("claim-detail", args=[claim.uuid]), claim)


def _in_hand(request: SignedInRequest, uuid: UUID) -> Claim:
    claim = selectors.claim_or_404(request.user, uuid)
    if not selectors.may_mend(request.user, claim):
        raise Http404
    return claim


@login_required
@require_POST
def claim_act(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One act on a claim: submit, withdraw, appeal, approve, return, refuse, revoke. A reason that was typed is kept."""
    claim = selectors.claim_or_404(request.user, uuid)
    form = ReasonForm(request.POST)
    if request.POST.get("act") not in ACTS or not form.is_valid():
        raise Http404
    act, takes_reason, said = ACTS[request.POST["act"]]
    reason = {"reason": form.cleaned_data["reason"]} if takes_reason else {}
    try:
        act(claim=claim, by=request.user, **reason)
    except TrainingError as error:
        form.add_error("reason" if error.code == "reason" else None, error.message)
        return _show(request, selectors.claim_or_404(request.user, uuid), form, status=422)
    messages.success(request, said)
    return redirect("claim-detail", uuid)


# -- evidence ------------------------------------------------------------------------------


@login_required
@require_POST
def claim_file_add(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Add photographs or PDFs; what cannot be taken is named, the others are kept."""
    claim = _in_hand(request, uuid)
    for upload in request.FILES.getlist("evidence"):
        try:
            if (upload.size or 0) > files.MOST_BYTES:
                raise TrainingError("file-too-large")
            claims.add_file(claim=claim, data=upload.read(), by=request.user)
        except TrainingError as error:
            messages.error(request, _("%(name)s：%(why)s") % {"name": upload.name, "why": error.message})
    return redirect("claim-detail", uuid)


@login_required
@require_POST
def claim_file_remove(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponse:
    """Take one piece of evidence off."""
    row = get_object_or_404(selectors.files_of(_in_hand(request, uuid)), uuid=file)
    try:
        claims.remove_file(file=row, by=request.user)
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("claim-detail", uuid)


@login_required
@require_safe
def claim_file(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """One photograph or PDF of a claim that the person may read."""
    claim = selectors.claim_or_404(request.user, uuid)
    return _file(get_object_or_404(selectors.files_of(claim), uuid=file))


@login_required
@require_safe
def claim_twin(request: SignedInRequest, uuid: UUID, file: UUID, earlier: UUID) -> HttpResponseBase:
    """The earlier picture beside a picture of this claim, for those who do not write the claim.

    It may belong to another town: seeing the two side by side is the point, so the picture is shown to who may read this
    claim on the desk, and nothing else of the other claim is.
    """
    claim = selectors.claim_or_404(request.user, uuid)
    row = get_object_or_404(selectors.files_of(claim), uuid=file)
    twins = [] if selectors.may_mend(request.user, claim) else selectors.twins_of(row)
    found = next((twin.earlier for twin in twins if twin.earlier.uuid == earlier), None)
    if found is None:
        raise Http404
    return _file(found)


def _file(row: ClaimFile) -> HttpResponseBase:
    return files.served(row.file, files.SHOWN_AS[row.kind], inline=row.is_photo)
