"""The site of the demo county: courses with their videos and covers, news."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from wagtail.images import get_image_model
from wagtail.models import Page

from cms.models import HomePage, NewsIndexPage, NewsPage
from courses import media, packages
from courses.models import CourseIndexPage, CoursePage, CoursePrerequisite, LessonPage, ScormPackage
from lms.core import clock
from lms.demo import content, drawing, video
from lms.demo.geography import COUNTY
from lms.members.models import User

Report = Callable[[], None]
Jobs = dict[tuple[str, int], video.Job]
NEWS = (
    (3, "冬剪正当时：石桥镇组织党员到葡萄园学修剪", "skills", "示范户手把手教，六十多名党员带着剪刀下地。", "清晨霜还没化，石桥镇的葡萄园里已经站满了人。示范户一边剪一边讲：先看架面，再看母枝，最后才下剪。参加的党员每人分到两株树，剪完由师傅逐株点评。镇里把这次活动记入基地参观，学时当天就能在手机上查到。"),
    (12, "一块屏幕聚起一个村：村级站点集中收看成常态", "purpose", "全县多数站点每月收看两次以上。", "晚饭后，桃源村党群服务中心的电视准时打开。管理员点名、放课、组织讨论，再把讨论情况记进记录簿。不会用手机的老党员说，坐在一起看，看不懂的当场就能问。"),
    (26, "警示教育馆新展厅开放预约", "discipline", "以身边事教育身边人，各支部可分批预约。", "新展厅围绕村级集体资金管理、惠农补贴发放等环节，把本县查处的典型案例改编成展板和短片。每批接待不超过一百二十人，讲解约一个小时，参观后安排半小时讨论。"),
    (40, "县里评出首批乡土讲师二十名", "situation", "种植能手、老支书、农技员走上讲台。", "这次评选不看文凭看本事。入选的讲师要能讲清一项技术、带出一批徒弟，每年至少到三个乡镇授课。课程内容会陆续拍成短视频，放进乡学的课程目录。"),
)  # fmt: skip


class Studio:
    """Renders the lessons' videos on the side while the rest of the county is being filled."""

    def __init__(self) -> None:
        self.courses = list(content.courses())

    def __enter__(self) -> Studio:
        self.place = tempfile.TemporaryDirectory()
        self.jobs = {
            (course.slug, number): video.Job(
                lesson, course.facts["category"], Path(self.place.name, f"{course.slug}-{number}.mp4")
            )
            for course in self.courses
            for number, lesson in enumerate(course.lessons, start=1)
        }
        self.pool = ThreadPoolExecutor(max_workers=1)
        self.waiting = [self.pool.submit(video.render, job) for job in self.jobs.values()]
        return self

    def finished(self, told: Report) -> Jobs:
        """Wait for every video. Raises subprocess.CalledProcessError when one could not be rendered."""
        for future in self.waiting:
            future.result()
            told()
        return self.jobs

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(cancel_futures=True)
        self.place.cleanup()


def publish(studio: Studio, by: User, told: Report) -> list[LessonPage]:
    """Publish every course with the studio's videos, and the news; returns the lessons that have a video, in order."""
    home = HomePage.objects.get()
    home.county, home.slogan = COUNTY, "学在乡村，用在田间"
    home.save_revision(user=by).publish()
    index = CourseIndexPage.objects.get()
    jobs = studio.finished(told)
    lessons = []
    for course in studio.courses:
        lessons += _course(index, course, jobs, by)
        told()
    _prerequisites(studio.courses)
    _package(by)
    _news(by)
    return lessons


def steps() -> int:
    """How often ``publish`` reports."""
    return sum(len(course.lessons) + 1 for course in content.courses())


def _course(index: CourseIndexPage, course: content.Course, jobs: Jobs, by: User) -> list[LessonPage]:
    page = CoursePage(slug=course.slug, cover=_picture(course.title, course.facts["category"], by), **course.facts)
    _publish(index, page, by)
    lessons = []
    for number, lesson in enumerate(course.lessons, start=1):
        path = jobs[course.slug, number].path
        made = LessonPage(
            title=lesson.title,
            slug=f"lesson-{number}",
            summary=lesson.summary,
            media=media.store(title=lesson.title, path=path, by=by),
            body=[_block(block) for block in lesson.blocks],
        )
        _publish(page, made, by)
        lessons.append(made)
    return lessons


def _prerequisites(courses: list[content.Course]) -> None:
    pages = {page.slug: page for page in CoursePage.objects.all()}
    rows = [(pages[course.slug], pages[course.after]) for course in courses if course.after]
    for page, before in rows:
        page.prerequisites.add(CoursePrerequisite(course=before))
        page.save_revision().publish()


def _package(by: User) -> None:
    """A SCORM package of the county's own as one more lesson of its course, unpacked at once: no worker runs yet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(content.PACKAGE.iterdir()):
            archive.write(path, path.name)
    package = ScormPackage(
        title="打药前后自己查", minutes=8, file=ContentFile(out.getvalue(), name="打药前后自己查.zip")
    )
    packages.take_in(package=package, by=by)
    packages.unpack(package_id=package.pk)
    package.refresh_from_db()
    lesson = LessonPage(
        title="打药前后自己查", slug="self-check", summary="六道题，边做边学，做错了有讲解。", package=package
    )
    lesson.required = False
    _publish(CoursePage.objects.get(slug=content.PACKAGE_COURSE), lesson, by)


def _publish(parent: Page, page: Page, by: User) -> None:
    page.owner = by
    parent.add_child(instance=page)
    page.save_revision(user=by).publish()
    page.refresh_from_db()


def _block(block: content.Block) -> tuple[str, Any]:
    """A block of the file as Wagtail's StreamField takes it."""
    if block.kind == "steps":
        return "steps", {"title": "", "steps": list(block.lines)}
    if block.kind == "callout":
        title, text, contact = block.lines
        return "callout", {"title": title, "text": text, "contact": contact, "phone": ""}
    if block.kind == "paragraph":
        return "paragraph", f"<p>{block.lines[0]}</p>"
    return "heading", block.lines[0]


def _picture(title: str, category: str, by: User) -> Any:
    """A drawn cover, stored as an image of the site."""
    out = io.BytesIO()
    drawing.cover(title, category).save(out, "JPEG", quality=85)
    file = ImageFile(out, name="cover.jpg")
    return get_image_model().objects.create(title=title, file=file, uploaded_by_user=by)


def _news(by: User) -> None:
    index = NewsIndexPage.objects.get()
    for number, (days, title, category, summary, text) in enumerate(NEWS, start=1):
        page = NewsPage(
            title=title,
            slug=f"news-{number}",
            date=clock.today() - dt.timedelta(days=days),
            summary=summary,
            picture=_picture(title, category, by),
            body=[("paragraph", f"<p>{text}</p>")],
        )
        _publish(index, page, by)
