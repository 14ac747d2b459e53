"""From where on two statements about work contradict each other: parameters of the rulebook on a day, in a place."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from doudi.rulebook import Rulebook

PARAMETERS: Final = {
    "months_gap": "employment_months_gap",
    "wage_gap": "employment_wage_gap",
    "recent_months": "insured_recent_months",
    "wage_least": "register_wage_least",
    "wage_most": "register_wage_most",
    "list_months": "payment_year_months",
    "stale_months": "register_stale_months",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """`months_gap`: months two sources may differ by; `wage_gap`: share of the smaller wage; `recent_months`: insured
    within them means working; `wage_*`: yuan a month; `list_months`: how long a subsidy list counts; `stale_months`."""

    months_gap: float
    wage_gap: float
    recent_months: int
    wage_least: float
    wage_most: float
    list_months: int
    stale_months: float

    @classmethod
    def of(cls, rulebook: Rulebook, *, region: str, on: date) -> "Limits":
        """The values in force. Raises `rulebook.parameters.MissingParameter`."""
        values: dict[str, Any] = {}
        for one in fields(cls):
            value = rulebook.parameters[PARAMETERS[one.name]].value(region=region, on=on).value
            number = float(str(value))
            values[one.name] = int(number) if one.type is int else number
        return cls(**values)
