"""The objects that addresses name, made in a unit: ``MAKERS[kind](county, unit)`` gives the arguments of the address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from courses import quizzes, study
from courses import services as watching
from courses.models import BookNote, BookPage, CourseAssignment, CoursePage, LessonPage, ScormPackage
from courses.watch_models import WatchFlag
from lms.core import clock
from lms.exchange import services as imports
from lms.exchange.models import ImportRun
from lms.goals import services as goals
from lms.goals.models import GoalPolicy
from lms.hours import ledger, rerating, totals
from lms.hours import services as rules
from lms.hours.models import CreditRule
from lms.hours.rerating_models import ReratingRun
from lms.members.models import Member, Unit, User
from lms.notices.models import Channel, Message, Notice
from lms.notices.services import notify
from lms.pairs import services as pairs
from lms.pairs.models import HelpPair
from lms.reports import certificates, certificates_batches, closing, trials
from lms.reports.models import CertificateBatch
from lms.stations import loans
from lms.stations import services as stations
from lms.stations.models import Station
from lms.training import claims
from lms.training.claim_models import Claim
from lms.training.models import Base
from lms.training.views_roster import FIELD
from tests.access import after_class, checkin_makers, filled, on_paper, planned, visit_makers
from tests.access.basics import somebody, training_of
from tests.conftest import County
from tests.courses.quiz_questions import give_quiz
from tests.exchange import rosters
from tests.factories import make_book, make_course, make_credit, make_member
from tests.training.pictures import photo


def nothing(county: County, unit: Unit) -> dict[str, Any]:
    return {}


def member(county: County, unit: Unit) -> dict[str, Any]:
    return {"code": somebody(unit).code}


def exemption(county: County, unit: Unit) -> dict[str, Any]:
    start = dt.date(2026, 1, 1)
    made = goals.exempt(member=somebody(unit), reason="age", starts_on=start, ends_on=dt.date(2030, 1, 1), by=None)
    return {"pk": made.pk}


def draft(county: County, unit: Unit) -> dict[str, Any]:
    return {"pk": goals.draft_year(year=2031, by=None).pk}


def draft_line(county: County, unit: Unit) -> dict[str, Any]:
    line = goals.draft_year(year=2031, by=None).lines.first()
    assert line is not None
    return {"pk": line.pk}


def lesson(county: County, unit: Unit) -> dict[str, Any]:
    found = LessonPage.objects.first() or make_course(5)[0]
    return {"pk": found.pk}


def lesson_part(county: County, unit: Unit) -> dict[str, Any]:
    """The only part of a lesson's package."""
    found = LessonPage.objects.filter(package__isnull=False).first() or make_course(5, slug="package")[0]
    if found.package is None:
        items = [{"title": "一", "href": "index.html"}]
        now = clock.now()
        found.package = ScormPackage.objects.create(title="课件", minutes=5, state="ready", items=items, created_at=now)
        found.media = None
        found.save()
    return {"pk": found.pk, "number": 0}


def book(county: County, unit: Unit) -> dict[str, Any]:
    """A book on a shelf of the library."""
    return {"pk": (BookPage.objects.first() or make_book(30)).pk}


def note(county: County, unit: Unit) -> dict[str, Any]:
    """A note of somebody of the unit who is none of the accounts."""
    found = BookPage.objects.get(pk=book(county, unit)["pk"])
    row = {"member": somebody(unit), "book": found, "text": "要点", "written_at": clock.now()}
    return {"pk": BookNote.objects.create(**row).pk}


def entry(county: County, unit: Unit) -> dict[str, Any]:
    who = somebody(unit)
    if not totals.entries(who.pk, 2026).exists():
        ledger.post(make_credit(who), by=None)
    return {"uuid": totals.entries(who.pk, 2026).get().uuid}


def certificate(county: County, unit: Unit) -> dict[str, Any]:
    who = somebody(unit)
    entry(county, unit)
    made, _fresh = certificates.issue(member=who, content=certificates.of_year(who, 2026), by=None)
    return {"number": made.number}


def batch(county: County, unit: Unit) -> dict[str, Any]:
    found = CertificateBatch.objects.filter(unit=unit).first()
    if found is None:
        entry(county, unit)
        found = certificates_batches.begin_year(unit=unit, year=2026, by=None)
        certificates_batches.work(batch=found)
    return {"batch": found.uuid}


def year(county: County, unit: Unit) -> dict[str, Any]:
    return {"year": 2026}


