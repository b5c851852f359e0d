"""Whom a training is for: the rule as it is stored, as a query and in words; for which trainings a member fits.

Called by selectors and services of the whole room, so it imports none of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from lms.core import clock
from lms.members.models import Member, Post, Unit
from lms.training import hooks
from lms.training.errors import TrainingError
from lms.training.filling.rules import AWAY, GAPS, LACKS_EITHER, Person, Rule, fits
from lms.training.models import Audience, Training

EVERYBODY = Rule()


def rule_of(training: Training) -> Rule:
    """The rule of one training; two queries."""
    return rules_of([training.pk])[training.pk]


def rules_of(training_ids: Sequence[int]) -> dict[int, Rule]:
    """The rules of several trainings by id: one query, one more where a rule exists."""
    found = dict.fromkeys(training_ids, EVERYBODY)
    for row in Audience.objects.filter(training__in=training_ids).prefetch_related("units"):
        found[row.training_id] = Rule(
            paths=frozenset(unit.path for unit in row.units.all()),
            settings=frozenset(row.settings),
            offices=frozenset(row.offices),
            categories=frozenset(row.categories),
            ranks=frozenset(row.ranks),
            industries=frozenset(row.industries),
            away=row.away,
            gap=row.gap,
        )
    return found


def year_of(training: Training) -> int:
    """The year whose goals a training helps: that of its first session, this year before one is planned."""
    return _year([one.starts_at for one in training.sessions.all()])


def _year(starts: Iterable[dt.datetime]) -> int:
    return clock.year_of(clock.local_date(min(starts, default=clock.now())))


# -- as a query ----------------------------------------------------------------------------


def fitting(members: QuerySet[Member], rule: Rule, year: int) -> QuerySet[Member]:
    """The members whom a rule names: ``rules.fits`` as a query; goals are those of a year."""
    if rule.paths:
        members = members.filter(reduce(or_, (Q(unit__path__startswith=path) for path in sorted(rule.paths))))
    for lookup, wanted in (
        ("unit__setting__in", rule.settings),
        ("category__in", rule.categories),
        ("cadre_rank__in", rule.ranks),
        ("industry__in", rule.industries),
    ):
        if wanted:
            members = members.filter(**{lookup: sorted(wanted)})
    if rule.offices:
        held = Post.objects.held(clock.today()).filter(member=OuterRef("pk"), office__in=rule.offices)
        members = members.filter(Exists(held))
    if rule.away:
        members = members.filter(away=rule.away == AWAY)
    if rule.gap:
        lacks = (Q(pk__in=hooks.lacking.ask(year, what)) for what in sorted(GAPS[rule.gap]))
        members = members.filter(reduce(or_, lacks))
    return members


def invited(training: Training, rule: Rule | None = None) -> QuerySet[Member]:
    """Everybody for whom a training is: active members below the unit that holds it whom its rule (or ``rule``) names."""
    below = Member.objects.active().in_unit(training.unit)
    return fitting(below, rule_of(training) if rule is None else rule, year_of(training))


# -- one by one ----------------------------------------------------------------------------


def person_of(member: Member, lacks: Iterable[str] = ()) -> Person:
    """A member as a rule sees him; one query for the offices."""
    offices = Post.objects.held(clock.today()).filter(member=member).values_list("office", flat=True)
    return Person(
        path=member.unit.path,
        setting=member.unit.setting,
        category=member.category,
        rank=member.cadre_rank,
        industry=member.industry,
        away=member.away,
        offices=frozenset(offices),
        lacks=frozenset(lacks),
    )


def lacks_of(member: Member, year: int) -> frozenset[str]:
    """What the member lacks under the goals of a year: ``hours``, ``class``."""
    asked = sorted(GAPS[LACKS_EITHER])
    return frozenset(what for what in asked if hooks.lacking.ask(year, what).filter(member=member).exists())


def open_to(member: Member, trainings: Sequence[Training]) -> dict[int, Rule]:
    """The rules, by id, of those of the trainings that are for the member; their sessions are prefetched.

    One query; three more where any has a rule, and two for each year of whose goals a rule speaks.
    """
    rules = rules_of([training.pk for training in trainings])
    if all(rule.everybody for rule in rules.values()):
        return rules
    lacks: dict[int, frozenset[str]] = {}
    plain = person_of(member)
    found = {}
    for training in trainings:
        rule, person = rules[training.pk], plain
        if rule.gap:
            year = year_of(training)
            if year not in lacks:
                lacks[year] = lacks_of(member, year)
            person = replace(plain, lacks=lacks[year])
        if fits(person, rule):
            found[training.pk] = rule
    return found


# -- who is outside ------------------------------------------------------------------------


def outside(training: Training, members: Iterable[Member]) -> set[int]:
    """Ids of those of the members for whom the training is not."""
    ids, rule = {member.pk for member in members}, rule_of(training)
    if rule.everybody:
        return set()
    return ids - set(fitting(Member.objects.filter(pk__in=ids), rule, year_of(training)).values_list("pk", flat=True))


def check(training: Training, members: Iterable[Member]) -> None:
    """Raises TrainingError ``not-for-you``, which says for whom it is, when somebody is outside."""
    if outside(training, members):
        raise TrainingError("not-for-you", whom=words(rule_of(training)))


def reasons(training: Training, members: Iterable[Member], reason: str) -> dict[int, str]:
    """Why each of those outside has a seat all the same, by member id. Raises TrainingError ``outside-audience`` without a reason."""
    found = outside(training, members)
    if found and not reason.strip():
        raise TrainingError("outside-audience")
    return dict.fromkeys(found, reason.strip())


# -- in words ------------------------------------------------------------------------------


def words(rule: Rule, labels: Mapping[str, str] | None = None) -> str:
    """For whom a training is, in words; ``""`` for everybody. ``labels``: names of units by path, else they are read."""
    if labels is None:
        labels = labels_of([rule])
    parts = [
        "、".join(labels[path] for path in sorted(rule.paths) if path in labels),
        _settings(rule.settings),
        _offices(rule.offices),
        _labels(rule.categories, Member.Category.choices),
        _labels(rule.ranks, Member.CadreRank.choices),
        _("从事%(what)s的") % {"what": "、".join(sorted(rule.industries))} if rule.industries else "",
        {AWAY: _("流动党员"), "": ""}.get(rule.away, _("不含流动党员")),
        str(Audience.Gap(rule.gap).label) if rule.gap else "",
    ]
    return "，".join(part for part in parts if part)


def labels_of(rules: Iterable[Rule]) -> dict[str, str]:
    """The names of the units of some rules by path; one query, none where no rule names a unit."""
    paths = {path for rule in rules for path in rule.paths}
    return {unit.path: unit.label for unit in Unit.objects.filter(path__in=paths)} if paths else {}


def _labels(wanted: frozenset[str], choices: Iterable[tuple[str, object]]) -> str:
    return "、".join(str(label) for value, label in choices if value in wanted)


def _settings(wanted: frozenset[str]) -> str:
    named = _labels(wanted, Unit.Setting.choices)
    return _("%(where)s党组织") % {"where": named} if named else ""


def _offices(wanted: frozenset[str]) -> str:
    if wanted == set(Post.Office.values):
        return _("书记和班子成员")
    return _labels(wanted, Post.Office.choices)
