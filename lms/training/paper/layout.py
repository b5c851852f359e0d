"""Where everything is on the printed sign-in sheet, without Django. Millimetres from the top left corner of an A4 page.

Four black squares mark the corners, a strip of 64 cells beneath the upper edge says which page it is (docs/paper.md). What a
person reads (title, QR code, table) lies between them; the reader looks at the marks, the strip and the boxes alone.
"""

from __future__ import annotations

import binascii
from typing import NamedTuple

WIDTH, HEIGHT = 210.0, 297.0
MARK = 7.0
MARKS = ((12.0, 12.0), (198.0, 12.0), (198.0, 285.0), (12.0, 285.0))
"""Centres of the corner marks, clockwise from the top left."""

STRIP_LEFT, STRIP_TOP, CELL, STRIP_HEIGHT = 24.0, 10.0, 2.0, 4.0
NUMBER_BITS, TAG_BITS, SUM_BITS = 32, 16, 16
STRIP_BITS = NUMBER_BITS + TAG_BITS + SUM_BITS

QR_LEFT, QR_TOP, QR_SIDE = 170.0, 17.0, 26.0

COLUMNS = (8.0, 18.0, 8.0, 46.0, 16.0, 24.0, 24.0, 24.0, 18.0)
"""Widths of 序号, 姓名, 性别, 所在党组织, 职务, 联系电话, 上午签到, 下午签到, 备注 (domain §6)."""
TABLE_LEFT = 12.0
HEAD_TOP, HEAD_HEIGHT = 55.0, 7.0
FIRST_ROW, ROW_HEIGHT, ROWS = HEAD_TOP + HEAD_HEIGHT, 9.5, 22
MORNING, AFTERNOON = "morning", "afternoon"
HALVES = (MORNING, AFTERNOON)
COLUMN_OF = {MORNING: 6, AFTERNOON: 7}


class Place(NamedTuple):
    """A rectangle on the page."""

    left: float
    top: float
    width: float
    height: float


class Identity(NamedTuple):
    """What the strip says: the number of the page (32 bits) and the tag that proves who printed it (16 bits)."""

    number: int
    tag: int


def column_left(column: int) -> float:
    """Where a column of the table begins."""
    return TABLE_LEFT + sum(COLUMNS[:column])


def box(row: int, half: str) -> Place:
    """The box in which the person of a row (from 0) signs for one half of the day."""
    column = COLUMN_OF[half]
    return Place(column_left(column), FIRST_ROW + row * ROW_HEIGHT, COLUMNS[column], ROW_HEIGHT)


def cell(bit: int) -> Place:
    """One cell of the strip, the first bit leftmost; black is 1."""
    return Place(STRIP_LEFT + bit * CELL, STRIP_TOP, CELL, STRIP_HEIGHT)


def strip(identity: Identity) -> list[bool]:
    """The 64 bits of a page: number, tag, CRC-16 of both."""
    head = (identity.number << TAG_BITS | identity.tag).to_bytes((NUMBER_BITS + TAG_BITS) // 8)
    whole = int.from_bytes(head) << SUM_BITS | binascii.crc_hqx(head, 0xFFFF)
    return [bool(whole >> place & 1) for place in range(STRIP_BITS - 1, -1, -1)]


def identity(bits: list[bool]) -> Identity | None:
    """What a strip says; None when its sum is wrong."""
    whole = 0
    for bit in bits:
        whole = whole << 1 | bit
    head = whole >> SUM_BITS
    found = Identity(head >> TAG_BITS, head & (1 << TAG_BITS) - 1)
    return found if strip(found) == bits else None
