"""What can be known without running the tests: format, lint, types, contracts, drift. Every check runs; all must pass."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
KEY = "check-only-" * 5


def run(title: str, *command: str, **environment: str) -> bool:
    """Run one check; print what it says only when it fails."""
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL
    )
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {title}", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-3000:], flush=True)
    return done.returncode == 0


def audit() -> bool:
    """Known holes in the locked dependencies. Where the service cannot be reached this says so and passes."""
    command = [str(BIN / "pip-audit"), "--disable-pip", "--no-deps", "-r", "requirements/base.txt", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        print("--   dependency audit: no answer, left out")
        return True
    if done.returncode and "vulnerabilit" not in done.stderr + done.stdout:
        print("--   dependency audit: the service is out of reach, left out")
        return True
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} dependency audit")
    if done.returncode:
        print(done.stdout[-4000:])
    return done.returncode == 0


def main() -> int:
    manage = (sys.executable, "manage.py")
    with tempfile.TemporaryDirectory(prefix="xx-check-") as data:
        production = {
            "XIANGXUE_DATA": data,
            "ALLOWED_HOSTS": "xiangxue.example",
            "XIANGXUE_SECRET_KEY": KEY,
            "XIANGXUE_FIELD_KEY": KEY,
        }
        results = [
            run("format", str(BIN / "ruff"), "format", "--check", "."),
            run("lint", str(BIN / "ruff"), "check", "."),
            run("types", str(BIN / "mypy"), XIANGXUE_DATA=data),
            run("import contracts", str(BIN / "lint-imports"), "--no-cache"),
            run("templates", str(BIN / "djlint"), "lms", "courses", "cms", "--lint"),
            run("migrations drift", *manage, "makemigrations", "--check", "--dry-run", XIANGXUE_DATA=data),
            run("translations drift", *manage, "translations", "--check", XIANGXUE_DATA=data),
            run("system checks", *manage, "check", "--deploy", "--fail-level", "WARNING", **production),
            audit(),
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
