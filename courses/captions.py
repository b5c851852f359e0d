"""Captions: SRT or WebVTT as people have them, WebVTT as browsers take it (W3C WebVTT)."""

from __future__ import annotations

import re
from html import escape, unescape

LARGEST = 2 * 1024 * 1024
JOINED = 4
"""Cues of a paragraph of the transcript."""
ENCODINGS = ("utf-8-sig", "gb18030")
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[,.](\d{1,3})"
TIMING = re.compile(rf"^\s*{TIME}\s*-->\s*{TIME}")
# What SRT files carry along: fonts and colours as HTML, positions as {\an8}.
TAG = re.compile(r"<[^>]*>|\{\\[^}]*\}")


class CaptionError(ValueError):
    """A file that is no captions: ``too-large``, ``no-text``, ``no-times``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def to_vtt(content: bytes) -> bytes:
    """WebVTT in UTF-8 of captions in SRT or WebVTT, in UTF-8, UTF-16 or GB 18030. Raises CaptionError."""
    if len(content) > LARGEST:
        raise CaptionError("too-large")
    cues = list(_cues(_text(content)))
    if not cues:
        raise CaptionError("no-times")
    blocks = [f"{start} --> {end}\n{words}" for start, end, words in cues]
    return ("\n\n".join(["WEBVTT", *blocks]) + "\n").encode()


def transcript(content: bytes) -> list[tuple[str, str]]:
    """The words of captions with when they begin (``05:07``), a few cues to a paragraph; [] of no captions."""
    try:
        cues = _cues(_text(content[:LARGEST]))
    except CaptionError:
        return []
    found: list[tuple[str, str]] = []
    for number, (start, _end, words) in enumerate(cues):
        if number % JOINED:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{unescape(words)}")
        else:
            found.append((start[:8].removeprefix("00:"), unescape(words)))
    return found


def _text(content: bytes) -> str:
    for encoding in [MARKS[content[:2]]] if content[:2] in MARKS else ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise CaptionError("no-text")


def _cues(text: str) -> list[tuple[str, str, str]]:
    """From, to and words of each cue that has words."""
    found = []
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip("\n").split("\n")
        at = next((number for number, line in enumerate(lines[:2]) if TIMING.match(line)), None)
        if at is None:
            continue
        values = TIMING.match(lines[at]).groups()  # type: ignore[union-attr]
        words = "\n".join(plain for line in lines[at + 1 :] if (plain := _plain(line)))
        if words:
            found.append((_clock(values[:4]), _clock(values[4:]), words))
    return found


def _plain(line: str) -> str:
    return escape(unescape(TAG.sub("", line).strip()), quote=False)


def _clock(values: tuple[str | None, ...]) -> str:
    hours, minutes, seconds, thousandths = values
    return f"{int(hours or 0):02}:{int(minutes or 0):02}:{int(seconds or 0):02}.{(thousandths or '').ljust(3, '0')}"
