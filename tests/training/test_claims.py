"""Claims on a database: evidence, the chain of approvals, the ledger behind it, what the database itself refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.core import photos
from lms.hours import totals
from lms.hours.conversion import Tariffs
from lms.members.models import AuditEntry, Member, User
from lms.training import claims, selectors
from lms.training import claims_rules as rules
from lms.training import claims_selectors as reads
from lms.training.claim_models import ApprovalPolicy, Claim, ClaimEvent, ClaimFile, ClaimStretch
from lms.training.claims import Stretch
from lms.training.errors import TrainingError
from tests.conftest import County
from tests.factories import make_grant, make_user
from tests.training.claiming import DAYS, MORNING, PDF, sent, written
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on
from tests.training.pictures import photo, recompressed, scene, with_place


def standing(member: Member) -> Decimal:
    lines = totals.standing(totals.entries(member.pk, 2026))
    return sum((line.hours for line in lines), Decimal(0))


# -- the chain -----------------------------------------------------------------------------


def test_it_works(personas: County, member: Member) -> None:
    claim = claims.approve(claim=sent(member), by=personas.users["secretary"])
    assert claim.state == "approved"
    [entry] = totals.entries(member.pk, 2026)
    assert (entry.source, entry.occasion) == (f"training.claim:{claim.pk}:2026-03-05", f"training.claim:{claim.pk}")
    assert (entry.hours, entry.mode, entry.category, entry.rule) == (4, "class", "theory", "class@2019-01-01")


def test_a_long_claim_goes_up_to_the_county(personas: County, member: Member) -> None:
    claim = sent(member, *DAYS)
    claim = claims.approve(claim=claim, by=personas.users["secretary"])
    assert (claim.state, claim.level) == ("waiting", "town")
    claim = claims.approve(claim=claim, by=personas.users["town"])
    assert (claim.state, claim.level) == ("waiting", "county")
    assert standing(member) == 0
    claim = claims.approve(claim=claim, by=personas.users["county"])
    assert claim.state == "approved"
    assert standing(member) == 24
    acts = AuditEntry.objects.filter(action__startswith="claim.", target=f"training.claim:{claim.pk}").order_by("id")
    assert list(acts.values_list("action", flat=True)) == [
        "claim.write",
        "claim.file.add",
        "claim.submit",
        *["claim.approve"] * 3,
    ]


def test_hours_come_from_the_time_by_the_rule_of_the_form(member: Member) -> None:
    lesson = Stretch(on(FIRST_DAY, 8), on(FIRST_DAY, 9, 40))
    assert reads.worth(written(member, lesson, mode="class")) == Decimal("2.00")
    assert reads.worth(written(member, lesson, mode="lecture")) == Decimal("1.50")
    two = [MORNING, Stretch(on(FIRST_DAY, 14), on(FIRST_DAY, 18), "half_day")]
    [credit] = reads.credits_of(written(member, *two))
    assert credit.hours == 8
    assert len(credit.covers) == 2


def test_a_claim_over_new_year_is_split_by_day(member: Member) -> None:
    eve = dt.date(2025, 12, 31)
    claim = sent(member, Stretch(on(eve, 22, 30), on(eve, 25, 30)))
    assert [(c.earned_on.isoformat(), c.hours) for c in reads.credits_of(claim)] == [
        ("2025-12-31", Decimal("2.00")),
        ("2026-01-01", Decimal("2.00")),
    ]


def test_nobody_decides_on_his_own_claim(personas: County) -> None:
    secretary = personas.users["secretary"]
    own = Member.objects.create(code="S1", unit=personas.branch, name="支书", user=secretary)
    claim = sent(own)
    assert claim.level == "town"
    for who in ("secretary", "member", "auditor", "trainer", "editor", "system"):
        with pytest.raises(TrainingError):
            claims.approve(claim=claim, by=personas.users[who])
    assert claims.approve(claim=claim, by=personas.users["town"]).state == "approved"


def test_case_19_who_submits_for_his_member_is_confirmed_by_the_level_above(personas: County, member: Member) -> None:
    claim = sent(member, by=personas.users["secretary"])
    assert claim.level == "town"
    with pytest.raises(TrainingError, match="second-person"):
        claims.approve(claim=claim, by=personas.users["secretary"])
    assert claims.approve(claim=claim, by=personas.users["town"]).state == "approved"


def test_nobody_speaks_twice_in_a_chain(personas: County, member: Member) -> None:
    claim = claims.approve(claim=sent(member, *DAYS), by=personas.users["secretary"])
    make_grant(personas.users["secretary"], "town_admin", personas.town)
    again = User.objects.get(pk=personas.users["secretary"].pk)
    with pytest.raises(TrainingError):
        claims.approve(claim=claim, by=again)
    assert claim not in reads.waiting_for(again)


def test_the_town_may_speak_where_a_branch_has_nobody_and_is_not_asked_again(personas: County, member: Member) -> None:
    claim = claims.approve(claim=sent(member, *DAYS), by=personas.users["town"])
    assert (claim.state, claim.level) == ("waiting", "county")


def test_returned_mended_and_sent_again_begins_anew_with_all_that_was_typed(personas: County, member: Member) -> None:
    secretary = personas.users["secretary"]
    claim = claims.give_back(claim=sent(member), reason="缺主办单位盖章", by=secretary)
    assert claim.state == "returned"
    assert (claim.title, claim.stretches.count(), claim.files.count()) == ("省委党校培训班", 1, 1)
    claims.mend(claim=claim, stretches=[MORNING], title="省委党校春季班", by=member.user)
    claim = claims.submit(claim=claim, by=member.user)
    assert (claim.round, claim.level, claim.title) == (2, "branch", "省委党校春季班")
    assert claims.approve(claim=claim, by=secretary).state == "approved"


def test_an_appeal_goes_to_the_level_above_within_15_days(
    personas: County, member: Member, after_class: time_machine.Coordinates
) -> None:
    claim = claims.refuse(claim=sent(member), reason="看不清会标", by=personas.users["secretary"])
    assert reads.may_appeal(member.user, claim)
    appealed = claims.appeal(claim=claim, reason="另附通知", by=member.user)
    assert (appealed.state, appealed.level) == ("waiting", "town")
    with pytest.raises(TrainingError):
        claims.approve(claim=appealed, by=personas.users["secretary"])
    refused = claims.refuse(claim=appealed, reason="不在认定范围", by=personas.users["town"])
    after_class.shift(dt.timedelta(days=15, seconds=1))
    assert not reads.may_appeal(member.user, refused)
    with pytest.raises(TrainingError, match="appeal-too-late"):
        claims.appeal(claim=refused, reason="再看看", by=member.user)


def test_revoking_reverses_the_hours(personas: County, member: Member) -> None:
    claim = claims.approve(claim=sent(member), by=personas.users["secretary"])
    assert standing(member) == 4
    revoked = claims.revoke(claim=claim, reason="查实未参加", by=personas.users["town"])
    assert revoked.state == "revoked"
    assert standing(member) == 0
    assert list(reads.credits([member.pk], Tariffs())) == []
    with pytest.raises(TrainingError, match="claim-moved-on"):
        claims.revoke(claim=claim, reason="再来", by=personas.users["town"])


def test_a_claim_is_part_of_what_training_can_recompute(personas: County, member: Member) -> None:
    claim = claims.approve(claim=sent(member), by=personas.users["secretary"])
    waiting = sent(member, DAYS[1])
    found = {credit.source: credit.hours for credit in selectors.credits([member.pk])}
    assert found == {f"training.claim:{claim.pk}:2026-03-05": Decimal(4)}
    everybody = {credit.source for credit in selectors.credits(None)}
    assert everybody == set(found)
    evidence = reads.evidence_of(f"training.claim:{claim.pk}:2026-03-05")
    assert evidence is not None
    assert (evidence.claim, evidence.files, len(evidence.events)) == (claim, 1, 2)
    assert reads.evidence_of(f"training.attendance:{waiting.pk}:2026-03-05") is None


def test_reads_for_twenty_claims_cost_what_one_costs(
    personas: County, member: Member, django_assert_num_queries: Callable[[int], object]
) -> None:
    def approve(day: int) -> None:
        when = dt.date(2026, 1, day)
        claim = written(member, Stretch(on(when, 8), on(when, 12), "half_day"))
        claims.approve(claim=claims.submit(claim=claim, by=member.user), by=personas.users["secretary"])

    approve(1)
    price = Tariffs()
    with django_assert_num_queries(2):  # claims, their stretches
        assert len(list(reads.credits([member.pk], price))) == 1
    for day in range(2, 8):
        approve(day)
    with django_assert_num_queries(2):
        assert len(list(reads.credits([member.pk], price))) == 7


def test_time_in_a_class_and_in_a_claim_counts_once(classroom: ClassRoom, personas: County) -> None:
    who = classroom.people[0]
    classroom.mark("present", "absent", "absent")
    classroom.close()
    before = standing(who)
    claim = sent(who, Stretch(on(FIRST_DAY, 8, 30), on(FIRST_DAY, 11, 30), "half_day"), by=personas.users["secretary"])
    assert [row.session for row in reads.overlapping_attendances(claim)] == [classroom.first]
    claims.approve(claim=claim, by=personas.users["town"])
    assert standing(who) == before


def test_two_claims_of_the_same_time_are_pointed_out(member: Member) -> None:
    first = sent(member)
    second = written(member, Stretch(on(FIRST_DAY, 11), on(FIRST_DAY, 15)))
    apart = written(member, Stretch(on(FIRST_DAY, 12), on(FIRST_DAY, 13)))
    assert reads.overlapping_claims(second) == [first, apart]
    assert reads.overlapping_claims(apart) == [second]
    claims.withdraw(claim=second, by=member.user)
    assert reads.overlapping_claims(first) == []


def test_limits_are_data_and_audited(personas: County, member: Member) -> None:
    county = personas.users["county"]
    assert claims.set_limits(kind="class", branch=Decimal(2), town=Decimal(40), by=county)
    assert not claims.set_limits(kind="class", branch=Decimal(2), town=Decimal(40), by=county)
    claim = claims.approve(claim=sent(member), by=personas.users["secretary"])
    assert claim.level == "town"
    other = claims.approve(claim=sent(member, DAYS[1], kind="host", mode="visit"), by=personas.users["town"])
    assert other.state == "approved"
    with pytest.raises(TrainingError, match="limits-order"):
        claims.set_limits(kind="class", branch=Decimal(9), town=Decimal(8), by=county)
    assert AuditEntry.objects.filter(action="claim.limits").count() == 1


@pytest.mark.parametrize(
    ("stretches", "code"),
    [
        ([], "claim-no-time"),
        ([MORNING] * 2, "claim-same-time"),
        ([Stretch(on(FIRST_DAY, 9), on(FIRST_DAY, 8))], "session-times"),
        ([Stretch(on(NEXT_DAY, 17), on(NEXT_DAY, 19))], "claim-not-over"),
        ([Stretch(on(FIRST_DAY, 8), on(NEXT_DAY, 9))], "session-times"),
    ],
)
def test_impossible_times_are_refused(member: Member, stretches: list[Stretch], code: str) -> None:
    with pytest.raises(TrainingError, match=code):
        claims.write(member=member, stretches=stretches, by=None, kind="class", title="班", organiser="党校")


def test_a_claim_needs_evidence_and_hours_to_go_in(member: Member) -> None:
    claim = written(member, Stretch(on(FIRST_DAY, 8), on(FIRST_DAY, 8, 10)))
    with pytest.raises(TrainingError, match="claim-worth-nothing"):
        claims.submit(claim=claim, by=member.user)
    claims.mend(claim=claim, stretches=[MORNING], by=member.user)
    claims.remove_file(file=claim.files.get(), by=member.user)
    with pytest.raises(TrainingError, match="claim-no-evidence"):
        claims.submit(claim=claim, by=member.user)
    assert claim.files.get().removed_at is not None


def test_only_its_writer_touches_a_claim(personas: County, member: Member) -> None:
    claim = written(member)
    for act in (
        lambda by: claims.submit(claim=claim, by=by),
        lambda by: claims.withdraw(claim=claim, by=by),
        lambda by: claims.mend(claim=claim, stretches=[MORNING], by=by),
        lambda by: claims.add_file(claim=claim, data=photo(9), by=by),
        lambda by: claims.remove_file(file=claim.files.get(), by=by),
    ):
        with pytest.raises(TrainingError, match="claim-not-yours"):
            act(personas.users["secretary"])
    claims.submit(claim=claim, by=member.user)
    with pytest.raises(TrainingError, match="claim-moved-on"):
        claims.add_file(claim=claim, data=photo(9), by=member.user)


# -- evidence ------------------------------------------------------------------------------


def test_a_stored_photograph_holds_no_place(member: Member) -> None:
    claim = written(member)
    row = claims.add_file(claim=claim, data=with_place(scene(3, (400, 300))), by=member.user)
    stored = row.file.read()
    assert b"Exif" not in stored
    assert b"Secret" not in stored
    assert row.file.name.startswith("claims/")
    assert len(stored) == row.size


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.4 cut", "photo-unreadable"),
        (b"<html><script>alert(1)</script>", "photo-unreadable"),
        (b"PK\x03\x04" + bytes(100), "photo-unreadable"),
    ],
)
def test_case_17_types_by_content(member: Member, data: bytes, code: str) -> None:
    with pytest.raises(TrainingError, match=code):
        claims.add_file(claim=written(member), data=data, by=member.user)


def test_at_most_nine_files_and_none_twice(member: Member) -> None:
    claim = written(member)
    claims.add_file(claim=claim, data=PDF, by=member.user)
    with pytest.raises(TrainingError, match="file-twice"):
        claims.add_file(claim=claim, data=PDF, by=member.user)
    for seed in range(50, 57):
        claims.add_file(claim=claim, data=photo(seed), by=member.user)
    with pytest.raises(TrainingError, match="too-many-files"):
        claims.add_file(claim=claim, data=photo(99), by=member.user)


def test_the_same_photograph_in_two_claims_is_pointed_out(member: Member) -> None:
    image = scene(70)
    first, second = written(member), written(member, DAYS[1])
    earlier = claims.add_file(claim=first, data=photo(image=image), by=member.user)
    claims.add_file(claim=first, data=photo(image=recompressed(image, 50)), by=member.user)
    copy = claims.add_file(claim=second, data=photo(image=recompressed(image.resize((900, 675)), 40)), by=member.user)
    found = reads.twins(second)
    assert earlier in [twin.earlier for twin in found]
    assert {twin.file for twin in found} == {copy}
    assert all(twin.bits <= photos.THRESHOLD for twin in found)
    assert reads.twins(first) == []


def test_the_same_pdf_in_two_claims_is_pointed_out(member: Member) -> None:
    first, second = written(member), written(member, DAYS[1])
    earlier = claims.add_file(claim=first, data=PDF, by=member.user)
    claims.add_file(claim=second, data=PDF, by=member.user)
    assert [(twin.earlier, twin.bits) for twin in reads.twins(second)] == [(earlier, 0)]


# -- what the database refuses -------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"title": ""}, "claim_says_what"),
        ({"organiser": ""}, "claim_says_what"),
        ({"level": ""}, "claim_waits_at_a_level"),
        ({"submitted_at": None}, "claim_waits_at_a_level"),
        ({"state": "approved"}, "claim_decided_by_somebody"),
        ({"state": "refused", "decided_at": timezone.now()}, "claim_decided_by_somebody"),
    ],
)
def test_a_claim_that_cannot_be_is_refused_by_the_database(
    member: Member, change: dict[str, object], name: str
) -> None:
    claim = sent(member)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(**change)


def test_the_database_wants_a_second_person(member: Member) -> None:
    claim = sent(member)
    with pytest.raises(IntegrityError, match="claim_second_person"), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(state="approved", decided_by=member.user, decided_at=timezone.now())


def event(claim: Claim, **fields: object) -> ClaimEvent:
    values = {"act": "approve", "round": 1, "level": "branch", "at": timezone.now(), "hours": Decimal(4), **fields}
    return ClaimEvent.objects.create(claim=claim, **values)


def test_the_database_lets_nobody_decide_twice_in_a_round(personas: County, member: Member) -> None:
    claim = sent(member)
    event(claim, by=personas.users["town"])
    event(claim, by=personas.users["town"], round=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        event(claim, by=personas.users["town"], act="refuse", reason="不行", level="town")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"by": None}, "claim_decision_has_a_person"),
        ({"level": ""}, "claim_decision_has_a_person"),
        ({"act": "return", "reason": ""}, "claim_act_has_reason"),
        ({"act": "revoke", "reason": ""}, "claim_act_has_reason"),
    ],
)
def test_an_event_that_cannot_be_is_refused_by_the_database(
    personas: County, member: Member, fields: dict[str, object], name: str
) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        event(sent(member), **{"by": personas.users["town"], **fields})


def test_stretches_files_and_limits_are_kept_sane_by_the_database(member: Member) -> None:
    claim = written(member)
    start = MORNING.starts_at
    with pytest.raises(IntegrityError, match="claim_stretch_ends_after_start"), transaction.atomic():
        ClaimStretch.objects.create(claim=claim, starts_at=on(NEXT_DAY, 8), ends_at=on(NEXT_DAY, 8))
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimStretch.objects.create(claim=claim, starts_at=start, ends_at=start + dt.timedelta(hours=1))
    with pytest.raises(IntegrityError, match="claim_photo_has_fingerprint"), transaction.atomic():
        ClaimFile.objects.update(band2=None)
    with pytest.raises(IntegrityError, match="approval_limits_grow"), transaction.atomic():
        ApprovalPolicy.objects.create(kind="class", branch_limit=Decimal(9), town_limit=Decimal(8))


# -- any order of acts ---------------------------------------------------------------------

ACTS: dict[str, Callable[[Claim, User], object]] = {
    "submit": lambda claim, by: claims.submit(claim=claim, by=by),
    "approve": lambda claim, by: claims.approve(claim=claim, by=by),
    "return": lambda claim, by: claims.give_back(claim=claim, reason="补材料", by=by),
    "refuse": lambda claim, by: claims.refuse(claim=claim, reason="不予认定", by=by),
    "appeal": lambda claim, by: claims.appeal(claim=claim, reason="请再核实", by=by),
    "withdraw": lambda claim, by: claims.withdraw(claim=claim, by=by),
    "revoke": lambda claim, by: claims.revoke(claim=claim, reason="查实", by=by),
}
PEOPLE = ("member", "secretary", "town", "county", "auditor", "second")
STEPS = st.lists(
    st.tuples(st.sampled_from(["submit", "submit", "approve", "approve", "approve", *ACTS]), st.sampled_from(PEOPLE)),
    max_size=14,
)


@settings(max_examples=60)
@given(steps=STEPS, author=st.sampled_from(["member", "secretary", "town", "county"]), days=st.integers(1, 3))
def test_in_any_order_of_acts_the_chain_holds(
    personas: County, member: Member, steps: list[tuple[str, str]], author: str, days: int
) -> None:
    point = transaction.savepoint()
    try:
        _live(personas, member, steps, author, days)
    finally:
        transaction.savepoint_rollback(point)


def _live(personas: County, member: Member, steps: list[tuple[str, str]], author: str, days: int) -> None:
    users = {**personas.users, "second": make_user()}
    make_grant(users["second"], "county_admin", personas.root)
    writer = User.objects.get(pk=users[author].pk)
    claim = written(member, *DAYS[:days], by=writer)
    worth = Decimal(8 * days)
    for act, who in [("submit", author), *steps]:
        user = User.objects.get(pk=users[who].pk)
        before = Claim.objects.get(pk=claim.pk)
        allowed = reads.may_decide(user, before)
        try:
            ACTS[act](claim, user)
        except TrainingError:
            assert Claim.objects.get(pk=claim.pk).state == before.state
            continue
        claim = Claim.objects.get(pk=claim.pk)
        assert (before.state, act) in rules.MOVES
        if act in rules.DECISIONS:
            assert allowed
            assert user.pk not in (member.user_id, writer.pk, claim.submitted_by_id)
        assert standing(member) == (worth if claim.state == "approved" else 0)
    decided = claim.events.filter(act__in=rules.DECISIONS)
    assert decided.count() == decided.values("round", "by").distinct().count()
    if claim.state == "approved":
        last = claim.events.filter(act="approve").order_by("-id").first()
        assert reads.limits_of(claim.kind).suffices(last.level, worth)
    for user in users.values():
        fresh = User.objects.get(pk=user.pk)
        waits = reads.waiting_for(fresh).filter(pk=claim.pk).exists()
        assert reads.may_decide(fresh, claim) == waits
        parts = [rows.filter(pk=claim.pk).exists() for rows in (reads.inbox_of(fresh), reads.waiting_below(fresh))]
        assert sum(parts) == waits
