"""Forms of notices: how a person wants to be told; the county's channels and wordings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from lms.members.models import Unit, User
from lms.notices import rules
from lms.notices.channels import host_problem
from lms.notices.kinds import KINDS, PLACEHOLDERS
from lms.notices.models import Channel, Wording
from lms.notices.services import default_words

HOST_PROBLEMS = {
    "address": _("这不是一个网址。"),
    "https": _("网址要以 https:// 开头。"),
    "host": _("这个服务器没有在系统设置 NOTICE_HOSTS 里列出，请联系系统管理员。"),
}


class PreferenceForm(forms.Form):
    """Which ways besides the site, and where e-mail goes."""

    email = forms.EmailField(label=_("电子邮箱"), required=False, help_text=_("不填就不发邮件。"))
    by_email = forms.BooleanField(label=_("发电子邮件"), required=False)
    by_sms = forms.BooleanField(
        label=_("发短信"), required=False, help_text=_("发到名册上登记的手机号；号码变了请找支部修改。")
    )
    by_group = forms.BooleanField(label=_("在群里提到我"), required=False)

    @classmethod
    def of(cls, user: User, data: Any) -> PreferenceForm:
        """The form with what stands now."""
        wish = getattr(user, "notice_preference", None)
        names = ("by_email", "by_sms", "by_group")
        return cls(data, initial={"email": user.email, **{name: getattr(wish, name, True) for name in names}})


class ChannelForm(forms.ModelForm[Channel]):
    """A channel of one kind. What is secret is typed anew or left: it is never shown again."""

    address = forms.CharField(
        label=_("网址"),
        max_length=500,
        required=False,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=_("网关或群机器人的完整网址。保存后只显示服务器名；不改就留空。"),
    )
    secret = forms.CharField(
        label=_("密钥"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("短信网关和钉钉用来核对签名。加密保存；不改就留空。"),
    )

    class Meta:
        model = Channel
        fields = ("name", "unit", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.is_group:
            unit = self.fields["unit"]
            unit.required = True
            unit.queryset = Unit.objects.order_by("path")  # type: ignore[attr-defined]
        else:
            del self.fields["unit"]
        if self.instance.kind == Channel.Kind.EMAIL:
            del self.fields["address"], self.fields["secret"]
        elif self.instance.kind == Channel.Kind.WECOM:
            del self.fields["secret"]

    def clean_address(self) -> str:
        """A web address of a server that the operator named."""
        address: str = self.cleaned_data["address"].strip()
        if not address and not self.instance.address_sealed:
            raise forms.ValidationError(now_("请填写网址。"), code="required")
        if address and (problem := host_problem(address)):
            raise forms.ValidationError(HOST_PROBLEMS[problem], code=problem)
        return address

    def clean_secret(self) -> str:
        """The SMS gateway cannot do without a signature."""
        secret: str = self.cleaned_data["secret"].strip()
        if not secret and not self.instance.secret_sealed and self.instance.kind == Channel.Kind.SMS:
            raise forms.ValidationError(now_("请填写密钥。"), code="required")
        return secret


class WordingForm(forms.ModelForm[Wording]):
    """Title and body of a kind; both may name placeholders."""

    class Meta:
        model = Wording
        fields = ("title", "body")
        widgets = {"body": forms.Textarea(attrs={"rows": 6})}

    @classmethod
    def of(cls, kind: str, data: Any) -> WordingForm:
        """The form with the county's wording, or the default where it has none."""
        row = Wording.objects.filter(kind=kind).first()
        default = default_words(KINDS[kind])
        row = row or Wording(kind=kind, title=default.title, body=default.body)
        form = cls(data, instance=row)
        form.fields["title"].required = False
        form.fields["title"].help_text = now_("清空标题再保存，就恢复系统原来的说法。")
        return form

    def _known(self, name: str) -> str:
        text: str = self.cleaned_data[name].strip()
        text = text.replace("\r\n", "\n")
        if unknown := rules.placeholders(text) - set(PLACEHOLDERS):
            names = "、".join(sorted(unknown))
            raise forms.ValidationError(now_("没有这些占位符：%(names)s") % {"names": names}, code="placeholder")
        return text

    def clean_title(self) -> str:
        """Only names that exist."""
        return self._known("title")

    def clean_body(self) -> str:
        """Only names that exist."""
        return self._known("body")
