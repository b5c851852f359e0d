"""A class that ended last week: marks and reflections are in, a lesson made up and an appeal wait, people have said what they think."""

from __future__ import annotations

import datetime as dt

from lms.core import clock
from lms.core.pdf import Paper
from lms.demo.geography import County
from lms.demo.people import Cast, Population
from lms.members.models import Member
from lms.training import services
from lms.training.closing import appeals, makeups, results, surveys
from lms.training.filling import leaves
from lms.training.models import Expert, Training
from lms.training.services import Reconciliation, SessionPlan

SEATS = 14
LECTURER = "程秋菊"
TITLE = "蚕桑养殖技术培训班"
REFLECTION = "学习了小蚕共育和大蚕省力化饲养，弄清了温湿度怎么控制。回去先把蚕室消毒做好，春蚕争取少用两个工。"
MADE_UP = "在农家书屋看了大蚕期管理的录像，对照讲义做了笔记，弄懂了上簇前后通风和控温的要点。"
OBJECTION = "第二天上午我在现场，坐在后排，签到时去接了电话，同村的几位可以证明。"
COMMENTS = ("讲得实在，听得懂", "希望多安排一次到蚕房看", "", "讲义字再大一点", "", "时间安排在农闲最好")


def live_through(county: County, people: Population, cast: Cast) -> None:
    """Hold the class, close it, and let people do what they do in the week after."""
    training, due = _planned(county, people, cast)
    first, second = training.sessions.all()
    trainer = cast.users["trainer"]
    with clock.told(second.ends_at + dt.timedelta(hours=2)):
        services.mark(session=first, marks={member.pk: "present" for member in due}, by=trainer)
        came = {member.pk: "present" for member in due[2:]}
        services.mark(session=second, marks={**came, due[0].pk: "absent"}, by=trainer)
        leaves.enter(training=training, session=second, member=due[1], reason="陪家人看病", by=trainer)
        scores: dict[int, int | None] = {member.pk: 66 + 5 * n % 31 for n, member in enumerate(due[:-2])}
        results.set_terms(training=training, reflection=True, pass_mark=60, by=trainer)
        results.set_scores(training=training, scores=scores, by=trainer)
        for member in due[1:-3]:
            results.hand_in(training=training, member=member, text=REFLECTION, by=member.user)
        services.close_training(training=training, said=Reconciliation(), by=trainer)
    with clock.told(second.ends_at + dt.timedelta(days=1)):
        _say(training, due)
        appeals.send(session=second, member=due[0], wanted="present", reason=OBJECTION, by=due[0].user)
    evening = clock.day_start(clock.local_date(second.ends_at) + dt.timedelta(days=2)) + dt.timedelta(hours=19)
    with clock.told(evening + dt.timedelta(hours=3)):
        lesson = makeups.Lesson(evening, evening + dt.timedelta(hours=2, minutes=30), MADE_UP, [_notes()])
        makeups.send(session=second, member=due[1], lesson=lesson, by=due[1].user)


def _planned(county: County, people: Population, cast: Cast) -> tuple[Training, list[Member]]:
    town = county.towns[0]
    day = clock.today() - dt.timedelta(days=7)
    starts = [clock.day_start(day + dt.timedelta(days=n)) for n in (0, 1)]
    half = (dt.timedelta(hours=8, minutes=30), dt.timedelta(hours=11, minutes=30))
    topics = ("小蚕共育", "大蚕期管理")
    experts = tuple(Expert.objects.filter(name=LECTURER))
    plans = [
        SessionPlan(at + half[0], at + half[1], "half_day", topic, None, experts)
        for at, topic in zip(starts, topics, strict=True)
    ]
    training = services.plan_training(
        kind="class",
        unit=town,
        sessions=plans,
        by=None,
        title=TITLE,
        category="skills",
        place=f"{town.short_name}会议室",
        trainer=cast.users["trainer"],
        lecturer=LECTURER,
        capacity=30,
    )
    own = [unit for unit in county.branches if unit.path.startswith(town.path)]
    near = [member for unit in own for member in people.by_branch[unit.pk] if not member.away]
    others = [member for member in near if member.pk not in (cast.member.pk, cast.elder.pk)]
    due = [cast.member, cast.elder, *others[: SEATS - 2]]
    with clock.told(starts[0] - dt.timedelta(days=3)):
        services.enrol_many(training=training, members=due, by=None)
    return training, due


def _say(training: Training, due: list[Member]) -> None:
    for n, (member, comment) in enumerate(zip(due[2:], COMMENTS, strict=False)):
        marks = {"content": 5 - n % 2, "teaching": 5, "arrangement": 4 + n % 2}
        heard = {teacher.key: 5 - n % 3 // 2 for teacher in surveys.teachers_of(training, member)}
        surveys.answer(training=training, member=member, marks=marks, comment=comment, teachers=heard)


def _notes() -> bytes:
    """A sheet of notes as PDF."""
    paper = Paper(title=TITLE)
    paper.begin()
    paper.title_line("补学笔记", 18)
    paper.paragraph(MADE_UP, 12, indent=2)
    return paper.done()
