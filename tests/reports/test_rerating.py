"""Reliability case 29: a changed rule never rewrites silently; a re-rating shows its differences, then a second person decides."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from lms.core import clock
from lms.goals import progress
from lms.goals import services as goals
from lms.goals.models import GoalPolicy, Rollup, Standing
from lms.hours import evidence, ledger, rerating
from lms.hours.conversion import Tariffs
from lms.hours.models import Assertion, CreditRule, HourEntry
from lms.hours.rerating import ReratingRefused, StaleError
from lms.hours.rerating_models import ReratedMember, ReratingRun, StagedAssertion, StagedEntry
from lms.hours.services import adopt_rule
from lms.members.models import Member, User
from lms.reports import audit, closing
from lms.training import selectors as training
from lms.training.models import Attendance, Enrolment, Training, TrainingSession
from tests.conftest import County
from tests.factories import make_grant, make_member, make_user
from tests.reports.conftest import TODAY, Held, named

LATER = TODAY + dt.timedelta(hours=1)
YEAR = dt.date(2026, 1, 1)


@pytest.fixture
def rule(lived: County) -> CreditRule:
    """A day of class is worth 6 from January on, decided in November: 桃源村's 32 and 8 学时 stand by the old table."""
    return adopt_rule(activity="class", effective_from=YEAR, by=None, unit_minutes=45, half_day="3", full_day="6")


@pytest.fixture
def planner(county: County) -> User:
    return county.users["county"]


@pytest.fixture
def second(county: County) -> User:
    return make_user("second")


Ready = Callable[..., ReratingRun]


@pytest.fixture
def planned(rule: CreditRule, planner: User) -> ReratingRun:
    """Planned an hour after everything was posted."""
    with time_machine.travel(LATER, tick=False):
        return rerating.work(run=rerating.begin(rule=rule, by=planner))


def released(run: ReratingRun, by: User) -> ReratingRun:
    with time_machine.travel(LATER + dt.timedelta(hours=1), tick=False):
        return rerating.work(run=rerating.approve(run=run, by=by))


def hours(name: str) -> Decimal:
    return sum((entry.hours for entry in HourEntry.objects.filter(member__name=name)), Decimal(0))


def picture() -> dict[str, Any]:
    """Everything that readers see, without what names the moment."""
    return {
        "lines": list(
            HourEntry.objects.order_by("source", "sequence").values_list(
                "source", "sequence", "member", "unit", "unit_name", "earned_on", "hours", "category", "mode", "title",
                "occasion", "rule", "note",
            )
        ),
        "asserted": list(Assertion.objects.order_by("source").values_list("source", "gross", "step", "rule", "day_cap")),
        "standings": sorted(((row.line_id, row.member_id), progress.facts(row)) for row in Standing.objects.all()),
        "rollups": list(Rollup.objects.order_by("unit", "line").values_list("unit", "line", *progress.SUMS)),
    }  # fmt: skip


def sound() -> bool:
    with time_machine.travel(max(clock.now(), LATER + dt.timedelta(hours=3)), tick=False):
        assert audit.run().violations == []
    return True


def by_hand(rule: CreditRule) -> dict[str, Any]:
    """The picture after every credit was posted one by one by the new rule, in a place that is thrown away."""
    point = transaction.savepoint()
    CreditRule.objects.filter(pk=rule.pk).update(binds_from=rule.effective_from)
    for credit in evidence.credits(None, Tariffs()):
        ledger.post(credit, by=None)
    found = picture()
    transaction.savepoint_rollback(point)
    return found


def test_the_plan_shows_every_member_and_hour_and_changes_nothing(
    rule: CreditRule, planner: User, lived: County
) -> None:
    before = picture()
    with time_machine.travel(LATER, tick=False):
        run = rerating.work(run=rerating.begin(rule=rule, by=planner))
    assert picture() == before
    assert (run.state, run.done) == ("planned", Member.objects.count())
    changed = ReratedMember.objects.filter(run=run, changed=True).order_by("member__name")
    assert {(row.member.name, row.less, row.more) for row in changed} == {
        ("李大山", Decimal(32), Decimal(24)),
        ("周建国", Decimal(8), Decimal(6)),
    }
    assert StagedEntry.objects.filter(run=run).count() == 2 * 5
    rule.refresh_from_db()
    assert rule.waits


