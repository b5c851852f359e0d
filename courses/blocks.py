"""The blocks from which editors build a lesson."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock


class PictureBlock(blocks.StructBlock):
    """A picture with its caption."""

    image = ImageChooserBlock(label=_("图片"))
    caption = blocks.CharBlock(label=_("说明"), required=False, max_length=120)

    class Meta:
        icon = "image"
        label = _("图片")
        template = "courses/blocks/picture.html"


class StepsBlock(blocks.StructBlock):
    """Numbered steps of a piece of work."""

    title = blocks.CharBlock(label=_("标题"), required=False, max_length=60)
    steps = blocks.ListBlock(blocks.CharBlock(max_length=300), label=_("步骤"))

    class Meta:
        icon = "list-ol"
        label = _("操作步骤")
        template = "courses/blocks/steps.html"


class CalloutBlock(blocks.StructBlock):
    """A call-out, with the local expert to ask."""

    title = blocks.CharBlock(label=_("标题"), max_length=60)
    text = blocks.TextBlock(label=_("内容"))
    contact = blocks.CharBlock(label=_("联系人"), required=False, max_length=100)

    class Meta:
        icon = "help"
        label = _("提示与专家")
        template = "courses/blocks/callout.html"


class LessonBody(blocks.StreamBlock):
    """The written part of a lesson."""

    heading = blocks.CharBlock(label=_("小标题"), max_length=80, icon="title", template="courses/blocks/heading.html")
    paragraph = blocks.RichTextBlock(label=_("正文"), features=["bold", "italic", "ol", "ul", "link"])
    picture = PictureBlock()
    steps = StepsBlock()
    callout = CalloutBlock()
    document = DocumentChooserBlock(label=_("资料"), template="courses/blocks/document.html")
