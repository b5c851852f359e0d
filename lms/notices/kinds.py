"""What people are told about: each kind with its default wording, and which of them are urgent or fit for a group.

A wording is written in the county's language; the desk may replace it (``Wording``). Names in braces are filled from the
``context`` of ``services.notify``; one that the caller leaves out is left out, with the line that held nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PLACEHOLDERS: dict[str, Promise] = {
    "title": _("培训、申报或证明的名称"),
    "when": _("时间"),
    "before": _("原来的时间"),
    "place": _("地点"),
    "unit": _("单位"),
    "person": _("人员姓名"),
    "n": _("人数或数量"),
    "hours": _("学时"),
    "until": _("截止日期"),
    "result": _("结果"),
    "reason": _("理由或说明"),
    "note": _("其他要说的话"),
}

EXAMPLE: dict[str, Promise] = {
    "title": _("葡萄冬季修剪培训班"),
    "when": _("11月27日（周五）09:00"),
    "before": _("11月26日（周四）09:00"),
    "place": _("石桥镇葡萄园"),
    "unit": _("桃源村党支部"),
    "person": _("王秀英"),
    "n": _("12"),
    "hours": _("4"),
    "until": _("11月25日"),
    "result": _("同意"),
    "reason": _("连日有雨，果园进不去"),
    "note": _("请带修枝剪和雨鞋"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice. ``urgent``: may come a little into the quiet hours; ``group``: may be said in a group chat."""

    name: str
    label: Promise
    title: Promise
    body: Promise
    urgent: bool = False
    group: bool = False


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "training.planned",
            _("安排了培训"),
            _("新的培训：{title}"),
            _("时间：{when}\n地点：{place}\n主办：{unit}\n名额：{n}\n报名截止：{until}\n{note}"),
            group=True,
        ),
        Kind(
            "training.moved",
            _("培训改期或换地点"),
            _("时间或地点有变：{title}"),
            _("改为：{when}\n原来：{before}\n地点：{place}\n{reason}"),
            urgent=True,
            group=True,
        ),
        Kind(
            "training.added",
            _("培训加课"),
            _("加了一次课：{title}"),
            _("时间：{when}\n地点：{place}\n授课：{person}"),
            urgent=True,
            group=True,
        ),
        Kind(
            "training.cancelled",
            _("培训取消"),
            _("取消了：{title}"),
            _("原定时间：{when}\n原因：{reason}"),
            urgent=True,
            group=True,
        ),
        Kind(
            "training.enrolled",
            _("报名成功"),
            _("您已报名：{title}"),
            _("时间：{when}\n地点：{place}\n{note}"),
        ),
        Kind("training.withdrawn", _("报名取消"), _("报名已取消：{title}"), _("原定时间：{when}\n{reason}")),
        Kind(
            "training.nominated",
            _("推荐人员参训"),
            _("推荐参训：{title}"),
            _("人员：{person}\n时间：{when}\n推荐单位：{unit}\n人数：{n}\n请在 {until} 前办理\n{note}"),
        ),
        Kind(
            "training.quota",
            _("分配参训名额"),
            _("给您单位的参训名额：{title}"),
            _("名额：{n}\n时间：{when}\n地点：{place}\n主办：{unit}\n请在 {until} 前推荐人员\n{note}"),
        ),
        Kind(
            "training.waiting",
            _("进入候补"),
            _("名额已满，您在候补：{title}"),
            _("时间：{when}\n候补序号：{n}\n有人退出时自动递补，会再通知您。\n{note}"),
        ),
        Kind(
            "training.seat",
            _("候补有名额"),
            _("候补成功：{title}"),
            _("时间：{when}\n地点：{place}\n请在 {until} 前答复\n{note}"),
            urgent=True,
        ),
        Kind(
            "training.refused", _("报名未通过"), _("报名没有通过：{title}"), _("时间：{when}\n原因：{reason}\n{note}")
        ),
        Kind(
            "training.leave",
            _("请假办理"),
            _("请假：{title}"),
            _("人员：{person}\n时间：{when}\n结果：{result}\n事由：{reason}\n{note}"),
        ),
        Kind(
            "training.reminder",
            _("明天的培训"),
            _("明天有培训：{title}"),
            _("时间：{when}\n地点：{place}\n{note}"),
            group=True,
        ),
        Kind(
            "training.close-due",
            _("该结课了"),
            _("请结课：{title}"),
            _("已于 {when} 结束\n请在 {until} 前结课\n{note}"),
        ),
        Kind(
            "training.closed",
            _("培训结课"),
            _("已结课：{title}"),
            _("计入学时：{hours}\n对学时有疑问请在 {until} 前提出\n{note}"),
        ),
        Kind(
            "training.makeup",
            _("需要补学"),
            _("请补学：{title}"),
            _("缺课时间：{when}\n请在 {until} 前完成\n{note}"),
        ),
        Kind(
            "training.unsettled",
            _("签到待确认"),
            _("还有签到等您确认：{title}"),
            _("已于 {when} 结课\n待确认：{n} 人次，确认前不计学时，也不算缺席\n{note}"),
        ),
        Kind(
            "makeup.answered",
            _("补学审批结果"),
            _("补学{result}：{title}"),
            _("缺课时间：{when}\n审批意见：{reason}\n{note}"),
        ),
        Kind(
            "appeal.answered",
            _("考勤申诉结果"),
            _("考勤申诉{result}：{title}"),
            _("课程时间：{when}\n复核意见：{reason}\n{note}"),
        ),
        Kind(
            "visit.requested",
            _("预约参观基地"),
            _("有人预约参观：{title}"),
            _("单位：{unit}\n时间：{when}\n人数：{n}\n{note}"),
        ),
        Kind(
            "visit.withdrawn",
            _("撤回参观预约"),
            _("参观预约已撤回：{title}"),
            _("单位：{unit}\n时间：{when}\n人数：{n}\n不用再答复了。"),
        ),
        Kind(
            "visit.answered",
            _("基地答复预约"),
            _("参观预约：{title}"),
            _("时间：{when}\n答复：{result}\n{reason}\n{note}"),
        ),
        Kind("claim.approved", _("学时申报通过"), _("申报已通过：{title}"), _("计入学时：{hours}")),
        Kind(
            "claim.returned",
            _("学时申报退回"),
            _("申报退回修改：{title}"),
            _("原因：{reason}\n改好后可再次提交，已填的内容都在。"),
        ),
        Kind(
            "claim.refused",
            _("学时申报未通过"),
            _("申报没有通过：{title}"),
            _("原因：{reason}\n不同意的，可在 {until} 前向上一级申诉。"),
        ),
        Kind(
            "claim.revoked",
            _("学时申报撤销"),
            _("申报的学时已撤销：{title}"),
            _("原因：{reason}"),
        ),
        Kind(
            "certificate.batch",
            _("学时证明开好"),
            _("学时证明已开好：{title}"),
            _("共 {n} 份，可以下载打印。"),
        ),
        Kind(
            "watching.voided",
            _("学习时间核减"),
            _("有一次学习没有计学时：{title}"),
            _("原因：{reason}\n如果当时确实在学，请在 {until} 前说明情况，由别的人重新核实。"),
        ),
        Kind(
            "watching.appeal",
            _("学习申诉的结果"),
            _("您的申诉有了结果：{title}"),
            _("结果：{result}\n说明：{reason}"),
        ),
        Kind("question.asked", _("学员提问"), _("有人提问：{title}"), _("{note}")),
        Kind(
            "course.due",
            _("课程任务快到期"),
            _("还有课没学完：{title}"),
            _("请在 {until} 前学完\n布置单位：{unit}\n{note}"),
        ),
        Kind("pair.begun", _("结对帮学"), _("结对帮学：{title}"), _("结对的人：{person}\n打开看共同的清单。")),
        Kind("question.answered", _("提问有了回答"), _("您的提问有了回答：{title}"), _("{note}")),
    )
}
