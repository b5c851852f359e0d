"""The second language: strings are found in code and templates, and the catalogue cannot drift unseen."""

from __future__ import annotations

import gettext
from pathlib import Path

import polib
import pytest

from lms.core import catalogue
from lms.core.catalogue import Message

CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy
TITLE = _("我的学时")
BAND = pgettext_lazy("牌子", "达标")
def count(n): return ngettext("%(n)s 人", "%(n)s 位", n) % {"n": n}
NOT_SHOWN = "只在代码里"
"""
TEMPLATE = """{% load i18n %}<a title="{% translate "回到首页" %}" data-x='gettext("不是")'>
{# 说明不算 #}{% blocktranslate trimmed with n=members %}
  共 {{ n }} 人，
  完成 100%
{% endblocktranslate %}{% include "x.html" with title=_("参训率") %}{% translate "五月" context "月份" %}
{{ value|default:_("无") }}</a>"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one module and one template."""
    (tmp_path / "lms/templates").mkdir(parents=True)
    (tmp_path / "lms/migrations").mkdir()
    (tmp_path / "lms/page.py").write_text(CODE)
    (tmp_path / "lms/migrations/0001.py").write_text('from x import _\n_("迁移里的")\n')
    (tmp_path / "lms/templates/page.html").write_text(TEMPLATE)
    return tmp_path


@pytest.fixture
def po(project: Path) -> Path:
    return project / "lms/locale/en/LC_MESSAGES/django.po"


def translate_all(path: Path) -> polib.POFile:
    found = catalogue.load(path)
    for entry in found:
        words = " ".join(f"%({name})s" for name in catalogue.PLACEHOLDER.findall(entry.msgid))
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "one person", 1: f"{words} people"}
        else:
            entry.msgstr = f"English {words}"
    found.save(str(path))
    return found


def test_it_works(project: Path, po: Path) -> None:
    catalogue.update(project, po)
    translate_all(po)
    catalogue.update(project, po)
    assert not catalogue.drift(project, po)
    with po.with_suffix(".mo").open("rb") as compiled:
        english = gettext.GNUTranslations(compiled)
    assert english.gettext("我的学时") == "English "
    assert english.ngettext("%(n)s 人", "%(n)s 位", 5) == "%(n)s people"
    assert english.pgettext("月份", "五月") == "English "


def test_strings_of_code_and_templates_are_found_and_others_are_not(project: Path) -> None:
    assert set(catalogue.collect(project)) == {
        Message("我的学时"),
        Message("达标", context="牌子"),
        Message("%(n)s 人", plural="%(n)s 位"),
        Message("回到首页"),
        Message("共 %(n)s 人， 完成 100%%"),
        Message("参训率"),
        Message("五月", context="月份"),
        Message("无"),
    }


def test_a_new_string_is_missing_and_a_removed_one_obsolete(project: Path, po: Path) -> None:
    catalogue.update(project, po)
    (project / "lms/page.py").write_text('_("新的话")')
    found = catalogue.drift(project, po)
    assert found.missing == ["'新的话' (lms/page.py)"]
    assert "'我的学时'" in found.obsolete


def test_an_untranslated_or_fuzzy_string_is_named(project: Path, po: Path) -> None:
    catalogue.update(project, po)
    assert "'我的学时'" in catalogue.drift(project, po).untranslated
    translated = translate_all(po)
    entry = translated.find("我的学时")
    entry.flags = ["fuzzy"]
    translated.save(str(po))
    assert catalogue.drift(project, po).untranslated == ["'我的学时'"]


def test_a_translation_names_the_placeholders_of_its_source(project: Path, po: Path) -> None:
    catalogue.update(project, po)
    translated = translate_all(po)
    translated.find("共 %(n)s 人， 完成 100%%").msgstr = "%(m)s members"
    translated.save(str(po))
    assert catalogue.drift(project, po).placeholders == ["'共 %(n)s 人， 完成 100%%'"]


def test_a_catalogue_that_was_not_compiled_is_stale(project: Path, po: Path) -> None:
    catalogue.update(project, po)
    translate_all(po)
    assert catalogue.drift(project, po).stale == ["django.mo"]


def test_an_update_keeps_what_is_translated_and_changes_nothing_twice(project: Path, po: Path) -> None:
    catalogue.update(project, po)
    translate_all(po)
    catalogue.update(project, po)
    first = po.read_bytes(), po.with_suffix(".mo").read_bytes()
    catalogue.update(project, po)
    assert (po.read_bytes(), po.with_suffix(".mo").read_bytes()) == first
    assert catalogue.load(po).find("五月", msgctxt="月份").msgstr == "English "
