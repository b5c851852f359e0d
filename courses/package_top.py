"""``top`` in the scripts of a package. No Django here.

Packages were made for systems that opened them in a window of their own; in ours the window at the top is the lesson's page, which
they may not touch, and no page can give ``window.top`` another meaning. So their scripts are given another word for it on their way
out: ``xiangxueTop``, which ``package-frame.js`` defines in each of their pages. A script with a ``top`` of its own is left alone but for
``window.top``.
"""

from __future__ import annotations

import re

NAME = b"xiangxueTop"
MOST_SCRIPT = 4 * 1024 * 1024
_BEFORE = rb"(?<![\w$.'\"`\x80-\xff-])"
QUALIFIED = re.compile(rb"(?<![\w$.\x80-\xff])(window|self|parent)(\s*\.\s*)top(?![\w$]|\s*:)")
BARE = re.compile(
    _BEFORE + rb"top(?=\s{0,9}(?:\.(?!html?\b)|\[|[!=]==?))"  # top.f(), top["f"], top != self
    rb"|(?<=[!=]=)(\s{0,9})top(?![\w$:(])"  # self != top
    rb"|(?<=[\w$]\()(\s{0,9})top(?=\s{0,9}[,)])"  # find(top)
    rb"|(?<==)(\s{0,9})top(?=\s{0,9};)"  # w = top;
)
OWN = re.compile(
    rb"\b(?:var|let|const)\s[^;{}()]{0,500}?(?<![\w$.])top\b(?!\s*[.\[(])"
    rb"|\bfunction\b[^()]{0,100}\([^()]{0,500}(?<![\w$.])top\b[^()]{0,500}\)"
    rb"|\([^()]{0,300}(?<![\w$.])top\b[^()]{0,300}\)\s*(?:=>|\{)"
    rb"|(?<![\w$.])top\s*=>"
    rb"|[{,]\s*top\s*[,}]"
    rb"|(?:^|[;{}(,\n])\s*top\s*[-+*/]?=(?!=)"
)
CONDITION = re.compile(rb"\b(?:if|while|for|switch|return|typeof)\s*\([^()]{0,600}\)")
SCRIPT = re.compile(rb"(<script\b[^>]{0,2000}>)(.*?)(</script\s*>)", re.IGNORECASE | re.DOTALL)
ATTRIBUTE = re.compile(
    rb"""(\son[a-z]{3,20}\s*=\s*|\shref\s*=\s*(?=["']\s*javascript:))("[^"]{0,4000}"|'[^']{0,4000}')""", re.IGNORECASE
)


def in_script(script: bytes) -> bytes:
    """A script in which ``top`` is the package's own outermost window. In any encoding that keeps ASCII."""
    if b"top" not in script or b"\x00" in script[:1000]:
        return script
    script = QUALIFIED.sub(rb"\1\2" + NAME, script)
    # Conditions look like lists of parameters before a block.
    return script if OWN.search(CONDITION.sub(b"", script)) else BARE.sub(_renamed, script)


def _renamed(found: re.Match[bytes]) -> bytes:
    return (found[1] or found[2] or found[3] or b"") + NAME


def in_page(page: bytes) -> bytes:
    """A page with its own scripts treated so: in their elements, in handlers and in addresses."""
    if b"top" not in page:
        return page
    page = SCRIPT.sub(lambda found: found[1] + in_script(found[2]) + found[3], page)
    return ATTRIBUTE.sub(_attribute, page)


def _attribute(found: re.Match[bytes]) -> bytes:
    quote, inside = found[2][:1], found[2][1:-1]
    return found[1] + quote + in_script(inside) + quote
