"""A member's own pages after a training: what is on the record, a lesson made up, an appeal, a reflection, an opinion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lms.core import clock
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.training import files
from lms.training.closing import appeals, makeups, results, selectors, surveys
from lms.training.closing.forms import AppealForm, MakeUpForm, OpinionForm, ReflectionForm
from lms.training.errors import TrainingError
from lms.training.forms import posted
from lms.training.models import Outcome, RideSeat, Training, TrainingSession

PAGE = 20


def _member(request: SignedInRequest) -> Member:
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return member


@login_required
@require_safe
def own_trainings(request: SignedInRequest) -> HttpResponse:
    """The trainings that the member was enrolled in."""
    page = Paginator(selectors.own_trainings(_member(request)), PAGE).get_page(request.GET.get("page"))
    return render(request, "training/closing/own_list.html", {"page_obj": page})


@login_required
@require_safe
def own_training(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One of them: each session's record and what the member can still do."""
    member = _member(request)
    training = selectors.own_training_or_404(member, uuid)
    context = {
        "training": training,
        "rows": selectors.own_sessions(training, member),
        "terms": selectors.terms_of(training),
        "outcome": Outcome.objects.filter(training=training, member=member).first(),
        "ride": RideSeat.objects.filter(enrolment__training=training, enrolment__member=member)
        .select_related("ride")
        .first(),
        "may_ask_leave": training.state == Training.State.OPEN
        and training.sessions.filter(ends_at__gt=clock.now()).exists(),
        "may_answer": surveys.may_answer(training, member) and not surveys.has_answered(training, member),
    }
    return render(request, "training/closing/own_training.html", context)


def _session(request: SignedInRequest, uuid: UUID, session_id: int) -> tuple[Member, TrainingSession]:
    member = _member(request)
    training = selectors.own_training_or_404(member, uuid)
    session = training.sessions.filter(pk=session_id).first()
    if session is None:
        raise Http404
    session.training = training
    return member, session


def _asked(request: SignedInRequest, form: Any, act: Callable[[], object], page: dict[str, Any]) -> HttpResponse:
    """A form of one act: done and told, or shown with what is wrong. ``page``: uuid, heading, text, action, said, upload."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
            messages.success(request, page["said"])
            return redirect("own-training", page["uuid"])
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {**page, "form": form, "back": reverse("own-training", args=[page["uuid"]])}
    return render(request, "training/closing/ask.html", context, status=422 if request.method == "POST" else 200)


@login_required
def make_up(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """Hand in a lesson made up."""
    member, session = _session(request, uuid, session_id)
    form = MakeUpForm(posted(request))

    def act() -> None:
        uploads = request.FILES.getlist("evidence")
        if any((upload.size or 0) > files.MOST_BYTES for upload in uploads):
            raise TrainingError("file-too-large")
        lesson = form.lesson([upload.read() for upload in uploads])
        makeups.send(session=session, member=member, lesson=lesson, by=request.user)

    page = {
        "uuid": uuid,
        "session": session,
        "heading": _("补学"),
        "text": _("在课后补上这次课，写明学了什么，传上照片。审批通过后计学时，最多补回缺的部分。"),
        "action": _("提交审批"),
        "said": _("已提交，等待审批"),
        "upload": True,
    }
    return _asked(request, form, act, page)


@login_required
def appeal(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """Object to one's attendance."""
    member, session = _session(request, uuid, session_id)
    form = AppealForm(posted(request))

    def act() -> None:
        appeals.send(session=session, member=member, by=request.user, **form.cleaned_data)

    page = {
        "uuid": uuid,
        "session": session,
        "heading": _("考勤申诉"),
        "text": _("结课后 15 天内可以申诉一次，由记录人以外的另一个人复核。"),
        "action": _("提交申诉"),
        "said": _("申诉已提交，复核后会在这里看到结果"),
    }
    return _asked(request, form, act, page)


@login_required
def reflection(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Write one's reflection, or mend it."""
    member = _member(request)
    training = selectors.own_training_or_404(member, uuid)
    written = Outcome.objects.filter(training=training, member=member).first()
    form = ReflectionForm(posted(request), initial={"text": written.reflection if written else ""})

    def act() -> None:
        results.hand_in(training=training, member=member, text=form.cleaned_data["text"], by=request.user)

    page = {
        "uuid": uuid,
        "training": training,
        "heading": _("学习心得"),
        "text": _("写写学到了什么、回去打算怎么用，至少 20 个字。结课后 15 天内可以修改。"),
        "action": _("交上"),
        "said": _("心得已交上"),
    }
    return _asked(request, form, act, page)


@login_required
def opinion(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Give one's opinion of a class, once, without a name."""
    member = _member(request)
    training: Training = selectors.own_training_or_404(member, uuid)
    form = OpinionForm(posted(request), teachers=surveys.teachers_of(training, member))

    def act() -> None:
        surveys.answer(
            training=training,
            member=member,
            marks=form.marks(),
            comment=form.cleaned_data["comment"],
            teachers=form.teachers(),
        )

    page = {
        "uuid": uuid,
        "training": training,
        "heading": _("培训问卷"),
        "text": _("不记姓名。满 5 份才公布结果，谁也看不到是谁填的。"),
        "action": _("提交问卷"),
        "said": _("谢谢，问卷已收到"),
    }
    return _asked(request, form, act, page)
