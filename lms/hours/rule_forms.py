"""The form of a rule's draft, in the admin: numbers with their units, tiers as rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.hours import HUNDREDTH
from lms.hours.models import CreditRule
from lms.hours.services import NUMBERS

Row = tuple[str, str]
SPARE_ROWS = 4
MOST_ROWS = 20
MOST_MINUTES = 24 * 60


class TierRows(forms.Widget):
    """Tiers as rows of two boxes, minutes and 学时; empty rows are there to be filled, and are left out when they are not."""

    template_name = "hours/admin/tier_rows.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = [*_as_rows(value), *[("", "")] * SPARE_ROWS]
        context["rows"] = [(f"{name}-{at}-minutes", f"{name}-{at}-hours", *row) for at, row in enumerate(rows)]
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Row]:
        """What was typed, row by row, as text: what is wrong is shown again as it was."""
        rows = [
            (str(data.get(f"{name}-{at}-minutes", "")).strip(), str(data.get(f"{name}-{at}-hours", "")).strip())
            for at in range(MOST_ROWS)
        ]
        return [row for row in rows if any(row)]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""


def _as_rows(value: Any) -> list[Row]:
    """Rows of text, from what was typed or from what is stored (``[[seconds, "学时"], …]``)."""
    return [row if isinstance(row, tuple) else (f"{Decimal(row[0]) / 60:g}", str(row[1])) for row in value or []]


class TiersField(forms.Field):
    """``[[seconds, "学时"], …]``, the shortest first, from rows of minutes and 学时."""

    widget = TierRows

    def prepare_value(self, value: Any) -> Any:
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _as_rows(initial) != _as_rows(data)

    def clean(self, value: Any) -> list[list[Any]]:
        """Raises ValidationError: a row with an empty or unreadable box, two tiers of one length."""
        tiers = sorted((_tier(at, row) for at, row in enumerate(value, start=1)), key=lambda tier: tier[0])
        lengths = [seconds for seconds, _hours in tiers]
        if len(set(lengths)) < len(lengths):
            raise ValidationError(_("有两档的时长相同。"))
        return [[seconds, str(hours)] for seconds, hours in tiers]


def _tier(at: int, row: Row) -> tuple[int, Decimal]:
    try:
        minutes = forms.IntegerField(min_value=0, max_value=MOST_MINUTES).clean(row[0])
        hours = forms.DecimalField(min_value=HUNDREDTH, max_digits=5, decimal_places=2).clean(row[1])
    except ValidationError as error:
        text = _("第 %(n)s 档：时长填整分钟（0 至 1440），学时填大于零的数，最多两位小数。") % {"n": at}
        raise ValidationError(text) from error
    return 60 * minutes, hours.quantize(HUNDREDTH)


class RuleForm(forms.ModelForm[CreditRule]):
    """A draft as it is typed. It saves nothing by itself: ``services.save_draft`` does."""

    tiers = TiersField(
        label=_("分档"), required=False, help_text=_("课件满多少分钟得多少学时；取够得着的最高一档。留空的行不计。")
    )

    class Meta:
        model = CreditRule
        fields = ("activity", "effective_from", "basis", *NUMBERS)
        widgets = {"effective_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def numbers(self) -> CreditRule | None:
        """The rule as typed when all that prices is sound (date and basis need not be), else None."""
        self.is_valid()
        if self.errors.keys() & {"activity", "__all__", *NUMBERS}:
            return None
        rule = self.instance
        rule.effective_from = rule.effective_from or clock.today()
        return rule
