"""What a Chinese editor reads of the admin is Chinese (ecosystem.md "Versions": Wagtail translates about four fifths)."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.conf import settings
from django.utils import translation

from lms.core import wagtail_words

FOLDER = Path(settings.LOCALE_PATHS[0])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder of catalogues made anew from the installed packages."""
    wagtail_words.update(tmp_path)
    return tmp_path


def test_it_works() -> None:
    assert not wagtail_words.drift(FOLDER)


def test_nothing_of_the_installed_packages_stays_english() -> None:
    for domain in wagtail_words.DOMAINS:
        ours = polib.pofile(str(FOLDER / f"zh_Hans/LC_MESSAGES/{domain}.po"))
        translated = {entry.msgid for entry in ours.translated_entries()}
        assert {words.text for words in wagtail_words.missing(domain)} - translated == set()


def test_only_what_is_not_installed_is_left_out() -> None:
    installed = {app.name for app in apps.get_app_configs()}
    assert not {module.replace("/", ".") for module in wagtail_words.LEFT_OUT} & installed
    assert set(wagtail_words.LEFT_OUT) <= set(wagtail_words.catalogues("django"))


def test_the_admin_reads_them() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Search all pages…") == "搜索所有页面…"
        assert translation.ngettext("%(num_pages)d page", "%(num_pages)d pages", 2) == "%(num_pages)d pages"  # left out
    with translation.override("en"):
        assert translation.gettext("Search all pages…") == "Search all pages…"


def test_an_upgrade_that_says_something_new_is_noticed(copy: Path) -> None:
    path = copy / "zh_Hans/LC_MESSAGES/django.po"
    assert len(wagtail_words.drift(copy).untranslated) == sum(
        map(len, map(wagtail_words.missing, wagtail_words.DOMAINS))
    )
    ours = polib.pofile(str(path))
    gone = ours.pop()
    ours.append(polib.POEntry(msgid="No longer said", msgstr="不再说"))
    ours.save(str(path))
    found = wagtail_words.drift(copy)
    assert (found.obsolete, len(found.missing), found.stale) == (["'No longer said'"], 1, ["zh_Hans/django.mo"])
    assert repr(gone.msgid) in found.missing[0]


def test_an_update_keeps_what_is_translated(copy: Path) -> None:
    path = copy / "zh_Hans/LC_MESSAGES/django.po"
    ours = polib.pofile(str(path))
    ours.find("Search all pages…").msgstr = "搜索"
    ours.save(str(path))
    wagtail_words.update(copy)
    assert polib.pofile(str(path)).find("Search all pages…").msgstr == "搜索"
    assert wagtail_words.drift(copy).stale == []
