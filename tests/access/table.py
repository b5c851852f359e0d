"""Who may open what. One line an address and method; an address that is missing here fails the suite.

Columns: url name · method · object · who may when the object is in the OWN branch | in a SIBLING town's branch | in the PARENT
county itself. Addresses without an object have one column. ``*`` everybody who is signed in, ``**`` everybody, ``-`` nobody.
"May" is any answer but a sign-in page, 403 or 404; so a form that is refused (422) was opened.

Own is the village branch C-T01-B01: ``secretary``, ``station`` and ``member`` belong to it, ``town`` and ``trainer`` to its
town, ``county``, ``editor``, ``auditor`` and ``system`` to the county.
"""

from __future__ import annotations

from typing import NamedTuple

TABLE = """
login                 GET   -            **
logout                POST  -            **
password-change       GET   -            *
elder-mode            POST  -            **
set_language          POST  -            **
home-for-role         GET   -            *
healthz               GET   -            **
readyz                GET   -            **

member-list           GET   -            county town secretary auditor
member-detail         GET   member       county town secretary auditor        | county auditor | county auditor
member-id-number      POST  member       county town                          | county         | county
member-login          POST  member       county town                          | county         | county

goal-list             GET   -            *
exemption-list        GET   -            county town secretary auditor
member-exemptions     GET   member       county town secretary auditor        | county auditor | county auditor
member-exemptions     POST  member       county town                          | county         | county
exemption-withdraw    POST  exemption    county town                          | county         | county

play-start            POST  lesson       member
play-beat             POST  -            **
play-finish           POST  -            **

wagtail_serve         GET   -            **
wagtailcore_login     GET   -            **
"""


class Row(NamedTuple):
    """One line of the table; ``places`` are the sets of personas for own, sibling and parent."""

    name: str
    method: str
    kind: str
    places: tuple[frozenset[str], ...]


EVERYBODY = frozenset(
    {"", "county", "town", "secretary", "station", "trainer", "editor", "auditor", "system", "member"}
)


def _personas(text: str) -> frozenset[str]:
    words = text.split()
    if words == ["**"]:
        return EVERYBODY
    if words == ["*"]:
        return EVERYBODY - {""}
    return frozenset(words) - {"-"}


def rows() -> list[Row]:
    """The table, line by line."""
    found = []
    for line in TABLE.strip().splitlines():
        if line.strip():
            name, method, kind, who = line.split(None, 3)
            found.append(Row(name, method, kind, tuple(_personas(part) for part in who.split("|"))))
    return found
