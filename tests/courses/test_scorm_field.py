"""Packages that other systems play in spite of their faults: what authoring tools, Windows and counties' downloads leave in them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from courses import manifest, packages, tasks
from courses.archives import ArchiveError
from courses.manifest import ManifestError
from courses.models import ScormPackage
from courses.package_forms import PROBLEMS
from tests.courses import scorm_packages as made
from tests.courses.scorm_packages import Package

TITLE = "葡萄冬季修剪"


def contents(archive: bytes) -> packages.Contents:
    return packages.examine(io.BytesIO(archive))


def changed(*pairs: tuple[str, str], **files: str | bytes) -> Package:
    """The plain package with words of its manifest replaced."""
    package = made.single12()
    text = str(package.files["imsmanifest.xml"])
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    package.files["imsmanifest.xml"] = text
    package.files |= files
    return package


def launch(archive: bytes) -> tuple[str, str]:
    item = next(one for one in contents(archive).manifest.items if one.href)
    return item.title, item.href


# -- XML that a strict parser refuses ---------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ('xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"', "", TITLE),
        (TITLE, "修剪&nbsp;绑蔓", "修剪 绑蔓"),
        (TITLE, "修剪&绑蔓", "修剪&绑蔓"),
        (TITLE, "修剪 &unknown; 绑蔓", "修剪 &unknown; 绑蔓"),
        (TITLE, "修\x01剪\x0b绑蔓", "修剪绑蔓"),
        (TITLE, "修剪&#1;绑蔓", "修剪绑蔓"),
        (TITLE, "气温 < 5 度", "气温 < 5 度"),
        (TITLE, "<![CDATA[修剪 & 绑蔓]]>&nbsp;", "修剪 & 绑蔓"),
        ("<organizations ", "<!-- a -- b --><organizations ", TITLE),
        ("</manifest>", "</manifest>\x00\x00\r\nend", TITLE),
        ('<?xml version="1.0"', '\r\n  <?xml version="1.0"', TITLE),
        ('version="1.0" encoding', 'version="1.1" encoding', TITLE),
        ("<title>葡萄冬季修剪</title>", "<title><langstring>葡萄冬季修剪</langstring></title>", TITLE),
        ('identifierref="R1"', 'identifierref=" R1 "', TITLE),
    ],
)
def test_a_manifest_with_faults_that_others_overlook(old: str, new: str, title: str) -> None:
    found = contents(changed((old, new)).zip()).manifest
    assert [(item.title, item.href, item.sco) for item in found.items] == [(title, "index.html", True)]


def test_a_bare_ampersand_in_an_address() -> None:
    package = changed(('href="index.html"', 'href="index.html?a=1&b=2"'))
    assert launch(package.zip()) == (TITLE, "index.html?a=1&b=2")


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE m [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><manifest>&nbsp; & &b;</manifest>',
        '<!DOCTYPE m [<!ENTITY % x SYSTEM "file:///secret"> %x;]><manifest>& </manifest>',
        '\x01<!DOCTYPE m [<!ENTITY x SYSTEM "file:///secret">]><manifest>&x;</manifest>',
    ],
)
def test_case_15_mending_does_not_let_entities_in(document: str) -> None:
    with pytest.raises(ManifestError) as caught:
        manifest.parse(document.encode())
    assert caught.value.code == "entities"


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("GB2312", "utf-8"),
        ("gb2312", "gb18030"),
        ("UTF-8", "gb18030"),
        ("ISO-8859-1", "gb18030"),
        ("Big5", "big5"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16", "utf-16-be"),
        ("UTF-8", "utf-8-sig"),
        ("no-such-thing", "utf-8"),
    ],
)
def test_the_bytes_say_more_of_the_encoding_than_the_declaration(declared: str, written: str) -> None:
    text = made.manifest(
        '<organizations><organization><item identifier="I" identifierref="R"><title>葡萄修剪</title></item></organization>'
        f"</organizations><resources>{made.resource('R', 'index.html')}</resources>",
        declared=declared,
    )
    assert manifest.parse(text.encode(written)).items[0].title == "葡萄修剪"


def test_a_page_of_western_letters_stays_what_it_declares() -> None:
    text = made.manifest(
        '<organizations><organization><item identifier="I" identifierref="R"><title>Élagage été</title></item></organization>'
        f"</organizations><resources>{made.resource('R', 'index.html')}</resources>",
        declared="ISO-8859-1",
    )
    assert manifest.parse(text.encode("latin-1")).items[0].title == "Élagage été"


# -- contents and resources ---------------------------------------------------------------------


def body(organisations: str, resources: str = "") -> bytes:
    text = made.manifest(organisations + f"<resources>{resources or made.resource('R1', 'index.html')}</resources>")
    return Package({"imsmanifest.xml": text, "index.html": "x", "two.html": "y", "c/three.html": "z"}).zip()


ITEM = '<item identifier="I1" identifierref="R1"><title>甲</title></item>'
TWO = made.resource("R1", "index.html") + made.resource("R2", "two.html")


@pytest.mark.parametrize(
    ("organisations", "resources", "wanted"),
    [
        # no organisation says that it is the one, or one that is not there
        (f'<organizations><organization identifier="A">{ITEM}</organization></organizations>', "", [("甲", "index.html")]),
        (
            f'<organizations default="gone"><organization identifier="A">{ITEM}</organization></organizations>',
            "",
            [("甲", "index.html")],
        ),
        # the first is empty
        (
            f'<organizations default="A"><organization identifier="A"/><organization identifier="B">{ITEM}</organization></organizations>',
            "",
            [("甲", "index.html")],
        ),
        # a heading with parts below it; one whose resource is not there
        (
            f'<organizations><organization><item identifier="H"><title>章</title>{ITEM}<item identifierref="gone"><title>失</title></item></item></organization></organizations>',
            "",
            [("章", ""), ("甲", "index.html"), ("失", "")],
        ),
        # one that is not shown, its part is
        (
            f'<organizations><organization><item identifier="H" isvisible="false"><title>章</title>{ITEM}</item></organization></organizations>',
            "",
            [("甲", "index.html")],
        ),
        # nothing is shown, or nothing refers to anything: the parts that speak to the system
        (
            '<organizations><organization><title>课</title><item identifierref="R1" isvisible="false"/></organization></organizations>',
            "",
            [("课", "index.html")],
        ),
        (
            '<organizations><organization><item identifierref="x"/></organization></organizations>',
            TWO,
            [("R1", "index.html"), ("R2", "two.html")],
        ),
        ("", TWO, [("R1", "index.html"), ("R2", "two.html")]),
        # files and no address
        (
            f"<organizations><organization>{ITEM}</organization></organizations>",
            '<resource identifier="R1"><file href="a.css"/><file href="index.html"/></resource>',
            [("甲", "index.html")],
        ),
        # a picture first, and nobody says which part is one
        ("", '<resource identifier="P" href="p.png"/><resource identifier="R1" href="index.html"/>', [("R1", "index.html")]),
    ],
)  # fmt: skip
def test_contents_that_say_too_little(organisations: str, resources: str, wanted: list[tuple[str, str]]) -> None:
    found = contents(body(organisations, resources)).manifest
    assert [(item.title, item.href) for item in found.items] == wanted


def test_a_manifest_inside_the_manifest() -> None:
    inside = (
        '<manifest identifier="SUB" xml:base="c/"><organizations default="S"><organization identifier="S"><title>副</title>'
        '<item identifier="J" identifierref="R3"><title>丙</title></item></organization></organizations>'
        f"<resources>{made.resource('R3', 'three.html')}</resources></manifest>"
    )
    outside = '<organizations><organization><item identifier="H" identifierref="SUB"><title>章</title></item></organization></organizations>'
    text = made.manifest(outside + "<resources/>" + inside)
    archive = Package({"imsmanifest.xml": text, "c/three.html": "z"}).zip()
    found = contents(archive).manifest.items
    assert [(item.title, item.depth, item.href) for item in found] == [("章", 0, ""), ("丙", 1, "c/three.html")]
    bare = made.manifest("<organizations/><resources/>" + inside)
    found = contents(Package({"imsmanifest.xml": bare, "c/three.html": "z"}).zip()).manifest.items
    assert [(item.title, item.href) for item in found] == [("丙", "c/three.html")]


def test_a_manifest_that_refers_to_itself_ends() -> None:
    text = made.manifest(
        '<organizations><organization><item identifierref="M"><title>圈</title></item>'
        f"{ITEM}</organization></organizations><resources>{made.resource('R1', 'index.html')}</resources>"
    )
    assert len(manifest.parse(text.encode()).items) < 50


def test_bases_of_manifest_resources_and_resource() -> None:
    text = made.manifest(
        f"<organizations><organization>{ITEM}</organization></organizations>"
        f'<resources xml:base="b\\"><resource identifier="R1" xml:base="c/" href="d/index.html"/></resources>'
    ).replace('identifier="M"', 'identifier="M" xml:base="a/"')
    archive = Package({"imsmanifest.xml": text, "a/b/c/d/index.html": "x"}).zip()
    assert launch(archive) == ("甲", "a/b/c/d/index.html")


@pytest.mark.parametrize(
    ("href", "parameters", "wanted"),
    [
        ("a.html", "?&x=1", "a.html?x=1"),
        ("a.html#one", "?x=1", "a.html?x=1#one"),
        ("a.html?y=2#one", "&x=1", "a.html?y=2&x=1#one"),
        ("a.html?y=2", "#two", "a.html?y=2#two"),
    ],
)
def test_parameters_go_before_the_place(href: str, parameters: str, wanted: str) -> None:
    text = made.manifest(
        f'<organizations><organization><item identifier="I" identifierref="R" parameters="{parameters}"/></organization>'
        f"</organizations><resources>{made.resource('R', href)}</resources>"
    )
    assert manifest.parse(text.encode()).items[0].href == wanted


# -- addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("href", "file", "wanted"),
    [
        ("a/../i.html", "i.html", "i.html"),
        ("/i.html", "i.html", "i.html"),
        ("./i.html", "i.html", "i.html"),
        ("a//b/./i.html", "a/b/i.html", "a/b/i.html"),
        ("i.html  ", "i.html", "i.html"),
        (" i.html?x=1 ", "i.html", "i.html?x=1"),
        ("a\\i.html", "a/i.html", "a/i.html"),
        ("A/I.HTM?x=1#p", "a/i.htm", "A/I.HTM?x=1#p"),
        ("%BF%CE%BC%FE/%CA%D7%D2%B3.html", "课件/首页.html", "课件/首页.html"),
        ("%E8%AF%BE.html", "课.html", "课.html"),
        ("my%20page.html", "my page.html", "my page.html"),
        ("100%.html", "100%.html", "100%25.html"),
        ("第#1课.html", "第#1课.html", "第%231课.html"),
        ("第一章　概述.html", "第一章　概述.html", "第一章　概述.html"),
    ],
)
def test_an_address_means_the_file_that_its_author_meant(href: str, file: str, wanted: str) -> None:
    package = changed(('href="index.html"', f'href="{href}"'))
    package.files[file] = made.BASIC12
    del package.files["index.html"]
    assert launch(package.zip()) == (TITLE, wanted)


@pytest.mark.parametrize("href", ["../i.html", "a/../../i.html", "%2e%2e/i.html", "C:/i.html", "javascript:alert(1)"])
def test_case_14_an_address_that_leads_out_of_the_package(href: str) -> None:
    with pytest.raises(ManifestError):
        contents(changed(('href="index.html"', f'href="{href}"'), **{"i.html": "x"}).zip())


@pytest.mark.parametrize("asked", ["%BF%CE/%CA%D7.html", "%E8%AF%BE/%E9%A6%96.html", "/课/./首.html", "课%5C首.html"])
def test_pages_ask_for_each_other_in_the_same_ways(
    client: Client, personas: object, tmp_path: Path, settings: Settings, asked: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    made_of = made.single12()
    made_of.files["课/首.html"] = "<p>first</p>"
    package = ScormPackage(title="课件", minutes=5, file=ContentFile(made_of.zip(), name="course.zip"))
    packages.take_in(package=package, by=None)
    tasks.unpack_package(package.pk)
    root = reverse("package-file", args=[package.prefix, ""])
    address = root + quote(asked, safe="/%")
    assert b"first" in client.get(address).content


# -- archives ----------------------------------------------------------------------------------------


def with_descriptors() -> bytes:
    """As tools write that cannot go back in what they write."""
    out = io.BytesIO()

    class Stream(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            return out.write(data)

    with zipfile.ZipFile(Stream(), "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[type-var]
        for name, content in made.single12().files.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_junk() -> bytes:
    out = io.BytesIO(changed(**{"empty.txt": b""}).zip())
    with zipfile.ZipFile(out, "a") as archive:
        for name in ("images/", "old\\", "__MACOSX/._imsmanifest.xml", ".DS_Store", "images/Thumbs.db", "._index.html"):
            archive.writestr(name, b"")
    return out.getvalue()


def in_64_bits() -> bytes:
    """An archive whose end is told in 64 bits."""
    archive = made.single12().zip()
    at = archive.rfind(b"PK\x05\x06")
    entries, size, start = struct.unpack("<HLL", archive[at + 10 : at + 20])
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, entries, entries, size, start)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, at, 1)
    return (
        archive[:at]
        + record
        + locator
        + b"PK\x05\x06"
        + struct.pack("<HHHHLLH", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    )


def in_another(archive: bytes, name: str = "course.zip") -> bytes:
    return Package({name: archive, "说明.txt": "请解压"}).zip()


@pytest.mark.parametrize(
    "archive",
    [
        with_descriptors(),
        with_junk(),
        in_64_bits(),
        Package({"课/x/IMSMANIFEST.XML": made.single12().files["imsmanifest.xml"], "课/x/index.html": "x"}).zip(),
        Package({"scorm/imsmanifest.xml": made.single12().files["imsmanifest.xml"], "index.html": "x"}).zip(),
        Package(dict(made.single12().files), above="C课件\\").zip(),
        in_another(made.single12().zip()),
    ],
    ids=["descriptors", "junk", "64 bits", "capitals", "manifest apart", "backslashes", "in another"],
)
def test_archives_as_tools_make_them(archive: bytes) -> None:
    assert launch(archive) == (TITLE, "index.html")


def test_junk_is_left_out_and_empty_files_are_kept() -> None:
    assert set(contents(with_junk()).files) == {"imsmanifest.xml", "index.html", "empty.txt"}


def test_a_package_in_another_archive_is_unpacked_from_there(
    personas: object, tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path
    package = ScormPackage(
        title="课件", minutes=5, file=ContentFile(in_another(made.single12().zip()), name="course.zip")
    )
    packages.take_in(package=package, by=None)
    tasks.unpack_package(package.pk)
    package.refresh_from_db()
    assert package.ready and set(package.files.values_list("key", flat=True)) == {"imsmanifest.xml", "index.html"}


def patched(offset: int, value: int) -> bytes:
    """The first file's record in the directory with another word in it."""
    archive = bytearray(made.single12().zip())
    at = archive.find(b"PK\x01\x02") + offset
    archive[at : at + 2] = struct.pack("<H", value)
    return bytes(archive)


@pytest.mark.parametrize(
    ("archive", "code", "said"),
    [
        (lambda: patched(10, 9), "method", "Deflate64"),
        (lambda: patched(8, 1), "encrypted", "密码"),
        (lambda: Package({"a.zip": made.single12().zip(), "b.zip": made.multi12().zip()}).zip(), "several", "好几个课件"),
        (lambda: in_another(in_another(made.single12().zip())), "no-manifest", "imsmanifest"),
        (lambda: in_another(b"Rar!\x1a\x07"), "not-zip", "不是 ZIP"),
        (lambda: in_another(made.slip("../x")), "outside", "指向包外"),
        (lambda: in_another(made.link()), "link", "链接文件"),
        (lambda: in_another(made.bomb()), "bomb", "压缩比异常"),
    ],
)  # fmt: skip
def test_cases_14_and_15_what_is_not_unpacked_is_refused_in_clear_words(
    archive: Callable[[], bytes], code: str, said: str
) -> None:
    with pytest.raises((ArchiveError, ManifestError)) as caught:
        contents(archive())
    assert caught.value.code == code and said in str(PROBLEMS[code])
