"""A manifest's bytes as XML that a strict parser reads: encodings as they are and not as declared, and the faults that authoring
tools leave and other systems overlook. No Django here.

Nothing is mended before the strict parser has refused it, and what is mended is parsed by the same parser, which refuses entities.
"""

from __future__ import annotations

import re
from html.entities import html5

from courses import archives

DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
DECLARATION = re.compile(r"^\s*<\?xml\s[^>]*\?>", re.IGNORECASE)
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
WIDE = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
# By declaration alone: their bytes are also valid GB 18030. Others are named by nobody or are no encoding of a text.
KNOWN = {"big5": "big5hkscs", "big5-hkscs": "big5hkscs", "cp950": "cp950", "x-x-big5": "big5hkscs"} | {
    name: name for name in ("shift_jis", "euc-jp", "euc-kr")
}
WESTERN = frozenset({"iso-8859-1", "latin1", "windows-1252", "us-ascii"})

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
FAULTS = re.compile(
    r"(?P<kept><!\[CDATA\[.*?\]\]>)|(?P<comment><!--.*?-->)|&(?P<name>[A-Za-z][A-Za-z0-9]{1,30});|&#(?P<number>[0-9]{1,8}|[xX][0-9a-fA-F]{1,6});"
    r"|(?P<and>&)|(?P<less><(?![A-Za-z_/!?]))",
    re.DOTALL,
)
OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})


def decoded(raw: bytes) -> str:
    """The document as text without its declaration: by its mark; as UTF-8 if it is that, whatever it declares; as declared; as GB 18030."""
    return DECLARATION.sub("", _text(raw).lstrip("\ufeff \t\r\n\x00"))


def _text(raw: bytes) -> str:
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, errors="replace") if encoding != "utf-8" else _marked(raw[3:])
    for start, encoding in WIDE:
        if raw.startswith(start):
            return raw.decode(encoding, errors="replace")
    return _marked(raw)


def _marked(raw: bytes) -> str:
    declared = DECLARED.search(raw[:400])
    name = declared.group(1).decode().lower() if declared else ""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if name in WESTERN:
        try:
            return raw.decode("gb2312")  # what Western tools write on Chinese Windows
        except UnicodeDecodeError:
            return raw.decode("cp1252", errors="replace")
    if name in KNOWN:
        return raw.decode(KNOWN[name], errors="replace")
    chinese, plain = archives.decoded(raw), raw.decode("utf-8", errors="replace")
    return plain if name in ("utf-8", "utf8") and plain.count("\ufffd") < chinese.count("\ufffd") else chinese


def mended(text: str) -> str:
    """The text with what stands alone written out: ``&`` and ``<``, HTML's names of characters; without control characters,
    comments and what follows the end."""
    text = FAULTS.sub(_fault, CONTROLS.sub("", text))
    end = text.rfind(">")
    return text[: end + 1]


def _fault(found: re.Match[str]) -> str:
    whole, name, number = found.group(), found["name"], found["number"]
    if found["comment"]:
        return ""
    if found["and"]:
        return "&amp;"
    if found["less"]:
        return "&lt;"
    if number:
        value = int(number[1:], 16) if number[0] in "xX" else int(number)
        good = value in (9, 10, 13) or 32 <= value < 0xD800 or 0xE000 <= value < 0xFFFE or 0x10000 <= value < 0x110000
        return whole if good else ""
    if name and name not in OWN:
        characters = html5.get(f"{name};")
        return "".join(f"&#{ord(one)};" for one in characters) if characters else f"&amp;{name};"
    return whole
