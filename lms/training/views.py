"""The trainings' desk: list, plan, enrol, close, cancel; and the bases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from lms.core import tables
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can, can_anywhere, visible_units
from lms.training import selectors, services, sheets
from lms.training.closing import reckoning
from lms.training.errors import TrainingError
from lms.training.filling import audience, waiting
from lms.training.filling.picking import ByGap
from lms.training.finding import opened_by
from lms.training.forms import (
    CancelForm,
    CloseForm,
    EnrolForm,
    SeriesForm,
    SessionFormSet,
    TrainingFilter,
    TrainingForm,
    plans_of,
    posted,
    session_values,
)
from lms.training.models import Base, Training
from lms.training.planning import bookings, persons
from lms.training.planning.copying import carry_over, copied_fields, copied_sessions
from lms.training.planning.plans import SessionPlan
from lms.training.planning.registers import Stock
from lms.training.visits.forms import wish_address
from lms.training.visits.selectors import may_host, stars_of

PAGE = 30
PICK_PAGE = 60
# What a person can look through before a download; beyond it the filter is narrowed.
MOST_EXPORTED = 20_000
TABS = (("coming", gettext_noop("近期")), ("running", gettext_noop("进行中")), ("done", gettext_noop("已结课")))


@login_required
@require_safe
def training_list(request: SignedInRequest) -> HttpResponseBase:
    """The trainings that the person may read, by tab, searched and paged; with ``?format=`` as a file."""
    if not selectors.may_open_desk(request.user):
        raise Http404
    form = TrainingFilter(request.GET)
    tab = request.GET.get("tab", "coming")
    rows = form.apply(selectors.in_tab(selectors.trainings(request.user), tab))
    if format := request.GET.get("format"):
        return _download(sheets.TRAINING_COLUMNS, sheets.training_rows(rows[:MOST_EXPORTED]), format, _("培训"))
    context = {
        "form": form,
        "tab": tab,
        "tabs": [{"label": _(label), "url": f"?tab={name}", "active": name == tab} for name, label in TABS],
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "may_plan": selectors.may_begin(request.user),
        "may_propose": can_anywhere(request.user, "trainings.plan"),
    }
    return render(request, "training/list.html", context)


def _download(columns: Any, rows: Any, format: str, name: str) -> HttpResponseBase:
    try:
        return tables.table_response(columns, rows, format, name=name)
    except KeyError as error:
        raise Http404 from error


@login_required
@require_safe
def training_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One training: its sessions with their figures, who is enrolled."""
    training = selectors.training_or_404(request.user, uuid)
    sessions = list(training.sessions.select_related("room__venue").prefetch_related("experts"))
    figures = selectors.tallies(training, sessions)
    members = list(selectors.enrolled_members(training))
    is_open = training.state == Training.State.OPEN
    context = {
        "training": training,
        "sessions": [(session, figures[session.pk]) for session in sessions],
        "next_call": next((session for session in sessions if figures[session.pk].unmarked), None) if is_open else None,
        "members": members,
        "outside": training.enrolments.filter(state="enrolled").exclude(outside_reason="").select_related("member"),
        "whom": audience.words(audience.rule_of(training)),
        "may_gauge": is_open and can_anywhere(request.user, "reports.view"),
        "is_open": is_open,
        "member_clashes": persons.member_clashes(training, persons.slots_of(training)) if is_open else [],
        "teacher_clashes": persons.teacher_clashes([*bookings.needs(training).values()], training) if is_open else [],
        "may_run": selectors.may_run(request.user, training),
        "may_plan": selectors.may_plan(request.user, training),
        "may_budget": selectors.may_budget(request.user, training),
        "may_copy": selectors.may_begin(request.user),
        "may_certify": training.state == Training.State.CLOSED and can_anywhere(request.user, "certificates.issue"),
    }
    return render(request, "training/detail.html", context)


# -- planning ------------------------------------------------------------------------------


@login_required
def training_new(request: SignedInRequest) -> HttpResponse:
    """Plan a training with its first sessions."""
    if not selectors.may_begin(request.user):
        raise Http404
    if request.method == "GET" and (asked := _base_to_ask(request, request.GET)) is not None:
        return redirect("visit-ask", asked.code)
    source = _copied(request)
    first = copied_fields(source) if source else _first_values(request)
    rows = copied_sessions(source) if source else []
    form = TrainingForm(posted(request), user=request.user, initial=first)
    sessions = SessionFormSet(posted(request), prefix="s", initial=rows, form_kwargs={"stock": Stock.of_county()})
    series = SeriesForm(posted(request), prefix="r")
    if request.method == "POST" and form.is_valid() and sessions.is_valid() and series.is_valid():
        try:
            plans = series.expand(plans_of(sessions))
            training = _plan(request, source, plans, form.cleaned_data)
            return redirect("training-detail", training.uuid)
        except TrainingError as error:
            if error.code == "base-consent":
                messages.info(request, error.message)
                return redirect(wish_address(form.cleaned_data, plans))
            form.add_error(None, error.message)
    context = {
        "form": form,
        "sessions": sessions,
        "series": series,
        "copied": source,
        "heading": _("新建培训"),
        "back": reverse("training-list"),
    }
    return render(request, "training/form.html", context, status=422 if request.method == "POST" else 200)


