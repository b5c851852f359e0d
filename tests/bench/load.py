"""A load of HTTP requests from one process: so many connections at once, each sending the next request when it has its answer.

Hand-made on sockets, because on two cores a client library would cost more than the server that it measures.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Requests = Iterator[bytes]


@dataclass
class Load:
    """What came back: seconds that each answer took, answers by status."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.statuses[200] / self.seconds if self.seconds else 0.0

    @property
    def p99_ms(self) -> float:
        """The time that 99 of 100 answers stayed under, in milliseconds."""
        ordered = sorted(self.took)
        return ordered[int(len(ordered) * 0.99)] * 1000 if ordered else 0.0

    def add(self, other: Load) -> None:
        """Count another round in."""
        self.seconds += other.seconds
        self.took += other.took
        self.statuses += other.statuses


def post(port: int, path: str, body: bytes) -> bytes:
    """A POST of JSON as it goes over the line."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Line:
    """One connection that is kept: what it sends, what it has read of the present answer."""

    def __init__(self, port: int, requests: Requests) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.buffer = b""
        self.since = 0.0

    def send(self) -> None:
        self.since = time.perf_counter()
        self.socket.sendall(next(self.requests))

    def read(self) -> int | None:
        """The status of the answer when all of it has come."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        if not gap or not _whole(head, body):
            return None
        self.buffer = b""
        return int(head[9:12])


def _whole(head: bytes, body: bytes) -> bool:
    """Whether all of an answer's body has come."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return body.endswith(b"0\r\n\r\n")  # in chunks


def run(port: int, lines: int, requests: Callable[[int], Requests], seconds: float) -> Load:
    """Keep ``lines`` connections busy for some seconds; ``requests(n)`` yields what the n-th of them sends."""
    load = Load()
    opened = [_Line(port, requests(number)) for number in range(lines)]
    with selectors.DefaultSelector() as waiting:
        for line in opened:
            waiting.register(line.socket, selectors.EVENT_READ, line)
        start = time.perf_counter()
        for line in opened:
            line.send()
        busy = lines
        while busy:
            for key, _events in waiting.select(timeout=30):
                line: _Line = key.data
                status = line.read()
                if status is None:
                    continue
                now = time.perf_counter()
                load.took.append(now - line.since)
                load.statuses[status] += 1
                if now - start < seconds:
                    line.send()
                else:
                    busy -= 1
        load.seconds = time.perf_counter() - start
    for line in opened:
        line.socket.close()
    return load
