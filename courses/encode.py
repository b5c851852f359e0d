"""What ffmpeg is asked to do: how loud it is, the sound evened, a picture for each kind of line.

Every output is one fragmented MP4 with its index in front. Nothing in it depends on when or by whom it was made, so that
the same source gives the same bytes, however often the work was cut off.
"""

from __future__ import annotations

import json
import re
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import IO

from courses.media import Facts, MediaError, ffmpeg

# EBU R 128 as broadcasters of speech use it on phones: loud enough on a small speaker, no peak that crackles.
LOUDNESS = "loudnorm=I=-16:TP=-1.5:LRA=11"
PIECE_SECONDS = 6
STALLED_SECONDS = 300
EXACT = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact")
FRAGMENTED = (
    "-movflags",
    "+frag_keyframe+empty_moov+default_base_moof+global_sidx+skip_trailer+negative_cts_offsets",
    "-f",
    "mp4",
)
Told = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Step:
    """A picture by its shorter side in pixels, its most kilobits a second, and the quality that x264 holds (crf)."""

    name: str
    side: int
    most_kbit: int
    crf: int


LADDER = (Step("240p", 240, 250, 29), Step("480p", 480, 800, 27), Step("720p", 720, 1700, 26))


def steps_for(width: int, height: int) -> list[Step]:
    """The pictures to make: none larger than the source, at least one."""
    side = min(width, height)
    return [step for step in LADDER if step.side <= side] or [
        Step(f"{side}p", side, LADDER[0].most_kbit, LADDER[0].crf)
    ]


def scaled(width: int, height: int, side: int) -> tuple[int, int]:
    """Width and height whose shorter one is ``side``, both even as the codec wants."""
    factor = side / min(width, height)
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def measure_loudness(source: Path, told: Told) -> dict[str, str]:
    """How loud the sound is (R 128), reading all of it; empty when there is nothing to even. Raises MediaError."""
    text = run(["-i", str(source), "-map", "0:a:0", "-af", f"{LOUDNESS}:print_format=json", "-f", "null", "-"], told)
    found = re.search(r"\{[^{}]*\"input_i\"[^{}]*\}", text)
    if found is None:
        raise MediaError("broken")
    measured: dict[str, str] = json.loads(found.group())
    return {} if "inf" in measured["input_i"] else measured


def encode_sound(source: Path, target: Path, loudness: dict[str, str], told: Told) -> None:
    """The sound alone, as loud as that of any other film. Raises MediaError."""
    evened = f",{_evening(loudness)}" if loudness else ""
    filters = f"aresample=async=1:first_pts=0{evened}"
    coding = ["-ar", "48000", "-ac", "2", "-c:a", "aac", "-b:a", "64k", *EXACT, "-flags:a", "+bitexact"]
    pieces = ["-frag_duration", str(PIECE_SECONDS * 1_000_000), *FRAGMENTED]
    run(["-i", str(source), "-map", "0:a:0", "-af", filters, *coding, *pieces, str(target)], told)


def _evening(loudness: dict[str, str]) -> str:
    measured = {"measured_I": "input_i", "measured_TP": "input_tp", "measured_LRA": "input_lra"}
    measured |= {"measured_thresh": "input_thresh", "offset": "target_offset"}
    return ":".join([LOUDNESS, "linear=true", *(f"{name}={loudness[key]}" for name, key in measured.items())])


def encode_picture(source: Path, sound: Path | None, target: Path, step: Step, facts: Facts, told: Told) -> None:
    """One size of the film, with the evened sound. Raises MediaError."""
    width, height = scaled(facts.width, facts.height, step.side)
    inputs = ["-i", str(source), *(["-i", str(sound)] if sound else [])]
    maps = ["-map", "0:v:0", *(["-map", "1:a:0", "-c:a", "copy"] if sound else [])]
    shape = ["-vf", f"scale={width}:{height},format=yuv420p,setsar=1", "-fpsmax", "30"]
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-level", "3.1", "-crf", str(step.crf)]
    rate = ["-maxrate", f"{step.most_kbit}k", "-bufsize", f"{2 * step.most_kbit}k"]
    keys = ["-sc_threshold", "0", "-force_key_frames", f"expr:gte(t,n_forced*{PIECE_SECONDS})"]
    keys += ["-g", str(30 * PIECE_SECONDS)]
    # On a busy machine one encoding in some twenty-five came out otherwise while x264 looked ahead in a thread of its own.
    exact = [*EXACT, "-flags:v", "+bitexact", "-x264-params", "sync-lookahead=0"]
    run([*inputs, *maps, *shape, *codec, *rate, *keys, *exact, *FRAGMENTED, str(target)], told)


def take_picture(source: Path, target: Path, at_ms: int, width: int) -> None:
    """A still from the film, ``width`` pixels wide. Raises MediaError."""
    still = ["-ss", f"{at_ms / 1000:.3f}", "-i", str(source), "-frames:v", "1", "-vf", f"scale={width}:-2", "-q:v", "5"]
    run([*still, *EXACT, "-flags:v", "+bitexact", "-f", "mjpeg", str(target)], lambda _seconds: None)


# -- running it ---------------------------------------------------------------------


def run(arguments: Sequence[str], told: Told) -> str:
    """Run ffmpeg to its end, telling the seconds of the film that are done; returns what it printed.

    It has the lowest claim to the machine, and dies with the process that started it, however that ends. Raises
    MediaError("broken") when it fails or stands still, InterruptedError when somebody ended it (a machine short of memory):
    the film is not to blame. An error raised by ``told`` stops it.
    """
    command = [*_modestly(), ffmpeg(), "-nostdin", "-hide_banner", "-y"]
    command += ["-nostats", "-progress", "pipe:1", *arguments]
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)  # noqa: S603
        try:
            assert child.stdout is not None
            _follow(child.stdout, told)
            code = child.wait(STALLED_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise MediaError("broken") from error
        finally:
            child.kill()
            child.wait()
        said.seek(0)
        text = said.read().decode(errors="replace")
    if code < 0:
        raise InterruptedError(f"ffmpeg was ended by signal {-code}")
    if code:
        raise MediaError("broken")
    return text


def _modestly() -> list[str]:
    """What goes before a command so that it yields to all others and does not outlive its parent, where there is such."""
    nice, setpriv = which("nice"), which("setpriv")
    return [*([nice, "-n", "10"] if nice else []), *([setpriv, "--pdeathsig", "KILL"] if setpriv else [])]


def _follow(output: IO[bytes], told: Told) -> None:
    """Read the progress until the output is closed. Raises MediaError("broken") when it does not move for minutes."""
    done, moved = -1.0, time.monotonic()
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=5):
                block = output.read1(65536)  # type: ignore[attr-defined]
                if not block:
                    return
                *lines, rest = (rest + block).split(b"\n")
                times = [line[12:] for line in lines if line.startswith(b"out_time_us=")]
                seconds = [int(value) / 1e6 for value in times if value.strip().lstrip(b"-").isdigit()]
                if seconds and seconds[-1] > done:
                    done, moved = seconds[-1], time.monotonic()
                told(max(done, 0.0))
            if time.monotonic() - moved > STALLED_SECONDS:
                raise MediaError("broken")
