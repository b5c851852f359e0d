"""An SQLite database that is migrated once: later runs begin with a copy of it, and only what migrations added since runs.

Migrating an empty database takes half a minute a worker; copying one takes none. The copy lies in the system's temporary
folder under the hash of every migration and of the locked packages, so that a changed migration makes another.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

_held: list[sqlite3.Connection] = []
"""An SQLite database in memory lives as long as somebody is connected to it."""


def path() -> Path:
    """Where the migrated database of just these migrations and packages lies."""
    root = Path(settings.BASE_DIR)
    digest = hashlib.sha256()
    migrations = (
        file for room in ("lms", "courses", "cms") for file in sorted(root.glob(f"{room}/**/migrations/*.py"))
    )
    for file in [*migrations, root / "requirements/base.txt"]:
        digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return Path(tempfile.gettempdir()) / f"xiangxue-tests-{os.getuid()}-{digest.hexdigest()[:20]}.sqlite3"


def install() -> None:
    """Let the test database of this process begin with the copy, or leave one behind. Nothing on another engine."""
    if connection.vendor != "sqlite":
        return
    creation: Any = connection.creation
    place = path()
    make_empty: Callable[..., str] = creation._create_test_db
    make: Callable[..., str] = creation.create_test_db

    def filled(*args: Any, **kwargs: Any) -> str:
        name = make_empty(*args, **kwargs)
        if place.exists():
            into = sqlite3.connect(name, uri=True)
            with sqlite3.connect(place) as source:
                source.backup(into)
            _held.append(into)
        return name

    def kept(*args: Any, **kwargs: Any) -> str:
        name = make(*args, **kwargs)
        if not place.exists():
            draft = place.with_suffix(f".{os.getpid()}")
            with sqlite3.connect(draft) as target:
                connection.connection.backup(target)
            draft.replace(place)
        return name

    creation._create_test_db, creation.create_test_db = filled, kept
