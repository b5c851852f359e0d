"""The farm library of the demo county: a book as a PDF, one as a text of the page, one as an EPUB; and what stations have lent."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from django.core.files.base import ContentFile
from wagtail.models import Page

from courses import packages
from courses.models import BookPage, LibraryPage, ScormPackage, ShelfPage
from lms.core import clock
from lms.core.pdf import Paper
from lms.demo import content
from lms.demo.content import Book
from lms.members.models import User
from lms.stations.models import BookLoan, Station

CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
TITLES = ("水稻高产栽培", "果树病虫害图谱", "养蚕手册", "农村法律常识", "三国演义", "家庭急救", "农机维修入门", "红岩")
LENT_DAYS = 30


def publish(by: User) -> None:
    """Publish the shelves and their books."""
    library = LibraryPage.objects.get()
    for book in content.books():
        shelf = ShelfPage.objects.filter(title=book.facts["shelf"]).first()
        if shelf is None:
            made = ShelfPage(
                title=book.facts["shelf"], slug=f"shelf-{library.numchild + 1}", category=book.facts["category"]
            )
            shelf = _published(library, made, by)
        _published(shelf, _page(book, by), by)
        library.refresh_from_db()


def _published(parent: Page, page: Any, by: User) -> Any:
    page.owner = by
    parent.add_child(instance=page)
    page.save_revision(user=by).publish()
    return page


def _page(book: Book, by: User) -> BookPage:
    facts = {name: book.facts[name] for name in ("title", "author", "source", "summary")}
    page = BookPage(slug=book.slug, reading_minutes=int(book.facts["minutes"]), **facts)
    if book.facts["kind"] == "pdf":
        page.file.save(f"{book.slug}.pdf", ContentFile(_pdf(book)), save=False)
    elif book.facts["kind"] == "epub":
        page.package = _taken_in(book, by)
    else:
        page.body = [block for chapter in book.chapters for block in _blocks(*chapter)]
    return page


def _blocks(title: str, lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield "heading", title
    for line in lines:
        yield "paragraph", f"<p>{line}</p>"


def _pdf(book: Book) -> bytes:
    """A page a chapter."""
    sheet = Paper(title=book.facts["title"])
    for title, lines in book.chapters:
        sheet.begin(foot=book.facts["source"])
        sheet.title_line(title)
        for line in lines:
            sheet.paragraph(line)
    return sheet.done()


def _taken_in(book: Book, by: User) -> ScormPackage:
    file = ContentFile(epub(book), name=f"{book.slug}.epub")
    package = ScormPackage(title=book.facts["title"], minutes=int(book.facts["minutes"]), file=file)
    packages.take_in(package=package, by=by)
    packages.unpack(package_id=package.pk)
    package.refresh_from_db()
    return package


def epub(book: Book) -> bytes:
    """The book as EPUB 3: a file a chapter, and its navigation."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OEBPS/book.opf", _opf(book))
        archive.writestr("OEBPS/nav.xhtml", _nav(book))
        for number, (title, lines) in enumerate(book.chapters, 1):
            text = "".join(f"<p>{escape(line)}</p>" for line in lines)
            archive.writestr(f"OEBPS/{number}.xhtml", _xhtml(title, f"<h1>{escape(title)}</h1>{text}"))
    return out.getvalue()


def _opf(book: Book) -> str:
    numbers = range(1, len(book.chapters) + 1)
    items = "".join(f'<item id="c{n}" href="{n}.xhtml" media-type="application/xhtml+xml"/>' for n in numbers)
    refs = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    nav = '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    return (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">{book.slug}</dc:identifier>'
        f"<dc:title>{escape(book.facts['title'])}</dc:title><dc:language>zh</dc:language></metadata>"
        f"<manifest>{nav}{items}</manifest><spine>{refs}</spine></package>"
    )


def _nav(book: Book) -> str:
    rows = "".join(
        f'<li><a href="{number}.xhtml">{escape(title)}</a></li>'
        for number, (title, _lines) in enumerate(book.chapters, 1)
    )
    return _xhtml("目录", f'<nav xmlns:epub="http://www.idpf.org/2007/ops" epub:type="toc"><ol>{rows}</ol></nav>')


def _xhtml(title: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" lang="zh">'
        f'<head><meta charset="utf-8"/><title>{escape(title)}</title></head><body>{body}</body></html>'
    )


def lend(random: Random) -> None:
    """Lines in the registers of the stations: most books came back, some are late."""
    today = clock.today()
    rows = []
    for station in Station.objects.select_related("unit"):
        names = list(station.unit.members.values_list("name", flat=True)[:12])
        for _line in range(random.randint(2, 6) if names else 0):
            out = today - dt.timedelta(days=random.randint(3, 200))
            back = out + dt.timedelta(days=random.randint(5, LENT_DAYS + 10))
            rows.append(
                BookLoan(
                    station=station,
                    borrower=random.choice(names),
                    title=random.choice(TITLES),
                    out_on=out,
                    due_on=out + dt.timedelta(days=LENT_DAYS),
                    back_on=back if back <= today else None,
                )
            )
    BookLoan.objects.bulk_create(rows)
