"""Keeping the index. Wagtail indexes pages and bases as they are saved; what is written in parts or in bulk comes here."""

from __future__ import annotations

from django.core.management import call_command
from django.core.paginator import Paginator
from django.db.models import Model
from modelsearch.backends import get_search_backend

CHUNK = 1000


def refresh(instance: Model) -> None:
    """Write the entry of an object anew: called by the service that changed it, in its transaction."""
    get_search_backend().add(instance)


def refill(*models: type[Model]) -> None:
    """Write the entries of all objects of some models."""
    backend = get_search_backend()
    for model in models:
        rows = model.get_indexed_objects().order_by("pk")  # type: ignore[attr-defined]
        for chunk in Paginator(rows, CHUNK):
            backend.add_bulk(model, list(chunk.object_list))


def nightly() -> None:
    """Write every entry anew and drop those of objects that are gone: a renamed base reaches the visits to it."""
    call_command("update_index", verbosity=0)