def test_the_release_is_what_posting_one_by_one_would_be(planned: ReratingRun, rule: CreditRule, second: User) -> None:
    wanted = by_hand(rule)
    run = released(planned, second)
    assert run.state == "applied"
    assert picture() == wanted
    assert (hours("李大山"), hours("周建国")) == (24, 6)
    assert sound()
    rule.refresh_from_db()
    assert not rule.waits
    posted = HourEntry.objects.filter(posted_by=second)
    assert posted.count() == 10
    assert {entry.posted_at for entry in posted} == {run.applied_at}


def test_what_the_new_rule_values_at_nothing_is_taken_back(lived: County, planner: User, second: User) -> None:
    who = named("杨春梅")
    begin = clock.day_start(dt.date(2026, 6, 1)) + dt.timedelta(hours=8)
    held = Training.objects.create(
        kind="class", title="短课", category="skills", unit=lived.town, state="closed", closed_at=begin
    )
    Enrolment.objects.create(training=held, member=who, unit=who.unit)
    session = TrainingSession.objects.create(training=held, starts_at=begin, ends_at=begin + dt.timedelta(minutes=30))
    Attendance.objects.create(session=session, member=who, status="present", marked_at=begin)
    ledger.post(*training.credits_of(held), by=None)
    assert hours("杨春梅") == Decimal("0.5")
    rule = adopt_rule(activity="class", effective_from=YEAR, by=None, unit_minutes=60, step="1")
    with time_machine.travel(LATER, tick=False):
        run = rerating.work(run=rerating.begin(rule=rule, by=planner))
    released(run, second)
    assert hours("杨春梅") == 0
    assert sound()


def test_verdicts_follow_in_the_same_moment(planned: ReratingRun, lived: County, second: User) -> None:
    def met() -> int:
        return Rollup.objects.get(unit=lived.root, line__key="members").met

    assert met() == 1
    released(planned, second)
    assert met() == 0


def test_what_moved_after_the_plan_is_priced_anew(
    planned: ReratingRun, rule: CreditRule, lived: County, hold: Held, second: User
) -> None:
    newcomer = make_member(lived.branch, "后来的人")
    with time_machine.travel(LATER + dt.timedelta(minutes=30), tick=False):
        hold(lived.town, [named("李大山"), newcomer], days=2, start=dt.date(2026, 5, 4))
    wanted = by_hand(rule)
    released(planned, second)
    assert picture() == wanted
    assert hours("后来的人") == 12
    assert sound()


def test_goals_published_after_the_plan_are_met_by_the_new_hours(
    planned: ReratingRun, rule: CreditRule, lived: County, second: User, planner: User
) -> None:
    draft = goals.draft_year(year=2026, by=planner, like=GoalPolicy.objects.get(year=2026))
    goals.publish(policy=draft, by=planner, replace=True)
    wanted = by_hand(rule)
    released(planned, second)
    assert picture() == wanted
    assert sound()


def test_an_exemption_after_the_plan_is_kept(
    planned: ReratingRun, rule: CreditRule, lived: County, second: User
) -> None:
    goals.exempt(
        member=named("李大山"), reason="ill", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31), by=None
    )
    wanted = by_hand(rule)
    released(planned, second)
    assert picture() == wanted
    assert sound()


