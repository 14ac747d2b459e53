"""Who is really at risk: worked out of the true values of the county, without facts, rules or screening.

Each kind is named by the id of the rule that should find it. Thresholds are the dated parameters of the rulebook.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from doudi.standards.money import format_yuan
from doudi.synth.county.whole import County
from doudi.synth.reckoning import Found, Truth, days_of, is_code, is_true, months_before
from doudi.synth.row_truth import ROW_KINDS
from doudi.synth.thresholds import Thresholds

__all__ = ["KINDS", "at_risk", "months_before"]


def at_risk(county: County, tables: Mapping[str, pa.Table], thresholds: Thresholds) -> pa.Table:
    """One row a household and kind: household_no, kind, detail. `tables` are the true department tables."""
    truth = Truth(county, tables, thresholds)
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


def _under_line(t: Truth) -> Found:
    flags = (t.income < t.at.monitoring_line) & ~t.county.monitoring.enrolled
    return flags, lambda home: f"人均 {format_yuan(t.income[home])}"


def _under_watch_line(t: Truth) -> Found:
    between = (t.income >= t.at.monitoring_line) & (t.income < t.at.low_income_watch_line)
    return between & ~t.county.monitoring.enrolled, lambda home: f"人均 {format_yuan(t.income[home])}"


def _fell(t: Truth) -> Found:
    flags = (t.before > 0) & (t.income <= t.before * (1 - t.at.income_fall_yellow))
    return flags, lambda home: f"上年 {format_yuan(t.before[home])}，今年 {format_yuan(t.income[home])}"


def _self_paid(t: Truth) -> Found:
    since = t.days_ago(t.at.self_paid_months)
    paid = t.summed("medical_settlement", lambda rows: days_of(rows, "settled_on") >= since, "self_paid")
    beyond_means = paid > t.at.monitoring_line * t.county.size_now
    return (paid > t.at.self_paid_yellow) | beyond_means, lambda home: f"自付 {format_yuan(paid[home])}"


def _uninsured(t: Truth) -> Found:
    count = t.summed("medical_enrolment", lambda rows: ~is_true(rows, "insured"))
    return count > 0, lambda home: f"{int(count[home])} 人未参保"


def _new_disease(t: Truth) -> Found:
    since = t.days_ago(t.at.new_event_months)
    count = t.summed(
        "health_disease",
        lambda rows: rows["major_disease"].is_valid().to_numpy() & (days_of(rows, "diagnosed_on") >= since),
    )
    return count > 0, lambda home: f"{int(count[home])} 人新患大病"


def _without_roll(t: Truth) -> Found:
    people = t.county.people
    due = (people.age >= t.at.school_age_from) & (people.age <= t.at.school_age_to)
    return t.anybody(people.without_roll & due), lambda home: "适龄儿童无学籍"


def _dropped_out(t: Truth) -> Found:
    return t.anybody(t.county.people.dropped_out), lambda home: "学籍状态为辍学"


def _severe_certificate(t: Truth) -> Found:
    since, people = t.days_ago(t.at.new_event_months), t.county.people
    severe = np.isin(people.grade, list(t.at.severe_disability_grades))
    return t.anybody(severe & (people.certified_day >= since)), lambda home: "新办重度残疾证"


def _relief_repeated(t: Truth) -> Found:
    since = t.days_ago(t.at.relief_months)
    count = t.summed(
        "civil_assistance", lambda rows: is_code(rows, "kind", "temporary_relief") & (days_of(rows, "paid_on") >= since)
    )
    return count >= t.at.relief_times, lambda home: f"临时救助 {int(count[home])} 次"


def _dangerous_home(t: Truth) -> Found:
    count = t.summed(
        "housing_appraisal",
        lambda rows: (
            (is_code(rows, "housing_grade", "C") | is_code(rows, "housing_grade", "D")) & is_true(rows, "only_home")
        ),
    )
    return count > 0, lambda home: "唯一住房为危房"


def _without_water(t: Truth) -> Found:
    days = t.summed("water_supply", lambda rows: np.ones(rows.num_rows, dtype=np.bool_), "days_without")
    return days > t.at.water_days_yellow, lambda home: f"停水 {days[home]:.0f} 天"


def _earner_lost_job(t: Truth) -> Found:
    until = t.days_ago(t.at.job_loss_months_yellow)
    table = t.tables["employment"]
    out = is_code(table, "employment_status", "unemployed") & (days_of(table, "unemployed_since") <= until)
    jobless = np.zeros(t.county.persons, dtype=np.bool_)
    jobless[table["person_row"].to_numpy()[out]] = True
    return t.anybody(jobless & t.county.top_earners()), lambda home: "主要劳动力失业"


def _heavy_loss(t: Truth) -> Found:
    since = t.days_ago(t.at.disaster_months)
    loss = t.summed("disaster_loss", lambda rows: days_of(rows, "happened_on") >= since, "loss_yuan")
    return loss > t.at.disaster_loss_yellow, lambda home: f"损失 {format_yuan(loss[home])}"


def _elderly_only(t: Truth) -> Found:
    age = t.county.people.age
    old, child = age >= t.at.elderly_age, age < t.at.child_age
    return t.anybody(old) & ~t.anybody(~old & ~child), lambda home: "家中只有老人、儿童"


def _without_measure(t: Truth) -> Found:
    return t.county.monitoring.without_measure, lambda home: "已纳入，尚未实施帮扶措施"


_KINDS: dict[str, Callable[[Truth], Found]] = {
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
    **ROW_KINDS,
}

KINDS = tuple(_KINDS)
"""Rule ids that the truth file speaks about, and no others."""
