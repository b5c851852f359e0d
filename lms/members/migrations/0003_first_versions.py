"""Give the people and offices of an older system their history, read back from the audit trail."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BATCH = 500
Event = tuple[dt.datetime, str, dict[str, Any]]
Facts = dict[str, Any]


def write_versions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One version for each state that the audit trail tells of, from the day the member was entered."""
    Member, MemberVersion = apps.get_model("members", "Member"), apps.get_model("members", "MemberVersion")
    units = {unit.pk: unit for unit in apps.get_model("members", "Unit").objects.all()}
    by_code = {unit.code: unit.pk for unit in units.values()}
    events = _events(apps, "member.transfer", "member.state", "member.update")

    def versions() -> Iterator[Any]:
        for member in Member.objects.order_by("pk").iterator(BATCH):
            for moment, facts in _lived(member, events.get(member.pk, []), by_code):
                name = units[facts["unit_id"]].name
                yield MemberVersion(member_id=member.pk, unit_name=name, recorded_at=moment, **facts)

    MemberVersion.objects.bulk_create(versions(), batch_size=BATCH)


def _lived(member: Any, events: list[Event], units: dict[str, int]) -> list[tuple[dt.datetime, Facts]]:
    """What was recorded of a member and when, the earliest first: today's facts with each change taken back."""
    facts: Facts = {name: getattr(member, name) for name in ("unit_id", "state", "category", "away")}
    found = []
    for moment, action, detail in reversed(events):
        before = _before(facts, action, detail, units)
        if before != facts:
            found.append((moment, facts))
            facts = before
    found.append((member.created_at, facts))
    return found[::-1]


def _before(facts: Facts, action: str, detail: dict[str, Any], units: dict[str, int]) -> Facts:
    if action == "member.transfer":
        return {**facts, "unit_id": units.get(detail["source"], facts["unit_id"])}
    if action == "member.state":
        return {**facts, "state": detail["old"]}
    old = dict(facts)
    if "category" in detail:
        old["category"] = detail["category"][0]
    if "away" in detail:
        old["away"] = detail["away"][0] == "True"
    return old


def date_posts(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Offices became known with their audit row; one without any, with its member."""
    Post = apps.get_model("members", "Post")
    events = _events(apps, "post.start", "post.end")
    posts = list(Post.objects.select_related("member").order_by("pk"))
    for post in posts:
        rows = [event for event in events.get(post.member_id, []) if event[2]["office"] == post.office]
        day = post.started_on.isoformat()
        started = [at for at, action, detail in rows if action == "post.start" and detail["started_on"] == day]
        ended = [at for at, action, _detail in rows if action == "post.end"]
        post.recorded_at = started[0] if started else post.member.created_at
        post.ended_recorded_at = (ended[-1] if ended else post.recorded_at) if post.ended_on else None
    Post.objects.bulk_update(posts, ["recorded_at", "ended_recorded_at"], batch_size=BATCH)


def _events(apps: StateApps, *actions: str) -> dict[int, list[Event]]:
    """The audit rows of some actions by member, in order."""
    found: dict[int, list[Event]] = defaultdict(list)
    rows = apps.get_model("members", "AuditEntry").objects.filter(action__in=actions).order_by("pk")
    for target, *event in rows.values_list("target", "at", "action", "detail").iterator(BATCH):
        model, _colon, pk = target.partition(":")
        if model == "members.member":
            found[int(pk)].append((event[0], event[1], event[2]))
    return found


class Migration(migrations.Migration):
    dependencies = [("members", "0002_roster_history")]

    operations = [
        migrations.RunPython(write_versions, migrations.RunPython.noop),
        migrations.RunPython(date_posts, migrations.RunPython.noop),
    ]
