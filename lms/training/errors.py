"""What cannot be done in a training or with a claim: a code for machines, a sentence for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MESSAGES: dict[str, Promise] = {
    "full": _("名额已满，没有报上名"),
    "quota": _("所在党组织的分配名额已用完，没有报上名"),
    "quota-unit": _("名额只能分配给主办单位的下一级党组织"),
    "quota-over": _("分配名额之和不能超过培训名额，也不能少于已报名人数"),
    "own-nomination": _("推荐人和本人不能审批，须由另一个人办理"),
    "not-nominated": _("这个人的推荐已经办理过了，请刷新后再看"),
    "sign-up-over": _("报名已截止，请联系主办单位"),
    "sign-up-refused": _("您的推荐没有通过，请联系主办单位"),
    "not-for-you": _("这次培训不面向您所在的党组织"),
    "outside-audience": _("有人不在这次培训的面向范围内，请写明报名的理由"),
    "audience-unit": _("面向的党组织要在主办单位之内"),
    "elsewhere": _("这个时间您已经报了另一个培训"),
    "people-elsewhere": _("有人同一时间已有别的培训"),
    "not-open": _("该培训已结课或已取消，不能再改报名"),
    "not-active": _("只有在册的党员可以报名"),
    "not-enrolled": _("名单里没有这个人，请先报名"),
    "own-record": _("不能给自己记录考勤或更改自己的学时，请由他人办理"),
    "too-early": _("培训当天才能记“到”；提前请假可以现在记"),
    "has-attendance": _("已有签到记录，不能取消"),
    "no-session": _("还没有安排课次，不能结课"),
    "not-over": _("最后一次课还没有结束，不能结课"),
    "unmarked": _("还有人没有记录，请确认按缺席处理"),
    "scans-waiting": _("还有人的签到待确认，请先逐个确认或不认可"),
    "head-count": _("清点人数与签到不一致，或与当天清点的不一致，请写明原因"),
    "capacity": _("名额不能少于已报名人数和分配名额之和"),
    "over-base": _("名额超过了基地的容纳人数"),
    "session-times": _("结束时间要晚于开始时间，一次课不超过 24 小时"),
    "booked": _("这个时间已经有安排，请换一个时间、教室或教师"),
    "room-too-small": _("教室坐不下这么多人，请换一间或减少名额"),
    "number-taken": _("这个期次已经有了，请换一个；空着会自动编号"),
    "session-twice": _("同一时间已有一次课"),
    "arrival": _("离开时间不能早于到达时间"),
    "claim-moved-on": _("这条申报的状态已经变了，请刷新后再看"),
    "claim-not-yours": _("您不能办理这条申报"),
    "second-person": _("申报人和提交人不能审批，须由另一个人办理"),
    "claim-no-time": _("请至少填写一个时段，最多 31 个"),
    "claim-not-over": _("培训结束之后才能申报"),
    "claim-same-time": _("同一条申报里的时段不能重叠"),
    "claim-no-rule": _("这一天还没有该形式的学时规则，请联系县委组织部"),
    "claim-worth-nothing": _("按学时规则，这些时间还不够计学时"),
    "claim-no-evidence": _("请至少上传一张照片或一份 PDF"),
    "too-many-files": _("最多上传 9 份材料"),
    "file-twice": _("这份材料已经在这条申报里了"),
    "file-too-large": _("文件超过 20 MB，请压缩后再传"),
    "photo-too-large": _("照片超过 4000 万像素，请缩小后再传"),
    "photo-unreadable": _("不是能读取的照片（JPG、PNG、WebP）或 PDF"),
    "reason": _("请写明理由"),
    "appeal-too-late": _("已过 15 天申诉期，或已经是县级的决定"),
    "limits-order": _("党支部的权限不能大于乡镇的权限"),
    "terms-of-class": _("只有培训班可以要求心得或考核"),
    "of-100": _("成绩和合格分是 0 到 100 的整数"),
    "too-late": _("结课已超过 15 天，不能再提交"),
    "reflection-short": _("心得至少写 20 个字"),
    "not-closed": _("结课之后才能办理"),
    "nothing-missed": _("这次课没有缺，不用办理"),
    "in-progress": _("这次课已经提交过，请等待办理结果"),
    "moved-on": _("这一条已经办理过了，请刷新后再看"),
    "make-up-times": _("补学时间要在这次课之后、现在之前的同一天内"),
    "make-up-text": _("请写明补学的内容和收获，至少 20 个字"),
    "not-the-marker": _("原记录是您记的，请由另一个人复核"),
    "survey-one-to-five": _("每一项请选 1 到 5 分"),
    "survey-once": _("您已经填过这份问卷"),
    "survey-not-there": _("参加过这次培训的人才能填写问卷"),
    "visit-day": _("参观要提前申请，最早明天，最晚一年内"),
    "base-consent": _("这个基地由别的单位管理：安排或更改参观，要先向基地申请"),
    "base-full": _("这个半天基地接待不了这么多人"),
    "too-many-photos": _("一次课或参观最多 30 张照片"),
    "too-many-own-photos": _("每人最多上传 5 张照片"),
    "place-unknown": _("基地还没有登记位置，不能核对"),
    "place-time": _("只在参观期间和前后半小时可以核对"),
    "place-unreadable": _("手机没有给出位置，可以不核对"),
    "too-many-base-photos": _("一个基地最多 12 张照片，请先删去旧的"),
    "material-unreadable": _("请上传 PDF、照片，或不带宏的 Word、PPT、Excel 文件（docx、pptx、xlsx）"),
    "material-twice": _("这份资料已经有了"),
    "too-many-materials": _("一次培训最多 20 份资料，请先删去旧的"),
    "photo-twice": _("这张照片已经有了"),
    "not-attended": _("参加过这次参观的人才能填写"),
    "voice-unreadable": _("不是能播放的录音"),
    "voice-too-large": _("录音超过 3 分钟，请录短一点"),
    "paper-no-marks": _("照片里找不到签到表的四角黑块，请把整页拍全、放平再拍；已有的记录不受影响"),
    "paper-no-strip": _("认不出是哪一页签到表，请对准整页、避开反光再拍；只能读本系统打印的签到表"),
    "paper-blurred": _("照片太模糊，看不清签名格，请拿稳、光线亮些再拍"),
    "paper-forged": _("这一页不是本系统打印的签到表"),
    "paper-other": _("这是另一次培训的签到表，没有记录；请到那次培训里上传"),
    "paper-twice": _("这张照片已经上传过"),
    "paper-closed": _("该培训已结课或已取消，不能再打印签到表"),
    "paper-cancelled": _("该培训已取消，签到表不再记录"),
    "paper-confirmed": _("这张照片已经确认过，请在点名页更正"),
    "paper-doubts": _("还有存疑的签名没有选，请逐个选“到”或“没签”"),
    "paper-nobody": _("还没有人报名，没有可打印的签到表"),
    "package-working": _("正在归档，请稍候"),
    "leave-reason": _("请写明请假事由"),
    "leave-over": _("这次课已经结束，不能再请假"),
    "leave-open": _("已经有一条请假在等批准"),
    "leave-granted": _("已经准假了"),
    "leave-own": _("不能批准自己的请假，请由他人办理"),
    "nominations-over": _("推荐已截止，请联系主办单位"),
    "substitute-marked": _("已有签到记录，不能换人"),
    "substitute-in": _("这个人已在名单、候补或待审之中，或推荐没有通过"),
    "substitute-busy": _("这个人同一时间已经报了另一个培训"),
    "substitute-own": _("不能由本人顶替或换下本人，请由他人办理"),
    "not-waiting": _("这个人已不在候补名单里，请刷新后再看"),
    "queue-place": _("候补名单里没有这一位"),
    "ride-full": _("这辆车坐不下了"),
    "ride-seats": _("座位数不能少于已安排的人数"),
    "ride-twice": _("这辆车同一时间已经登记过了"),
    "ride-elsewhere": _("不是这次培训的车"),
}


NOT_FOR_YOU = _("这次培训面向：%(whom)s。不在这个范围的，请联系主办单位")


class TrainingError(ValueError):
    """A refused act; ``code`` is one of ``MESSAGES``. ``whom``: for whom the training is, where that is the reason."""

    def __init__(self, code: str, *, whom: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.whom = whom

    @property
    def message(self) -> str:
        """What a person reads."""
        return str(NOT_FOR_YOU) % {"whom": self.whom} if self.whom else str(MESSAGES[self.code])
