"""A gateway on this machine that keeps what it was sent and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Gateway(ThreadingHTTPServer):
    """``answers``: status codes to give in turn, then 200; 0: take the message and close without a word."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[int] = []
        self.taken: list[dict[str, Any]] = []
        self.said: dict[str, Any] = {"id": "gw-1", "errcode": 0}
        self.keys: set[str] = set()
        """Idempotency keys of what was delivered on to a telephone."""

    @property
    def delivered(self) -> int:
        """How many telephones rang: a repeated key rings none."""
        return len(self.keys)


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(
            {"path": self.path, "headers": dict(self.headers), "raw": raw, "body": json.loads(raw)}
        )
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status in (0, 200) and (key := self.headers.get("Idempotency-Key")):
            self.server.keys.add(key)
        if status == 0:
            self.close_connection = True
            return
        payload = json.dumps(self.server.said).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def running() -> Iterator[Gateway]:
    """The gateway, listening on a free port of this machine until the block ends."""
    gateway = Gateway()
    thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.shutdown()
        gateway.server_close()
        thread.join()
