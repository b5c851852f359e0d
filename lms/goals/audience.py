"""Whom a line binds, without Django: a person's facts against an audience (domain §2).

Rules stated here, each with a test:
- Who came in during the year owes the whole year, with the unit of the day of the verdict; hours earned elsewhere come by claim.
- Who moves inside the county takes the hours along. Who left (转出, 去世, 停止党籍, 开除) is bound by nothing.
- Who lives away (流动党员) owes what everybody owes and stays with the unit on the roster.
- An exemption on the day of the verdict puts a person outside; one that ended earlier takes its whole months off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lms.goals import rules
from lms.goals.rules import Event, Period, Requirement, RoleRule, Span

PARTY = frozenset(("full", "probationary"))
TOWNSHIP, COUNTY = "township", "county"
ALWAYS: tuple[Span, ...] = ((dt.date.min, None),)
WHOLE = rules.Share(1, 1, 0)


class Audience(StrEnum):
    """Groups of people that goals are made for."""

    MEMBERS = "members"
    LEADERS = "leaders"
    SECRETARIES = "secretaries"
    PROBATIONARY = "probationary"
    CONFIRMED = "confirmed"
    CANDIDATES = "candidates"
    CADRES_TOWNSHIP = "cadres-township"
    CADRES_COUNTY = "cadres-county"
    CADRES = "cadres"


@dataclass(frozen=True, slots=True)
class Person:
    """What decides about a person: roster, offices as (office, span), approved exemptions. Only present people (state active)."""

    member_id: int
    unit_id: int
    category: str
    cadre_rank: str = ""
    joined_on: dt.date | None = None
    confirmed_on: dt.date | None = None
    offices: tuple[tuple[str, Span], ...] = ()
    exemptions: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """A goal line as values. ``months``: of the deadline after ``event``; ``exempt_by_month``: past exemptions take months off."""

    key: str
    audience: str
    requirement: Requirement
    period: str = Period.YEAR
    role_rule: str = RoleRule.LAST_DAY
    event: str = ""
    months: int = 0
    exempt_by_month: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """What one person owes under one line, and from which days hours and classes are looked at."""

    requirement: Requirement
    first: dt.date
    last: dt.date
    exempt: bool
    due_on: dt.date | None = None
    event_on: dt.date | None = None
    share: rules.Share = WHOLE


def due(terms: Terms, person: Person, year: int, day: dt.date) -> Due | None:
    """What a line of a year's policy asks of a person as of a day of the verdict; None when it does not bind him."""
    held = spans_of(terms.audience, person)
    if not held or not _bound(terms, held, year, day):
        return None
    event_on = _event_on(terms, person, held, day)
    if terms.period == Period.DEADLINE and (event_on is None or event_on > day):
        return None
    first, last = rules.window_of(terms.period, year, event_on, terms.months)
    if last < dt.date(year, 1, 1):
        return None
    share = _share(terms, person, held, (first, last))
    return Due(
        requirement=rules.owed(terms.requirement, share),
        first=first,
        last=min(last, day),
        exempt=rules.holds(person.exemptions, day),
        due_on=last if terms.period == Period.DEADLINE else None,
        event_on=event_on,
        share=share,
    )


def spans_of(audience: str, person: Person) -> tuple[Span, ...]:
    """When a person belongs to an audience: the days of office, or always while the roster says so."""
    if audience in OFFICES:
        offices = OFFICES[audience]
        return tuple(span for office, span in person.offices if office in offices) if _is_party(person) else ()
    return ALWAYS if BELONGS[audience](person) else ()


def _is_party(person: Person) -> bool:
    return person.category in PARTY


OFFICES: dict[str, frozenset[str]] = {
    Audience.LEADERS: frozenset(("secretary", "deputy", "committee")),
    Audience.SECRETARIES: frozenset(("secretary",)),
}
BELONGS: dict[str, Callable[[Person], bool]] = {
    Audience.MEMBERS: _is_party,
    Audience.PROBATIONARY: lambda person: person.category == "probationary",
    Audience.CONFIRMED: lambda person: person.category == "full",
    Audience.CANDIDATES: lambda person: person.category == "candidate",
    Audience.CADRES_TOWNSHIP: lambda person: person.cadre_rank == TOWNSHIP,
    Audience.CADRES_COUNTY: lambda person: person.cadre_rank == COUNTY,
    Audience.CADRES: lambda person: bool(person.cadre_rank),
}


def _bound(terms: Terms, held: tuple[Span, ...], year: int, day: dt.date) -> bool:
    """Whether the role was held when the line's rule looks at it: on the day of the verdict, or on any day of the year until it."""
    if terms.role_rule == RoleRule.LAST_DAY or terms.period != Period.YEAR:
        return rules.holds(held, day)
    return any(start <= day and (end is None or end >= dt.date(year, 1, 1)) for start, end in held)


def _event_on(terms: Terms, person: Person, held: tuple[Span, ...], day: dt.date) -> dt.date | None:
    if terms.event == Event.OFFICE:
        return rules.begun_on(held, day)
    return {Event.JOINED.value: person.joined_on, Event.CONFIRMED.value: person.confirmed_on}.get(terms.event)


def _share(terms: Terms, person: Person, held: tuple[Span, ...], window: tuple[dt.date, dt.date]) -> rules.Share:
    """Months count for goals of a year or of five; what is owed once or by a deadline is not divided."""
    if terms.period not in (Period.YEAR, Period.FIVE_YEARS):
        return WHOLE
    exempt = person.exemptions if terms.exempt_by_month else ()
    if not exempt and terms.role_rule != RoleRule.MONTHS:
        return WHOLE
    return rules.share_of(window, held, exempt, terms.role_rule)
