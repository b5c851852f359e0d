"""One row of a roster as what it wants: pure reading and checking, before anybody looks into the database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lms.exchange import rules
from lms.exchange.branches import Finder
from lms.exchange.headers import REQUIRED, Layout, label
from lms.exchange.rules import CellError, Day
from lms.exchange.sheets import Cell
from lms.members.rules import birth_date_of

# Plain columns: field → how its cell is read. Dates, numbers, branch, office and state have rules of their own below.
PLAIN: dict[str, Callable[[Cell], Any]] = {
    "nation": rules.nation,
    "education": rules.remembered(rules.uncoded),
    "category": rules.category,
    "job": lambda cell: rules.uncoded(cell, 60),
    "industry": lambda cell: rules.uncoded(cell, 40),
    "lost_contact": rules.yes_no,
    "away": rules.yes_no,
    "away_to": lambda cell: rules.uncoded(cell, 100),
    "hardship": rules.yes_no,
    "station": lambda cell: rules.text(cell, 100),
}
DATES = ("joined_on", "confirmed_on", "lost_contact_on", "state_on", "office_on")
# What a person's record takes from the row by the same name; the rest is branch, state and office.
RECORD = (
    *("name", "sex", "nation", "birth_date", "education", "category", "joined_on", "confirmed_on", "job"),
    *("industry", "mobile", "landline", "lost_contact", "lost_contact_on", "away", "away_to", "hardship"),
)


@dataclass
class Person:
    """What one row says: values by field (only those that say something), the branch, and what is wrong with it.

    ``unit_id`` is 0 where no branch was found. ``vague`` names the dates of which only year and month were written. Problems are dicts of ``column``, ``code``,
    ``level`` (error or warning) and ``params``.
    """

    number: int
    unit_id: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    vague: list[str] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id_number(self) -> str:
        """The valid ID number, "" without one."""
        return str(self.values.get("id_number", ""))

    @property
    def name(self) -> str:
        """The name, "" when it cannot be read."""
        return str(self.values.get("name", ""))

    @property
    def record(self) -> dict[str, Any]:
        """The values that a member's record has under the same names."""
        return {name: self.values[name] for name in RECORD if name in self.values}

    @property
    def wrong(self) -> bool:
        """Whether the row has an error (a warning is none)."""
        return any(problem["level"] == "error" for problem in self.problems)

    def complain(self, column: str, code: str, *, warning: bool = False, **params: Any) -> None:
        """Note a problem at a field."""
        level = "warning" if warning else "error"
        self.problems.append({"column": label(column), "code": code, "level": level, "params": params})

    def to_json(self) -> str:
        """The row as text, to be sealed."""
        return json.dumps([self.number, self.unit_id, self.values, self.vague], default=str, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, problems: list[dict[str, Any]]) -> Person:
        """What ``to_json`` wrote, with the problems that are kept beside it."""
        number, unit_id, values, vague = json.loads(text)
        for name in ("birth_date", *DATES):
            if name in values:
                values[name] = dt.date.fromisoformat(values[name])
        return cls(number, unit_id, values, vague, problems)


@dataclass(frozen=True)
class Reading:
    """What reading needs to know: today, how branches are found, the branch for rosters without such a column."""

    today: dt.date
    finder: Finder
    home: int | None


def read(layout: Layout, reading: Reading) -> Iterator[Person]:
    """Every person of a roster, each row checked by itself, then against the rows before it."""
    first_rows: dict[str, int] = {}
    for number, cells in layout.people():
        person = _read_row(number, cells, reading)
        if person.id_number:
            first = first_rows.setdefault(person.id_number, number)
            if first != number:
                person.complain("id_number", "duplicate-in-file", row=first)
        yield person


def _read_row(number: int, cells: dict[str, Cell], reading: Reading) -> Person:
    person = Person(number)
    _take(person, "name", rules.name, cells.get("name"))
    _take(person, "id_number", rules.id_number, cells.get("id_number"))
    for column, reader in PLAIN.items():
        _take(person, column, reader, cells.get(column))
    for column in DATES:
        _take_day(person, column, cells.get(column), reading.today)
    _take_birth(person, cells, reading.today)
    _take_sex(person, cells)
    _take_phones(person, cells)
    _take_branch(person, cells, reading)
    _take_state(person, cells, reading.today)
    _take_office(person, cells, reading.today)
    _compare_dates(person)
    return person


