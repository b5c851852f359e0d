"""A course and its lessons handed in for approval, or approved, in one act.

Wagtail approves page by page; an editor thinks of a course. Each page keeps a workflow of its own, who may do what is
asked of Wagtail page by page, and a page that is refused does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.fields import StreamField
from wagtail.models import Page, WorkflowState

from courses import playing
from courses.models import CoursePage, LessonPage
from lms.members import audit
from lms.members.models import User


class Refused(Exception):
    """A page for which the act is not possible; the message is the reason, for people."""


class Unchanged(Exception):
    """A page for which there is nothing to do."""


@dataclass(slots=True)
class Outcome:
    """What became of each page: done, nothing to do, refused with the reason."""

    done: list[Page] = field(default_factory=list)
    unchanged: list[Page] = field(default_factory=list)
    refused: list[tuple[Page, str]] = field(default_factory=list)


Act = Callable[[Page, User], None]


def pages_of(course: CoursePage) -> Iterator[Page]:
    """The course, then its lessons in order, published or not: a lesson is public only below a public course."""
    yield course
    yield from LessonPage.objects.child_of(course).order_by("path")


def submit(*, course: CoursePage, by: User) -> Outcome:
    """Hand in the course and each lesson that changed since it was published."""
    return _each(course, by, "course.submit", _submit_page, check_submit)


def approve(*, course: CoursePage, by: User) -> Outcome:
    """Approve what waits of the course and its lessons; what is approved is published."""
    return _each(course, by, "course.approve", _approve_page, check_approve)


def plan_submit(course: CoursePage, user: User) -> Outcome:
    """What ``submit`` would do; changes nothing."""
    return _sort(course, user, check_submit)


def plan_approve(course: CoursePage, user: User) -> Outcome:
    """What ``approve`` would do; changes nothing."""
    return _sort(course, user, check_approve)


def check_submit(page: Page, user: User) -> None:
    """Raise ``Refused`` or ``Unchanged`` unless this person may hand in this page now."""
    if page.workflow_in_progress:
        raise Unchanged
    if page.live and not page.has_unpublished_changes:
        raise Unchanged
    tester = page.permissions_for_user(user)
    if not tester.can_edit():
        raise Refused(_("您没有编辑这一页的权限。"))
    if tester.page_locked():
        raise Refused(_("这一页已锁定，解锁后才能提交。"))
    if not tester.can_submit_for_moderation():
        raise Refused(_("这一页没有审核流程，请联系县级管理员。"))
    lacks = _unfinished(page)
    if lacks:
        raise Refused(_("还没填好：%(fields)s。") % {"fields": lacks})
    broken = playing.problem_of(page.get_latest_revision_as_object())
    if broken:
        raise Refused(broken)


def check_approve(page: Page, user: User) -> None:
    """Raise ``Refused`` or ``Unchanged`` unless this person may approve this page now."""
    state = page.current_workflow_task_state
    if not page.workflow_in_progress or state is None:
        raise Unchanged
    actions = state.task.specific.get_actions(page, user)
    if "approve" not in {name for name, _label, _asks in actions}:
        raise Refused(_("您不是这一环节的审核人。"))


# -- one page -------------------------------------------------------------------------------


def _submit_page(page: Page, by: User) -> None:
    state = page.current_workflow_state
    if state and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        state.resume(by)
    else:
        page.get_workflow().start(page, by)


def _approve_page(page: Page, by: User) -> None:
    state = page.current_workflow_task_state.specific
    state.task.specific.on_action(state, by, "approve")


def _unfinished(page: Page) -> str:
    """What the newest draft lacks: a draft may be saved half filled in, what is handed in must be whole."""
    draft = page.get_latest_revision_as_object()
    try:
        draft.full_clean()
        for field in draft._meta.get_fields():
            if isinstance(field, StreamField):
                field.stream_block.clean(getattr(draft, field.name))
    except ValidationError as error:
        return _in_words(draft, error)
    return ""


def _in_words(page: Page, error: ValidationError) -> str:
    """The labels of the fields that are wrong, or what the error says itself."""
    if not hasattr(error, "error_dict"):
        return _("正文里有没填完的内容")
    names = [name for name in error.error_dict if name != NON_FIELD_ERRORS]
    return "、".join(str(page._meta.get_field(name).verbose_name) for name in names) or "；".join(error.messages)


# -- all pages ------------------------------------------------------------------------------


def _each(course: CoursePage, by: User, action: str, act: Act, check: Act) -> Outcome:
    """Do ``act`` for every page that ``check`` lets through, each in its own transaction with its audit row."""

    def checked(page: Page, user: User) -> None:
        with transaction.atomic():
            # Read again under a lock: of two people at once the second finds nothing left to do.
            current = Page.objects.select_for_update().get(pk=page.pk).specific
            check(current, user)
            act(current, user)
            audit.record(action, by=user, on=current, title=current.get_admin_display_title())

    return _sort(course, by, checked)


def _sort(course: CoursePage, user: User, step: Act) -> Outcome:
    outcome = Outcome()
    for page in pages_of(course):
        try:
            step(page, user)
        except Unchanged:
            outcome.unchanged.append(page)
        except Refused as refusal:
            outcome.refused.append((page, str(refusal)))
        else:
            outcome.done.append(page)
    return outcome
