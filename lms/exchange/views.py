"""The roster import on the desk: upload, look at the plan, confirm, watch it run, take the errors home."""

from __future__ import annotations

import uuid

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lms.core.queue import enqueue
from lms.exchange import copies, form_sheet, messages, sandbox, selectors, services
from lms.exchange.forms import ConfirmForm, UploadForm
from lms.exchange.models import ImportRow, ImportRun
from lms.exchange.sandbox import FileProblem
from lms.members.http import SignedInRequest
from lms.members.permissions import can, can_anywhere, get_or_404, visible_units

PAGE = 50
BUSY = (ImportRun.State.UPLOADED, ImportRun.State.APPLYING)
KINDS = ("error", "warning", "create", "update", "unchanged")


@login_required
def import_list(request: SignedInRequest) -> HttpResponse:
    """The imports that the person may read."""
    if not can_anywhere(request.user, "imports.view"):
        raise Http404
    page = Paginator(selectors.runs(request.user), PAGE).get_page(request.GET.get("page"))
    may_import = can_anywhere(request.user, "members.import")
    return render(request, "exchange/list.html", {"page_obj": page, "may_import": may_import})


@login_required
def import_new(request: SignedInRequest) -> HttpResponse:
    """Upload a roster; it is read by the worker."""
    units = visible_units(request.user, "members.import").order_by("path")
    if not units.exists():
        raise Http404
    form = UploadForm(request.POST or None, request.FILES or None, units=units)
    if not form.is_valid():
        context = {"form": form, "limits": sandbox.limits()}
        return render(request, "exchange/new.html", context, status=422 if form.is_bound else 200)
    file = form.cleaned_data["file"]
    with transaction.atomic():
        run = services.upload(data=file.read(), file_name=file.name, unit=form.cleaned_data["unit"], by=request.user)
        enqueue("lms.exchange.tasks.plan_run", run.pk)
    return redirect("import-detail", run.uuid)


@login_required
def import_form(request: SignedInRequest) -> HttpResponse:
    """The official form to fill in."""
    if not can_anywhere(request.user, "members.import"):
        raise Http404
    return _download(form_sheet.workbook(), _("党员基本信息汇总表") + ".xlsx", copies.XLSX)


def _run(request: SignedInRequest, run: uuid.UUID, permission: str | None = None) -> ImportRun:
    return get_or_404(ImportRun.objects.select_related("unit", "created_by"), request.user, permission, uuid=run)


@login_required
@never_cache
def import_detail(request: SignedInRequest, run: uuid.UUID) -> HttpResponse:
    """A run: progress while it works, then its plan row by row, then its result."""
    return _detail(request, _run(request, run))


def _detail(request: SignedInRequest, run: ImportRun, status: int = 200, **extra: object) -> HttpResponse:
    kind = request.GET.get("rows", "")
    kind = kind if kind in KINDS else next((name for name in KINDS if selectors.rows(run, name).exists()), "create")
    page = Paginator(selectors.rows(run, kind), PAGE).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "busy": run.state in BUSY,
        "remarks": messages.of_run(run.problem),
        "kind": kind,
        "tabs": _tabs(run, kind),
        "page_obj": page,
        "rows": [(row, [(problem["column"], messages.of_row(problem)) for problem in row.problems]) for row in page],
        "may_import": can(request.user, "members.import", run.unit),
        "form": ConfirmForm(),
        **extra,
    }
    return render(request, "exchange/detail.html", context, status=status)


def _tabs(run: ImportRun, kind: str) -> list[dict[str, object]]:
    labels = dict(ImportRow.Verdict.choices) | {"warning": _("需留意")}
    counts = {
        "error": run.errors,
        "warning": selectors.rows(run, "warning").count(),
        "create": run.to_create,
        "update": run.to_update,
        "unchanged": run.unchanged,
    }
    return [
        {"label": labels[name], "count": counts[name], "url": f"?rows={name}", "active": name == kind}
        for name in KINDS
        if counts[name] or name == kind
    ]


@login_required
@never_cache
def import_progress(request: SignedInRequest, run: uuid.UUID) -> HttpResponse:
    """The progress bar alone, asked for again and again; the whole page when there is nothing left to wait for."""
    found = _run(request, run)
    response = render(request, "exchange/progress.html", {"run": found})
    if found.state not in BUSY or found.problem:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def import_apply(request: SignedInRequest, run: uuid.UUID) -> HttpResponse:
    """Agree to a plan, or go on with a run that was parked; the worker writes it."""
    found = _run(request, run, "members.import")
    form = ConfirmForm(request.POST)
    form.is_valid()
    try:
        with transaction.atomic():
            if found.state == ImportRun.State.APPLYING:
                services.resume(run=found, by=request.user)
            else:
                services.confirm(run=found, skip_errors=form.cleaned_data["skip_errors"], by=request.user)
            enqueue("lms.exchange.tasks.apply_run", found.pk)
    except services.ImportRefused as refused:
        flash.warning(request, _REFUSALS[refused.code]())
    return redirect("import-detail", found.uuid)


_REFUSALS = {
    "has-errors": lambda: _("还有错误没有处理：请改正后重新上传，或勾选“跳过有错误的行”。没有写入任何内容。"),
    "not-planned": lambda: _("这次导入已经确认过，不会重复写入。"),
    "not-parked": lambda: _("导入正在进行，请稍候。"),
}


@login_required
@never_cache
def import_marked(request: SignedInRequest, run: uuid.UUID) -> HttpResponse:
    """The person's own file with its errors marked."""
    found = _run(request, run, "members.import")
    try:
        name, kind, copy = copies.marked_copy(run=found, by=request.user)
    except FileProblem as error:
        flash.warning(request, messages.of_file(error.code, error.params))
        return redirect("import-detail", found.uuid)
    return _download(copy, name, kind)


def _download(data: bytes, name: str, kind: str) -> HttpResponse:
    """A file to keep, never to be shown inside the site."""
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    return response
