"""Forms of notices: how a person wants to be told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.members.models import User


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
