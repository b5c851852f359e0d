"""Forms that people print and files that they open: A4 with Chinese text, from the browser and from LibreOffice."""

from __future__ import annotations

import io
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from django.conf import settings
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.browser.conftest import DESK, SignIn

pytestmark = pytest.mark.browser
PICTURES = Path(settings.BASE_DIR, "docs", "screenshots")
A4 = (595, 842)
"""Points, upright."""

ROSTER = ("序号", "姓名", "性别", "所在党组织", "职务", "联系电话", "上午签到", "下午签到", "备注")
REGISTER = (
    "日期",
    "基地名称",
    "基地类别",
    "主题",
    "组织单位",
    "带队人",
    "讲解员",
    "应到",
    "实到",
    "学时",
    "照片",
    "备注",
)


@pytest.fixture
def keep(request: pytest.FixtureRequest):
    """``keep(pdf, "sheet")`` draws the first page for the documents, where ``--update-pictures`` asks for it."""

    def draw(pdf: bytes, name: str) -> None:
        if request.config.getoption("update_pictures"):
            with pdfium.PdfDocument(pdf) as document:
                document[0].render(scale=1.2).to_pil().save(PICTURES / f"{name}.png")

    return draw


def check(pdf: bytes, words: tuple[str, ...]) -> str:
    """Every page is A4 and all words stand on the first; returns the text without white space."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    for page in pages:
        size = sorted((float(page.mediabox.width), float(page.mediabox.height)))
        assert [round(side) for side in size] == pytest.approx(A4, abs=1.5)
    # Some typefaces name 日, 人 and 片 by the signs of dictionaries' radicals; they are the same characters.
    text = unicodedata.normalize("NFKC", "".join(pages[0].extract_text().split()))
    assert [word for word in words if word not in text] == []
    return text


def printed(page: Page) -> bytes:
    """What the browser sends to the printer."""
    return page.pdf(prefer_css_page_size=True, print_background=True)


def downloaded(page: Page, address: str) -> bytes:
    answer = page.request.get(address)
    assert answer.ok, f"{address}: {answer.status}"
    return answer.body()


def by_libreoffice(folder: Path, xlsx: bytes) -> bytes:
    """The workbook opened and printed by another program than the one that wrote it."""
    office = shutil.which("soffice")
    assert office, "the tests of exported files need LibreOffice (apt-get install libreoffice-calc-nogui)"
    book = folder / "book.xlsx"
    book.write_bytes(xlsx)
    command = [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(folder), str(book)], check=True, capture_output=True, timeout=180)
    return (folder / "book.pdf").read_bytes()


def a_class(page: Page) -> None:
    """Open the first class on the list."""
    page.goto("/desk/trainings/?kind=class")
    page.locator(".table a[href^='/desk/trainings/']").first.click()


def test_the_record_of_a_class_and_the_sheet_to_sign_that_it_leads_to(sign_in: SignIn, tmp_path: Path, keep) -> None:
    page = sign_in("trainer", DESK)
    a_class(page)
    sheet = page.locator("a[href$='/sheet/']").first.get_attribute("href")
    page.goto(sheet)
    heads = ("签到表", "班次", "期次", "日期", "地点", "主办", "应到", *ROSTER)
    check(printed(page), heads)
    check(by_libreoffice(tmp_path, downloaded(page, f"{sheet}?format=xlsx")), ROSTER)
    page.get_by_role("link", name="打印手签用的签到表").click()
    form = page.locator("form[action$='.pdf']").first
    token = form.locator("[name=csrfmiddlewaretoken]").get_attribute("value")
    answer = page.request.post(form.get_attribute("action"), form={"csrfmiddlewaretoken": token})
    assert answer.headers["content-type"] == "application/pdf"
    check(answer.body(), (*heads, "扫码上传本页照片"))
    keep(answer.body(), "sign-in-sheet")


def test_the_register_of_base_visits(sign_in: SignIn, tmp_path: Path, keep) -> None:
    page = sign_in("county", DESK)
    page.goto("/desk/bases/visits/")
    pdf = printed(page)
    check(pdf, ("基地参观登记", *REGISTER))
    keep(pdf, "visit-register")
    text = check(by_libreoffice(tmp_path, downloaded(page, "/desk/bases/visits/?format=xlsx")), REGISTER)
    assert "葡萄" in text or "基地" in text


@pytest.mark.parametrize(
    ("account", "address", "words"),
    [
        ("county", "/desk/trainings/?format=xlsx", ("主办",)),
        ("county", "/desk/reports/?format=xlsx", ("党员总数", "应训人数", "学时")),
        ("county", "/desk/registers/experts/?format=xlsx", ("专长", "评分")),
    ],
)
def test_what_lists_export_opens_in_libreoffice(
    sign_in: SignIn, tmp_path: Path, account: str, address: str, words: tuple[str, ...]
) -> None:
    page = sign_in(account, DESK)
    check(by_libreoffice(tmp_path, downloaded(page, address)), words)
