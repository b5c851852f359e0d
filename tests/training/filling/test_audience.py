"""For whom a training is: one rule, as arithmetic and as a query; what it keeps from whom, and what a reason lets through."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.goals import services as goals
from lms.hours import ledger
from lms.hours.credit import Credit
from lms.members import services as members
from lms.members.models import AuditEntry, Member, MemberVersion, Post
from lms.training import selectors as trainings
from lms.training import services as core
from lms.training.errors import TrainingError
from lms.training.filling import audience, selectors, services
from lms.training.filling.rules import GAPS, Rule, fits
from lms.training.models import Audience, Enrolment, Training
from tests.conftest import County
from tests.factories import make_credit, make_member
from tests.training.filling.conftest import states

Login = Callable[[str], Client]
YEAR = 2026


def on_day(credit: Credit, day: int) -> Credit:
    """The same again on another day of January."""
    return replace(credit, earned_on=dt.date(2026, 1, 5 + day), source=f"{credit.source}:{day}")


def some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


@pytest.fixture
def crowd(personas: County) -> list[Member]:
    """People of three branches who differ in all that a rule asks, some with a goal that they have met."""
    goals.open_year(year=YEAR, by=None)
    units = (personas.branch, personas.branch2, personas.other_branch)
    personas.branch2.setting = "organ"
    personas.branch2.save()
    kinds = list(product(units, ("full", "probationary", "candidate"), ("", "葡萄", "蚕桑"), (True, False)))
    made = [
        make_member(
            unit,
            f"人{n}",
            category=category,
            industry=industry,
            away=away,
            cadre_rank=("", "township", "county")[n % 3],
        )
        for n, (unit, category, industry, away) in enumerate(kinds)
    ]
    started = dt.date(2025, 1, 1)
    for n, office in ((0, "secretary"), (1, "committee"), (20, "secretary"), (40, "deputy")):
        members.appoint(member=made[n], unit=made[n].unit, office=office, started_on=started, by=None)
    ended = members.appoint(member=made[5], unit=made[5].unit, office="secretary", started_on=started, by=None)
    members.leave_office(post=ended, on=dt.date(2025, 12, 31), by=None)
    learnt = [make_credit(one, "5.00") for one in made[::2]]
    learnt += [make_credit(one, "7.50", mode="lecture") for one in made[1:9:2]]
    with transaction.atomic():
        ledger.post(*(on_day(credit, day) for credit in learnt for day in range(8)), by=None)
    return made


RULES = st.builds(
    Rule,
    settings=some("village", "organ", "enterprise"),
    offices=some("secretary", "deputy", "committee"),
    categories=some("full", "probationary", "candidate"),
    ranks=some("township", "county"),
    industries=some("葡萄", "蚕桑", "茶叶"),
    away=st.sampled_from(["", "away", "home"]),
    gap=st.sampled_from(["", *GAPS]),
)


def test_the_query_says_of_everybody_what_the_rule_says(crowd: list[Member], personas: County) -> None:
    people = {
        one.pk: audience.person_of(one, audience.lacks_of(one, YEAR)) for one in Member.objects.select_related("unit")
    }
    assert {one.lacks for one in people.values()} >= {frozenset(), frozenset({"hours"})}
    paths = (personas.town.path, personas.branch2.path, personas.other_branch.path)
    told_apart = 0

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rule=RULES, where=some(*paths))
    def agree(rule: Rule, where: frozenset[str]) -> None:
        nonlocal told_apart
        rule = replace(rule, paths=where)
        found = set(audience.fitting(Member.objects.all(), rule, YEAR).values_list("pk", flat=True))
        assert found == {pk for pk, person in people.items() if fits(person, rule)}
        told_apart += 0 < len(found) < len(people)

    agree()
    assert told_apart > 10


def test_a_gap_is_the_gap_of_the_training_year(crowd: list[Member], small: Training) -> None:
    assert audience.year_of(small) == YEAR
    lacking = set(audience.invited(small, Rule(gap="hours")))
    assert crowd[3] not in lacking  # 60 学时 of lectures
    assert crowd[9] in lacking


# -- what is stored ------------------------------------------------------------------------


def test_a_rule_comes_back_as_it_was_given_and_everybody_is_no_row(small: Training, personas: County) -> None:
    rule = Rule(
        paths=frozenset({personas.town.path}),
        settings=frozenset({"village"}),
        offices=frozenset(Post.Office.values),
        categories=frozenset({"full"}),
        ranks=frozenset({"township"}),
        industries=frozenset({"葡萄", "蚕桑"}),
        away="home",
        gap="class",
    )
    assert services.set_audience(training=small, rule=rule, by=personas.users["county"])
    assert audience.rule_of(small) == rule
    assert not services.set_audience(training=small, rule=rule, by=None)
    entry = AuditEntry.objects.filter(action="training.audience").get()
    assert entry.actor == personas.users["county"]
    assert entry.detail["rule"] == ["", audience.words(rule)]
    assert services.set_audience(training=small, rule=Rule(), by=None)
    assert not Audience.objects.exists()
    assert audience.rule_of(small).everybody


def test_a_rule_in_words(small: Training, personas: County) -> None:
    rule = Rule(
        settings=frozenset({"village"}), offices=frozenset({"secretary"}), industries=frozenset({"葡萄"}), gap="class"
    )
    assert audience.words(rule) == "行政村党组织，书记，从事葡萄的，今年还缺集中培训的"
    assert audience.words(Rule(paths=frozenset({personas.town.path}), away="away")) == "石桥镇，流动党员"
    assert audience.words(Rule(offices=frozenset(Post.Office.values))) == "书记和班子成员"
    assert audience.words(Rule()) == ""


@pytest.mark.parametrize(("field", "name"), [("away", "audience_away_known"), ("gap", "audience_gap_known")])
def test_the_database_knows_no_other_words(small: Training, field: str, name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Audience.objects.create(training=small, **{field: "x"})


def test_a_unit_outside_the_one_that_holds_it_is_refused(personas: County, small: Training) -> None:
    own = core.plan_training(kind="lecture", unit=personas.town, title="讲座", category="theory", by=None)
    rule = Rule(paths=frozenset({personas.other_town.path}))
    with pytest.raises(TrainingError) as refused:
        services.set_audience(training=own, rule=rule, by=None)
    assert refused.value.code == "audience-unit"


def test_a_closed_training_keeps_its_audience(small: Training) -> None:
    core.cancel_training(training=small, reason="停办", by=None)
    with pytest.raises(TrainingError) as refused:
        services.set_audience(training=small, rule=Rule(away="home"), by=None)
    assert refused.value.code == "not-open"


# -- what it keeps from whom ---------------------------------------------------------------


@pytest.fixture
def grapes(small: Training) -> Training:
    services.set_audience(training=small, rule=Rule(industries=frozenset({"葡萄"})), by=None)
    return small


def test_who_does_not_fit_is_not_offered_it_and_told_for_whom_it_is(
    grapes: Training, personas: County, member: Member
) -> None:
    grower = make_member(personas.branch, "种葡萄的", industry="葡萄")
    assert [choice.whom for choice in selectors.choices_for(grower)] == ["从事葡萄的"]
    assert [offer.training for offer in trainings.offers_for(grower)] == [grapes]
    assert selectors.choices_for(member) == []
    assert trainings.offers_for(member) == []
    with pytest.raises(TrainingError) as refused:
        services.sign_up(training=grapes, member=member, by=member.user)
    assert refused.value.code == "not-for-you"
    assert refused.value.message == "这次培训面向：从事葡萄的。不在这个范围的，请联系主办单位"
    assert services.sign_up(training=grapes, member=grower, by=None).state == "enrolled"


def test_the_page_says_it_to_who_asks_all_the_same(grapes: Training, member: Member, login: Login) -> None:
    client = login("member")
    assert grapes.title not in client.get(reverse("training-choices")).text
    answer = client.post(reverse("sign-up", args=[grapes.uuid]), follow=True)
    assert "这次培训面向：从事葡萄的" in answer.text
    assert states(grapes) == {}


def test_who_has_a_place_keeps_it_when_the_rule_comes_later(small: Training, member: Member) -> None:
    services.sign_up(training=small, member=member, by=None)
    services.set_audience(training=small, rule=Rule(industries=frozenset({"葡萄"})), by=None)
    (choice,) = selectors.choices_for(member)
    assert (choice.state, choice.may_withdraw) == ("enrolled", True)
    assert states(small) == {"王秀英": "enrolled"}


def test_only_who_fits_can_be_proposed(grapes: Training, personas: County, member: Member, login: Login) -> None:
    grower = make_member(personas.branch, "种葡萄的", industry="葡萄")
    secretary = personas.users["secretary"]
    assert list(selectors.candidates(secretary, grapes)) == [grower]
    with pytest.raises(TrainingError) as refused:
        services.nominate(training=grapes, members=[grower, member], unit=personas.branch, by=secretary)
    assert refused.value.code == "not-for-you"
    page = reverse("nominate", args=[grapes.uuid])
    text = login("secretary").get(page).text
    assert "面向：从事葡萄的" in text
    assert "王秀英" not in text
    login("secretary").post(page, {"member": [member.code, grower.code]})
    assert states(grapes) == {"种葡萄的": "nominated"}


def test_who_runs_it_enrols_somebody_outside_with_a_reason_that_is_kept(
    grapes: Training, personas: County, member: Member, login: Login
) -> None:
    client, page = login("county"), reverse("training-enrol", args=[grapes.uuid])
    assert "王秀英" not in client.get(page).text
    shown = client.get(page, {"outside": "on"})
    assert "王秀英" in shown.text
    assert "不在面向范围" in shown.text
    refused = client.post(f"{page}?outside=on", {"member": [member.code], "reason": " "})
    assert "请写明报名的理由" in refused.text
    assert states(grapes) == {}
    client.post(f"{page}?outside=on", {"member": [member.code], "reason": "嫁接能手，请来示范"})
    row = Enrolment.objects.get(training=grapes)
    assert (row.state, row.outside_reason) == ("enrolled", "嫁接能手，请来示范")
    entry = AuditEntry.objects.get(action="enrolment.create")
    assert (entry.reason, entry.detail["outside"]) == ("嫁接能手，请来示范", [member.code])
    detail = client.get(reverse("training-detail", args=[grapes.uuid])).text
    assert "理由：嫁接能手，请来示范" in detail
    assert "从事葡萄的" in detail


def test_a_reason_is_not_written_on_who_fits(grapes: Training, personas: County) -> None:
    grower = make_member(personas.branch, "种葡萄的", industry="葡萄")
    assert core.enrol(training=grapes, member=grower, by=None, reason="随便").outside_reason == ""


# -- the editor ----------------------------------------------------------------------------


def test_the_planner_ticks_looks_and_saves(small: Training, personas: County, member: Member, login: Login) -> None:
    make_member(personas.branch2, "种葡萄的", industry="葡萄")
    client, desk = login("county"), reverse("training-filling", args=[small.uuid])
    assert "符合条件 2 人" in client.get(desk).text
    ticked = {"a-paths": [personas.town.path], "a-industries": ["葡萄"], "a-away": "", "a-gap": ""}
    address = reverse("training-audience", args=[small.uuid])
    looked = client.post(address, {**ticked, "look": "1"})
    assert looked.status_code == 200
    assert "符合条件 1 人" in looked.text
    assert audience.rule_of(small).everybody
    part = client.get(reverse("training-audience-count", args=[small.uuid]), ticked)
    assert part.text.strip() == "<strong>符合条件 1 人</strong>"
    client.post(address, ticked)
    assert audience.rule_of(small) == Rule(paths=frozenset({personas.town.path}), industries=frozenset({"葡萄"}))
    text = client.get(desk).text
    assert "面向：石桥镇，从事葡萄的" in text
    assert set(re.findall(r'value="([^"]*)"[^>]* checked', text)) >= {personas.town.path, "葡萄"}


def test_what_was_never_offered_cannot_be_ticked(small: Training, login: Login) -> None:
    answer = login("county").post(reverse("training-audience", args=[small.uuid]), {"a-gap": "all"})
    assert answer.status_code == 422
    assert not Audience.objects.exists()


def test_the_choices_ask_as_much_for_one_rule_as_for_many(
    personas: County, crowd: list[Member], small: Training
) -> None:
    def lecture(n: int) -> None:
        plan = core.plan_of(small.sessions.get())
        made = core.plan_training(
            kind="lecture", unit=personas.town, title=f"讲座{n}", category="theory", sessions=[plan], by=None
        )
        rule = Rule(paths=frozenset({personas.branch.path}), gap="either")
        services.set_audience(training=made, rule=rule, by=None)

    def asked(member: Member) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            found = len(selectors.choices_for(member)), len(trainings.offers_for(member))
        assert found[0] == found[1]
        return found[0], len(queries)

    lecture(0)
    lacking = Member.objects.select_related("unit").get(pk=crowd[9].pk)
    one, few = asked(lacking)
    for n in range(1, 6):
        lecture(n)
    many, queries = asked(lacking)
    assert (one, many) == (2, 7)
    assert queries == few


# -- what a member lives by ----------------------------------------------------------------


def test_an_industry_is_set_on_the_desk_with_audit_and_history(member: Member, login: Login) -> None:
    client, page = login("town"), reverse("member-detail", args=[member.code])
    assert '<option value="黄栀子">' in client.get(page).text
    client.post(reverse("member-industry", args=[member.code]), {"industry": "葡萄"})
    member.refresh_from_db()
    assert member.industry == "葡萄"
    assert AuditEntry.objects.get(action="member.update").detail == {"industry": ["", "葡萄"]}
    assert list(MemberVersion.objects.filter(member=member).values_list("industry", flat=True)) == ["", "葡萄"]
    assert client.post(reverse("member-industry", args=[member.code]), {"industry": "葡" * 41}).status_code == 422
