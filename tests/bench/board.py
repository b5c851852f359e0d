"""The county board at 3,000, 50,000 and 1,000,000 members, against the same aggregate computed live in the same run.

The rows are made by SQL in a scratch database of their own: units, members, standings with varied figures, and the roll-ups
summed from them. The page is asked as the county's officer asks it: signed in, through the whole stack, as HTML.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django

SIZES = (3_000, 50_000, 1_000_000)
ROUNDS = 7
TOWNS, BRANCHES = 15, 20
TARGET_MS = 60.0
TARGET_GROWTH = 1.3
YEAR = 2026


def run(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """``figure``: ms of the page at 50,000 members; ``growth``: 1,000,000 against 50,000; ``live``: the same sums live."""
    with tempfile.TemporaryDirectory(prefix="bench-board-") as folder, ExitStack() as stack:
        counties = {size: stack.enter_context(_county(size, Path(folder) / str(size))) for size in sizes}
        filled = {size: _answer(county)[0] for size, county in counties.items()}
        rounds = [{size: _answer(county) for size, county in counties.items()} for _round in range(ROUNDS)]
    found = {size: _medians([one[size] for one in rounds], filled[size]) for size in sizes}
    middle, largest = found[sizes[1]], found[sizes[-1]]
    growth = round(statistics.median(one[sizes[-1]][0] / one[sizes[1]][0] for one in rounds), 2)
    return {
        "name": f"county board, {sizes[1]} members (ms)",
        "figure": middle["page"],
        "reference": middle["live"],
        "reference_name": "the same sums computed live",
        "ratio": round(middle["page"] / middle["live"], 2),
        "sizes": {str(size): values for size, values in found.items()},
        "largest": largest["page"],
        "growth": growth,
        "target": TARGET_MS,
        "met": middle["page"] <= TARGET_MS and growth <= TARGET_GROWTH,
    }


@contextmanager
def _county(size: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with a county of its own (settings are read once): it says a line when filled and one for each it is sent."""
    # XIANGXUE_DATA names the scratch database; DATABASE_URL of the surroundings would name a real one.
    surroundings = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    surroundings.update(XIANGXUE_DATA=str(folder), DJANGO_SETTINGS_MODULE="lms.settings", XIANGXUE_DEBUG="")
    command = [sys.executable, "-m", "tests.bench.board", str(size)]
    with subprocess.Popen(
        command, env=surroundings, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as county:
        yield county
        assert county.stdin
        county.stdin.close()


def _answer(county: subprocess.Popen[str]) -> list[float]:
    """Ask for one round; a county that is still being filled answers when it is done."""
    assert county.stdin
    assert county.stdout
    county.stdin.write("\n")
    county.stdin.flush()
    line = county.stdout.readline()
    if not line:
        raise RuntimeError("a county ended by itself")
    return [float(word) for word in line.split()]


def _medians(rounds: list[list[float]], filled: float) -> dict[str, Any]:
    page, rollups, aggregate = (round(statistics.median(column), 2) for column in zip(*rounds, strict=True))
    return {"page": page, "rollups": rollups, "live": aggregate, "filled_in_seconds": filled}


def serve(size: int) -> None:
    """Fill a county, then measure a round for every line on standard input: ms of the page, its rows alone, the same live."""
    from django.core.management import call_command
    from django.test import Client

    from lms.members.models import Unit, User
    from lms.reports import rollup

    for command, options in (("migrate", {}), ("collectstatic", {"interactive": False}), ("createcachetable", {})):
        call_command(command, verbosity=0, **options)
    started = time.perf_counter()
    fill(size)
    filled = time.perf_counter() - started
    client = Client()
    client.force_login(User.objects.get(username="county"))
    county = Unit.objects.get(code="C")
    address = f"/desk/reports/?unit=C&year={YEAR}"
    _same(rollup.completion(county, YEAR).total.of_members, live(county))
    assert client.get(address).status_code == 200
    sys.stdin.readline()
    print(round(filled, 2), flush=True)
    for _line in sys.stdin:
        page = _ms(lambda: client.get(address))
        rows = _ms(lambda: rollup.completion(county, YEAR))
        print(page, rows, _ms(lambda: live(county)), flush=True)


def _ms(work: Any) -> float:
    start = time.perf_counter()
    work()
    return round((time.perf_counter() - start) * 1000, 2)


def _same(rolled: Any, rows: list[dict[str, Any]]) -> None:
    """A fast board that shows other figures than the live one would be worth nothing."""
    members = [row for row in rows if row["line__audience"] == "members"]
    summed = [sum(row[name] for row in members) for name in ("members", "exempted", "reached")]
    assert [rolled.members, rolled.exempt, rolled.met] == summed


def live(county: Any) -> list[dict[str, Any]]:
    """What the board shows, as one aggregate over the standings: members, exempt, met, hours, occasions by town and line."""
    from django.db.models import Count, Q, Sum
    from django.db.models.functions import Substr

    from lms.goals.models import Standing
    from lms.members.models import Unit

    town = Substr("unit__path", 1, len(county.path) + Unit.steplen)
    return list(
        Standing.objects.filter(unit__path__startswith=county.path, line__policy__year=YEAR)
        .annotate(town=town)
        .order_by()
        .values("town", "line__audience")
        .annotate(
            members=Count("pk"),
            exempted=Count("pk", filter=Q(exempt=True)),
            reached=Count("pk", filter=Q(met=True)),
            hours=Sum("counted", filter=Q(exempt=False)),
            times=Sum("occasions"),
        )
    )


# -- rows --------------------------------------------------------------------------------


def fill(size: int) -> None:
    """A county of 15 towns with 20 branches each, ``size`` members in them, one in ten a leader."""
    from lms.goals import services
    from lms.goals.models import GoalLine
    from lms.members.models import Member, RoleGrant, Unit, User

    county = Unit.add_root(code="C", name="清溪县委", short_name="清溪县", kind="county")
    user = User.objects.create_user("county", password=None)
    RoleGrant.objects.create(user=user, role=RoleGrant.Role.COUNTY_ADMIN, unit=county)
    branches = _units(county)
    services.open_year(year=YEAR, by=None)
    lines = {line.audience: line.pk for line in GoalLine.objects.all()}
    _execute(_MEMBERS, {"size": size, "branches": len(branches), "first": branches[0]})
    assert Member.objects.count() == size
    everybody = {"line": lines["members"], "required": 3200, "classes": 0, "each": 1}
    _execute(_STANDINGS, everybody)
    _execute(_STANDINGS, {"line": lines["leaders"], "required": 5600, "classes": 1, "each": 10})
    _execute(_ROLLUPS, {"step": Unit.steplen})
    _execute("ANALYZE", {})


def _units(county: Any) -> list[int]:
    """Ids of the branches, one after the other: made in bulk, because a tree grown node by node takes minutes."""
    from lms.members.models import Unit

    step = Unit.steplen

    def node(parent: str, number: int, **fields: Any) -> Any:
        path = f"{parent}{Unit._int2str(number).rjust(step, '0')}"
        return Unit(path=path, depth=len(path) // step, **fields)

    towns = [
        node(
            county.path,
            t,
            code=f"C-T{t:02d}",
            name=f"第{t}镇党委",
            short_name=f"第{t}镇",
            kind="town",
            numchild=BRANCHES,
        )
        for t in range(1, TOWNS + 1)
    ]
    Unit.objects.bulk_create(towns)
    Unit.objects.filter(pk=county.pk).update(numchild=TOWNS)
    branches = [
        node(town.path, b, code=f"{town.code}-B{b:02d}", name=f"{town.short_name}第{b}村党支部", kind="branch")
        for town in towns
        for b in range(1, BRANCHES + 1)
    ]
    Unit.objects.bulk_create(branches)
    return sorted(Unit.objects.filter(kind="branch").values_list("pk", flat=True))


def _execute(statement: str, values: dict[str, Any]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values or None)


# The figures vary from member to member without a random generator: multiples of primes, so that a run can be repeated.
_MEMBERS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %(size)s)
INSERT INTO members_member (uuid, code, unit_id, name, sort_key, sex, nation, education, category, job, mobile, landline,
    state, lost_contact, away, away_to, hardship, id_number_sealed, id_number_masked, created_at, updated_at)
SELECT printf('%%032x', i), printf('M%%07d', i), %(first)s + i %% %(branches)s, '党员' || i, printf('dangyuan %%07d', i),
    CASE WHEN i %% 4 THEN 'male' ELSE 'female' END, '汉族', '初中', 'full', '', '', '', 'active', 0, i %% 9 = 0, '', 0, '', '',
    '2026-01-01', '2026-01-01' FROM n
"""

_STANDINGS = """
INSERT INTO goals_standing (line_id, member_id, unit_id, required, required_classes, shortfalls, exempt, met,
    total, counted, online, classes, occasions)
SELECT %(line)s, id, unit_id, %(required)s, %(classes)s, '{}', id %% 13 = 0,
    id %% 13 <> 0 AND (id * 37 %% 81) * 50 * (1 + %(classes)s) >= %(required)s AND id %% 3 >= %(classes)s,
    (id * 37 %% 81) * 50 * (1 + %(classes)s), (id * 37 %% 81) * 50 * (1 + %(classes)s), 0, id %% 3, id * 37 %% 81 / 4
FROM members_member WHERE id %% %(each)s = 0
"""

_ROLLUPS = """
INSERT INTO goals_rollup (unit_id, line_id, members, exempt, met, hours, assessed_hours, occasions, reached, zero)
SELECT above.id, s.line_id, count(*), sum(s.exempt), sum(s.met), sum(s.total),
    sum(CASE WHEN s.exempt THEN 0 ELSE s.counted END), sum(s.occasions), sum(s.classes > 0), sum(NOT s.exempt AND s.total = 0)
FROM goals_standing s JOIN members_unit u ON u.id = s.unit_id
JOIN members_unit above ON above.path IN (u.path, substr(u.path, 1, 2 * %(step)s), substr(u.path, 1, %(step)s))
GROUP BY above.id, s.line_id
"""


if __name__ == "__main__":
    django.setup()
    serve(int(sys.argv[1]))
