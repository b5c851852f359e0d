"""The navigation bar: what the signed-in person can open, by permission."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.members.accounts import ADMIN_GROUPS
from lms.members.permissions import can_anywhere, has_role


def entries(user: Any) -> list[tuple[str, str, str]]:
    """(url name, label, icon) of each entry that the person may open, most used first."""
    found = []
    if getattr(user, "member", None) is not None:
        found.append(("learn", _("我的学习"), "home"))
    if can_anywhere(user, "trainings.view"):
        found.append(("training-list", _("培训"), "calendar"))
    if can_anywhere(user, "claims.view"):
        found.append(("claim-list", _("学时申报"), "edit"))
    if can_anywhere(user, "stations.operate"):
        found.append(("station-home", _("站点"), "screen"))
    if can_anywhere(user, "members.view"):
        found.append(("member-list", _("党员"), "people"))
    if can_anywhere(user, "reports.view"):
        found.append(("report-board", _("达标情况"), "chart"))
    if can_anywhere(user, "hours.view"):
        found.append(("certificate-list", _("学时证明"), "file"))
    if can_anywhere(user, "audit.view"):
        found.append(("audit-runs", _("台账核对"), "check"))
    if can_anywhere(user, "members.import"):
        found.append(("import-list", _("名册导入"), "upload"))
    if has_role(user, *ADMIN_GROUPS):
        found.append(("wagtailadmin_home", _("内容管理"), "edit"))
    return found


def context(request: HttpRequest) -> dict[str, Any]:
    """``nav`` for the base template: dicts of url, label, icon, active."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": []}
    items = [{"url": reverse(name), "label": label, "icon": icon} for name, label, icon in entries(user)]
    return {"nav": [{**item, "active": request.path.startswith(str(item["url"]))} for item in items]}
