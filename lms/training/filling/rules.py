"""The arithmetic of seats and of whom a training is for, without Django.

A unit's quota is kept for its people: nobody else takes it, and they take no more. Who belongs to no unit with a quota
shares the seats that are left over. So the limits of all groups together are the training's seats, and a group that is
never overfull leaves the training never overfull.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

REST = ""
"""The group of everybody without a quota."""


def group_of(path: str, quotas: Mapping[str, int]) -> str:
    """Whose quota a unit's people take: the path of the unit with a quota in or above ``path``, else ``REST``."""
    return next((held for held in quotas if path.startswith(held)), REST)


@dataclass(slots=True)
class Seats:
    """The seats of one training: how many there are, the quotas by unit path, who sits by group."""

    capacity: int
    quotas: Mapping[str, int]
    taken: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, capacity: int, quotas: Mapping[str, int], seated: Iterable[str]) -> Seats:
        """The seats with those of ``seated`` (one unit path a person) taken."""
        return cls(capacity, quotas, Counter(group_of(path, quotas) for path in seated))

    def limit(self, group: str) -> int:
        """How many of a group may sit."""
        return self.capacity - sum(self.quotas.values()) if group == REST else self.quotas[group]

    def left(self, path: str) -> int:
        """Seats left to the people of a unit; never below 0."""
        group = group_of(path, self.quotas)
        return max(0, self.limit(group) - self.taken[group])

    def take(self, path: str) -> bool:
        """Take one for a person of a unit; False when there is none."""
        if not self.left(path):
            return False
        self.taken[group_of(path, self.quotas)] += 1
        return True

    def give_back(self, path: str) -> None:
        """One of a unit's people gives his seat up."""
        self.taken[group_of(path, self.quotas)] -= 1

    @property
    def overfull(self) -> bool:
        """Whether the quotas are more than the seats, or some group sits beyond its limit."""
        return any(self.taken[group] > self.limit(group) for group in (REST, *self.quotas)) or self.limit(REST) < 0


# -- whom it is for ------------------------------------------------------------------------

AWAY, HOME = "away", "home"
LACKS_HOURS, LACKS_CLASS, LACKS_EITHER = "hours", "class", "either"
GAPS: Mapping[str, frozenset[str]] = {
    LACKS_HOURS: frozenset((LACKS_HOURS,)),
    LACKS_CLASS: frozenset((LACKS_CLASS,)),
    LACKS_EITHER: frozenset((LACKS_HOURS, LACKS_CLASS)),
}
"""What of a goal a person lacks, one of it, to be within each kind of gap."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a training is for (面向范围): one value of each group, and all groups; a group that is empty asks nothing.

    ``paths``: of units, each for all below it; ``settings``: of the branch (village, organ …); ``away``: ``""``, ``away``
    or ``home``; ``gap``: ``""`` or a key of ``GAPS``.
    """

    paths: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    ranks: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    away: str = ""
    gap: str = ""

    @property
    def everybody(self) -> bool:
        """Whether it asks nothing."""
        return self == Rule()


@dataclass(frozen=True, slots=True)
class Person:
    """What a rule looks at: branch and its setting, roster, the offices held now, what his goals lack (values of ``GAPS``)."""

    path: str
    setting: str = ""
    category: str = ""
    rank: str = ""
    industry: str = ""
    away: bool = False
    offices: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()


def fits(person: Person, rule: Rule) -> bool:
    """Whether a training with this rule is for a person. ``audience.fitting`` is the same as a query."""
    return (
        (not rule.paths or any(person.path.startswith(path) for path in rule.paths))
        and (not rule.settings or person.setting in rule.settings)
        and (not rule.offices or bool(person.offices & rule.offices))
        and (not rule.categories or person.category in rule.categories)
        and (not rule.ranks or person.rank in rule.ranks)
        and (not rule.industries or person.industry in rule.industries)
        and (not rule.away or person.away == (rule.away == AWAY))
        and (not rule.gap or bool(person.lacks & GAPS[rule.gap]))
    )


# -- who travels in which vehicle -----------------------------------------------------------


def share_out(
    towns: Mapping[str, Sequence[int]], free: Mapping[int, int], near: Mapping[str, Sequence[int]]
) -> dict[int, int]:
    """Who travels in which vehicle: {person: vehicle}. ``towns``: people by town; ``free``: seats left by vehicle; ``near``:
    the vehicles of a town, those that leave from it or carry its people already.

    A town fills its own vehicles first. What is left of the towns, the largest first, goes into the smallest vehicle that
    takes all of it, or fills the largest and goes on; whoever finds no seat is left out.
    """
    left, placed = dict(free), {}
    order = sorted(towns, key=lambda town: (-len(towns[town]), town))
    queues = {town: list(towns[town]) for town in order}

    def fill(town: str, vehicle: int) -> None:
        queue = queues[town]
        taken, queues[town] = queue[: left[vehicle]], queue[left[vehicle] :]
        placed.update(dict.fromkeys(taken, vehicle))
        left[vehicle] -= len(taken)

    for town in order:
        for vehicle in near.get(town, ()):
            fill(town, vehicle)
    for town in order:
        while queues[town] and any(left.values()):
            whole = [vehicle for vehicle, seats in left.items() if seats >= len(queues[town])]
            fill(town, min(whole, key=lambda one: (left[one], one)) if whole else max(left, key=lambda one: left[one]))
    return placed
