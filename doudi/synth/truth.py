"""Who is really at risk: worked out of the true values of the county, without facts, rules or screening.

Each kind is named by the id of the rule that should find it. Thresholds are the dated parameters of the rulebook.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from doudi.standards.money import format_yuan
from doudi.synth.county.arrays import Flags, a_household, day_number
from doudi.synth.county.whole import County
from doudi.synth.thresholds import Thresholds

Found = tuple[Flags, Callable[[int], str]]
"""Households of one kind, and the detail to write down for one of them."""


def at_risk(county: County, tables: Mapping[str, pa.Table], thresholds: Thresholds) -> pa.Table:
    """One row a household and kind: household_no, kind, detail. `tables` are the true department tables."""
    truth = _Truth(county, tables, thresholds)
    rows: list[tuple[int, str, str]] = []
    for kind, find in _KINDS.items():
        flags, detail = find(truth)
        rows += [(int(home), kind, detail(int(home))) for home in np.flatnonzero(flags)]
    homes = pa.array([home for home, _, _ in rows], pa.int64())
    return pa.table(
        {
            "household_no": county.household_no.take(homes),
            "kind": pa.array([kind for _, kind, _ in rows], pa.string()),
            "detail": pa.array([detail for _, _, detail in rows], pa.string()),
        }
    )


class _Truth:
    """The county seen by household."""

    def __init__(self, county: County, tables: Mapping[str, pa.Table], thresholds: Thresholds) -> None:
        self.county, self.tables, self.at = county, tables, thresholds
        self.income = county.economy.year.per_capita
        self.before = county.economy.before.per_capita

    def anybody(self, flags: Flags) -> Flags:
        """Households with a present member for whom the flag is true."""
        here = self.county.people.active & flags
        return a_household(self.county.members.household, here, self.county.households) > 0

    def summed(self, feed: str, keep: Callable[[pa.Table], Flags], value: str | None = None) -> np.ndarray:
        """Per household: how many rows of a feed to keep, or the sum of a column over them."""
        table = self.tables[feed]
        mask = keep(table)
        homes = self.county.members.household[table["person_row"].to_numpy()[mask]]
        weights = None if value is None else table[value].to_numpy()[mask]
        return np.bincount(homes, weights=weights, minlength=self.county.households)

    def days_ago(self, months: int) -> int:
        """The day number that lies whole months before the day of reckoning."""
        return day_number(months_before(self.county.as_of, months))


def months_before(day: date, months: int) -> date:
    """The same day of the month, months earlier; the last day of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _days(table: pa.Table, column: str) -> np.ndarray:
    return table[column].combine_chunks().view(pa.int32()).fill_null(-(10**6)).to_numpy()


def _is(table: pa.Table, column: str, value: str) -> Flags:
    return pa.compute.equal(table[column], value).fill_null(False).to_numpy()


def _true(table: pa.Table, column: str) -> Flags:
    return table[column].fill_null(False).to_numpy()


def _under_line(t: _Truth) -> Found:
    flags = (t.income < t.at.monitoring_line) & ~t.county.monitoring.enrolled
    return flags, lambda home: f"人均 {format_yuan(t.income[home])}"


def _under_watch_line(t: _Truth) -> Found:
    between = (t.income >= t.at.monitoring_line) & (t.income < t.at.low_income_watch_line)
    return between & ~t.county.monitoring.enrolled, lambda home: f"人均 {format_yuan(t.income[home])}"


def _fell(t: _Truth) -> Found:
    flags = (t.before > 0) & (t.income <= t.before * (1 - t.at.income_fall_yellow))
    return flags, lambda home: f"上年 {format_yuan(t.before[home])}，今年 {format_yuan(t.income[home])}"


def _self_paid(t: _Truth) -> Found:
    since = t.days_ago(t.at.self_paid_months)
    paid = t.summed("medical_settlement", lambda rows: _days(rows, "settled_on") >= since, "self_paid")
    beyond_means = paid > t.at.monitoring_line * t.county.size_now
    return (paid > t.at.self_paid_yellow) | beyond_means, lambda home: f"自付 {format_yuan(paid[home])}"


def _uninsured(t: _Truth) -> Found:
    count = t.summed("medical_enrolment", lambda rows: ~_true(rows, "insured"))
    return count > 0, lambda home: f"{int(count[home])} 人未参保"


