"""Inserts of many rows store what ``bulk_create`` stores; one row learns its key."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from lms.core.inserts import insert, insert_one
from lms.members.models import AuditEntry, Member
from lms.members.services import build
from tests.conftest import County
from tests.factories import id_number

VARIED = {
    1: {"birth_date": dt.date(1958, 3, 6), "away": True},
    2: {"mobile": "13812345678", "id_number": id_number(2)},
    3: {"state": "deceased", "state_on": dt.date(2026, 1, 1)},
}


def _people(tree: County, letter: str) -> list[Member]:
    return [build(unit=tree.branch, code=f"{letter}{n}", name="张'一%s", **cells) for n, cells in VARIED.items()]


def test_it_stores_what_bulk_create_stores(tree: County) -> None:
    people = _people(tree, "A")
    insert(people, key="code")
    Member.objects.filter(code="A2").update(id_number_hash=None, id_number_sealed="")
    Member.objects.bulk_create(_people(tree, "B"))
    kept = {"id", "uuid", "code", "created_at", "updated_at", "id_number_sealed", "id_number_hash"}
    names = [field.attname for field in Member._meta.concrete_fields if field.attname not in kept]
    rows = {
        letter: list(Member.objects.filter(code__startswith=letter).order_by("code").values(*names)) for letter in "AB"
    }
    assert len(rows["A"]) == 3
    assert rows["A"] == rows["B"]
    assert [Member.objects.get(code=member.code).uuid for member in people] == [member.uuid for member in people]
    assert all(member.created_at == Member.objects.get(pk=member.pk).created_at for member in people)


def test_rows_learn_their_primary_keys_and_can_be_saved(tree: County) -> None:
    people = _people(tree, "A")
    insert(people, key="code")
    assert {member.pk: member.code for member in people} == dict(Member.objects.values_list("pk", "code"))
    people[0].save()
    assert Member.objects.count() == 3


def test_json_and_moments_are_stored_as_their_fields_want(tree: County) -> None:
    insert([AuditEntry(action="test.made", target="x:1", unit=tree.branch, detail={"姓名": ["旧", 1, None]})])
    entry = AuditEntry.objects.get(action="test.made")
    assert entry.detail == {"姓名": ["旧", 1, None]}
    assert entry.at.tzinfo is not None


def test_all_rows_or_none(tree: County) -> None:
    people = _people(tree, "A")
    people[2].code = "A1"
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(people)
    assert not Member.objects.exists()


def test_nothing_is_inserted_of_nothing(db: None) -> None:
    insert([])


def test_one_row_learns_its_key_and_takes_the_place_of_another(tree: County) -> None:
    first = build(unit=tree.branch, code="A1", name="李大山")
    insert_one(first)
    assert Member.objects.get(code="A1").pk == first.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_one(build(unit=tree.branch, code="A1", name="李小河"))
    again = build(unit=tree.branch, code="A1", name="李小河")
    insert_one(again, over=("code",))
    assert (again.pk, Member.objects.get(code="A1").name, Member.objects.count()) == (first.pk, "李小河", 1)
    detail = {"text": "是", "number": 3, "nothing": None}
    entry = AuditEntry(action="test", target="x", detail=detail)
    insert_one(entry)
    assert AuditEntry.objects.get(pk=entry.pk).detail == detail
