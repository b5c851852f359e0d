"""The page of an expert: what he taught, year by year and session by session, and what people thought of it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lms.core import tables
from lms.core.tables import Column
from lms.members.http import SignedInRequest
from lms.members.permissions import can, can_anywhere, visible
from lms.training.closing import teaching
from lms.training.models import Expert, Training

PAGE = 30
COLUMNS = [
    Column("date", gettext_lazy("日期"), 12),
    Column("training", gettext_lazy("培训"), 30),
    Column("topic", gettext_lazy("内容"), 30),
    Column("unit", gettext_lazy("主办单位"), 24),
    Column("hours", gettext_lazy("授课（小时）"), 12),
    Column("rating", gettext_lazy("评分"), 8),
]


@login_required
@require_safe
def expert_record(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """One expert, for those who plan trainings; with ``?format=`` the sessions as a file."""
    if not can_anywhere(request.user, "trainings.plan"):
        raise Http404
    expert = get_object_or_404(Expert.objects.select_related("unit"), pk=pk)
    sessions = teaching.taught_by(expert)
    if format := request.GET.get("format"):
        rows = teaching.rows_of(teaching.lines_of(expert, sessions))
        try:
            return tables.table_response(COLUMNS, rows, format, name=_("%(name)s授课记录") % {"name": expert.name})
        except KeyError as error:
            raise Http404 from error
    page = Paginator(sessions, PAGE).get_page(request.GET.get("page"))
    seen = {session.training_id for session in page}
    context = {
        "expert": expert,
        "rating": teaching.ratings_of_experts([expert])[expert.pk],
        "years": teaching.years_of(expert),
        "page_obj": page,
        "lines": teaching.lines_of(expert, page),
        "may_open": set(visible(Training.objects.filter(pk__in=seen), request.user).values_list("pk", flat=True)),
        "may_edit": can(request.user, "trainings.plan", expert.unit),
    }
    return render(request, "training/closing/expert.html", context)
