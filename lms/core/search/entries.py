"""What is written into the index for an object: its texts as terms, by how much they say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Manager, Model
from django.utils import translation
from django.utils.encoding import force_str
from modelsearch.index import AutocompleteField, RelatedFields, SearchField
from modelsearch.utils import get_content_type_pk

from lms.core.search import words

TITLE_BOOST = 2
"""A field of so much boost is part of the title; one of more than 1 of the summary; every other of the body."""
LONGEST_BODY = 20_000
"""Characters of a body that are indexed: a lesson has one or two thousand."""
TITLE, SUMMARY, BODY = "title", "summary", "body"


class Entry(NamedTuple):
    """The terms of an object, as often as they occur. Sounds are kept of titles and summaries, first letters of titles."""

    title: list[str]
    summary: list[str]
    body: list[str]
    autocomplete: list[str]


def entry_of(instance: Model) -> Entry:
    """The terms of an indexed object."""
    texts: dict[str, list[str]] = {TITLE: [], SUMMARY: [], BODY: []}
    completed: list[str] = []
    for field in instance.get_search_fields():  # type: ignore[attr-defined]
        for leaf, text in _texts(instance, field):
            if isinstance(leaf, AutocompleteField):
                completed += _title(text)
            else:
                texts[_place(leaf)].append(text)
    summary = " ".join(texts[SUMMARY])
    return Entry(
        title=_title(" ".join(texts[TITLE])),
        summary=_terms(summary) + [term.text for term in words.spoken(summary, initials=False)],
        body=_terms(" ".join(texts[BODY])[:LONGEST_BODY]),
        autocomplete=completed,
    )


def _terms(text: str) -> list[str]:
    return [term.text for term in words.written(text)]


def _title(text: str) -> list[str]:
    return _terms(text) + [term.text for term in words.spoken(text, initials=True)]


def _place(field: SearchField) -> str:
    boost = field.boost or 1
    if boost >= TITLE_BOOST:
        return TITLE
    return SUMMARY if boost > 1 else BODY


def _texts(instance: Any, field: Any) -> Iterator[tuple[Any, str]]:
    """The fields that hold text, those of related objects included, with their text."""
    if isinstance(field, SearchField | AutocompleteField):
        yield field, _plain(field.get_value(instance))
    elif isinstance(field, RelatedFields):
        value = field.get_value(instance)
        related = value.all() if isinstance(value, Manager) else [] if value is None else [value]
        for one in related:
            for inner in field.fields:
                yield from _texts(one, inner)


def _plain(value: Any) -> str:
    """A field's value as text; its parts are kept apart, so that no term spans two of them."""
    if value is None:
        return ""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return " ".join(_plain(item) for item in value)
    return force_str(value)


class Indexing:
    """The index of one database: entries are written whole, in one statement."""

    spell: Callable[[Entry], dict[str, str]]
    """An entry as the columns ``title``, ``body`` and ``autocomplete`` of the index."""
    entries: Any

    def add_items(self, model: type[Model], objs: Iterable[Model]) -> None:
        """Write the entries of some objects of a model, in place of those that they had."""
        content_type = get_content_type_pk(model)
        table = self.entries.model
        with translation.override(settings.LANGUAGE_CODE):  # labels of choices, whatever the editor's language
            rows = [
                table(content_type_id=content_type, object_id=str(one.pk), **self.spell(entry_of(one))) for one in objs
            ]
        key = ["content_type", "object_id"]
        columns = ["title", "body", "autocomplete"]
        table.objects.bulk_create(rows, batch_size=200, update_conflicts=True, unique_fields=key, update_fields=columns)

    def _refresh_title_norms(self, full: bool = False) -> None:
        """Not needed: the ranks of both databases weigh a title by themselves."""


class Hit(NamedTuple):
    """A find: the id of the object, as text, and how well it fits (more is better)."""

    pk: str
    score: float
