"""Collected files: compressed once for all their names, and what comes out of the small form is what went in."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from lms.core.static import LARGE, ContentCompressor, StaticStorage


@pytest.mark.parametrize("size", [2_000, LARGE * 3])
def test_both_forms_hold_what_went_in_and_are_made_once(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    pack = brotli.compress
    monkeypatch.setattr(brotli, "compress", lambda data, **how: made.append(len(data)) or pack(data, **how))
    compressor = ContentCompressor(quiet=True)
    content = b"let number = 1; // and so on\n" * (size // 30)
    for name in ("one.js", "one.0123456789ab.js"):
        (tmp_path / name).write_bytes(content)
        compressor.compress(str(tmp_path / name))
        assert brotli.decompress((tmp_path / f"{name}.br").read_bytes()) == content
        assert gzip.decompress((tmp_path / f"{name}.gz").read_bytes()) == content
    assert made == [len(content)]


def test_the_storage_collects_with_it(tmp_path: Path) -> None:
    storage = StaticStorage(location=tmp_path)
    (tmp_path / "one.js").write_text("let number = 1;\n" * 200)
    list(storage.post_process({"one.js": (storage, "one.js")}))
    assert len(list(tmp_path.glob("one*.js.br"))) == 2
    assert isinstance(storage.create_compressor(quiet=True), ContentCompressor)


@pytest.mark.parametrize(
    ("url", "forever"),
    [
        ("/static/vendor/hls.js-1.7.4/dist/hls.light.min.mjs", True),
        ("/static/vendor/manifest.json", False),
        ("/static/js/player.js", False),
    ],
)
def test_only_what_never_changes_under_its_name_is_kept_for_ever(client: Client, url: str, forever: bool) -> None:
    response: Any = client.get(url)
    assert response.status_code == 200
    assert ("immutable" in response["Cache-Control"]) is forever
    assert finders.find(url.removeprefix(settings.STATIC_URL))
