"""Files made to break the reader, and files that are broken (reliability "Uploads", cases 14–17)."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile

import openpyxl
import pytest

from lms.exchange import copies, sandbox
from lms.exchange.sandbox import FileProblem, Limits
from tests.conftest import County
from tests.exchange.conftest import Plan
from tests.exchange.rosters import HEAD, official, person, plain, table, text
from tests.exchange.test_import import XLS


def refused(data: bytes, allowed: Limits | None = None) -> str:
    with pytest.raises(FileProblem) as caught:
        sandbox.read_book(data, allowed or Limits())
    return caught.value.code


def repacked(**parts: bytes) -> bytes:
    """A good workbook with some parts replaced; ``sheet`` stands for its first sheet."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain([["姓名"]]))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts["sheet"] if name.endswith("sheet1.xml") else old.read(name))
    return buffer.getvalue()


def test_case_15_a_packed_bomb_is_refused_by_its_declared_size() -> None:
    assert refused(repacked(sheet=b" " * 60_000_000)) == "file-bomb"


def test_case_15_a_far_cell_costs_no_more_than_the_limits() -> None:
    far = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert refused(repacked(sheet=far), Limits(cpu_seconds=3)) in {"file-bomb", "file-damaged", "too-many-rows"}


def test_too_many_rows_are_refused_not_cut() -> None:
    assert refused(text([["姓名"]] * 60), Limits(rows=50)) == "too-many-rows"
    assert refused(b"x" * 100, Limits(file_bytes=99)) == "file-too-large"


def test_case_17_the_type_is_what_the_bytes_say(plan: Plan) -> None:
    people = [person(1)]
    for data in (official(people), text(table(people)), text(table(people), "gb18030")):
        assert plan(data).to_create == 1
    assert refused(b"%PDF-1.7 ...") == "file-type"
    assert refused(b"\x89PNG\r\n\x1a\n" + bytes(50)) == "file-type"
    assert refused(b"<html><table></table></html>") == "file-web-page"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")) == "file-encrypted"
    assert refused(b"  \n") == "file-empty"
    assert refused(bytes(range(256))) == "file-type"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil.txt", "x")
    assert refused(buffer.getvalue()) == "file-type"


def test_fuzz_cut_and_garbled_files_are_read_or_refused_never_more() -> None:
    """The reader itself, in this process: no exception but its own refusal gets out."""
    from lms.exchange import reader

    dice = random.Random(7)
    seeds = [official([person(n) for n in range(1, 6)]), XLS.read_bytes(), text(table([person(1)]), "gb18030")]
    for _round in range(150):
        data = bytearray(dice.choice(seeds))
        if dice.random() < 0.5:
            del data[dice.randrange(len(data)) :]
        for _hit in range(dice.randrange(30)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            for line in reader.read(bytes(data), 20_000, 60):
                json.dumps(line)
        except reader.Refused:
            pass


def test_the_reader_runs_without_django() -> None:
    code = "import sys, lms.exchange.reader; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- the marked copy ------------------------------------------------------------


def test_the_marked_copy_is_the_persons_own_file_with_its_errors(plan: Plan, personas: County) -> None:
    run = plan(official([person(1), person(2, 性别="女", 工作岗位='=HYPERLINK("x")')]))
    name, _kind, data = copies.marked_copy(run=run, by=personas.users["county"])
    assert name == "名册-错误说明.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert sheet["A1"].value == "党员基本信息汇总表"
    assert "身份证号" in sheet["E6"].comment.text and sheet["E5"].comment is None
    assert sheet.cell(4, len(HEAD) + 1).value == "错误说明" and "性别" in sheet.cell(6, len(HEAD) + 1).value
    assert sheet["L6"].value.startswith("'=") and sheet["L6"].data_type == "s"


def test_the_marked_copy_of_csv_and_xls(plan: Plan, personas: County) -> None:
    by = personas.users["county"]
    run = plan(text(table([person(1, 性别="女", 工作岗位="+1+cmd")]), "gb18030"))
    _name, kind, data = copies.marked_copy(run=run, by=by)
    head, row = data.decode("gb18030").splitlines()
    assert (kind, head.endswith(",错误说明"), "'+1+cmd" in row, "性别与身份证号不一致" in row) == (
        "text/csv",
        True,
        True,
        True,
    )
    _name, _kind, data = copies.marked_copy(run=plan(XLS.read_bytes()), by=by)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["汇总表"]
    assert sheet["B5"].value == "张大山" and "数字" in sheet["D7"].comment.text
