"""The forms in which editors write courses, where a rule needs more than one field."""

from __future__ import annotations

from itertools import count
from typing import Any

from django import forms
from django.apps import apps
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

from courses import book_lengths, seasons


class PlainPageForm(WagtailAdminPageForm):
    """An address that is taken gets a number: who writes a second course of a name need not know of addresses.

    One that is missing is made of the title: the admin does so while one types, but not yet when a title was pasted and the
    page saved at once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("title", ""), allow_unicode=True)
        beside = self.parent_page.get_children().exclude(pk=self.instance.pk)
        taken = set(beside.filter(slug__startswith=slug).values_list("slug", flat=True))
        numbered = (f"{slug}-{number}" for number in count(2))
        return slug if slug not in taken else next(other for other in numbered if other not in taken)


class LessonForm(PlainPageForm):
    """Whoever replaces what is studied may say so: the lesson begins another edition, and its hours count anew."""

    new_edition = forms.BooleanField(
        label=_("内容已更换，重新计学时"),
        required=False,
        help_text=_(
            "只改错字、补充说明时不要勾选。勾选后，这一课从发布时起算新的一版：进度从零开始，学完再计一次学时；以前学的学时不变。"
        ),
    )

    def save(self, commit: bool = True) -> Any:
        """Store the page, in its next edition when that is ticked."""
        if self.cleaned_data.get("new_edition"):
            self.instance.edition += 1
        return super().save(commit=commit)


class CourseForm(PlainPageForm):
    """A course cannot ask for itself, neither directly nor by way of others."""

    def clean_season(self) -> str:
        """A season in which no month is found would never be in season."""
        season: str = self.cleaned_data["season"]
        if season and not seasons.months(season):
            raise forms.ValidationError(
                _("读不出是哪几个月。请写成“12月至次年2月”“3—5月”“清明前后”“冬季”或“全年”。"), code="no-months"
            )
        return season

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        rows = self.formsets["prerequisites"]
        asked = [form.cleaned_data["course"] for form in rows.forms if _kept(form)]
        if self.instance.pk and any(_leads_to(course, self.instance.pk) for course in asked):
            raise forms.ValidationError(_("先修课程绕回了本课程：学员将永远不能开始。请去掉其中一门。"), code="circle")
        return cleaned


class BookForm(LessonForm):
    """A book is one thing to read: a text, a PDF or an EPUB. Its minutes are proposed where nobody has written any."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        minutes = self.fields["reading_minutes"]
        minutes.required = False
        minutes.help_text = _("不填或填 0，系统按篇幅估算：每分钟 200 字，PDF 每页 600 字。学时最多计到这个时长。")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file, package, body = (cleaned.get(name) for name in ("file", "package", "body"))
        if not (file or package or body) and not self.is_deferred_validation:
            raise forms.ValidationError(
                _("还没有可读的内容：请上传 PDF、选一本电子书，或写正文，三样选一样。"), code="empty"
            )
        if not cleaned.get("reading_minutes"):
            self.instance.body = body or self.instance.body
            cleaned["reading_minutes"] = book_lengths.minutes(
                characters=self.instance.characters() if body else 0,
                pages=book_lengths.pdf_pages(file) if file else 0,
                package=package,
            )
        return cleaned


class KnownIndustries(forms.TextInput):
    """A line to type in that proposes what other courses have written, so that one crop has one name."""

    template_name = "courses/admin/_datalist.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        known = apps.get_model("courses", "CoursePage").objects.exclude(industry="").order_by("industry")
        context["known"] = known.values_list("industry", flat=True).distinct()
        context["widget"]["attrs"]["list"] = f"known-{name}"
        return context


def _kept(form: Any) -> bool:
    """Whether a row of the formset names a course and is not struck out; the rows are validated after the page, so here."""
    return form.is_valid() and bool(form.cleaned_data.get("course")) and not form.cleaned_data.get("DELETE")


def _leads_to(course: Any, wanted: int) -> bool:
    """Whether a course is, or asks by way of others for, the one with the id ``wanted``."""
    seen: set[int] = set()
    waiting = [course]
    while waiting:
        one = waiting.pop()
        if one.pk == wanted:
            return True
        if one.pk not in seen:
            seen.add(one.pk)
            waiting += [row.course for row in one.prerequisites.select_related("course")]
    return False
