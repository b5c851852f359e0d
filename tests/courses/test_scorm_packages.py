"""Reading SCORM packages: the shapes found in the field, and the hostile ones (reliability 14, 15, 17)."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest

from courses import manifest, packages
from courses.archives import MOST_ENTRIES, ArchiveError
from courses.filetypes import BYTES, content_type
from courses.manifest import ManifestError
from tests.courses import scorm_packages as made
from tests.courses.scorm_packages import Package


def contents(archive: bytes) -> packages.Contents:
    return packages.examine(io.BytesIO(archive))


def items(package: Package) -> list[tuple[str, int, str]]:
    return [(item.title, item.depth, item.href) for item in contents(package.zip()).manifest.items]


def test_scorm_12_with_one_part() -> None:
    found = contents(made.single12().zip()).manifest
    assert (found.version, found.title) == ("1.2", "葡萄冬季修剪")
    assert (found.items[0].href, found.items[0].sco, found.items[0].mastery_score) == ("index.html", True, "60")


def test_scorm_12_with_several_parts_parameters_and_bases() -> None:
    assert items(made.multi12()) == [
        ("第一章", 0, ""),
        ("认识霜霉病", 1, "content/one.html"),
        ("用药与间隔期", 1, "content/deep/two.html?mode=a&x=1"),
    ]


@pytest.mark.parametrize("edition", ["2004 3rd Edition", "2004 4th Edition", "CAM 1.3"])
def test_scorm_2004_with_sequencing(edition: str) -> None:
    found = contents(made.basic2004(edition).zip()).manifest
    assert found.version == "2004"
    assert [(item.title, item.href, item.passing_score) for item in found.items] == [
        ("蜂箱", "a.html", "0.8"),
        ("分蜂", "b.html", "0.8"),
    ]


def test_a_folder_above_the_manifest() -> None:
    package = made.single12()
    package.above = "导出的课件/v2/"
    package.files["__MACOSX/._index.html"] = b"litter"
    found = contents(package.zip())
    assert set(found.files) >= {"imsmanifest.xml", "index.html"}
    assert found.manifest.items[0].href == "index.html"


def test_a_missing_organisation_is_played_by_its_parts() -> None:
    assert [(title, href) for title, _depth, href in items(made.without_organisation())] == [("R1", "start.htm")]


def test_names_pages_and_manifest_in_gbk() -> None:
    found = contents(made.gbk_names().zip())
    assert "课件/图片/秧苗.png" in found.files
    assert [(item.title, item.href) for item in found.manifest.items] == [("育秧", "课件/首页.html")]


def test_names_with_backslashes_and_of_another_case() -> None:
    package = made.single12(href="Content/Index.HTML")
    package.files = {name.replace("/", "\\").lower(): content for name, content in package.files.items()}
    assert [href for _title, _depth, href in items(package)] == ["Content/Index.HTML"]


def test_a_default_organisation_that_is_not_the_first() -> None:
    package = made.single12()
    text = str(package.files["imsmanifest.xml"]).replace(
        '<organization identifier="O">',
        '<organization identifier="X"><title>旧</title></organization><organization identifier="O">',
    )
    package.files["imsmanifest.xml"] = text
    assert items(package)[0][0] == "葡萄冬季修剪"


@pytest.mark.parametrize(
    ("href", "parameters", "wanted"),
    [
        ("a.html", "?x=1", "a.html?x=1"),
        ("a.html?y=2", "&x=1", "a.html?y=2&x=1"),
        ("a.html", "#top", "a.html#top"),
        ("a.html#one", "#two", "a.html#one"),
        ("a.html", "", "a.html"),
    ],
)
def test_parameters_as_the_standard_joins_them(href: str, parameters: str, wanted: str) -> None:
    """SCORM CAM 3.4.1.3."""
    body = (
        f'<organizations><organization><item identifier="I" identifierref="R" parameters="{parameters.replace("&", "&amp;")}">'
        f"</item></organization></organizations><resources>{made.resource('R', href)}</resources>"
    )
    assert manifest.parse(made.manifest(body).encode()).items[0].href == wanted


# -- what is refused --------------------------------------------------------------------------


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises((ArchiveError, ManifestError)) as caught:
        work()
    return caught.value.code


@pytest.mark.parametrize(
    "name", ["../evil.html", "a/../../evil.html", "/etc/passwd", "C:/windows/evil.html", "..\\evil.html", "a\nb.html"]
)
def test_case_14_a_name_that_leads_outside(name: str) -> None:
    assert code_of(lambda: contents(made.slip(name))) == "outside"


def test_case_14_a_link() -> None:
    assert code_of(lambda: contents(made.link())) == "link"


def test_case_15_a_bomb() -> None:
    assert code_of(lambda: contents(made.bomb())) == "bomb"


def test_case_15_an_entry_that_holds_more_than_it_says() -> None:
    """The directory says 100 bytes of what unpacks to five megabytes: not a byte more than said is read."""
    package = made.single12()
    package.files["page.html"] = b"A" * 5_000_000
    archive = package.zip().replace(struct.pack("<L", 5_000_000), struct.pack("<L", 100))
    found = contents(archive)
    with packages.archives.opened(io.BytesIO(archive)) as opened:
        assert code_of(lambda: _read(opened, found.files["page.html"].info)) == "broken"


def _read(archive: object, info: object) -> None:
    from zipfile import BadZipFile

    try:
        data = archive.read(info)  # type: ignore[attr-defined]
    except BadZipFile as error:
        raise ArchiveError("broken") from error
    assert len(data) <= 100


def test_case_15_too_many_entries() -> None:
    files: dict[str, bytes | str] = {f"{number}.txt": b"" for number in range(MOST_ENTRIES + 1)}
    assert code_of(lambda: contents(Package(files).zip())) == "too-many"


def test_a_password() -> None:
    archive = bytearray(made.single12().zip())
    at = archive.rfind(b"PK\x01\x02")
    archive[at + 8] |= 1
    assert code_of(lambda: contents(bytes(archive))) == "encrypted"


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_what_is_no_zip_or_cut(cut: int) -> None:
    assert code_of(lambda: contents(made.single12().zip()[:cut])) == "not-zip"


def with_manifest(text: str | bytes) -> bytes:
    return Package({"imsmanifest.xml": text, "index.html": "x"}).zip()


LAUNCH = f"<organizations/><resources>{made.resource('R', 'index.html')}</resources>"


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (Package({"index.html": "x"}).zip(), "no-manifest"),
        (Package({"a/imsmanifest.xml": "x", "b/imsmanifest.xml": "x"}).zip(), "several"),
        (with_manifest("<manifest"), "bad-manifest"),
        (with_manifest("<html/>"), "bad-manifest"),
        (with_manifest("<a>" * 100 + "</a>" * 100), "bad-manifest"),
        (with_manifest(made.manifest("<organizations/><resources/>")), "no-launch"),
        (with_manifest(made.manifest(LAUNCH.replace("index.html", "gone.html"))), "launch-missing"),
        (with_manifest(made.manifest(LAUNCH.replace("index.html", "http://x.example/a.html"))), "external"),
        (with_manifest(made.manifest(LAUNCH.replace("index.html", "movie.swf"))), "flash"),
        (
            with_manifest('<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><manifest>&b;</manifest>'),
            "entities",
        ),
        (
            with_manifest('<!DOCTYPE m [<!ENTITY x SYSTEM "file:///secret">]><manifest>&x;</manifest>'),
            "entities",
        ),
    ],
)
def test_a_package_that_cannot_be_played_is_refused_with_the_reason(archive: bytes, code: str) -> None:
    assert code_of(lambda: contents(archive)) == code


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.png", b"<script>alert(1)</script>", BYTES),
        ("a.jpg", b"MZ\x90\x00", BYTES),
        ("a.js", b"MZ\x90\x00", BYTES),
        ("a.exe", b"MZ\x90\x00", BYTES),
        ("a.js", b"var a = 1;", "text/javascript"),
        ("a.htm", b"<p>\xe4\xb8\xad</p>", "text/html; charset=utf-8"),
        ("a.htm", "<p>中</p>".encode("gb18030"), "text/html; charset=gb18030"),
        ("a.htm", b"<meta charset='GBK'><p>", "text/html; charset=gb18030"),
        ("a.htm", b"\xff\xfe<\x00p\x00", "text/html; charset=utf-16"),
        ("a.mp4", b"\x00\x00\x00\x18ftypisom", "video/mp4"),
    ],
)
def test_case_17_a_type_is_what_the_file_holds(name: str, head: bytes, kind: str) -> None:
    assert content_type(name, head) == kind
