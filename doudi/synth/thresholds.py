"""The numbers above or under which a household of the made-up county counts as at risk: parameters of the rulebook."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Values in force in the county on the day of reckoning; yuan, months, ages and shares as the names say."""

    monitoring_line: float
    watch_line: float
    income_fall_share: float
    household_self_paid: float
    new_disease_months: int
    school_ages: tuple[int, int]
    new_certificate_months: int
    severe_grade: int
    relief_times: int
    days_without_water: float
    unemployed_months: int
    disaster_loss: float

    @classmethod
    def of(cls, rules_root: Path, as_of: date) -> "Thresholds":
        # Until the parameter files are in the rulebook.
        return cls(7100, 8000, 0.30, 10_000, 1, (6, 15), 1, 2, 2, 3, 1, 5_000)
