"""Certificates for many: a batch is made with its list of people, worked off row by row, and ends in one PDF.

Like a roster import it can be cut anywhere and goes on where it stood: each row is issued and marked in one short
transaction, issuing twice gives the certificate that stands already, and the file is made anew until it is whole.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.urls import reverse

from lms.core import clock
from lms.core.crypto import decrypt, encrypt
from lms.hours import totals
from lms.hours.credit import INCOMPLETE
from lms.members import audit
from lms.members.models import Member, Unit, User
from lms.members.permissions import can, visible
from lms.notices.services import notify
from lms.reports import certificates, certificates_pdf
from lms.reports.certificates import CertificateRefused, Content, Scope
from lms.reports.models import Certificate, CertificateBatch, CertificateBatchRow

State, Outcome = CertificateBatch.State, CertificateBatchRow.Outcome

MOST_PEOPLE = 3000
"""A file of more would not be finished within the worker's time; a county makes one a town."""

ROWS_A_TRANSACTION = 20
PAUSE_SECONDS = 0.005
SHEETS_A_STEP = 50
MAX_ATTEMPTS = 4


class BatchRefused(ValueError):
    """A batch that cannot be begun or taken up; ``code``: ``nobody``, ``too-many``, ``not-parked``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# -- begin ------------------------------------------------------------------------------


@transaction.atomic
def begin_year(*, unit: Unit, year: int, by: User | None) -> CertificateBatch:
    """Plan the yearly certificates of the people of a unit. Raises BatchRefused: ``nobody``, ``too-many``."""
    people = Member.objects.active().party().in_unit(unit)
    return _begin(CertificateBatch(unit=unit, scope=Scope.YEAR, year=year, created_by=by), people)


@transaction.atomic
def begin_class(*, unit: Unit, occasion: str, title: str, by: User | None) -> CertificateBatch:
    """Plan the certificates of one class for the people of a unit who earned hours in it. Raises BatchRefused."""
    people = list(Member.objects.in_unit(unit).values_list("pk", flat=True))
    earned = {pk for name in (occasion, occasion + INCOMPLETE) for pk in totals.of_occasion(name, people)}
    batch = CertificateBatch(
        unit=unit,
        scope=Scope.CLASS,
        year=clock.year_of(clock.today()),
        occasion=occasion,
        title=title[:200],
        created_by=by,
    )
    return _begin(batch, Member.objects.filter(pk__in=earned))


def _begin(batch: CertificateBatch, people: QuerySet[Member]) -> CertificateBatch:
    ids = list(people.order_by("unit__path", "sort_key", "code").values_list("pk", flat=True)[: MOST_PEOPLE + 1])
    if not ids:
        raise BatchRefused("nobody")
    if len(ids) > MOST_PEOPLE:
        raise BatchRefused("too-many")
    batch.total = len(ids)
    batch.save()
    CertificateBatchRow.objects.bulk_create([CertificateBatchRow(batch=batch, member_id=pk) for pk in ids])
    audit.record("certificate.batch", by=batch.created_by, on=batch, unit=batch.unit, people=len(ids))
    return batch


# -- work --------------------------------------------------------------------------------


def work(*, batch: CertificateBatch) -> CertificateBatch:
    """Issue what is not issued yet, then make the file. Safe to call again after any interruption, also twice at once.

    After MAX_ATTEMPTS starts without an end the batch is left as it stands, with the problem named.
    """
    if not _start(batch):
        return batch
    while _issue_some(batch.pk):
        time.sleep(PAUSE_SECONDS)
    _print(batch)
    batch.refresh_from_db()
    return batch


@transaction.atomic
def _start(batch: CertificateBatch) -> bool:
    """Count the start before the work, so that a crash counts too."""
    current = CertificateBatch.objects.select_for_update(of=("self",)).select_related("unit", "created_by")
    row = current.get(pk=batch.pk)
    if row.state != State.DONE and not row.problem:
        if row.created_by and not can(row.created_by, "certificates.issue", row.unit):
            row.problem = "not-permitted"
        elif row.attempts >= MAX_ATTEMPTS:
            row.problem = "interrupted"
        row.attempts += 1
        row.save(update_fields=["problem", "attempts"])
    batch.refresh_from_db()
    return batch.state != State.DONE and not batch.problem


@transaction.atomic
def _issue_some(batch_id: int) -> bool:
    """See to the next rows, all or nothing; False when none is left."""
    batch = CertificateBatch.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=batch_id)
    rows = list(batch.rows.filter(outcome=Outcome.WAITING).select_related("member__unit")[:ROWS_A_TRANSACTION])
    for row in sorted(rows, key=lambda row: row.member_id):  # members are locked in one order everywhere
        row.certificate, row.outcome = _issued(batch, row.member)
    CertificateBatchRow.objects.bulk_update(rows, ["certificate", "outcome"])
    CertificateBatch.objects.filter(pk=batch_id).update(done=F("done") + len(rows))
    if not rows:
        CertificateBatch.objects.filter(pk=batch_id, state=State.ISSUING).update(state=State.PRINTING)
    return bool(rows)


def _issued(batch: CertificateBatch, member: Member) -> tuple[Certificate | None, str]:
    """One person's certificate, or why there is none. Who moved away meanwhile is no longer the officer's to certify."""
    if batch.created_by and not can(batch.created_by, "certificates.issue", member.unit):
        return None, Outcome.NOT_PERMITTED
    try:
        made, fresh = certificates.issue(member=member, content=_content(batch, member), by=batch.created_by)
    except CertificateRefused as refused:
        return None, Outcome.NOT_COMPLETED if refused.code == "not-completed" else Outcome.NO_HOURS
    return made, Outcome.ISSUED if fresh else Outcome.KEPT


def _content(batch: CertificateBatch, member: Member) -> Content:
    if batch.scope == Scope.YEAR:
        return certificates.of_year(member, batch.year)
    return certificates.of_class(member, batch.occasion)


def _print(batch: CertificateBatch) -> None:
    """Make the file outside any transaction, then say in a short one that it is there."""
    issued = certificates.certificates().filter(pk__in=batch.rows.values("certificate"))
    papers = list(issued.order_by("member__unit__path", "member__sort_key", "number"))
    name = ""
    if papers:
        data = certificates_pdf.document(_counted(batch, papers), title=batch.heading)
        name = batch.file.storage.save(f"certificates/{batch.year}/{batch.uuid}.sealed", ContentFile(_seal(data)))
    with transaction.atomic():
        finished = CertificateBatch.objects.filter(pk=batch.pk, state=State.PRINTING).update(
            state=State.DONE, file=name, printed=len(papers), finished_at=clock.now()
        )
        if finished:
            audit.record("certificate.batch_done", by=batch.created_by, on=batch, unit=batch.unit, papers=len(papers))
            _tell_ready(batch, len(papers))
    if name and not finished:  # another worker was first; its file counts
        batch.file.storage.delete(name)


def _tell_ready(batch: CertificateBatch, papers: int) -> None:
    """The one who asked for the batch need not look again and again."""
    if batch.created_by is not None:
        notify(
            "certificate.batch",
            users=[batch.created_by],
            about=f"certificates:{batch.pk}",
            context={"title": batch.heading, "n": str(papers)},
            link=reverse("certificate-batch", kwargs={"batch": batch.uuid}),
            by=None,
        )


def content(batch: CertificateBatch) -> bytes:
    """The finished PDF."""
    with batch.file.open("rb") as stored:
        return base64.b64decode(decrypt(stored.read().decode("ascii")))


def _seal(data: bytes) -> bytes:
    """The file names many people, so it is stored encrypted, under a name that says nothing."""
    return encrypt(base64.b64encode(data).decode("ascii")).encode("ascii")


def _counted(batch: CertificateBatch, papers: Iterable[Certificate]) -> Iterable[Certificate]:
    """The certificates one by one, with the progress kept in the row."""
    for number, paper in enumerate(papers, 1):
        yield paper
        if number % SHEETS_A_STEP == 0:
            CertificateBatch.objects.filter(pk=batch.pk, state=State.PRINTING).update(printed=number)


@transaction.atomic
def resume(*, batch: CertificateBatch, by: User | None) -> None:
    """Give a parked batch another MAX_ATTEMPTS starts. Raises BatchRefused("not-parked")."""
    parked = CertificateBatch.objects.filter(pk=batch.pk).exclude(state=State.DONE).exclude(problem="")
    if not parked.update(problem="", attempts=0):
        raise BatchRefused("not-parked")
    audit.record("certificate.batch_resume", by=by, on=batch, unit=batch.unit)


# -- reads --------------------------------------------------------------------------------


def batches(user: User) -> QuerySet[CertificateBatch]:
    """The batches that the person may open, the latest first."""
    return visible(CertificateBatch.objects.select_related("unit", "created_by"), user)


def outcomes(batch: CertificateBatch) -> list[tuple[str, str, int]]:
    """(outcome, its word, how many) of a batch, in the order of the outcomes; without those that nobody has."""
    counts = dict(batch.rows.order_by().values_list("outcome").annotate(n=Count("pk")))
    return [(value, str(label), counts[value]) for value, label in Outcome.choices if value in counts]


def left_out(batch: CertificateBatch) -> QuerySet[CertificateBatchRow]:
    """Who got no certificate, with why."""
    return batch.rows.exclude(outcome__in=[Outcome.WAITING, Outcome.ISSUED, Outcome.KEPT]).select_related(
        "member__unit"
    )
