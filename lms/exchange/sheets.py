"""What a file holds, as sheets of rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Cell = Any
"""A text, a float, an int, a bool, None, or ``{"d": "2010-09-01"}``."""


@dataclass
class Sheet:
    """One sheet: rows by number (from 1), each a list of cells; merged ranges as (row, column, row, column)."""

    name: str
    hidden: bool
    merges: list[list[int]]
    rows: dict[int, list[Cell]] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> Cell:
        """A cell, None outside the sheet."""
        cells = self.rows.get(row, [])
        return cells[column] if column < len(cells) else None

    @property
    def width(self) -> int:
        """The number of columns of the widest row."""
        return max((len(cells) for cells in self.rows.values()), default=0)


@dataclass(frozen=True)
class Book:
    """A file as its sheets; ``kind`` is xlsx, xls or csv."""

    kind: str
    sheets: list[Sheet]
