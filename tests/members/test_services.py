"""Writes about people: each leaves an audit row; ID numbers are sealed; nobody is deleted."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, models, transaction

from lms.core.append_only import AppendOnlyError
from lms.members import accounts, audit, services
from lms.members.models import AuditEntry, Member, Post
from lms.members.services import MemberError
from tests.conftest import County
from tests.factories import id_number, make_grant, make_member, make_user

NUMBER = id_number(7)


def test_it_works(tree: County) -> None:
    member = make_member(tree.branch, "曾国平", id_number=NUMBER)
    assert (member.code, member.sort_key) == ("M000001", "zeng guo ping")
    assert AuditEntry.objects.get(action="member.create").target == f"members.member:{member.pk}"


def test_codes_go_on_from_the_highest(tree: County) -> None:
    make_member(tree.branch, "甲")
    services.create_members([services.build(unit=tree.branch, code="M000041", name="乙")], by=None)
    assert make_member(tree.branch, "丙").code == "M000042"


def test_pipl_28_an_id_number_is_encrypted_hashed_and_masked(tree: County) -> None:
    make_member(tree.branch, id_number=NUMBER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM members_member")
        stored = " ".join(str(value) for value in cursor.fetchone())
    assert NUMBER not in stored
    member = Member.objects.get()
    assert member.reveal_id_number() == NUMBER
    assert member.id_number_masked == f"{NUMBER[:6]}********{NUMBER[-4:]}"


def test_two_people_cannot_have_one_id_number(tree: County) -> None:
    make_member(tree.branch, id_number=NUMBER)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_member(tree.other_branch, "李小山", id_number=NUMBER.lower())


def test_pipl_29_a_look_at_an_id_number_needs_a_reason_and_leaves_a_row(personas: County) -> None:
    member = make_member(personas.branch, id_number=NUMBER)
    county = personas.users["county"]
    with pytest.raises(MemberError):
        services.look_at_id_number(member=member, by=county, reason="  ")
    assert services.look_at_id_number(member=member, by=county, reason="核对名册") == NUMBER
    row = AuditEntry.objects.get(action="member.see_id")
    assert (row.actor, row.reason, row.unit) == (county, "核对名册", personas.branch)


def test_an_update_says_what_changed_and_keeps_numbers_out_of_the_trail(tree: County) -> None:
    member = make_member(tree.branch)
    assert services.update_member(member=member, by=None, education="高中", mobile="13800006726", id_number=NUMBER)
    detail = AuditEntry.objects.get(action="member.update").detail
    assert detail["education"] == ["", "高中"]
    assert "13800006726" not in str(detail)
    assert NUMBER not in str(detail)
    assert not services.update_member(member=member, by=None, education="高中", id_number=NUMBER)


def test_many_at_once_leave_the_rows_that_one_by_one_would(tree: County) -> None:
    """Edits, transfers and states in bulk: same people, same audit rows as by the verbs for one."""

    def fields(member: Member, serial: int) -> dict[str, object]:
        changed = {"education": "高中", "mobile": f"1380000672{serial}", "category": "probationary"}
        return {**changed, "name": "曾国平", "id_number": id_number(50 + serial)} if serial % 2 else changed

    def audited(people: list[Member]) -> list[tuple[object, ...]]:
        targets = {f"members.member:{member.pk}": index for index, member in enumerate(people)}
        rows = AuditEntry.objects.filter(target__in=targets).exclude(action="member.create").order_by("id")
        return sorted((targets[row.target], row.action, row.unit_id, str(row.detail), row.reason) for row in rows)

    def stored(people: list[Member]) -> list[tuple[object, ...]]:
        columns = ("name", "sort_key", "education", "mobile", "category", "unit_id", "state", "state_on")
        return list(Member.objects.filter(pk__in=[member.pk for member in people]).order_by("pk").values_list(*columns))

    together = [make_member(tree.branch, f"甲{index}") for index in "一二三四"]
    alone = [make_member(tree.branch, f"甲{index}") for index in "一二三四"]
    day = dt.date(2026, 2, 1)
    edits = [(member, fields(member, serial)) for serial, member in enumerate(together)]
    assert services.update_members(edits, by=None, reason="名册") == together
    assert services.update_members([(together[0], fields(together[0], 0))], by=None) == []
    services.transfer_members([(member, tree.branch2) for member in together[:2]], by=None, reason="名册")
    services.set_states([(member, "deceased", day) for member in together[1:3]], by=None, reason="名册")
    masked = [member.id_number_masked for member in together]
    Member.objects.filter(pk__in=[member.pk for member in together]).update(id_number_sealed="", id_number_hash=None)
    for serial, member in enumerate(alone):
        services.update_member(member=member, by=None, reason="名册", **fields(member, serial))
        assert member.id_number_masked == masked[serial]
    for member in alone[:2]:
        services.transfer(member=member, to=tree.branch2, by=None, reason="名册")
    for member in alone[1:3]:
        services.set_state(member=member, state="deceased", on=day, by=None, reason="名册")
    assert stored(together) == stored(alone)
    assert audited(together) == audited(alone)
    assert len(audited(together)) == 4 + 2 + 2


def test_an_edit_moves_standings_only_where_it_can(tree: County, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[int]] = []
    one, other = make_member(tree.branch), make_member(tree.branch)
    monkeypatch.setattr(services.members_changed, "run", told.append)
    services.update_members([(one, {"job": "务农"}), (other, {"category": "probationary"})], by=None)
    assert told == [[other.pk]]


def test_state_and_unit_have_verbs_of_their_own(tree: County) -> None:
    with pytest.raises(TypeError):
        services.update_member(member=make_member(tree.branch), by=None, state="deceased")


def test_leaving_is_a_state_with_a_date(tree: County) -> None:
    member = make_member(tree.branch)
    with pytest.raises(MemberError):
        services.set_state(member=member, state="deceased", on=None, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.filter(pk=member.pk).update(state="deceased")
    services.set_state(member=member, state="deceased", on=dt.date(2026, 2, 1), by=None)
    assert Member.objects.get().state_on == dt.date(2026, 2, 1)


def test_a_member_with_history_cannot_be_deleted(tree: County) -> None:
    member = make_member(tree.branch)
    services.appoint(member=member, unit=tree.branch, office="secretary", started_on=dt.date(2026, 1, 1), by=None)
    with pytest.raises(models.ProtectedError):
        member.delete()


def test_an_office_ends_after_it_starts_and_is_held_once(tree: County) -> None:
    member = make_member(tree.branch)
    start = dt.date(2026, 1, 1)
    post = services.appoint(member=member, unit=tree.branch, office="secretary", started_on=start, by=None)
    assert services.appoint(member=member, unit=tree.branch, office="secretary", started_on=start, by=None) == post
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(ended_on=dt.date(2025, 12, 31))
    services.leave_office(post=post, on=dt.date(2026, 5, 1), by=None)
    assert post.held_on(dt.date(2026, 5, 1))
    assert not post.held_on(dt.date(2026, 5, 2))


def test_the_audit_trail_is_append_only(tree: County) -> None:
    row = audit.record("test.made", by=None, on="nothing:1")
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE members_auditentry SET reason = 'x'")


def test_case_20_granting_more_than_one_holds_is_refused(personas: County) -> None:
    county, town = personas.users["county"], personas.users["town"]
    friend = make_user()
    with pytest.raises(MemberError):
        accounts.grant_role(user=friend, role="town_admin", unit=personas.town, by=town)
    with pytest.raises(MemberError):
        accounts.grant_role(user=friend, role="system_admin", unit=personas.root, by=county)
    accounts.grant_role(user=friend, role="town_admin", unit=personas.town, by=county)
    assert AuditEntry.objects.filter(action="role.grant", actor=county).count() == 1


def test_a_role_opens_the_admin_to_county_and_editors_only(personas: County) -> None:
    admitted = {name for name, user in personas.users.items() if user.has_perm("wagtailadmin.access_admin")}
    assert admitted == {"county", "editor"}


def test_a_revoked_role_closes_the_admin_and_ends_sessions(personas: County) -> None:
    editor = personas.users["editor"]
    before = editor.session_epoch
    accounts.revoke_role(grant=editor.grants.get(), by=personas.users["county"])
    editor.refresh_from_db()
    assert editor.session_epoch == before + 1
    assert not editor.groups.exists()
    make_grant(editor, "editor", personas.root)
