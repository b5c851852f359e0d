"""The figures of tests in the admin, for who edits content. Nothing is changed here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from courses import quiz_rules
from courses import quiz_statistics as statistics
from courses.models import CoursePage
from courses.quiz_statistics import QuestionFigures
from lms.core import tables
from lms.core.tables import Column
from lms.members.permissions import can_anywhere

PERMISSION = "content.edit"
COLUMNS = [
    Column("number", gettext_lazy("序号"), 6),
    Column("where", gettext_lazy("课时"), 24),
    Column("text", gettext_lazy("题目"), 50),
    Column("options", gettext_lazy("选项"), 50),
    Column("answer", gettext_lazy("正确答案"), 30),
    Column("explanation", gettext_lazy("解析"), 40),
    Column("tries", gettext_lazy("答过的人"), 10),
    Column("right", gettext_lazy("答对的人"), 10),
    Column("percent", gettext_lazy("答对率（%）"), 10),
    Column("discrimination", gettext_lazy("区分度"), 10),
]


@require_safe
def quiz_courses(request: HttpRequest) -> HttpResponse:
    """The courses with tests: questions, tests handed in, how many were passed."""
    _require(request)
    title = _("测试统计")
    context = {"header_title": title, "page_title": title, "breadcrumbs_items": [{"url": "", "label": title}]}
    return render(request, "courses/admin/quiz_courses.html", {**context, "courses": statistics.courses()})


@require_safe
def quiz_questions(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Each question of a course, or those with a word in them: tries, how many were right, what was chosen, what it tells;
    with ``?format=`` as a file."""
    _require(request)
    course = get_object_or_404(CoursePage, pk=pk)
    wanted = request.GET.get("q", "")[:60].strip()
    rows = [row for row in statistics.figures(course) if _fits(row, wanted)]
    if format := request.GET.get("format"):
        return _download(course, rows, format)
    context = {
        "header_title": course.title,
        "page_title": course.title,
        "breadcrumbs_items": [{"url": "../", "label": _("测试统计")}, {"url": "", "label": course.title}],
        "course": course,
        "questions": rows,
        "q": wanted,
        "least": quiz_rules.LEAST_TRIES,
    }
    return render(request, "courses/admin/quiz_questions.html", context)


def _fits(row: QuestionFigures, wanted: str) -> bool:
    texts = [row.where, row.question.text, row.question.explanation, *row.question.options]
    return all(any(word.casefold() in text.casefold() for text in texts) for word in wanted.split())


def _download(course: CoursePage, rows: list[QuestionFigures], format: str) -> HttpResponseBase:
    lines = (
        [
            row.number,
            row.where,
            row.question.text,
            "；".join(row.question.options),
            "；".join(row.question.options[at] for at in row.question.answer),
            row.question.explanation,
            row.tries,
            row.right,
            "" if row.percent is None else row.percent,
            "" if row.discrimination is None else round(row.discrimination, 2),
        ]
        for row in rows
    )
    try:
        return tables.table_response(COLUMNS, lines, format, name=_("%(title)s题库") % {"title": course.title})
    except KeyError as error:
        raise Http404 from error


def _require(request: HttpRequest) -> None:
    if not can_anywhere(request.user, PERMISSION):
        raise Http404
