"""The host on which packages play: another origin than the site's, where a package's pages and frames have each other and nothing else.

``lms.core.middleware`` lets that host serve packages alone. Where there is none, they play on the site's own host without an
origin (docs/decisions/0030).
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def origin(request: HttpRequest) -> str:
    """Where a page of the site finds its packages, ``https://host``; empty for the page's own host."""
    if not settings.PACKAGE_HOST:
        return ""
    if not settings.EMBEDDED:
        return f"{request.scheme}://{settings.PACKAGE_HOST}"
    name, port = split_domain_port(request.get_host())
    if name not in LOOPBACK:
        return ""
    return f"{request.scheme}://{settings.PACKAGE_HOST}{':' if port else ''}{port}"
