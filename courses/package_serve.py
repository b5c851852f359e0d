"""The files of SCORM packages, on addresses that read no cookie, in a sandbox (reliability 13).

A package's scripts run, yet as nobody: they read no cookie, reach no page around them and send nothing but to their own folder.
There they save, for the member whose folder it is. Each page gets the run-time that it looks for written into its head. On the
host of packages their pages share that host's origin, on the site's own they have none (docs/decisions/0030).
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

from courses import epub, package_top, packages, serve
from courses import package_addresses as addresses
from courses.filetypes import is_html
from courses.models import PackageFile, ScoAttempt, ScormPackage
from courses.packages import ClaimError
from lms.core.middleware import is_package_host

PREFIX = "/package/"
RUNTIMES = {"1.2": "scorm12.min.js", "2004": "scorm2004.min.js"}
SANDBOX = "allow-scripts allow-forms allow-modals"
WITH_ORIGIN = f"{SANDBOX} allow-same-origin"
"""For the host of packages alone: on the site's own it would make the package the site."""
SCRIPT = "text/javascript"
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
    if request.headers.get("Service-Worker"):  # one would stay in the browser and answer for the package's next opening
        raise Http404
    package = attempt.package if attempt else ScormPackage.objects.filter(prefix=uuid).first()
    row = _row(package, path) if package else None
    if package is None or row is None:
        raise Http404
    book = package.version == epub.VERSION
    if is_html(row.content_type) and row.size <= MOST_HTML:
        response: HttpResponseBase = _page(row, _measure(request) if book else _scripts(_config(package, attempt)))
    elif row.content_type == SCRIPT and row.size <= package_top.MOST_SCRIPT:
        response = _script(row)
    else:
        response = _file(request, row)
    sandbox = WITH_ORIGIN if is_package_host(request) else SANDBOX
    return _opened_to_the_package(response, request, uuid, "" if book else sandbox)


def _row(package: ScormPackage, path: str) -> PackageFile | None:
    """The file that an address means: by its letters, else as other systems understand it."""
    keys = [PackageFile.key_of(one) for one in addresses.of(path)]
    found = {row.key: row for row in PackageFile.objects.filter(package=package, key__in=keys)}
    return next((found[key] for key in keys if key in found), None)


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


def _script(row: PackageFile) -> HttpResponse:
    """A script with our word for the window at the top. It may be kept for the hour of a lesson: the word may change."""
    with default_storage.open(row.stored) as file:
        response = HttpResponse(package_top.in_script(file.read()), content_type=row.content_type)
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _page(row: PackageFile, ours: bytes) -> HttpResponse:
    """A page with what is ours in its head, before any script of its own."""
    with default_storage.open(row.stored) as file:
        html = file.read()
    kind, _semicolon, charset = row.content_type.partition("; charset=")
    if charset == "utf-16":
        html, charset = html.decode("utf-16", errors="replace").encode(), "utf-8"
    at = max((found.end() for mark in HEAD if (found := mark.search(html[:65_536]))), default=0)
    response = HttpResponse(package_top.in_page(html[:at]) + ours + package_top.in_page(html[at:]))
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
    """The headers of everything below ``/package/``: no way out, readable from within (an origin of null)."""
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
