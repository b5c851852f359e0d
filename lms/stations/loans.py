"""The register of borrowed paper books (农家书屋): reads and writes. Borrowing is a service to readers and earns no hours."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lms.core import clock
from lms.members import audit
from lms.members.models import User
from lms.members.permissions import visible
from lms.stations.models import BookLoan, Station
from lms.stations.services import StationError


@dataclass(frozen=True, slots=True)
class Loan:
    """What the operator writes down: who, which book, when it went and when it is due."""

    borrower: str
    title: str
    out_on: dt.date
    due_on: dt.date


def seen_by(user: User) -> QuerySet[BookLoan]:
    """The lines of the registers that the person may read, the latest first."""
    return visible(BookLoan.objects.select_related("station__unit"), user)


@transaction.atomic
def lend(*, station: Station, loan: Loan, by: User | None) -> BookLoan:
    """Write a line. Raises StationError ``bad-dates`` when it would be due before it goes, or go tomorrow."""
    if loan.due_on < loan.out_on:
        raise StationError("bad-dates", _("应还日期不能早于借出日期。"))
    if loan.out_on > clock.today():
        raise StationError("bad-dates", _("借出日期不能晚于今天。"))
    row = BookLoan.objects.create(
        station=station, borrower=loan.borrower, title=loan.title, out_on=loan.out_on, due_on=loan.due_on, lent_by=by
    )
    audit.record("loan.lend", by=by, on=row, unit=station.unit, title=loan.title)
    return row


@transaction.atomic
def take_back(*, loan: BookLoan, by: User | None) -> BookLoan:
    """Note that a book is back today; noting it again keeps the first day."""
    locked = BookLoan.objects.select_for_update(of=("self",)).select_related("station__unit").get(pk=loan.pk)
    if locked.back_on is None:
        locked.back_on = max(clock.today(), locked.out_on)
        locked.save(update_fields=["back_on"])
        audit.record("loan.back", by=by, on=locked, unit=locked.station.unit)
    return locked
