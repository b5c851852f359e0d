"""Media of the embedded default, by ranges: a phone's player asks for pieces, and seeks.

Only what is meant to be public lies under the folders named here; everything else reads as absent. Types that a browser
would run are sent as attachments, in a sandbox (reliability: user files).
"""

from __future__ import annotations

import mimetypes
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date, parse_http_date_safe
from django.views.decorators.http import require_safe

from courses.media_models import STREAMS

HLS = "application/vnd.apple.mpegurl"
PUBLIC = {"media", "media_thumbnails", "images", "original_images", STREAMS, "captions", "books"}
INLINE = {
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "text/vtt",
    "audio/mpeg",
    "audio/mp4",
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/avif",
}
# Machines differ in what they know of endings.
KINDS = {".m4a": "audio/mp4", ".m4v": "video/mp4", ".vtt": "text/vtt", ".m3u8": HLS}
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$")
BLOCK = 256 * 1024
Readable = BinaryIO | File
PLAYLIST_SECONDS = 600  # less than a signed address of the storage lives


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """A public media file: whole, or the one range that was asked for (206), or 416."""
    path = _public_file(name)
    status = path.stat()
    tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    if request.headers.get("If-None-Match") == tag:
        return _described(HttpResponse(status=304), path, tag, status.st_mtime)
    wanted = request.headers.get("Range", "") if _still_the_same(request, tag, status.st_mtime) else ""
    return _described(ranged(path.open("rb"), status.st_size, wanted), path, tag, status.st_mtime)


def ranged(file: Readable, size: int, wanted: str) -> HttpResponseBase:
    """An open file of ``size`` bytes: whole, or the one range that a Range header wants (206), or 416."""
    found = RANGE.match(wanted.strip())
    if found and _makes_sense(found.group(1), found.group(2)):
        return _part(file, _bounds(found.group(1), found.group(2), size), size)
    response = FileResponse(file)
    response["Content-Length"] = str(size)
    return response


@require_safe
def playlist(request: HttpRequest, stream: uuid.UUID, name: str) -> HttpResponse:
    """A playlist of a film, with the addresses that the storage gives its files: its own here, signed ones elsewhere."""
    try:
        with default_storage.open(f"{STREAMS}/{stream}/{name}.m3u8") as file:
            text = file.read().decode()
    except OSError as error:
        raise Http404 from error
    made = [line for line in text.splitlines() if line and not line.startswith("#") and not line.endswith(".m3u8")]
    for file_name in set(made):
        address = default_storage.url(f"{STREAMS}/{stream}/{file_name}")
        text = text.replace(f'"{file_name}"', f'"{address}"').replace(f"\n{file_name}\n", f"\n{address}\n")
    response = HttpResponse(text, content_type=HLS)
    response["Cache-Control"] = f"public, max-age={PLAYLIST_SECONDS}"
    return response


def _public_file(name: str) -> Path:
    """The file of that name in a public folder. Raises Http404 for anything else, also for a way around by ``..``."""
    try:
        path = Path(settings.MEDIA_ROOT, name).resolve()
        inside = path.relative_to(Path(settings.MEDIA_ROOT).resolve())
        if inside.parts[0] in PUBLIC and path.is_file():
            return path
    except (ValueError, OSError, IndexError) as error:
        raise Http404 from error
    raise Http404


def _still_the_same(request: HttpRequest, tag: str, modified: float) -> bool:
    """Whether a range of the file as the client knows it is a range of the file as it is (If-Range)."""
    known = request.headers.get("If-Range", "")
    return not known or known == tag or parse_http_date_safe(known) == int(modified)


def _part(file: Readable, bounds: tuple[int, int] | None, size: int) -> HttpResponseBase:
    if bounds is None:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = bounds
    file.seek(first)
    response = StreamingHttpResponse(_blocks(file, last - first + 1), status=206)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    return response


def _makes_sense(first: str, last: str) -> bool:
    """Whether a range is one at all (RFC 9110 14.2: an invalid one is ignored, the whole file is sent)."""
    return bool(first or last) and not (first and last and int(first) > int(last))


def _bounds(first: str, last: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range; None when the file has no such bytes."""
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last), size - 1) if first and last else size - 1
    return (start, stop) if start <= stop else None


def _blocks(file: Readable, left: int) -> Iterator[bytes]:
    with file:
        while left > 0 and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def _described(response: HttpResponseBase, path: Path, tag: str, modified: float) -> HttpResponseBase:
    kind = KINDS.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response["Content-Type"] = kind if kind in INLINE else "application/octet-stream"
    response["Content-Disposition"] = "inline" if kind in INLINE else "attachment"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = "public, max-age=86400"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
