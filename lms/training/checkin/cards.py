"""Members' cards on A4: name, branch, number and the code that the trainer scans; ten to a sheet, to be cut apart."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from lms.core.pdf import MUTED, Paper
from lms.members.models import Member
from lms.training.checkin.selectors import card_text

ACROSS, DOWN = 2, 5
WIDTH, HEIGHT, CODE = 87.0, 51.0, 42.0  # mm
GAP = 3.0


def cards(members: Iterable[Member], title: str) -> bytes:
    """The cards of these members as PDF; one sheet that says so when there are none."""
    paper = Paper(title=title, margin=(210 - ACROSS * WIDTH) / 2)
    place = 0
    paper.begin(foot=title)
    for number, member in enumerate(members):
        place = number % (ACROSS * DOWN)
        if number and not place:
            paper.turn()
        _card(paper, member, place)
    return paper.done()


def _card(paper: Paper, member: Member, place: int) -> None:
    row, column = divmod(place, ACROSS)
    x, y = paper.left + column * WIDTH, 14 + row * HEIGHT
    paper.set_draw_color(*MUTED)
    paper.set_line_width(0.1)
    paper.rect(x, y, WIDTH, HEIGHT)
    paper.qr(card_text(member), x + 1, y + (HEIGHT - CODE) / 2, CODE)
    text, wide = x + CODE + GAP, WIDTH - CODE - 2 * GAP
    top = y + 8
    for words, size in ((member.name, 16), (member.unit.label, 9), (member.code, 11)):
        for line in paper.wrapped(words, wide, size):
            paper.write_at(text, top, line, size)
            top += size * 0.3528 * 1.45
        top += 1.5
    paper.write_at(text, y + HEIGHT - 8, _("签到码，请带到培训现场"), 7, "L", MUTED)