def _new_disease(t: _Truth) -> Found:
    since = t.days_ago(t.at.new_event_months)
    count = t.summed(
        "health_disease",
        lambda rows: rows["major_disease"].is_valid().to_numpy() & (_days(rows, "diagnosed_on") >= since),
    )
    return count > 0, lambda home: f"{int(count[home])} 人新患大病"


def _without_roll(t: _Truth) -> Found:
    people = t.county.people
    due = (people.age >= t.at.school_age_from) & (people.age <= t.at.school_age_to)
    return t.anybody(people.without_roll & due), lambda home: "适龄儿童无学籍"


def _dropped_out(t: _Truth) -> Found:
    return t.anybody(t.county.people.dropped_out), lambda home: "学籍状态为辍学"


def _severe_certificate(t: _Truth) -> Found:
    since, people = t.days_ago(t.at.new_event_months), t.county.people
    severe = np.isin(people.grade, list(t.at.severe_disability_grades))
    return t.anybody(severe & (people.certified_day >= since)), lambda home: "新办重度残疾证"


def _relief_repeated(t: _Truth) -> Found:
    since = t.days_ago(t.at.relief_months)
    count = t.summed(
        "civil_assistance", lambda rows: _is(rows, "kind", "temporary_relief") & (_days(rows, "paid_on") >= since)
    )
    return count >= t.at.relief_times, lambda home: f"临时救助 {int(count[home])} 次"


def _dangerous_home(t: _Truth) -> Found:
    count = t.summed(
        "housing_appraisal",
        lambda rows: (_is(rows, "housing_grade", "C") | _is(rows, "housing_grade", "D")) & _true(rows, "only_home"),
    )
    return count > 0, lambda home: "唯一住房为危房"


def _without_water(t: _Truth) -> Found:
    days = t.summed("water_supply", lambda rows: np.ones(rows.num_rows, dtype=np.bool_), "days_without")
    return days > t.at.water_days_yellow, lambda home: f"停水 {days[home]:.0f} 天"


def _earner_lost_job(t: _Truth) -> Found:
    until = t.days_ago(t.at.job_loss_months_yellow)
    table = t.tables["employment"]
    out = _is(table, "employment_status", "unemployed") & (_days(table, "unemployed_since") <= until)
    jobless = np.zeros(t.county.persons, dtype=np.bool_)
    jobless[table["person_row"].to_numpy()[out]] = True
    return t.anybody(jobless & t.county.top_earners()), lambda home: "主要劳动力失业"


def _heavy_loss(t: _Truth) -> Found:
    since = t.days_ago(t.at.disaster_months)
    loss = t.summed("disaster_loss", lambda rows: _days(rows, "happened_on") >= since, "loss_yuan")
    return loss > t.at.disaster_loss_yellow, lambda home: f"损失 {format_yuan(loss[home])}"


def _elderly_only(t: _Truth) -> Found:
    age = t.county.people.age
    old, child = age >= t.at.elderly_age, age < t.at.child_age
    return t.anybody(old) & ~t.anybody(~old & ~child), lambda home: "家中只有老人、儿童"


def _without_measure(t: _Truth) -> Found:
    return t.county.monitoring.without_measure, lambda home: "已纳入，尚未实施帮扶措施"


_KINDS: dict[str, Callable[[_Truth], Found]] = {
    "income.under_line_not_enrolled": _under_line,
    "income.under_watch_line": _under_watch_line,
    "income.fell_sharply": _fell,
    "medical.self_paid_high": _self_paid,
    "medical.uninsured": _uninsured,
    "health.new_major_disease": _new_disease,
    "education.school_age_without_roll": _without_roll,
    "education.dropped_out": _dropped_out,
    "disability.severe_new_certificate": _severe_certificate,
    "civil.relief_repeated": _relief_repeated,
    "housing.dangerous_only_home": _dangerous_home,
    "water.days_without": _without_water,
    "employment.main_earner_lost_job": _earner_lost_job,
    "disaster.heavy_loss": _heavy_loss,
    "registry.elderly_only": _elderly_only,
    "monitoring.enrolled_without_measure": _without_measure,
}

KINDS = tuple(_KINDS)
"""Rule ids that the truth file speaks about, and no others."""
