"""The site at another hour: a server whose clock a test turns (``Hour.turn``). The browser's clock stays as it is."""

from __future__ import annotations

import datetime as dt
import os
import threading
from pathlib import Path
from typing import Any

import time_machine

from lms.wsgi import application as site

FILE = "hour"
_lock = threading.Lock()
_travels: list[tuple[str, Any]] = []
"""What the file said when this process last looked, and the traveller that stands for it."""


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """The site, after a look at what time it is to be."""
    file = Path(os.environ["XIANGXUE_DATA"], FILE)
    text = file.read_text() if file.exists() else ""
    with _lock:
        if text and (not _travels or _travels[-1][0] != text):
            if _travels:
                _travels.pop()[1].stop()
            named, real = (dt.datetime.fromisoformat(part) for part in text.split("\n"))
            traveller = time_machine.travel(named + (dt.datetime.now(dt.UTC) - real), tick=True)
            traveller.start()
            _travels.append((text, traveller))
    return site(environ, start_response)


class Hour:
    """The hands of that clock: ``data`` is the folder of the site."""

    def __init__(self, data: Path) -> None:
        self.file = data / FILE

    def turn(self, moment: dt.datetime) -> None:
        """From now on it is this moment, and time goes on from there."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"{moment.astimezone(dt.UTC).isoformat()}\n{dt.datetime.now(dt.UTC).isoformat()}")
        draft.replace(self.file)
