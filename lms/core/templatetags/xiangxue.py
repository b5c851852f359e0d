"""Template tags of the visual system: hours, dates and shares as people read them, and the components that carry logic.

A page loads them with ``{% load xiangxue %}``; docs/ui.md shows each in use.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any, NamedTuple

from django import template
from django.http import QueryDict
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

CENT = Decimal("0.01")


def trimmed(value: Decimal) -> str:
    """A figure without the zeros that say nothing: 12.50 → "12.5", 32.00 → "32". Never in scientific notation."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def number(value: object) -> str:
    """A figure with at most two decimals, rounded down as all hours are, and trimmed; "–" when there is none."""
    figure = _number(value)
    return "–" if figure is None else trimmed(figure.quantize(CENT, rounding=ROUND_DOWN))


@register.filter
def hours(value: object) -> str:
    """Hours with their unit: Decimal("12.50") → "12.5 学时"; "–" when there is none."""
    figure = _number(value)
    return "–" if figure is None else _("%(hours)s 学时") % {"hours": number(figure)}


@register.filter
def percent(value: object, places: int = 1) -> str:
    """A share between 0 and 1 as a percentage, rounded down so that 99.96 % never reads as all: 0.8125 → "81.2%"."""
    share = _number(value)
    if share is None:
        return "–"
    step = Decimal(1).scaleb(-int(places))
    return f"{trimmed((share * 100).quantize(step, rounding=ROUND_DOWN))}%"


@register.filter
def date_zh(value: dt.date | dt.datetime | None) -> str:
    """A date in the reader's language, in the county's time zone: 2026年3月5日, or 5 March 2026 in English."""
    if not value:
        return ""
    day = timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value
    if (get_language() or "").startswith("en"):
        return f"{day.day} {day:%B} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


@register.filter
def moment_zh(value: dt.datetime | None) -> str:
    """A date with its time of day: 2026年3月5日 14:30, or 5 March 2026, 14:30 in English."""
    if not value:
        return ""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    joint = ", " if (get_language() or "").startswith("en") else " "
    return f"{date_zh(local)}{joint}{local:%H:%M}"


@register.filter
def file_size(value: object) -> str:
    """Bytes as people buy them: 3481 → "3.4 KB", 18874368 → "18 MB"."""
    size = _number(value)
    if size is None:
        return "–"
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{trimmed(size.quantize(Decimal('0.1')))} {unit}"
        size /= 1024
    return f"{trimmed(size.quantize(Decimal('0.1')))} GB"


@register.simple_tag(takes_context=True)
def query_string(context: RequestContext, **changes: object) -> str:
    """The present filters with some changed, as "?…" for a link: ``{% query_string page=2 %}``.

    None or "" takes a parameter out; empty ones are dropped, so that an address holds only what narrows the list.
    """
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        query.setlist(name, [] if value is None else [str(value)])
    for name in list(query):
        kept = [value for value in query.getlist(name) if value != ""]
        query.setlist(name, kept)
    return f"?{query.urlencode()}"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A line icon from static/img/icons.svg; silent for screen readers unless it carries a label."""
    address = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>',
            label,
            address,
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


# -- states -------------------------------------------------------------------


def state_word(state: str) -> str:
    """The word that goes with a state's colour and shape."""
    words = {
        "met": _("已达标"),
        "at-risk": _("有差距"),
        "behind": _("落后"),
        "exempt": _("免考核"),
        "achieved": _("已完成"),
    }
    return words.get(state, "")


@register.inclusion_tag("components/badge.html")
def badge(state: str, word: str = "") -> dict[str, str]:
    """A state as shape and word: ``{% badge "at-risk" %}``; ``word`` replaces the usual one."""
    name = state.replace("_", "-")
    return {"state": name, "word": word or state_word(name)}


# -- figures -------------------------------------------------------------------


def share_of(value: Decimal, whole: Decimal) -> Decimal:
    """How many percent of ``whole`` the value is, between 0 and 100, to two decimals, as a width on the page."""
    if whole <= 0:
        return Decimal(0)
    return min(max(value / whole * 100, Decimal(0)), Decimal(100)).quantize(CENT)