@transaction.atomic
def _plan(
    request: SignedInRequest, source: Training | None, plans: list[SessionPlan], fields: dict[str, Any]
) -> Training:
    """The training, with what a copied one had beside the form."""
    training = services.plan_training(sessions=plans, by=request.user, **fields)
    if source is not None:
        budget = all(selectors.may_budget(request.user, one) for one in (source, training))
        carry_over(source=source, training=training, by=request.user, budget=budget)
    return training


def _base_to_ask(request: SignedInRequest, wanted: QueryDict) -> Base | None:
    """The base of a visit to be planned (``?kind=visit&base=``) when somebody else answers for it: it is asked first."""
    number = wanted.get("base", "")
    if wanted.get("kind") != Training.Kind.VISIT or not number.isdigit():
        return None
    base = Base.objects.select_related("unit").filter(pk=int(number)).first()
    return base if base is not None and not may_host(request.user, base) else None


def _copied(request: SignedInRequest) -> Training | None:
    """The training that ``?copy=`` names, as the beginning of a new one."""
    if "copy" not in request.GET:
        return None
    return selectors.training_or_404(request.user, selectors.uuid_or_404(request.GET["copy"]))


def _first_values(request: SignedInRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("kind", "base") if name in request.GET}


@login_required
def training_edit(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Change a plan: fields, sessions added, moved or taken off; of a closed training the hours follow."""
    training = selectors.training_or_404(request.user, uuid, "plan")
    if training.state == Training.State.CANCELLED:
        raise Http404
    form = TrainingForm(posted(request), user=request.user, instance=training)
    rows = [session_values(session) for session in training.sessions.prefetch_related("experts")]
    stock = Stock.of_county(besides=training)
    sessions = SessionFormSet(posted(request), prefix="s", initial=rows, form_kwargs={"stock": stock})
    if training.state == Training.State.CLOSED:
        sessions.extra = 0
    if request.method == "POST" and form.is_valid() and sessions.is_valid():
        try:
            _save(training, form, sessions, request.user)
            return redirect("training-detail", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    back = reverse("training-detail", args=[training.uuid])
    context = {"form": form, "sessions": sessions, "heading": _("修改培训"), "back": back, "training": training}
    return render(request, "training/form.html", context, status=422 if request.method == "POST" else 200)


@transaction.atomic
def _save(training: Training, form: TrainingForm, sessions: Any, by: Any) -> None:
    """All of one page or nothing of it."""
    known = {session.pk: session for session in training.sessions.all()}
    services.update_training(training=training, by=by, **form.cleaned_data)
    for row in sessions:
        session = known.get(row.cleaned_data.get("pk")) if row.cleaned_data else None
        if session is not None and row.cleaned_data.get("DELETE"):
            services.remove_session(session=session, by=by)
        elif session is not None and row.has_changed():
            services.update_session(session=session, plan=row.plan(), by=by)
        elif session is None and row.has_changed() and not row.cleaned_data.get("DELETE"):
            services.add_session(training=training, plan=row.plan(), by=by)


@login_required
def training_cancel(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Call a training off, once asked and with a reason."""
    training = selectors.training_or_404(request.user, uuid, "plan")
    form = CancelForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel_training(training=training, reason=form.cleaned_data["reason"], by=request.user)
            return redirect("training-detail", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {
        "heading": _("取消这次培训？"),
        "text": _("已签到的记录会保留，但不再计学时；已报名的人不再看到它。"),
        "facts": [(_("名称"), training.title), (_("主办单位"), training.unit.name)],
        "form": form,
        "action": _("取消培训"),
        "back": reverse("training-detail", args=[training.uuid]),
    }
    return render(request, "lms/confirm.html", context)


# -- enrolling -----------------------------------------------------------------------------


@login_required
def training_enrol(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Pick members whom the person may pick: some, or everybody found ("全部支部党员")."""
    training = selectors.training_or_404(request.user, uuid, "run")
    units = visible_units(request.user, "members.pick").order_by("path")
    form = EnrolForm(request.GET, units=units, training=training)
    seated = selectors.enrolled_members(training).values("pk")
    found = form.apply(selectors.pickable(request.user)).exclude(pk__in=seated)
    late_comers: list[Member] = []
    if request.method == "POST":
        chosen = found if "everybody" in request.POST else found.filter(code__in=request.POST.getlist("member"))
        try:
            if "wait" in request.POST:
                given, late = waiting.enlist(training=training, members=chosen, by=request.user)
                messages.success(request, _("%(n)s 人已报名，%(m)s 人进入候补") % {"n": given, "m": late})
                return redirect("training-detail", training.uuid)
            reason = request.POST.get("reason", "")[:200]
            count = services.enrol_many(training=training, members=chosen, by=request.user, reason=reason)
            messages.success(request, _("已报名 %(n)s 人") % {"n": count})
            return redirect("training-detail", training.uuid)
        except TrainingError as error:
            messages.error(request, error.message)
            late_comers = list(chosen) if error.code in ("full", "quota") else []
    page = Paginator(ByGap(training, found), PICK_PAGE).get_page(request.GET.get("page"))
    busy = persons.busy([member.pk for member in page], training)
    others = audience.outside(training, page) if form.shows_outside else set()
    context = {
        "training": training,
        "form": form,
        "page_obj": page,
        "picks": [(member, busy.get(member.pk), member.pk in others) for member in page],
        "whom": audience.words(form.rule),
        "may_gauge": can_anywhere(request.user, "reports.view"),
        "left": training.capacity - selectors.enrolled_members(training).count(),
        "late_comers": late_comers,
    }
    return render(request, "training/enrol.html", context)


@login_required
@require_POST
def enrolment_cancel(request: SignedInRequest, uuid: UUID, code: str) -> HttpResponse:
    """Free one seat."""
    training = selectors.training_or_404(request.user, uuid, "run")
    member = get_object_or_404(Member, code=code, enrolments__training=training)
    try:
        services.cancel_enrolment(training=training, member=member, by=request.user)
        messages.success(request, _("%(name)s 的报名已取消，可随时重新报上") % {"name": member.name})
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("training-detail", training.uuid)


# -- closing -------------------------------------------------------------------------------


@login_required
def training_close(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Reconcile heads and ticks, confirm the absent, close: hours are credited."""
    training = selectors.training_or_404(request.user, uuid, "run")
    if training.state != Training.State.OPEN:
        return redirect("training-detail", training.uuid)
    sessions = list(training.sessions.all())
    figures, waiting = selectors.tallies(training, sessions), reckoning.waiting(sessions)
    undecided = {pk: {one.scan.member_id for one in found} for pk, found in waiting.items()}
    unmarked = sum(map(len, reckoning.absent(training, sessions, undecided).values()))
    counted = reckoning.last_counts(sessions)
    form = CloseForm(posted(request), sessions=sessions, unmarked=unmarked, counted=counted)
    if request.method == "POST" and form.is_valid():
        try:
            services.close_training(training=training, said=form.said(), by=request.user)
            messages.success(request, _("已结课，学时已记入每个人的账户"))
            return redirect("training-detail", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    rows = [
        (session, figures[session.pk], bound, waiting.get(session.pk, []), counted.get(session.pk))
        for session, bound in form.head_fields
    ]
    context = {"training": training, "form": form, "rows": rows, "unmarked": unmarked, "waiting": waiting}
    return render(request, "training/close.html", context, status=422 if request.method == "POST" else 200)


# -- bases ---------------------------------------------------------------------------------


@login_required
@require_safe
def base_list(request: SignedInRequest) -> HttpResponse:
    """The bases of the county with the visits ahead."""
    if not selectors.may_open_desk(request.user):
        raise Http404
    may_plan = can_anywhere(request.user, "trainings.plan")
    return render(request, "training/bases.html", {"bases": selectors.bases(), "may_plan": may_plan})


@login_required
@require_safe
def base_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One base and the visits to it that the person may read."""
    if not selectors.may_open_desk(request.user):
        raise Http404
    base = get_object_or_404(selectors.bases(), code=code)
    keeps = can(request.user, "trainings.plan", base.unit)
    page = Paginator(selectors.trainings_at(request.user, base), PAGE).get_page(request.GET.get("page"))
    context = {
        "base": base,
        "page_obj": page,
        "may_ask": can_anywhere(request.user, "trainings.plan"),
        "may_plan": selectors.may_begin(request.user),
        "may_keep": may_host(request.user, base),
        "may_register": keeps,
        "photos": base.photos.all(),
        "stars": stars_of(base),
        "told_contact": bool(base.contact or base.phone),
        "guests": {training.pk for training in page} - opened_by(request.user, [one.pk for one in page]),
    }
    return render(request, "training/base.html", context)
