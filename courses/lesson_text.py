"""The time that a lesson's text takes: what is read, what plays inside it, the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.html import strip_tags

from courses import lengths
from courses.media_models import MediaFile

READ = frozenset(("heading", "paragraph", "steps", "callout", "table"))
"""The blocks of a lesson that are read, not looked at or listened to."""
FILMS = {"clip": "video", "sound": "audio"}
"""The blocks that play, and the part of each that holds what plays."""


class TimedText:
    """A page with a ``body`` and ``questions`` that keeps the seconds both take in ``reading_seconds``."""

    body: Any
    questions: Any
    quiz_draw: int
    reading_seconds: int

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Store it with the time that its text and what stands in it take."""
        self.reading_seconds = self._reading_seconds()
        return super().save(*args, **kwargs)  # type: ignore[misc]  # of the page that this is mixed into

    def _reading_seconds(self) -> int:
        pictures = sum(1 for block in self.body if block.block_type == "picture")
        shown = sum(film.duration_ms for film in self.films_inside()) // 1000
        asked = lengths.quiz_seconds(len(self.questions), self.quiz_draw)
        return lengths.reading_seconds(self.characters(), pictures) + shown + asked

    def characters(self) -> int:
        """How many characters there are to read."""
        text = "".join(strip_tags(block.render()) for block in self.body if block.block_type in READ)
        return len("".join(text.split()))

    def films_inside(self) -> Iterator[MediaFile]:
        """The films and recordings inside the text."""
        for block in self.body:
            film = block.value.get(FILMS[block.block_type]) if block.block_type in FILMS else None
            if film is not None:
                yield film

    @property
    def places_quiz(self) -> bool:
        """Whether the text itself says where the way to the test stands."""
        return any(block.block_type == "quiz" for block in self.body)
