"""The registers' desk: venues, rooms, experts, organisers and bases; one list and one form serve all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lms.core import clock, tables
from lms.members.http import SignedInRequest
from lms.members.permissions import can, can_anywhere
from lms.training.closing.teaching import ratings_of_experts
from lms.training.errors import TrainingError
from lms.training.forms import posted
from lms.training.models import Base, Expert, Organiser, Room, Venue
from lms.training.planning import forms, registers

PAGE = 30


@dataclass(frozen=True, slots=True)
class Register:
    """One register: its form, by which texts it is searched, what a line of it says beside the name."""

    form: type[forms.EntryForm]
    title: str | Promise
    searched: tuple[str, ...]
    related: tuple[str, ...]
    columns: tuple[tuple[str | Promise, Callable[[Any], object]], ...]

    def rows(self, text: str) -> QuerySet[Any]:
        """All entries of the county in which the text occurs; where one can go is no secret among those who plan."""
        rows = self.form._meta.model._default_manager.select_related(*self.related)
        condition = Q()
        for name in self.searched:
            condition |= Q(**{f"{name}__icontains": text})
        return rows.filter(condition) if text else rows

    def lines(self, rows: Sequence[Any]) -> Iterator[list[object]]:
        """The name and the columns of each entry."""
        for row in rows:
            yield [str(row), *(value(row) for _title, value in self.columns)]

    def heads(self) -> list[tables.Column]:
        """The columns of a file."""
        titles = [gettext_lazy("名称"), *(title for title, _value in self.columns)]
        return [tables.Column(f"c{number}", title, 20) for number, title in enumerate(titles)]


def _unit(row: Any) -> str:
    return str(row.unit.label)


def _in_use(row: Any) -> str:
    return _("在用") if row.is_active else _("停用")


def _contact(row: Any) -> str:
    return f"{row.contact} {row.phone}".strip()


UNIT = (gettext_lazy("管理单位"), _unit)
STATE = (gettext_lazy("状态"), _in_use)
CONTACT = (gettext_lazy("联系人"), _contact)
REGISTERS = {
    "venues": Register(
        forms.VenueForm,
        gettext_lazy("场所"),
        ("name", "address"),
        ("unit",),
        (UNIT, (gettext_lazy("地址"), lambda row: row.address), CONTACT, STATE),
    ),
    "rooms": Register(
        forms.RoomForm,
        gettext_lazy("教室"),
        ("name", "venue__name", "equipment"),
        ("venue__unit",),
        (
            UNIT,
            (gettext_lazy("座位数"), lambda row: row.capacity),
            (gettext_lazy("设备"), lambda row: row.equipment),
            STATE,
        ),
    ),
    "experts": Register(
        forms.ExpertForm,
        gettext_lazy("专家教师"),
        ("name", "title", "employer", "fields"),
        ("unit",),
        (
            UNIT,
            (gettext_lazy("工作单位"), lambda row: row.employer),
            (gettext_lazy("专长"), lambda row: row.fields),
            (gettext_lazy("讲课费档次"), lambda row: row.get_fee_class_display()),
            (gettext_lazy("聘期至"), lambda row: row.appointed_until or ""),
            (gettext_lazy("本年授课（小时）"), lambda row: row.taught),
            (gettext_lazy("评分"), lambda row: row.rated),
            STATE,
        ),
    ),
    "organisers": Register(
        forms.OrganiserForm, gettext_lazy("承办单位"), ("name", "contact"), ("unit",), (UNIT, CONTACT, STATE)
    ),
    "bases": Register(
        forms.BaseForm,
        gettext_lazy("基地"),
        ("name", "theme", "address"),
        ("unit",),
        (
            UNIT,
            (gettext_lazy("类别"), lambda row: row.get_kind_display()),
            (gettext_lazy("主题或作物"), lambda row: row.theme),
            (gettext_lazy("容纳人数"), lambda row: row.capacity),
            CONTACT,
            STATE,
        ),
    ),
}


def _register_or_404(request: SignedInRequest, name: str) -> Register:
    if name not in REGISTERS or not can_anywhere(request.user, "trainings.plan"):
        raise Http404
    return REGISTERS[name]


def _with_hours(rows: Iterable[Any]) -> list[Any]:
    """Experts with what they taught this year, in hours, and how they are rated."""
    entries = list(rows)
    ratings = ratings_of_experts(row for row in entries if isinstance(row, Expert))
    hours = registers.lecture_hours(clock.today().year)
    for row in entries:
        if isinstance(row, Expert):
            row.taught = round(hours[row.pk].total_seconds() / 3600, 1) if row.pk in hours else 0  # type: ignore[attr-defined]
            mean = ratings[row.pk].mean
            row.rated = "" if mean is None else mean  # type: ignore[attr-defined]
    return entries


@login_required
@require_safe
def register_list(request: SignedInRequest, name: str) -> HttpResponseBase:
    """One register, searched and paged; with ``?format=`` as a file."""
    register = _register_or_404(request, name)
    rows = register.rows(request.GET.get("q", "").strip())
    if format := request.GET.get("format"):
        try:
            lines = register.lines(_with_hours(rows))
            return tables.table_response(register.heads(), lines, format, name=str(register.title))
        except KeyError as error:
            raise Http404 from error
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    entries = _with_hours(page)
    heads = [str(column.title) for column in register.heads()]
    context = {
        "name": name,
        "title": register.title,
        "tabs": [
            {"label": one.title, "url": reverse("register-list", args=[key]), "active": key == name}
            for key, one in REGISTERS.items()
        ],
        "heads": heads,
        "lines": [
            (
                row if can(request.user, "trainings.plan", row.unit) else None,
                list(zip(heads, line, strict=True)),
                reverse("expert-record", args=[row.pk]) if isinstance(row, Expert) else "",
            )
            for row, line in zip(entries, register.lines(entries), strict=True)
        ],
        "page_obj": page,
    }
    return render(request, "training/planning/register.html", context)


@login_required
def register_new(request: SignedInRequest, name: str) -> HttpResponse:
    """A new entry."""
    return _edit(request, name, _register_or_404(request, name), None)


@login_required
def register_edit(request: SignedInRequest, name: str, pk: int) -> HttpResponse:
    """Change an entry; those who plan for its unit may."""
    register = _register_or_404(request, name)
    entry: Base | Venue | Room | Expert | Organiser = get_object_or_404(register.rows(""), pk=pk)
    if not can(request.user, "trainings.plan", entry.unit):
        raise Http404
    return _edit(request, name, register, entry)


def _edit(request: SignedInRequest, name: str, register: Register, entry: Any) -> HttpResponse:
    form = register.form(posted(request), instance=entry, user=request.user)
    back = reverse("register-list", args=[name])
    if request.method == "POST" and form.is_valid():
        try:
            registers.save(entry=form.save(commit=False), by=request.user)
            return redirect(back)
        except TrainingError as error:
            form.add_error(None, error.message)
    words = {"what": register.title}
    heading = _("修改%(what)s") % words if entry else _("新增%(what)s") % words
    context = {"form": form, "heading": capfirst(heading), "back": back}
    return render(
        request, "training/planning/register_form.html", context, status=422 if request.method == "POST" else 200
    )
