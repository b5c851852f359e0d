"""Reads of the roster."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet, Value
from django.db.models.functions import Replace

from lms.members.models import Member, Post, Unit, User
from lms.members.permissions import visible, visible_units


def roster(user: User) -> QuerySet[Member]:
    """The members whom the person may read, with their units and present offices."""
    posts = Prefetch("posts", queryset=Post.objects.filter(ended_on__isnull=True).select_related("unit"))
    return visible(Member.objects.all(), user, "members.view").select_related("unit").prefetch_related(posts)


def named(members: QuerySet[Member], text: str) -> QuerySet[Member]:
    """Members whose name, pinyin, first letters of the pinyin, code or tail of the mobile number match a search."""
    text = text.strip()
    if not text:
        return members
    found = Q(name__icontains=text) | Q(code__iexact=text)
    if text.isascii():
        members = members.alias(in_one_word=Replace("sort_key", Value(" "), Value("")))
        found |= Q(sort_key__icontains=text.lower()) | Q(in_one_word__contains=text.lower())
        if text.isalpha() and len(text) <= 4:
            found |= Q(sort_key__regex="^" + " ".join(f"{letter}[a-z]*" for letter in text.lower()))
        if text.isdigit() and len(text) == 4:
            found |= Q(mobile__endswith=text)
    return members.filter(found)


def branches(user: User, permission: str = "members.view") -> QuerySet[Unit]:
    """The units to choose from in filters, in tree order."""
    return visible_units(user, permission).order_by("path")


INDUSTRIES = (
    "黄栀子",
    "葡萄",
    "蚕桑",
    "优质稻",
    "蜜梨",
    "蜜桃",
    "茶叶",
    "生猪养殖",
    "水产养殖",
    "农产品加工",
    "农村电商",
    "乡村旅游",
)
"""What a county of this kind lives by, to choose from before anything is on the roster."""


def industries() -> list[str]:
    """Industries to choose from: the known ones, then what else stands on the roster."""
    rows = Member.objects.exclude(industry="").order_by("industry").values_list("industry", flat=True)
    return list(dict.fromkeys([*INDUSTRIES, *rows.distinct()]))
