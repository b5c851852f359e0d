"""What the visual system promises on every page: contrast, weight, and nothing that the security policy forbids."""

from __future__ import annotations

import gzip
import re
from importlib import reload
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import get_template
from django.test import RequestFactory

from lms import urls
from lms.core.context import ELDER_COOKIE
from lms.core.style_guide import style_guide

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path for room in ("lms", "courses", "cms") for path in (ROOT / room).rglob("templates/**/*.html") if path.is_file()
)
CSS = sorted((ROOT / "static" / "css").glob("*.css"))


def colours() -> dict[str, str]:
    text = (ROOT / "static/css/tokens.css").read_text()
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("text", "ground"),
    [(text, ground) for text in ("ink", "slate", "red-deep") for ground in ("paper", "card", "sand")]
    + [
        ("gold-ink", "gold-tint"),
        ("green-ink", "green-tint"),
        ("amber-ink", "amber-tint"),
        ("red-deep", "red-tint"),
    ]
    + [
        ("card", "red"),
        ("card", "red-deep"),
        ("card", "slate"),
        ("slate", "slate-tint"),
        ("card", "green"),
    ],
)
def test_text_reaches_wcag_aa(text, ground):
    found = colours()
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_carries_what_the_policy_forbids(path):
    text = re.sub(
        r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}",
        "",
        path.read_text(),
        flags=re.DOTALL,
    )
    assert not re.search(r"\sstyle\s*=", text), "an inline style is not shown under the policy"
    assert not re.search(r"<style", text), "a style element is not shown under the policy"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "an inline handler does not run under the policy"
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", text), "no inline script"
    assert not re.search(r"(?:src|href)=\"https?://", text), "nothing is fetched from elsewhere"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_compiles(path):
    parts = path.parts
    get_template("/".join(parts[parts.index("templates") + 1 :]))


def weight(path):
    return len(gzip.compress(path.read_bytes()))


def styles_of(path):
    return {ROOT / "static" / name for name in re.findall(r"""static ['"](css/[a-z-]+\.css)""", path.read_text())}


def test_the_visual_system_is_light():
    """A page loads what base.html names, the base script and the few files of its room."""
    everywhere = styles_of(ROOT / "lms/templates/base.html") | {ROOT / "static/js/base.js"}
    assert len(everywhere) > 5
    heaviest = max(TEMPLATES, key=lambda path: sum(map(weight, styles_of(path) - everywhere)))
    whole = sum(map(weight, everywhere | styles_of(heaviest)))
    assert whole <= 24_000, f"{heaviest.relative_to(ROOT)}: styles and base script, compressed, in bytes"


def test_every_icon_named_in_a_template_is_drawn():
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (ROOT / "static/img/icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'\{% icon "([a-z-]+)"', path.read_text())}
    assert named <= drawn


@pytest.mark.parametrize("elder", [True, False])
def test_the_style_guide_shows_every_component(elder):
    request = RequestFactory().get("/style-guide/", headers={"accept-language": "zh-hans"})
    request.user = AnonymousUser()
    request.COOKIES[ELDER_COOKIE] = "1" if elder else "0"
    html = style_guide(request).content.decode()
    assert ('<html lang="zh-hans" class="elder">' in html) is elder
    shown = set(re.findall(r'class="([^"]*)"', html))
    for name in (
        "page-head",
        "stats",
        "meter",
        "chart",
        "table table-cards",
        "paging",
        "roster",
        "error-summary",
        "drop",
    ):
        assert name in shown, f"the style guide does not show .{name}"
    assert 'role="radiogroup" aria-labelledby="who-p1"' in html
    assert not re.search(r"\{%|\{\{", html)


def test_the_style_guide_has_an_address_only_where_debugging_is_on(settings):
    def addresses() -> list[str]:
        return [str(pattern.pattern) for pattern in reload(urls).urlpatterns]

    assert "style-guide/" not in addresses()
    settings.DEBUG = True
    try:
        assert addresses().index("style-guide/") < len(addresses()) - 1
    finally:
        settings.DEBUG = False
        reload(urls)
