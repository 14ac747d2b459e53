"""Alerts: who gets one, what it says, and what cannot be told."""

import json
from datetime import date
from typing import Any

import pytest

from doudi.rulebook import build_rulebook
from doudi.screening.thresholds import MissingParameters

LINE = "income.under_line_not_enrolled"


def alert(result: Any, rule: str) -> dict[str, Any]:
    (found,) = [one for one in result.alerts.to_pylist() if one["rule_id"] == rule]
    return dict(found)


def test_nothing_amiss_raises_nothing_and_leaves_nothing_untold(village: Any, met: Any) -> None:
    village.row("medical_enrolment", 11, insured=True, insured_year=2023.0, insurance_kind="resident")
    result = village.screen()
    assert met(result) == set()
    assert result.cannot_tell.num_rows == 0


def test_an_alert_carries_facts_thresholds_basis_and_one_sentence_in_both_languages(village: Any) -> None:
    village.incomes[0]["per_capita_income"] = 6999.5
    found = alert(village.screen(), LINE)
    assert found["sentence"] == "去年人均纯收入 6,999.50 元，低于监测线 7,100 元，尚未纳入监测"
    assert found["sentence_en"].startswith("Per-capita net income last year was 6,999.50 yuan, below")
    assert json.loads(found["facts"]) == {"per_capita_income_last_year": 6999.5, "is_monitored": False}
    threshold = json.loads(found["thresholds"])["monitoring_line"]
    assert (threshold["value"], threshold["verified"], threshold["income_year"]) == (7100, True, 2022)
    assert json.loads(found["legal_basis"])[0] == {"document": "省年度监测范围通知", "article": "一"}
    assert (found["level"], found["risk"], found["department"]) == ("red", "other", "rural_revitalisation")
    assert (found["household_key"], found["person_key"], found["region_code"]) == (1, None, "149901001001")


def test_a_version_changes_with_a_parameter_and_not_with_another_rules(village: Any, rulebook: Any) -> None:
    before = village.screen().plan.versions
    texts = dict(rulebook.texts)
    line = "parameters/monitoring_line.yaml"
    texts[line] = texts[line].replace("7100", "7101")
    village.rulebook = build_rulebook(texts)
    after = village.screen().plan.versions
    assert before[LINE] != after[LINE]
    assert before["water.days_without"] == after["water.days_without"]
    assert all(len(version) <= 32 for version in after.values())


def test_a_rule_of_persons_names_the_person(village: Any, met: Any) -> None:
    village.person(12, 1, birth_date=date(2013, 1, 1), education=None, student_status="primary")
    assert ("education.school_age_without_roll", 1, 12) in met(village.screen())
    village.row("school_roll", 12, status="enrolled")
    assert ("education.school_age_without_roll", 1, 12) not in met(village.screen())


def test_a_dead_person_raises_nothing(village: Any, met: Any) -> None:
    village.person(12, 1, insured_medical=False, status="dead")
    village.row("health_disease", 12, major_disease="肺癌", diagnosed_on=date(2023, 7, 1))
    assert met(village.screen()) == set()


@pytest.mark.parametrize(("days", "level"), [(3.0, None), (4.0, "yellow"), (7.0, "yellow"), (8.0, "red")])
def test_a_rule_escalates(village: Any, days: float, level: str | None) -> None:
    village.row("water_supply", 11, days_without=days, quality_ok=True)
    found = [one["level"] for one in village.screen("water.days_without").alerts.to_pylist()]
    assert found == ([level] if level else [])


def test_a_signal_is_attached_only_where_there_is_an_alert_and_drops_nothing(village: Any, met: Any) -> None:
    village.row("payroll", 11, employer="某单位")
    assert met(village.screen()) == set()
    village.incomes[0]["per_capita_income"] = 7000.0
    assert {("exclusion.payroll", 1, 11), (LINE, 1, None)} <= met(village.screen())


def test_a_missing_value_is_reported_with_its_name(village: Any, unknown: Any) -> None:
    village.incomes[0]["per_capita_income"] = None
    rows = unknown(village.screen(LINE, "income.fell_sharply"))
    assert rows == {
        (LINE, 1, ("per_capita_income_last_year",)),
        ("income.fell_sharply", 1, ("per_capita_income_last_year",)),
    }


def test_what_is_known_can_decide_in_spite_of_a_missing_value(village: Any, met: Any, unknown: Any) -> None:
    village.households[0]["monitor_type"] = "marginal"
    village.incomes[0]["per_capita_income"] = None
    result = village.screen(LINE)
    assert met(result) == set()
    assert unknown(result) == set()


def test_a_sum_with_an_unknown_part_raises_when_the_known_part_is_enough(village: Any, met: Any, unknown: Any) -> None:
    rule = "medical.self_paid_high"
    village.row("medical_settlement", 11, settled_on=date(2023, 7, 1), self_paid=500.0)
    village.row("medical_settlement", 11, settled_on=date(2023, 7, 2), self_paid=None)
    assert unknown(village.screen(rule)) == {(rule, 1, ("medical_self_paid_12m",))}
    village.row("medical_settlement", 11, settled_on=date(2023, 7, 3), self_paid=20000.0)
    result = village.screen(rule)
    assert met(result) == {(rule, 1, None)}
    assert unknown(result) == set()


def test_a_row_without_a_date_may_lie_in_the_window(village: Any, unknown: Any) -> None:
    village.row("medical_settlement", 11, settled_on=None, self_paid=20000.0)
    assert unknown(village.screen("medical.self_paid_high")) == {
        ("medical.self_paid_high", 1, ("medical_self_paid_12m",))
    }


