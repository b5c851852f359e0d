"""How the station's pages say how long something ran."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def duration_zh(milliseconds: int) -> str:
    """Milliseconds as people say them: 754000 → "12 分 34 秒"; from an hour on without seconds."""
    minutes, seconds = divmod(int(milliseconds) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)s 小时 %(minutes)s 分") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)s 分 %(seconds)s 秒") % {"minutes": minutes, "seconds": seconds}
