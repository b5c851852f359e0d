"""The site as a county finds it: home, courses, news; who may write and who approves."""

from django.db import migrations

from cms.access import COUNTY, EDITORS, grant_group


def build_site(apps, schema_editor):
    page = apps.get_model("wagtailcore", "Page")
    kinds = apps.get_model("contenttypes", "ContentType").objects
    page.objects.filter(depth=2, slug="home").delete()  # Wagtail's welcome page
    root = page.objects.get(depth=1)
    common = {"live": True, "locale_id": root.locale_id}

    def kind(app, model):
        return kinds.get_or_create(app_label=app, model=model)[0]

    home = apps.get_model("cms", "HomePage").objects.create(
        title="乡学", draft_title="乡学", slug="home", path="00010001", depth=2, numchild=2, url_path="/home/",
        content_type=kind("cms", "homepage"), county="本县", slogan="学在乡村，用在田间", **common,
    )  # fmt: skip
    apps.get_model("courses", "CourseIndexPage").objects.create(
        title="课程", draft_title="课程", slug="courses", path="000100010001", depth=3, url_path="/home/courses/",
        content_type=kind("courses", "courseindexpage"), intro="农业技术和党员教育课程，看完记学时。", show_in_menus=True, **common,
    )  # fmt: skip
    apps.get_model("cms", "NewsIndexPage").objects.create(
        title="动态", draft_title="动态", slug="news", path="000100010002", depth=3, url_path="/home/news/",
        content_type=kind("cms", "newsindexpage"), show_in_menus=True, **common,
    )  # fmt: skip
    root.numchild = page.objects.filter(depth=2).count()
    root.save()
    site = apps.get_model("wagtailcore", "Site").objects
    site.all().delete()
    site.create(hostname="localhost", port=80, root_page_id=home.pk, is_default_site=True, site_name="乡学")


def build_access(apps, schema_editor):
    # Only county administrators and editors enter the admin; Wagtail's own two groups go.
    apps.get_model("auth", "Group").objects.filter(name__in=["Moderators", "Editors"]).delete()
    for name in (EDITORS, COUNTY):
        grant_group(apps, name)


def build_workflow(apps, schema_editor):
    workflow = apps.get_model("wagtailcore", "Workflow")
    workflow.objects.all().delete()
    apps.get_model("wagtailcore", "Task").objects.all().delete()
    kind, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="wagtailcore", model="groupapprovaltask"
    )
    task = apps.get_model("wagtailcore", "GroupApprovalTask").objects.create(
        name="县级审核", active=True, content_type=kind
    )
    task.groups.add(apps.get_model("auth", "Group").objects.get(name=COUNTY))
    made = workflow.objects.create(name="县级审核", active=True)
    apps.get_model("wagtailcore", "WorkflowTask").objects.create(workflow=made, task=task, sort_order=0)
    root = apps.get_model("wagtailcore", "Page").objects.get(depth=1)
    apps.get_model("wagtailcore", "WorkflowPage").objects.create(workflow=made, page=root)


class Migration(migrations.Migration):
    dependencies = [
        ("cms", "0001_initial"),
        ("courses", "0002_links"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("wagtailmedia", "0005_alter_media_options"),
        ("wagtailadmin", "0005_editingsession_is_editing"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunPython(build_site, migrations.RunPython.noop),
        migrations.RunPython(build_access, migrations.RunPython.noop),
        migrations.RunPython(build_workflow, migrations.RunPython.noop),
    ]
