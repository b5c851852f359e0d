"""What must stay: pages with which people have done something, films, pictures and documents that pages show.

Every relation that protects a page is asked, those of rooms above this one included (a pair's list): Django knows them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import PROTECT, ForeignObjectRel
from wagtail.models import Page

from courses.models import MediaFile


def relations() -> Iterator[ForeignObjectRel]:
    """Every relation whose rows keep a page of ours from being deleted, each once."""
    seen = set()
    for model in apps.get_models():
        if not issubclass(model, Page):
            continue
        for relation in model._meta.get_fields(include_hidden=True):
            if not isinstance(relation, ForeignObjectRel) or relation.field in seen:
                continue
            if relation.on_delete is PROTECT:
                seen.add(relation.field)
                yield relation


def records_below(page: Page) -> list[str]:
    """What there is of people's doing with a page or one below it, in words (播放会话, 读书笔记); empty when nothing is."""
    words = [
        str(relation.related_model._meta.verbose_name)
        for relation in relations()
        if relation.related_model._base_manager.filter(
            **{f"{relation.field.name}__path__startswith": page.path}
        ).exists()
    ]
    return list(dict.fromkeys(words))


def is_shown(row: Any) -> bool:
    """Whether a page shows a film (as its lesson's own or in a text), a picture or a document.

    Pages that are not published count; a draft that stands over a published page does not.
    """
    return (isinstance(row, MediaFile) and row.lessons.exists()) or row.get_usage().count() > 0
