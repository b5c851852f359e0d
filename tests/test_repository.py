"""What the repository promises about itself: contracts name every package, locks name no address, documents name what exists."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MAX_LINES = 500
TEXT = {".py", ".html", ".css", ".js", ".md", ".toml", ".sh", ".service", ".conf", ""}
FREE_TO_BE_LONG = {"LICENSE"}


def tracked() -> list[Path]:
    """The files of the project: what git knows and what it would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def contracts() -> configparser.ConfigParser:
    found = configparser.ConfigParser()
    found.read(ROOT / ".importlinter")
    return found


def names(value: str) -> set[str]:
    """The modules in a value of the import linter: one or more a line, comments left out."""
    lines = [line for line in value.splitlines() if not line.strip().startswith("#")]
    return set(re.findall(r"[\w.]+", "\n".join(lines)))


def modules_on_disk() -> set[str]:
    """The top packages and everything directly inside ``lms``: the rooms of the house and its few loose modules."""
    top = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    rooms = {f"lms.{path.parent.name}" for path in ROOT.glob("lms/*/__init__.py")}
    loose = {f"lms.{path.stem}" for path in ROOT.glob("lms/*.py")} - {"lms.__init__"}
    return (top - {"lms"}) | rooms | loose


def test_every_package_and_loose_module_is_named_by_the_layers() -> None:
    """``lms.settings`` is imported by nobody and ``lms.wsgi`` by the server: a contract and a start file, not rooms."""
    named = names(contracts()["importlinter:contract:house"]["layers"])
    assert modules_on_disk() - {"lms.settings", "lms.wsgi"} == named


def test_every_room_is_kept_from_the_settings() -> None:
    contract = contracts()["importlinter:contract:settings"]
    assert names(contract["source_modules"]) == modules_on_disk() - {"lms.settings", "lms.wsgi"}


def test_every_module_of_rules_is_kept_from_django() -> None:
    contract = contracts()["importlinter:contract:rules"]
    on_disk = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for room in ("lms", "courses", "cms")
        for path in (ROOT / room).rglob("rules.py")
    }
    assert on_disk <= names(contract["source_modules"])


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_a_lock_names_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    assert "://" not in text
    assert "index-url" not in text
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9._-]+(\[[\w,-]+\])?==\S+", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    listed = tomllib.loads(text)["project"]["dependencies"]
    for dependency in listed:
        line = next(line for line in text.splitlines() if f'"{dependency}"' in line)
        assert re.search(r"#\s*\S.{7,}", line), f"{dependency}: why?"


def test_every_listed_dependency_is_locked() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    locked = set(
        re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==", (ROOT / "requirements/base.txt").read_text(), re.MULTILINE)
    )
    assert {re.match(r"[\w.-]+", dependency)[0].lower() for dependency in listed} <= locked


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    long = {}
    for path in tracked():
        relative = path.relative_to(ROOT)
        if path.suffix in TEXT and path.name not in FREE_TO_BE_LONG and "vendor" not in relative.parts:
            lines = path.read_text(encoding="utf-8", errors="ignore").count("\n")
            if lines > MAX_LINES:
                long[str(relative)] = lines
    assert long == {}


def environment_names() -> set[str]:
    """Every name that lms/settings.py reads from the environment."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "lms/settings.py").read_text())):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        function = ast.unparse(node.func)
        value = node.args[0].value
        if (function.startswith("env.") or function in {"_secret", "_path"}) and re.fullmatch(
            r"[A-Z0-9_]+", str(value)
        ):
            found.add(value)
    return found


def commands_on_disk() -> set[str]:
    paths = [path for room in ("lms", "courses", "cms") for path in (ROOT / room).rglob("management/commands/*.py")]
    return {path.stem for path in paths if path.stem != "__init__"}


def first_cells(document: str, heading: str) -> set[str]:
    """The names in the first column of the table under a heading; a name is the first word in backticks."""
    section = (ROOT / "docs" / document).read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([\w-]+)", section, re.MULTILINE))


def test_the_settings_are_read_at_all() -> None:
    assert {"XIANGXUE_SECRET_KEY", "XIANGXUE_DATA", "DATABASE_URL", "XIANGXUE_DEBUG"} <= environment_names()


def test_the_documents_name_every_setting_and_no_other() -> None:
    assert first_cells("settings.md", "Names") == environment_names()


def test_the_documents_name_every_command_and_no_other() -> None:
    assert first_cells("contract.md", "manage.py") == commands_on_disk()


def test_the_documents_name_every_make_target_and_no_other() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    section = (ROOT / "docs/contract.md").read_text().split("## Make\n", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `make ([\w-]+)`", section, re.MULTILINE)) == set(phony.split())


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    records = sorted(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert records
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index) == records


@pytest.mark.parametrize(("document", "least"), [("rules", 36), ("attacks", 20)])
def test_every_row_has_the_test_that_is_named(document: str, least: int) -> None:
    rows = re.findall(r"`([\w/]+\.py)::(test_\w+)`", (ROOT / f"docs/{document}.md").read_text())
    assert len(rows) >= least
    missing = [f"{path}::{name}" for path, name in rows if f"def {name}(" not in (ROOT / "tests" / path).read_text()]
    assert missing == []
