"""Forms of the registers: one for each kind of entry."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, Unit, User
from lms.members.permissions import visible, visible_units
from lms.training import selectors
from lms.training.forms import DateInput, UnitChoice
from lms.training.models import Base, BasePhoto, BudgetLine, Expert, Material, Organiser, Room, Training, Venue
from lms.training.planning.budgets import Cost


class EntryForm(forms.ModelForm):
    """An entry of a register; its unit is one for which the person may plan."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if "unit" in self.fields:
            units = visible_units(user, "trainings.plan").order_by("path")
            cast(UnitChoice, self.fields["unit"]).queryset = units
            self.initial["unit"] = self.instance.unit.code if self.instance.pk else _first_code(units)


def _first_code(units: Any) -> str:
    first: Unit | None = units.first()
    return first.code if first else ""


class VenueForm(EntryForm):
    """A building."""

    unit = UnitChoice(label=Venue._meta.get_field("unit").verbose_name)

    class Meta:
        model = Venue
        fields = ["name", "unit", "address", "contact", "phone", "is_active"]


class RoomForm(EntryForm):
    """A room of a building that the person's unit looks after."""

    class Meta:
        model = Room
        fields = ["venue", "name", "capacity", "equipment", "is_active"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        own = visible(Venue.objects.all(), user).select_related("unit")
        cast(forms.ModelChoiceField, self.fields["venue"]).queryset = own
        cast(forms.IntegerField, self.fields["capacity"]).min_value = 1


class ExpertForm(EntryForm):
    """Somebody who is appointed to teach."""

    unit = UnitChoice(label=Expert._meta.get_field("unit").verbose_name)
    member_code = forms.CharField(
        label=_("党员编号"),
        required=False,
        max_length=20,
        help_text=_("本人是本县党员的填写：他参加的培训和讲的课就不会排在同一时间"),
    )

    class Meta:
        model = Expert
        fields = [
            "name",
            "unit",
            "title",
            "employer",
            "fields",
            "fee_class",
            "phone",
            "availability",
            "appointed_on",
            "appointed_until",
            "user",
            "is_active",
        ]
        widgets = {"appointed_on": DateInput, "appointed_until": DateInput}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        accounts = selectors.trainers(user) | User.objects.filter(experts=self.instance.pk or 0).distinct()
        account = cast(forms.ModelChoiceField, self.fields["user"])
        account.queryset, account.help_text = accounts.distinct(), _("本人也作为负责教师登录的，选他的账号")
        self.initial["member_code"] = self.instance.member.code if self.instance.member else ""

    def clean_member_code(self) -> Member | None:
        """The member with this code; one that the person may pick, or who was linked already."""
        code = self.cleaned_data["member_code"].strip()
        if not code:
            return None
        if self.instance.member is not None and self.instance.member.code == code:
            return self.instance.member
        found = selectors.pickable(self.user).filter(code=code).first()
        if found is None:
            raise forms.ValidationError(_("没有找到这个编号的党员"))
        return found

    def clean(self) -> dict[str, Any]:
        """An account that belongs to a member belongs to this one."""
        values = super().clean() or {}
        user, member = values.get("user"), values.get("member_code")
        own = getattr(user, "member", None)
        if own is not None and member is not None and own != member:
            self.add_error("user", _("这个账号是另一名党员的"))
        self.instance.member = member if "member_code" in values else self.instance.member
        return values


class OrganiserForm(EntryForm):
    """Who carries trainings out."""

    unit = UnitChoice(label=Organiser._meta.get_field("unit").verbose_name)

    class Meta:
        model = Organiser
        fields = ["name", "unit", "contact", "phone", "is_active"]


class PhotoForm(forms.Form):
    """One photograph of a base; its content is judged by the service."""

    photo = forms.FileField(
        label=_("照片"), widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})
    )
    caption = forms.CharField(label=BasePhoto._meta.get_field("caption").verbose_name, max_length=60, required=False)


class MaterialForm(forms.Form):
    """One file that goes with a training; its content is judged by the service."""

    file = forms.FileField(
        label=_("文件"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.pptx,.xlsx,image/jpeg,image/png,image/webp"}),
    )
    name = forms.CharField(
        label=Material._meta.get_field("title").verbose_name,
        max_length=80,
        required=False,
        help_text=_("不填就用文件名"),
    )

    def title(self) -> str:
        """What people read: as typed, or as the file is called without its ending."""
        return str(self.cleaned_data["name"] or PurePath(self.cleaned_data["file"].name).stem[:80])


class CostForm(forms.Form):
    """One line of a training's budget; which item it is stands beside it."""

    planned = forms.DecimalField(label=_("预算（元）"), required=False, min_value=0, max_digits=10, decimal_places=2)
    spent = forms.DecimalField(label=_("决算（元）"), required=False, min_value=0, max_digits=10, decimal_places=2)
    note = forms.CharField(label=_("说明"), max_length=100, required=False)

    def cost(self) -> Cost:
        """The line as the service takes it."""
        return Cost(**self.cleaned_data)


def cost_forms(training: Training, data: QueryDict | None) -> list[tuple[str, CostForm]]:
    """A form for each item, by what the item is called, filled with what is written."""
    rows = {row.item: row for row in training.budget.all()}
    found = []
    for item in BudgetLine.Item:
        row = rows.get(item)
        initial = {"planned": row.planned, "spent": row.spent, "note": row.note} if row else {}
        found.append((str(item.label), CostForm(data, prefix=item.value, initial=initial)))
    return found


class BaseForm(EntryForm):
    """A base; its code is its address for good and is chosen once."""

    unit = UnitChoice(label=Base._meta.get_field("unit").verbose_name)

    class Meta:
        model = Base
        fields = [
            "code",
            "name",
            "kind",
            "theme",
            "unit",
            "address",
            "lat",
            "lng",
            "capacity",
            "opening",
            "guide",
            "what_to_bring",
            "contact",
            "phone",
            "description",
            "is_active",
        ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        cast(forms.IntegerField, self.fields["capacity"]).min_value = 1
        if self.instance.pk:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """A point has both figures, and lies on earth (the database says so too)."""
        values = super().clean() or {}
        lat, lng = values.get("lat"), values.get("lng")
        if (lat is None) != (lng is None) and not self.errors:
            self.add_error("lat" if lat is None else "lng", _("经度和纬度要一起填"))
        for name, most in (("lat", 90), ("lng", 180)):
            if (value := values.get(name)) is not None and abs(value) > most:
                self.add_error(name, _("在 %(least)s 到 %(most)s 之间") % {"least": -most, "most": most})
        return values
