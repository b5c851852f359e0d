"""Writes about people: the roster, offices and transfers. Each leaves its audit row in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.db.models.functions import Cast, Substr

from lms.core import clock
from lms.core.crypto import encrypt, keyed_hash
from lms.core.inserts import insert
from lms.members import audit, history, rules
from lms.members.audit import Act
from lms.members.hooks import members_changed
from lms.members.models import Member, Post, Unit, User, target_of

Edit = tuple[Member, dict[str, Any]]
"""A member and the new values of some fields."""

# What a service may set on a member from outside; identity, state and unit have verbs of their own.
EDITABLE = (
    "name",
    "sex",
    "nation",
    "birth_date",
    "education",
    "category",
    "joined_on",
    "confirmed_on",
    "job",
    "cadre_rank",
    "industry",
    "mobile",
    "landline",
    "lost_contact",
    "lost_contact_on",
    "away",
    "away_to",
    "hardship",
)
# Names of fields whose values do not belong in an audit row.
SENSITIVE = {"mobile", "landline"}
# What decides which goals bind a person; office, state and unit have verbs of their own.
SETTLING = frozenset(("category", "cadre_rank", "joined_on", "confirmed_on"))
BATCH = 500


class MemberError(ValueError):
    """A change to the roster that cannot be made; ``code`` for machines, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def set_id_number(member: Member, number: str) -> None:
    """Seal an ID number on an unsaved member: encrypted, hashed for matching, masked for lists. ``""`` removes it."""
    clean = rules.normalise_id_number(number)
    member.id_number_sealed = encrypt(clean) if clean else ""
    member.id_number_hash = keyed_hash(clean) if clean else None
    member.id_number_masked = rules.mask_id_number(clean) if clean else ""


def next_codes(count: int) -> list[str]:
    """The next free member codes: ``M000001`` …"""
    last = (
        Member.objects.filter(code__regex=r"^M\d{6,}$")
        .annotate(number=Cast(Substr("code", 2), models.BigIntegerField()))
        .aggregate(last=Max("number"))["last"]
        or 0
    )
    return [f"M{last + index:06d}" for index in range(1, count + 1)]


def build(*, unit: Unit, code: str, id_number: str = "", **fields: Any) -> Member:
    """An unsaved member, complete with sort key and sealed ID number."""
    member = Member(unit=unit, code=code, **fields)
    member.sort_key = rules.sort_key(member.name)
    set_id_number(member, id_number)
    return member


@transaction.atomic
def create_members(members: Sequence[Member], *, by: User | None, reason: str = "") -> Sequence[Member]:
    """Insert members made by ``build``, each with an audit row; standings follow."""
    insert(members, key="code")
    acts = (Act(target_of(member), member.unit_id, {"code": member.code}) for member in members)
    audit.record_many("member.create", acts, by=by, reason=reason)
    history.enter(members)
    _settle(member.pk for member in members)
    return members


def create_member(*, unit: Unit, by: User | None, id_number: str = "", **fields: Any) -> Member:
    """Add one person to the roster."""
    return create_members([build(unit=unit, code=next_codes(1)[0], id_number=id_number, **fields)], by=by)[0]


@transaction.atomic
def update_members(edits: Iterable[Edit], *, by: User | None, reason: str = "") -> list[Member]:
    """Set editable fields (and ``id_number``) of many people; those who differed. Audit rows have old and new values."""
    acts, resettled, noted = [], [], []
    changed = []
    for member, fields in edits:
        columns, detail = _edit(member, fields)
        if not detail:
            continue
        # An UPDATE for each: the CASE of bulk_update takes twice as long where most rows differ in other fields.
        member.save(update_fields=[*columns, "updated_at"])
        acts.append(Act(target_of(member), member.unit_id, detail))
        changed.append(member)
        if not history.FACTS.isdisjoint(columns):
            noted.append(member.pk)
        if not SETTLING.isdisjoint(columns):
            resettled.append(member.pk)
    audit.record_many("member.update", acts, by=by, reason=reason)
    history.note(noted)
    _settle(resettled)
    return changed


def update_member(*, member: Member, by: User | None, reason: str = "", **fields: Any) -> bool:
    """Set editable fields (and ``id_number``) of one person; False when nothing differs."""
    return bool(update_members([(member, fields)], by=by, reason=reason))


