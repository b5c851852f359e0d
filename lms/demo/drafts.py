"""What is not published yet in the demo county: a course that waits for the county's approval, one that is being written."""

from __future__ import annotations

from wagtail.models import Page

from courses import approval
from courses.models import CourseIndexPage, CoursePage, LessonPage
from lms.hours.credit import Category
from lms.members.models import User

LESSONS = (
    ("什么时候盖、盖什么", "十一月下旬到十二月上旬，竹园浇透水再盖。", "先盖二十厘米稻草，再盖十厘米砻糠。稻草在下发热，砻糠在上保温，笋期能提前到春节前后。"),
    ("温度怎么看", "地表温度保持在十五到二十度。", "覆盖后每三天量一次地表温度。低于十度，出笋就停；高过二十五度，要扒开一层散热，防止烧鞭。"),
    ("挖笋和撤料", "见笋就挖，三月底以前撤完。", "挖笋时扒开覆盖物，挖完盖回。三月底把没有腐烂的砻糠收起来，明年还能用；留足新竹，竹园才不会衰败。"),
)  # fmt: skip


def write(by: User) -> None:
    """Hand in one course with its lessons as an editor does, and leave another unfinished."""
    index = CourseIndexPage.objects.get()
    facts = {"category": Category.SKILLS, "owner": by}
    course = CoursePage(
        title="竹笋覆盖早出技术",
        slug="bamboo-mulching",
        summary="学会用稻草和砻糠覆盖竹园，让笋在春节前后上市，又不伤竹园。",
        industry="竹笋",
        audience="竹农",
        season="11月至次年3月",
        **facts,
    )
    _draft(index, course, by)
    for number, (title, summary, text) in enumerate(LESSONS, start=1):
        body = [("paragraph", f"<p>{text}</p>")]
        _draft(course, LessonPage(title=title, slug=f"lesson-{number}", summary=summary, body=body, owner=by), by)
    approval.submit(course=course, by=by)
    _draft(index, CoursePage(title="柑橘保花保果", slug="citrus-fruit-set", summary="（还在写）", **facts), by)


def _draft(parent: Page, page: Page, by: User) -> None:
    page.live = False
    parent.add_child(instance=page)
    page.save_revision(user=by, log_action=True)
