"""Captions as people have them, as browsers take them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.captions import LARGEST, CaptionError, to_vtt

SRT = "1\r\n00:00:01,500 --> 00:00:03,000\r\n<font color=red>剪口要平</font>\r\n{\\an8}留两个芽\r\n\r\n2\r\n0:01:02,5 --> 00:01:04,250\r\n5 < 6 & 7\r\n"
VTT = "WEBVTT\n\n00:00:01.500 --> 00:00:03.000\n剪口要平\n留两个芽\n\n00:01:02.500 --> 00:01:04.250\n5 &lt; 6 &amp; 7\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_srt_in_any_usual_encoding(encoding: str) -> None:
    assert to_vtt(SRT.encode(encoding)).decode() == VTT


def test_webvtt_keeps_its_cues_and_loses_styles_and_notes() -> None:
    text = "WEBVTT - 标题\n\nSTYLE\n::cue { background: url(//evil) }\n\nNOTE\n说明\n\n甲\n00:01.000 --> 00:02.000 line:0\n一\n"
    assert to_vtt(text.encode()).decode() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n一\n"


def test_case_13_nothing_that_a_browser_would_run_is_left() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n<script>alert(1)</script>看这里\n"
    assert to_vtt(text.encode()).decode().endswith("\nalert(1)看这里\n")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-times"),
        (b"\x89PNG\r\n\x00\x00", "no-text"),
        ("只有文字".encode(), "no-times"),
        (b"x" * (LARGEST + 1), "too-large"),
    ],
)
def test_what_is_no_captions_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(CaptionError) as refused:
        to_vtt(content)
    assert refused.value.code == code


@given(st.binary(max_size=400))
def test_whatever_comes_it_is_taken_or_refused(content: bytes) -> None:
    try:
        code, taken = "", to_vtt(content)
    except CaptionError as error:
        code, taken = error.code, b""
    assert taken.startswith(b"WEBVTT\n\n") if taken else code in {"no-text", "no-times"}
