"""The libraries' own pages that delete, in front of them the question whether a page shows the film, picture or document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from wagtail.documents import get_document_model
from wagtail.documents.permissions import permission_policy as documents_policy
from wagtail.documents.views import documents
from wagtail.documents.views import multiple as several_documents
from wagtail.images import get_image_model
from wagtail.images.permissions import permission_policy as images_policy
from wagtail.images.views import images
from wagtail.images.views import multiple as several_images
from wagtailmedia.permissions import permission_policy as media_policy
from wagtailmedia.views import media

from courses import kept
from courses.models import MediaFile

USAGES = {
    MediaFile: "wagtailmedia:media_usage",
    get_image_model(): "wagtailimages:image_usage",
    get_document_model(): "wagtaildocs:document_usage",
}
"""Where each library shows which pages use a thing."""


def sentence(row: Any) -> str:
    """Why a thing stays."""
    return _("“%(title)s”还有页面在用，不能删除。请先在下面这些页面里换掉它。") % {"title": row.title}


def _stays(policy: Any, request: HttpRequest, pk: int) -> Any | None:
    """What is asked for when a page shows it. Raises PermissionDenied, Http404."""
    row = get_object_or_404(policy.model, pk=pk)
    if not policy.user_has_permission_for_instance(request.user, "delete", row):
        raise PermissionDenied
    return row if kept.is_shown(row) else None


def removal(policy: Any, library: Callable[..., HttpResponse], name: str) -> Callable[[HttpRequest, int], HttpResponse]:
    """The library's own page, unless a page shows the thing: then where it is shown, with the sentence why it stays."""

    def delete(request: HttpRequest, pk: int) -> HttpResponse:
        if (row := _stays(policy, request, pk)) is not None:
            messages.error(request, sentence(row))
            return redirect(USAGES[type(row)], row.pk)
        return library(request, **{name: pk})

    return delete


def removal_after_upload(
    policy: Any, library: Callable[..., HttpResponse], name: str
) -> Callable[[HttpRequest, int], HttpResponse]:
    """As ``removal``, for the script of the page where several are uploaded: it takes away what was deleted, and nothing else."""

    def delete(request: HttpRequest, pk: int) -> HttpResponse:
        if (row := _stays(policy, request, pk)) is not None:
            return JsonResponse({"success": False, "error_message": sentence(row)})
        return library(request, **{name: pk})

    return delete


def refused_in_bulk(request: HttpRequest, rows: Sequence[Any]) -> HttpResponse | None:
    """Of several things of a library to be deleted one that a page shows stops them all; where that is shown."""
    shown = [row for row in rows if type(row) in USAGES and kept.is_shown(row)]
    for row in shown:
        messages.error(request, sentence(row))
    return redirect(USAGES[type(shown[0])], shown[0].pk) if shown else None


one_document, one_image = documents.DeleteView.as_view(), images.DeleteView.as_view()
new_document, new_image = several_documents.DeleteView.as_view(), several_images.DeleteView.as_view()

urlpatterns: list[URLPattern] = [
    path("media/delete/<int:pk>/", removal(media_policy, media.delete, "media_id")),
    path("documents/delete/<int:pk>/", removal(documents_policy, one_document, "document_id")),
    path("documents/multiple/<int:pk>/delete/", removal_after_upload(documents_policy, new_document, "doc_id")),
    path("images/<int:pk>/delete/", removal(images_policy, one_image, "image_id")),
    path("images/multiple/<int:pk>/delete/", removal_after_upload(images_policy, new_image, "image_id")),
]