def _edit(member: Member, fields: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Set what differs on a member, unsaved: the columns touched, and what the audit row says of it."""
    unknown = set(fields) - {*EDITABLE, "id_number"}
    if unknown:
        raise TypeError(f"not editable here: {sorted(unknown)}")
    columns: list[str] = []
    detail: dict[str, Any] = {}
    for name, value in fields.items():
        old = getattr(member, name, None)
        if name == "id_number" or old == value:
            continue
        setattr(member, name, value)
        columns.append(name)
        detail[name] = "*" if name in SENSITIVE else [str(old), str(value)]
    if "name" in detail:
        member.sort_key = rules.sort_key(member.name)
        columns.append("sort_key")
    number = fields.get("id_number")
    if number and keyed_hash(rules.normalise_id_number(number)) != member.id_number_hash:
        set_id_number(member, number)
        columns += ["id_number_sealed", "id_number_hash", "id_number_masked"]
        detail["id_number"] = member.id_number_masked
    return columns, detail


@transaction.atomic
def transfer_members(moves: Iterable[tuple[Member, Unit]], *, by: User | None, reason: str = "") -> None:
    """Move people to other units; whoever is there already stays. Hours already earned keep the unit they were earned in."""
    wanted = {member.pk: (member, to) for member, to in moves}
    stored = Member.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    acts, moved = [], defaultdict(list)
    for pk, unit_id, source in stored.values_list("pk", "unit_id", "unit__code"):
        member, to = wanted[pk]
        member.unit = to
        if unit_id != to.pk:
            moved[to.pk].append(pk)
            acts.append(Act(target_of(member), to.pk, {"source": source, "to": to.code}))
    for unit_id, pks in moved.items():
        Member.objects.filter(pk__in=pks).update(unit_id=unit_id, updated_at=clock.now())
    audit.record_many("member.transfer", acts, by=by, reason=reason)
    history.note(pk for pks in moved.values() for pk in pks)
    _settle([pk for pks in moved.values() for pk in pks])


def transfer(*, member: Member, to: Unit, by: User | None, reason: str = "") -> None:
    """Move one person to another unit."""
    transfer_members([(member, to)], by=by, reason=reason)


@transaction.atomic
def set_states(changes: Iterable[tuple[Member, str, dt.date | None]], *, by: User | None, reason: str = "") -> None:
    """Record for (member, state, day) who left, died, was stopped or expelled, or came back. Nobody is ever deleted."""
    acts, alike = [], defaultdict(list)
    for member, state, on in changes:
        if state != Member.State.ACTIVE and on is None:
            raise MemberError("state-date", "a state other than active has a date")
        acts.append(
            Act(target_of(member), member.unit_id, {"old": member.state, "new": state, "on_date": str(on)}),
        )
        member.state, member.state_on = state, on
        alike[state, on].append(member.pk)
    for (state, on), pks in alike.items():
        Member.objects.filter(pk__in=pks).update(state=state, state_on=on, updated_at=clock.now())
    audit.record_many("member.state", acts, by=by, reason=reason)
    history.note(pk for pks in alike.values() for pk in pks)
    _settle([pk for pks in alike.values() for pk in pks])


def set_state(*, member: Member, state: str, on: dt.date | None, by: User | None, reason: str = "") -> None:
    """Record the state of one person from a day on."""
    set_states([(member, state, on)], by=by, reason=reason)


def _settle(member_ids: Iterable[int]) -> None:
    """Let the standings follow, once for all."""
    ids = sorted(set(member_ids))
    if ids:
        members_changed.run(ids)


@transaction.atomic
def appoint(*, member: Member, unit: Unit, office: str, started_on: dt.date, by: User | None) -> Post:
    """Record that a member holds an office from a day on; repeating it changes nothing."""
    post, made = Post.objects.get_or_create(member=member, unit=unit, office=office, started_on=started_on)
    if made:
        audit.record("post.start", by=by, on=member, unit=unit, office=office, started_on=str(started_on))
        members_changed.run([member.pk])
    return post


@transaction.atomic
def appoint_many(posts: Iterable[Post], *, by: User | None) -> list[Post]:
    """Insert unsaved posts in bulk, each with an audit row."""
    made = Post.objects.bulk_create(posts, batch_size=BATCH)
    acts = (
        Act(
            f"members.member:{post.member_id}",
            post.unit_id,
            {"office": post.office, "started_on": str(post.started_on)},
        )
        for post in made
    )
    audit.record_many("post.start", acts, by=by)
    _settle(post.member_id for post in made)
    return made


@transaction.atomic
def leave_office(*, post: Post, on: dt.date, by: User | None, reason: str = "") -> None:
    """End an office on a day. Raises MemberError("post-ended") when it has ended already."""
    if post.ended_on is not None:
        raise MemberError("post-ended", "an office ends once")
    post.ended_on, post.ended_recorded_at = on, clock.now()
    post.save(update_fields=["ended_on", "ended_recorded_at"])
    target, detail = f"members.member:{post.member_id}", {"office": post.office, "ended_on": str(on)}
    audit.record("post.end", by=by, on=target, unit=post.unit, reason=reason, **detail)
    members_changed.run([post.member_id])


@transaction.atomic
def look_at_id_number(*, member: Member, by: User, reason: str) -> str:
    """The ID number in full, against a reason and an audit row (PIPL art. 28–29). Raises MemberError without a reason."""
    if not reason.strip():
        raise MemberError("reason-missing", "a look at an ID number needs a reason")
    audit.record("member.see_id", by=by, on=member, unit=member.unit, reason=reason, at=str(clock.now()))
    return member.reveal_id_number()
