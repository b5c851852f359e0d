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
from django.utils.translation import get_language, pgettext
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
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)