def goal_line(county: County, unit: Unit) -> dict[str, Any]:
    goals.open_year(year=clock.today().year, by=None)
    return {"key": "members"}


def trial(county: County, unit: Unit) -> dict[str, Any]:
    arguments = {**goal_line(county, unit), **draft(county, unit)}
    policy = GoalPolicy.objects.get(pk=arguments["pk"])
    trials.begin(draft=policy, year=clock.today().year, by=None)
    return {"pk": policy.pk}


def rule(county: County, unit: Unit) -> dict[str, Any]:
    goal_line(county, unit)
    rule = CreditRule(activity="class", effective_from=clock.today(), unit_minutes=50)
    return {"pk": rules.save_draft(rule=rule, by=None).pk}


def rule_trial(county: County, unit: Unit) -> dict[str, Any]:
    arguments = rule(county, unit)
    trials.begin(draft=CreditRule.objects.get(pk=arguments["pk"]), year=clock.today().year, by=None)
    return arguments


def goal_member(county: County, unit: Unit) -> dict[str, Any]:
    return {**member(county, unit), **goal_line(county, unit)}


def sheet(county: County, unit: Unit) -> dict[str, Any]:
    return {**member(county, unit), **year(county, unit)}


def training(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": training_of(unit).uuid}


def enrolment(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": training_of(unit).uuid, "code": somebody(unit).code}


def session(county: County, unit: Unit) -> dict[str, Any]:
    made = training_of(unit)
    return {"uuid": made.uuid, "session_id": made.sessions.get().pk}


def mark(county: County, unit: Unit) -> dict[str, Any]:
    return {**session(county, unit), "code": somebody(unit).code}


def _claim(unit: Unit, by: User | None = None) -> Claim:
    """A claim of somebody of the unit with the unit's photograph, not yet sent in."""
    start = clock.now() - dt.timedelta(days=2)
    made = claims.write(
        member=somebody(unit),
        stretches=[claims.Stretch(start, start + dt.timedelta(hours=2))],
        by=by,
        kind="class",
        title="党校培训",
        organiser="党校",
        mode="class",
        category="theory",
    )
    claims.add_file(claim=made, data=photo(unit.pk), by=by)
    return made


def claim(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": claims.submit(claim=_claim(unit), by=None).uuid}


def claim_draft(county: County, unit: Unit) -> dict[str, Any]:
    """Written by the secretary of the own branch; of a claim elsewhere he was the secretary once."""
    made = _claim(unit)
    Claim.objects.filter(pk=made.pk).update(author=county.users["secretary"])
    return {"uuid": made.uuid}


def _with_file(arguments: dict[str, Any]) -> dict[str, Any]:
    return {**arguments, "file": Claim.objects.get(uuid=arguments["uuid"]).files.get().uuid}


def claim_file(county: County, unit: Unit) -> dict[str, Any]:
    return _with_file(claim(county, unit))


def claim_draft_file(county: County, unit: Unit) -> dict[str, Any]:
    return _with_file(claim_draft(county, unit))


def claim_twin(county: County, unit: Unit) -> dict[str, Any]:
    """A claim with a photograph that a claim of another place used before."""
    earlier = _claim(unit)
    return {**claim_file(county, unit), "earlier": earlier.files.get().uuid}


def base(county: County, unit: Unit) -> dict[str, Any]:
    made, _new = Base.objects.get_or_create(
        code=f"B-{unit.code}", defaults={"name": "葡萄园", "kind": "industry", "unit": unit}
    )
    return {"code": made.code}


def _station(unit: Unit) -> Station:
    return Station.objects.get_or_create(unit=unit, defaults={"code": f"S-{unit.code}", "name": "站点"})[0]


def station(county: County, unit: Unit) -> dict[str, Any]:
    return {"code": _station(unit).code}


def station_course(county: County, unit: Unit) -> dict[str, Any]:
    found = LessonPage.objects.get(pk=lesson(county, unit)["pk"])
    return {**station(county, unit), "course": found.course.pk}


def station_lesson(county: County, unit: Unit) -> dict[str, Any]:
    return {**station(county, unit), "lesson": lesson(county, unit)["pk"]}


def viewing(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": stations.open_viewing(station=_station(unit), by=None).uuid}


def viewing_lesson(county: County, unit: Unit) -> dict[str, Any]:
    return {**viewing(county, unit), "lesson": lesson(county, unit)["pk"]}


def viewing_member(county: County, unit: Unit) -> dict[str, Any]:
    return {**viewing(county, unit), "code": somebody(unit).code}


def roster_import(county: County, unit: Unit) -> dict[str, Any]:
    made = imports.upload(
        data=rosters.text(rosters.table([rosters.person()])), file_name="名册.csv", unit=unit, by=None
    )
    ImportRun.objects.filter(pk=made.pk).update(state=ImportRun.State.PLANNED)
    return {"run": made.uuid}


def last_year(county: County, unit: Unit) -> dict[str, Any]:
    return {"year": clock.today().year - 1}


def closed_year(county: County, unit: Unit) -> dict[str, Any]:
    arguments = last_year(county, unit)
    if closing.run_of(arguments["year"]) is None:
        goals.open_year(year=arguments["year"], by=None)
        closing.work(run=closing.begin(year=arguments["year"], by=None))
    return arguments


def waiting_rule(county: County, unit: Unit) -> dict[str, Any]:
    """A rule of January that was published after hours of January stood."""
    last = CreditRule.objects.filter(activity="class").order_by("effective_from").last()
    start = last.effective_from + clock.DAY if last is not None else dt.date(2026, 1, 1)
    ledger.post(make_credit(somebody(unit), earned_on=start, rule=str(last), source=f"test:{start}"), by=None)
    return {"pk": rules.adopt_rule(activity="class", effective_from=start, by=None).pk}


def rerating_run(county: County, unit: Unit) -> dict[str, Any]:
    """A planned run of such a rule."""
    rule = CreditRule.objects.get(**waiting_rule(county, unit))
    run = rerating.begin(rule=rule, by=None)
    ReratingRun.objects.filter(pk=run.pk).update(state=ReratingRun.State.PLANNED)
    return {"pk": run.pk}


def rerated(county: County, unit: Unit) -> dict[str, Any]:
    return {**rerating_run(county, unit), "code": somebody(unit).code}


def loan(county: County, unit: Unit) -> dict[str, Any]:
    place = Station.objects.get(code=station(county, unit)["code"])
    lent = loans.lend(station=place, loan=loans.Loan("张三", "水稻栽培", clock.today(), clock.today()), by=None)
    return {"pk": lent.pk}


def watch_flag(county: County, unit: Unit) -> dict[str, Any]:
    """A session of somebody of the unit that came late after the line was down."""
    who = somebody(unit)
    one = LessonPage.objects.first() or make_course(20)[0]
    session, _token = watching.start_play(member=who, lesson=one, by=None)
    now = clock.now()
    row = {"member": who, "kind": WatchFlag.Kind.OFFLINE, "first_at": now, "last_at": now}
    return {"pk": WatchFlag.objects.create(session=session, **row).pk}


def lesson_quiz(county: County, unit: Unit) -> dict[str, Any]:
    """A lesson with a test and without a video, so that nothing has to be studied first."""
    one = LessonPage.objects.filter(slug="quiz").first()
    if one is None:
        one = make_course(5, slug="tested")[0]
        LessonPage.objects.filter(pk=one.pk).update(media=None, slug="quiz")
        one.refresh_from_db()
        give_quiz(one)
    return {"pk": one.pk}


def _attempt(county: County, who: Member) -> dict[str, Any]:
    page = LessonPage.objects.get(**lesson_quiz(county, who.unit))
    return {"uuid": quizzes.start(page=page, member=who, by=None).uuid}


def attempt(county: County, unit: Unit) -> dict[str, Any]:
    return _attempt(county, somebody(unit))


def own_attempt(county: County, unit: Unit) -> dict[str, Any]:
    return _attempt(county, Member.objects.get(user=county.users["member"]))


def course(county: County, unit: Unit) -> dict[str, Any]:
    return {"pk": _course(county, unit).pk}


def _course(county: County, unit: Unit) -> CoursePage:
    return LessonPage.objects.get(**lesson(county, unit)).course


def assignment(county: County, unit: Unit) -> dict[str, Any]:
    standing = CourseAssignment.objects.filter(unit=unit, withdrawn_at=None).first()
    due = clock.today() + clock.DAY
    return {
        "pk": (standing or study.assign(course=_course(county, unit), unit=unit, whom="all", due_on=due, by=None)).pk
    }


def question(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": study.ask(course=_course(county, unit), member=somebody(unit), text="为什么", by=None).uuid}


def use(county: County, unit: Unit) -> dict[str, Any]:
    """What somebody of the unit has told, with a photograph."""
    made = study.tell_use(
        course=_course(county, unit), member=somebody(unit), text="用上了", photo=photo(unit.pk), by=None
    )
    return {"uuid": made.uuid}


def pair(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": _pair(unit).uuid}


def _pair(unit: Unit) -> HelpPair:
    """Two of the unit who help each other, with a lesson on their list; not the persona."""
    standing = HelpPair.objects.filter(member__unit=unit, ended_on=None).first()
    if standing:
        return standing
    return pairs.begin(helper=make_member(unit, "能手"), member=make_member(unit, "学员"), topic="葡萄", by=None)


def pair_task(county: County, unit: Unit) -> dict[str, Any]:
    one = _pair(unit)
    task = one.tasks.first() or pairs.put(pair=one, lesson=LessonPage.objects.get(**lesson(county, unit)), by=None)
    return {"uuid": one.uuid, "pk": task.pk}


def notice(county: County, unit: Unit) -> dict[str, Any]:
    """What somebody without an account was told: nobody else opens it."""
    person = somebody(unit)
    notify("question.answered", members=[person], about="access", context={}, by=None)
    return {"uuid": Notice.objects.get(member=person).uuid}


def channel(county: County, unit: Unit) -> dict[str, Any]:
    row = Channel.objects.filter(kind="email").first() or Channel.objects.create(kind="email", name="邮件")
    return {"pk": row.pk}


def parked(county: County, unit: Unit) -> dict[str, Any]:
    now = clock.now()
    made = Message.objects.create(
        channel_id=channel(county, unit)["pk"], to="member:1", title="x", state="parked", next_try=now, created_at=now
    )
    return {"uuid": made.uuid}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    **after_class.MAKERS,
    **checkin_makers.MAKERS,
    **visit_makers.MAKERS,
    **filled.MAKERS,
    **planned.MAKERS,
    "-": nothing,
    "member": member,
    "notice": notice,
    "channel": channel,
    "channel-kind": lambda county, unit: {"kind": "sms"},
    "wording": lambda county, unit: {"kind": "training.moved"},
    "parked": parked,
    "exemption": exemption,
    "draft": draft,
    "draft-line": draft_line,
    "certificate": certificate,
    "batch": batch,
    "year": year,
    "sheet": sheet,
    "goal-line": goal_line,
    "trial": trial,
    "rule": rule,
    "rule-trial": rule_trial,
    "goal-member": goal_member,
    "last-year": last_year,
    "closed-year": closed_year,
    "lesson": lesson,
    "lesson-quiz": lesson_quiz,
    "attempt": attempt,
    "own-attempt": own_attempt,
    "course": course,
    "assignment": assignment,
    "question": question,
    "pair": pair,
    "pair-task": pair_task,
    "use": use,
    "lesson-part": lesson_part,
    "book": book,
    "note": note,
    "loan": loan,
    "entry": entry,
    "training": training,
    "training-pdf": lambda county, unit: {**training(county, unit), "format": "pdf"},
    "enrolment": enrolment,
    "session": session,
    "paper-day": on_paper.day,
    "paper-photo": on_paper.photo,
    "paper-box": on_paper.box,
    "mark": mark,
    "claim": claim,
    "claim-draft": claim_draft,
    "claim-file": claim_file,
    "claim-draft-file": claim_draft_file,
    "claim-twin": claim_twin,
    "watch-flag": watch_flag,
    "waiting-rule": waiting_rule,
    "rerating": rerating_run,
    "rerated": rerated,
    "base": base,
    "station": station,
    "station-course": station_course,
    "station-lesson": station_lesson,
    "viewing": viewing,
    "viewing-lesson": viewing_lesson,
    "viewing-presence": viewing,
    "viewing-member": viewing_member,
    "import": roster_import,
}

# What an address needs to be sent before it looks at the person's right to the object it names.
SENT: dict[str, Callable[[Unit], dict[str, str]]] = {
    "claim": lambda unit: {"act": "approve"},
    "watch-flag": lambda unit: {"act": "clear"},
    "course": lambda unit: {"act": "enrol"},
    "rerating": lambda unit: {"act": "approve"},
    "mark": lambda unit: {f"{FIELD}{somebody(unit).code}": "present"},
    "viewing-presence": lambda unit: {"member": somebody(unit).code, "present": "1"},
}
