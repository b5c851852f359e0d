"""A machine that lives through evidence in any order and compares the ledger with a plain re-telling of the rules.

The reference below shares no code with ``lms.hours``: it counts minutes one by one and knows nothing of entries.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lms.core.clock import day_start
from lms.goals import progress
from lms.goals import services as goal_services
from lms.goals.models import Rollup, Standing
from lms.hours import ledger, totals
from lms.hours.credit import Credit
from lms.hours.models import HourEntry
from lms.members import services as member_services
from lms.members.models import Member
from tests.conftest import build_tree
from tests.factories import make_member

DAYS = [dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2026, 3, 5)]
ORDER = ["teaching", "class", "lecture", "meeting", "visit", "home", "group", "reading", "online"]
CAP = Decimal(8)
STEP = {mode: Decimal("0.25") if mode == "online" else Decimal("0.50") for mode in ORDER}


@dataclass(frozen=True)
class Evidence:
    """Somebody spent minutes of a day on something; ``per_hour`` is the rule's minutes for one 学时."""

    source: str
    member: int
    day: dt.date
    mode: str
    start: int
    minutes: int
    occasion: str
    per_hour: int = 60
    withdrawn: bool = False

    @property
    def gross(self) -> Decimal:
        if self.withdrawn:
            return Decimal(0)
        steps = Decimal(self.minutes) / self.per_hour / STEP[self.mode]
        return int(steps) * STEP[self.mode]

    def credit(self, members: list[Member]) -> Credit:
        begin = int(day_start(self.day).timestamp()) + self.start * 60
        return Credit(
            source=self.source,
            member_id=members[self.member].pk,
            hours=self.gross,
            earned_on=self.day,
            category="skills",
            mode=self.mode,
            title="测试",
            occasion=self.occasion,
            rule=f"{self.mode}@{self.per_hour}",
            covers=() if self.withdrawn else ((begin, begin + self.minutes * 60),),
            step=STEP[self.mode],
            day_cap=CAP,
        )


def reference_day(evidence: list[Evidence]) -> dict[str, Decimal]:
    """What each source of one member's day is worth, minute by minute."""
    taken: set[int] = set()
    left = CAP
    worth = {}
    for item in sorted(
        evidence, key=lambda one: (ORDER.index(one.mode), one.start if not one.withdrawn else 0, one.source)
    ):
        minutes = set(range(item.start, item.start + item.minutes))
        hours = item.gross
        if hours and minutes & taken:
            share = hours * len(minutes - taken) / len(minutes)
            hours = int(share / STEP[item.mode]) * STEP[item.mode]
        if item.gross:
            taken |= minutes
        hours = min(hours, left)
        left -= hours
        worth[item.source] = hours
    return worth


evidence_strategy = st.builds(
    Evidence,
    source=st.sampled_from([f"test:{number}" for number in range(8)]),
    member=st.integers(0, 1),
    day=st.sampled_from(DAYS),
    mode=st.sampled_from(ORDER),
    start=st.sampled_from([480, 510, 540, 600, 840]),
    minutes=st.sampled_from([10, 45, 60, 90, 100, 240, 480]),
    occasion=st.sampled_from(["one", "two", "three"]),
)


