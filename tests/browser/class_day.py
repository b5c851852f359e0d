"""People of the secretary's branch for a class, and what the ledger says of it: ``python -m tests.browser.class_day people``
and ``… ledger TITLE``, in a site's folder."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
BRANCH = "C-T01-B01"
PEOPLE = 6


def people() -> dict[str, list[dict[str, str]]]:
    """``plain``: six without an account; ``phones``: the accounts ``member`` and ``elder``. Name, code, card, last four."""
    from lms.members.models import Member
    from lms.training.checkin import selectors

    def row(member: Member) -> dict[str, str]:
        four = next(iter(sorted(selectors.last_four(member))), "")
        return {"name": member.name, "code": member.code, "card": selectors.card_text(member), "four": four}

    own = Member.objects.active().filter(unit__code=BRANCH, user=None).order_by("pk")
    known = [one for one in own if selectors.last_four(one)]
    phones = Member.objects.filter(user__username__in=["member", "elder"]).order_by("-user__username")
    return {"plain": [row(one) for one in known[:PEOPLE]], "phones": [row(one) for one in phones]}


def ledger(title: str) -> list[list[str]]:
    """What stands of a training: who, hours, by which rule, in which form, of which kind of content; in order."""
    from lms.hours import totals
    from lms.training.models import Training

    training = Training.objects.get(title=title)
    found = []
    for session in training.sessions.all():
        for mark in session.attendances.select_related("member"):
            lines = totals.entries(mark.member_id, session.starts_at.year)
            own = lines.filter(source__startswith=f"training.attendance:{mark.pk}:")
            found += [
                [mark.member.code, str(line.hours), str(line.rule), str(line.mode), str(line.category)] for line in own
            ]
    return sorted(found)


if __name__ == "__main__":
    django.setup()
    acts: dict[str, Any] = {"people": people, "ledger": ledger}
    print(json.dumps(acts[sys.argv[1]](*sys.argv[2:]), ensure_ascii=False))
