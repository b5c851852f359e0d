"""What a re-rating of hours does to standings and roll-ups: staged with it, released with it (``hours.rerating.Follower``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from lms.core.inserts import insert
from lms.goals import progress
from lms.goals.models import GoalPolicy, StagedStanding, Standing

Standings = Mapping[tuple[int, int], Standing]
# What hours decide of a standing.
EARNED = ("met", "total", "counted", "online", "classes", "occasions", "shortfalls")
# What else a staged standing rests on.
BASIS = ("unit_id", "required", "exempt")


def basis() -> str:
    """The published policies: another one's lines would not be staged."""
    published = GoalPolicy.objects.filter(state=GoalPolicy.State.PUBLISHED).order_by("pk")
    return ",".join(str(pk) for pk in published.values_list("pk", flat=True))


def remember(member_ids: Sequence[int]) -> dict[tuple[int, int], Standing]:
    """The standings of some members, by (line id, member id)."""
    return {(row.line_id, row.member_id): row for row in Standing.objects.filter(member_id__in=member_ids)}


def keep(run_id: int, before: Standings, after: Standings) -> None:
    """Stage the standings of members whose hours change, each with what it was."""
    insert(
        [
            StagedStanding(
                run=run_id,
                line_id=row.line_id,
                member_id=row.member_id,
                **{name: getattr(row, name) for name in (*EARNED, *BASIS)},
                **{f"was_{name}": getattr(before.get(key, row), name) for name in ("met", "total", "counted")},
            )
            for key, row in after.items()
        ]
    )


def clear(run_id: int, member_ids: Iterable[int]) -> None:
    """Forget what was staged for some members."""
    StagedStanding.objects.filter(run=run_id, member_id__in=list(member_ids)).delete()


def stale(run_id: int) -> set[int]:
    """Staged members whose standings have moved, come or gone since."""
    rows = StagedStanding.objects.filter(run=run_id)
    same = Standing.objects.filter(
        line=OuterRef("line"),
        member=OuterRef("member"),
        met=OuterRef("was_met"),
        total=OuterRef("was_total"),
        counted=OuterRef("was_counted"),
        **{name: OuterRef(name) for name in BASIS},
    )
    moved = set(rows.filter(~Exists(same)).values_list("member", flat=True))
    staged = rows.filter(line=OuterRef("line"), member=OuterRef("member"))
    come = Standing.objects.filter(member__in=rows.values("member")).filter(~Exists(staged))
    return moved | set(come.values_list("member", flat=True))


def release(run_id: int) -> None:
    """Move the roll-ups by the differences, then copy the staged standings; rows locked as every post locks them."""
    progress.move_rollups(_differences(run_id))
    names = ", ".join(f"{name} = s.{name}" for name in EARNED)
    with connection.cursor() as cursor:  # every word put in is the name of a column
        cursor.execute(
            f"UPDATE goals_standing SET {names} FROM goals_stagedstanding AS s "  # noqa: S608
            "WHERE s.run = %s AND s.line_id = goals_standing.line_id AND s.member_id = goals_standing.member_id",
            [run_id],
        )


def _differences(run_id: int) -> dict[tuple[str, int], list[Any]]:
    """By how much each unit's own sums move, by (unit path, line id), in the order of ``progress.SUMS``."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, [run_id])
        return {(path, line): [0, 0, *map(int, sums)] for path, line, *sums in cursor.fetchall()}


def _one(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


DIFFERENCES = f"""
    SELECT u.path, s.line_id,
        SUM({_one("s.met")} - {_one("c.met")}),
        SUM(s.total - c.total),
        SUM(CASE WHEN c.exempt THEN 0 ELSE s.counted - c.counted END),
        SUM(s.occasions - c.occasions),
        SUM({_one("s.classes > 0")} - {_one("c.classes > 0")}),
        SUM(CASE WHEN c.exempt THEN 0 ELSE {_one("s.total = 0")} - {_one("c.total = 0")} END)
    FROM goals_stagedstanding AS s
    JOIN goals_standing AS c ON c.line_id = s.line_id AND c.member_id = s.member_id
    JOIN members_unit AS u ON u.id = c.unit_id
    WHERE s.run = %s GROUP BY u.path, s.line_id
"""  # noqa: S608 (names of columns)
