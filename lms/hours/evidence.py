"""The activities that stand behind the ledger: who can recompute what, and by any table of rules.

Imports run down the house only, yet a re-rating, a trial and the audit must ask every activity what its evidence is worth.
Each activity registers its ``selectors.credits`` in its ``AppConfig.ready``, with the prefixes of the sources that it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit


class CreditsOf(Protocol):
    """What an activity's evidence of some members (everybody when None) is worth by some rules, from the evidence alone.

    One credit a source and day; a source that is absent is worth nothing. It writes nothing, and the price depends on
    nothing but evidence and ``tariffs``. Raises NoRuleError.
    """

    def __call__(self, member_ids: Iterable[int] | None, tariffs: Tariffs) -> Iterator[Credit]: ...


class Activity(NamedTuple):
    """One kind of evidence: what its sources begin with (``training.attendance:``) and how it is recomputed."""

    prefixes: tuple[str, ...]
    credits: CreditsOf


_activities: list[Activity] = []


class PrefixTakenError(ValueError):
    """Two activities name their sources alike."""


def register(credits: CreditsOf, *prefixes: str) -> None:
    """Add an activity once; adding it again changes nothing. Raises PrefixTakenError, ValueError for a prefix without colon."""
    activity = Activity(prefixes, credits)
    if activity in _activities:
        return
    for prefix in prefixes:
        if not prefix.endswith(":"):
            raise ValueError(f"a prefix of sources ends with a colon: {prefix!r}")
        if any(prefix.startswith(one) or one.startswith(prefix) for one in known_prefixes()):
            raise PrefixTakenError(prefix)
    _activities.append(activity)


def known_prefixes() -> tuple[str, ...]:
    """What the sources that can be recomputed begin with."""
    return tuple(prefix for activity in _activities for prefix in activity.prefixes)


def can_recompute(source: str) -> bool:
    """Whether some activity stands behind a source."""
    return source.startswith(known_prefixes())


def credits(member_ids: Iterable[int] | None, tariffs: Tariffs) -> Iterator[Credit]:
    """What all evidence of some members (everybody when None) is worth by some rules, activity by activity."""
    ids = None if member_ids is None else sorted(set(member_ids))
    for activity in _activities:
        yield from activity.credits(ids, tariffs)