class LedgerMachine(RuleBasedStateMachine):
    """Arrive, repeat, reorder, correct, withdraw, re-rate, transfer, year end."""

    @initialize()
    def county(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.tree = build_tree()
        self.members = [make_member(self.tree.branch, "甲"), make_member(self.tree.other_branch, "乙")]
        self.policies = [goal_services.open_year(year=year, by=None) for year in (2025, 2026)]
        self.known: dict[str, Evidence] = {}
        self.waiting: list[Evidence] = []
        self.earned_in: dict[str, int] = {}

    def post(self, *evidence: Evidence) -> None:
        for item in evidence:
            self.known[item.source] = item
        ledger.post(*(item.credit(self.members) for item in evidence), by=None)
        for entry in HourEntry.objects.order_by("source", "sequence"):
            self.earned_in.setdefault(entry.source, entry.unit_id)

    @rule(item=evidence_strategy)
    def arrive(self, item: Evidence) -> None:
        known = self.known.get(item.source)
        self.post(item if known is None else replace(item, member=known.member))

    @rule(
        items=st.lists(evidence_strategy, min_size=2, max_size=4, unique_by=lambda item: item.source),
        order=st.randoms(),
    )
    def arrive_together_in_any_order(self, items: list[Evidence], order: object) -> None:
        fresh = [item for item in items if item.source not in self.known]
        order.shuffle(fresh)  # type: ignore[attr-defined]
        self.post(*fresh)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(sorted(self.known.values(), key=lambda one: one.source)))
        before = HourEntry.objects.count()
        self.post(item)
        assert HourEntry.objects.count() == before, "a repeated credit added a line"

    @precondition(lambda self: self.known)
    @rule(data=st.data(), day=st.sampled_from(DAYS), minutes=st.sampled_from([30, 60, 120]))
    def correct(self, data: st.DataObject, day: dt.date, minutes: int) -> None:
        item = data.draw(st.sampled_from(sorted(self.known.values(), key=lambda one: one.source)))
        self.post(replace(item, day=day, minutes=minutes))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def withdraw_or_bring_back(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(sorted(self.known.values(), key=lambda one: one.source)))
        self.post(replace(item, withdrawn=not item.withdrawn))

    @precondition(lambda self: self.known)
    @rule(per_hour=st.sampled_from([30, 45, 60]))
    def re_rate(self, per_hour: int) -> None:
        self.post(*(replace(item, per_hour=per_hour) for item in self.known.values()))

    @rule(member=st.integers(0, 1), to=st.sampled_from(["branch", "branch2", "other_branch"]))
    def transfer(self, member: int, to: str) -> None:
        person = Member.objects.get(pk=self.members[member].pk)
        member_services.transfer(member=person, to=getattr(self.tree, to), by=None)

    def worth(self) -> dict[str, Decimal]:
        days: dict[tuple[int, dt.date], list[Evidence]] = {}
        for item in self.known.values():
            days.setdefault((item.member, item.day), []).append(item)
        return {source: hours for items in days.values() for source, hours in reference_day(items).items()}

    @invariant()
    def the_ledger_agrees_with_the_evidence(self) -> None:
        if not hasattr(self, "known"):
            return
        lines = list(HourEntry.objects.order_by("source", "sequence"))
        stands = {entry.source: entry.hours for entry in totals.standing(HourEntry.objects.order_by("id"))}
        assert stands == {source: hours for source, hours in self.worth().items() if hours}, "what stands is off"
        for source in {line.source for line in lines}:
            own = [line for line in lines if line.source == source]
            assert [line.sequence for line in own] == list(range(1, len(own) + 1)), "a gap in the sequence"
            assert sum(line.hours for line in own) == self.worth()[source], "reversals do not cancel"
            assert {line.unit_id for line in own} == {self.earned_in[source]}, "a transfer rewrote the past"

    @invariant()
    def years_and_standings_agree(self) -> None:
        if not hasattr(self, "known"):
            return
        worth = self.worth()
        for policy in self.policies:
            for number, member in enumerate(self.members):
                own = [item for item in self.known.values() if item.member == number and item.day.year == policy.year]
                expected = sum((worth[item.source] for item in own), Decimal(0))
                row = Standing.objects.get(line__policy=policy, member=member)
                assert row.total == expected, "a standing is off"
                classes = {item.occasion for item in own if item.mode == "class" and worth[item.source]}
                assert row.classes == len(classes), "the count of classes is off"
            stored = {
                (row.unit.path, row.line_id): [getattr(row, name) for name in progress.SUMS]
                for row in Rollup.objects.filter(line__policy=policy).select_related("unit")
            }
            for key, sums in progress.expected_rollups(policy).items():
                assert stored.pop(key) == sums, "a roll-up is off"
            assert not any(any(sums) for sums in stored.values()), "a roll-up has somebody who is not there"

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)
            transaction.set_rollback(False)
