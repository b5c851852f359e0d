"""电话通知单: whom to call about a training, at which number, and who passes it on where there is no telephone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.core.pdf import Head, Paper
from lms.core.tables import Column
from lms.members.models import Post
from lms.notices.selectors import Told
from lms.training import telling
from lms.training.models import Training

COLUMNS = [
    Column("name", gettext_lazy("姓名"), 12),
    Column("unit", gettext_lazy("所在党组织"), 30),
    Column("phone", gettext_lazy("电话"), 16),
    Column("through", gettext_lazy("没有电话时找"), 26),
    Column("said", gettext_lazy("要说的话"), 60),
    Column("done", gettext_lazy("已告知"), 10),
]


def rows(people: Iterable[Told]) -> list[list[Any]]:
    """A row for each person who was not reached; numbers in full, for they are to be called."""
    missing = [one for one in people if not one.reached]
    through = _secretaries({one.member.unit_id for one in missing})
    return [
        [
            one.member.name,
            one.member.unit.name,
            one.member.mobile or one.member.landline,
            "" if one.member.mobile or one.member.landline else through.get(one.member.unit_id, ""),
            f"{one.notice.title}。{'；'.join(one.notice.body.splitlines())}" if one.notice else "",
            "",
        ]
        for one in missing
    ]


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who is called without being enrolled: who lectures, who carries it out, who receives it."""

    name: str
    office: str
    phone: str


def helpers(training: Training) -> list[Helper]:
    """Experts of what is ahead, the organiser and the base, with the numbers of the registers."""
    found = [Helper(one.name, one.employer or one.title, one.phone) for one in telling.experts_ahead(training)]
    if (organiser := training.organiser) is not None:
        found.append(Helper(organiser.contact or organiser.name, organiser.name, organiser.phone))
    if (base := training.base) is not None:
        found.append(Helper(base.contact or base.name, base.name, base.phone))
    return found


def helper_rows(training: Training) -> list[list[Any]]:
    """A row for each of them, with what to say."""
    said = telling.in_a_sentence(training)
    return [[one.name, one.office, one.phone, "", said, ""] for one in helpers(training)]


def _secretaries(unit_ids: set[int]) -> dict[int, str]:
    """The secretary of each unit with his number: in a village without a telephone he walks over."""
    posts = Post.objects.filter(unit__in=unit_ids, office=Post.Office.SECRETARY, ended_on__isnull=True)
    return {post.unit_id: f"{post.member.name} {post.member.mobile}".strip() for post in posts.select_related("member")}


def document(training: Training, people: Iterable[Told]) -> bytes:
    """The list as PDF, A4 across, with a box to tick; in Chinese whoever prints it."""
    with translation.override(settings.LANGUAGE_CODE):
        paper = Paper(title=_("电话通知单"), landscape=True, margin=12)
        paper.begin(foot=training.title)
        paper.title_line(_("电话通知单"), 20)
        paper.paragraph(training.title, 11)
        widths = (22, 62, 34, 44, 91, 20)
        heads = [Head(str(column.title), width) for column, width in zip(COLUMNS, widths, strict=True)]
        listed = [*rows(people), *helper_rows(training)]
        paper.ruled(heads, [[str(cell) for cell in row] for row in listed], 9)
        return paper.done()
