"""The bases for everybody, without a sign-in: where one can go, what there is, when it is open, what to bring."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere
from lms.training import selectors
from lms.training.models import Base


@require_safe
def public_bases(request: SignedInRequest) -> HttpResponse:
    """All bases by kind."""
    bases = Base.objects.select_related("unit").order_by("kind", "code")
    kinds = [(kind.label, [base for base in bases if base.kind == kind]) for kind in Base.Kind]
    return render(request, "training/planning/public_bases.html", {"kinds": [one for one in kinds if one[1]]})


@require_safe
def public_base(request: SignedInRequest, code: str) -> HttpResponse:
    """One base; who is in touch with it is told to who is signed in."""
    base = get_object_or_404(Base.objects.select_related("unit"), code=code)
    signed_in = request.user.is_authenticated
    context = {
        "base": base,
        "told_contact": signed_in and bool(base.contact or base.phone),
        "on_desk": signed_in and selectors.may_open_desk(request.user),
        "may_plan": signed_in and can_anywhere(request.user, "trainings.plan"),
    }
    return render(request, "training/planning/public_base.html", context)
