"""Claims as the tests need them: times, a PDF, a claim that is written, one that is sent in."""

from __future__ import annotations

import datetime as dt

from lms.members.models import Member, User
from lms.training import claims
from lms.training.claim_models import Claim
from lms.training.claims import Stretch
from tests.training.conftest import FIRST_DAY, on
from tests.training.pictures import photo

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MORNING = Stretch(on(FIRST_DAY, 8), on(FIRST_DAY, 12), "half_day")
DAYS = [
    Stretch(on(FIRST_DAY - dt.timedelta(days=n), 8), on(FIRST_DAY - dt.timedelta(days=n), 18), "day") for n in (0, 1, 2)
]


def written(member: Member, *stretches: Stretch, by: User | None = None, **fields: str) -> Claim:
    """A claim with one photograph, not yet submitted; by the member himself unless ``by`` is given."""
    values = {
        "kind": "class",
        "title": "省委党校培训班",
        "organiser": "省委党校",
        "mode": "class",
        "category": "theory",
    }
    author = by or member.user
    claim = claims.write(member=member, stretches=stretches or [MORNING], by=author, **{**values, **fields})
    claims.add_file(claim=claim, data=photo(claim.pk), by=author)
    return claim


def sent(member: Member, *stretches: Stretch, by: User | None = None, **fields: str) -> Claim:
    """A claim that waits for its first decision."""
    return claims.submit(claim=written(member, *stretches, by=by, **fields), by=by or member.user)
