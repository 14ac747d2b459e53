"""The truth about risk, worked out a second time by hand from the true rows."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from doudi.standards.periods import age_on
from doudi.synth.county.whole import County
from doudi.synth.thresholds import Thresholds
from doudi.synth.truth import KINDS, at_risk, months_before

AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"

YEAR_AGO, THREE_MONTHS_AGO, MONTH_AGO = date(2022, 8, 1), date(2023, 5, 1), date(2023, 7, 1)


@pytest.fixture(scope="session")
def truth(county: County, tables: dict[str, pa.Table]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in at_risk(county, tables, Thresholds.of(RULES, AS_OF)).to_pylist():
        found[row["kind"]].add(row["household_no"])
    return found


@pytest.fixture(scope="session")
def members(tables: dict[str, pa.Table]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = defaultdict(list)
    for person in tables["registry_person"].to_pylist():
        if person["status"] in ("active", "in_army"):
            found[person["household_no"]].append(person)
    return found


def test_every_kind_occurs_even_in_a_small_county(truth: dict[str, set[str]]) -> None:
    assert {kind for kind in KINDS if len(truth[kind]) >= 2} == set(KINDS)


def test_income_kinds(truth: dict[str, set[str]], tables: dict[str, pa.Table]) -> None:
    before = {
        row["household_no"]: row["net_income"] / row["size_year"] for row in tables["registry_income"].to_pylist()
    }
    under, watch, fell = set(), set(), set()
    for row in tables["registry_household"].to_pylist():
        income, number = row["net_income"] / row["size_year"], row["household_no"]
        enrolled = row["monitor_type"] is not None and row["exited_month"] is None
        if income < 7100 and not enrolled:
            under.add(number)
        if 7100 <= income < 8000 and not enrolled:
            watch.add(number)
        if income <= before[number] * 0.7:
            fell.add(number)
    assert truth["income.under_line_not_enrolled"] == under
    assert truth["income.under_watch_line"] == watch
    assert truth["income.fell_sharply"] == fell


def test_medical_kinds(truth: dict[str, set[str]], tables: dict[str, pa.Table], members: dict[str, list[dict]]) -> None:
    paid: dict[str, float] = defaultdict(float)
    for row in tables["medical_settlement"].to_pylist():
        if row["settled_on"] >= YEAR_AGO:
            paid[row["household_no"]] += row["self_paid"]
    high = {number for number, sum_ in paid.items() if sum_ > 10_000 or sum_ > 7100 * len(members[number])}
    assert truth["medical.self_paid_high"] == high
    uninsured = {row["household_no"] for row in tables["medical_enrolment"].to_pylist() if not row["insured"]}
    assert truth["medical.uninsured"] == uninsured
    ill = tables["health_disease"].to_pylist()
    new = {row["household_no"] for row in ill if row["major_disease"] and row["diagnosed_on"] >= THREE_MONTHS_AGO}
    assert truth["health.new_major_disease"] == new


def test_everybody_present_is_on_the_insurance_list(
    tables: dict[str, pa.Table], members: dict[str, list[dict]]
) -> None:
    listed = {row["resident_id"] for row in tables["medical_enrolment"].to_pylist()}
    assert listed == {person["resident_id"] for family in members.values() for person in family}


def test_school_kinds(truth: dict[str, set[str]], tables: dict[str, pa.Table], members: dict[str, list[dict]]) -> None:
    roll = {row["resident_id"]: row["status"] for row in tables["school_roll"].to_pylist()}
    without, dropped = set(), set()
    for number, family in members.items():
        for person in family:
            if roll.get(person["resident_id"]) == "dropped_out":
                dropped.add(number)
            if 6 <= age_on(person["birth_date"], AS_OF) <= 15 and person["resident_id"] not in roll:
                without.add(number)
    assert truth["education.school_age_without_roll"] == without
    assert truth["education.dropped_out"] == dropped


def test_kinds_of_single_feeds(truth: dict[str, set[str]], tables: dict[str, pa.Table]) -> None:
    relief: dict[str, int] = defaultdict(int)
    for row in tables["civil_assistance"].to_pylist():
        relief[row["household_no"]] += row["kind"] == "temporary_relief" and row["paid_on"] >= YEAR_AGO
    assert truth["civil.relief_repeated"] == {number for number, times in relief.items() if times >= 2}

    def homes(feed: str, wanted: object) -> set[str]:
        return {row["household_no"] for row in tables[feed].to_pylist() if wanted(row)}  # type: ignore[operator]

    assert truth["disability.severe_new_certificate"] == homes(
        "disability_certificate", lambda r: r["disability_grade"] in ("1", "2") and r["issued_on"] >= THREE_MONTHS_AGO
    )
    assert truth["housing.dangerous_only_home"] == homes(
        "housing_appraisal", lambda r: r["housing_grade"] in ("C", "D") and r["only_home"]
    )
    assert truth["water.days_without"] == homes("water_supply", lambda r: r["days_without"] > 3)
    assert truth["disaster.heavy_loss"] == homes("disaster_loss", lambda r: r["loss_yuan"] > 5000)


def test_main_earners_out_of_work(
    truth: dict[str, set[str]], tables: dict[str, pa.Table], members: dict[str, list[dict]]
) -> None:
    out = {
        row["resident_id"]
        for row in tables["employment"].to_pylist()
        if row["employment_status"] == "unemployed" and row["unemployed_since"] <= MONTH_AGO
    }
    lost = set()
    for number, family in members.items():
        earned = {one["resident_id"]: one["work_months"] * (one["wage_month"] or 0) for one in family}
        best = max(earned.values())
        if best > 0 and any(wage == best and who in out for who, wage in earned.items()):
            lost.add(number)
    assert truth["employment.main_earner_lost_job"] == lost


def test_kinds_of_the_registry(
    truth: dict[str, set[str]], tables: dict[str, pa.Table], members: dict[str, list[dict]]
) -> None:
    elderly = set()
    for number, family in members.items():
        ages = [age_on(one["birth_date"], AS_OF) for one in family]
        if any(age >= 60 for age in ages) and all(age >= 60 or age < 16 for age in ages):
            elderly.add(number)
    assert truth["registry.elderly_only"] == elderly
    able = {
        n for n, family in members.items() if any(one["labour"] in ("skilled", "ordinary", "weak") for one in family)
    }
    undone = {
        row["household_no"]
        for row in tables["registry_household"].to_pylist()
        if row["monitor_type"] and not row["exited_month"] and row["dev_status"] == "not_yet"
    }
    assert truth["monitoring.enrolled_without_measure"] == undone & able


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2023, 8, 1), 12, date(2022, 8, 1)),
        (date(2023, 3, 31), 1, date(2023, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2023, 1, 15), 1, date(2022, 12, 15)),
        (date(2023, 12, 31), 0, date(2023, 12, 31)),
    ],
)
def test_whole_months_back(day: date, months: int, then: date) -> None:
    assert months_before(day, months) == then