def test_an_absent_feed_is_one_line_a_rule_with_the_number_of_those_not_judged(village: Any) -> None:
    village.household(2)
    village.person(21, 2)
    village.income(2)
    village.without("water_supply", "payroll")
    lines = [one for one in village.screen().cannot_tell.to_pylist() if one["source"]]
    told = {(one["rule_id"], one["source"], one["subjects"], one["household_key"]) for one in lines}
    assert told == {
        ("water.days_without", "water_supply", 2, None),
        ("water.quality_fails", "water_supply", 2, None),
        ("water.hard_to_get", "water_supply", 2, None),
        ("water.too_little", "water_supply", 2, None),
        ("exclusion.payroll", "payroll", 2, None),
    }


def test_an_absent_feed_does_not_silence_what_other_data_decide(village: Any, met: Any, rulebook: Any) -> None:
    village.without("medical_enrolment")
    village.person(12, 1, insured_medical=False)
    result = village.screen("medical.uninsured")
    assert met(result) == {("medical.uninsured", 1, 12)}
    assert [one["subjects"] for one in result.cannot_tell.to_pylist()] == [1]


def test_a_column_that_the_sheet_lacks_is_as_unknown_as_a_feed(village: Any, rulebook: Any) -> None:
    from doudi.screening.inputs import FeedRows
    from doudi.screening.run import screen

    village.row("water_supply", 11, days_without=None, quality_ok=True)
    feeds = [
        FeedRows(one.feed, one.rows, lacking=frozenset({"days_without"})) if one.feed == "water_supply" else one
        for one in village.feed_rows()
    ]
    result = screen(rulebook=rulebook, registry=village.tables(), feeds=feeds, as_of=date(2023, 8, 1), threads=1)
    lines = [(one["rule_id"], one["source"]) for one in result.cannot_tell.to_pylist() if one["source"]]
    assert lines == [("water.days_without", "water_supply")]


def test_a_missing_parameter_stops_the_screening_and_names_the_file(village: Any) -> None:
    village.households[0]["region_code"] = "110101001001"
    with pytest.raises(MissingParameters, match=r"monitoring_line\.yaml"):
        village.screen()


def test_each_county_is_judged_by_its_own_line(village: Any, rulebook: Any) -> None:
    texts = dict(rulebook.texts)
    county = '  - {region: "149902000000", income_year: 2022, value: 7500, source: {document: 县}, verified: true}\n'
    texts["parameters/monitoring_line.yaml"] += county
    months = '  - {region: "149902000000", from: 2021-01-01, value: 6, source: {document: 县}}\n'
    texts["parameters/self_paid_months.yaml"] += months
    age = '  - {region: "149902000000", from: 2021-01-01, value: 40, source: {document: 县}}\n'
    texts["parameters/elderly_age.yaml"] += age
    village.rulebook = build_rulebook(texts)
    village.household(2, region_code="149902001001")
    village.person(21, 2)
    village.income(2)
    for row in village.incomes:
        row["per_capita_income"] = 7400.0
    for person in (11, 21):
        village.row("medical_settlement", person, settled_on=date(2022, 9, 1), self_paid=15000.0)
    alerts = village.screen().alerts.to_pylist()
    found = {(one["rule_id"], one["household_key"]): one for one in alerts}
    assert ("medical.self_paid_high", 1) in found
    assert ("medical.self_paid_high", 2) not in found
    assert ("registry.single_elderly", 2) in found
    assert ("registry.single_elderly", 1) not in found
    assert ("income.under_watch_line", 1) in found
    below = found[(LINE, 2)]
    assert below["sentence"] == "去年人均纯收入 7,400 元，低于监测线 7,500 元，尚未纳入监测"
    assert json.loads(below["thresholds"])["monitoring_line"]["region"] == "149902000000"


def test_a_rule_of_persons_may_use_facts_of_their_household(village: Any, rulebook: Any, met: Any) -> None:
    texts = dict(rulebook.texts)
    name = "screening/medical.uninsured.yaml"
    changed = (
        texts[name]
        .replace("facts: [insured, age_days]", "facts: [insured, age_days, is_alleviated]")
        .replace("when: NOT insured", "when: is_alleviated AND NOT insured")
    )
    texts[name] = changed.replace("given: {", "given: {is_alleviated: true, ")
    village.rulebook = build_rulebook(texts)
    village.household(2, household_type="alleviated")
    village.income(2)
    village.person(12, 1, insured_medical=False)
    village.person(21, 2, insured_medical=False)
    result = village.screen("medical.uninsured")
    assert met(result) == {("medical.uninsured", 2, 21)}
    from doudi.screening.results.explain import explain

    assert [one.outcome for one in explain(result, 2)] == ["raised"]
    assert {one.outcome for one in explain(result, 1)} == {"not_raised"}


def test_a_rule_out_of_force_is_not_applied(village: Any, rulebook: Any, met: Any) -> None:
    texts = dict(rulebook.texts)
    name = f"screening/{LINE}.yaml"
    texts[name] = texts[name].replace("in_force: {from: 2021-01-01}", "in_force: {from: 2021-01-01, until: 2023-07-31}")
    village.rulebook = build_rulebook(texts)
    village.incomes[0]["per_capita_income"] = 1.0
    assert met(village.screen()) == {("income.fell_sharply", 1, None)}


def test_quotes_in_texts_do_no_harm(village: Any, rulebook: Any) -> None:
    texts = dict(rulebook.texts)
    name = f"screening/{LINE}.yaml"
    texts[name] = texts[name].replace('尚未纳入监测"', "'); DROP TABLE household_facts; --\"")
    village.rulebook = build_rulebook(texts)
    village.incomes[0]["per_capita_income"] = 1.0
    assert alert(village.screen(), LINE)["sentence"].endswith("'); DROP TABLE household_facts; --")
