"""The farm library as a county finds it, beside courses and news."""

from django.db import migrations

STEP = 4


def build_library(apps, _editor):
    page = apps.get_model("wagtailcore", "Page")
    home = apps.get_model("cms", "HomePage").objects.order_by("path").first()
    if home is None or page.objects.filter(path__startswith=home.path, depth=home.depth + 1, slug="library").exists():
        return
    children = page.objects.filter(path__startswith=home.path, depth=home.depth + 1).order_by("path")
    last = children.values_list("path", flat=True).last()
    kind = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="courses", model="librarypage"
    )[0]
    apps.get_model("courses", "LibraryPage").objects.create(
        title="农家书屋", draft_title="农家书屋", slug="library", path=home.path + following(last), depth=home.depth + 1,
        numchild=0, url_path=f"{home.url_path}library/", content_type=kind, live=True, locale_id=home.locale_id,
        intro="种养技术、政策法规、红色故事，在家也能读，读了记学时。", show_in_menus=True,
    )  # fmt: skip
    page.objects.filter(pk=home.pk).update(numchild=children.count())


def following(path):
    """The step after the last one in treebeard's alphabet, whose digits are those of base 36."""
    number, digits = int(path[-STEP:], 36) + 1 if path else 1, ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + digits
    return digits.rjust(STEP, "0")


class Migration(migrations.Migration):
    dependencies = [
        ("cms", "0004_authoring"),
        ("courses", "0009_reading"),
    ]

    operations = [migrations.RunPython(build_library, migrations.RunPython.noop)]
