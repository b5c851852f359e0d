"""What stands around every request: a short way for those that read no session, and pages small enough for a bad line."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port
from django.middleware.gzip import GZipMiddleware
from django.urls import ResolverMatch, get_urlconf, resolve
from django.utils import translation

# A beat carries a token of its own, a health check nobody: most of the site's requests, and three quarters of their cost.
PATHS = frozenset(
    {"/play/beat/", "/play/finish/", "/play/present/", "/checkin/scan/", "/checkin/offline/", "/healthz", "/readyz"}
)
# Files of packages from outside: their scripts run as nobody, so no cookie is read for them and none is set.
FOLDERS = ("/package/",)
# They answer in JSON or plain words: nothing in them may load, run or be framed.
POLICY = "default-src 'none'; frame-ancestors 'none'"


class SessionlessMiddleware:
    """Calls the view of a sessionless address at once and skips what stands below it in the list.

    Transport and its headers stand above it. The view sees a request without ``user``, ``session`` and CSRF (one that asks
    for them fails at its first test) and the site's own language. The host of packages has nothing but them and static files.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_package_host(request) and not request.path_info.startswith((*FOLDERS, settings.STATIC_URL)):
            return HttpResponse(status=404, headers={"Content-Security-Policy": POLICY})
        if request.path_info not in PATHS and not request.path_info.startswith(FOLDERS):
            return self.get_response(request)
        translation.activate(settings.LANGUAGE_CODE)
        try:
            request.resolver_match = match = _resolved(request.path_info)
            response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        except Http404:
            response = HttpResponse(status=404)
        response.setdefault("Content-Security-Policy", POLICY)
        return response


def _resolved(path: str) -> ResolverMatch:
    """The view of an address; that of a fixed one is looked for once, not along all addresses of the site each time."""
    return _fixed(path, get_urlconf()) if path in PATHS else resolve(path)


@cache
def _fixed(path: str, urlconf: str | None) -> ResolverMatch:
    return resolve(path, urlconf)


def is_package_host(request: HttpRequest) -> bool:
    """Whether the request came to the host of packages. Nothing of the site is there: what runs on it was made by strangers."""
    own = split_domain_port(settings.PACKAGE_HOST)[0]
    return bool(own) and split_domain_port(request.get_host())[0] == own


class CompressionMiddleware(GZipMiddleware):
    """Pages go out compressed (a fifth of their size); films, files and parts of them as they are, so that ranges hold."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not isinstance(response, HttpResponse):
            return response
        return super().process_response(request, response)
