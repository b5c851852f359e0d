"""Who was told of a training, how, and who is still to be called."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.core import tables
from lms.core.pdf import pdf_response
from lms.members import audit
from lms.members.http import SignedInRequest
from lms.notices import selectors as notices
from lms.notices import services
from lms.notices.models import Notice
from lms.training import call_list, selectors, telling
from lms.training.models import Training


def _people(training: Training) -> list[notices.Told]:
    return notices.told(selectors.enrolled_members(training), telling.key(training))


@login_required
@require_safe
def training_told(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Everyone enrolled with the latest that he was told and the ways it took; those not reached first."""
    training = selectors.training_or_404(request.user, uuid, "run")
    people = _people(training)
    missing = [one for one in people if not one.reached]
    context = {
        "training": training,
        "missing": missing,
        "reached": [one for one in people if one.reached],
        "helpers": call_list.helpers(training),
    }
    return render(request, "training/told.html", context)


@login_required
@require_POST
def training_told_by_voice(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Note that those ticked were told by telephone or in person."""
    training = selectors.training_or_404(request.user, uuid, "run")
    codes = set(request.POST.getlist("told"))
    latest = [one.notice.pk for one in _people(training) if one.notice is not None and one.member.code in codes]
    count = services.tell_by_voice(notices=Notice.objects.filter(pk__in=latest), by=request.user)
    messages.success(request, _("已记下 %(n)s 人口头告知。") % {"n": count})
    return redirect("training-told", uuid)


@login_required
@require_safe
@never_cache
def training_call_list(request: SignedInRequest, uuid: UUID, format: str) -> HttpResponseBase:
    """The call list as a file; it holds telephone numbers in full, so taking it leaves an audit row."""
    training = selectors.training_or_404(request.user, uuid, "run")
    if format not in ("pdf", *tables.FORMATS):
        raise Http404
    people = _people(training)
    missing = sum(not one.reached for one in people) + len(call_list.helpers(training))
    audit.record("training.call_list", by=request.user, on=training, unit=training.unit, people=missing, format=format)
    name = f"{_('电话通知单')}-{training.title}"
    if format == "pdf":
        return pdf_response(call_list.document(training, people), f"{name}.pdf")
    return tables.table_response(
        call_list.COLUMNS, [*call_list.rows(people), *call_list.helper_rows(training)], format, name=name
    )
