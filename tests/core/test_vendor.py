"""What others made: every file is the one that was checked in, has a licence, and is locked without an address."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

ROOT = Path(settings.BASE_DIR)
VENDOR = ROOT / "static" / "vendor"
PACKAGES: list[dict[str, Any]] = json.loads((VENDOR / "manifest.json").read_text())["packages"]
LOCK: dict[str, dict[str, Any]] = json.loads((ROOT / "package-lock.json").read_text())["packages"]
each = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])


@each
def test_every_file_is_the_one_that_the_manifest_names(package: dict[str, Any]) -> None:
    folder = VENDOR / package["folder"]
    on_disk = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert on_disk == package["files"]


@each
def test_every_package_has_its_licence_beside_it(package: dict[str, Any]) -> None:
    licences = [name for name in package["files"] if Path(name).name.startswith("LICENSE")]
    assert licences
    assert all((VENDOR / package["folder"] / name).stat().st_size > 200 for name in licences)
    assert package["licence"] in {"MIT", "Apache-2.0", "BSD-3-Clause"}


@each
def test_the_version_is_the_locked_one_and_the_wanted_one(package: dict[str, Any]) -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert package["version"] == LOCK[f"node_modules/{package['name']}"]["version"] == wanted[package["name"]]


@each
def test_no_script_names_a_map_that_is_not_there(package: dict[str, Any]) -> None:
    """The static storage refuses a missing map."""
    for name in package["files"]:
        path = VENDOR / package["folder"] / name
        if path.suffix in {".js", ".mjs"}:
            assert "\n//# sourceMappingURL" not in path.read_text(), name


def test_every_folder_is_named_by_a_manifest() -> None:
    named = {package["folder"] for package in PACKAGES} | {"noto-sans-sc-2.004"}
    assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == named


def test_the_lock_has_a_hash_for_everything_and_no_address() -> None:
    assert "://" not in (ROOT / "package-lock.json").read_text()
    assert "registry=" not in (ROOT / ".npmrc").read_text().replace("omit-lockfile-registry-resolved=", "")
    assert all("integrity" in facts for path, facts in LOCK.items() if path)
    assert not any("resolved" in facts for facts in LOCK.values())


def test_nothing_locked_runs_when_it_is_installed() -> None:
    assert "ignore-scripts=true" in (ROOT / ".npmrc").read_text().splitlines()
    assert not [path for path, facts in LOCK.items() if facts.get("hasInstallScript")]


def test_pages_can_have_them() -> None:
    for package in PACKAGES:
        for name in package["files"]:
            assert finders.find(f"vendor/{package['folder']}/{name}"), name
