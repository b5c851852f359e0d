"""What the admin says of a film: its state, why it was refused, what was made of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from courses import transcoding
from courses.media_forms import PROBLEMS
from courses.media_models import MediaFile

GIVEN_UP = _("处理多次中断，已停下。请检查服务器后重新处理；一再如此，请换一个文件。")


def reason_of(row: MediaFile) -> Any:
    """Why a film was refused, in words; "" when it was not."""
    return (GIVEN_UP if row.reason == "gave-up" else PROBLEMS[row.reason]) if row.reason else ""


def of(row: MediaFile) -> dict[str, Any]:
    """``media``; ``waits``: whether to ask again; ``reason`` in words; ``stills`` as (number, address)."""
    numbers = range(transcoding.STILLS) if row.pictures() else range(0)
    return {
        "media": row,
        "waits": row.state in MediaFile.WAITING,
        "reason": reason_of(row),
        "stills": [(number, row.stream_url(transcoding.still_name(number))) for number in numbers],
    }
