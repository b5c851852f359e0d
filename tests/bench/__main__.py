"""``make bench``: every benchmark as a ratio against its reference in the same run; a table, and figures in var/bench.json."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

# A module that is missing is an error: a benchmark that does not run must not look like one that passed.
MODULES = ("beats", "checkin", "board", "roster_import", "audit", "search", "planning", "lesson_page", "paper")
ROOT = Path(__file__).resolve().parents[2]


def main(names: list[str]) -> int:
    """Run the named benchmarks (all without names); 0 when every figure meets its target, 1 when one does not."""
    target = ROOT / os.environ.get("XIANGXUE_DATA", "var") / "bench.json"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _scratch(folder)
        found = {name: _run(name) for name in names or MODULES}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    _table(found)
    print(f"\n{target}")
    return 0 if all(row["met"] for row in found.values()) else 1


def _scratch(folder: str) -> None:
    """A durable SQLite database of its own: the benchmarks fill it and leave the site's alone, whatever it is.

    DATABASE_URL stays in the environment for those that measure a server in a database they make there.
    """
    server = os.environ.pop("DATABASE_URL", "")
    os.environ.update(XIANGXUE_DATA=folder, DJANGO_SETTINGS_MODULE="lms.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name their files by what is in them
    if server:
        os.environ["DATABASE_URL"] = server


def _run(name: str) -> dict[str, Any]:
    print(f"{name} …", file=sys.stderr, flush=True)
    result: dict[str, Any] = importlib.import_module(f"tests.bench.{name}").run()
    return result


def _table(found: dict[str, dict[str, Any]]) -> None:
    print(f"{'':44} {'figure':>10} {'reference':>10} {'ratio':>7} {'target':>8}")
    for row in found.values():
        mark = "met" if row["met"] else "NOT MET"
        print(
            f"{row['name']:44} {row['figure']:>10} {row['reference']:>10} {row['ratio']:>7} {row['target']:>8}  {mark}"
            f"  ({row['reference_name']})"
        )
        for size, values in row.get("sizes", {}).items():
            told = ", ".join(f"{name} {value}" for name, value in values.items())
            print(f"    {int(size):>10,}: {told}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
