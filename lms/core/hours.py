"""Exact hours (学时).

Hours are whole hundredths in the store and ``Decimal`` at the edge: on SQLite the sum of a ``DecimalField`` is a float
(320 × 0.10 gave 32.0000000000002), and one hundredth that nobody can explain is enough to lose an inspector's trust.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable

HUNDREDTH = Decimal("0.01")
ZERO = Decimal("0.00")


def to_hundredths(hours: Decimal | int | str) -> int:
    """Return 学时 as whole hundredths. Raises ValueError when finer than a hundredth."""
    scaled = Decimal(hours) * 100
    if scaled != scaled.to_integral_value():
        raise ValueError(f"hours finer than a hundredth: {hours}")
    return int(scaled)


def from_hundredths(value: int) -> Decimal:
    """Return whole hundredths as 学时."""
    return (Decimal(int(value)) / 100).quantize(HUNDREDTH)


def round_down(hours: Decimal, step: Decimal) -> Decimal:
    """Round 学时 down to a multiple of ``step`` (domain: 0.5 unless the rule says otherwise)."""
    if step <= 0:
        raise ValueError("a rounding step is positive")
    return ((hours / step).to_integral_value(rounding=ROUND_DOWN) * step).quantize(HUNDREDTH)


class HoursField(models.BigIntegerField):
    """学时 as whole hundredths in the database and ``Decimal`` in Python; ``Sum`` over it stays exact."""

    description = "hours as whole hundredths"
    # What the type checker takes for values set and read.
    _pyi_private_set_type: Decimal | int | str | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def from_db_value(self, value: Any, expression: object, connection: object) -> Decimal | None:
        return None if value is None else from_hundredths(value)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        try:
            return from_hundredths(to_hundredths(value))
        except (ArithmeticError, ValueError) as error:
            raise ValidationError(f"not an amount of hours: {value}") from error

    def get_prep_value(self, value: Any) -> int | None:
        return None if value is None else to_hundredths(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(
            self, **{"form_class": forms.DecimalField, "decimal_places": 2, "max_digits": 8, **kwargs}
        )
