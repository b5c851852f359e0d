"""What the two groups of the admin may do: editors write and submit, the county approves and publishes."""

from __future__ import annotations

from typing import Any

EDITORS = "editors"
COUNTY = "county-admins"
PAGE_RIGHTS = {
    EDITORS: ("add_page", "change_page"),
    COUNTY: ("add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page"),
}
# (app, model) → what both groups may do with files of their collections
FILES = {
    ("wagtailimages", "image"): ("add", "change", "choose"),
    ("wagtaildocs", "document"): ("add", "change", "choose"),
    # wagtailmedia asks for the rights of its own model, whichever model holds the videos
    ("wagtailmedia", "media"): ("add", "change"),
}
# (app, model) → what both groups may do with rows that have a place of their own in the admin
MODELS = {("courses", "scormpackage"): ("add", "change", "view")}


def permission(apps: Any, app: str, model: str, codename: str) -> Any:
    """A permission row, made where Django has not come to make it yet (it does so after all migrations)."""
    kind, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    row, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": codename.replace("_", " ")}
    )
    return row


def grant_group(apps: Any, name: str) -> None:
    """Make a group and give it the admin, its rights on pages and on files."""
    group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=name)
    group.permissions.add(permission(apps, "wagtailadmin", "admin", "access_admin"))
    root = apps.get_model("wagtailcore", "Page").objects.get(depth=1)
    for codename in PAGE_RIGHTS[name]:
        apps.get_model("wagtailcore", "GroupPagePermission").objects.get_or_create(
            group=group, page=root, permission=permission(apps, "wagtailcore", "page", codename)
        )
    collection = apps.get_model("wagtailcore", "Collection").objects.get(depth=1)
    for (app, model), verbs in FILES.items():
        for verb in verbs:
            apps.get_model("wagtailcore", "GroupCollectionPermission").objects.get_or_create(
                group=group, collection=collection, permission=permission(apps, app, model, f"{verb}_{model}")
            )


def grant_models(apps: Any, _editor: Any) -> None:
    """Give both groups their rights on what is neither page nor file; again changes nothing."""
    for name in (EDITORS, COUNTY):
        group = apps.get_model("auth", "Group").objects.get(name=name)
        for (app, model), verbs in MODELS.items():
            group.permissions.add(*(permission(apps, app, model, f"{verb}_{model}") for verb in verbs))
