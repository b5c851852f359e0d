"""What the worker does for notices; it can be cut and called again."""

from __future__ import annotations

from lms.notices import sending


def drain() -> None:
    """Send what is due over all channels."""
    sending.drain()
