"""期次: which of its kind a training is in the year of its first session, counted by the unit that holds it.

A number is proposed (one more than the highest) or typed; the database keeps it from being held twice. It stays when others are
called off, and is proposed anew when the training moves to another year.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Max, Min

from lms.core import clock
from lms.training.errors import TrainingError
from lms.training.models import Training

TRIES = 20
"""Somebody who takes the same number at the same moment is waited for, then the next one is tried."""
IN_TITLE = re.compile(r"第(?P<number>[0-9]{1,3}|[一二三四五六七八九十]{1,3})(?P<word>期|场|次)")
DIGITS = "零一二三四五六七八九"
MOST = 999


def year_of(training: Training) -> int | None:
    """The county's year of the first session; None before one is planned."""
    first = training.sessions.order_by("starts_at").first()
    return clock.local_date(first.starts_at).year if first else None


def proposed(training: Training, year: int) -> int:
    """One more than the highest number of its kind, of its unit, in a year."""
    peers = Training.objects.filter(unit=training.unit_id, kind=training.kind, year=year)
    highest = peers.exclude(state=Training.State.CANCELLED).exclude(pk=training.pk).aggregate(most=Max("number"))
    return int(highest["most"] or 0) + 1


def settle(training: Training, wanted: int | None = None) -> None:
    """Write year and number after the sessions; the last thing that a plan takes. Raises TrainingError ``number-taken``."""
    year = year_of(training) or (clock.today().year if wanted else None)
    if year is None:
        _write(training, None, None)
    elif wanted is not None or training.number is None or training.year != year:
        for _try in range(TRIES):
            if _claimed(training, year, wanted or proposed(training, year)):
                return
            if wanted is not None:
                break
        raise TrainingError("number-taken")


def _claimed(training: Training, year: int, number: int) -> bool:
    try:
        with transaction.atomic():
            _write(training, year, number)
    except IntegrityError:
        return False
    return True


def _write(training: Training, year: int | None, number: int | None) -> None:
    if (training.year, training.number) != (year, number):
        Training.objects.filter(pk=training.pk).update(year=year, number=number)
        training.year, training.number = year, number


def fill(pks: Iterable[int]) -> None:
    """Number trainings that were written all at once, in the order of their first sessions."""
    held = Training.objects.filter(pk__in=list(pks), number__isnull=True).annotate(first=Min("sessions__starts_at"))
    rows = list(held.filter(first__isnull=False).exclude(state=Training.State.CANCELLED).order_by("first", "pk"))
    counted: Counter[tuple[int, str, int]] = Counter()
    for row in rows:
        row.year = clock.local_date(row.first).year
        key = (row.unit_id, row.kind, row.year)
        if key not in counted:
            counted[key] = proposed(row, row.year) - 1
        counted[key] += 1
        row.number = counted[key]
    Training.objects.bulk_update(rows, ["year", "number"], batch_size=500)


# -- in titles -----------------------------------------------------------------------------


def raised(title: str) -> str:
    """A title whose 第N期 (场, 次) is one more, in figures or in words as it was."""
    return IN_TITLE.sub(lambda found: f"第{_one_more(found['number'])}{found['word']}", title, count=1)


def _one_more(text: str) -> str:
    if text.isdecimal():
        return str(int(text) + 1)
    tens, ten, ones = text.rpartition("十")
    number = (DIGITS.index(tens) if tens else 1) * 10 if ten else 0
    number += DIGITS.index(ones) if ones in DIGITS and ones else 0
    return in_words(number + 1)


def in_words(number: int) -> str:
    """A number up to 99 as it is said: 三, 十, 十二, 二十, 三十五; beyond that in figures."""
    tens, ones = divmod(number, 10)
    if number > 99 or number < 1:
        return str(number)
    ten = ("" if tens == 1 else DIGITS[tens]) + "十" if tens else ""
    return ten + (DIGITS[ones] if ones else "")
