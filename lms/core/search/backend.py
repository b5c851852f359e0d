"""Wagtail's search with our terms; ``WAGTAILSEARCH_BACKENDS`` names this module, so the admin finds Chinese by it too.

Tables, upkeep and filters stay those of modelsearch, Wagtail's search library; replaced are the writing of an entry and the
reading of a query. Modelsearch looks its own indexer up in the globals of its module, where it cannot be replaced: hence
``Indexing.add_items``. Its modules for the two databases define tables that the other one lacks: hence the late imports.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Protocol

from django.db import connection
from modelsearch.backends import get_search_backend

from lms.core.search.entries import Hit
from lms.core.search.query import Expression

MODULES = {"sqlite": "lms.core.search.sqlite", "postgresql": "lms.core.search.postgres"}


class Backend(Protocol):
    """What both databases offer beside Wagtail's search."""

    def kinds(self, expression: Expression) -> set[int]:
        """The content types among whose objects something is found, whoever may see it; one query."""

    def hits(self, expression: Expression, kinds: Iterable[int], keys: Any, limit: int) -> list[Hit]:
        """The best finds among objects of some content types, the best first. ``keys``: a query for their ids, as text."""


def SearchBackend(params: dict[str, Any]) -> Any:
    """The backend of the database in use. The name is the one that modelsearch looks for."""
    return import_module(MODULES[connection.vendor]).Backend(params)


def current() -> Backend:
    """The backend that the site is set to."""
    backend: Backend = get_search_backend()
    return backend
