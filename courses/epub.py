"""Reading an EPUB as a package of chapters (EPUB 2.0.1 OPF, EPUB 3.3): its spine in order, with the titles of its contents. No Django here.

A chapter is a page of the package and is shown in the same sandbox, with its scripts switched off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import unquote, urldefrag
from xml.etree.ElementTree import Element

from courses.manifest import MOST_ITEMS, Item, Manifest, ManifestError, join, tree

CONTAINER = "META-INF/container.xml"
VERSION = "epub"
Read = Callable[[str], bytes]
"""The bytes of the archive's file of that path. Raises KeyError."""


def parse(read: Read) -> Manifest:
    """Title and chapters of the book. Raises ManifestError."""
    try:
        rootfile = next(tree(read(CONTAINER)).iter("rootfile")).get("full-path", "")
        package = tree(read(rootfile))
    except (StopIteration, KeyError) as error:
        raise ManifestError("bad-manifest") from error
    files = {node.get("id", ""): node for node in package.iter("item")}
    spine = [files[ref.get("idref", "")] for ref in package.iter("itemref") if ref.get("idref", "") in files]
    titles = _titles(package, files, rootfile, read)
    items = [
        Item(node.get("id", "")[:255], titles.get(href, "")[:255], 0, href)
        for node in spine
        for href in [join(rootfile, node.get("href", ""))]
    ]
    if not items:
        raise ManifestError("no-launch")
    return Manifest(" ".join((package.findtext("metadata/title") or "").split()), VERSION, _named(items[:MOST_ITEMS]))


def _named(items: list[Item]) -> list[Item]:
    """Pages that the contents do not name belong to the chapter before them: they are opened under its name."""
    found: list[Item] = []
    for number, item in enumerate(items, 1):
        before = found[-1].title if found else ""
        title = item.title or before or f"{number}"
        found.append(Item(item.identifier, title, 0, item.href))
    return found


def _titles(package: Element, files: dict[str, Element], rootfile: str, read: Read) -> dict[str, str]:
    """Titles by file, from EPUB 3's navigation or EPUB 2's NCX; a book without readable contents has none."""
    nav = next((node for node in files.values() if "nav" in node.get("properties", "").split()), None)
    spine = package.find("spine")
    ncx = files.get(spine.get("toc", "") if spine is not None else "")
    found: dict[str, str] = {}
    for node, entries in ((nav, _of_nav), (ncx, _of_ncx)):
        if node is None or found:
            continue
        address = join(rootfile, node.get("href", ""))
        try:
            rows = list(entries(tree(read(unquote(address)))))
        except (ManifestError, KeyError):
            continue
        for href, title in rows:
            found.setdefault(urldefrag(join(address, href)).url, " ".join(title.split()))
    return found


def _of_nav(root: Element) -> Iterator[tuple[str, str]]:
    for nav in root.iter("nav"):
        if nav.get("type", "toc") == "toc":
            yield from ((link.get("href", ""), "".join(link.itertext())) for link in nav.iter("a"))


def _of_ncx(root: Element) -> Iterator[tuple[str, str]]:
    for point in root.iter("navpoint"):
        content = point.find("content")
        if content is not None:
            yield content.get("src", ""), point.findtext("navlabel/text") or ""
