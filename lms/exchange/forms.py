"""Forms of the roster import."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lms.exchange import messages, sandbox
from lms.members.forms import UnitChoice
from lms.members.models import Unit


class UploadForm(forms.Form):
    """A roster and the unit that it belongs to."""

    unit = UnitChoice(
        Unit.objects.none(),
        label=_("导入到"),
        help_text=_("名册中的党支部在这个组织之下查找。"),
        empty_label=None,
    )
    file = forms.FileField(label=_("名册文件"), widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt"}))

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units

    def clean_file(self) -> Any:
        """The file, if it is not larger than the site takes."""
        found, most = self.cleaned_data["file"], sandbox.limits().file_bytes
        if found.size > most:
            raise forms.ValidationError(messages.of_file("file-too-large", {"megabytes": most // (1024 * 1024)}))
        return found


class ConfirmForm(forms.Form):
    """Agreement to a plan."""

    skip_errors = forms.BooleanField(label=_("跳过有错误的行，先导入其余的行"), required=False)
