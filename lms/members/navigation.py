"""The navigation bar: what the signed-in person can open, by permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from lms.members.accounts import ADMIN_GROUPS
from lms.members.permissions import can_anywhere, has_role


class Entry(NamedTuple):
    """A place of the bar: the name of its address, what it is called, its icon, the permission that opens it."""

    url_name: str
    label: Any
    icon: str
    permission: str


# Most used first. Before them stands a member's own page, after them the admin of who has one.
DESK = (
    Entry("training-list", _("培训"), "calendar", "trainings.view"),
    Entry("claim-list", _("学时申报"), "edit", "claims.view"),
    Entry("watch-flags", _("学习异常"), "alert", "watching.view"),
    Entry("assignment-list", _("课程任务"), "book", "courses.view"),
    Entry("pair-list", _("结对帮学"), "people", "courses.view"),
    Entry("question-list", _("学员提问"), "info", "content.edit"),
    Entry("station-home", _("站点"), "screen", "stations.operate"),
    Entry("member-list", _("党员"), "people", "members.view"),
    Entry("report-board", _("达标情况"), "chart", "reports.view"),
    Entry("certificate-list", _("学时证明"), "file", "hours.view"),
    Entry("rules", _("折算规则"), "clock", "audit.view"),
    Entry("audit-runs", _("台账核对"), "check", "audit.view"),
    Entry("notice-desk", _("通知渠道"), "bell", "notices.manage"),
    Entry("import-list", _("名册导入"), "upload", "members.import"),
)


COUNTS: dict[str, Callable[[Any], int]] = {}


def count(url_name: str, waiting: Callable[[Any], int]) -> None:
    """Show beside an entry how much waits there for the person; an app above says so when it is ready."""
    COUNTS[url_name] = waiting


OWN_PAGE: list[Callable[[Any], bool]] = []


def own_page(has_one: Callable[[Any], bool]) -> None:
    """Who besides members has something on the page of one's own; an app above says so when it is ready."""
    OWN_PAGE.append(has_one)


def entries(user: Any) -> list[tuple[str, str, str]]:
    """(url name, label, icon) of each entry that the person may open."""
    own = getattr(user, "member", None) is not None or any(has_one(user) for has_one in OWN_PAGE)
    found = [("learn", str(_("我的学习")), "home")] if own else []
    found += [(row.url_name, str(row.label), row.icon) for row in DESK if can_anywhere(user, row.permission)]
    if has_role(user, *ADMIN_GROUPS):
        found.append(("wagtailadmin_home", str(_("内容管理")), "edit"))
    return found


def context(request: HttpRequest) -> dict[str, Any]:
    """``nav`` for the base template: dicts of url, label, icon, active, waiting (counted when a page shows it)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": []}
    items = [
        {"url": reverse(name), "label": label, "icon": icon, "waiting": _waiting(name, user)}
        for name, label, icon in entries(user)
    ]
    return {"nav": [{**item, "active": request.path.startswith(str(item["url"]))} for item in items]}


def _waiting(name: str, user: Any) -> Any:
    return SimpleLazyObject(lambda: COUNTS[name](user)) if name in COUNTS else 0
