"""The search page."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from cms import finding
from lms.core.search.finding import Finds
from lms.core.search.query import LONGEST

PAGE = 20


@require_safe
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """Everything that the person may see and that fits ``?q=``; ``kind`` narrows it. To htmx only the part with the finds."""
    typed = " ".join(request.GET.get("q", "")[:LONGEST].split())
    context = {"typed": typed, **(_found(request, typed) if typed else {})}
    if not context.get("results"):
        context["suggestions"] = finding.suggestions()
    part = request.headers.get("HX-Target") == "finds"
    return render(request, "cms/_finds.html" if part else "cms/search.html", context)


def _found(request: HttpRequest, typed: str) -> dict[str, Any]:
    finds = finding.search(typed, request.user)
    chosen = request.GET.get("kind", "")
    rows = [row for row in finds.rows if chosen in ("", finding.KINDS[row.among].code)]
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return {
        "near": finds.near,
        "tabs": _tabs(finds, typed, chosen),
        "page": page,
        "results": finding.results(list(page.object_list), finds.expression, request),
    }


def _tabs(finds: Finds, typed: str, chosen: str) -> list[dict[str, Any]]:
    """All, then every kind of which something was found."""
    counts = [("", _("全部"), len(finds.rows))]
    counts += [(kind.code, str(kind.label), finds.count(index)) for index, kind in enumerate(finding.KINDS)]
    return [
        {"label": label, "count": n, "active": code == chosen, "url": f"?{_query(typed, code)}"}
        for code, label, n in counts
        if n or code in ("", chosen)
    ]


def _query(typed: str, kind: str) -> str:
    query = QueryDict(mutable=True)
    query["q"] = typed
    if kind:
        query["kind"] = kind
    return query.urlencode()
