"""Roster import: 10,000 people with every check, plan and audit, against openpyxl only reading the same file."""

from __future__ import annotations

import io
import itertools
import time
from typing import Any

import openpyxl

from lms.core import clock
from lms.exchange import services
from lms.goals.selectors import policy_of
from lms.goals.services import open_year
from lms.members.models import Unit
from tests.exchange.rosters import official, person
from tests.factories import id_number

PEOPLE = 10_000
BRANCHES = 250
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "建国秀英志强桂兰德明春梅永福玉珍长贵金莲"


def run(people: int = PEOPLE) -> dict[str, Any]:
    """``figure``: seconds from the uploaded file to the last row written; ``again``: the same file a second time."""
    town = _town()
    data = official([_person(index) for index in range(people)])
    reference = _seconds(lambda: _read_with_openpyxl(data))
    figure = _seconds(lambda: _import(data, town, people))
    again = _seconds(lambda: _import(data, town, people))
    return {
        "name": f"roster import, {people} rows (seconds)",
        "figure": round(figure, 2),
        "again": round(again, 2),
        "reference": round(reference, 2),
        "reference_name": "openpyxl reading the same file",
        "ratio": round(figure / reference, 2),
        "target": 10.0,
        "met": figure <= 10.0,
    }


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _import(data: bytes, unit: Unit, people: int) -> None:
    planned = services.make_plan(run=services.upload(data=data, file_name="roster.xlsx", unit=unit, by=None))
    applied = services.apply(run=services.confirm(run=planned, skip_errors=False, by=None))
    if (applied.state, applied.done) != ("applied", people):
        raise RuntimeError(f"the import did not end: {applied.state} {applied.done}")


def _read_with_openpyxl(data: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets[0]
    for _row in sheet.iter_rows(values_only=True):
        pass


def _town() -> Unit:
    """A town of its own with many branches, under a year with goals, so that standings move as they do in life."""
    year = clock.year_of(clock.today())
    if policy_of(year) is None:
        open_year(year=year, by=None)
    root = Unit.get_first_root_node() or Unit.add_root(code="C", name="清溪县委", kind=Unit.Kind.COUNTY)
    code = f"{root.code}-BENCH{Unit.objects.count()}"
    town = root.add_child(code=code, name="测试镇党委", short_name="测试镇", kind=Unit.Kind.TOWN)
    for number in range(BRANCHES):
        name = f"中共测试镇第{number}村支部委员会"
        Unit.objects.get(pk=town.pk).add_child(
            code=f"{code}-B{number:03d}", name=name, short_name=f"第{number}村", kind=Unit.Kind.BRANCH
        )
    return Unit.objects.get(pk=town.pk)


def _person(index: int) -> dict[str, Any]:
    """One of the people, sorted by branch as rosters are."""
    names = itertools.product(SURNAMES, GIVEN, GIVEN)
    name = "".join(next(itertools.islice(names, index % 6_000, None)))
    born = clock.today().replace(year=1935 + index % 60, month=1 + index % 12, day=1 + index % 28)
    number = id_number(index // 60, born, male=index % 4 > 0)
    return person(
        1,
        name,
        f"第{index * BRANCHES // PEOPLE}村党支部",
        序号=index + 1,
        公民身份证号=number,
        性别="男" if index % 4 else "女",
        出生日期=f"{born:%Y.%m}",
        加入党组织日期=f"{born.year + 25}.07.01",
        转为正式党员日期=f"{born.year + 26}-07-01",
        手机号=13_800_000_000 + index,
        是否为流动党员="是" if index % 9 == 0 else "否",
        外出流向="广东省东莞市" if index % 9 == 0 else None,
    )
