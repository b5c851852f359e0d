"""Calendars by month and week, filtered by base and trainer; feeds that other programs subscribe to."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock
from lms.members.http import SignedInRequest
from lms.members.models import User
from lms.members.permissions import can_anywhere, visible_units
from lms.training import selectors
from lms.training.finding import opened_by
from lms.training.forms import UnitChoice, posted
from lms.training.models import Base, CalendarFeed, Expert, TrainingSession
from lms.training.planning import calendars

WEEK = dt.timedelta(days=7)
NEW = "calendar-feed"
WEEKDAYS = [gettext_lazy(name) for name in ("一", "二", "三", "四", "五", "六", "日")]


class CalendarFilter(forms.Form):
    """Which stretch is shown, and of which base, trainer or expert; all of it stays in the address."""

    view = forms.ChoiceField(
        required=False, choices=[("month", gettext_lazy("月")), ("week", gettext_lazy("周"))], widget=forms.HiddenInput
    )
    day = forms.DateField(required=False, widget=forms.HiddenInput)
    base = forms.ModelChoiceField(
        Base.objects.all(), label=gettext_lazy("基地"), required=False, to_field_name="code", empty_label=_("全部")
    )
    trainer = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("负责教师"), required=False, empty_label=_("全部")
    )
    expert = forms.ModelChoiceField(
        Expert.objects.none(), label=gettext_lazy("授课专家"), required=False, empty_label=_("全部")
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        seen = calendars.sessions(user).order_by()
        cast(forms.ModelChoiceField, self.fields["trainer"]).queryset = User.objects.filter(
            pk__in=seen.values("training__trainer")
        )
        cast(forms.ModelChoiceField, self.fields["expert"]).queryset = Expert.objects.filter(
            pk__in=seen.values("experts")
        )
        if not selectors.may_open_desk(user):
            del self.fields["base"], self.fields["trainer"], self.fields["expert"]

    def apply(self, rows: QuerySet[TrainingSession]) -> QuerySet[TrainingSession]:
        """The sessions of the base, trainer and expert that were chosen."""
        if base := self.cleaned_data.get("base"):
            rows = rows.filter(training__base=base)
        if trainer := self.cleaned_data.get("trainer"):
            rows = rows.filter(training__trainer=trainer)
        if expert := self.cleaned_data.get("expert"):
            rows = rows.filter(experts=expert)
        return rows


@login_required
@require_safe
def calendar(request: SignedInRequest) -> HttpResponse:
    """The sessions that the person may read or goes to, by month or by week."""
    form = CalendarFilter(request.GET, user=request.user)
    if not form.is_valid():
        raise Http404
    view, day = form.cleaned_data["view"] or "month", form.cleaned_data["day"] or clock.today()
    if not 2000 <= day.year <= 2100:
        raise Http404
    first, last = calendars.weeks_of(day) if view == "month" else (day - dt.timedelta(days=day.weekday()), None)
    last = last or first + WEEK - clock.DAY
    rows = form.apply(calendars.sessions(request.user))
    days = calendars.days(rows, first, last, day.month if view == "month" else None)
    shown = {session.training_id for one in days for session in one.sessions}
    context = {
        "form": form,
        "view": view,
        "day": day,
        "days": days,
        "opened": opened_by(request.user, shown),
        "hosted": set(rows.filter(calendars.hosted_by(request.user)).values_list("pk", flat=True)),
        "weekdays": WEEKDAYS,
        "before": day.replace(day=1) - clock.DAY if view == "month" else day - WEEK,
        "after": (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1) if view == "month" else day + WEEK,
        "on_desk": selectors.may_open_desk(request.user),
    }
    return render(request, "training/planning/calendar.html", context)


class FeedForm(forms.Form):
    """Which calendar is subscribed to; units and bases for those who may read their trainings."""

    kind = forms.ChoiceField(label=gettext_lazy("日历"), choices=CalendarFeed.Kind.choices)
    unit = UnitChoice(label=gettext_lazy("党组织"), required=False, empty_label=gettext_lazy("请选择"))
    base = forms.ModelChoiceField(
        Base.objects.all(), label=gettext_lazy("基地"), required=False, empty_label=gettext_lazy("请选择")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        cast(UnitChoice, self.fields["unit"]).queryset = visible_units(user, "trainings.view").order_by("path")
        if not can_anywhere(user, "trainings.view"):
            del self.fields["unit"], self.fields["base"]
            cast(forms.ChoiceField, self.fields["kind"]).choices = CalendarFeed.Kind.choices[:1]

    def clean(self) -> dict[str, Any]:
        """A calendar of a unit or a base names it."""
        values = super().clean() or {}
        kind = values.get("kind")
        if kind in ("unit", "base") and not values.get(kind):
            self.add_error(kind, _("请选择"))
        return values

    def chosen(self) -> dict[str, Any]:
        """What the service takes."""
        kind = self.cleaned_data["kind"]
        return {"kind": kind, **({kind: self.cleaned_data[kind]} if kind != CalendarFeed.Kind.OWN else {})}


@login_required
def calendar_feeds(request: SignedInRequest) -> HttpResponse:
    """The person's feeds; a new one's address is shown once, on the page that follows."""
    form = FeedForm(posted(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        _feed, token = calendars.subscribe(owner=request.user, **form.chosen())
        request.session[NEW] = request.build_absolute_uri(reverse("calendar-ics", args=[token]))
        return redirect("calendar-feeds")
    feeds = CalendarFeed.objects.filter(owner=request.user, revoked_at__isnull=True).select_related("unit", "base")
    context = {
        "form": form,
        "feeds": feeds,
        "address": request.session.pop(NEW, ""),
        "crumbs": [(_("日历"), reverse("calendar")), (_("日历订阅"), "")],
        "heading": _("日历订阅"),
        "lead": _("手机和电脑上的日历会自动更新：新的安排、改期和取消都看得到。"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "training/planning/feeds.html", context, status=status)


@login_required
@require_POST
def calendar_feed_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close one of the person's own feeds."""
    feed = get_object_or_404(CalendarFeed, pk=pk, owner=request.user)
    calendars.revoke(feed=feed, by=request.user)
    return redirect("calendar-feeds")


@require_safe
def calendar_ics(request: SignedInRequest, token: str) -> HttpResponse:
    """A feed, for whoever has its address; a revoked one and none read the same."""
    feed = calendars.feed_of(token)
    if feed is None:
        raise Http404
    body = calendars.as_ical(calendars.sessions_of(feed), str(feed), calendars.removed_of(feed))
    headers = {"Cache-Control": "private, max-age=900", "Content-Disposition": 'inline; filename="xiangxue.ics"'}
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)
