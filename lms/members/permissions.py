"""Who may see and do what, where. One table, one yes/no form, one queryset form; a test proves that they agree.

A role is held over a unit and all below it. What is not yours reads as absent: 404, never 403, so that an id tells nothing.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404

from lms.members.models import RoleGrant, Unit, User

M = TypeVar("M", bound=Model)
Role = RoleGrant.Role

EVERY_READ = {
    "members.view",
    "hours.view",
    "trainings.view",
    "stations.view",
    "reports.view",
    "goals.view",
    "imports.view",
    "audit.view",
    "claims.view",
    "watching.view",
    "courses.view",
}

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.STATION_OPERATOR: frozenset({"stations.view", "stations.operate", "members.pick"}),
    Role.TRAINER: frozenset({"trainings.view", "trainings.run", "trainings.prepare", "members.pick"}),
    Role.BRANCH_SECRETARY: frozenset(
        {
            "members.view",
            "members.pick",
            "hours.view",
            "trainings.view",
            "trainings.run",
            "trainings.plan",
            "trainings.prepare",
            "stations.view",
            "stations.operate",
            "reports.view",
            "goals.view",
            "certificates.issue",
            "claims.view",
            "claims.submit",
            "claims.branch",
            "watching.view",
            "courses.view",
            "courses.assign",
        }
    ),
    Role.TOWN_ADMIN: frozenset(
        (EVERY_READ - {"audit.view"})
        | {
            "members.pick",
            "members.edit",
            "members.import",
            "members.see_id",
            "trainings.run",
            "trainings.plan",
            "trainings.prepare",
            "stations.operate",
            "goals.exempt",
            "certificates.issue",
            "certificates.revoke",
            "claims.submit",
            "claims.branch",
            "claims.town",
            "watching.review",
            "courses.assign",
        }
    ),
    Role.COUNTY_ADMIN: frozenset(
        EVERY_READ
        | {
            "members.pick",
            "members.edit",
            "members.import",
            "members.see_id",
            "trainings.run",
            "trainings.plan",
            "trainings.prepare",
            "stations.operate",
            "goals.exempt",
            "certificates.issue",
            "certificates.revoke",
            "claims.submit",
            "claims.branch",
            "claims.town",
            "watching.review",
            "courses.assign",
            "claims.county",
            "claims.manage",
            "goals.manage",
            "reports.close",
            "rules.manage",
            "notices.manage",
            "accounts.manage",
            "content.edit",
            "content.approve",
        }
    ),
    Role.EDITOR: frozenset({"content.edit"}),
    Role.AUDITOR: frozenset(EVERY_READ),
    Role.SYSTEM_ADMIN: frozenset({"accounts.manage", "system.view", "notices.manage"}),
}

ALL_PERMISSIONS = frozenset().union(*PERMISSIONS.values())


def grants_of(user: Any) -> list[RoleGrant]:
    """The person's grants with their units, read once for each user object."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return []
    if not hasattr(user, "_grants"):
        user._grants = list(RoleGrant.objects.filter(user=user).select_related("unit"))
    return list(user._grants)


def units_where(user: Any, permission: str) -> list[Unit]:
    """The units over which the person holds a permission (each stands for all below it)."""
    if permission not in ALL_PERMISSIONS:
        raise KeyError(f"unknown permission: {permission}")
    return [grant.unit for grant in grants_of(user) if permission in PERMISSIONS[grant.role]]


def can(user: Any, permission: str, unit: Unit) -> bool:
    """Whether the person holds a permission over a unit."""
    return any(held.covers(unit) for held in units_where(user, permission))


def can_anywhere(user: Any, permission: str) -> bool:
    """Whether the person holds a permission over some unit (menus, entry pages)."""
    return bool(units_where(user, permission))


def has_role(user: Any, *roles: str) -> bool:
    """Whether the person holds one of the roles anywhere."""
    return any(grant.role in roles for grant in grants_of(user))


def within(units: list[Unit], lookup: str) -> Q:
    """A filter: the row's unit (reached by ``lookup``; ``""`` for the unit itself) lies in or below one of ``units``."""
    path = f"{lookup}__path__startswith" if lookup else "path__startswith"
    return reduce(or_, (Q(**{path: unit.path}) for unit in units), Q(pk__in=[]))


def visible(queryset: QuerySet[M], user: Any, permission: str | None = None) -> QuerySet[M]:
    """The rows that the person may read (or, with ``permission``, act on).

    The model says how: ``view_permission``, ``unit_lookup`` (path to its unit) and ``own_lookup`` (path to the user whose
    own row it is, or None). Naming another permission than the model's own leaves the person's own rows out: one's own
    record can be read, not edited.
    """
    model: Any = queryset.model
    wanted = permission or model.view_permission
    condition = within(units_where(user, wanted), model.unit_lookup)
    if model.own_lookup and wanted == model.view_permission and getattr(user, "is_authenticated", False):
        condition |= Q(**{model.own_lookup: user.pk})
    return queryset.filter(condition)


def visible_units(user: Any, permission: str) -> QuerySet[Unit]:
    """The units over which the person holds a permission, with all below them."""
    return Unit.objects.filter(within(units_where(user, permission), ""))


def get_or_404(queryset: QuerySet[M], user: Any, permission: str | None = None, **lookup: Any) -> M:
    """The one visible row that matches, or 404: not yours and not there read the same."""
    found = visible(queryset, user, permission).filter(**lookup).first()
    if found is None:
        raise Http404
    return found


def unit_or_404(user: User, permission: str, code: str) -> Unit:
    """The unit with this code if the person holds the permission over it, or 404."""
    unit = visible_units(user, permission).filter(code=code).first()
    if unit is None:
        raise Http404
    return unit
