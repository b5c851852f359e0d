"""The pages of the import: upload, plan, confirm, result; who may, who may only look, who sees nothing (case 18)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from lms.exchange import form_sheet, headers, sandbox, services, tasks
from lms.exchange.models import ImportRun
from lms.members.models import AuditEntry, Member
from tests.conftest import County
from tests.exchange.rosters import official, person, text

Login = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _folder(media: None) -> None:
    """Uploads of these tests stay in their own folder."""


def upload(client: Client, data: bytes, unit: str = "C") -> ImportRun:
    file = SimpleUploadedFile("名册.xlsx", data)
    answer = client.post(reverse("import-new"), {"unit": unit, "file": file})
    assert answer.status_code == 302, answer.content.decode()
    run = ImportRun.objects.latest("pk")
    tasks.plan_run(run.pk)
    return run


def address(name: str, run: ImportRun) -> str:
    return reverse(name, args=[run.uuid])


def test_it_works(login: Login, personas: County) -> None:
    client = login("county")
    run = upload(client, official([person(11), person(12, "李四")]))
    page = client.get(address("import-detail", run)).content.decode()
    assert "检查通过" in page and "导入 2 行" in page
    assert client.post(address("import-apply", run)).status_code == 302
    waiting = client.get(address("import-progress", run))
    assert "0 / 2" in waiting.content.decode() and "HX-Refresh" not in waiting
    tasks.apply_run(run.pk)
    assert client.get(address("import-progress", run))["HX-Refresh"] == "true"
    assert "导入完成" in client.get(address("import-detail", run)).content.decode()
    assert Member.objects.filter(name__in=["张大山", "李四"]).count() == 2


def test_errors_are_shown_row_by_row_and_block_until_skipped(login: Login, personas: County) -> None:
    client = login("town")
    run = upload(client, official([person(11), person(12, 性别="女")]), "C-T01")
    page = client.get(address("import-detail", run)).content.decode()
    assert "性别与身份证号不一致" in page and "跳过有错误的行" in page
    client.post(address("import-apply", run))
    run.refresh_from_db()
    assert run.state == ImportRun.State.PLANNED
    client.post(address("import-apply", run), {"skip_errors": "on"})
    tasks.apply_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == (ImportRun.State.APPLIED, 1)


def test_a_file_that_cannot_be_read_says_so_and_changes_nothing(login: Login, personas: County) -> None:
    client = login("county")
    run = upload(client, b"%PDF-1.4")
    page = client.get(address("import-detail", run)).content.decode()
    assert "名册没有任何变化" in page and "不是表格文件" in page


def test_case_18_who_may_look_and_who_sees_nothing(login: Login, personas: County) -> None:
    run = upload(login("county"), official([person(11)]), "C-T02")
    detail = address("import-detail", run)
    for name in ("secretary", "station", "trainer", "editor", "system", "member", "town"):
        assert login(name).get(detail).status_code == 404, name
    auditor = login("auditor")
    assert auditor.get(detail).status_code == 200
    assert auditor.get(reverse("import-list")).status_code == 200
    for name in ("import-new", "import-form"):
        assert auditor.get(reverse(name)).status_code == 404
    assert auditor.post(address("import-apply", run)).status_code == 404
    assert auditor.get(address("import-marked", run)).status_code == 404
    assert login("town").post(address("import-apply", run)).status_code == 404
    assert login("").get(detail).status_code == 302


def test_a_town_cannot_import_into_its_neighbour(login: Login, personas: County) -> None:
    file = SimpleUploadedFile("名册.xlsx", official([person(11)]))
    answer = login("town").post(reverse("import-new"), {"unit": "C-T02", "file": file})
    assert (answer.status_code, ImportRun.objects.count()) == (422, 0)


def test_the_marked_copy_is_a_download_that_leaves_a_trace(login: Login, personas: County) -> None:
    client = login("county")
    run = upload(client, text([["姓名", "支部", "身份证"], ["张三", "桃源村", "123"]]))
    answer = client.get(address("import-marked", run))
    assert answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(action="import.marked_copy").exists()


def test_the_form_that_is_offered_is_a_form_that_is_taken() -> None:
    layout = headers.find(sandbox.read_book(form_sheet.workbook()))
    assert layout is not None
    assert (layout.missing, list(layout.people()), layout.unused) == ([], [], [])


def test_pages_cost_the_same_for_one_row_and_for_forty(
    login: Login, personas: County, django_assert_max_num_queries: Any
) -> None:
    client = login("county")
    run = upload(client, official([person(n) for n in range(1, 41)]))
    # session, user, run, grants, kinds that exist (3), count, rows, warnings, member of the bar
    with django_assert_max_num_queries(16):
        client.get(address("import-detail", run))


# -- the command ------------------------------------------------------------------


def command(path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """(exit code, figures) of ``import_members``."""
    from io import StringIO

    out = StringIO()
    try:
        call_command("import_members", str(path), "--json", *options, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_the_command_as_the_contract_has_it(tree: County, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.csv"
    good.write_bytes(official([person(1), person(2)]))
    bad.write_bytes(
        text(
            [
                ["姓名", "支部", "身份证"],
                ["张三", "桃源村", "429900195803060031"],
                ["李四", "桃源村", "42990019580306003"],
            ]
        )
    )
    assert command(good, "--dry-run") == (
        0,
        {"create": 2, "update": 0, "unchanged": 0, "errors": [], "warnings": [], "applied": False},
    )
    assert Member.objects.count() == 0
    code, found = command(good, "--unit", "C-T01")
    assert (code, found["applied"], Member.objects.count()) == (0, True, 2)
    code, found = command(bad)
    assert (code, found["applied"]) == (1, False)
    assert [(e["row"], e["column"], e["code"]) for e in found["errors"]] == [
        (2, "公民身份证号", "id-checksum"),
        (3, "公民身份证号", "id-length"),
    ]
    assert all(error["message"] for error in found["errors"])


def test_the_command_could_not_run(tree: County, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(b"%PDF-1.4")
    code, found = command(path)
    assert (code, found["errors"][0]["code"], found["applied"]) == (2, "file-type", False)
    path.write_bytes(official([], head=["姓名", "性别"]))
    code, found = command(path)
    assert (code, found["errors"][0]["code"]) == (1, "missing-columns")
    for arguments in ([str(tmp_path / "absent.xlsx")], [str(path), "--unit", "NOWHERE"]):
        with pytest.raises(CommandError) as caught:
            call_command("import_members", *arguments)
        assert caught.value.returncode == 2


def test_what_a_crash_left_behind_is_picked_up(tree: County) -> None:
    run = services.upload(data=official([person(1)]), file_name="名册.xlsx", unit=tree.root, by=None)
    tasks.resume_runs()
    run.refresh_from_db()
    services.confirm(run=run, skip_errors=False, by=None)
    tasks.resume_runs()
    assert Member.objects.count() == 1
