"""Short lesson videos from slides: H.264 and a quiet tone, playable everywhere, the same bytes for the same slides."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from courses.media import ffmpeg
from lms.demo import drawing
from lms.demo.content import Lesson

SECONDS_A_SLIDE = 4
MOST_SLIDES = 7
TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Job:
    """A lesson to render into a file."""

    lesson: Lesson
    category: str
    path: Path


def render(job: Job) -> None:
    """Draw the slides and join them. Raises subprocess.CalledProcessError when ffmpeg fails."""
    slides = job.lesson.slides()[:MOST_SLIDES]
    pictures = [
        drawing.slide(title, lines, f"{number} / {len(slides)}", job.category)
        for number, (title, lines) in enumerate(slides, start=1)
    ]
    seconds = len(pictures) * SECONDS_A_SLIDE
    frames = b"".join(picture.tobytes() for picture in pictures)
    subprocess.run(  # noqa: S603 (our own arguments)
        _command(seconds, job.path), input=frames, capture_output=True, check=True, timeout=TIMEOUT
    )


def _command(seconds: int, path: Path) -> list[str]:
    width, height = drawing.SLIDE
    pictures = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r 1/{SECONDS_A_SLIDE} -i -"
    tone = f"-f lavfi -i sine=frequency=220:duration={seconds}"
    picture = "-vf fps=5 -c:v libx264 -preset veryfast -tune stillimage -crf 30 -pix_fmt yuv420p -g 20 -threads 1"
    sound = "-af volume=0.02 -c:a aac -b:a 24k -ar 22050 -ac 1"
    file = f"-t {seconds} -movflags +faststart -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
    return [
        ffmpeg(),
        "-hide_banner",
        "-loglevel",
        "error",
        "-y",
        *f"{pictures} {tone} {picture} {sound} {file}".split(),
        str(path),
    ]
