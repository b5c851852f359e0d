"""A rule in words, for who reads the table of 学时 and for who edits it."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lms.hours import rules
from lms.hours.rules import Example, Tariff


def plain(hours: Decimal) -> str:
    """学时 for reading: at least one digit after the point, no idle zeros (2.0, 0.25)."""
    text = f"{hours:.2f}"
    return text[:-1] if text.endswith("0") else text


def minutes_of(seconds: int) -> str:
    """A length of time in whole minutes."""
    minutes = seconds // 60
    return ngettext("%(n)s 分钟", "%(n)s 分钟", minutes) % {"n": minutes}


def in_words(activity: str, tariff: Tariff) -> str:
    """What a tariff says, in one line."""
    said = _priced(activity, tariff)
    if tariff.speed != rules.NORMAL_SPEED:
        said.append(_("不快于 %(times)s 倍速看的都计") % {"times": f"{tariff.speed / 100:g}"})
    return _("；").join(said)


def _priced(activity: str, tariff: Tariff) -> list[str]:
    if tariff.method == rules.FIXED:
        return [_("每次 %(hours)s 学时") % {"hours": plain(tariff.fixed)}]
    if tariff.method == rules.TIERS:
        return _tiers(tariff)
    said = [_by_clock(tariff)]
    if activity in rules.BY_THE_DAY:
        numbers = {"half": plain(tariff.half_day), "day": plain(tariff.full_day)}
        said.append(_("半天 %(half)s，全天 %(day)s") % numbers)
    if tariff.method == rules.FACTOR:
        said.append(_("再乘以 %(factor)s") % {"factor": plain(tariff.factor)})
    return said


def _tiers(tariff: Tariff) -> list[str]:
    """Each tier; the one that begins at nothing is said by where it ends."""
    tiers = sorted(tariff.tiers)
    said = [
        _("课件满 %(length)s = %(hours)s 学时") % {"length": minutes_of(least), "hours": plain(hours)}
        for least, hours in tiers
    ]
    if len(tiers) > 1 and tiers[0][0] == 0:
        values = {"length": minutes_of(tiers[1][0]), "hours": plain(tiers[0][1])}
        said[0] = _("课件不满 %(length)s = %(hours)s 学时") % values
    return said


def _by_clock(tariff: Tariff) -> str:
    numbers = {"minutes": tariff.unit_minutes, "step": plain(tariff.step)}
    if tariff.rounding == rules.NEAREST:
        return _("%(minutes)s 分钟 = 1 学时，四舍五入到 %(step)s") % numbers
    return _("%(minutes)s 分钟 = 1 学时，向下取整到 %(step)s") % numbers


def worked(activity: str, label: str, tariff: Tariff) -> list[str]:
    """Worked examples of a tariff: “100 分钟的培训班 = 2.0 学时”. ``label``: the activity's name."""
    return [_worked(example, label, tariff) for example in rules.examples(activity, tariff)]


def _worked(example: Example, label: str, tariff: Tariff) -> str:
    values = {"activity": label, "hours": plain(example.hours)}
    if example.measure == "once":
        return _("%(activity)s一次 = %(hours)s 学时") % values
    if example.measure == "half_day":
        return _("半天的%(activity)s = %(hours)s 学时") % values
    if example.measure == "day":
        return _("全天的%(activity)s = %(hours)s 学时") % values
    values["length"] = minutes_of(example.seconds)
    if tariff.method == rules.TIERS:
        return _("学完一节 %(length)s的课件（%(activity)s）= %(hours)s 学时") % values
    return _("%(length)s的%(activity)s = %(hours)s 学时") % values