@pytest.mark.parametrize("at", range(4))
def test_a_plan_that_is_cut_ends_as_one_that_was_not(
    rule: CreditRule, planner: User, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    def stage(run: ReratingRun) -> list[tuple[Any, ...]]:
        return list(
            StagedEntry.objects.filter(run=run)
            .order_by("source", "sequence")
            .values_list("source", "sequence", "hours", "rule")
        )

    monkeypatch.setattr(rerating, "MEMBERS_A_STEP", 2)
    whole = ReratingRun.objects.create(rule=rule, state="rejected", planned_at=LATER, decided_at=LATER)
    while rerating.step(whole):
        pass
    run = rerating.begin(rule=rule, by=planner)
    calls = iter(range(100))
    post = ledger.post

    def cut(*credits: Any, by: Any) -> Any:
        found = post(*credits, by=by)
        if next(calls) == at:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(ledger, "post", cut)
    with pytest.raises(KeyboardInterrupt):
        rerating.work(run=run)
    run = rerating.work(run=run)
    assert run.state == "planned"
    assert stage(run) == stage(whole)


STEPS = ["_lock", "_clear", "_bind", "_write"]


@pytest.mark.parametrize("name", STEPS)
def test_a_release_that_is_cut_leaves_nothing_and_is_done_again(
    planned: ReratingRun, rule: CreditRule, second: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before, wanted = picture(), by_hand(rule)
    real = getattr(rerating, name)

    def cut(*args: Any) -> None:
        real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rerating, name, cut)
        with pytest.raises(KeyboardInterrupt):
            released(planned, second)
    assert picture() == before
    with time_machine.travel(LATER + dt.timedelta(hours=2), tick=False):
        run = rerating.work(run=planned)
    assert run.state == "applied"
    assert picture() == wanted


def test_a_run_that_never_ends_is_parked(rule: CreditRule, planner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = rerating.begin(rule=rule, by=planner)

    def fail(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rerating, "_plan", fail)
    for _again in range(rerating.MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            rerating.work(run=run)
    assert rerating.work(run=run).problem == "interrupted"


def test_too_many_who_moved_are_staged_first(
    planned: ReratingRun, lived: County, hold: Held, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerating, "MOST_AT_RELEASE", 0)
    with time_machine.travel(LATER + dt.timedelta(minutes=30), tick=False):
        hold(lived.town, [named("李大山")], start=dt.date(2026, 5, 4))
    run = rerating.approve(run=planned, by=second)
    with pytest.raises(StaleError):
        rerating.release(run)
    assert released_again(run).state == "applied"
    assert sound()


def released_again(run: ReratingRun) -> ReratingRun:
    with time_machine.travel(LATER + dt.timedelta(hours=2), tick=False):
        return rerating.work(run=run)


def test_nobody_approves_what_he_planned(planned: ReratingRun, planner: User) -> None:
    with pytest.raises(ReratingRefused, match="own"):
        rerating.approve(run=planned, by=planner)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReratingRun.objects.filter(pk=planned.pk).update(decided_by=planner)


def test_a_rejected_run_leaves_the_hours(planned: ReratingRun, rule: CreditRule, second: User) -> None:
    before = picture()
    with pytest.raises(ReratingRefused, match="no-reason"):
        rerating.reject(run=planned, by=second, reason=" ")
    run = rerating.reject(run=planned, by=second, reason="明年再调")
    assert rerating.work(run=run).state == "rejected"
    assert picture() == before
    with pytest.raises(ReratingRefused, match="not-planned"):
        rerating.approve(run=run, by=second)
    assert rerating.begin(rule=rule, by=None).state == "planning"


def test_one_open_run_a_rule(planned: ReratingRun, rule: CreditRule) -> None:
    with pytest.raises(ReratingRefused, match="open"):
        rerating.begin(rule=rule, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReratingRun.objects.create(rule=rule, planned_at=LATER)


def test_a_rule_that_binds_needs_none(planned: ReratingRun, rule: CreditRule, second: User) -> None:
    released(planned, second)
    with pytest.raises(ReratingRefused, match="nothing-waits"):
        rerating.begin(rule=rule, by=None)


def test_a_released_rule_changes_nothing_when_it_is_posted_again(planned: ReratingRun, second: User) -> None:
    released(planned, second)
    before = picture()
    ledger.post(*evidence.credits(None, Tariffs()), by=None)
    assert picture() == before


def test_a_closed_year_keeps_its_figures_and_gets_dated_adjustments(lived: County, planner: User, second: User) -> None:
    with time_machine.travel(dt.datetime(2027, 1, 20, 4, tzinfo=dt.UTC), tick=False):
        goals.open_year(year=2027, by=None)
        run = closing.begin(year=2026, by=None)
        closing.work(run=run)
        frozen = closing.run_of(2026)
        rule = adopt_rule(activity="class", effective_from=YEAR, by=None, unit_minutes=45, half_day="3", full_day="6")
        planned = rerating.work(run=rerating.begin(rule=rule, by=planner))
    with time_machine.travel(dt.datetime(2027, 1, 21, 4, tzinfo=dt.UTC), tick=False):
        assert rerating.work(run=rerating.approve(run=planned, by=second)).state == "applied"
        assert sound()
        again = closing.run_of(2026)
        assert again is not None
        assert frozen is not None
        assert again.pk == frozen.pk
        assert hours("李大山") == 24


def test_a_state_without_a_decision_is_refused_by_the_database(planned: ReratingRun) -> None:
    for fields in ({"state": "approved"}, {"state": "applied"}, {"applied_at": LATER}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReratingRun.objects.filter(pk=planned.pk).update(**fields)


def test_what_is_staged_is_staged_once(planned: ReratingRun) -> None:
    for model in (StagedEntry, StagedAssertion, ReratedMember):
        row = model._default_manager.filter(run=planned).first()
        assert row is not None
        row.pk = None
        if isinstance(row, StagedEntry):
            row.uuid = HourEntry._meta.get_field("uuid").get_default()
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


def test_from_the_rule_to_the_new_hours_on_the_desk(
    rule: CreditRule, county: County, login: Callable[[str], Any], second: User
) -> None:
    make_grant(second, "county_admin", county.root)
    county.users["second"] = second
    page = login("county").get("/desk/rules/").content.decode()
    assert f"/desk/rules/{rule.pk}/rerate/" in page
    assert "全天的培训班 = 6.0 学时" in page or "全天 6.0" in page
    with time_machine.travel(LATER, tick=False):
        answer = login("county").post(f"/desk/rules/{rule.pk}/rerate/")
        run = ReratingRun.objects.get()
        assert answer.url == f"/desk/rules/reratings/{run.pk}/"
        assert "正在测算" in login("county").get(answer.url).content.decode()
        rerating.work(run=run)
    page = login("county").get(answer.url).content.decode()
    assert "李大山" in page
    assert "请另一位县级管理员办理" in page
    assert 'value="approve"' not in page
    lines = login("auditor").get(f"{answer.url}members/{named('李大山').code}/").content.decode()
    assert lines.count("葡萄冬季修剪培训班") == 4
    assert login("auditor").get(f"{answer.url}?format=csv").status_code == 200
    found = [login("auditor").get(f"{answer.url}?q={text}").content.decode() for text in ("lds", "dashan", "nobody")]
    assert ["李大山" in page for page in found] == [True, True, False]
    assert login("county").post(f"{answer.url}decide/", {"act": "approve"}).status_code == 422
    other = login("second")
    assert 'value="approve"' in other.get(answer.url).content.decode()
    assert other.post(f"{answer.url}decide/", {"act": "reject", "reason": ""}).status_code == 422
    assert other.post(f"{answer.url}decide/", {"act": "approve"}).status_code == 302
    assert hours("李大山") == 32
    with time_machine.travel(LATER + dt.timedelta(hours=2), tick=False):
        rerating.work(run=run)
    assert hours("李大山") == 24
    assert "已入账" in other.get(answer.url).content.decode()


def test_the_command_plans_and_says_what_would_change(rule: CreditRule, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rerate", str(rule), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["members"], told["less"], told["more"]) == ("planned", 2, 40.0, 30.0)
    with pytest.raises(CommandError):
        call_command("rerate", "class@2000-01-01")
