"""Writes the rows of a confirmed run, one short transaction after another. What a transaction wrote is marked done in it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import F

from lms.core.crypto import decrypt
from lms.exchange import plan
from lms.exchange.models import ImportRow, ImportRun
from lms.exchange.people import Person
from lms.exchange.plan import Decision
from lms.exchange.selectors import reach
from lms.members import services as members
from lms.members.models import Member, Post, Unit

Verdict = ImportRow.Verdict

# Rows of a transaction: it begins with the fewest.
FEWEST, MOST = 120, 400
# How long a transaction keeps other writers waiting; its number of rows follows from how long the last one took.
SECONDS = 0.08
COLUMNS = ("pk", "sealed", "problems")


class Writer:
    """One start of a run: it knows the codes it has set aside for new members and how many rows fit in a transaction."""

    def __init__(self, run: ImportRun) -> None:
        self._run_id = run.pk
        self._codes: list[str] = []
        self._size = FEWEST

    def write(self) -> int:
        """Write the next rows, all or nothing. Returns how many were dealt with; 0 when none is left."""
        try:
            return self._write()
        except IntegrityError:
            # Somebody else took the codes or entered the same person just now: look again.
            self._codes.clear()
            return self._write()

    @transaction.atomic
    def _write(self) -> int:
        start = time.monotonic()
        run = (
            ImportRun.objects.select_for_update(of=("self",)).select_related("unit", "created_by").get(pk=self._run_id)
        )
        rows = run.rows.filter(done=False).exclude(verdict=Verdict.ERROR).values_list(*COLUMNS)[: self._size]
        if not rows:
            return 0
        people = {pk: _person(sealed, problems) for pk, sealed, problems in rows}
        self._apply(run, people)
        ImportRow.objects.filter(pk__in=people).update(done=True)
        written = sum(not person.wrong for person in people.values())
        wrong = len(people) - written
        ImportRun.objects.filter(pk=run.pk).update(
            done=F("done") + written, errors=F("errors") + wrong, total=F("total") - wrong
        )
        self._size = next_size(len(people), time.monotonic() - start)
        return len(people)

    def _apply(self, run: ImportRun, people: dict[int, Person]) -> None:
        """Decide anew on some rows and bring the roster into line with them."""
        units = Unit.objects.in_bulk({person.unit_id for person in people.values()})
        decisions = plan.decide(list(people.values()), reach(run))
        _refuse(zip(people, decisions, strict=True))
        by_verdict: dict[str, list[Decision]] = {verdict: [] for verdict in Verdict.values}
        for decision in decisions:
            by_verdict[decision.verdict].append(decision)
        self._create(run, by_verdict[Verdict.CREATE], units)
        _update(run, by_verdict[Verdict.UPDATE], units)

    def _create(self, run: ImportRun, decisions: list[Decision], units: dict[int, Unit]) -> None:
        if not decisions:
            return
        if len(self._codes) < len(decisions):
            left = run.rows.filter(done=False, verdict=Verdict.CREATE).count()
            self._codes = members.next_codes(max(left, len(decisions)))
        made = [
            _new_member(decision.person, units, code)
            for decision, code in zip(decisions, self._codes, strict=False)  # more codes are set aside than this needs
        ]
        members.create_members(made, by=run.created_by, reason=run.file_name)
        del self._codes[: len(made)]
        posts = [_post(one.person, member) for one, member in zip(decisions, made, strict=True) if one.appoints]
        if posts:
            members.appoint_many(posts, by=run.created_by)


def next_size(rows: int, seconds: float) -> int:
    """How many rows the next transaction takes up when the last one took ``seconds`` for ``rows``."""
    return max(FEWEST, min(MOST, 2 * rows, int(rows * SECONDS / max(seconds, 0.001))))


def _person(sealed: str, problems: list[dict[str, object]]) -> Person:
    """What a row says. Its warnings are said already; nothing planned has an error."""
    return Person.from_json(decrypt(sealed), [problem for problem in problems if problem["level"] == "error"])


def _refuse(decided: Iterable[tuple[int, Decision]]) -> None:
    """Rows that became impossible since the plan are left, and say why."""
    wrong = [
        ImportRow(pk=pk, verdict=Verdict.ERROR, problems=decision.person.problems)
        for pk, decision in decided
        if decision.verdict == Verdict.ERROR
    ]
    if wrong:
        ImportRow.objects.bulk_update(wrong, ["verdict", "problems"])


def _update(run: ImportRun, decisions: Sequence[Decision], units: dict[int, Unit]) -> None:
    """Bring known people into line, each kind of change for all of them at once."""
    by, reason = run.created_by, run.file_name
    known = [(decision, decision.member) for decision in decisions if decision.member is not None]
    edits = [(member, one.record) for one, member in known if one.record]
    moves = [(member, units[one.person.unit_id]) for one, member in known if one.moves]
    states = [(member, one.state, one.person.values.get("state_on")) for one, member in known if one.state]
    posts = [_post(one.person, member) for one, member in known if one.appoints]
    if edits:
        members.update_members(edits, by=by, reason=reason)
    if moves:
        members.transfer_members(moves, by=by, reason=reason)
    if states:
        members.set_states(states, by=by, reason=reason)
    if posts:
        members.appoint_many(posts, by=by)


def _new_member(person: Person, units: dict[int, Unit], code: str) -> Member:
    values = dict(person.record)
    state = person.values.get("state", Member.State.ACTIVE)
    if state != Member.State.ACTIVE:
        values.update(state=state, state_on=person.values["state_on"])
    return members.build(unit=units[person.unit_id], code=code, id_number=person.id_number, **values)


def _post(person: Person, member: Member) -> Post:
    values = person.values
    return Post(member=member, unit_id=person.unit_id, office=values["office"], started_on=values["office_on"])
