"""What cannot be done in a training: a code for machines, a sentence for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MESSAGES: dict[str, Promise] = {
    "full": _("名额已满，没有报上名"),
    "not-open": _("该培训已结课或已取消，不能再改报名"),
    "not-active": _("只有在册的党员可以报名"),
    "not-enrolled": _("名单里没有这个人，请先报名"),
    "own-record": _("不能给自己记录考勤或更改自己的学时，请由他人办理"),
    "too-early": _("培训当天才能记“到”；提前请假可以现在记"),
    "has-attendance": _("已有签到记录，不能取消"),
    "no-session": _("还没有安排课次，不能结课"),
    "not-over": _("最后一次课还没有结束，不能结课"),
    "unmarked": _("还有人没有记录，请确认按缺席处理"),
    "head-count": _("清点人数与签到不一致，请写明原因"),
    "capacity": _("名额不能少于已报名人数"),
    "over-base": _("名额超过了基地的容纳人数"),
    "session-times": _("结束时间要晚于开始时间，一次课不超过 24 小时"),
    "session-twice": _("同一时间已有一次课"),
    "arrival": _("离开时间不能早于到达时间"),
}


class TrainingError(ValueError):
    """A refused act; ``code`` is one of ``MESSAGES``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        """What a person reads."""
        return str(MESSAGES[self.code])
