"""The arithmetic of tests, without Django: what is drawn, what is right, who may try again, what a question tells.

Source: domain §3 (a passed test is worth what the rule ``test`` says, 0.5 by default). An option is known to a reader by a
key that is made for one attempt: neither its place in the bank nor the right answer can be read from a page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

SINGLE, MULTIPLE, TRUE_FALSE, ORDER = "single", "multiple", "truefalse", "order"
ONE_CHOICE = (SINGLE, TRUE_FALSE)
KEY_BITS = 64
LEAST_TRIES = 10
"""Answers below which a question's discrimination says nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a bank. ``answer``: places of the right options; all of them in the right order for ``order``."""

    id: str
    kind: str
    text: str
    options: tuple[str, ...]
    answer: tuple[int, ...]
    explanation: str = ""
    picture: int | None = None
    picture_text: str = ""

    @property
    def version(self) -> str:
        """Equal for equal wording, options and answer: statistics of another wording are not of this question."""
        said = json.dumps([self.kind, self.text, self.options, self.answer], ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Option:
    """An option as one attempt shows it; ``at``: its place in the bank."""

    key: str
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question as one attempt asks it: its options in the attempt's own order, under the attempt's own keys."""

    key: str
    question: Question
    options: tuple[Option, ...]

    def record(self) -> dict[str, Any]:
        """For the store; ``read`` takes it back."""
        question = {name: getattr(self.question, name) for name in Question.__slots__}
        question |= {"options": list(self.question.options), "answer": list(self.question.answer)}
        return {"key": self.key, "question": question, "options": [[one.key, one.at] for one in self.options]}

    @staticmethod
    def read(record: dict[str, Any]) -> Drawn:
        """What ``record`` stored."""
        said = record["question"]
        question = Question(**{**said, "options": tuple(said["options"]), "answer": tuple(said["answer"])})
        options = tuple(Option(key, at, question.options[at]) for key, at in record["options"])
        return Drawn(record["key"], question, options)

    def places(self, keys: Iterable[str]) -> tuple[int, ...]:
        """The places in the bank of chosen options, in the order chosen. Raises KeyError for a key of another question."""
        by_key = {one.key: one.at for one in self.options}
        return tuple(by_key[key] for key in keys)

    def is_right(self, places: Sequence[int]) -> bool:
        """Whether just the right options were chosen, and in the right order where the order is asked."""
        if self.question.kind == ORDER:
            return tuple(places) == self.question.answer
        return len(places) == len(set(places)) and set(places) == set(self.question.answer)


def draw(bank: Sequence[Question], number: int, random: Random) -> list[Drawn]:
    """``number`` questions of a bank (all when 0 or when it has no more), mixed, with options mixed and keys made anew."""
    chosen = random.sample(list(bank), min(number or len(bank), len(bank)))
    return [_drawn(question, random) for question in chosen]


def _drawn(question: Question, random: Random) -> Drawn:
    places = list(range(len(question.options)))
    if question.kind != TRUE_FALSE:  # 对 stands before 错, always
        random.shuffle(places)
    options = tuple(Option(_key(random), at, question.options[at]) for at in places)
    return Drawn(_key(random), question, options)


def _key(random: Random) -> str:
    return f"{random.getrandbits(KEY_BITS):016x}"


def is_passed(right: int, total: int, pass_percent: int) -> bool:
    """Whether at least ``pass_percent`` of the questions were answered rightly."""
    return total > 0 and right * 100 >= pass_percent * total


def rest_percent(right: int, total: int, *, this_one: bool) -> int:
    """How much of the *other* questions of an attempt was right, 0–100; 0 where there are no others."""
    return (right - this_one) * 100 // (total - 1) if total > 1 else 0


# -- who may try ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt that was handed in: when, and whether it was passed."""

    at: dt.datetime
    passed: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one may try (0: as often as one likes), and minutes to wait after a test that was not passed."""

    attempts: int
    wait_minutes: int


def wait_until(tried: Sequence[Tried], limits: Limits) -> dt.datetime | None:
    """When the next attempt may begin, None before the first."""
    last = max((one.at for one in tried), default=None)
    return None if last is None else last + dt.timedelta(minutes=limits.wait_minutes)


def attempts_left(tried: Sequence[Tried], limits: Limits) -> int | None:
    """How many attempts are left; None: as many as one likes."""
    return max(0, limits.attempts - len(tried)) if limits.attempts else None


def refusal(tried: Sequence[Tried], limits: Limits, now: dt.datetime) -> str:
    """Why no further attempt may begin: ``passed``, ``no-attempts-left``, ``wait``; "" when one may."""
    if any(one.passed for one in tried):
        return "passed"
    if attempts_left(tried, limits) == 0:
        return "no-attempts-left"
    until = wait_until(tried, limits)
    return "wait" if until is not None and now < until else ""


# -- what a question tells ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sums:
    """Over the answers to one question: how many, how many right; sums of ``rest_percent``, of its square, of it where right."""

    tries: int
    right: int
    rest: int
    rest_squared: int
    rest_where_right: int


def discrimination(sums: Sums) -> float | None:
    """How well a question tells who knows the rest of the test: the point-biserial correlation, −1 to 1.

    None with fewer than ten answers, or where all answered alike.
    """
    n = sums.tries
    spread = (n * sums.right - sums.right**2) * (n * sums.rest_squared - sums.rest**2)
    if n < LEAST_TRIES or spread <= 0:
        return None
    return (n * sums.rest_where_right - sums.right * sums.rest) / math.sqrt(spread)
