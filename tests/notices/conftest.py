"""What tests of sending share: a gateway, channels that lead to it, people, and a clock that is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from lms.core import clock
from lms.core.crypto import encrypt
from lms.members.models import Member, Unit
from lms.notices.models import Channel
from lms.notices.services import notify
from tests.factories import make_member
from tests.notices.gateway import Gateway, running

SECRET = "a-secret-of-the-gateway"
NOON = dt.datetime(2026, 11, 25, 12, 0)


@pytest.fixture
def gateway(settings: Any) -> Iterator[Gateway]:
    """A gateway that the operator has named."""
    with running() as found:
        settings.NOTICES = {**settings.NOTICES, "hosts": [f"127.0.0.1:{found.server_port}"]}
        yield found


def at(moment: dt.datetime) -> Any:
    """Within: it is this moment of the county's time."""
    return clock.told(timezone.make_aware(moment))


def open_channel(kind: str, gateway: Gateway | None = None, unit: Unit | None = None, secret: str = SECRET) -> Channel:
    """A channel to the gateway; ``?key=k`` stands for the key that robots have in their address."""
    address = f"http://127.0.0.1:{gateway.server_port}/send?key=k" if gateway else ""
    return Channel.objects.create(
        kind=kind,
        name=kind,
        unit=unit,
        address_sealed=encrypt(address) if address else "",
        secret_sealed=encrypt(secret),
    )


def tell(*members: Member, about: str = "training:1", kind: str = "training.enrolled", title: str = "葡萄修剪") -> int:
    """A notice as an activity would make it."""
    context = {"title": title, "when": "11月27日 09:00"}
    return notify(kind, members=members, about=about, context=context, link="/learn/", by=None)


def with_phone(unit: Unit, name: str = "张三", mobile: str = "13800000001") -> Member:
    """A member with a mobile number and no account."""
    return make_member(unit, name, mobile=mobile)
