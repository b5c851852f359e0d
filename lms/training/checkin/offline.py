"""Check-in without a line: a page is prepared ahead, what it queued is taken when it comes (reliability cases 4–8).

Each event ends in ``services.record`` as every scan does. It is signed over the signature of the event before it, so nothing
in the queue can be edited or left out unseen. What is in doubt is kept in quarantine. A gap is no fault of a batch that was
overtaken by a later one: when the missing events come, what waited for them alone is accepted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import transaction

from lms.core import clock
from lms.members import audit
from lms.members.models import User
from lms.training import selectors as trainings
from lms.training import services as training_services
from lms.training import tokens
from lms.training.checkin import rules, selectors, services
from lms.training.errors import TrainingError
from lms.training.models import Attendance, OfflineDevice, OfflineEvent, Scan, ScanDecision, Training, TrainingSession

Chain = OfflineEvent.Chain
LINKS = (Chain.SOUND, Chain.GAP, Chain.PLACE)
"""Rightly signed events of a page that was not stopped; a counter has one of them."""

MOST_EVENTS = 5000
"""So many events one prepared page may send in all; a lost key must not fill the disk."""

BATCH = 200
LATEST_MS = 4_102_444_800_000  # the year 2100
LONGEST_MONO = 10**12
MEANS = {
    "card": Attendance.Means.MEMBER_CODE,
    "code": Attendance.Means.MEMBER_CODE,
    "tap": Attendance.Means.TAPPED,
}


class Queued(NamedTuple):
    """One event as the page queued it. ``kind``: ``card`` (read by the camera), ``code`` (typed), ``tap`` (chosen by name)."""

    counter: int
    session: int
    kind: str
    direction: str
    text: str
    at: int
    mono: int
    boot: str
    prior: str
    mac: str

    @property
    def words(self) -> tuple[object, ...]:
        """What is signed."""
        return self[:8]

    @property
    def tick(self) -> rules.Tick:
        """The device's clocks at the event."""
        return rules.Tick(clock.moment(self.at), self.mono, self.boot)

    def key(self, device: OfflineDevice) -> str:
        """Names this event alone: the same sent again is the same scan, an edited one is another."""
        digest = hashlib.sha256("\n".join(map(str, self)).encode()).hexdigest()
        return f"off:{device.uuid.hex}:{self.counter}:{digest[:20]}"


def queued(raw: Any) -> Queued:
    """An event as it came. What is not of its kind is replaced: the signature then does not fit, and it is kept all the same."""
    said: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
    return Queued(
        counter=_whole(said.get("n"), 10**6),
        session=_whole(said.get("session"), 2**62),
        kind=str(said.get("kind")) if said.get("kind") in MEANS else "code",
        direction=rules.OUT if said.get("direction") == rules.OUT else rules.IN,
        text=_text(said.get("text"), 80),
        at=_whole(said.get("at"), LATEST_MS),
        mono=_whole(said.get("mono"), LONGEST_MONO),
        boot=_text(said.get("boot"), 32),
        prior=_text(said.get("prior"), 64),
        mac=_text(said.get("mac"), 64),
    )


def tick_of(raw: Mapping[str, Any]) -> rules.Tick:
    """A device's clocks as it says them: ``at``, ``mono``, ``boot``."""
    return rules.Tick(
        clock.moment(_whole(raw.get("at"), LATEST_MS)),
        _whole(raw.get("mono"), LONGEST_MONO),
        _text(raw.get("boot"), 32),
    )


