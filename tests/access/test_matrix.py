"""Every address × every role × own, sibling and parent unit, from the URLconf itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from wagtail.models import Page

from lms.members.models import Unit
from tests.access.objects import MAKERS, SENT
from tests.access.table import EVERYBODY, Row, rows
from tests.conftest import County

# Addresses that need an object nobody can name, or that serve files by name; each has tests of its own.
ELSEWHERE = {
    "media": "tests/courses/test_serve.py",
    "package-file": "tests/courses/test_packages.py: the address itself is the right",
    "stream-playlist": "tests/courses/test_serve.py",
    "wagtailcore_authenticate_with_password": "pages are not protected by passwords here",
}
ADMIN = ("admin/", "documents/")


def patterns(found: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in found:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, route)
        else:
            yield route, pattern


def everything() -> list[tuple[str, URLPattern]]:
    return list(patterns(get_resolver().url_patterns))


def refused(answer: Any) -> bool:
    """A sign-in page, 403 or 404."""
    return answer.status_code in (403, 404) or (answer.status_code == 302 and "/login/" in answer.url)


def test_every_address_is_in_the_table() -> None:
    listed = {row.name for row in rows()} | set(ELSEWHERE)
    found = {pattern.name for route, pattern in everything() if not route.startswith(ADMIN)}
    assert found - listed == set(), "an address without expectations"
    assert listed - found == set(), "expectations without an address"


def ask(client: Client, row: Row, unit: Unit, arguments: dict[str, Any]) -> Any:
    address = "/" if row.name == "wagtail_serve" else reverse(row.name, kwargs=arguments)
    sent = SENT[row.kind](unit) if row.kind in SENT else {}
    return client.get(address) if row.method == "GET" else client.post(address, sent)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.name}-{row.method}")
def test_who_may_open_what(row: Row, personas: County, login: Callable[[str], Client]) -> None:
    units: list[Unit] = [personas.branch, personas.other_branch, personas.root][: len(row.places)]
    for unit, allowed in zip(units, row.places, strict=True):
        arguments = MAKERS[row.kind](personas, unit)
        for persona in sorted(EVERYBODY):
            if row.method == "POST":  # the one before may have changed it
                arguments = MAKERS[row.kind](personas, unit)
            answer = ask(login(persona), row, unit, arguments)
            where = f"{row.method} {row.name} in {unit.code} as {persona or 'nobody'}: {answer.status_code}"
            assert answer.status_code < 500, where
            assert refused(answer) != (persona in allowed), where


# -- Wagtail's admin: county and editors only -------------------------------------------

OPEN_IN_ADMIN = {
    "wagtailadmin_login": "sends to our own sign-in page",
    "wagtailadmin_logout": "ends a session",
    "wagtailadmin_sprite": "icons",
    "wagtailadmin_javascript_catalog": "words of the admin's scripts",
    "wagtailadmin_password_reset": "switched off",
    "wagtailadmin_password_reset_done": "switched off",
    "wagtailadmin_password_reset_confirm": "switched off",
    "wagtailadmin_password_reset_complete": "switched off",
    "wagtailadmin_error_test": "fails on purpose",
    "wagtaildocs_serve": "public documents, by name",
}


def admin_addresses() -> list[tuple[str, URLPattern]]:
    return [(route, pattern) for route, pattern in everything() if route.startswith(ADMIN)]


WORDY = re.compile(r"<(str:|slug:)?\w*(?<!id)(?<!pk)>")  # names that we make up; Wagtail falls over them by itself
GROUP = re.compile(r"\(\?P<\w+>([^)]*)\)")


def fill(route: str, pattern: URLPattern) -> str:
    """An address with arguments that exist where that is easy (the home page is 2 or near it), else made up."""
    home = Page.objects.get(depth=2).pk
    address = GROUP.sub(lambda found: found.group(1).split("|")[0] if "|" in found.group(1) else str(home), route)
    address = address.replace("^", "").replace("$", "").replace("\\Z", "")
    while "<" in address:
        before, _open, rest = address.partition("<")
        inside, _close, after = rest.partition(">")
        kind, _colon, name = inside.rpartition(":")
        wordy = kind in ("str", "slug", "path", "") and not name.endswith(("id", "pk"))
        address = f"{before}{'x' if wordy else home}{after}"
    return f"/{address}"


@pytest.mark.parametrize("persona", sorted(EVERYBODY))
def test_the_admin_opens_to_county_and_editors_only(
    persona: str, personas: County, login: Callable[[str], Client]
) -> None:
    client = login(persona)
    client.raise_request_exception = False
    wrong = []
    for route, pattern in admin_addresses():
        if pattern.name in OPEN_IN_ADMIN:
            continue
        answer = client.get(fill(route, pattern))
        if persona in ("county", "editor"):
            if answer.status_code >= 500 and not WORDY.search(route):
                wrong.append(f"{route} {answer.status_code}")
        elif answer.status_code not in (302, 400, 403, 404, 405):
            wrong.append(f"{route} {answer.status_code}")
    assert wrong == []
