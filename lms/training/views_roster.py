"""The roster of a session, made for a telephone in one hand: three keys a person, each tap saved at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.core import tables
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.training import selectors, services, sheets
from lms.training.errors import TrainingError
from lms.training.filling import covered, leaves
from lms.training.filling.forms import MOST_LETTERS, REASONS
from lms.training.forms import TimesForm, posted, times_values
from lms.training.models import Attendance, Training, TrainingSession

FIELD = "status-"
REASON = "reason-"
LEAVE = Attendance.Status.LEAVE


def _context(request: SignedInRequest, session: TrainingSession) -> dict[str, Any]:
    training = session.training
    return {
        "session": session,
        "training": training,
        "tally": selectors.tally(session),
        "is_closed": training.state == Training.State.CLOSED,
        "own_user": request.user.pk,
        "saved": "",
    }


@login_required
@never_cache
@require_safe
def roster(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """Everyone enrolled with three keys each; ``?q=`` narrows it by name or pinyin (with scripts as one types)."""
    session = selectors.session_or_404(request.user, uuid, session_id, "run")
    if session.training.state == Training.State.CANCELLED:
        raise Http404
    rows = selectors.roster(session)
    q = request.GET.get("q", "").strip().lower()
    shown = [row for row in rows if row.matches(q)]
    return render(
        request, "training/roster.html", {**_context(request, session), "rows": shown, "q": q, "reasons": REASONS}
    )


def _statuses(request: SignedInRequest, session: TrainingSession) -> dict[int, str]:
    """The statuses in a form by member id; a code that is not on the roster or a word that is no status is left out."""
    posted = {
        name.removeprefix(FIELD): value
        for name, value in request.POST.items()
        if name.startswith(FIELD) and value in Attendance.Status.values
    }
    members = selectors.enrolled_members(session.training)
    return {member.pk: posted[member.code] for member in members if member.code in posted}


@login_required
@require_POST
def roster_save(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """The whole form at once (without scripts); with ``rest`` everyone left is present. A leave needs its reason beside it."""
    session = selectors.session_or_404(request.user, uuid, session_id, "run")
    try:
        count, unsaid = _save_all(request, session)
        messages.success(request, _("已保存 %(n)s 人") % {"n": count})
        if unsaid:
            text = _("请假要写事由，还没有记：%(names)s") % {"names": "、".join(unsaid)}
            messages.error(request, text)
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("session-roster", uuid, session_id)


@transaction.atomic
def _save_all(request: SignedInRequest, session: TrainingSession) -> tuple[int, list[str]]:
    """Save the form; returns how many marks changed, and the names of those on leave for no reason."""
    statuses, unsaid = _statuses(request, session), []
    plain = {pk: status for pk, status in statuses.items() if status != LEAVE}
    count = services.mark(session=session, marks=plain, by=request.user)
    known = set(session.attendances.filter(status=LEAVE).values_list("member_id", flat=True))
    away = [pk for pk, status in statuses.items() if status == LEAVE and pk not in known]
    for member in Member.objects.filter(pk__in=away):
        try:
            _enter_leave(request, session, member)
            count += 1
        except TrainingError as error:
            if error.code != "leave-reason":
                raise
            unsaid.append(member.name)
    if "rest" in request.POST and not unsaid:
        count += services.mark_rest(session=session, by=request.user)
    return count, unsaid


def _enter_leave(request: SignedInRequest, session: TrainingSession, member: Member) -> None:
    reason = request.POST.get(f"{REASON}{member.code}", "")[:MOST_LETTERS]
    leaves.enter(training=session.training, session=session, member=member, reason=reason, by=request.user)


@login_required
@require_POST
def roster_mark(request: SignedInRequest, uuid: UUID, session_id: int, code: str) -> HttpResponse:
    """One tap: saves one person's mark and returns the row with the new figures; 409 with the reason when refused.

    A leave without a reason is not saved: the row comes back and asks for it.
    """
    session = selectors.session_or_404(request.user, uuid, session_id, "run")
    member = get_object_or_404(selectors.enrolled_members(session.training), code=code)
    status = request.POST.get(f"{FIELD}{code}", "")
    if status not in Attendance.Status.values:
        raise Http404
    context = {**_context(request, session), "ask_reason": False}
    try:
        if status == LEAVE:
            _enter_leave(request, session, member)
        else:
            services.mark(session=session, marks={member.pk: status}, by=request.user)
        # Before closing the key's colour and the figures say enough: a line more would move the rows under the thumb.
        context["saved"] = _("已更正，学时随之调整") if context["is_closed"] else ""
    except TrainingError as error:
        if error.code != "leave-reason":
            return HttpResponse(error.message, status=409, content_type="text/plain; charset=utf-8")
        context["ask_reason"] = True
    mark = session.attendances.filter(member=member).first()
    context["row"] = selectors.RosterRow(member, mark, covered.by_member(session).get(member.pk))
    context["tally"] = selectors.tally(session)
    return render(request, "training/roster_tap.html", context)


@login_required
def roster_times(request: SignedInRequest, uuid: UUID, session_id: int, code: str) -> HttpResponse:
    """One person came late or left early."""
    session = selectors.session_or_404(request.user, uuid, session_id, "run")
    member: Member = get_object_or_404(selectors.enrolled_members(session.training), code=code)
    first = times_values(session.attendances.filter(member=member).first())
    form = TimesForm(posted(request), initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            times = form.moments(session)
            services.set_times(
                session=session,
                member=member,
                arrived_at=times["arrived_at"],
                left_at=times["left_at"],
                by=request.user,
            )
            return redirect("session-roster", uuid, session_id)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {"session": session, "training": session.training, "member": member, "form": form}
    return render(request, "training/times.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def sign_in_sheet(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponseBase:
    """培训班签到表 on A4 as recorded, whatever the way; with ``?format=`` as a file. The one to sign on is ``paper``'s."""
    session = selectors.session_or_404(request.user, uuid, session_id)
    rows = selectors.roster(session)
    if format := request.GET.get("format"):
        return _file(session, rows, format)
    morning, afternoon = sheets.halves(session)
    context = {
        "session": session,
        "training": session.training,
        "rows": [(row, sheets.note(row)) for row in rows],
        "tally": selectors.tally(session),
        "is_open": session.training.state == Training.State.OPEN,
        "may_run": selectors.may_run(request.user, session.training),
        "morning": morning,
        "afternoon": afternoon,
    }
    return render(request, "training/sheet.html", context)


def _file(session: TrainingSession, rows: list[selectors.RosterRow], format: str) -> HttpResponseBase:
    try:
        name = _("签到表 %(title)s") % {"title": session.training.title}
        return tables.table_response(sheets.ROSTER_COLUMNS, sheets.roster_rows(session, rows), format, name=name)
    except KeyError as error:
        raise Http404 from error
