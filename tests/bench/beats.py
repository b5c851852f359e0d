"""Beats a second: 16 players at once on the house as it is served, against a bare Django view that does one upsert.

Beside the rate stand what a beat costs the server (processor time of all its processes, database queries) and the peers of
performance.md, measured there beside a bare view with a signed token: how many times as fast as each the ratio makes us.

Both run on granian on the same database, in rounds that take turns. SQLite with synchronous=FULL always; PostgreSQL when
DATABASE_URL names one (in a database of its own, dropped afterwards).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from environ import Env

from tests.bench import load

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 16
VIEWERS = 256
ROUNDS = 5
SECONDS = 3.0
CLAIM_MS = 10
PORTS = {"house": 8751, "bare": 8752}
HEALTH = {"house": "/healthz", "bare": "/health/"}


@dataclass(frozen=True)
class Goal:
    """What performance.md asks on an engine; zero asks nothing."""

    rate: float
    ratio: float
    p99_ms: float


PROTOTYPE = 4168
"""Beats a second of a bare prototype with a signed token on the machine on which the peers were measured."""


@dataclass(frozen=True)
class Peer:
    """Another system's writes of progress a second on that machine, and how many times as fast we are to be."""

    name: str
    rate: float
    times: float


PEERS = (Peer("Moodle", 96, 8), Peer("Kolibri", 195, 6), Peer("wagtail-lms", 416, 3))
GOALS = {"SQLite FULL": Goal(rate=800, ratio=0, p99_ms=250), "PostgreSQL": Goal(rate=0, ratio=0.75, p99_ms=60)}


def run() -> dict[str, Any]:
    """``figure``: beats a second on SQLite; ``engines``: rate, reference, ratio, p99 (ms) of each engine."""
    engines = [_measure("SQLite FULL", "")]
    address = os.environ.get("DATABASE_URL", "")
    if address.startswith("postgres"):
        with scratch(address) as own:
            engines.append(_measure("PostgreSQL", own))
    for engine in engines:
        print(
            "{engine}: {figure}/s, bare view {reference}/s, ratio {ratio}, p99 {p99_ms} ms"
            " (bare {reference_p99_ms} ms), refused {refused}; a beat: {cpu_us} µs of processor"
            " (bare {reference_cpu_us} µs), {queries} query".format(**engine)
        )
        for name, peer in engine["peers"].items():
            print(f"    {name}: {peer['times']} times as fast, at least {peer['target']:g} asked")
    return {
        "name": "beats, 16 at once (a second)",
        **{key: engines[0][key] for key in ("figure", "reference", "ratio", "p99_ms")},
        "reference_name": "bare Django view, one upsert",
        "target": GOALS["SQLite FULL"].rate,
        "met": all(engine["met"] for engine in engines),
        "engines": engines,
    }


def _measure(name: str, address: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="beats") as folder, ExitStack() as stack:
        env = {**os.environ, "DATABASE_URL": address, "XIANGXUE_DATA": folder, "XIANGXUE_DEBUG": ""}
        env = {key: value for key, value in env.items() if value}
        tokens = _ask(env, str(VIEWERS))
        house = stack.enter_context(served("house", {**env, "DJANGO_SETTINGS_MODULE": "lms.settings"}))
        bare = stack.enter_context(served("bare", {**env, "DJANGO_SETTINGS_MODULE": "tests.bench.bare_settings"}))
        sent: dict[int, int] = {}
        sources = {
            "house": lambda line: _beats(tokens, sent, line),
            "bare": upserts,
        }
        began = {"house": _cpu_seconds(house), "bare": _cpu_seconds(bare)}
        found = rounds(sources)
        spent = {"house": _cpu_seconds(house) - began["house"], "bare": _cpu_seconds(bare) - began["bare"]}
        _replay(tokens)
        claimed = sum(sent.values()) * CLAIM_MS
        stands = _ask(env, "--credited")
        queries = _ask(env, "--queries")
    return {**_figures(name, found, claimed, stands, queries), **_costs(found, spent), "queries": queries}


