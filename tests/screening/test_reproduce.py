"""An old alert is judged again by what the screening kept, whatever has changed since."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from doudi.rulebook import build_rulebook
from doudi.rulebook.amending import with_value
from doudi.rulebook.wording import Words
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.judging import judge, judge_parts, types_of
from doudi.screening.results.reproduce import KeptAlerts, NotKept
from doudi.screening.run import screen
from doudi.standards.regions import RegionCode

AS_OF = date(2023, 8, 1)
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
    found = list(KeptAlerts(kept).reproduce())
    assert len(found) == pq.read_table(kept / "alerts.parquet").num_rows >= 4
    assert {one.rule_id for one in found} >= {UNDER_LINE, "medical.uninsured", "medical.self_paid_high"}
    assert all(one.equal for one in found), [one for one in found if not one.equal]


def test_a_fraction_under_the_line_is_judged_by_the_exact_income(kept):
    (found,) = KeptAlerts(kept).reproduce(rule_id=UNDER_LINE, household_key=2)
    assert found.facts["per_capita_income_last_year"] == 7099.996
    assert found.equal


def test_it_still_does_when_rule_and_parameter_have_changed(kept, rulebook):
    path = "parameters/monitoring_line.yaml"
    lower = with_value(
        rulebook.texts[path], region=RegionCode("140000000000"), income_year=2022, value=2000, source="新文件"
    )
    changed = build_rulebook({**rulebook.texts, path: lower})
    rule = changed.rules[UNDER_LINE]
    line = changed.parameters["monitoring_line"].value(region="149901001001", on=KeptAlerts(kept).as_of).value
    old = KeptAlerts(kept)
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
    unequal = [one for one in KeptAlerts(kept).reproduce() if not one.equal]
    assert [(one.rule_id, one.household_key) for one in unequal] == [(UNDER_LINE, 3)]


def test_a_rule_that_was_tampered_with_is_found(kept):
    file = kept / "rules.json"
    texts = json.loads(file.read_text(encoding="utf-8"))
    name = f"screening/{UNDER_LINE}.yaml"
    texts[name] = texts[name].replace("< monitoring_line AND", "> monitoring_line AND")
    file.write_text(json.dumps(texts), encoding="utf-8")
    assert {one.rule_id for one in KeptAlerts(kept).reproduce() if not one.equal} == {UNDER_LINE}


def test_a_folder_that_is_no_result_is_named(tmp_path):
    with pytest.raises(NotKept, match=r"manifest\.json"):
        _ = KeptAlerts(tmp_path).as_of


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


def test_alerts_of_villages_are_judged_again_too(village, tmp_path):
    """Ten households of one village under the line: the village itself is raised."""
    for key in range(100, 112):
        village.household(key)
        village.person(key * 10, key)
        village.income(key, per_capita_income=3000.0)
    result = village.screen()
    kept = KeptAlerts(result.write(tmp_path / "villages"))
    result.close()
    found = [one for one in kept.reproduce() if one.household_key is None]
    assert {one.rule_id for one in found} >= {"region.under_line_many"}
    assert all(one.equal for one in found), [one for one in found if not one.equal]


def in_files(village: Any, folder: Path) -> dict[str, Any]:
    """The village's tables as files, which an incremental screening compares."""
    folder.mkdir()

    def kept(name: str, table: pa.Table) -> tuple[Path, ...]:
        pq.write_table(table, folder / f"{name}.parquet")
        return (folder / f"{name}.parquet",)

    tables = village.tables()
    names = ("household", "person", "income")
    registry = RegistryTables(**{name: kept(name, getattr(tables, name)) for name in names}, distinct=True)
    return {"registry": registry, "feeds": [replace(one, rows=kept(one.feed, one.rows)) for one in village.feed_rows()]}


def test_alerts_of_an_incremental_result_are_judged_by_the_facts_of_the_earlier_one(village, tmp_path):
    for key in range(2, 60):
        village.household(key)
        village.person(key * 10, key)
        village.income(key, per_capita_income=3000.0)
    given = {"rulebook": village.rulebook, "as_of": AS_OF, "threads": 1}
    first = screen(**given, **in_files(village, tmp_path / "one"))
    first.write(tmp_path / "first")
    first.close()
    next(one for one in village.incomes if one["household_key"] == 3)["per_capita_income"] = 4000.0
    second = screen(**given, **in_files(village, tmp_path / "two"), previous=tmp_path / "first")
    kept = KeptAlerts(second.write(tmp_path / "second"))
    assert second.incremental, second.basis
    second.close()
    found = {one.household_key: one for one in kept.reproduce(rule_id=UNDER_LINE)}
    assert len(found) == 58
    assert found[2].facts["per_capita_income_last_year"] == 3000.0
    assert found[3].facts["per_capita_income_last_year"] == 4000.0
    assert all(one.equal for one in found.values())
