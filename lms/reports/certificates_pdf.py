"""学时证明 on paper: one certificate, or many in one file."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from lms.core.pdf import MUTED, Head, Paper
from lms.core.templatetags.xiangxue import date_zh, number
from lms.reports import certificates
from lms.reports.models import Certificate

QR_SIDE = 34
DIGEST_SIGNS = 16


def verify_address(certificate: Certificate) -> str:
    """The absolute address at which anybody can check the certificate (XIANGXUE_URL)."""
    return settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse("certificate-verify", args=[certificate.number])


def document(papers: Iterable[Certificate], *, title: str = "") -> bytes:
    """Certificates as one PDF, each beginning on its own sheet. An official form is in Chinese whoever prints it."""
    with translation.override(settings.LANGUAGE_CODE):
        paper = Paper(title=" ".join(filter(None, [_("学时证明"), title])))
        for certificate in papers:
            _draw(paper, certificate)
        return paper.done()


def _draw(paper: Paper, certificate: Certificate) -> None:
    foot = _("编号 %(number)s") % {"number": certificate.number}
    paper.begin(foot=foot, stamp=_("已撤销") if certificate.is_revoked else "")
    paper.title_line(_("学时证明"))
    paper.paragraph(foot, 10, align="R", colour=MUTED)
    paper.set_y(paper.y + 3)
    paper.paragraph(_statement(certificate), 12, indent=2)
    paper.set_y(paper.y + 4)
    _items(paper, certificate)
    _foot(paper, certificate)


def _statement(certificate: Certificate) -> str:
    words = {
        "name": certificate.name,
        "number": certificate.id_number_masked,
        "unit": certificate.unit_name,
        "year": certificate.year,
        "title": certificate.title,
        "day": date_zh(certificate.issued_at),
        "hours": number(certificate.total),
    }
    who = _("%(name)s（公民身份证号 %(number)s，%(unit)s）") if words["number"] else _("%(name)s（%(unit)s）")
    what = (
        _("在 %(year)s 年度参加党员教育培训，截至%(day)s共计 %(hours)s 学时，明细如下。")
        if certificate.scope == Certificate.Scope.YEAR
        else _("参加“%(title)s”，共计 %(hours)s 学时，明细如下。")
    )
    return _("兹证明") + who % words + what % words


def _items(paper: Paper, certificate: Certificate) -> None:
    heads = (
        Head(_("序号"), 10, "C"),
        Head(_("日期"), 22, "C"),
        Head(_("培训名称"), 55),
        Head(_("内容类别"), 31, "C"),
        Head(_("学习形式"), 20, "C"),
        Head(_("学时"), 13, "R"),
        Head(_("折算规则"), 23, "C"),
    )
    rows = [
        (
            str(place),
            item["date"].isoformat(),
            item["title"],
            item["category"],
            item["mode"],
            number(item["hours"]),
            item["rule"],
        )
        for place, item in enumerate(certificates.readable(certificate.items), 1)
    ]
    paper.ruled(heads, [*rows, ("", "", _("合计"), "", "", number(certificate.total), "")], 8.5)


def _foot(paper: Paper, certificate: Certificate) -> None:
    """The code that leads back to the record on the left; issuer, day and room for the seal on the right."""
    paper.need(QR_SIDE + 16)
    top, left, side = paper.y + 8, paper.left, QR_SIDE
    paper.qr(verify_address(certificate), left, top, side)
    for place, line in enumerate(
        [
            _("扫码核验真伪"),
            _("或打开 %(address)s 输入编号")
            % {"address": settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse("certificate-check")},
            _("校验码 %(digest)s") % {"digest": certificate.digest[:DIGEST_SIGNS]},
        ]
    ):
        paper.write_at(left + 2, top + side + place * 4.5, line, 8, colour=MUTED)
    signed = [certificate.issuer_name, date_zh(certificate.issued_at), _("（盖章）")]
    for place, line in enumerate(signed):
        paper.write_at(left + paper.inner, top + 6 + place * 9, line, 12, "R")
