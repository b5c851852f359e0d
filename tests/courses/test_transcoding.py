"""From a film as it came to what plays on a slow line: which forms, how loud, by whom, and what a kill leaves behind."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import multiprocessing
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from PIL import Image, ImageChops, ImageStat

from courses import encode, media, mp4, transcoding
from courses.management.commands import run_media
from courses.media import MediaError
from courses.models import MediaFile
from lms.members.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]
QUIET: transcoding.Report = lambda _row, _what: None  # noqa: E731
State = MediaFile.State


def waiting(path: Path, title: str = "修剪") -> MediaFile:
    row = media.store(title=title, path=path, by=None)
    transcoding.begin_anew(row)
    row.save()
    return row


def made(path: Path) -> MediaFile:
    """The row of a film that was made ready."""
    pk = waiting(path).pk
    row = transcoding.claim()
    assert row is not None
    transcoding.work_on(row, QUIET)
    return MediaFile.objects.get(pk=pk)


def digests(row: MediaFile) -> dict[str, str]:
    folder = f"streams/{row.stream}"
    found = {}
    for name in default_storage.listdir(folder)[1]:
        with default_storage.open(f"{folder}/{name}") as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


# -- what is made -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "names"),
    [
        ((1920, 1080), ["240p", "480p", "720p"]),
        ((1080, 1920), ["240p", "480p", "720p"]),
        ((854, 480), ["240p", "480p"]),
        ((640, 360), ["240p"]),
        ((320, 180), ["180p"]),
    ],
)
def test_no_picture_is_larger_than_the_source(size: tuple[int, int], names: list[str]) -> None:
    assert [step.name for step in encode.steps_for(*size)] == names


@pytest.mark.parametrize(
    ("size", "side", "shown"),
    [((1920, 1080), 480, (854, 480)), ((1080, 1920), 480, (480, 854)), ((321, 181), 180, (320, 180))],
)
def test_a_picture_keeps_its_shape_in_even_pixels(size: tuple[int, int], side: int, shown: tuple[int, int]) -> None:
    assert encode.scaled(*size, side) == shown


def test_a_film_becomes_an_adaptive_stream_and_keeps_its_original(talking: Path) -> None:
    row = made(talking)
    assert (row.state, row.percent, row.claim) == (State.READY, 100, None)
    assert [(one.name, one.width, one.height) for one in row.renditions()] == [
        ("240p", 428, 240),
        ("480p", 854, 480),
        ("audio", 0, 0),
    ]
    for one in row.renditions():
        path = Path(default_storage.path(row.stream_name(one.file)))
        assert path.stat().st_size == one.size
        assert abs(mp4.layout(path).seconds - 7) < 0.2
        assert path.read_bytes()[4:8] == b"ftyp"
    assert row.usual() == row.pictures()[1]
    assert default_storage.exists(row.file.name)
    assert AuditEntry.objects.filter(action="media.ready").count() == 1


def test_the_ranges_of_a_playlist_are_the_whole_file_and_each_piece_begins_at_a_key(talking: Path) -> None:
    row = made(talking)
    path = Path(default_storage.path(row.stream_name("480p.mp4")))
    text = default_storage.open(row.stream_name("480p.m3u8")).read().decode()
    ranges = [(int(start), int(size)) for size, start in re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", text)]
    assert len(ranges) == 2
    assert [start + size for start, size in ranges] == [ranges[1][0], path.stat().st_size]
    content = path.read_bytes()
    assert [content[start + 4 : start + 8] for start, _size in ranges] == [b"moof", b"moof"]
    assert re.findall(r"#EXTINF:([\d.]+)", text) == ["6.000", "1.000"]
    assert text.startswith("#EXTM3U\n")
    assert text.endswith("#EXT-X-ENDLIST\n")


def test_the_master_playlist_begins_with_the_smallest(talking: Path) -> None:
    row = made(talking)
    text = default_storage.open(row.stream_name("master.m3u8")).read().decode()
    assert re.findall(r"^(\w+)\.m3u8$", text, re.MULTILINE) == ["240p", "480p", "audio"]
    peaks = [int(value) for value in re.findall(r"BANDWIDTH=(\d+),RES", text)]
    assert peaks == sorted(peaks)


def loudness(path: Path) -> float:
    said = subprocess.run(
        [media.ffmpeg(), "-hide_banner", "-i", str(path), "-af", "ebur128", "-f", "null", "-"],
        capture_output=True,
        check=True,
        text=True,
    ).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1])


def test_a_soft_film_is_made_as_loud_as_any_other(talking: Path) -> None:
    row = made(talking)
    assert loudness(talking) < -30
    assert abs(loudness(Path(default_storage.path(row.stream_name("480p.mp4")))) + 16) < 2


def test_a_silent_film_needs_no_sound(video: Path) -> None:
    row = made(video)
    assert [one.name for one in row.renditions()] == ["180p"]
    assert row.sound() is None
    assert "mp4a" not in default_storage.open(row.stream_name("master.m3u8")).read().decode()


def test_a_recording_becomes_sound_alone(recording: Path) -> None:
    row = made(recording)
    assert (row.type, row.playlist_url, row.pictures()) == ("audio", "", [])
    sound = row.sound()
    assert sound is not None
    assert sound.file == "audio.m4a"


def test_a_film_that_was_cut_off_on_its_way_is_refused(
    tmp_path: Path, talking: Path, ffmpeg: Callable[..., None]
) -> None:
    whole = tmp_path / "whole.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=40"]
    ffmpeg(*source, "-c:v", "libx264", "-preset", "ultrafast", "-movflags", "+faststart", whole)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    row = made(whole)
    assert (row.state, row.reason) == (State.REFUSED, "broken")
    assert AuditEntry.objects.filter(action="media.refused").count() == 1


def test_a_still_is_chosen_as_the_cover(talking: Path) -> None:
    row = made(talking)
    before = row.thumbnail.name
    chosen = transcoding.choose_cover(pk=row.pk, number=2, by=None)
    assert chosen.thumbnail.name != before
    with (
        Image.open(chosen.thumbnail.open()) as cover,
        Image.open(default_storage.open(row.stream_name("still-3.jpg"))) as still,
    ):
        assert ImageStat.Stat(ImageChops.difference(cover, still)).rms < [6, 6, 6]
    with pytest.raises(FileNotFoundError):
        transcoding.choose_cover(pk=row.pk, number=9, by=None)


def test_what_was_made_goes_with_the_film(
    talking: Path, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    row = made(talking)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        row.delete()
    assert not default_storage.exists(f"streams/{row.stream}")


# -- by whom ------------------------------------------------------------------------


def test_a_row_is_worked_on_by_one_and_the_oldest_comes_first(video: Path) -> None:
    first, second = waiting(video, "一"), waiting(video, "二")
    claimed = [transcoding.claim(), transcoding.claim(), transcoding.claim()]
    assert [row and row.pk for row in claimed] == [first.pk, second.pk, None]


def test_who_falls_silent_loses_the_row_and_can_write_nothing_more(video: Path) -> None:
    pk = waiting(video).pk
    with time_machine.travel(dt.datetime(2026, 3, 5, tzinfo=dt.UTC), tick=False) as traveller:
        slow = transcoding.claim()
        assert not transcoding.overdue()
        traveller.shift(transcoding.LEASE + dt.timedelta(seconds=1))
        assert transcoding.overdue()
        quick = transcoding.claim()
    assert slow is not None
    assert quick is not None
    said: list[str] = []
    transcoding.work_on(slow, lambda _row, what: said.append(what))
    assert said[-1] == "lost"
    row = MediaFile.objects.get(pk=pk)
    assert (row.claim, row.state, row.attempts) == (quick.claim, State.CHECKING, 2)
    transcoding.work_on(quick, QUIET)
    assert MediaFile.objects.get(pk=pk).state == State.READY


def test_a_film_that_ends_four_workers_is_parked_where_it_is_seen(
    video: Path, personas: object, login: Callable[[str], Client]
) -> None:
    pk = waiting(video).pk
    with time_machine.travel(dt.datetime(2026, 3, 5, tzinfo=dt.UTC), tick=False) as traveller:
        for _attempt in range(transcoding.ATTEMPTS):
            assert transcoding.claim() is not None
            traveller.shift(transcoding.LEASE + dt.timedelta(seconds=1))
        assert transcoding.claim() is None
    row = MediaFile.objects.get(pk=pk)
    assert (row.state, row.reason) == (State.REFUSED, "gave-up")
    client = login("editor")
    assert "处理多次中断" in client.get(f"/admin/media/edit/{pk}/").content.decode()
    client.post(f"/admin/media/retry/{pk}/")
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.UPLOADED, 0)


def test_a_full_disk_leaves_the_film_waiting(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pk = waiting(video).pk

    def full(name: str, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transcoding, "_put", full)
    row = transcoding.claim()
    assert row is not None
    with pytest.raises(OSError, match="space"):
        transcoding.work_on(row, QUIET)
    assert transcoding.claim() is None  # not at once
    monkeypatch.undo()
    with time_machine.travel(dt.datetime.now(dt.UTC) + transcoding.REST + dt.timedelta(seconds=5)):
        again = transcoding.claim()
        assert again is not None
        transcoding.work_on(again, QUIET)
    assert MediaFile.objects.get(pk=pk).state == State.READY


def test_the_command_says_on_the_terminal_how_far_it_is(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = waiting(video)
    call_command("run_media", once=True)
    said = capsys.readouterr().out
    assert f"media {row.pk} 修剪: ready" in said
    assert "%" in said
    assert not run_media.asked(transcoding.waiting)


def test_the_page_of_a_film_asks_again_until_it_is_ready(
    video: Path, personas: object, login: Callable[[str], Client]
) -> None:
    row, client = waiting(video), login("editor")
    page = client.get(f"/admin/media/status/{row.pk}/").content.decode()
    assert "等待处理" in page
    assert "hx-trigger" in page
    claimed = transcoding.claim()
    assert claimed is not None
    transcoding.work_on(claimed, QUIET)
    page = client.get(f"/admin/media/status/{row.pk}/").content.decode()
    assert "180p" in page
    assert "hx-trigger" not in page


# -- what a kill leaves behind ------------------------------------------------------


def working(row: MediaFile) -> Iterator[None]:
    """Work on a row in a child process until the caller has seen enough, then kill it. The child writes no row."""

    def child() -> None:
        transcoding._Work._hold = lambda self, **values: None  # type: ignore[method-assign]
        transcoding._Work._finish = lambda self, made: time.sleep(30)  # type: ignore[method-assign]
        transcoding._Work(row, QUIET).run()

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    try:
        yield
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()


POINTS = ["loudness.json", ".*-audio.m4a", ".*-240p.mp4", "480p.m3u8", "still-2.jpg", "master.m3u8"]


def killed_when_there(row: MediaFile, folder: Path, name: str) -> bool:
    """Work on a row in a child until a file of that name is there, then kill it; whether it ever was."""
    for _ in working(row):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if any(folder.glob(name)):
                return True
            time.sleep(0.002)
    return False


def test_killed_anywhere_and_taken_up_again_the_files_are_the_same(library: Path, talking: Path) -> None:
    undisturbed = digests(made(talking))
    row = waiting(talking)
    folder = library / "transcoding" / str(row.stream)
    for point in POINTS:
        MediaFile.objects.filter(pk=row.pk).update(attempts=0, lease_until=None)
        claimed = transcoding.claim()
        assert claimed is not None
        assert killed_when_there(claimed, folder, point), f"{point} was never there"
    MediaFile.objects.filter(pk=row.pk).update(lease_until=None)
    taken_up = transcoding.claim()
    assert taken_up is not None
    transcoding.work_on(taken_up, QUIET)
    assert digests(MediaFile.objects.get(pk=row.pk)) == undisturbed
    assert not folder.exists()


def test_ffmpeg_does_not_outlive_the_worker(library: Path, talking: Path) -> None:
    waiting(talking)
    row = transcoding.claim()
    assert row is not None
    folder = library / "transcoding" / str(row.stream)
    assert killed_when_there(row, folder, ".*-240p.mp4")
    time.sleep(0.2)
    named = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [line for line in named if str(row.stream).encode() in line]


def test_a_command_that_somebody_ended_is_not_the_films_fault(library: Path, talking: Path) -> None:
    def end_it(_seconds: float) -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if str(library / "ended.mp4").encode() in path.read_bytes():
                    os.kill(int(path.parent.name), signal.SIGKILL)

    slow = ["-re", "-i", str(talking), "-c", "copy", str(library / "ended.mp4")]
    with pytest.raises(InterruptedError, match="signal 9"):
        encode.run(slow, end_it)


def test_a_command_that_fails_is_a_broken_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        encode.run(["-i", str(tmp_path / "nothing.mp4"), "-f", "null", "-"], lambda _seconds: None)