@register.inclusion_tag("components/meter.html")
def meter(
    value: object,
    target: object,
    label: str = "",
    state: str = "",
    pace: object = None,
    unit: str = "",
) -> dict[str, Any]:
    """How far something is: ``{% meter standing.hours line.hours label=line.name state="at-risk" pace=expected %}``.

    ``value`` and ``target`` in ``unit`` (学时 unless told otherwise); ``pace`` draws a mark where one should be by now.
    The text says what the bar shows, so the bar itself is silent for a screen reader but for role=meter.
    """
    done, whole, expected = (
        _number(value) or Decimal(0),
        _number(target) or Decimal(0),
        _number(pace),
    )
    return {
        "label": label,
        "unit": unit or _("学时"),
        "value": number(done),
        "target": number(whole),
        "share": share_of(done, whole),
        "shown_state": (state or ("met" if whole and done >= whole else "")).replace("_", "-"),
        "missing": number(whole - done) if done < whole else "",
        "pace": number(expected) if expected is not None else "",
        "pace_share": share_of(expected, whole) if expected is not None else "",
    }


class Bar(NamedTuple):
    """One line of a bar chart: a name, a figure, what is printed for it, a state for its colour, where it opens to."""

    label: str
    value: Decimal
    text: str = ""
    state: str = ""
    url: str = ""


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(rows: Iterable[Bar], caption: str, most: object = None) -> dict[str, Any]:
    """Bars side by side, drawn as a table so that every figure can be read: rows of ``Bar`` (or tuples like it).

    ``most``: the figure that fills the whole track; without it the largest value does.
    """
    bars = [Bar(*row) for row in rows]
    whole = _number(most) or max((Decimal(bar.value) for bar in bars), default=Decimal(0))
    drawn = [
        {
            **bar._asdict(),
            "text": bar.text or number(bar.value),
            "share": share_of(Decimal(bar.value), whole),
        }
        for bar in bars
    ]
    return {"caption": caption, "rows": drawn}


class Column(NamedTuple):
    """One column of a trend: a short name (a month), its figure (None: not reached yet), the figure it should reach."""

    label: str
    value: Decimal | None
    goal: Decimal | None = None


# The trend is drawn on a grid as wide as a phone, so that its letters keep their size there.
PLOT_LEFT, PLOT_TOP, PLOT_WIDTH, PLOT_HEIGHT = (
    Decimal(34),
    Decimal(10),
    Decimal(320),
    Decimal(150),
)


@register.inclusion_tag("components/column_chart.html")
def column_chart(rows: Iterable[Column], caption: str, unit: str = "", most: object = None) -> dict[str, Any]:
    """A trend over the year against the line that would reach the goal, with its table under it.

    Rows of ``Column`` (or tuples like it), figures in ``unit``; ``most``: the figure at the top of the scale.
    """
    columns = [Column(*row) for row in rows]
    figures = [Decimal(figure) for column in columns for figure in (column.value, column.goal) if figure is not None]
    whole = _number(most) or max(figures, default=Decimal(0)) or Decimal(1)
    step = PLOT_WIDTH / max(len(columns), 1)
    bottom = PLOT_TOP + PLOT_HEIGHT
    drawn, line = [], []
    for index, column in enumerate(columns):
        left = PLOT_LEFT + step * index
        height = share_of(Decimal(column.value or 0), whole) * PLOT_HEIGHT / 100
        drawn.append(
            {
                "label": column.label,
                "value": number(column.value),
                "goal": number(column.goal),
                "reached": column.value is not None and (column.goal is None or column.value >= column.goal),
                "x": (left + step * Decimal("0.2")).quantize(CENT),
                "y": (bottom - height).quantize(CENT),
                "width": (step * Decimal("0.6")).quantize(CENT),
                "height": height.quantize(CENT),
                "middle": (left + step / 2).quantize(CENT),
            }
        )
        if column.goal is not None:
            goal_y = bottom - share_of(Decimal(column.goal), whole) * PLOT_HEIGHT / 100
            line.append(f"{(left + step / 2).quantize(CENT)},{goal_y.quantize(CENT)}")
    scale = [
        {"y": bottom - PLOT_HEIGHT * quarter / 4, "text": number(whole * quarter / 4)} for quarter in range(0, 5, 2)
    ]
    return {
        "caption": caption,
        "unit": unit,
        "columns": drawn,
        "goal_line": " ".join(line),
        "scale": scale,
    }


# -- paging ----------------------------------------------------------------------


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: RequestContext, page: Any) -> dict[str, Any]:
    """Links to the pages of a ``Page``, with the filters kept: ``{% pagination page_obj %}``."""
    links = [
        {
            "number": entry,
            "url": query_string(context, page=entry) if isinstance(entry, int) else "",
        }
        for entry in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
    return {
        "page": page,
        "links": links,
        "previous": query_string(context, page=page.previous_page_number()) if page.has_previous() else "",
        "next": query_string(context, page=page.next_page_number()) if page.has_next() else "",
    }
