"""How long a book takes to read, proposed from what it is made of. A PDF is counted by its pages, without reading its text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.utils.html import strip_tags

from courses import lengths
from courses.package_models import PackageFile, ScormPackage

PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
PACKED = re.compile(rb"/Type\s*/ObjStm\b.*?stream\r?\n(.*?)endstream", re.DOTALL)
MOST_PACKED = 32 * 1024 * 1024
"""Bytes that are unpacked of a PDF in all; its pages are among the first that small, whatever it says of itself."""
MOST_BYTES = 200 * 1024 * 1024


def pdf_pages(file: Any) -> int:
    """The pages of a PDF; 0 when they cannot be counted (encrypted, broken)."""
    file.seek(0)
    content = file.read(MOST_BYTES)
    file.seek(0)
    return sum(len(PAGE.findall(part)) for part in (content, *_unpacked(content)))


def _unpacked(content: bytes) -> Iterator[bytes]:
    """The packed objects of a PDF."""
    left = MOST_PACKED
    for found in PACKED.finditer(content):
        try:
            part = zlib.decompressobj().decompress(found[1], left)
        except zlib.error:
            continue
        left -= len(part)
        yield part
        if left <= 0:
            return


def epub_characters(package: ScormPackage) -> int:
    """The characters in the chapters of a book that was unpacked."""
    chapters = {PackageFile.key_of(item["href"].split("#")[0]) for item in package.items if item.get("href")}
    total = 0
    for row in package.files.filter(key__in=chapters):
        with default_storage.open(row.stored) as file:
            text = re.sub(
                r"<(script|style|head)\b.*?</\1>", "", file.read().decode(errors="replace"), flags=re.S | re.I
            )
        total += len("".join(strip_tags(text).split()))
    return total


def minutes(*, characters: int, pages: int, package: ScormPackage | None) -> int:
    """Whole minutes for a text, the pages of a PDF, or a book as EPUB; 0 when nothing can be said."""
    characters += pages * lengths.CHARACTERS_A_PAGE
    if package is not None and package.ready:
        characters += epub_characters(package)
    return lengths.minutes(lengths.reading_seconds(characters, 0) * 1000)
