"""The admin in Chinese: what Wagtail's own translation leaves in English is translated in ``locale/zh_Hans``.

The catalogue holds exactly the strings that the packages have in English and not in Chinese; after an upgrade
``manage.py translations --update`` brings new ones in, empty, and drops those that Wagtail has translated since.
Like ``catalogue`` this is for developers: nothing that serves the site imports it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import polib

from lms.core.catalogue import Drift, Message, key, placeholders_agree

PACKAGES = ("wagtail", "wagtailmedia")
DOMAINS = ("django", "djangojs")
# Catalogues that no page of ours shows, and strings that may stay as they are, each with the reason.
LEFT_OUT = {
    "wagtail/contrib/search_promotions": "not installed",
    "wagtail/contrib/settings": "not installed",
    "wagtail/contrib/simple_translation": "not installed",
    "wagtail/contrib/styleguide": "not installed",
    "wagtail/locales": "not installed",
}
KEPT = {
    'JavaScript is required to use Wagtail, but it is currently disabled.<br /> Here are the <a href="https': (
        "names an address abroad"
    ),
}
# Said again by us although Wagtail says it: its words are not the ones that the rest of the admin uses.
BETTER = {"live", "live + scheduled", "live + draft", "live + in moderation", "Promote"}
METADATA = {
    "Project-Id-Version": "xiangxue",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


def catalogues(domain: str) -> dict[str, Path]:
    """The folders with an English catalogue of this domain, by the module they belong to (``wagtail/admin``)."""
    found = {}
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(package)
        home = Path(spec.origin).parent
        for path in sorted(home.rglob(f"locale/en/LC_MESSAGES/{domain}.po")):
            found[path.parents[3].relative_to(home.parent).as_posix()] = path.parents[2]
    return found


def missing(domain: str) -> dict[Message, str]:
    """What the packages say in English and not in Chinese, or not in good Chinese, with the module that says it first."""
    found: dict[Message, str] = {}
    shown = {module: folder for module, folder in catalogues(domain).items() if module not in LEFT_OUT}
    known = set().union(*(_translated(folder, domain) for folder in shown.values()))
    for module, folder in shown.items():
        for entry in polib.pofile(str(folder / "en/LC_MESSAGES" / f"{domain}.po")):
            words = key(entry)
            needed = words.text in BETTER or ((words.context, words.text) not in known and not _kept(words))
            if needed and not entry.obsolete:
                found.setdefault(words, module)
    return found


def _translated(folder: Path, domain: str) -> set[tuple[str, str]]:
    """Context and text of what a module's own Chinese catalogue has; all installed ones are merged at run time."""
    path = folder / "zh_Hans/LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        return set()
    return {(entry.msgctxt or "", entry.msgid) for entry in polib.pofile(str(path)).translated_entries()}


def _kept(message: Message) -> bool:
    return any(message.text.startswith(beginning) for beginning in KEPT)


def load(path: Path) -> polib.POFile:
    """Our catalogue on disk, or an empty one."""
    ours = polib.pofile(str(path), wrapwidth=110) if path.exists() else polib.POFile(wrapwidth=110)
    ours.metadata = dict(METADATA)
    return ours


def update(folder: Path) -> None:
    """Make the catalogues below ``folder`` (``locale``) hold exactly what is missing, keep what is translated, compile."""
    for domain in DOMAINS:
        path = folder / "zh_Hans/LC_MESSAGES" / f"{domain}.po"
        old = {key(entry): entry for entry in load(path)}
        ours = load(path.with_suffix(".none"))
        for message, module in sorted(missing(domain).items(), key=lambda item: (item[1], item[0].text)):
            ours.append(_entry(message, module, old.get(message)))
        path.parent.mkdir(parents=True, exist_ok=True)
        ours.save(str(path))
        path.with_suffix(".mo").write_bytes(ours.to_binary())


def _entry(message: Message, module: str, kept: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(msgid=message.text, msgctxt=message.context or None, occurrences=[(module, "")])
    if "%(" in message.text:
        entry.flags = ["python-format"]
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = kept.msgstr_plural if kept else {0: ""}
    else:
        entry.msgstr = kept.msgstr if kept else ""
    return entry


def drift(folder: Path) -> Drift:
    """Where our catalogues below ``folder`` and the installed packages disagree."""
    result = Drift()
    for domain in DOMAINS:
        path = folder / "zh_Hans/LC_MESSAGES" / f"{domain}.po"
        ours = load(path)
        entries = {key(entry): entry for entry in ours}
        wanted = missing(domain)
        result.missing += [f"{words.text!r} ({module})" for words, module in wanted.items() if words not in entries]
        result.obsolete += [repr(words.text) for words in entries if words not in wanted]
        result.untranslated += [repr(words.text) for words, entry in entries.items() if not entry.translated()]
        result.placeholders += [repr(words.text) for words, entry in entries.items() if not placeholders_agree(entry)]
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != ours.to_binary():
            result.stale.append(f"zh_Hans/{compiled.name}")
    return result
