"""The written lessons of the demo county and the reader of their files. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "courses"
PACKAGE = Path(__file__).parent / "package"
"""The files of a SCORM 1.2 package, and the course whose last lesson it is."""
PACKAGE_COURSE = "08-safe-pesticides"
FIELDS = ("title", "summary", "category", "industry", "audience", "season")
AFTER = "after"
"""The field of a course's file that names, by slug, the course to be completed before it."""
CATEGORIES = ("theory", "political", "discipline", "purpose", "history", "situation", "skills")


class ContentError(ValueError):
    """A file that does not read as a course; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a lesson: ``heading`` and ``paragraph`` (one line), ``steps`` (several), ``callout`` (title, text, contact)."""

    kind: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Lesson:
    """A lesson: title, one line that sums it up, its blocks in order."""

    title: str
    summary: str = ""
    blocks: list[Block] = field(default_factory=list)

    @property
    def letters(self) -> int:
        """How many characters there are to read."""
        return sum(len(line) for block in self.blocks for line in block.lines)

    def slides(self) -> list[tuple[str, tuple[str, ...]]]:
        """(title, lines) of the lesson's video: what a room can read on a television, headings with their points."""
        found: list[tuple[str, tuple[str, ...]]] = [(self.title, (self.summary,))]
        heading = self.title
        for block in self.blocks:
            if block.kind == "heading":
                heading = block.lines[0]
            elif block.kind == "steps":
                found.append((heading, block.lines))
            elif block.kind == "paragraph":
                found.append((heading, (block.lines[0].split("。")[0] + "。",)))
            else:
                found.append((block.lines[0], block.lines[1:]))
        return found


@dataclass(slots=True)
class Course:
    """A course as its file tells it; ``slug`` is the file's name."""

    slug: str
    facts: dict[str, str]
    lessons: list[Lesson]
    after: str = ""

    @property
    def title(self) -> str:
        """The course's name."""
        return self.facts["title"]


def parse(slug: str, text: str) -> Course:
    """Read a course: ``field: value`` lines, then lessons of ``# title``, ``> summary``, ``## heading``, ``- step``, ``! a | b | c``.

    Any other line is a paragraph. Raises ContentError.
    """
    course = Course(slug, {}, [])
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        try:
            if line:
                _take(course, line)
        except ContentError as error:
            raise ContentError(f"{slug}:{number}: {error}") from None
    missing = [name for name in FIELDS[:3] if not course.facts.get(name)]
    if missing:
        raise ContentError(f"{slug}: without {', '.join(missing)}")
    if course.facts["category"] not in CATEGORIES:
        raise ContentError(f"{slug}: no such category: {course.facts['category']}")
    return course


def _take(course: Course, line: str) -> None:
    if line.startswith("# "):
        course.lessons.append(Lesson(line[2:]))
    elif not course.lessons:
        name, colon, value = line.partition(":")
        if not colon or name not in (*FIELDS, AFTER):
            raise ContentError(f"not a field: {line[:20]}")
        if name == AFTER:
            course.after = value.strip()
        else:
            course.facts[name] = value.strip()
    else:
        _add(course.lessons[-1], line)


def _add(lesson: Lesson, line: str) -> None:
    if line.startswith("> "):
        lesson.summary = line[2:]
    elif line.startswith("## "):
        lesson.blocks.append(Block("heading", (line[3:],)))
    elif line.startswith("- "):
        last = lesson.blocks[-1] if lesson.blocks else None
        if last is not None and last.kind == "steps":
            lesson.blocks[-1] = Block("steps", (*last.lines, line[2:]))
        else:
            lesson.blocks.append(Block("steps", (line[2:],)))
    elif line.startswith("! "):
        parts = tuple(part.strip() for part in line[2:].split("|"))
        if len(parts) != 3:
            raise ContentError("a call-out has title, text and contact")
        lesson.blocks.append(Block("callout", parts))
    else:
        lesson.blocks.append(Block("paragraph", (line,)))


BOOKS = Path(__file__).parent / "books"
BOOK_FIELDS = ("title", "author", "source", "shelf", "category", "minutes", "kind", "summary")


@dataclass(frozen=True, slots=True)
class Book:
    """A book as its file tells it: ``kind`` is ``article``, ``pdf`` or ``epub``; chapters are pairs of title and paragraphs."""

    slug: str
    facts: dict[str, str]
    chapters: list[tuple[str, tuple[str, ...]]]


def books(folder: Path = BOOKS) -> Iterator[Book]:
    """All books in order of their files' names: ``field: value`` lines, then chapters of ``# title`` and paragraphs.

    Raises ContentError.
    """
    for path in sorted(folder.glob("*.md")):
        head, *chapters = path.read_text(encoding="utf-8").split("\n# ")
        facts = {name: value.strip() for name, _colon, value in (line.partition(":") for line in head.splitlines())}
        if missing := [name for name in BOOK_FIELDS if not facts.get(name)]:
            raise ContentError(f"{path.stem}: without {', '.join(missing)}")
        cut = [tuple(filter(None, chapter.splitlines())) for chapter in chapters]
        yield Book(path.stem, facts, [(lines[0], lines[1:]) for lines in cut])


def courses(folder: Path = FOLDER) -> Iterator[Course]:
    """All courses in order of their files' names. Raises ContentError."""
    for path in sorted(folder.glob("*.md")):
        yield parse(path.stem, path.read_text(encoding="utf-8"))