def _take(person: Person, column: str, reader: Callable[[Cell], Any], cell: Cell) -> Any:
    """Read a cell into a value; a cell that says nothing leaves no value, a bad one a problem."""
    if cell is None and column not in REQUIRED:
        return None
    try:
        found = reader(cell)
    except CellError as error:
        person.complain(column, error.code, **error.params)
        return None
    if found is not None:
        person.values[column] = found
    return found


def _take_day(person: Person, column: str, cell: Cell, today: dt.date) -> None:
    found: Day | None = _take(person, column, lambda value: rules.day(value, today), cell)
    if found:
        person.values[column] = found.date
        if not found.whole:
            person.vague.append(column)


def _take_birth(person: Person, cells: dict[str, Cell], today: dt.date) -> None:
    """The birthday inside the ID number counts; a written one must agree as far as it goes."""
    number = person.id_number
    written = cells.get("birth_date")
    try:
        found = rules.day(written, today)
    except CellError as error:
        # 1958.1 in a number cell is unclear alone, but the ID number says which month was meant.
        if not (number and error.code == "date-unclear" and isinstance(written, float)):
            person.complain("birth_date", error.code, **error.params)
        found = None
    if number:
        if found and not rules.agrees(found, number):
            person.complain("birth_date", "birth-mismatch")
        person.values["birth_date"] = birth_date_of(number)
    elif found:
        person.values["birth_date"] = found.date


def _take_sex(person: Person, cells: dict[str, Cell]) -> None:
    written = _take(person, "sex", rules.sex, cells.get("sex"))
    if person.id_number:
        if written and written != rules.sex_of(person.id_number):
            person.complain("sex", "sex-mismatch")
        person.values["sex"] = rules.sex_of(person.id_number)


def _take_phones(person: Person, cells: dict[str, Cell]) -> None:
    """Each number goes where it belongs: old people have a landline in the column for mobiles."""
    for column in ("mobile", "landline"):
        try:
            found = rules.phone(cells.get(column))
        except CellError as error:
            person.complain(column, error.code, **error.params)
            continue
        if found:
            person.values.setdefault(*found)


def _take_branch(person: Person, cells: dict[str, Cell], reading: Reading) -> None:
    try:
        written = rules.folded(cells.get("unit"))
        if written:
            person.unit_id = reading.finder.find(written, rules.folded(cells.get("committee"))).pk
        elif reading.home is not None:
            person.unit_id = reading.home
        else:
            person.complain("unit", "branch-missing")
    except CellError as error:
        person.complain("unit", error.code, **error.params)


def _take_state(person: Person, cells: dict[str, Cell], today: dt.date) -> None:
    found = _take(person, "state", rules.state, cells.get("state"))
    if found and found != "active" and "state_on" not in person.values:
        person.values["state_on"] = today
        person.vague.append("state_on")
        person.complain("state", "state-date-assumed", warning=True)


def _take_office(person: Person, cells: dict[str, Cell], today: dt.date) -> None:
    try:
        found = rules.office(cells.get("office"))
    except CellError as error:
        person.complain("office", error.code, warning=error.code == "office-unknown", **error.params)
        return
    if not found:
        return
    person.values["office"] = found
    if "office_on" not in person.values:
        person.values["office_on"] = today
        person.vague.append("office_on")
        person.complain("office_on", "office-date-assumed", warning=True)


def _compare_dates(person: Person) -> None:
    """A date without a day gets the benefit of its month."""
    born, joined, confirmed = (person.values.get(name) for name in ("birth_date", "joined_on", "confirmed_on"))
    if joined and confirmed and confirmed < (joined.replace(day=1) if "confirmed_on" in person.vague else joined):
        person.complain("confirmed_on", "confirmed-before-joined")
    if born and joined and not rules.of_age(born, joined.replace(day=28) if "joined_on" in person.vague else joined):
        person.complain("joined_on", "joined-under-age", warning=True)
