"""Shortcuts from a file to what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lms.exchange import services
from lms.exchange.models import ImportRun
from lms.members.models import Unit, User
from tests.conftest import County

Plan = Callable[..., ImportRun]


@pytest.fixture
def media(settings: Any, tmp_path: Any) -> None:
    """Uploads of a test stay in its own folder."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def plan(tree: County, media: None) -> Plan:
    """``plan(data)``: the planned run of a file, for the county unless ``unit`` and ``by`` are named."""

    def make(data: bytes, unit: Unit | None = None, by: User | None = None) -> ImportRun:
        run = services.upload(data=data, file_name="名册.xlsx", unit=unit or tree.root, by=by)
        return services.make_plan(run=run)

    return make


@pytest.fixture
def load(plan: Plan) -> Plan:
    """``load(data)``: the same, confirmed and written, rows with errors skipped."""

    def make(data: bytes, **where: Any) -> ImportRun:
        run = plan(data, **where)
        return services.apply(run=services.confirm(run=run, skip_errors=True, by=where.get("by")))

    return make


def codes(run: ImportRun, level: str = "error") -> list[tuple[int, str]]:
    """(row, code) of each problem of a run."""
    figures = services.figures(run)
    return [(problem["row"], problem["code"]) for problem in figures[f"{level}s"]]


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    """(create, update, unchanged, errors)."""
    return run.to_create, run.to_update, run.unchanged, run.errors
