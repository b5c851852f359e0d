"""The maker of official forms: every character right, no line too long, heads on each sheet, a code that can be read."""

from __future__ import annotations

import hashlib
import io
import re

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from lms.core import pdf
from lms.core.pdf import NEVER_FIRST, Head, Paper

CHINESE = st.text(st.sampled_from("王秀英㛃䶮𬱟葡萄修剪培训班，。（）2026-3abc 学时"), max_size=120)


def pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


@pytest.fixture(scope="module")
def paper() -> Paper:
    return Paper(title="学时证明")


# -- the typeface ----------------------------------------------------------------------


def test_the_typeface_is_the_one_that_its_readme_names() -> None:
    digest = hashlib.sha256(pdf.FONT.read_bytes()).hexdigest()
    assert digest in (pdf.FONT.parent / "README.md").read_text()


def test_the_typeface_has_every_chinese_character_of_gbk_and_rare_ones_of_names() -> None:
    gbk = {
        sign
        for high in range(0x81, 0xFF)
        for low in range(0x40, 0xFF)
        for sign in bytes([high, low]).decode("gbk", "ignore")
        if "\u3400" <= sign <= "\u9fff"
    }
    assert len(gbk) > 20_000
    assert {sign for sign in gbk | set("㛃䶮𬱟𠮷㐂堃𬭎𫖯") if ord(sign) not in pdf.characters()} == set()


def test_a_character_that_cannot_be_drawn_is_named_and_never_dropped() -> None:
    younger, unassigned = "\U000323af", "\U000e0fff"
    assert pdf.printable(f"王{younger}明{unassigned}") == "王〓(U+323AF)明〓(U+E0FFF)"
    assert pdf.printable("王\x00\u200b\ufeff明\t甲\n乙") == "王明 甲\n乙"


def test_what_is_written_is_in_the_text_layer() -> None:
    written = ("欧阳㛃䶮𬱟（公民身份证号 429900********0030）", "截至2026年11月23日共计 26.5 学时。", "𠮷野、堃、㐂")
    made = Paper(title="x")
    made.begin()
    for text in written:
        made.paragraph(text)
    found = re.sub(r"\s", "", pages(made.done())[0])
    assert found == "1" + re.sub(r"\s", "", "".join(written))


# -- lines and tables --------------------------------------------------------------------------


@given(CHINESE, st.integers(8, 60))
def test_no_line_is_wider_than_its_room_and_nothing_is_lost(paper: Paper, text: str, width: int) -> None:
    lines = paper.wrapped(text, width, 9)
    assert "".join(lines) == text
    for line in lines:
        body = line.rstrip(NEVER_FIRST)
        assert sum(paper._width(sign, 9) for sign in body) <= width
    assert not any(line[0] in NEVER_FIRST for line in lines[1:] if line)


def test_a_long_table_repeats_its_heads_and_cuts_no_row_in_two() -> None:
    made = Paper(title="x", landscape=True)
    made.begin(foot="编号 1")
    made.ruled([Head("日期", 30), Head("名称", 60, "C")], [(f"第{row}天", "剪枝" * 30) for row in range(40)])
    found = pages(made.done())
    assert len(found) > 2
    for number, text in enumerate(found, 1):
        assert "日期" in text and "名称" in text and re.search(rf"编号 1\s+{number}", text)
    days = [re.findall(r"第(\d+)天", text) for text in found]
    assert [int(day) for page in days for day in page] == list(range(40))
    assert all(text.count("剪枝") == 30 * len(page) for text, page in zip(found, days, strict=True))


def test_a_second_form_in_a_file_counts_its_own_sheets_and_carries_its_own_stamp() -> None:
    made = Paper(title="x")
    made.begin(foot="甲", stamp="已撤销")
    made.turn()
    made.begin(foot="乙")
    first, second, third = pages(made.done())
    assert "已撤销" in first and "已撤销" in second and "已撤销" not in third
    assert re.search(r"甲\s+2", second) and re.search(r"乙\s+1", third)


# -- the code ------------------------------------------------------------------------------


def test_the_stretches_drawn_are_the_dark_squares_of_the_code() -> None:
    for row in segno.make_qr("https://xiangxue.example/verify/2026-7K3F-9QHM-2TDC/").matrix_iter(border=4):
        signs = list(row)
        drawn = [0] * len(signs)
        for start, length in pdf._runs(signs):
            drawn[start : start + length] = [1] * length
        assert drawn == [int(bool(sign)) for sign in signs]


def test_the_code_of_a_page_carries_no_style_that_the_policy_would_drop() -> None:
    drawn = pdf.qr_svg("https://xiangxue.example/")
    assert drawn.startswith("<svg") and "viewBox" in drawn and "style" not in drawn
