"""Reading a fragmented MP4: its index (``sidx``) tells an HLS playlist where each piece lies (ISO/IEC 14496-12, RFC 8216).

One file serves both: whoever knows HLS asks for ranges of it, everything else plays it as it is.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

VERSION = 7
AUDIO_CODEC = "mp4a.40.2"
VIDEO_CODEC = "avc1.4d401f"  # main profile, level 3.1: 720p at 30 frames


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the file that plays by itself: first byte, bytes, seconds."""

    start: int
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A file as HLS sees it: ``head`` bytes that begin every piece, then the pieces."""

    head: int
    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        """Length of the whole."""
        return sum(piece.seconds for piece in self.pieces)

    @property
    def peak(self) -> int:
        """Bits a second of the heaviest piece."""
        return math.ceil(max(piece.size * 8 / max(piece.seconds, 0.001) for piece in self.pieces))


def layout(path: Path) -> Layout:
    """Where the pieces of a fragmented MP4 lie. Raises ValueError for a file without an index."""
    head = 0
    with path.open("rb") as file:
        for kind, start, size in _boxes(file):
            if kind == b"moov":
                head = start + size
            elif kind == b"sidx":
                file.seek(start + 8)
                return Layout(head, _pieces(file.read(size - 8), start + size))
    raise ValueError(f"{path.name} has no index")


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size of the boxes at the top, as far as the caller reads on."""
    start = 0
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
        if size < 8:
            return
        yield kind, start, size
        start += size
        file.seek(start)


def _pieces(body: bytes, anchor: int) -> tuple[Piece, ...]:
    """The entries of a ``sidx`` that ends at byte ``anchor``."""
    version = body[0]
    (timescale,) = struct.unpack_from(">I", body, 8)
    _begin, offset = struct.unpack_from(">QQ" if version else ">II", body, 12)
    at = 28 if version else 20
    (count,) = struct.unpack_from(">H", body, at + 2)
    start, found = anchor + offset, []
    for number in range(count):
        size, ticks, _access = struct.unpack_from(">III", body, at + 4 + 12 * number)
        found.append(Piece(start, size & 0x7FFFFFFF, ticks / timescale))
        start += size & 0x7FFFFFFF
    return tuple(found)


def playlist(name: str, found: Layout) -> str:
    """The HLS playlist of one file, which lies beside it as ``name``."""
    longest = math.ceil(max(piece.seconds for piece in found.pieces))
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{longest}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{name}",BYTERANGE="{found.head}@0"',
    ]
    for piece in found.pieces:
        lines += [f"#EXTINF:{piece.seconds:.3f},", f"#EXT-X-BYTERANGE:{piece.size}@{piece.start}", name]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


@dataclass(frozen=True, slots=True)
class Variant:
    """A line of the master playlist; ``width`` is zero for sound alone."""

    name: str
    width: int
    height: int
    peak: int
    has_sound: bool


def master(variants: Sequence[Variant]) -> str:
    """The playlist of playlists: a slow line begins with the first."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for one in variants:
        codecs = ",".join(([VIDEO_CODEC] if one.width else []) + ([AUDIO_CODEC] if one.has_sound else []))
        size = f",RESOLUTION={one.width}x{one.height}" if one.width else ""
        lines += [f'#EXT-X-STREAM-INF:BANDWIDTH={one.peak}{size},CODECS="{codecs}"', f"{one.name}.m3u8"]
    return "\n".join([*lines, ""])
