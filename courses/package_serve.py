"""The files of SCORM packages, on addresses that read no cookie, in a sandbox without an origin (reliability 13).

A package's scripts run, yet as nobody: they read no cookie, reach no page around them and send nothing but to their own folder.
There they save, for the member whose folder it is. Each page gets the run-time that it looks for written into its head.
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.templatetags.static import static
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from courses import epub, packages, serve
from courses.filetypes import is_html
from courses.models import PackageFile, ScoAttempt, ScormPackage
from courses.packages import ClaimError

PREFIX = "/package/"
RUNTIMES = {"1.2": "scorm12.min.js", "2004": "scorm2004.min.js"}
SANDBOX = "allow-scripts allow-forms allow-modals"
READING = b"<style>body{max-width:38rem;margin:0 auto!important;padding:16px 20px 48px!important;font-size:19px;line-height:1.8}img,svg{max-width:100%;height:auto}</style>"
"""What a chapter of a book gets instead of a run-time: a measure for phones and large letters."""
LARGE = b"<style>body{font-size:26px!important;line-height:1.8!important}p,li,dd,td,blockquote,div{font-size:inherit!important}</style>"
"""And for who reads in elder mode, whatever sizes the book has chosen. The address says so: no cookie comes this far."""
MOST_HTML = 16 * 1024 * 1024
LONG = 365 * 24 * 3600
STATUS = {"too-big": 413, "superseded": 409}
HEAD = (
    re.compile(rb"<head(\s[^>]{0,2000})?>", re.IGNORECASE),
    re.compile(rb"<html(\s[^>]{0,2000})?>", re.IGNORECASE),
    re.compile(rb"<!doctype[^>]{0,2000}>", re.IGNORECASE),
)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def package_file(request: HttpRequest, uuid: UUID, path: str) -> HttpResponseBase:
    """A file of a package; a POST to the folder itself keeps what a part saves. The address alone says whose it is."""
    if request.method == "POST":
        return _opened_to_the_package(_kept(request, uuid, path), request, uuid)
    attempt = ScoAttempt.objects.select_related("member", "package").filter(uuid=uuid).first()
    package = attempt.package if attempt else ScormPackage.objects.filter(prefix=uuid).first()
    row = PackageFile.objects.filter(package=package, key=PackageFile.key_of(path)).first() if package else None
    if package is None or row is None:
        raise Http404
    if is_html(row.content_type) and row.size <= MOST_HTML:
        book = package.version == epub.VERSION
        response: HttpResponseBase = _page(row, _measure(request) if book else _scripts(_config(package, attempt)))
    else:
        response = _file(request, row)
    return _opened_to_the_package(response, request, uuid, "" if package.version == epub.VERSION else SANDBOX)


def _measure(request: HttpRequest) -> bytes:
    """The style of a chapter: for all, and for elder mode."""
    return READING + LARGE if "large" in request.GET else READING


def _kept(request: HttpRequest, uuid: UUID, path: str) -> HttpResponse:
    if path:
        raise Http404
    try:
        packages.keep(attempt_uuid=uuid, body=request.read(packages.MOST_SAVED + 1))
    except ScoAttempt.DoesNotExist as error:
        raise Http404 from error
    except ClaimError as error:
        return JsonResponse({"code": error.code}, status=STATUS.get(error.code, 400))
    return JsonResponse({"kept": True})


# -- files ---------------------------------------------------------------------------------


def _file(request: HttpRequest, row: PackageFile) -> HttpResponseBase:
    """The file as it is, whole or the one range that was asked for: films seek."""
    response = serve.ranged(default_storage.open(row.stored), row.size, request.headers.get("Range", ""))
    response["Content-Type"] = row.content_type
    response["Content-Disposition"] = "inline"
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = f"private, max-age={LONG}, immutable"  # an address never gets another content
    return response


def _page(row: PackageFile, ours: bytes) -> HttpResponse:
    """A page with what is ours in its head, before any script of its own."""
    with default_storage.open(row.stored) as file:
        html = file.read()
    kind, _semicolon, charset = row.content_type.partition("; charset=")
    if charset == "utf-16":
        html, charset = html.decode("utf-16", errors="replace").encode(), "utf-8"
    at = max((found.end() for mark in HEAD if (found := mark.search(html[:65_536]))), default=0)
    response = HttpResponse(html[:at] + ours + html[at:])
    response["Content-Type"] = f"{kind}; charset={charset}"
    response["Cache-Control"] = "no-store"
    return response


def _scripts(config: dict[str, Any]) -> bytes:
    """In ASCII alone, whatever encoding the page has."""
    runtime = f"vendor/scorm-again-3.4.3/dist/{RUNTIMES[config['version']]}"
    frame = static("js/package-frame.js")
    told = json.dumps(config, ensure_ascii=True)
    return format_html(
        '<script src="{}"></script><script src="{}" data-package="{}"></script>', static(runtime), frame, told
    ).encode("ascii")


def _config(package: ScormPackage, attempt: ScoAttempt | None) -> dict[str, Any]:
    """What ``package-frame.js`` starts with. Without a member nothing is saved (``launch`` 0)."""
    item = package.item(attempt.item) if attempt else {}
    return {
        "version": package.version,
        "root": attempt.root if attempt else "",
        "launch": attempt.launch if attempt else 0,
        "number": attempt.number if attempt else 0,
        "cmi": attempt.cmi if attempt else {},
        "ended": attempt is not None and attempt.ended,
        "learner": {"id": attempt.member.code, "name": attempt.member.name} if attempt else {"id": "", "name": ""},
        "launchData": item.get("launch_data", ""),
        "masteryScore": item.get("mastery_score", ""),
        "passingScore": item.get("passing_score", ""),
    }


def _opened_to_the_package(
    response: HttpResponseBase, request: HttpRequest, uuid: UUID, sandbox: str = SANDBOX
) -> HttpResponseBase:
    """The headers of everything below ``/package/``: no origin, no way out, readable from within (an origin of null)."""
    site = f"{request.scheme}://{request.get_host()}"
    folder = f"{site}{PREFIX}{uuid}/"
    everything = f"{folder} data: blob: 'unsafe-inline' 'unsafe-eval'"
    response["Content-Security-Policy"] = "; ".join(
        [
            f"sandbox {sandbox}".rstrip(),
            f"default-src {everything}",
            f"script-src {everything} {site}{settings.STATIC_URL}",
            f"connect-src {folder} data: blob:",
            f"form-action {folder}",
            f"base-uri {folder}",
        ]
    )
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), unload=*"
    return response
