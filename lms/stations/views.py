"""The station's screen: choose a lesson, call the roll, play it to the room, write it down, see who earned what."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import OperationalError
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from courses import services as watching
from courses.models import LessonPage
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can_anywhere
from lms.stations import selectors, services
from lms.stations.forms import MOST_VILLAGERS, NotesForm
from lms.stations.models import GroupViewing, Station
from lms.stations.services import StationError

PAGE = 50
RETRY_SECONDS = "5"


# -- before -------------------------------------------------------------------------


@login_required
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """The operator's own station; who has several chooses one."""
    if not can_anywhere(request.user, "stations.operate"):
        raise Http404
    stations = selectors.stations_of(request.user)
    if stations.count() == 1:
        return _screen(request, stations[0])
    query = request.GET.get("q", "").strip()
    if query:
        stations = stations.filter(Q(name__icontains=query) | Q(unit__name__icontains=query) | Q(code__iexact=query))
    page = Paginator(stations, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "stations/choose.html",
        {"page_obj": page, "query": query, "target": selectors.MONTHLY_VIEWINGS},
    )


@login_required
@require_safe
def screen(request: SignedInRequest, code: str) -> HttpResponse:
    """The first page of one station."""
    return _screen(request, selectors.station_or_404(request.user, code))


def _screen(request: SignedInRequest, station: Station) -> HttpResponse:
    context = {"station": station, "viewing": selectors.open_viewing(station), **selectors.month_so_far(station)}
    return render(request, "stations/screen.html", context)


@login_required
@require_safe
def courses(request: SignedInRequest, code: str) -> HttpResponse:
    """What can be played, by course."""
    station = selectors.station_or_404(request.user, code)
    context = {"station": station, "courses": selectors.courses(), "viewing": selectors.open_viewing(station)}
    return render(request, "stations/courses.html", context)


@login_required
@require_safe
def lessons(request: SignedInRequest, code: str, course: int) -> HttpResponse:
    """The lessons of a course; one press begins the roll call."""
    station = selectors.station_or_404(request.user, code)
    chosen = get_object_or_404(selectors.courses(), pk=course)
    context = {
        "station": station,
        "course": chosen,
        "lessons": selectors.lessons(chosen, station),
        "viewing": selectors.open_viewing(station),
    }
    return render(request, "stations/lessons.html", context)


@login_required
@require_POST
def choose(request: SignedInRequest, code: str, lesson: int) -> HttpResponse:
    """Begin a viewing with a lesson, or go on with the one that is open."""
    station = selectors.station_or_404(request.user, code)
    get_object_or_404(selectors.playable_lessons(), pk=lesson)
    viewing = services.open_viewing(station=station, by=request.user)
    return redirect("viewing-roll", viewing.uuid, lesson)


# -- in the room ------------------------------------------------------------------------


@login_required
def roll(request: SignedInRequest, uuid: UUID, lesson: int) -> HttpResponse:
    """Call the roll, then play."""
    viewing = selectors.viewing_or_404(request.user, uuid)
    chosen = get_object_or_404(selectors.playable_lessons().select_related("media"), pk=lesson)
    if request.method == "POST":
        return _start(request, viewing, chosen)
    if not viewing.is_open:
        return redirect("viewing-result", viewing.uuid)
    context = {
        "viewing": viewing,
        "station": viewing.station,
        "lesson": chosen,
        "people": selectors.roster(viewing.station),
        "here": set(selectors.in_the_room(viewing)),
        "counts": selectors.present_counts(viewing),
    }
    return render(request, "stations/roll.html", context)


def _start(request: SignedInRequest, viewing: GroupViewing, lesson: LessonPage) -> HttpResponse:
    codes = request.POST.getlist("member")
    people = selectors.roster(viewing.station).filter(code__in=codes)
    try:
        services.call_roll(
            viewing=viewing,
            present=[member.pk for member in people],
            villagers=_count(request.POST.get("villagers")),
            by=request.user,
        )
        services.add_item(viewing=viewing, lesson=lesson, by=request.user)
    except StationError as error:
        messages.error(request, str(error))
        return redirect("station-screen", viewing.station.code)
    return redirect("viewing-play", viewing.uuid)


def _count(text: str | None) -> int:
    """A small count as typed; anything else is none."""
    return min(int(text), MOST_VILLAGERS) if text and text.isdecimal() else 0


@login_required
@require_safe
def play(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The film in full, with a strip to add who comes late."""
    viewing = selectors.viewing_or_404(request.user, uuid)
    item = selectors.running_item(viewing)
    if item is None:
        return redirect("viewing-close" if viewing.is_open else "viewing-result", viewing.uuid)
    context = {
        "viewing": viewing,
        "station": viewing.station,
        "item": item,
        "media": item.play_session.lesson.media,
        "play": watching.token_of(item.play_session),
        "people": selectors.roster(viewing.station),
        "here": set(selectors.in_the_room(viewing)),
        "counts": selectors.present_counts(viewing),
    }
    return render(request, "stations/play.html", context)


@login_required
@require_POST
def presence(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Tick or untick one member while the film runs; answers with the counts."""
    viewing = selectors.viewing_or_404(request.user, uuid)
    member = get_object_or_404(Member.objects.in_unit(viewing.station.unit), code=request.POST.get("member", ""))
    try:
        services.mark_presence(
            viewing=viewing, member=member, present=request.POST.get("present") == "1", by=request.user
        )
    except StationError as error:
        return JsonResponse({"code": error.code, "message": str(error)}, status=409)
    except OperationalError:
        # The database is busy: nothing was written, the screen keeps the tick and sends it again.
        return JsonResponse({"code": "busy"}, status=503, headers={"Retry-After": RETRY_SECONDS})
    return JsonResponse(selectors.present_counts(viewing))


# -- the end ----------------------------------------------------------------------------------


@login_required
def close(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Discuss, write it down, end it. Whatever goes wrong, what was typed stays in the form."""
    viewing = selectors.viewing_or_404(request.user, uuid)
    form = NotesForm(request.POST or None, initial=NotesForm.initial_of(viewing))
    if request.method != "POST":
        return _closing(request, viewing, form)
    if not form.is_valid():
        return _closing(request, viewing, form, 422)
    try:
        services.close_viewing(viewing=viewing, notes=form.notes(), by=request.user)
    except OperationalError:
        form.add_error(None, _("服务器正忙，这一次没有保存。您填的内容都在，请过几秒再按一次。"))
        response = _closing(request, viewing, form, 503)
        response["Retry-After"] = RETRY_SECONDS
        return response
    return redirect("viewing-result", viewing.uuid)


def _closing(request: SignedInRequest, viewing: GroupViewing, form: NotesForm, status: int = 200) -> HttpResponse:
    context = {
        "viewing": viewing,
        "station": viewing.station,
        "form": form,
        "counts": selectors.present_counts(viewing),
    }
    return render(request, "stations/close.html", context, status=status)


@login_required
@require_safe
def result(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Who was credited what, readable from the last row."""
    viewing = selectors.viewing_or_404(request.user, uuid)
    if viewing.is_open:
        return redirect("viewing-close", viewing.uuid)
    context = {
        "viewing": viewing,
        "station": viewing.station,
        "rows": selectors.attended(viewing),
        "counts": selectors.present_counts(viewing),
        **selectors.month_so_far(viewing.station),
    }
    return render(request, "stations/result.html", context)
