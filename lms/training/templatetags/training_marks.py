"""Filters of the roster's row."""

from __future__ import annotations

from django import template

from lms.training import sheets

register = template.Library()
register.filter("times_note", sheets.times_note)
register.filter("leave_said", sheets.leave_said)


@register.filter
def own(user_id: int | None, reader_id: int | None) -> bool:
    """Whether a member's account is the reader's own: nobody marks himself."""
    return user_id is not None and user_id == reader_id
