"""What a file of a package is served as. What it holds decides, its name only chooses among what it could be. No Django here.

A file that is not what its name says is sent as bytes: with ``nosniff`` no browser runs or shows it (reliability 17).
"""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath

from courses.archives import decoded

BYTES = "application/octet-stream"
HEAD = 4096
"""Bytes of a file that ``content_type`` wants to see."""
TEXTS = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".xml": "application/xml",
    ".xsl": "application/xml",
    ".xsd": "application/xml",
    ".dtd": "application/xml-dtd",
    ".svg": "image/svg+xml",
    ".opf": "application/xml",
    ".ncx": "application/xml",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".srt": "text/plain",
    ".csv": "text/csv",
}
HTML = ("text/html", "application/xhtml+xml")
FTYP = re.compile(rb"^.{4}ftyp", re.DOTALL)
MARKS = {
    ".png": ("image/png", re.compile(rb"\x89PNG\r\n")),
    ".jpg": ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ".jpeg": ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ".gif": ("image/gif", re.compile(rb"GIF8")),
    ".webp": ("image/webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ".bmp": ("image/bmp", re.compile(rb"BM")),
    ".ico": ("image/x-icon", re.compile(rb"\x00\x00[\x01\x02]\x00")),
    ".cur": ("image/x-icon", re.compile(rb"\x00\x00[\x01\x02]\x00")),
    ".mp3": ("audio/mpeg", re.compile(rb"ID3|\xff[\xe2-\xfb]")),
    ".m4a": ("audio/mp4", FTYP),
    ".mp4": ("video/mp4", FTYP),
    ".m4v": ("video/mp4", FTYP),
    ".webm": ("video/webm", re.compile(rb"\x1aE\xdf\xa3")),
    ".ogg": ("audio/ogg", re.compile(rb"OggS")),
    ".oga": ("audio/ogg", re.compile(rb"OggS")),
    ".ogv": ("video/ogg", re.compile(rb"OggS")),
    ".wav": ("audio/wav", re.compile(rb"RIFF.{4}WAVE", re.DOTALL)),
    ".woff": ("font/woff", re.compile(rb"wOFF")),
    ".woff2": ("font/woff2", re.compile(rb"wOF2")),
    ".ttf": ("font/ttf", re.compile(rb"\x00\x01\x00\x00|true|OTTO")),
    ".otf": ("font/otf", re.compile(rb"OTTO")),
    ".eot": ("application/vnd.ms-fontobject", re.compile(rb".{34}LP", re.DOTALL)),
    ".pdf": ("application/pdf", re.compile(rb"%PDF-")),
    ".wasm": ("application/wasm", re.compile(rb"\x00asm")),
}
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)


def content_type(path: str, head: bytes) -> str:
    """The type under which a file that begins with ``head`` is served, with the encoding for HTML."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in MARKS:
        kind, mark = MARKS[suffix]
        return kind if mark.match(head) else BYTES
    kind = TEXTS.get(suffix, BYTES)
    if kind == BYTES or (b"\x00" in head and not head.startswith(WIDE)):
        return BYTES
    return f"{kind}; charset={_charset(head)}" if kind in HTML else kind


def is_html(kind: str) -> bool:
    """Whether a type is one of HTML's, with or without its encoding."""
    return kind.partition(";")[0] in HTML


def _charset(head: bytes) -> str:
    """A page's encoding: its mark, what it declares, else UTF-8 or GB 18030, whichever its beginning is."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if head.startswith(WIDE):
        return "utf-16"
    declared = CHARSET.search(head)
    if declared:
        name = declared.group(1).decode().lower()
        return "gb18030" if name.startswith("gb") else name
    whole = head[: head.rfind(b">") + 1] or head  # not cut in the middle of a character
    return "utf-8" if decoded(whole) == whole.decode("utf-8", errors="replace") else "gb18030"
