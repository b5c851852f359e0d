"""The blocks from which editors build a lesson."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtailmedia.blocks import AudioChooserBlock, VideoChooserBlock


class PictureBlock(blocks.StructBlock):
    """A picture with its caption."""

    image = ImageChooserBlock(label=_("图片"))
    alt = blocks.CharBlock(
        label=_("图里是什么"),
        required=False,
        max_length=120,
        help_text=_("读屏软件会念出来，图片没加载出来时也会显示；不填就用图片自己的名称"),
    )
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
    phone = blocks.CharBlock(
        label=_("联系电话"), required=False, max_length=30, help_text=_("学员在手机上点一下就能打过去")
    )

    class Meta:
        icon = "help"
        label = _("提示与专家")
        template = "courses/blocks/callout.html"


class ClipBlock(blocks.StructBlock):
    """A short film inside the text, to look at; hours are earned by the lesson's own video."""

    video = VideoChooserBlock(label=_("视频"))
    caption = blocks.CharBlock(label=_("说明"), required=False, max_length=120)

    class Meta:
        icon = "media"
        label = _("视频片段（不计学时）")
        template = "courses/blocks/clip.html"


class SoundBlock(blocks.StructBlock):
    """A recording inside the text; hours are earned by the lesson's own media."""

    audio = AudioChooserBlock(label=_("录音"))
    caption = blocks.CharBlock(label=_("说明"), required=False, max_length=120)

    class Meta:
        icon = "media"
        label = _("录音（不计学时）")
        template = "courses/blocks/sound.html"


class QuizBlock(blocks.StaticBlock):
    """Where in the text the way to the lesson's test stands; without it, it stands below the text."""

    class Meta:
        icon = "help"
        label = _("课后测试（放在这里）")
        admin_text = _("去测试的卡片会显示在这里。题目写在下面的“课后测试”里；不放这一块，卡片在正文后面。")
        template = "courses/blocks/quiz.html"


class TextBody(blocks.StreamBlock):
    """A written text with what stands in it."""

    heading = blocks.CharBlock(label=_("小标题"), max_length=80, icon="title", template="courses/blocks/heading.html")
    paragraph = blocks.RichTextBlock(label=_("正文"), features=["bold", "italic", "ol", "ul", "link"])
    picture = PictureBlock()
    clip = ClipBlock()
    sound = SoundBlock()
    steps = StepsBlock()
    table = TypedTableBlock(
        [
            ("text", blocks.CharBlock(label=_("文字"), required=False, max_length=200)),
            ("number", blocks.DecimalBlock(label=_("数字"), required=False, template="courses/blocks/number.html")),
        ],
        label=_("表格"),
        template="courses/blocks/table.html",
    )
    callout = CalloutBlock()
    document = DocumentChooserBlock(label=_("资料"), template="courses/blocks/document.html")


class LessonBody(TextBody):
    """The written part of a lesson, which may have a test."""

    quiz = QuizBlock()

    class Meta:
        block_counts = {"quiz": {"max_num": 1}}


def texts(body: blocks.StreamValue) -> list[str]:
    """What is written in a body, block by block, without mark-up."""
    return [str(text) for text in body.stream_block.get_searchable_content(body)]
