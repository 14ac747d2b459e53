"""An old alert is judged again by what the screening kept, whatever has changed since."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from doudi.rulebook import build_rulebook
from doudi.rulebook.amending import with_value
from doudi.rulebook.wording import Words
from doudi.screening.judging import judge, judge_parts, types_of
from doudi.screening.reproduce import KeptResult, NotKept
from doudi.standards.regions import RegionCode

UNDER_LINE = "income.under_line_not_enrolled"


@pytest.fixture
def kept(village: Any, tmp_path: Path) -> Path:
    """Poor households, a costly illness in one of them, an absent feed and a fraction of a yuan."""
    village.income(2, per_capita_income=7099.996)
    village.household(2)
    village.person(21, 2, insured_medical=False)
    village.household(3)
    village.income(3, per_capita_income=3000.5)
    village.person(31, 3)
    village.row("medical_settlement", 31, settled_on=date(2023, 5, 1), self_paid=90000.0)
    village.without("vehicle")
    result = village.screen()
    folder = result.write(tmp_path / "result")
    result.close()
    return folder


def test_every_alert_comes_out_as_it_was_recorded(kept):
    found = list(KeptResult(kept).reproduce())
    assert len(found) == pq.read_table(kept / "alerts.parquet").num_rows >= 4
    assert {one.rule_id for one in found} >= {UNDER_LINE, "medical.uninsured", "medical.self_paid_high"}
    assert all(one.equal for one in found), [one for one in found if not one.equal]


def test_a_fraction_under_the_line_is_judged_by_the_exact_income(kept):
    (found,) = KeptResult(kept).reproduce(rule_id=UNDER_LINE, household_key=2)
    assert found.facts["per_capita_income_last_year"] == 7099.996
    assert found.equal


def test_it_still_does_when_rule_and_parameter_have_changed(kept, rulebook):
    path = "parameters/monitoring_line.yaml"
    lower = with_value(
        rulebook.texts[path], region=RegionCode("140000000000"), income_year=2022, value=2000, source="新文件"
    )
    changed = build_rulebook({**rulebook.texts, path: lower})
    rule = changed.rules[UNDER_LINE]
    line = changed.parameters["monitoring_line"].value(region="149901001001", on=KeptResult(kept).as_of).value
    old = KeptResult(kept)
    (found,) = old.reproduce(rule_id=UNDER_LINE, household_key=3)
    assert found.equal
    assert judge(rule, changed, found.facts, {"monitoring_line": line}).outcome == "not_raised"


@pytest.mark.parametrize(
    ("column", "value"), [("sentence", "去年人均纯收入 1 元"), ("level", "yellow"), ("sentence_en", "nothing")]
)
def test_an_alert_that_was_tampered_with_is_found(kept, column, value):
    alerts = pq.read_table(kept / "alerts.parquet").to_pylist()
    target = next(one for one in alerts if one["rule_id"] == UNDER_LINE and one["household_key"] == 3)
    target[column] = value
    pq.write_table(pa.Table.from_pylist(alerts, pq.read_schema(kept / "alerts.parquet")), kept / "alerts.parquet")
    unequal = [one for one in KeptResult(kept).reproduce() if not one.equal]
    assert [(one.rule_id, one.household_key) for one in unequal] == [(UNDER_LINE, 3)]


def test_a_rule_that_was_tampered_with_is_found(kept):
    file = kept / "rules.json"
    texts = json.loads(file.read_text(encoding="utf-8"))
    name = f"screening/{UNDER_LINE}.yaml"
    texts[name] = texts[name].replace("< monitoring_line AND", "> monitoring_line AND")
    file.write_text(json.dumps(texts), encoding="utf-8")
    assert {one.rule_id for one in KeptResult(kept).reproduce() if not one.equal} == {UNDER_LINE}


def test_a_folder_that_is_no_result_is_named(tmp_path):
    with pytest.raises(NotKept, match=r"manifest\.json"):
        _ = KeptResult(tmp_path).as_of


def test_the_judge_agrees_with_every_example_of_every_rule(rulebook):
    """The same examples that hold the database to the rules hold the Python judge to them."""
    checked = 0
    for rule in rulebook.rules.values():
        clause = Words(rulebook.facts, rulebook.parameters).clause(rule.when.text)
        for case in rule.cases:
            thresholds = {
                name: rulebook.parameters[name].value(region=case.region, on=case.on).value for name in rule.parameters
            }
            found = judge(rule, rulebook, case.given, thresholds)
            assert found.outcome == case.then, (rule.id, case.name)
            assert case.level is None or found.level == case.level, (rule.id, case.name)
            parts = judge_parts(clause, types_of(rule, rulebook), {**case.given, **thresholds})
            assert parts.truth is {"raised": True, "not_raised": False, "cannot_tell": None}[case.then]
            checked += 1
    assert checked > 100


def test_an_amount_with_a_gap_is_never_a_no(rulebook):
    rule = rulebook.rules["medical.single_bill_high"]
    facts = {"largest_medical_bill": 1.0, "is_alleviated": True}
    assert judge(rule, rulebook, facts, {"single_bill_high": 5000.0}).outcome == "not_raised"
    assert judge(rule, rulebook, facts, {"single_bill_high": 5000.0}, gaps=["largest_medical_bill"]).outcome == (
        "cannot_tell"
    )
