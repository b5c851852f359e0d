"""Pure rules of telling people: when the phone may ring, when to try again, how a wording is filled. No Django."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_ATTEMPTS = 4
BACKOFF = (dt.timedelta(minutes=1), dt.timedelta(minutes=5), dt.timedelta(minutes=30))
PLACEHOLDER = re.compile(r"\{(\w+)\}")
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day (0–23) from which and until which nobody is disturbed; what is urgent may still come a little later."""

    begins: int = 21
    ends: int = 7
    urgent_begins: int = 22


def is_quiet(hour: int, begins: int, ends: int) -> bool:
    """Whether an hour lies in the quiet ones, which may span midnight; the same hour twice means no quiet at all."""
    if begins <= ends:
        return begins <= hour < ends
    return hour >= begins or hour < ends


def allowed_at(moment: dt.datetime, quiet: Quiet, *, urgent: bool) -> dt.datetime:
    """The first moment from ``moment`` on (in the county's time) at which a message may go out."""
    begins = quiet.urgent_begins if urgent else quiet.begins
    if not is_quiet(moment.hour, begins, quiet.ends):
        return moment
    morning = moment.replace(hour=quiet.ends, minute=0, second=0, microsecond=0)
    return morning if morning > moment else morning + DAY


def pause_after(attempts: int) -> dt.timedelta | None:
    """How long to wait after so many attempts failed; None: no further attempt."""
    return BACKOFF[attempts - 1] if attempts < MOST_ATTEMPTS else None


def placeholders(text: str) -> set[str]:
    """The names that a wording asks for."""
    return set(PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """A wording with its values; a name without a value leaves nothing, and a line that held nothing else is dropped.

    Values are put in once and never read as wordings themselves; ``str.format`` would reach into attributes.
    """
    lines = []
    for line in text.splitlines():
        full = PLACEHOLDER.sub(lambda found: values.get(found[1], ""), line)
        asked = placeholders(line)
        if asked and not any(values.get(name) for name in asked):
            continue
        lines.append(full)
    return "\n".join(lines).strip()


def fit(text: str, most_bytes: int) -> str:
    """The text, cut at a whole character with an ellipsis where it is longer in UTF-8 than a channel takes."""
    if len(text.encode()) <= most_bytes:
        return text
    return text.encode()[: most_bytes - 3].decode(errors="ignore") + "…"
