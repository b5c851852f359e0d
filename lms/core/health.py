"""Whether this process lives, and whether the site can do its work."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from lms.core import queue

QUEUE_SECONDS = 15 * 60
DISK_BYTES = 300 * 1024 * 1024
BACKUP_SECONDS = 36 * 3600


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True}


def _queue() -> dict[str, Any]:
    try:
        waited = queue.oldest_waiting()
    except DatabaseError:
        return {"ok": False, "oldest_seconds": None}
    return {"ok": waited < QUEUE_SECONDS, "oldest_seconds": round(waited)}


def _disk() -> dict[str, Any]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    return {"ok": free > DISK_BYTES, "free_bytes": free}


def _backup() -> dict[str, Any]:
    """The age of the newest backup; a site that has never made one is told so, not stopped."""
    times = [path.stat().st_mtime for path in Path(settings.DATA_DIR, "backups").glob("*")]
    if not times:
        return {"ok": True, "age_seconds": None}
    age = time.time() - max(times)
    return {"ok": age < BACKUP_SECONDS, "age_seconds": round(age)}


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, age of the oldest waiting job, disk, age of the backup; 503 with Retry-After when one is not well."""
    checks = {"database": _database(), "queue": _queue(), "disk": _disk(), "backup": _backup()}
    ok = all(check["ok"] for check in checks.values())
    headers = {} if ok else {"Retry-After": "30"}
    return JsonResponse({"ok": ok, **checks}, status=200 if ok else 503, headers=headers)
