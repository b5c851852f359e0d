"""From a file as it came to what plays on a slow line: one row at a time, in steps that are kept, by one holder.

A row waits in ``MediaFile.state``. Who works on it holds a claim and says every few seconds that he is there; when he falls
silent the next one takes the row and goes on after the last step that was finished. Whoever has lost the claim can change
neither the row nor a finished step, so that a worker killed anywhere leaves the same files behind as one left in peace.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from PIL import Image

from courses import encode, media, mp4
from courses.media import Facts, MediaError
from courses.media_models import SOUND, MediaFile, Rendition, forget_stream
from lms.core import clock
from lms.members import audit
from lms.members.models import User

LEASE = dt.timedelta(minutes=15)  # longer than the longest silence: a film on its way to a remote storage
REST = dt.timedelta(minutes=5)  # after a full disk or a storage out of reach
ATTEMPTS = 4
TELL_SECONDS = 2.0
STILLS = 4
STILL_WIDTH = 640
# A film that is this much shorter than it says was cut off on its way.
SHORT_MS = 5_000
SHORT_PART = 0.95
# What the steps cost, seconds of a film's second on the same machine, for an honest percentage.
COST = {"loudness": 1.0, "sound": 1.5, "240p": 3.0, "480p": 8.0, "720p": 16.0}
Report = Callable[[MediaFile, str], None]


class Lost(Exception):
    """Somebody else has the row now, or it is gone."""


# -- the row as a queue -------------------------------------------------------------


def begin_anew(row: MediaFile) -> None:
    """Make a row wait for the worker from the beginning; what was made before is forgotten. The row is not saved."""
    old = row.stream
    if old:
        transaction.on_commit(lambda: forget_stream(old))
    row.stream, row.made = uuid.uuid4(), []
    row.state, row.reason, row.percent, row.attempts = MediaFile.State.UPLOADED, "", 0, 0
    row.claim = row.lease_until = None


@transaction.atomic
def retry(*, pk: int, by: User | None) -> MediaFile:
    """Have a film made again, also one that had been given up."""
    row = MediaFile.objects.select_for_update().get(pk=pk)
    begin_anew(row)
    row.save()
    audit.record("media.retry", by=by, on=row, title=row.title)
    return row


def waiting() -> int:
    """Rows that nobody works on."""
    return _free().count()


def overdue() -> bool:
    """Whether somebody holds a row and has fallen silent."""
    return MediaFile.objects.filter(
        state__in=MediaFile.WAITING, claim__isnull=False, lease_until__lt=clock.now()
    ).exists()


def _free() -> QuerySet[MediaFile]:
    silent = Q(lease_until__isnull=True) | Q(lease_until__lt=clock.now())
    return MediaFile.objects.filter(silent, state__in=MediaFile.WAITING).order_by("created_at", "pk")


@transaction.atomic
def claim() -> MediaFile | None:
    """Take the oldest row that nobody works on; None when there is none. A row that has cost four workers is parked."""
    skip = connection.features.has_select_for_update_skip_locked
    row = _free().select_for_update(skip_locked=skip).first()
    if row is None:
        return None
    if row.attempts >= ATTEMPTS:
        _refuse(row, "gave-up")
        return claim()
    row.attempts += 1
    row.claim, row.lease_until = uuid.uuid4(), clock.now() + LEASE
    row.stream = row.stream or uuid.uuid4()
    row.state = MediaFile.State.CHECKING
    row.save(update_fields=["attempts", "claim", "lease_until", "stream", "state"])
    return row


def _refuse(row: MediaFile, reason: str) -> None:
    row.state, row.reason = MediaFile.State.REFUSED, reason
    row.claim = row.lease_until = None
    row.save(update_fields=["state", "reason", "claim", "lease_until"])
    audit.record("media.refused", by=None, on=row, title=row.title, reason=reason)


@contextmanager
def _held(row: MediaFile) -> Iterator[MediaFile]:
    """The locked row, for a last write in one transaction. Raises Lost when the claim is no longer ours."""
    with transaction.atomic():
        held = MediaFile.objects.select_for_update().filter(pk=row.pk, claim=row.claim).first()
        if held is None:
            raise Lost
        yield held


def work_on(row: MediaFile, report: Report) -> None:
    """Do all that is left to do on a claimed row. An error of disk or storage, or an ffmpeg that somebody
    ended, leaves it waiting for the next attempt."""
    try:
        _Work(row, report).run()
    except Lost:
        report(row, "lost")
    except MediaError as error:
        try:
            with _held(row) as held:
                _refuse(held, error.code)
        except Lost:
            pass
        report(row, error.code)
    except OSError:
        MediaFile.objects.filter(pk=row.pk, claim=row.claim).update(claim=None, lease_until=clock.now() + REST)
        raise


# -- the work -----------------------------------------------------------------------


class _Work:
    """The steps of one row. ``folder`` keeps what is finished; what is being made carries the claim in its name."""

    def __init__(self, row: MediaFile, report: Report) -> None:
        self.row = row
        self.report = report
        self.folder = Path(settings.DATA_DIR, "transcoding", str(row.stream))
        self.facts = Facts(0, 0, 0, b"")
        self.costs: dict[str, float] = {}
        self.paid = 0.0
        self.told_at = 0.0

    def run(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        source = self._source()
        self.facts = media.inspect(str(source))
        steps = encode.steps_for(self.facts.width, self.facts.height) if self.facts.width else []
        self.costs = {name: COST.get(name, 3.0) for name in ["loudness", SOUND, *(step.name for step in steps)]}
        sound = self._sound(source) if self.facts.sound else None
        self._say(MediaFile.State.TRANSCODING)
        made = [self._picture(source, sound, step) for step in steps]
        made += [self._rendition(SOUND, sound, 0, 0)] if sound else []
        if steps:
            self._stills(source)
        self._publish(made)
        self._finish(made)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _source(self) -> Path:
        """The original on a local disk; from a remote storage it is fetched once."""
        try:
            return Path(self.row.file.path)
        except NotImplementedError:
            return self._keep("source", self._fetch)

    def _fetch(self, target: Path) -> None:
        with self.row.file.open("rb") as remote, target.open("wb") as local:
            shutil.copyfileobj(remote, local, 1024 * 1024)

    def _keep(self, name: str, make: Callable[[Path], None]) -> Path:
        """The finished step of that name, made now unless an earlier attempt has finished it."""
        target = self.folder / name
        if not target.exists():
            draft = self.folder / f".{self.row.claim}-{name}"
            make(draft)
            with draft.open("rb") as written:
                os.fsync(written.fileno())
            draft.replace(target)
        return target

    def _sound(self, source: Path) -> Path:
        """The sound, evened; measuring it reads the whole file, which shows whether it is all there."""

        def measure(target: Path) -> None:
            target.write_text(json.dumps(encode.measure_loudness(source, self._progress("loudness"))))

        loudness = json.loads(self._keep("loudness.json", measure).read_text())
        self._pay("loudness")
        sound = self._keep(
            f"{SOUND}.m4a", lambda target: encode.encode_sound(source, target, loudness, self._progress(SOUND))
        )
        self._pay(SOUND)
        return sound

    def _picture(self, source: Path, sound: Path | None, step: encode.Step) -> Rendition:
        def make(target: Path) -> None:
            encode.encode_picture(source, sound, target, step, self.facts, self._progress(step.name))
            seconds = mp4.layout(target).seconds
            if seconds * 1000 < min(self.facts.duration_ms * SHORT_PART, self.facts.duration_ms - SHORT_MS):
                raise MediaError("broken")

        path = self._keep(f"{step.name}.mp4", make)
        self._pay(step.name)
        return self._rendition(step.name, path, *encode.scaled(self.facts.width, self.facts.height, step.side))

    def _rendition(self, name: str, path: Path, width: int, height: int) -> Rendition:
        """What a finished file is, with its playlist beside it."""
        found = mp4.layout(path)
        self._keep(f"{name}.m3u8", lambda target: _write(target, mp4.playlist(path.name, found)))
        return Rendition(name, path.name, width, height, path.stat().st_size, found.peak)

    def _stills(self, source: Path) -> None:
        """A few pictures from the film, of which the editor may choose the cover."""
        width = min(self.facts.width, STILL_WIDTH)
        for number in range(STILLS):
            at = self.facts.duration_ms * (2 * number + 1) // (2 * STILLS)
            self._keep(
                still_name(number),
                lambda target, at=at: encode.take_picture(source, target, at, width),  # type: ignore[misc]
            )

    # -- telling ---------------------------------------------------------------

    def _progress(self, name: str) -> encode.Told:
        """What ffmpeg's progress in a step means for the whole; at most every two seconds."""

        def told(seconds: float) -> None:
            if time.monotonic() - self.told_at >= TELL_SECONDS:
                done = min(1.0, seconds * 1000 / max(self.facts.duration_ms, 1))
                self._tell(self.paid + self.costs[name] * done)

        return told

    def _pay(self, name: str) -> None:
        self.paid += self.costs[name]
        self._tell(self.paid)

    def _tell(self, paid: float) -> None:
        percent = min(99, int(100 * paid / sum(self.costs.values())))
        self.told_at = time.monotonic()
        if percent != self.row.percent:
            self.report(self.row, f"{percent}%")
        self.row.percent = percent
        self._hold(percent=percent)

    def _say(self, state: MediaFile.State) -> None:
        self.row.state = state
        self._hold(state=state)

    def _hold(self, **values: object) -> None:
        """Say that we are still there. Raises Lost when the row is no longer ours."""
        mine = MediaFile.objects.filter(pk=self.row.pk, claim=self.row.claim)
        if not mine.update(lease_until=clock.now() + LEASE, **values):
            raise Lost

    # -- the end ---------------------------------------------------------------

    def _publish(self, made: list[Rendition]) -> None:
        """Put all of it into the storage; a file that an earlier attempt has left half there is put anew."""
        names = [one.file for one in made] + [f"{one.name}.m3u8" for one in made]
        if self.facts.width:
            names += [still_name(number) for number in range(STILLS)]
            variants = [mp4.Variant(one.name, one.width, one.height, one.peak, self.facts.sound) for one in made]
            self._keep("master.m3u8", lambda target: _write(target, mp4.master(variants)))
            names.append("master.m3u8")
        for name in names:
            self._hold()
            _put(self.row.stream_name(name), self.folder / name)

    def _finish(self, made: list[Rendition]) -> None:
        with _held(self.row) as held:
            held.state, held.reason, held.percent = MediaFile.State.READY, "", 100
            held.claim = held.lease_until = None
            held.made = [asdict(one) for one in made]
            held.save(update_fields=["state", "reason", "percent", "claim", "lease_until", "made"])
            audit.record("media.ready", by=None, on=held, title=held.title, renditions=len(made))
        self.report(self.row, "ready")


def still_name(number: int) -> str:
    """The name of a still, counted from zero."""
    return f"still-{number + 1}.jpg"


def _write(target: Path, text: str) -> None:
    target.write_text(text)


def _put(name: str, path: Path) -> None:
    if default_storage.exists(name):
        if default_storage.size(name) == path.stat().st_size:
            return
        default_storage.delete(name)
    with path.open("rb") as file:
        if default_storage.save(name, File(file)) != name:
            raise Lost  # another worker is putting the same file


@transaction.atomic
def choose_cover(*, pk: int, number: int, by: User | None) -> MediaFile:
    """Make a still the cover of its film. Raises FileNotFoundError for a still that there is not."""
    row = MediaFile.objects.select_for_update().get(pk=pk)
    with default_storage.open(row.stream_name(still_name(number))) as still:
        row.thumbnail.save(
            f"{Path(row.file.name).stem}.jpg", ContentFile(media.small_jpeg(Image.open(still))), save=False
        )
    row.save(update_fields=["thumbnail"])
    audit.record("media.cover", by=by, on=row, number=number)
    return row
