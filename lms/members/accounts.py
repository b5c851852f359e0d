"""Writes about accounts: logins, passwords, roles. A change of role or password ends the person's sessions."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from lms.members import audit
from lms.members.models import Member, RoleGrant, Unit, User
from lms.members.permissions import PERMISSIONS, can, units_where
from lms.members.services import MemberError

# Roles that work inside Wagtail's admin, with the group that opens it; everybody else has pages of their own.
# What a group may do there is set by the rooms that own the content (their migrations), not here.
ADMIN_GROUPS = {RoleGrant.Role.COUNTY_ADMIN: "county-admins", RoleGrant.Role.EDITOR: "editors"}


def end_sessions(user: User) -> None:
    """Make every session of the person invalid from the next request on."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])


@transaction.atomic
def create_login(
    *,
    username: str,
    password: str,
    by: User | None,
    member: Member | None = None,
    must_change: bool = True,
    name: str = "",
) -> User:
    """Make an account, for a member or for an officer; the first password must be changed unless told otherwise."""
    if User.objects.filter(username=username).exists():
        raise MemberError("username-taken", "this user name is taken")
    if member is not None and member.user_id:
        raise MemberError("has-login", "this member has a login already")
    user = User.objects.create_user(username=username, password=password, must_change_password=must_change)
    user.last_name = name or (member.name if member else "")
    user.save(update_fields=["last_name"])
    if member is not None:
        member.user = user
        member.save(update_fields=["user", "updated_at"])
    audit.record("account.create", by=by, on=user, unit=member.unit if member else None, username=username)
    return user


@transaction.atomic
def change_own_password(*, request: HttpRequest, user: User, password: str) -> None:
    """Set a person's own new password, lift the forced change, keep this session and end all others."""
    user.set_password(password)
    user.must_change_password = False
    user.session_epoch += 1
    user.save(update_fields=["password", "must_change_password", "session_epoch"])
    update_session_auth_hash(request, user)
    request.session["epoch"] = user.session_epoch
    audit.record("account.password", by=user, on=user)


def _may_grant(by: User, role: str, unit: Unit) -> bool:
    """Nobody grants more than he holds: every permission of the role over the unit, and the right to grant."""
    if not can(by, "accounts.manage", unit):
        return False
    return all(any(held.covers(unit) for held in units_where(by, wanted)) for wanted in PERMISSIONS[role])


@transaction.atomic
def grant_role(*, user: User, role: str, unit: Unit, by: User | None) -> RoleGrant:
    """Grant a role over a unit. Raises MemberError("grant-too-wide") when it is more than the granter holds."""
    if by is not None and not _may_grant(by, role, unit):
        raise MemberError("grant-too-wide", "nobody grants more than he holds")
    grant, made = RoleGrant.objects.get_or_create(user=user, role=role, unit=unit, defaults={"granted_by": by})
    if made:
        _sync_admin_access(user)
        end_sessions(user)
        audit.record("role.grant", by=by, on=user, unit=unit, role=role)
    return grant


@transaction.atomic
def revoke_role(*, grant: RoleGrant, by: User | None, reason: str = "") -> None:
    """Take a role back; the person's sessions end."""
    user, unit, role = grant.user, grant.unit, grant.role
    grant.delete()
    _sync_admin_access(user)
    end_sessions(user)
    audit.record("role.revoke", by=by, on=user, unit=unit, reason=reason, role=role)


def _sync_admin_access(user: User) -> None:
    """Put the account into the admin groups that its roles call for."""
    if hasattr(user, "_grants"):
        del user._grants
    held = set(RoleGrant.objects.filter(user=user).values_list("role", flat=True))
    for role, group in ADMIN_GROUPS.items():
        (user.groups.add if role in held else user.groups.remove)(_group(group))


def _group(name: str) -> Group:
    return Group.objects.get_or_create(name=name)[0]


def set_elder_mode(*, user: User, on: bool) -> None:
    """Remember a person's choice of 长辈版; a matter of taste, so no audit row."""
    user.elder_mode = on
    user.save(update_fields=["elder_mode"])
