"""Reading ``imsmanifest.xml``: which parts a SCORM package has, what they are called and where they begin. No Django here.

SCORM 1.2 CAM 2.3, SCORM 2004 CAM 3.4 (3rd and 4th edition). Of sequencing only order and titles are kept: a county's
packages are studied by a list of contents, and every part can be opened at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from courses import manifest_text

NAME = "imsmanifest.xml"
MOST_BYTES = 5 * 1024 * 1024
MOST_DEPTH = 60
MOST_ITEMS = 1_000
MOST_INSIDE = 3
"""Of manifests that refer to manifests inside them."""


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
    package = _Package(_resources(root), {_name(one, "identifier"): one for one in root.iter("manifest")})
    title, items = "", []
    for organisation in _organisations(root):
        found = list(_items(organisation, package, 0, 0))
        title = title or _text(organisation, "title")
        if any(item.href for item in found):
            title, items = _text(organisation, "title"), found
            break
    if not items:
        items = _without_organisation(package.resources, title)
    _check_playable(items)
    return Manifest(title, _version(root), items[:MOST_ITEMS])


# -- XML, without what makes XML dangerous ---------------------------------------------


class _Builder:
    """A tree from expat's events with the prefixes cut off, declared or not; a document that declares entities is refused."""

    def __init__(self) -> None:
        self.depth = 0
        self.tree = TreeBuilder()
        self.parser = expat.ParserCreate("utf-8")
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
    return name.rpartition(":")[2]


def _attribute(name: str) -> str:
    name = name.lower()
    return name if name == "xml:base" else _local(name)


def tree(raw: bytes) -> Element:
    """The XML in a file's bytes, names in lower case without their prefixes. What other systems read in spite of its faults
    is mended. Raises ManifestError."""
    if len(raw) > MOST_BYTES:
        raise ManifestError("bad-manifest")
    text = manifest_text.decoded(raw)
    try:
        return _parsed(text)
    except (expat.ExpatError, AssertionError):
        pass
    try:
        return _parsed(manifest_text.mended(text))
    except (expat.ExpatError, AssertionError) as error:
        raise ManifestError("bad-manifest") from error


def _parsed(text: str) -> Element:
    builder = _Builder()
    builder.parser.Parse(text.encode(errors="replace"), True)
    return builder.tree.close()


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


@dataclass(frozen=True, slots=True)
class _Package:
    """What items refer to: resources that can be opened, and manifests inside the manifest, by identifier."""

    resources: dict[str, _Resource]
    manifests: dict[str, Element]


def _name(node: Element, attribute: str) -> str:
    return node.get(attribute, "").strip()


def _resources(root: Element, base: str = "") -> dict[str, _Resource]:
    """Resources that can be opened, by identifier, in the order of the manifest and of those inside it."""
    found = {}
    base = join(base, root.get("xml:base", ""))
    for group in root.findall("resources"):
        inner = join(base, group.get("xml:base", ""))
        for node in group.findall("resource"):
            href = _first_page(node)
            if href:
                kind = node.get("scormtype", "asset").strip().lower()
                address = join(join(inner, node.get("xml:base", "")), href)
                found[_name(node, "identifier")] = _Resource(address, kind == "sco")
    for inside in root.findall("manifest"):
        found = _resources(inside, base) | found
    return found


def _first_page(node: Element) -> str:
    """Where a resource begins: its address, else the first page among its files."""
    files = [_name(one, "href") for one in node.findall("file")]
    return _name(node, "href") or next((one for one in files if one.lower().endswith((".html", ".htm"))), "")


def join(base: str, href: str) -> str:
    """An address as seen from another; what was written on Windows has backslashes."""
    base, href = base.strip().replace("\\", "/"), href.strip().replace("\\", "/")
    return urljoin(base, href) if base else href


def _organisations(root: Element) -> list[Element]:
    """The organisations, that which the manifest names as its own first; those of manifests inside it last."""
    rows = []
    for one in root.iter("manifest"):
        group = one.find("organizations")
        if group is not None:
            wanted = _name(group, "default")
            rows += sorted(group.findall("organization"), key=lambda row: _name(row, "identifier") != wanted)
    return rows


def _items(parent: Element, package: _Package, depth: int, inside: int) -> Iterator[Item]:
    """The lines of an organisation. One that is not to be shown leaves those below it where they are (SCORM CAM 3.4.1.7)."""
    for node in parent.findall("item"):
        below = depth
        if node.get("isvisible", "true").strip().lower() != "false":
            yield _item(node, package.resources, depth)
            below += 1
        yield from _items(node, package, below, inside)
        manifest = package.manifests.get(_name(node, "identifierref"))
        if manifest is not None and inside < MOST_INSIDE:
            for organisation in _organisations(manifest)[:1]:
                yield from _items(organisation, package, below, inside + 1)


def _item(node: Element, resources: dict[str, _Resource], depth: int) -> Item:
    resource = resources.get(_name(node, "identifierref"))
    return Item(
        identifier=_name(node, "identifier")[:255],
        title=(_text(node, "title") or _name(node, "identifier"))[:255],
        depth=depth,
        href=_with_parameters(resource.href, node.get("parameters", "")) if resource else "",
        sco=resource.sco if resource else False,
        launch_data=_text(node, "datafromlms")[:4096],
        mastery_score=_text(node, "masteryscore")[:20],
        passing_score=_passing_score(node),
    )


def _text(node: Element, name: str) -> str:
    found = node.find(name)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""


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
    address, hash_, place = href.partition("#")
    return address + ("&" if "?" in address else "?") + parameters + hash_ + place


def _without_organisation(resources: dict[str, _Resource], title: str) -> list[Item]:
    """A package without contents is played by its resources: those that speak to the system, else the first page."""
    pages = [
        (key, one) for key, one in resources.items() if urlsplit(one.href).path.lower().endswith((".html", ".htm"))
    ]
    chosen = [(key, one) for key, one in resources.items() if one.sco] or (pages or list(resources.items()))[:1]
    return [
        Item(key[:255], title if title and len(chosen) == 1 else key[:255], 0, one.href, one.sco) for key, one in chosen
    ]


def _check_playable(items: list[Item]) -> None:
    hrefs = [item.href for item in items if item.href]
    if not hrefs:
        raise ManifestError("no-launch")
    if all(urlsplit(href).scheme or urlsplit(href).netloc for href in hrefs):
        raise ManifestError("external")
    if all(urlsplit(href).path.lower().endswith(".swf") for href in hrefs):
        raise ManifestError("flash")
