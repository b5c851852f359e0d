"""A reader's place and notes in a book, and all his notes on one page. Somebody else's read as absent."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from courses import reading
from courses.models import BookNote, BookPage
from courses.reading import ReadingError
from lms.members.http import SignedInRequest
from lms.members.models import Member

PAGE = 20
PROBLEMS = {"empty": _("请先写下笔记。"), "too-many": _("这本书的笔记已满 200 条，请先删去几条。")}


class PlaceForm(forms.Form):
    """The page of a PDF or the chapter of an EPUB, from 1."""

    place = forms.IntegerField(min_value=1, max_value=100_000)


def _member(request: SignedInRequest) -> Member:
    member = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return member


def _book(pk: int) -> BookPage:
    return get_object_or_404(BookPage.objects.live(), pk=pk)


@login_required
@require_POST
def keep_place(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remember where the reader is."""
    member, form = _member(request), PlaceForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    reading.keep_place(member=member, book=_book(pk), place=form.cleaned_data["place"])
    return HttpResponse(status=204)


@login_required
@require_POST
def write_note(request: SignedInRequest, pk: int) -> HttpResponse:
    """Keep a note and go back to the book."""
    member, book = _member(request), _book(pk)
    place = PlaceForm(request.POST)
    number = place.cleaned_data["place"] if place.is_valid() else 0
    try:
        reading.write_note(member=member, book=book, text=request.POST.get("text", ""), place=number, by=request.user)
        messages.success(request, _("笔记已保存，只有您自己能看到。"))
    except ReadingError as error:
        messages.error(request, PROBLEMS[error.code])
    return redirect(f"{book.url}#notes")


@login_required
@require_POST
def remove_note(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete one's own note."""
    note = get_object_or_404(BookNote.objects.filter(member=_member(request)), pk=pk)
    book = note.book
    reading.remove_note(note=note, by=request.user)
    return redirect(f"{book.url}#notes")


@login_required
@require_safe
def notes(request: SignedInRequest) -> HttpResponse:
    """All notes of the reader, the latest first."""
    rows = BookNote.objects.filter(member=_member(request)).select_related("book")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/notes.html", {"page_obj": page})
