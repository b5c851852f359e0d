"""Which file of a package an address means, however its author wrote it. No Django here.

What comes out is a key of the package's own table of files and never a name in the storage: what leads upwards out of it is nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from courses.archives import decoded


def of(address: str) -> Iterator[str]:
    """Paths that an address without its parameters may mean, the most literal first, none twice. Escapes are UTF-8 or GBK."""
    seen = set()
    for way in (address, decoded(unquote_to_bytes(address))):
        clean = _clean(way)
        for path in (way, clean, unicodedata.normalize("NFC", clean)):
            if path and path not in seen:
                seen.add(path)
                yield path


def _clean(path: str) -> str:
    """The path from the package's top: with ``/``, without ``.`` and ``..``, blanks around it and an initial ``/``."""
    parts: list[str] = []
    for part in path.strip().replace("\\", "/").split("/"):
        if part == ".." and not parts:
            return ""
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "" if path.rstrip().endswith(("/", "\\")) else "/".join(parts)


def written(path: str) -> str:
    """A path as an address: only what would end it is escaped, the browser does the rest."""
    return path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
