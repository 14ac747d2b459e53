"""The numbers above or under which a household of the made-up county counts as at risk: parameters of the rulebook."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from doudi.rulebook.document import read_document
from doudi.rulebook.parameters import Value, read_parameter
from doudi.standards.regions import RegionCode
from doudi.synth.county.identity import AREA


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Values in force in the county on the day of reckoning; yuan, months, days, ages and shares as in the rulebook."""

    monitoring_line: float
    low_income_watch_line: float
    income_fall_yellow: float
    self_paid_yellow: float
    self_paid_months: int
    new_event_months: int
    school_age_from: int
    school_age_to: int
    severe_disability_grades: frozenset[int]
    relief_times: float
    relief_months: int
    water_days_yellow: float
    job_loss_months_yellow: int
    disaster_loss_yellow: float
    disaster_months: int
    elderly_age: int
    child_age: int
    number: Callable[[str], float] = field(repr=False, compare=False)
    """Any other parameter that is a number, by its id."""

    @classmethod
    def of(cls, rules_root: Path, as_of: date) -> "Thresholds":
        """Read from `rules_root/parameters`. Raises RulebookError or MissingParameter that name the file."""

        def value(name: str) -> Value | None:
            return value_of(name, rules_root, as_of)

        def number(name: str) -> float:
            return number_of(name, rules_root, as_of)

        def whole(name: str) -> int:
            return int(number(name))

        grades = value("severe_disability_grades")
        if not isinstance(grades, tuple):
            raise ValueError("参数 severe_disability_grades 应为列表")
        return cls(
            monitoring_line=number("monitoring_line"),
            low_income_watch_line=number("low_income_watch_line"),
            income_fall_yellow=number("income_fall_yellow"),
            self_paid_yellow=number("self_paid_yellow"),
            self_paid_months=whole("self_paid_months"),
            new_event_months=whole("new_event_months"),
            school_age_from=whole("school_age_from"),
            school_age_to=whole("school_age_to"),
            severe_disability_grades=frozenset(int(one) for one in grades),
            relief_times=number("relief_times"),
            relief_months=whole("relief_months"),
            water_days_yellow=number("water_days_yellow"),
            job_loss_months_yellow=whole("job_loss_months_yellow"),
            disaster_loss_yellow=number("disaster_loss_yellow"),
            disaster_months=whole("disaster_months"),
            elderly_age=whole("elderly_age"),
            child_age=whole("child_age"),
            number=number,
        )


def value_of(name: str, rules_root: Path, as_of: date) -> Value | None:
    """A parameter's value in the county. Raises RulebookError or MissingParameter that name the file."""
    path = rules_root / "parameters" / f"{name}.yaml"
    parameter = read_parameter(read_document(str(path), path.read_text(encoding="utf-8")))
    return parameter.value(region=RegionCode(AREA), on=as_of).value


def number_of(name: str, rules_root: Path, as_of: date) -> float:
    """A number among the parameters. Raises as `value_of`; ValueError for one that is no number."""
    found = value_of(name, rules_root, as_of)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise ValueError(f"参数 {name} 应为数字")
    return float(found)
