"""Finds the branch that a roster means: its code, its full name, or any short form that is unique in the scope. Pure."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from lms.exchange.rules import CellError

# The outer shell of an organisation's name; what is left is what people say.
HEAD = re.compile(r"^(中国共产党|中共)")
TAIL = re.compile(r"(总?支部委员会|基层委员会|委员会|党总支部?|总支部?|党支部|支部|党委|党组|党小组)$")
PLACE = re.compile(r"(村委会|居委会|村民委员会|居民委员会|行政村|村|社区|居)$")
NEAREST = 3


@dataclass(frozen=True)
class Place:
    """One unit as the finder needs it. ``holds_members`` is False for committees that only have units below them."""

    pk: int
    path: str
    code: str
    name: str
    short_name: str
    holds_members: bool

    @property
    def label(self) -> str:
        """What people call it."""
        return self.short_name or self.name


def squeezed(text: str) -> str:
    """A name without white space, brackets' width and case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def core(text: str) -> str:
    """A name without 中共… and …支部委员会: 中共石桥镇桃源村支部委员会 → 石桥镇桃源村."""
    bare = HEAD.sub("", squeezed(text))
    return TAIL.sub("", bare) or bare


class Finder:
    """Finds units of one scope by what a roster calls them."""

    def __init__(self, places: Iterable[Place], above: Iterable[Place] = ()) -> None:
        """``places``: the units to choose from; ``above``: units over them, whose names may stand before a branch's."""
        self.places = list(places)
        self.above = list(above)
        self._seen: dict[tuple[str, str], Place] = {}

    def find(self, text: str, committee: str = "") -> Place:
        """The one branch that a text means; ``committee`` (所在党委) decides between namesakes.

        Raises CellError ``branch-unknown``, ``branch-unknown-near``, ``branch-ambiguous``, ``branch-not-a-branch``.
        """
        key = (text, committee)
        if key not in self._seen:
            self._seen[key] = self._find(text, committee)
        return self._seen[key]

    def _find(self, text: str, committee: str) -> Place:
        found = self._candidates(text)
        if len(found) > 1:
            found = [place for place in found if place.holds_members] or found
        if len(found) > 1 and committee:
            over = [place.path for place in self._candidates(committee)]
            found = [place for place in found if place.path.startswith(tuple(over))] or found
        if not found:
            near = self._near(text)
            raise CellError("branch-unknown-near", near=near) if near else CellError("branch-unknown")
        if len(found) > 1:
            raise CellError("branch-ambiguous", near="、".join(self._told_apart(place) for place in found[:5]))
        if not found[0].holds_members:
            raise CellError("branch-not-a-branch", name=found[0].label)
        return found[0]

    def _candidates(self, text: str) -> list[Place]:
        """The units that fit, by the strictest reading that fits any."""
        for names, wanted in (
            (self._exact, squeezed(text)),
            (self._cores, core(text)),
            (self._cores, self._below(core(text))),
            (self._stems, PLACE.sub("", self._below(core(text)))),
        ):
            if wanted and (found := names.get(wanted)):
                return found
        return []

    def _below(self, wanted: str) -> str:
        """A name without the names of the committees before it: 清溪县石桥镇桃源村 → 石桥镇桃源村 → 桃源村."""
        for _storey in range(3):
            for prefix in self._prefixes:
                if wanted.startswith(prefix) and wanted not in self._cores:
                    wanted = TAIL.sub("", re.sub(r"^(党委|委员会|机关)(?=.)", "", wanted[len(prefix) :]))
                    break
        return wanted

    @cached_property
    def _prefixes(self) -> list[str]:
        over = [*self.above, *(place for place in self.places if not place.holds_members)]
        names = {core(name) for place in over for name in (place.name, place.short_name) if name}
        return sorted((name for name in names if len(name) > 1), key=len, reverse=True)

    @cached_property
    def _exact(self) -> dict[str, list[Place]]:
        return self._index(lambda place: {squeezed(name) for name in (place.code, place.name, place.short_name)})

    @cached_property
    def _cores(self) -> dict[str, list[Place]]:
        return self._index(self._cores_of)

    @cached_property
    def _stems(self) -> dict[str, list[Place]]:
        return self._index(lambda place: {PLACE.sub("", name) for name in self._cores_of(place)})

    def _cores_of(self, place: Place) -> set[str]:
        """A unit's core names, each also without the committees' names before it."""
        whole = {core(name) for name in (place.name, place.short_name) if name}
        cut = {name.removeprefix(prefix) for name in whole for prefix in self._prefixes}
        return {name for name in whole | cut if name}

    def _index(self, names_of: object) -> dict[str, list[Place]]:
        index: dict[str, list[Place]] = {}
        for place in self.places:
            for name in names_of(place):  # type: ignore[operator]
                if name:
                    index.setdefault(name, []).append(place)
        return index

    def _near(self, text: str) -> str:
        names = {core(place.label): place.label for place in self.places if place.holds_members}
        return "、".join(names[near] for near in difflib.get_close_matches(core(text), names, NEAREST, 0.5))

    def _told_apart(self, place: Place) -> str:
        return f"{place.name}（{place.code}）"