def _cpu_seconds(server: int) -> float:
    """Processor time of a process and of those that it started, so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(_ticks(pid) for pid in (server, *_children(server))) / ticks


def _children(pid: int) -> list[int]:
    own = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*own, *(below for one in own for below in _children(one))]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _costs(found: dict[str, list[load.Load]], spent: dict[str, float]) -> dict[str, int]:
    """Microseconds of processor time a request; the round to warm up is as many again as its share of a second."""
    each = {}
    for who, loads in found.items():
        answers = sum(sum(one.statuses.values()) for one in loads)
        each[who] = round(1e6 * spent[who] / (answers * (1 + 1 / (ROUNDS * SECONDS))))
    return {"cpu_us": each["house"], "reference_cpu_us": each["bare"]}


def rounds(sources: dict[str, Callable[[int], Iterator[bytes]]]) -> dict[str, list[load.Load]]:
    """Rounds that take turns, after one to warm up."""
    kept = {who: {line: make(line) for line in range(AT_ONCE)} for who, make in sources.items()}
    found: dict[str, list[load.Load]] = {who: [] for who in sources}
    for number in range(ROUNDS + 1):
        for who in sources:
            seconds = SECONDS if number else 1.0
            done = load.run(PORTS[who], AT_ONCE, kept[who].__getitem__, seconds)
            if number:
                found[who].append(done)
    return found


def _beats(tokens: list[str], sent: dict[int, int], line: int) -> Iterator[bytes]:
    """What one connection sends: the next beat of each of its viewers in turn. ``sent``: the last number of each."""
    own = range(line, len(tokens), AT_ONCE)
    number = 0
    while True:
        for viewer in own:
            body = {
                "token": tokens[viewer],
                "sequence": number + 1,
                "from": number * CLAIM_MS,
                "to": (number + 1) * CLAIM_MS,
            }
            sent[viewer] = number + 1
            yield load.post(PORTS["house"], "/play/beat/", json.dumps(body).encode())
        number += 1


def upserts(line: int) -> Iterator[bytes]:
    own = range(line, VIEWERS, AT_ONCE)
    number = 0
    while True:
        number += 1
        for viewer in own:
            body = {"id": viewer, "sequence": number, "to": number * CLAIM_MS}
            yield load.post(PORTS["bare"], "/bare/", json.dumps(body).encode())


def _replay(tokens: list[str]) -> None:
    """Send the first beat of everybody once more: it must add nothing."""
    for token in tokens:
        body = json.dumps({"token": token, "sequence": 1, "from": 0, "to": CLAIM_MS}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{PORTS['house']}/play/beat/", body)
        with urllib.request.urlopen(request, timeout=10):
            pass


def _figures(name: str, found: dict[str, list[load.Load]], claimed: int, stands: int, queries: int) -> dict[str, Any]:
    total = {who: load.Load() for who in found}
    for who, loads in found.items():
        for one in loads:
            total[who].add(one)
    rate = {who: median(one.rate for one in loads) for who, loads in found.items()}
    ratio = median(ours.rate / other.rate for ours, other in zip(found["house"], found["bare"], strict=True))
    refused = sum(total["house"].statuses.values()) - total["house"].statuses[200]
    goal, p99 = GOALS[name], total["house"].p99_ms
    honest = 0 < stands <= claimed
    peers = {peer.name: {"times": round(ratio * PROTOTYPE / peer.rate, 1), "target": peer.times} for peer in PEERS}
    faster = all(peer["times"] >= peer["target"] for peer in peers.values())
    return {
        "engine": name,
        "figure": round(rate["house"]),
        "reference": round(rate["bare"]),
        "ratio": round(ratio, 2),
        "p99_ms": round(p99, 1),
        "reference_p99_ms": round(total["bare"].p99_ms, 1),
        "refused": refused,
        "claimed_seconds": round(claimed / 1000, 1),
        "credited_seconds": round(stands / 1000, 1),
        "peers": peers,
        "met": honest
        and faster
        and queries == 1
        and not refused
        and rate["house"] >= goal.rate
        and ratio >= goal.ratio
        and p99 <= goal.p99_ms,
    }


def _ask(env: dict[str, str], *arguments: str) -> Any:
    command = [sys.executable, "-m", "tests.bench.beats_data", *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def served(who: str, env: dict[str, str]) -> Iterator[int]:
    """A server as the site runs it, until the block ends; yields its process id."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORTS[who])]
    command += ["--workers", "2", "--blocking-threads", "4", "--log-level", "warning", "lms.wsgi:application"]
    server = subprocess.Popen(command, env=env, cwd=ROOT)
    try:
        _wait(f"http://127.0.0.1:{PORTS[who]}{HEALTH[who]}", server)
        yield server.pid
    finally:
        server.terminate()
        server.wait(20)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    for _try in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"{address} ended by itself")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{address} does not answer")


@contextmanager
def scratch(address: str) -> Iterator[str]:
    """A database of its own beside the one that the address names."""
    name, parts = f"beats_{os.getpid()}", urlsplit(address)
    named = Env.db_url_config(address)  # in every form that the site's own DATABASE_URL may have
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    server = {key: named[value] for key, value in known.items() if named.get(value)} | named.get("OPTIONS", {})
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False, indent=2))
