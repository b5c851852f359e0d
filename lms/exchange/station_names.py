"""Whether a roster's 所属站点 is the station of the person's branch. Pure.

A station belongs to a branch and serves all of its members, so nothing is stored for a person; the column is compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lms.exchange.branches import squeezed
from lms.exchange.people import Person

# What a station is called after the place it stands in.
TAIL = re.compile(
    r"(党群服务中心|服务中心|(党员|干部)?(现代)?远程教育|学习收看|学习|收看|终端|站点|接收站|播放点|站|点|(村|居)委会|村|社区|居)$"
)


@dataclass(frozen=True)
class BranchStation:
    """A station as the comparison needs it; ``path`` is that of its branch."""

    path: str
    code: str
    name: str

    def is_called(self, text: str) -> bool:
        """Whether a text means this station: its code, its name, or its place with or without a town before it."""
        if squeezed(text) in (squeezed(self.code), squeezed(self.name)):
            return True
        own, said = _place(self.name), _place(text)
        return bool(own and said) and (own.endswith(said) or said.endswith(own))


def _place(text: str) -> str:
    """桃源村党群服务中心 → 桃源."""
    place = squeezed(text)
    while len(shorter := TAIL.sub("", place)) < len(place):
        place = shorter
    return place


def compare(people: Sequence[Person], posts: Sequence[BranchStation], paths: dict[int, str]) -> None:
    """Warn on each row that names another station than its branch has, or one where it has none.

    ``paths``: the path of each unit by its id. A group without a station of its own belongs to that of its branch.
    """
    for person in people:
        said = person.values.get("station")
        if not said or person.unit_id not in paths:
            continue
        above = [post for post in posts if paths[person.unit_id].startswith(post.path)]
        if not above:
            person.complain("station", "station-none", warning=True)
        elif not (own := max(above, key=lambda post: len(post.path))).is_called(said):
            person.complain("station", "station-differs", warning=True, station=own.name)
