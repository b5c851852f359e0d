"""People to pick from, who gains most first: the same order on every list of a training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from django.db.models import QuerySet

from lms.members.models import Member
from lms.training import hooks
from lms.training.models import Training


class ByGap(Sequence[Any]):
    """Members of a query for a paginator, in order of what they would gain; who gains alike stays in the query's order.

    Two queries and those of the provider, however many they are; a page is one more. Each has ``need`` (None: nothing gained).
    """

    def __init__(self, training: Training, members: QuerySet[Member]) -> None:
        self._members = members
        self._needs = hooks.needs_of.ask(members, training)
        ids = list(members.values_list("pk", flat=True))
        self._ids = sorted(ids, key=lambda pk: self._needs.get(pk, hooks.NOTHING).rank)

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, int):
            return self[index : index + 1][0]
        wanted = self._ids[index]
        found: dict[int, Any] = Member.objects.select_related("unit").in_bulk(wanted)
        for pk, member in found.items():
            member.need = self._needs.get(pk)
        return [found[pk] for pk in wanted]
