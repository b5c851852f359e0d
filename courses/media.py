"""What a film or a recording says of itself: its kind, length, size, a picture for its cover. Read by ffmpeg, never typed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from django.core.files.base import ContentFile, File
from django.db import transaction
from PIL import Image

from courses.models import MediaFile
from lms.members import audit
from lms.members.models import User

SECONDS = 60
POSTER_WIDTH = 640
# With its poster a lesson page stays below 100 KB: the picture gives way before the line does.
POSTER_BYTES = 40 * 1024
QUALITIES = (82, 70, 55, 40, 25)
DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
PICTURE = re.compile(r"Video: (\w+)[^\n]*?\b\d{2,5}x\d{2,5}\b")
SOUND = re.compile(r"Audio: (\w+)")
BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash", b"f4v ")
EBML = b"\x1a\x45\xdf\xa3"
# What browsers play as it comes: pictures by container, any sound that is not exotic.
PLAYED = {"mp4": {"h264", "av1"}, "webm": {"vp8", "vp9", "av1"}}
SOUNDS = {"aac", "mp3", "opus", "vorbis"}
LONGEST_MS = 12 * 3600 * 1000
HEAD_BYTES = 64


class MediaError(ValueError):
    """A file that cannot be a lesson's film or recording: ``not-media``, ``broken``, ``no-picture``, ``too-long``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Facts:
    """Length in milliseconds, size in pixels as it is shown, a JPEG poster; without a picture zeros and no poster.

    ``plays``: whether browsers play the file as it is. ``sound``: whether anything is to be heard.
    """

    duration_ms: int
    width: int
    height: int
    poster: bytes
    plays: bool = True
    sound: bool = True


def ffmpeg() -> str:
    """The system's ffmpeg, else the one that came with the dependencies."""
    return shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()


def kind_of(head: bytes) -> str | None:
    """``mp4``, ``mov``, ``webm``, ``m4a`` or ``mp3`` by the first bytes, whatever the file is called; None for all else."""
    if len(head) >= 12 and head[4:8] == b"ftyp":
        brand = head[8:12]
        return {b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a"}.get(brand, "mp4" if brand in BRANDS else None)
    if head.startswith(EBML):
        return "webm" if b"webm" in head[:HEAD_BYTES] else None
    if head.startswith(b"ID3") or (len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    return None


def inspect(path: str) -> Facts:
    """Read a file's facts from the file at ``path``. Raises MediaError."""
    with open(path, "rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if kind is None:
        raise MediaError("not-media")
    told = _run("-i", path).stderr.decode(errors="replace")
    length, picture, sound = DURATION.search(told), PICTURE.search(told), SOUND.search(told)
    duration_ms = _milliseconds(length.groups()) if length else 0
    if kind in {"mp3", "m4a"} and sound and duration_ms > 0:  # a picture in it is its cover
        return _allowed(Facts(duration_ms, 0, 0, b""))
    if picture is None:
        raise MediaError("no-picture" if length else "broken")
    if duration_ms <= 0:
        raise MediaError("broken")
    plays = picture.group(1) in PLAYED.get(kind, set()) and (sound is None or sound.group(1) in SOUNDS)
    width, height, poster = _poster(path, duration_ms)
    return _allowed(Facts(duration_ms, width, height, poster, plays, sound is not None))


def _allowed(facts: Facts) -> Facts:
    if facts.duration_ms > LONGEST_MS:
        raise MediaError("too-long")
    return facts


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [ffmpeg(), "-nostdin", "-hide_banner", *arguments]
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise MediaError("broken") from error


def _milliseconds(clock: tuple[str, ...]) -> int:
    hours, minutes, seconds = clock
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def _poster(path: str, duration_ms: int) -> tuple[int, int, bytes]:
    """Width and height as shown (a phone held upright is turned), and a still from a tenth in, as wide as a page needs."""
    at = f"{duration_ms / 10_000:.3f}"
    made = _run("-ss", at, "-i", path, "-frames:v", "1", "-f", "image2pipe", "-vcodec", "png", "-")
    try:
        picture = Image.open(io.BytesIO(made.stdout))
        picture.load()
    except OSError as error:
        raise MediaError("broken") from error
    return *picture.size, small_jpeg(picture)


def small_jpeg(picture: Image.Image) -> bytes:
    """A picture as a poster: as wide as a page needs, in the best quality that fits."""
    picture = picture.convert("RGB")
    picture.thumbnail((POSTER_WIDTH, POSTER_WIDTH))
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= POSTER_BYTES:
            break
    return out.getvalue()


@contextmanager
def on_disk(file: File) -> Iterator[str]:
    """A path under which an uploaded file can be read by a program; a small upload lives in memory only."""
    path = getattr(file, "temporary_file_path", None)
    if path is not None:
        yield path()
        return
    with tempfile.NamedTemporaryFile(suffix=".mp4") as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        file.seek(0)
        yield copy.name


def describe(media: MediaFile, facts: Facts) -> None:
    """Write what the file says onto a media row, which is not saved."""
    media.type = "video" if facts.width else "audio"
    media.duration_ms = facts.duration_ms
    media.duration = facts.duration_ms / 1000
    media.width, media.height = facts.width or None, facts.height or None
    media.original_plays = facts.plays
    if facts.poster:
        media.thumbnail.save(f"{Path(media.file.name).stem}.jpg", ContentFile(facts.poster), save=False)


@transaction.atomic
def store(*, title: str, path: Path, by: User | None) -> MediaFile:
    """Take a small film that browsers play into the library as it is, from a file on disk. Raises MediaError."""
    facts = inspect(str(path))
    media = MediaFile(title=title, uploaded_by_user=by)
    with path.open("rb") as file:
        media.file.save(path.name, File(file), save=False)
    describe(media, facts)
    media.save()
    audit.record("media.store", by=by, on=media, title=title, duration_ms=facts.duration_ms)
    return media
