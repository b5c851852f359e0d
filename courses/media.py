"""What a video file says of itself: its length, its size, a picture for its cover. Read by ffmpeg, never typed."""

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
POSTER_WIDTH = 960
DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
SIZE = re.compile(r"Video: .*?\b(\d{2,5})x(\d{2,5})\b")
BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash", b"f4v ")


class MediaError(ValueError):
    """A file that cannot be a lesson's video: ``not-mp4``, ``broken``, ``no-picture``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Facts:
    """Length in milliseconds, size in pixels, a JPEG poster."""

    duration_ms: int
    width: int
    height: int
    poster: bytes


def ffmpeg() -> str:
    """The system's ffmpeg, else the one that came with the dependencies."""
    return shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()


def looks_like_mp4(head: bytes) -> bool:
    """Whether a file begins as an MP4, whatever it is called."""
    return len(head) >= 12 and head[4:8] == b"ftyp" and head[8:12] in BRANDS


def inspect(path: str) -> Facts:
    """Read a video's facts from the file at ``path``. Raises MediaError."""
    with open(path, "rb") as file:
        if not looks_like_mp4(file.read(12)):
            raise MediaError("not-mp4")
    told = _run("-i", path).stderr.decode(errors="replace")
    length, size = DURATION.search(told), SIZE.search(told)
    if size is None:
        raise MediaError("no-picture" if length else "broken")
    duration_ms = _milliseconds(length.groups()) if length else 0
    if duration_ms <= 0:
        raise MediaError("broken")
    return Facts(duration_ms, int(size.group(1)), int(size.group(2)), _poster(path, duration_ms))


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [ffmpeg(), "-nostdin", "-hide_banner", *arguments]
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise MediaError("broken") from error


def _milliseconds(clock: tuple[str, ...]) -> int:
    hours, minutes, seconds = clock
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def _poster(path: str, duration_ms: int) -> bytes:
    """A picture from a tenth into the video, no wider than a page needs."""
    at = f"{duration_ms / 10_000:.3f}"
    made = _run("-ss", at, "-i", path, "-frames:v", "1", "-f", "image2pipe", "-vcodec", "png", "-")
    try:
        picture = Image.open(io.BytesIO(made.stdout)).convert("RGB")
    except OSError as error:
        raise MediaError("broken") from error
    picture.thumbnail((POSTER_WIDTH, POSTER_WIDTH))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82, optimize=True)
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
    """Write what the file says onto an unsaved media row."""
    media.type = "video"
    media.duration_ms = facts.duration_ms
    media.duration = facts.duration_ms / 1000
    media.width, media.height = facts.width, facts.height
    media.thumbnail.save(f"{Path(media.file.name).stem}.jpg", ContentFile(facts.poster), save=False)


@transaction.atomic
def store(*, title: str, path: Path, by: User | None) -> MediaFile:
    """Take a video into the library from a file on disk. Raises MediaError."""
    facts = inspect(str(path))
    media = MediaFile(title=title, uploaded_by_user=by)
    with path.open("rb") as file:
        media.file.save(path.name, File(file), save=False)
    describe(media, facts)
    media.save()
    audit.record("media.store", by=by, on=media, title=title, duration_ms=facts.duration_ms)
    return media
