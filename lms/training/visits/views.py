"""Pages of visits: ask and answer, the record of a visit for desk and host, what a member adds."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can_anywhere
from lms.training import files
from lms.training import selectors as trainings
from lms.training.errors import TrainingError
from lms.training.forms import posted
from lms.training.models import Base, BaseRating, Training, TrainingSession, VisitPhoto, VisitReflection
from lms.training.visits import rules, selectors, services
from lms.training.visits.forms import AnswerForm, AskForm, CountForm, PhotosForm, RatingForm, ThoughtsForm

MOST_SHOWN = 200


# -- asking -------------------------------------------------------------------------------------


@login_required
def ask(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask a base for a half-day; a full one names the next free."""
    if not can_anywhere(request.user, "trainings.plan"):
        raise Http404
    base = get_object_or_404(Base.objects.filter(is_active=True).select_related("unit"), code=code)
    first = {name: request.GET[name] for name in ("day", "half", "people", "topic", "unit") if name in request.GET}
    form, free = AskForm(posted(request), user=request.user, base=base, initial=first), []
    if request.method == "POST" and form.is_valid():
        try:
            unit = form.cleaned_data["unit"]
            row = services.ask(base=base, unit=unit, wish=form.wish(), by=request.user)
            messages.success(request, _("申请已提交，等基地答复"))
            return redirect("visit-request", row.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
            free = selectors.free_halves(base, form.cleaned_data["day"], form.cleaned_data["people"])
    context = {"base": base, "form": form, "free": free}
    return render(request, "training/visits/ask.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def request_list(request: SignedInRequest) -> HttpResponse:
    """Requests to one's bases and of one's units."""
    if not trainings.may_open_desk(request.user):
        raise Http404
    rows = selectors.requests_for(request.user)[:MOST_SHOWN]
    return render(request, "training/visits/requests.html", {"rows": rows})


@login_required
def request_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One request; who answers for the base answers here, who asked takes it back."""
    row = selectors.request_or_404(request.user, uuid)
    hosts, mine = selectors.may_host(request.user, row.base), row.asked_by_id == request.user.pk
    form = AnswerForm(posted(request), initial={"guide": row.base.guide})
    if request.method == "POST" and not (hosts or mine):
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            _answer(request, row, form, hosts=hosts)
            return redirect("visit-request", row.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {
        "row": row,
        "form": form,
        "hosts": hosts and row.state == "waiting",
        "mine": mine and row.state == "waiting",
        "left": selectors.places_left(row.base, row.day, row.half),
    }
    return render(request, "training/visits/request.html", context, status=422 if request.method == "POST" else 200)


def _answer(request: SignedInRequest, row: Any, form: AnswerForm, *, hosts: bool) -> None:
    values = form.cleaned_data
    if "withdraw" in request.POST and row.asked_by_id == request.user.pk:
        services.withdraw(request=row, by=request.user)
    elif not hosts:
        raise Http404
    elif "yes" in request.POST:
        services.agree(request=row, guide=values["guide"], answer=values["answer"], by=request.user)
    else:
        services.decline(request=row, answer=values["answer"], offered=form.offered(), by=request.user)


# -- the record ---------------------------------------------------------------------------------


@login_required
@require_safe
def record(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """What is known of a visit: the host's count beside the ticks, photographs, reflections, ratings."""
    return _record(request, selectors.visit_or_404(request.user, uuid))


def _record(request: SignedInRequest, training: Training, status: int = 200, **bound: Any) -> HttpResponse:
    base: Any = training.base
    context = {
        "training": training,
        "records": [selectors.record_of(session) for session in training.sessions.all()],
        "reflections": selectors.reflections_of(training),
        "ratings": BaseRating.objects.filter(training=training),
        "may_host": selectors.may_host(request.user, base),
        "may_run": trainings.may_run(request.user, training),
        "count": bound.get("count") or CountForm(initial={"guide": training.lecturer}),
        "upload": PhotosForm(),
        "thoughts": bound.get("thoughts") or ThoughtsForm(),
    }
    return render(request, "training/visits/record.html", context, status=status)


def _session(training: Training, session_id: int) -> TrainingSession:
    session: TrainingSession = get_object_or_404(training.sessions.all(), pk=session_id)
    session.training = training
    return session


def _mine(request: SignedInRequest, uuid: UUID, *, hosting: bool) -> Training:
    """A visit that the person may host, or run."""
    training = selectors.visit_or_404(request.user, uuid)
    base: Any = training.base
    allowed = selectors.may_host(request.user, base) or (not hosting and trainings.may_run(request.user, training))
    if not allowed:
        raise Http404
    return training


@login_required
@require_POST
def count(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """The host confirms how many came."""
    training = _mine(request, uuid, hosting=True)
    form = CountForm(request.POST)
    if form.is_valid():
        try:
            services.count(session=_session(training, session_id), by=request.user, **form.cleaned_data)
            messages.success(request, _("已确认"))
            return redirect("visit-record", uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    return _record(request, training, 422, count=form)


@login_required
@require_POST
def photo_add(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """Add photographs; what cannot be taken is named, the others are kept."""
    add_photos(request, _session(_mine(request, uuid, hosting=False), session_id))
    return redirect("visit-record", uuid)


def add_photos(request: SignedInRequest, session: TrainingSession, own_most: int | None = None) -> None:
    """Add what was sent; each that cannot be taken is named with the reason."""
    for upload in request.FILES.getlist("evidence"):
        try:
            if (upload.size or 0) > files.MOST_BYTES:
                raise TrainingError("file-too-large")
            services.add_photo(session=session, data=upload.read(), by=request.user, own_most=own_most)
        except TrainingError as error:
            messages.error(request, _("%(name)s：%(why)s") % {"name": upload.name, "why": error.message})


@login_required
@require_safe
def photo(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """One photograph."""
    training = selectors.visit_or_404(request.user, uuid)
    row = get_object_or_404(VisitPhoto, session__training=training, uuid=file)
    return files.served(row.file, files.SHOWN_AS[files.PHOTO], inline=True)


@login_required
@require_POST
def group_thoughts(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The group's reflection, by whoever runs the visit."""
    training = trainings.training_or_404(request.user, uuid, "run")
    form = ThoughtsForm(request.POST, request.FILES)
    if form.is_valid() and _reflected(request, form, training, None):
        return redirect("visit-record", uuid)
    return _record(request, selectors.visit_or_404(request.user, uuid), 422, thoughts=form)


def _reflected(request: SignedInRequest, form: ThoughtsForm, training: Training, member: Member | None) -> bool:
    upload = form.cleaned_data["voice"]
    try:
        if upload and upload.size > rules.MOST_VOICE_BYTES:
            raise TrainingError("voice-too-large")
        voice = upload.read() if upload else b""
        text = form.cleaned_data["text"]
        services.reflect(training=training, member=member, text=text, voice=voice, by=request.user)
    except TrainingError as error:
        form.add_error(None, error.message)
        return False
    messages.success(request, _("心得已交上"))
    return True


@login_required
@require_safe
def voice(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """One recording."""
    training = selectors.visit_or_404(request.user, uuid)
    row = get_object_or_404(VisitReflection.objects.exclude(voice=""), training=training, uuid=file)
    return _voice(row)


def _voice(row: VisitReflection) -> HttpResponseBase:
    kinds = {suffix: kind for _sign, _at, suffix, kind in rules.SOUNDS}
    suffix = PurePath(str(row.voice.name)).suffix
    return files.served(row.voice, kinds.get(suffix, "application/octet-stream"), inline=True)


# -- a member's own -----------------------------------------------------------------------------


def _own(request: SignedInRequest, uuid: UUID) -> tuple[Member, Training]:
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return member, selectors.own_visit_or_404(member, uuid)


@login_required
def own_visit(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """A member's reflection and rating of a visit, and whether his telephone is at the place."""
    member, training = _own(request, uuid)
    return _own_page(request, member, training)


def _own_page(request: SignedInRequest, member: Member, training: Training, **bound: Any) -> HttpResponse:
    written = VisitReflection.objects.filter(training=training, member=member).first()
    rated = BaseRating.objects.filter(training=training, member=member).first()
    own_photos = VisitPhoto.objects.filter(session__training=training, added_by=request.user).select_related("session")
    context = {
        "training": training,
        "sessions": [
            (one, PhotosForm(auto_id=f"id_{one.pk}_%s"))
            for one in training.sessions.all()
            if one.starts_at <= clock.now()
        ],
        "photos": [selectors.photo_of(row, row.session) for row in own_photos],
        "places": selectors.place_states(training, member),
        "was_there": selectors.was_there(training, member),
        "written": written,
        "rated": rated,
        "thoughts": bound.get("thoughts") or ThoughtsForm(initial={"text": written.text if written else ""}),
        "rating": bound.get("rating")
        or RatingForm(initial={"stars": rated.stars, "comment": rated.comment} if rated else None),
    }
    return render(request, "training/visits/own.html", context, status=422 if bound else 200)


@login_required
@require_POST
def own_thoughts(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The member's own reflection."""
    member, training = _own(request, uuid)
    form = ThoughtsForm(request.POST, request.FILES)
    if form.is_valid() and _reflected(request, form, training, member):
        return redirect("own-visit", uuid)
    return _own_page(request, member, training, thoughts=form)


@login_required
@require_POST
def own_photo_add(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """A member adds a photograph of the visit on which he was; its times stay beside it."""
    member, training = _own(request, uuid)
    if not selectors.was_there(training, member):
        messages.error(request, TrainingError("not-attended").message)
        return redirect("own-visit", uuid)
    add_photos(request, _session(training, session_id), own_most=rules.MOST_OWN_PHOTOS)
    return redirect("own-visit", uuid)


@login_required
@require_safe
def own_photo(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """A photograph that the member added himself."""
    _member, training = _own(request, uuid)
    row = get_object_or_404(VisitPhoto, session__training=training, uuid=file, added_by=request.user)
    return files.served(row.file, files.SHOWN_AS[files.PHOTO], inline=True)


@login_required
@require_POST
def own_rating(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The member's rating of the base."""
    member, training = _own(request, uuid)
    form = RatingForm(request.POST)
    if form.is_valid():
        try:
            services.rate(training=training, member=member, by=request.user, **form.cleaned_data)
            messages.success(request, _("谢谢，已收到"))
            return redirect("own-visit", uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    return _own_page(request, member, training, rating=form)


@login_required
@require_POST
def own_place(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """Is the telephone near the base? The answer is kept, the point is not."""
    member, training = _own(request, uuid)
    session = _session(training, session_id)
    try:
        here = (float(request.POST.get("lat", "")), float(request.POST.get("lng", "")))
        row = services.check_place(session=session, member=member, here=here)
        messages.success(request, _("已核对：在基地") if row.near else _("已核对：不在基地附近"))
    except TrainingError as error:
        messages.error(request, error.message)
    except ValueError:
        messages.error(request, TrainingError("place-unreadable").message)
    return redirect("own-visit", uuid)
