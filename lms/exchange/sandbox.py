"""Starts the child processes that touch uploaded files, and says in a code what became of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass

from django.conf import settings

from lms.exchange.sheets import Book, Sheet


class FileProblem(ValueError):
    """A file that cannot be read as a roster; ``code`` for machines, ``messages.of_file`` has the words."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Limits:
    """How much a file may cost: rows and columns read, MB of memory, seconds of CPU, bytes of the file itself."""

    rows: int = 20_000
    columns: int = 60
    memory_mb: int = 256
    cpu_seconds: int = 5
    file_bytes: int = 20 * 1024 * 1024


def limits() -> Limits:
    """The site's limits (settings.IMPORT_LIMITS)."""
    return Limits(**settings.IMPORT_LIMITS)


# How a child ends that used up its time or memory: the processor limit, an abort of the allocator, the kernel.
EXHAUSTED = {-signal.SIGXCPU, -signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV}


def run(program: str, data: bytes, allowed: Limits) -> bytes:
    """Feed ``data`` to a module of this room in a child process; its output. Raises FileProblem when it is cut off."""
    command = [sys.executable, "-E", "-s", "-m", f"lms.exchange.{program}", json.dumps(asdict(allowed))]
    try:
        done = subprocess.run(  # noqa: S603 - our own program; the file comes on stdin, never as an argument
            command,
            input=data,
            capture_output=True,
            timeout=allowed.cpu_seconds * 6,
            check=False,
            cwd=settings.BASE_DIR,
        )
    except subprocess.TimeoutExpired as error:
        raise FileProblem("file-bomb") from error
    if done.returncode in EXHAUSTED:
        raise FileProblem("file-bomb")
    if done.returncode != 0:
        raise FileProblem("file-damaged")
    return done.stdout


def read_book(data: bytes, allowed: Limits | None = None) -> Book:
    """Read an uploaded table in a limited child process (``reader.py``). Raises FileProblem."""
    allowed = allowed or limits()
    if len(data) > allowed.file_bytes:
        raise FileProblem("file-too-large", megabytes=allowed.file_bytes // (1024 * 1024))
    kind = ""
    sheets: list[Sheet] = []
    for line in run("reader", data, allowed).splitlines():
        found = json.loads(line)
        if isinstance(found, list):
            sheets[-1].rows[found[0]] = found[1]
        elif "error" in found:
            raise FileProblem(found["error"], rows=allowed.rows)
        elif "sheet" in found:
            sheets.append(Sheet(found["sheet"], found["hidden"], found["merges"]))
        else:
            kind = found["kind"]
    return Book(kind, sheets)
