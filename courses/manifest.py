"""Reading ``imsmanifest.xml``: which parts a SCORM package has, what they are called and where they begin. No Django here.

SCORM 1.2 CAM 2.3, SCORM 2004 CAM 3.4 (3rd and 4th edition). Of sequencing only order and titles are kept: a county's
packages are studied by a list of contents, and every part can be opened at any time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from courses.archives import decoded

NAME = "imsmanifest.xml"
MOST_BYTES = 5 * 1024 * 1024
MOST_DEPTH = 60
MOST_ITEMS = 1_000
DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
XML_BASE = "http://www.w3.org/XML/1998/namespace base"


class ManifestError(ValueError):
    """A manifest that says nothing playable: ``bad-manifest``, ``entities``, ``no-manifest``, ``several``, ``no-launch``,
    ``launch-missing``, ``external``, ``flash``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the table of contents: a part that can be opened (``href`` set) or a heading above such.

    ``href``: relative to the manifest, with the part's parameters. ``launch_data``, ``mastery_score`` (0–100, 1.2),
    ``passing_score`` (−1–1, 2004): what the manifest gives the part to start with, as text.
    """

    identifier: str
    title: str
    depth: int
    href: str = ""
    sco: bool = False
    launch_data: str = ""
    mastery_score: str = ""
    passing_score: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Title, ``1.2`` or ``2004``, and the contents in order."""

    title: str
    version: str
    items: list[Item] = field(default_factory=list)


def heading(item: Item) -> Item:
    """The item as a line of the contents alone, where its first page is not to be had."""
    return replace(item, href="", sco=False)


def parse(raw: bytes) -> Manifest:
    """The manifest in a file's bytes. Raises ManifestError."""
    root = tree(raw)
    if root.tag != "manifest":
        raise ManifestError("bad-manifest")
    version = _version(root)
    resources = _resources(root)
    organisation = _organisation(root)
    items = list(_items(organisation, resources, 0)) if organisation is not None else []
    title = _text(organisation, "title") if organisation is not None else ""
    if not any(item.href for item in items):
        items = _without_organisation(resources, title)
    _check_playable(items, resources)
    return Manifest(title, version, items[:MOST_ITEMS])


# -- XML, without what makes XML dangerous ---------------------------------------------


class _Builder:
    """A tree from expat's events with the namespaces cut off; a document that declares entities is refused."""

    def __init__(self) -> None:
        self.depth = 0
        self.tree = TreeBuilder()
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.tree.data
        self.parser.EntityDeclHandler = self.refuse

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ManifestError("bad-manifest")
        self.tree.start(_local(name).lower(), {_attribute(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self.depth -= 1
        self.tree.end(_local(name).lower())

    def refuse(self, *_declaration: object) -> None:
        raise ManifestError("entities")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _attribute(name: str) -> str:
    return "xml:base" if name == XML_BASE else _local(name).lower()


def tree(raw: bytes) -> Element:
    """The XML in a file's bytes, names in lower case without their namespaces. Raises ManifestError."""
    if len(raw) > MOST_BYTES:
        raise ManifestError("bad-manifest")
    builder = _Builder()
    try:
        builder.parser.Parse(_as_text(raw).encode(), True)
        return builder.tree.close()
    except (expat.ExpatError, AssertionError) as error:
        raise ManifestError("bad-manifest") from error


def _as_text(raw: bytes) -> str:
    """The document as text: by its mark, else as declared, else UTF-8 or GB 18030; expat itself knows no Chinese encoding."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    declared = DECLARED.match(raw.lstrip())
    name = declared.group(1).decode().lower() if declared else ""
    return raw.decode("gb18030", errors="replace") if name.startswith("gb") else decoded(raw).lstrip()


# -- what it says ------------------------------------------------------------------------


def _version(root: Element) -> str:
    told = " ".join(node.text or "" for node in root.iter("schemaversion"))
    if "2004" in told or "1.3" in told:
        return "2004"
    if "1.2" in told or "1.1" in told:
        return "1.2"
    newer = {"sequencing", "completionthreshold", "controlmode"}
    return "2004" if any(node.tag in newer for node in root.iter()) else "1.2"


@dataclass(frozen=True, slots=True)
class _Resource:
    href: str
    sco: bool


def _resources(root: Element) -> dict[str, _Resource]:
    """Resources that can be opened, by identifier, in the manifest's order."""
    found = {}
    base = root.get("xml:base", "")
    for group in root.findall("resources"):
        inner = join(base, group.get("xml:base", ""))
        for node in group.findall("resource"):
            href = node.get("href", "").strip().replace("\\", "/")
            if href:
                kind = node.get("scormtype", "asset").lower()
                found[node.get("identifier", "")] = _Resource(
                    join(join(inner, node.get("xml:base", "")), href), kind == "sco"
                )
    return found


def join(base: str, href: str) -> str:
    """An address as seen from another."""
    return urljoin(base, href.strip()) if base else href.strip()


def _organisation(root: Element) -> Element | None:
    """The organisation that the manifest names as its own, else the first."""
    group = root.find("organizations")
    if group is None:
        return None
    rows = group.findall("organization")
    wanted = group.get("default", "")
    return next((row for row in rows if row.get("identifier") == wanted), rows[0] if rows else None)


def _items(parent: Element, resources: dict[str, _Resource], depth: int) -> Iterator[Item]:
    for node in parent.findall("item"):
        if node.get("isvisible", "true").lower() == "false":
            continue
        resource = resources.get(node.get("identifierref", ""))
        yield Item(
            identifier=node.get("identifier", "")[:255],
            title=(_text(node, "title") or node.get("identifier", ""))[:255],
            depth=depth,
            href=_with_parameters(resource.href, node.get("parameters", "")) if resource else "",
            sco=resource.sco if resource else False,
            launch_data=_text(node, "datafromlms")[:4096],
            mastery_score=_text(node, "masteryscore")[:20],
            passing_score=_passing_score(node),
        )
        yield from _items(node, resources, depth + 1)


def _text(node: Element, name: str) -> str:
    return " ".join((node.findtext(name) or "").split())


def _passing_score(node: Element) -> str:
    """The measure at which the part's own objective is met, where its sequencing says so."""
    for objective in node.findall("sequencing/objectives/primaryobjective"):
        if objective.get("satisfiedbymeasure", "").lower() == "true":
            return (_text(objective, "minnormalizedmeasure") or "1.0")[:20]
    return ""


def _with_parameters(href: str, parameters: str) -> str:
    """SCORM CAM 3.4.1.3: what an item adds to the address of its resource."""
    parameters = parameters.strip().lstrip("?&")
    if not parameters:
        return href
    if parameters.startswith("#"):
        return href if "#" in href else href + parameters
    return href + ("&" if "?" in href else "?") + parameters


def _without_organisation(resources: dict[str, _Resource], title: str) -> list[Item]:
    """A package without contents is played by its resources: those that speak to the system, else the first."""
    chosen = [(key, one) for key, one in resources.items() if one.sco] or list(resources.items())[:1]
    return [
        Item(key[:255], title if title and len(chosen) == 1 else key[:255], 0, one.href, one.sco) for key, one in chosen
    ]


def _check_playable(items: list[Item], resources: dict[str, _Resource]) -> None:
    hrefs = [item.href for item in items if item.href]
    if not hrefs:
        raise ManifestError("no-launch")
    if all(urlsplit(href).scheme or urlsplit(href).netloc for href in hrefs):
        raise ManifestError("external")
    if all(urlsplit(href).path.lower().endswith(".swf") for href in hrefs):
        raise ManifestError("flash")
