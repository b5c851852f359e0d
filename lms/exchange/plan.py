"""Rows against the roster: who is new, who changes and how, who must not be touched. Reads only.

The same function decides for the preview and again, a chunk at a time, when the rows are written: what happened in
between is seen, and a second run of the same file finds nothing to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Field
from django.utils.translation import gettext as _

from lms.core.crypto import keyed_hash
from lms.exchange.people import Person
from lms.members.models import Member, Post, Unit
from lms.members.rules import mask_mobile

# Offices and branches are no fields of the record; their changes are shown under these names.
UNIT, STATE, OFFICE, ID_NUMBER = "unit", "state", "office", "id_number"
Posts = dict[int, list[Post]]


@dataclass(frozen=True)
class Scope:
    """Where people may be taken from: the paths of the units over which the importer may import."""

    paths: tuple[str, ...]

    def covers(self, unit: Unit) -> bool:
        """Whether a unit lies in the scope."""
        return unit.path.startswith(self.paths)


@dataclass
class Decision:
    """What is to be done with a row. ``member`` is None for a new person; ``record`` holds the fields that differ."""

    person: Person
    member: Member | None = None
    record: dict[str, Any] = field(default_factory=dict)
    moves: bool = False
    state: str | None = None
    appoints: bool = False

    @property
    def verdict(self) -> str:
        """create, update, unchanged or error."""
        if self.person.wrong:
            return "error"
        if self.member is None:
            return "create"
        return "update" if self.record or self.moves or self.state or self.appoints else "unchanged"


def decide(people: Sequence[Person], scope: Scope) -> list[Decision]:
    """One decision for each row, in order, with a handful of queries for all of them. Adds problems to the rows."""
    known = _members_by_number(people)
    unnumbered = _members_without_number(people, known)
    matched = [(person, _match(person, known, unnumbered)) for person in people]
    posts = _posts_of(member for person, member in matched if member and OFFICE in person.values)
    return [_decide(person, member, scope, posts) for person, member in matched]


def _members_by_number(people: Iterable[Person]) -> dict[str, Member]:
    hashes = {keyed_hash(person.id_number): person.id_number for person in people if person.id_number}
    found = Member.objects.filter(id_number_hash__in=list(hashes)).prefetch_related("unit")
    return {hashes[member.id_number_hash or ""]: member for member in found}


def _members_without_number(people: Iterable[Person], known: dict[str, Member]) -> dict[tuple[Any, ...], list[Member]]:
    """People entered by hand before their ID number was known, by (branch, name, birthday)."""
    names = {person.name for person in people if person.id_number and person.id_number not in known}
    if not names:
        return {}
    found: dict[tuple[Any, ...], list[Member]] = {}
    for member in Member.objects.filter(id_number_hash__isnull=True, name__in=names).prefetch_related("unit"):
        found.setdefault((member.unit_id, member.name, member.birth_date), []).append(member)
    return found


def _posts_of(members: Iterable[Member]) -> Posts:
    """The offices of some members, by member; only rows that name an office ask."""
    found: Posts = {}
    for post in Post.objects.filter(member_id__in=[member.pk for member in members]):
        found.setdefault(post.member_id, []).append(post)
    return found


def _match(person: Person, known: dict[str, Member], unnumbered: dict[tuple[Any, ...], list[Member]]) -> Member | None:
    if person.id_number in known:
        return known[person.id_number]
    same = unnumbered.get((person.unit_id, person.name, person.values.get("birth_date")), [])
    if len(same) > 1:
        person.complain("name", "id-number-conflict")
    # Taken once: a second row of that name and birthday is another person.
    return same.pop() if len(same) == 1 else None


def _decide(person: Person, member: Member | None, scope: Scope, posts: Posts) -> Decision:
    decision = Decision(person, member)
    if member is None:
        decision.appoints = OFFICE in person.values
        if not person.wrong and "category" not in person.values:
            person.complain("category", "category-assumed", warning=True)
        return decision
    if not scope.covers(member.unit):
        person.complain("unit", "other-branch")
    if person.wrong:
        return decision
    decision.record = {
        name: value for name, value in person.record.items() if not _same(getattr(member, name), value, name, person)
    }
    if not member.id_number_hash:
        decision.record[ID_NUMBER] = person.id_number
    decision.moves = member.unit_id != person.unit_id
    decision.state = _new_state(person, member)
    decision.appoints = _is_appointed(person, posts.get(member.pk, []))
    if "name" in decision.record:
        person.complain("name", "name-differs", warning=True)
    if decision.moves:
        person.complain("unit", "transfer", warning=True)
    return decision


def _same(old: Any, new: Any, name: str, person: Person) -> bool:
    """Whether the roster says the same; a date without a day does not overwrite a whole one of that month."""
    if name in person.vague and isinstance(old, dt.date):
        return bool((old.year, old.month) == (new.year, new.month))
    return bool(old == new)


def _new_state(person: Person, member: Member) -> str | None:
    wanted = person.values.get(STATE)
    return str(wanted) if wanted and wanted != member.state else None


def _is_appointed(person: Person, posts: Sequence[Post]) -> bool:
    """Whether the office is new; one that is held already with another date is left alone, and said."""
    office = person.values.get(OFFICE)
    if not office:
        return False
    held = [post for post in posts if post.unit_id == person.unit_id and post.office == office]
    if any(post.started_on == person.values["office_on"] for post in held):
        return False
    if any(post.ended_on is None for post in held):
        if "office_on" not in person.vague:
            person.complain("office_on", "office-date-differs", warning=True)
        return False
    return True


# -- what the preview shows -------------------------------------------------------


def changes(decision: Decision, units: dict[int, Unit]) -> list[dict[str, str]]:
    """The differences as people read them: dicts of ``field`` (its Chinese name), ``old``, ``new``; numbers masked."""
    person, member = decision.person, decision.member
    if member is None or person.wrong:
        return []
    shown = [
        _change(name, _shown(name, getattr(member, name)), _shown(name, value))
        for name, value in decision.record.items()
        if name != ID_NUMBER
    ]
    if ID_NUMBER in decision.record:
        shown.append({"field": _("公民身份证号"), "old": "", "new": _("补录")})
    if decision.moves:
        shown.append(_change(UNIT, member.unit.label, units[person.unit_id].label))
    if decision.state:
        shown.append(_change(STATE, member.get_state_display(), str(Member.State(decision.state).label)))
    if decision.appoints:
        day = person.values["office_on"]
        shown.append({"field": _("党内职务"), "old": "", "new": f"{Post.Office(person.values[OFFICE]).label} {day}"})
    return shown


def _change(name: str, old: str, new: str) -> dict[str, str]:
    return {"field": str(_column(name).verbose_name), "old": old, "new": new}


def _column(name: str) -> Field[Any, Any]:
    found = Member._meta.get_field(name)
    assert isinstance(found, Field)
    return found


def _shown(name: str, value: Any) -> str:
    if name in ("mobile", "landline"):
        return mask_mobile(value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    choices = dict(_column(name).flatchoices)
    return str(choices.get(value, "" if value is None else value))
