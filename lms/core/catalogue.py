"""The second language: what people read is Chinese in the source, English comes from one catalogue for the whole project.

Needs Babel and polib, which only a developer has; nothing that serves the site imports this module. GNU gettext is not
needed: templates are turned into calls by Django, calls are read by Babel, the catalogue is compiled by polib.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOMS = ("lms", "courses", "cms")
SKIPPED = {"migrations", "locale"}
TEMPLATE_SUFFIXES = {".html", ".txt"}
# Which arguments of a call are the msgid, its plural and its context, in Babel's notation.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_g": None,  # gettext where ``_`` is the lazy one
    "now_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
STRING = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
# What ``templatize`` leaves of a template: calls of these four shapes; all other text is blanked out.
TEMPLATE_CALL = re.compile(rf"(?<!\w)(_|n?p?gettext)\(\s*({STRING}(?:,\s*{STRING})*)\s*(?:,\s*count)?\s*\)")
PLACEHOLDER = re.compile(r"%\((\w+)\)")
METADATA = {
    "Project-Id-Version": "xiangxue",
    "Language": "en",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A string that people read, as the source has it."""

    text: str
    plural: str = ""
    context: str = ""


@dataclass(slots=True)
class Drift:
    """Where the catalogue and the source disagree; each line names a msgid, or says what is stale."""

    missing: list[str] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.missing, self.obsolete, self.untranslated, self.placeholders, self.stale))


def of_python(path: Path) -> Iterator[Message]:
    """The strings that a module wraps in gettext."""
    with path.open("rb") as source:
        for _line, found, _comments, context in extract("python", source, KEYWORDS):
            parts = (found,) if isinstance(found, str) else found
            text, plural = parts[0], parts[1] if len(parts) > 1 else ""
            if text:
                yield Message(text, plural or "", context or "")


def of_template(path: Path) -> Iterator[Message]:
    """The strings in ``translate``, ``blocktranslate`` and ``_("…")`` of a template."""
    for call in TEMPLATE_CALL.finditer(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
        name = call[1]
        parts = [ast.literal_eval(string) for string in re.findall(STRING, call[2])]
        context = parts.pop(0) if "p" in name else ""
        yield Message(parts[0], parts[1] if name.startswith("n") else "", context)


def sources(root: Path) -> Iterator[Path]:
    """Every file of the rooms that may hold a string, in a stable order."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if SKIPPED.isdisjoint(path.relative_to(root).parts) and path.is_file():
                yield path


def collect(root: Path) -> dict[Message, list[str]]:
    """Every message of the project with the files, relative to ``root``, that use it."""
    found: dict[Message, list[str]] = {}
    for path in sources(root):
        if path.suffix == ".py":
            messages = of_python(path)
        elif path.suffix in TEMPLATE_SUFFIXES and "templates" in path.parts:
            messages = of_template(path)
        else:
            continue
        for message in messages:
            users = found.setdefault(message, [])
            name = path.relative_to(root).as_posix()
            if name not in users:
                users.append(name)
    return found


def key(entry: polib.POEntry) -> Message:
    """What an entry of the catalogue stands for."""
    return Message(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


def load(path: Path) -> polib.POFile:
    """The catalogue on disk, or an empty one."""
    catalogue = polib.pofile(str(path), wrapwidth=110) if path.exists() else polib.POFile(wrapwidth=110)
    catalogue.metadata = dict(METADATA)
    return catalogue


def update(root: Path, path: Path) -> polib.POFile:
    """Make the catalogue at ``path`` hold exactly the messages of ``root``, keep what is translated, compile it.

    A line names files without line numbers, so that moving code does not change the catalogue.
    """
    old = {key(entry): entry for entry in load(path) if not entry.obsolete}
    catalogue = load(path.with_suffix(".none"))
    for message, users in sorted(collect(root).items(), key=lambda item: (item[1][0], item[0].text, item[0].context)):
        kept = old.get(message)
        entry = polib.POEntry(msgid=message.text, msgctxt=message.context or None)
        entry.occurrences = [(user, "") for user in users]
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = kept.msgstr_plural if kept else {0: "", 1: ""}
        else:
            entry.msgstr = kept.msgstr if kept else ""
        entry.flags = list(kept.flags) if kept else []
        catalogue.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    path.with_suffix(".mo").write_bytes(catalogue.to_binary())
    return catalogue


def drift(root: Path, path: Path) -> Drift:
    """Compare the catalogue at ``path`` and its compiled form with the source below ``root``."""
    catalogue = load(path)
    entries = {key(entry): entry for entry in catalogue if not entry.obsolete}
    wanted = collect(root)
    result = Drift(
        missing=[f"{message.text!r} ({users[0]})" for message, users in wanted.items() if message not in entries],
        obsolete=[repr(message.text) for message in entries if message not in wanted],
        untranslated=[repr(message.text) for message, entry in entries.items() if not entry.translated()],
        placeholders=[repr(message.text) for message, entry in entries.items() if not placeholders_agree(entry)],
    )
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != catalogue.to_binary():
        result.stale.append(compiled.name)
    return result


def placeholders_agree(entry: polib.POEntry) -> bool:
    """A translation names no placeholder that the source does not fill, and drops none (a plural's forms may)."""
    given = set(PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
    if entry.msgid_plural:
        return all(set(PLACEHOLDER.findall(text)) <= given for text in entry.msgstr_plural.values())
    return not entry.msgstr or set(PLACEHOLDER.findall(entry.msgstr)) == given