def _whole(value: Any, most: int) -> int:
    """A whole number from 0 to ``most``; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else 0


def _text(value: Any, most: int) -> str:
    """Printable text of at most so many signs; what is none of it is empty."""
    text = value if isinstance(value, str) else ""
    return "".join(sign for sign in text if sign.isprintable())[:most]


# -- devices ------------------------------------------------------------------------------------


@transaction.atomic
def open_device(*, training: Training, day: dt.date, tick: rules.Tick, by: User | None) -> OfflineDevice:
    """Prepare a page to take scans of one day without a line. Raises TrainingError ``not-open``."""
    training = training_services._lock_open(training)
    device = OfflineDevice.objects.create(
        training=training,
        day=day,
        opened_by=by,
        opened_at=clock.now(),
        clock_at=tick.clock,
        mono=tick.mono,
        boot=tick.boot,
    )
    audit.record("offline.open", by=by, on=training, unit=training.unit, day=str(day), device=str(device.uuid))
    return device


@transaction.atomic
def revoke_device(*, device: OfflineDevice, by: User | None) -> bool:
    """Stop a prepared page (phone lost, day over): what it sends from now on waits for a person. False when it was stopped before."""
    training = training_services._lock(device.training)
    row = OfflineDevice.objects.get(pk=device.pk)
    if row.revoked_at is not None:
        return False
    row.revoked_at, row.revoked_by = clock.now(), by
    row.save(update_fields=["revoked_at", "revoked_by"])
    audit.record("offline.revoke", by=by, on=training, unit=training.unit, day=str(row.day), device=str(row.uuid))
    return True


# -- what comes ---------------------------------------------------------------------------------


def take(*, device: OfflineDevice, events: Iterable[Queued], sent: rules.Tick) -> list[Scan]:
    """Keep each event of a batch as one scan, in the order of their counters; the same batch again changes nothing.

    Each event is a transaction of its own: a batch that is cut off is half done and comes again whole.
    """
    anchor = rules.Anchor(clock.now(), sent)
    return [_take(device, event, anchor) for event in sorted(events)]


@transaction.atomic
def _take(device: OfflineDevice, event: Queued, sent: rules.Anchor) -> Scan:
    training = training_services._lock(device.training)
    key = event.key(device)
    known = Scan.objects.filter(key=key).select_related("member__unit", "offline").first()
    if known is not None:
        return known
    device = OfflineDevice.objects.select_related("opened_by").get(pk=device.pk)
    session = selectors.offline_session(training, device, event.session)
    if session is None:
        raise TrainingError("no-session")
    session.training = training
    prepared = rules.Anchor(device.opened_at, rules.Tick(device.clock_at, device.mono, device.boot))
    when = rules.believed(event.tick, prepared, sent)
    chain = _chain(device, training, session, event)
    reading = services.Reading(
        key=key,
        member=selectors.member_of(event.text),
        means=MEANS[event.kind],
        direction=event.direction,
        at=when.at,
        quarantined=bool(chain or when.doubt),
    )
    scan = services.record(session=session, reading=reading, by=device.opened_by)
    OfflineEvent.objects.create(
        scan=scan,
        device=device,
        counter=event.counter,
        text=event.text,
        device_at=clock.moment(event.at),
        mono=event.mono,
        boot=event.boot,
        prior=event.prior,
        mac=event.mac,
        chain=chain,
        timing=when.doubt,
        basis=when.basis,
    )
    if chain in {Chain.SOUND, Chain.PLACE} and _is_next(device, event):
        _advance(device, event.mac)
    return scan


def _is_next(device: OfflineDevice, event: Queued) -> bool:
    return (event.counter, event.prior) == (device.reach + 1, device.head)


def _chain(device: OfflineDevice, training: Training, session: TrainingSession, event: Queued) -> str:
    """What is wrong with an event's place in the queue; empty when nothing is."""
    secret = tokens.chain_key(selectors.room_key(), str(device.uuid))
    right = tokens.link(secret, event.prior, event.words)
    if not event.counter or not hmac.compare_digest(right.encode(), event.mac.encode()):
        return Chain.BAD_MAC
    if device.revoked_at is not None or not _still_runs(device.opened_by, training):
        return Chain.REVOKED
    if OfflineEvent.objects.filter(device=device, counter=event.counter, chain__in=LINKS).exists():
        return Chain.TWICE
    if session.pk != event.session or clock.local_date(session.starts_at) != device.day:
        return Chain.PLACE
    return Chain.SOUND if _is_next(device, event) else Chain.GAP


def _still_runs(opener: User | None, training: Training) -> bool:
    """Whether who prepared the page may still run the training: a key outlives a session, not a post."""
    return opener is None or (opener.is_active and trainings.may_run(opener, training))


def _advance(device: OfflineDevice, mac: str) -> None:
    """Move on over the event and whatever came before it did and waited for it; accept what waited for nothing else."""
    device.reach, device.head = device.reach + 1, mac
    while True:
        following = OfflineEvent.objects.filter(
            device=device, counter=device.reach + 1, prior=device.head, chain__in=LINKS
        )
        found = following.select_related("scan__session__training", "scan__member").first()
        if found is None:
            break
        device.reach, device.head = found.counter, found.mac
        if found.chain == Chain.GAP and not found.timing and not ScanDecision.objects.filter(scan=found.scan).exists():
            services.release(scan=found.scan, by=device.opened_by)
    device.save(update_fields=["reach", "head"])
