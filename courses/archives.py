"""Zip files from outside, read without trusting them: names, links, numbers and sizes are checked before a byte is unpacked.

Source of the limits: reliability, "Uploads" (cases 14 and 15). No Django here.
"""

from __future__ import annotations

import re
import stat
import struct
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

MOST_BYTES = 500 * 1024 * 1024
"""Of the archive itself."""
MOST_UNPACKED = 1024 * 1024 * 1024
MOST_ENTRIES = 5_000
MOST_RATIO = 100
RATIO_FROM = 1024 * 1024
"""Below so many bytes a ratio says nothing: a page of blanks is no bomb."""
MOST_DIRECTORY = 4 * 1024 * 1024
MOST_NAME = 400
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
"""How files may be packed; Deflate64, which Windows chooses for large ones, is not among them."""
END, LOCATOR64, END64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
CHUNK = 1024 * 1024
IN_MEMORY = 16 * 1024 * 1024
DRIVE = re.compile(r"^[A-Za-z]:")
LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


class ArchiveError(ValueError):
    """An archive that is not unpacked: ``not-zip``, ``too-big``, ``too-many``, ``bomb``, ``outside``, ``link``, ``encrypted``,
    ``method``, ``broken``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Entry(NamedTuple):
    """A file of an archive: its path with ``/``, never absolute and never upwards, and where the archive has it."""

    path: str
    info: zipfile.ZipInfo


@contextmanager
def opened(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The archive in a file, its directory measured before it is read. Raises ArchiveError, also for what breaks while it is read."""
    size = file.seek(0, 2)
    if size > MOST_BYTES:
        raise ArchiveError("too-big")
    _check_end(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError, struct.error, OSError) as error:
        raise ArchiveError("broken") from error


def _check_end(file: BinaryIO, size: int) -> None:
    """Refuse a directory that would fill the memory: a record of 46 bytes becomes an object of ten times that."""
    start = max(size - 65_557, 0)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise ArchiveError("not-zip")
    entries, directory = struct.unpack("<HL", tail[at + 10 : at + 16])
    locator = tail[max(at - 20, 0) : at]
    if locator.startswith(LOCATOR64):
        entries, directory = _end64(file, locator)
    if entries > MOST_ENTRIES or directory > MOST_DIRECTORY:
        raise ArchiveError("too-many")


def _end64(file: BinaryIO, locator: bytes) -> tuple[int, int]:
    """Entries and bytes of the directory where they are told in 64 bits, as some tools do for the smallest archive."""
    (start,) = struct.unpack("<Q", locator[8:16])
    if start > MOST_BYTES:
        raise ArchiveError("broken")
    file.seek(start)
    record = file.read(56)
    if len(record) < 56 or not record.startswith(END64):
        raise ArchiveError("broken")
    entries, directory = struct.unpack("<QQ", record[32:48])
    return entries, directory


@contextmanager
def inside(archive: zipfile.ZipFile, entry: Entry) -> Iterator[BinaryIO]:
    """An archive that lies in an archive, as a file of its own for as long as it is read."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept, archive.open(entry.info) as stream:
        while chunk := stream.read(CHUNK):
            kept.write(chunk)
        yield kept  # type: ignore[misc]  # a binary file in all but name


def entries(archive: zipfile.ZipFile, packed: int) -> list[Entry]:
    """The files of an archive of ``packed`` bytes, of two with one name the later. Raises ArchiveError."""
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise ArchiveError("too-many")
    found: dict[str, Entry] = {}
    for info in infos:
        name = _name(info)
        path = _path(name)
        _check(info)
        if not name.endswith("/") and not _litter(path):
            found[path] = Entry(path, info)
    _check_sizes(infos, packed)
    return list(found.values())


def _check(info: zipfile.ZipInfo) -> None:
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError("link")
    if info.flag_bits & ENCRYPTED_FLAG:
        raise ArchiveError("encrypted")
    if info.compress_type not in METHODS:
        raise ArchiveError("method")


def _check_sizes(infos: list[zipfile.ZipInfo], packed: int) -> None:
    """What the archive says of its sizes; reading never gives more than it says (zipfile stops there)."""
    total = sum(info.file_size for info in infos)
    if total > MOST_UNPACKED:
        raise ArchiveError("bomb")
    if total > RATIO_FROM and total > MOST_RATIO * packed:  # also where entries share their bytes
        raise ArchiveError("bomb")
    if any(info.file_size > RATIO_FROM and info.file_size > MOST_RATIO * info.compress_size for info in infos):
        raise ArchiveError("bomb")


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's name as text. Archives from Chinese Windows have GBK there, and backslashes."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_FLAG:
        name = decoded(name.encode("cp437"))
    return name.replace("\\", "/")


def _path(name: str) -> str:
    parts = name.split("/")
    unseen = any(unicodedata.category(one) in ("Cc", "Zl", "Zp") for one in name)  # a Chinese blank is none of these
    if name.startswith("/") or DRIVE.match(name) or ".." in parts or len(name) > MOST_NAME or unseen:
        raise ArchiveError("outside")
    return "/".join(part for part in parts if part not in ("", "."))


def decoded(raw: bytes) -> str:
    """Text that says nothing of its encoding: UTF-8 where it is that, else GB 18030."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _litter(path: str) -> bool:
    """What desktops leave in every archive."""
    parts = path.lower().split("/")
    return parts[0] == "__macosx" or parts[-1] in LITTER or parts[-1].startswith("._") or not path
