"""Writes about people: the roster, offices and transfers. Each leaves its audit row in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.db.models.functions import Cast, Substr

from lms.core import clock
from lms.core.crypto import encrypt, keyed_hash
from lms.members import audit, rules
from lms.members.hooks import members_changed
from lms.members.models import AuditEntry, Member, Post, Unit, User, target_of

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
def create_members(members: Sequence[Member], *, by: User | None, reason: str = "") -> list[Member]:
    """Insert members made by ``build``, each with an audit row; standings follow."""
    made = Member.objects.bulk_create(members, batch_size=BATCH)
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                actor=by,
                action="member.create",
                target=target_of(member),
                unit_id=member.unit_id,
                detail={"code": member.code},
                reason=reason,
            )
            for member in made
        ],
        batch_size=BATCH,
    )
    members_changed.run([member.pk for member in made])
    return made


def create_member(*, unit: Unit, by: User | None, id_number: str = "", **fields: Any) -> Member:
    """Add one person to the roster."""
    return create_members([build(unit=unit, code=next_codes(1)[0], id_number=id_number, **fields)], by=by)[0]


@transaction.atomic
def update_member(*, member: Member, by: User | None, reason: str = "", **fields: Any) -> bool:
    """Set editable fields (and ``id_number``); False when nothing differs. The audit row has old and new values."""
    unknown = set(fields) - {*EDITABLE, "id_number"}
    if unknown:
        raise TypeError(f"not editable here: {sorted(unknown)}")
    number = fields.pop("id_number", None)
    changes = {name: value for name, value in fields.items() if getattr(member, name) != value}
    detail = {
        name: "*" if name in SENSITIVE else [str(getattr(member, name)), str(value)] for name, value in changes.items()
    }
    if number and keyed_hash(rules.normalise_id_number(number)) != member.id_number_hash:
        set_id_number(member, number)
        detail["id_number"] = member.id_number_masked
    if not detail:
        return False
    for name, value in changes.items():
        setattr(member, name, value)
    member.sort_key = rules.sort_key(member.name)
    member.save()
    audit.record("member.update", by=by, on=member, unit=member.unit, reason=reason, **detail)
    members_changed.run([member.pk])
    return True


@transaction.atomic
def transfer(*, member: Member, to: Unit, by: User | None, reason: str = "") -> None:
    """Move a person to another unit. Hours already earned keep the unit they were earned in."""
    member = Member.objects.select_for_update(of=("self",)).select_related("unit").get(pk=member.pk)
    if member.unit_id == to.pk:
        return
    source = member.unit
    member.unit = to
    member.save(update_fields=["unit", "updated_at"])
    audit.record("member.transfer", by=by, on=member, unit=to, reason=reason, source=source.code, to=to.code)
    members_changed.run([member.pk])


@transaction.atomic
def set_state(*, member: Member, state: str, on: dt.date | None, by: User | None, reason: str = "") -> None:
    """Record that a person left, died, was stopped or expelled, or came back. Nobody is ever deleted."""
    if state != Member.State.ACTIVE and on is None:
        raise MemberError("state-date", "a state other than active has a date")
    old = member.state
    member.state, member.state_on = state, on
    member.save(update_fields=["state", "state_on", "updated_at"])
    audit.record("member.state", by=by, on=member, unit=member.unit, reason=reason, old=old, new=state, on_date=str(on))
    members_changed.run([member.pk])


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
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                actor=by,
                action="post.start",
                target=f"members.member:{post.member_id}",
                unit_id=post.unit_id,
                detail={"office": post.office, "started_on": str(post.started_on)},
            )
            for post in made
        ],
        batch_size=BATCH,
    )
    members_changed.run(sorted({post.member_id for post in made}))
    return made


@transaction.atomic
def leave_office(*, post: Post, on: dt.date, by: User | None, reason: str = "") -> None:
    """End an office on a day."""
    post.ended_on = on
    post.save(update_fields=["ended_on"])
    audit.record(
        "post.end", by=by, on=f"members.member:{post.member_id}", unit=post.unit, reason=reason, office=post.office
    )
    members_changed.run([post.member_id])


@transaction.atomic
def look_at_id_number(*, member: Member, by: User, reason: str) -> str:
    """The ID number in full, against a reason and an audit row (PIPL art. 28–29). Raises MemberError without a reason."""
    if not reason.strip():
        raise MemberError("reason-missing", "a look at an ID number needs a reason")
    audit.record("member.see_id", by=by, on=member, unit=member.unit, reason=reason, at=str(clock.now()))
    return member.reveal_id_number()
