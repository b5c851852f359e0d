"""A named place where a lower room lets an upper one act in the same transaction.

Imports run down the house only, yet a posted hour must move the standing above it before the request commits. The lower
room declares a ``Hook`` beside its services, the upper room connects one function in its ``AppConfig.ready``, and a
reader finds both with one search for the hook's name. Unlike a signal, a hook runs in order and lets errors through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Hook(Generic[P]):
    """An ordered list of functions, called in the caller's transaction."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._functions: list[Callable[P, None]] = []

    def connect(self, function: Callable[P, None]) -> Callable[P, None]:
        """Add a function once; connecting it again changes nothing."""
        if function not in self._functions:
            self._functions.append(function)
        return function

    def run(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call every connected function; the first error ends the run and the transaction."""
        for function in self._functions:
            function(*args, **kwargs)


class Provider(Generic[P, R]):
    """One question of a lower room that one function of an upper room answers; until it is connected, a default does."""

    def __init__(self, name: str, default: Callable[P, R]) -> None:
        self.name = name
        self._default = default
        self._function: Callable[P, R] | None = None

    def connect(self, function: Callable[P, R]) -> Callable[P, R]:
        """Let a function answer; a second one would contradict the first and is refused."""
        if self._function not in (None, function):
            raise RuntimeError(f"{self.name} is answered already")
        self._function = function
        return function

    def ask(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The answer."""
        return (self._function or self._default)(*args, **kwargs)
