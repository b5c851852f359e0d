"""A reader's place and notes in a book, and all his notes on one page. Somebody else's read as absent."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from courses import reading
from courses.models import BookNote, BookPage
from courses.reading import ReadingError
from lms.core import clock, tables
from lms.core.tables import Column
from lms.members.http import SignedInRequest
from lms.members.models import Member

PAGE = 20
COLUMNS = [
    Column("book", _("书名"), 30),
    Column("note", _("笔记"), 80),
    Column("place", _("页码"), 8),
    Column("day", _("日期"), 12),
]
PROBLEMS = {"empty": _("请先写下笔记。"), "too-many": _("这本书的笔记已满 200 条，请先删去几条。")}


class PlaceForm(forms.Form):
    """The page of a PDF or the chapter of an EPUB, from 1."""

    place = forms.IntegerField(min_value=1, max_value=100_000)


class NotesFilter(forms.Form):
    """A word in a note or in its book's title."""

    q = forms.CharField(label=_("书名或笔记里的词"), required=False, max_length=60)

    def apply(self, rows: QuerySet[BookNote]) -> QuerySet[BookNote]:
        """The notes in which every word is found."""
        self.is_valid()
        for word in self.cleaned_data.get("q", "").split():
            rows = rows.filter(Q(text__icontains=word) | Q(book__title__icontains=word))
        return rows


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
def notes(request: SignedInRequest) -> HttpResponseBase:
    """All notes of the reader, the latest first, or those in which a word is found; with ``?format=`` as a file."""
    form = NotesFilter(request.GET)
    rows = form.apply(BookNote.objects.filter(member=_member(request)).select_related("book"))
    if format := request.GET.get("format"):
        return _download(rows, format)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/notes.html", {"page_obj": page, "form": form})


def _download(rows: QuerySet[BookNote], format: str) -> HttpResponseBase:
    lines = ([row.book.title, row.text, row.place or "", clock.local_date(row.written_at)] for row in rows)
    try:
        return tables.table_response(COLUMNS, lines, format, name=gettext("读书笔记"))
    except KeyError as error:
        raise Http404 from error
