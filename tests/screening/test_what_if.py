"""What-if on a village of six households, small enough to count by hand."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from doudi.rulebook import Rulebook, RulebookError, build_rulebook
from doudi.rulebook.drafting import ChangeRefused, Draft
from doudi.screening.run import screen
from doudi.screening.trials.what_if import WhatIf, what_if
from doudi.standards.regions import RegionCode

AS_OF = date(2023, 8, 1)
COUNTY = RegionCode("149901000000")
OTHER_TOWNSHIP = "149901002001"
UNDER_LINE, WATCH, BILLS = "income.under_line_not_enrolled", "income.under_watch_line", "medical.self_paid_high"
RULES = (UNDER_LINE, WATCH, BILLS, "exclusion.vehicle")


@pytest.fixture(scope="module")
def few(rulebook: Rulebook) -> Rulebook:
    """Four rules of the delivered rulebook, no rules across households, no policies."""
    wanted = {f"screening/{name}.yaml" for name in RULES}
    return build_rulebook(
        {path: text for path, text in rulebook.texts.items() if path.startswith(("facts/", "feeds/", "parameters/"))}
        | {path: rulebook.texts[path] for path in wanted}
    )


@pytest.fixture
def county(village: Any, few: Rulebook) -> Any:
    """Incomes a head: 1: 15000, 2: 6500 (red), 3: 7400 and 4: 7900 (yellow: watched), 5: 6900 (red), 6: 15000.

    5 and 6 live in another township; 6 paid 9,000 yuan of its own for illness. 2 and 6 have two
    persons, 3 is alleviated.
    """
    village.rulebook = few
    incomes = {2: 6500.0, 3: 7400.0, 4: 7900.0, 5: 6900.0, 6: 15000.0}
    for key, income in incomes.items():
        where = {"region_code": OTHER_TOWNSHIP} if key >= 5 else {}
        kind = {"household_type": "alleviated"} if key == 3 else {}
        village.household(key, **where, **kind)
        village.person(key * 10, key)
        village.income(key, per_capita_income=income, net_income=income, transfer_income=0.0)
        village.income(key, 2021, per_capita_income=income, net_income=income, transfer_income=0.0)
    village.person(21, 2)
    village.person(61, 6)
    village.row("medical_settlement", 60, kind="inpatient", total_cost=20000.0, reimbursed=11000.0,
                self_paid=9000.0, settled_on=date(2023, 5, 2))  # fmt: skip
    return village


def tried(county: Any, draft: Draft, **more: Any) -> WhatIf:
    return what_if(
        today=county.rulebook,
        changed=draft.build(),
        registry=county.tables(),
        feeds=county.feed_rows(),
        as_of=AS_OF,
        changes=draft.told,
        threads=1,
        **more,
    )


@pytest.fixture
def draft(few: Rulebook) -> Draft:
    return Draft(few, COUNTY, AS_OF)


def line(lines: list[dict[str, Any]], value: str) -> dict[str, Any]:
    return next(one for one in lines if one["value"] == value)


def test_a_higher_line_makes_watched_households_red(county, draft):
    draft.set_value("monitoring_line", "7500")
    found = tried(county, draft)
    # today flagged: 2, 3, 4, 5; with 7500: 3 (7400) goes from yellow to red, nobody new, nobody gone
    assert (found.total["before"], found.total["after"]) == (4, 4)
    assert (found.total["enter"], found.total["leave"], found.total["up"], found.total["down"]) == (0, 0, 1, 0)
    assert found.total["persons_before"] == 5
    assert line(found.by_rule, UNDER_LINE)["enter"] == 1
    assert line(found.by_rule, WATCH)["leave"] == 1
    assert found.changes == ("防止返贫监测线：7,100 → 7,500（149901000000）",)


def test_who_enters_and_who_leaves(county, draft):
    draft.set_value("low_income_watch_line", 7800)
    draft.set_value("self_paid_yellow", 8000)
    found = tried(county, draft)
    states = {row["household_key"]: row["state"] for row in found.households.to_pylist()}
    assert states == {2: "stay", 3: "stay", 4: "leave", 5: "stay", 6: "enter"}
    assert found.net == 0
    assert line(found.by_township, "149901001000")["leave"] == 1
    assert line(found.by_township, "149901002000")["enter"] == 1
    assert line(found.by_risk, "illness")["enter"] == 1
    assert line(found.by_household_type, "ordinary")["enter"] == 1
    assert "alleviated" in {one["value"] for one in found.by_household_type}
    entered = next(row for row in found.households.to_pylist() if row["household_key"] == 6)
    assert entered["rules_new"] == [BILLS]
    assert "9,000" in entered["sentence"]
    assert "8,000" in entered["sentence"]
    left = next(row for row in found.households.to_pylist() if row["household_key"] == 4)
    assert left["rules_gone"] == [WATCH]
    assert {(row["rule_id"], row["state"]) for row in found.alerts.to_pylist()} == {(BILLS, "new"), (WATCH, "gone")}


def test_a_value_for_one_township_changes_that_township_only(county, draft):
    draft.set_value("monitoring_line", 6000, region=RegionCode("149901002000"))
    draft.set_value("low_income_watch_line", 6000, region=RegionCode("149901002000"))
    found = tried(county, draft)
    assert {row["household_key"] for row in found.households.to_pylist() if row["state"] == "leave"} == {5}
    assert line(found.by_township, "149901001000")["leave"] == 0


def test_a_rule_switched_off_and_another_condition(county, draft):
    draft.switch_off(WATCH)
    assert {row["household_key"] for row in tried(county, draft).households.to_pylist() if row["state"] == "leave"} == {
        3,
        4,
    }
    again = Draft(county.rulebook, COUNTY, AS_OF)
    again.set_condition(
        UNDER_LINE, "per_capita_income_last_year < monitoring_line AND NOT is_monitored AND member_count > 1"
    )
    found = tried(county, again)
    assert {row["household_key"] for row in found.households.to_pylist() if row["state"] == "leave"} == {5}


def test_only_what_the_change_touches_is_worked_out_again(county, draft):
    draft.set_value("self_paid_yellow", 8000)
    found = tried(county, draft)
    assert found.recomputed == (BILLS,)
    whole = screen(rulebook=draft.build(), registry=county.tables(), feeds=county.feed_rows(), as_of=AS_OF, threads=1)
    flagged = {row["household_key"] for row in whole.alerts.to_pylist() if row["level"] != "exclusion"}
    assert {row["household_key"] for row in found.households.to_pylist() if row["level_after"]} == flagged


def test_the_delivered_rulebook_with_all_its_rules_is_compared_too(county, rulebook):
    draft = Draft(rulebook, COUNTY, AS_OF)
    draft.switch_off(WATCH)
    county.rulebook = rulebook
    found = tried(county, draft)
    assert line(found.by_rule, WATCH)["leave"] == 2
    assert line(found.by_rule, UNDER_LINE)["households_after"] == 2


def test_a_signal_that_only_asks_for_verification_flags_nobody(county, draft):
    county.row("vehicle", 20, vehicle_kind="car", value=60000.0, registered_on=date(2022, 9, 1))
    draft.switch_off("exclusion.vehicle")
    found = tried(county, draft)
    assert (found.total["enter"], found.total["leave"]) == (0, 0)


def test_nothing_changed_says_so(county, draft):
    found = tried(county, draft)
    assert found.total["before"] == found.total["after"] == 4
    assert found.alerts.num_rows == 0
    assert found.extra_cost is None or found.extra_cost == 0


def test_costs_by_policy_and_township_from_what_people_are_entitled_to(monkeypatch, county, draft):
    schema = ["policy_id", "household_key", "person_key", "region_code", "state", "amount"]
    rows = {
        "today": [("aid", 2, None, "149901001001", "gap", 1200.0), ("aid", 3, None, "149901001001", "over", 800.0)],
        "then": [
            ("aid", 2, None, "149901001001", "received", 1500.0),
            ("aid", 5, None, OTHER_TOWNSHIP, "gap", 1500.0),
            ("aid", 6, None, OTHER_TOWNSHIP, "gap", None),
        ],
    }
    from doudi.screening.trials.costs import costs_of

    class Result:
        def __init__(self, name: str) -> None:
            self.entitlements = pa.Table.from_pylist([dict(zip(schema, row, strict=True)) for row in rows[name]])

    costs, places = costs_of(Result("today"), Result("then"))  # type: ignore[arg-type]
    (aid,) = costs
    assert (aid["subjects_before"], aid["subjects_after"], aid["enter"], aid["leave"]) == (1, 3, 2, 0)
    assert (aid["yuan_before"], aid["yuan_after"], aid["unknown_after"]) == (1200.0, 3000.0, 1)
    assert aid["gap_yuan_after"] == 1500.0
    assert line(places, "149901002000")["yuan_after"] == 1500.0


@pytest.mark.parametrize("typed", ["abc", "", "1e99"])
def test_a_value_that_is_no_number_is_refused(draft, typed):
    with pytest.raises(ChangeRefused) as refused:
        draft.set_value("monitoring_line", typed)
    assert "防止返贫监测线" in refused.value.message


def test_a_condition_that_cannot_be_read_names_the_file(draft):
    draft.set_condition(UNDER_LINE, "per_capita_income_last_year < no_such_thing")
    with pytest.raises(RulebookError) as refused:
        draft.build()
    assert any("no_such_thing" in problem.message and UNDER_LINE in problem.file for problem in refused.value.problems)


def test_the_result_is_kept_in_files(county, draft, tmp_path):
    draft.switch_off(WATCH)
    folder = tried(county, draft).write(tmp_path / "kept")
    again = WhatIf.read(folder)
    assert again.households.num_rows == 4
    assert line(again.by_rule, WATCH)["leave"] == 2
    assert again.changes == ("停用规则“去年人均纯收入在监测线以上、关注线以下且未纳入监测”",)


def test_another_benefit_costs_more_by_what_people_are_entitled_to(county, rulebook):
    """Pupils of vocational schools: one in an alleviated household, 3,000 yuan a year today, 4,000 tried."""
    policy = "education.yulu_plan"
    wanted = {f"policies/{policy}.yaml"} | {f"screening/{name}.yaml" for name in RULES}
    parts = ("facts/", "feeds/", "parameters/")
    texts = {path: text for path, text in rulebook.texts.items() if path.startswith(parts) or path in wanted}
    county.rulebook = build_rulebook(texts)
    county.row("school_roll", 30, stage="vocational", status="enrolled")
    county.persons[[one["person_key"] for one in county.persons].index(30)] |= {"student_status": "vocational_1"}
    draft = Draft(county.rulebook, COUNTY, AS_OF)
    draft.set_benefit(policy, 4000)
    found = tried(county, draft)
    (line_,) = found.costs
    assert line_["value"] == policy
    assert (line_["yuan_after"] - line_["yuan_before"]) == 1000.0 * line_["subjects_before"]
    assert found.extra_cost == line_["yuan_after"] - line_["yuan_before"]
    assert line_["subjects_before"] == line_["subjects_after"] == 1
    assert found.total["enter"] == 0
    assert found.changes == ("政策“雨露计划职业教育补助”的待遇：雨露计划补助标准（3,000） → 4,000（元/年）",)
