"""How stored blocks follow when a kind of block changes; used by migrations alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from wagtail.blocks import StreamValue

PHONE = re.compile(r"\+?\d(?:[\d\s-]{5,16})\d(?:\s*转\s*\d{1,5})?")
AROUND = " \t,，;；:：、（）()·"
LABEL = re.compile(r"(?:联系)?(?:电话|手机|tel)[号码]*\s*[:：]?\s*$", re.IGNORECASE)


def split(contact: str) -> tuple[str, str]:
    """Name and telephone number out of what was one line; a line without a number is all name."""
    found = PHONE.search(contact)
    if found is None:
        return contact, ""
    before, after = contact[: found.start()].rstrip(AROUND), contact[found.end() :]
    name = " ".join(part for part in (LABEL.sub("", before).strip(AROUND), after.strip(AROUND)) if part)
    return name, found[0].strip()


def apart(value: dict[str, Any]) -> dict[str, Any]:
    """A call-out's value with name and number; one that has a number already stays as it is."""
    if value.get("phone"):
        return value
    name, phone = split(value.get("contact") or "")
    return {**value, "contact": name, "phone": phone}


def split_contacts(apps: Any, app: str, *models: str) -> None:
    """In the pages of some models, and in all their revisions, call-outs get name and number."""
    for name in models:
        model = apps.get_model(app, name)
        for page in model.objects.all():
            block, raw = page.body.stream_block, _split(page.body.raw_data)
            if raw is not None:
                model.objects.filter(pk=page.pk).update(body=StreamValue(block, raw, is_lazy=True))
        revisions = apps.get_model("wagtailcore", "Revision").objects
        kind = apps.get_model("contenttypes", "ContentType").objects.filter(app_label=app, model=name).first()
        for revision in revisions.filter(content_type=kind).iterator(chunk_size=200) if kind else ():
            raw = _split(json.loads(revision.content.get("body") or "[]"))
            if raw is not None:
                content = {**revision.content, "body": json.dumps(raw, ensure_ascii=False)}
                revisions.filter(pk=revision.pk).update(content=content)


def _split(raw: Iterable[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The blocks with their call-outs changed; None where none changes."""
    before = list(raw)
    after = [{**one, "value": apart(one["value"])} if one["type"] == "callout" else one for one in before]
    return after if after != before else None
