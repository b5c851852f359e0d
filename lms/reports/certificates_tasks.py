"""What the worker does for batches of certificates. Each task calls one service that can be cut and called again."""

from __future__ import annotations

from lms.reports import certificates_batches
from lms.reports.models import CertificateBatch


def work_batch(batch_id: int) -> None:
    """Issue and print a batch, or what is left of it."""
    certificates_batches.work(batch=CertificateBatch.objects.select_related("unit", "created_by").get(pk=batch_id))


def resume_batches() -> None:
    """Pick up the batches that a crash left behind."""
    for batch in CertificateBatch.objects.filter(problem="").exclude(state=CertificateBatch.State.DONE):
        work_batch(batch.pk)
