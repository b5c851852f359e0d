"""A small demo county, built end to end."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from lms.core import clock
from lms.demo import build
from lms.demo.people import PASSWORD
from lms.members.models import Member, Post, Unit, User
from lms.training.models import Attendance, Training
from lms.training.selectors import upcoming_for

pytestmark = pytest.mark.django_db


def make(settings: Any, folder: Path, **options: Any) -> dict[str, Any]:
    settings.MEDIA_ROOT = folder
    out = StringIO()
    call_command("setup_demo", members=120, json=True, stdout=out, **options)
    return dict(json.loads(out.getvalue()))


def test_the_county_is_whole_and_its_ledger_audits_clean(settings: Any, tmp_path: Path) -> None:
    figures = make(settings, tmp_path)
    assert figures["members"] == 120
    assert figures["courses"] >= 12
    assert Unit.objects.filter(code__startswith="C-T", kind=Unit.Kind.TOWN).count() == 12
    assert Post.objects.filter(unit__code="C-T01-B01", office=Post.Office.SECRETARY).count() == 1
    for name in build.ACCOUNTS:
        user = User.objects.get(username=name)
        assert user.check_password(PASSWORD) and not user.must_change_password
    elder = Member.objects.get(user__username="elder")
    assert clock.today().year - elder.birth_date.year > 70 and elder.user.elder_mode
    assert upcoming_for(Member.objects.get(user__username="member"))
    ticked = Training.objects.get(title="葡萄冬季修剪现场观摩")
    assert ticked.trainer.username == "trainer"
    assert not Attendance.objects.filter(session__training=ticked).exists()
    out = StringIO()
    call_command("audit_hours", json=True, stdout=out)
    found = json.loads(out.getvalue())
    assert found["entries"] == figures["entries"] > 1000
    assert found["violations"] == []
    out = StringIO()
    call_command("search_report", json=True, stdout=out)
    search = json.loads(out.getvalue())
    assert search["queries"] >= 100
    assert search["recall"] >= 0.95, search["short"]
    assert search["precision"] >= 0.88, search["short"]
    with pytest.raises(CommandError) as refused:
        make(settings, tmp_path)
    assert refused.value.returncode == 2


def test_a_failed_start_leaves_the_database_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise OSError("no ffmpeg")

    monkeypatch.setattr("lms.demo.library.publish", broken)
    with pytest.raises(OSError, match="no ffmpeg"):
        build.build(members=120, seed=1, told=lambda *_: None)
    assert build.is_empty()


def test_too_small_a_county_is_refused() -> None:
    with pytest.raises(CommandError) as refused:
        call_command("setup_demo", members=10)
    assert refused.value.returncode == 2


class UndoneError(Exception):
    """Takes a county back, so that the next can be built in the same place."""


def digest_of(seed: int) -> str:
    digest = ""
    with pytest.raises(UndoneError), transaction.atomic():
        digest = build.build(members=120, seed=seed, told=lambda *_: None)["digest"]
        raise UndoneError
    return digest


def test_the_same_seed_makes_the_same_county(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    first = digest_of(5)
    assert digest_of(5) == first
    assert digest_of(6) != first
