"""``can`` and ``visible`` agree, for every role, permission and unit of the tree."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404

from lms.members.models import AuditEntry, Member, RoleGrant, Unit
from lms.members.permissions import (
    ALL_PERMISSIONS,
    PERMISSIONS,
    can,
    get_or_404,
    unit_or_404,
    visible,
    visible_units,
)
from tests.conftest import County
from tests.factories import make_grant, make_member, make_user


@pytest.mark.parametrize("role", RoleGrant.Role.values)
@pytest.mark.parametrize("place", ["root", "town", "branch"])
def test_can_and_visible_agree_on_every_unit(tree: County, role: str, place: str) -> None:
    user = make_user()
    make_grant(user, role, getattr(tree, place))
    for permission in ALL_PERMISSIONS:
        yes = {unit.pk for unit in Unit.objects.all() if can(user, permission, unit)}
        assert yes == set(visible_units(user, permission).values_list("pk", flat=True)), permission


def test_a_role_reaches_its_unit_and_all_below_it_and_nothing_else(personas: County) -> None:
    town = personas.users["town"]
    assert can(town, "members.view", personas.town)
    assert can(town, "members.view", personas.branch2)
    assert not can(town, "members.view", personas.root)
    assert not can(town, "members.view", personas.other_branch)


def test_visible_shows_members_of_the_own_unit_and_ones_own_row(personas: County, member: Member) -> None:
    neighbour = make_member(personas.branch, "赵大河")
    stranger = make_member(personas.other_branch, "钱远山")
    everybody = Member.objects.all()
    assert set(visible(everybody, personas.users["secretary"])) == {member, neighbour}
    assert set(visible(everybody, personas.users["member"])) == {member}
    assert stranger in visible(everybody, personas.users["county"])
    assert not visible(everybody, personas.users["editor"]).exists()
    assert not visible(everybody, personas.users["system"]).exists()


def test_ones_own_row_can_be_read_but_not_edited(personas: County, member: Member) -> None:
    assert member not in visible(Member.objects.all(), personas.users["member"], "members.edit")


def test_not_yours_and_not_there_read_the_same(personas: County) -> None:
    stranger = make_member(personas.other_branch, "钱远山")
    for code in (stranger.code, "M999999"):
        with pytest.raises(Http404):
            get_or_404(Member.objects.all(), personas.users["secretary"], code=code)
    with pytest.raises(Http404):
        unit_or_404(personas.users["secretary"], "members.view", personas.other_branch.code)


def test_an_account_that_is_switched_off_may_nothing(personas: County) -> None:
    county = personas.users["county"]
    county.is_active = False
    county.save()
    assert not can(county, "members.view", personas.root)


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    changing = {name for name in PERMISSIONS["auditor"] if not name.endswith(".view")}
    assert changing == set()


def test_a_system_administrator_sees_no_personal_data() -> None:
    assert PERMISSIONS["system_admin"].isdisjoint({"members.view", "members.see_id", "hours.view", "reports.view"})


def test_an_unknown_permission_is_a_mistake_in_the_code(personas: County) -> None:
    with pytest.raises(KeyError):
        can(personas.users["county"], "members.veiw", personas.root)


def test_a_role_is_granted_once(personas: County) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(user=personas.users["county"], role="county_admin", unit=personas.root)


def test_audit_rows_are_seen_by_those_who_may_audit(personas: County) -> None:
    rows = AuditEntry.objects.all()
    assert visible(rows, personas.users["auditor"]).exists()
    assert not visible(rows, personas.users["town"]).exists()
