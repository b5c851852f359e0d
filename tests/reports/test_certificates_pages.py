"""The pages of certificates: who issues what, what the public learns, what the desk shows of a change."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from lms.core import pdf
from lms.hours import ledger
from lms.members.models import Member
from lms.reports import certificates, certificates_pdf
from lms.reports import certificates_rules as rules
from lms.reports.certificates_verify import MISSES_A_MINUTE
from lms.reports.models import Certificate
from tests.conftest import County
from tests.factories import id_number, make_credit, make_member

Login = Callable[[str], Client]
RARE = "㛃䶮𬱟"


@pytest.fixture
def grower(county: County) -> Member:
    made = make_member(county.branch, "欧阳" + RARE, id_number=id_number())
    with transaction.atomic():
        ledger.post(
            make_credit(made, "8.00", occasion="training:7", source="training.attendance:1:2026-03-05"), by=None
        )
    return made


@pytest.fixture
def paper(grower: Member) -> Certificate:
    return certificates.issue(member=grower, content=certificates.of_year(grower, 2026), by=None)[0]


def withdraw(member: Member) -> None:
    credit = make_credit(member, occasion="training:7", source="training.attendance:1:2026-03-05")
    with transaction.atomic():
        ledger.post(credit.nothing(), by=None)


def text_of(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


# -- issuing on a page -----------------------------------------------------------------------


def test_a_member_issues_his_own(county: County, login: Login, member: Member) -> None:
    with transaction.atomic():
        ledger.post(make_credit(member, "3.00"), by=None)
    client, address = login("member"), reverse("own-certificates")
    assert "2026 年度全部学时" in client.get(address).content.decode()
    answer = client.post(address, {"what": "year:2026"})
    made = Certificate.objects.get(member=member)
    assert answer.url == reverse("certificate-detail", args=[made.number])
    assert made.issued_by == county.users["member"]
    assert made.number in client.get(address).content.decode()
    assert client.post(address, {"what": "year:2026"}).url == answer.url
    assert Certificate.objects.count() == 1


def test_a_member_cannot_certify_or_read_another(login: Login, grower: Member, paper: Certificate) -> None:
    client = login("member")
    for name in ("certificate-detail", "certificate-pdf"):
        assert client.get(reverse(name, args=[paper.number])).status_code == 404
    assert client.post(reverse("member-certificates", args=[grower.code]), {"what": "year:2026"}).status_code == 404


def test_a_secretary_issues_for_a_class(login: Login, grower: Member) -> None:
    answer = login("secretary").post(reverse("member-certificates", args=[grower.code]), {"what": "training:7"})
    made = Certificate.objects.get()
    assert answer.url == reverse("certificate-detail", args=[made.number])
    assert (made.scope, made.occasion, made.heading) == ("class", "training:7", "葡萄修剪培训")


def test_an_auditor_reads_and_does_not_issue(login: Login, grower: Member, paper: Certificate) -> None:
    client, address = login("auditor"), reverse("member-certificates", args=[grower.code])
    page = client.get(address).content.decode()
    assert paper.number in page and "<form" not in page.split("<main", 1)[1].split("</main", 1)[0]
    assert client.post(address, {"what": "year:2026"}).status_code == 404


def test_a_year_without_hours_is_refused_with_a_word(login: Login, county: County) -> None:
    nobody = make_member(county.branch, "陈德明")
    answer = login("secretary").post(reverse("member-certificates", args=[nobody.code]), {"what": "year:2026"})
    assert answer.status_code == 422 and "还没有学时" in answer.content.decode()
    assert not Certificate.objects.exists()


def test_a_class_of_somebody_else_cannot_be_named(login: Login, grower: Member) -> None:
    answer = login("secretary").post(reverse("member-certificates", args=[grower.code]), {"what": "training:8"})
    assert answer.status_code == 422 and not Certificate.objects.exists()


# -- a certificate opened -----------------------------------------------------------------------


def test_the_page_says_when_the_ledger_was_corrected(login: Login, grower: Member, paper: Certificate) -> None:
    client, address = login("secretary"), reverse("certificate-detail", args=[paper.number])
    assert "记录已更正" not in client.get(address).content.decode()
    withdraw(grower)
    page = client.get(address).content.decode()
    assert "记录已更正" in page and "证明上是 8 学时" in page


def test_revoking_asks_for_a_reason_and_then_says_it(login: Login, paper: Certificate) -> None:
    client, address = login("town"), reverse("certificate-revoke", args=[paper.number])
    assert "撤销后不能恢复" in client.get(address).content.decode()
    assert client.post(address, {"reason": " "}).status_code == 422
    page = client.post(address, {"reason": "代签"}, follow=True).content.decode()
    assert "这份证明已撤销" in page and "代签" in page
    assert "此前已经撤销" in client.post(address, {"reason": "再次"}, follow=True).content.decode()


def test_the_list_is_found_by_name_pinyin_number_and_state(login: Login, paper: Certificate) -> None:
    client, address = login("county"), reverse("certificate-list")
    for query in (RARE[0], "ou yang", paper.number[:9].lower(), ""):
        assert paper.number in client.get(address, {"q": query}).content.decode(), query
    assert paper.number not in client.get(address, {"q": "王"}).content.decode()
    assert paper.number not in client.get(address, {"state": "revoked"}).content.decode()
    certificates.revoke(certificate=paper, reason="印错", by=None)
    assert paper.number in client.get(address, {"state": "revoked"}).content.decode()


def test_the_list_asks_as_often_for_one_certificate_as_for_many(
    login: Login, county: County, paper: Certificate, django_assert_num_queries: Callable
) -> None:
    client, address = login("county"), reverse("certificate-list")
    client.get(address)
    # session · user · grants · (member of the user) · count · page of certificates · the bell · reviews that wait
    with django_assert_num_queries(8):
        client.get(address)
    for number in range(5):
        member = make_member(county.branch, f"某{number}")
        with transaction.atomic():
            ledger.post(make_credit(member), by=None)
        certificates.issue(member=member, content=certificates.of_year(member, 2026), by=None)
    with django_assert_num_queries(8):
        client.get(address)


# -- on paper -----------------------------------------------------------------------------------------


def test_the_paper_has_everything_and_rare_characters_are_right(login: Login, paper: Certificate) -> None:
    answer = login("secretary").get(reverse("certificate-pdf", args=[paper.number]))
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    text = text_of(answer.content).replace("\n", "")
    for wanted in (
        "欧阳" + RARE,
        paper.number,
        paper.id_number_masked,
        "葡萄修剪培训",
        "2026-03-05",
        "2019-01-01 版",
        "清溪县委",
        "2026年11月22日",
        paper.digest[:16],
        "/verify/",
    ):
        assert wanted in text, wanted
    assert "已撤销" not in text


def test_a_revoked_paper_is_crossed(paper: Certificate) -> None:
    certificates.revoke(certificate=paper, reason="印错", by=None)
    again = certificates.numbered(paper.number)
    assert again is not None and "已撤销" in text_of(certificates_pdf.document([again]))


def test_the_paper_is_chinese_whoever_prints_it(login: Login, paper: Certificate) -> None:
    client = login("secretary")
    client.post(reverse("set_language"), {"language": "en"})
    assert "兹证明" in text_of(client.get(reverse("certificate-pdf", args=[paper.number])).content)


def test_the_code_leads_to_the_check_of_this_number(paper: Certificate, settings: object) -> None:
    settings.WAGTAILADMIN_BASE_URL = "https://xiangxue.example/"  # type: ignore[attr-defined]
    assert certificates_pdf.verify_address(paper) == f"https://xiangxue.example/verify/{paper.number}/"


def test_every_rare_character_has_its_glyph_and_what_has_none_is_named() -> None:
    assert {ord(sign) for sign in RARE + "𠮷㐂龘堃喆"} <= pdf.characters()
    assert pdf.printable("王\x00\U0002f800x") in ("王\U0002f800x", "王〓(U+2F800)x")
    assert pdf.printable("王\U000323af") == "王〓(U+323AF)"


# -- the public check --------------------------------------------------------------------------------


def main_of(number: str) -> tuple[int, str]:
    """Status and what a reader sees; around it stand the address and a token."""
    status, page = verify(number)
    return status, page.split("<main", 1)[1].split("</main", 1)[0]


def verify(number: str) -> tuple[int, str]:
    answer = Client().get(reverse("certificate-verify", args=[number]))
    assert "noindex" in answer["X-Robots-Tag"] and "no-store" in answer["Cache-Control"]
    return answer.status_code, answer.content.decode()


def test_anybody_learns_that_it_is_valid_and_little_else(grower: Member, paper: Certificate) -> None:
    status, page = verify(paper.number)
    main = page.split("<main", 1)[1]
    assert status == 200 and "由本系统开具，内容与学时记录一致" in main
    for shown in ("欧**", paper.id_number_masked, "2026年11月22日", paper.digest[:16]):
        assert shown in main
    for hidden in (grower.name, RARE[0], "阳", "葡萄", grower.code, paper.unit_name, "桃源村"):
        assert hidden not in page, hidden


def test_the_public_check_knows_revoked_and_corrected(grower: Member, paper: Certificate) -> None:
    withdraw(grower)
    assert "有效，但记录已更正" in verify(paper.number)[1]
    certificates.revoke(certificate=paper, reason="代签", by=None)
    page = verify(paper.number)[1]
    assert "不再有效" in page and "代签" not in page


def test_every_unknown_number_reads_the_same(db: None) -> None:
    pages = {main_of(number) for number in (rules.new_number(2026), "2026-1111-1111-1112", "x", "９" * 40, "%00'--")}
    assert len(pages) == 1
    status, page = pages.pop()
    assert status == 404 and "没有这份证明" in page


def test_guessing_is_slowed_down_and_stops_nobody_else(paper: Certificate) -> None:
    for _time in range(MISSES_A_MINUTE):
        assert verify("2026-1111")[0] == 404
    assert verify("2026-1111")[0] == 429
    other = Client().get(reverse("certificate-verify", args=[paper.number]), REMOTE_ADDR="10.9.8.7")
    assert other.status_code == 200


def test_a_slip_of_the_pen_shows_before_any_look_up(paper: Certificate) -> None:
    client, address = Client(), reverse("certificate-check")
    assert client.get(address).status_code == 200
    wrong = paper.number[:-1] + ("2" if paper.number[-1] != "2" else "3")
    answer = client.get(address, {"number": wrong})
    assert answer.status_code == 422 and "抄错" in answer.content.decode()
    typed = paper.number.lower().replace("-", " ")
    assert client.get(address, {"number": typed}).url == reverse("certificate-verify", args=[paper.number])


def test_an_altered_row_is_not_called_valid(paper: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody with the database in hand takes the triggers off and gives himself hours."""
    altered = certificates.numbered(paper.number)
    assert altered is not None
    altered.items[0]["hours"] = "80.00"
    monkeypatch.setattr(certificates, "numbered", lambda _number: altered)
    assert "记录异常" in verify(paper.number)[1]
