"""A result: explained for one household, kept on disk whole or not at all, written as a workbook."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from doudi.screening.books.alerts import Intake, write_alerts
from doudi.screening.results.explain import explain

LINE = "income.under_line_not_enrolled"


@pytest.fixture
def poor(village: Any) -> Any:
    for row in village.incomes:
        row["per_capita_income"] = 7000.0
    village.row("water_supply", 11, days_without=None, quality_ok=True)
    village.row("vehicle", 11, value_yuan=60000.0, registered_on=date(2023, 1, 1))
    village.without("payroll")
    return village


def test_every_rule_says_what_it_found(poor: Any) -> None:
    outcomes = explain(poor.screen(), 1)
    by_rule = {one.rule_id: one for one in outcomes}
    assert set(by_rule) == {rule.id for rule in poor.rulebook.rules.values() if not rule.regional}
    assert outcomes[0].rule_id == LINE
    line = by_rule[LINE]
    assert (line.outcome, line.level) == ("raised", "red")
    assert line.sentence == "去年人均纯收入 7,000 元，低于监测线 7,100 元，尚未纳入监测"
    assert [(one.title, one.text) for one in line.facts] == [("去年人均纯收入", "7,000 元"), ("正在监测", "否")]
    assert [(one.title, one.text, one.verified) for one in line.thresholds] == [("防止返贫监测线", "7,100 元", True)]
    water = by_rule["water.days_without"]
    assert (water.outcome, water.missing) == ("cannot_tell", ("停水天数",))
    assert water.sentence == "缺少停水天数，无法判断"
    payroll = by_rule["exclusion.payroll"]
    assert payroll.sentence == "没有财政供养人员的数据，无法判断"
    assert by_rule["exclusion.vehicle"].person_key == 11
    assert by_rule["disaster.heavy_loss"].outcome == "not_raised"


def test_the_explanation_says_the_same_as_the_alert(poor: Any) -> None:
    result = poor.screen()
    alerts = {one["rule_id"]: one for one in result.alerts.to_pylist()}
    for outcome in explain(result, 1):
        if outcome.outcome == "raised":
            alert = alerts[outcome.rule_id]
            assert (outcome.sentence, outcome.sentence_en) == (alert["sentence"], alert["sentence_en"])
            assert (outcome.level, outcome.rule_version) == (alert["level"], alert["rule_version"])


def test_a_kept_result_explains_as_the_fresh_one(poor: Any, tmp_path: Path) -> None:
    result = poor.screen()
    folder = result.write(tmp_path / "run-1")
    assert explain(folder, 1) == explain(result, 1)
    with pytest.raises(LookupError, match="没有这一户"):
        explain(folder, 999)


def test_a_kept_result_is_complete(poor: Any, tmp_path: Path) -> None:
    result = poor.screen()
    folder = result.write(tmp_path / "deep" / "run-1")
    assert pq.read_table(folder / "alerts.parquet").num_rows == result.alerts.num_rows
    facts = pq.read_table(folder / "household_facts.parquet")
    assert facts["per_capita_income_last_year"].to_pylist() == [7000.0]
    assert not [name for name in facts.column_names if name.startswith(("gap_", "outcome__"))]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["rules"][LINE] == result.plan.versions[LINE]
    assert manifest["parameters"]["149901"]["monitoring_line"] == 7100
    assert manifest["summary"]["by_rule"][LINE] == 1
    assert [path.name for path in folder.parent.iterdir()] == ["run-1"]


def test_a_write_that_fails_leaves_nothing_behind(poor: Any, tmp_path: Path, monkeypatch: Any) -> None:
    result = poor.screen()
    result.write(tmp_path / "run-1")

    def fails(*_given: Any, **_options: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("doudi.screening.results.keeping.pq.write_table", fails)
    with pytest.raises(OSError, match="disk full"):
        poor.screen().write(tmp_path / "run-1")
    assert [path.name for path in tmp_path.iterdir()] == ["run-1"]
    assert explain(tmp_path / "run-1", 1)


def test_the_workbook_has_what_an_officer_needs_and_no_formulas(poor: Any, tmp_path: Path) -> None:
    poor.households[0]["head_name"] = "=HYPERLINK(1)"
    intake = [Intake("医保.xlsx", "医保结算明细", "2023-07", 10, 8, 2, "退回明细", "medical_settlement")]
    path = write_alerts(poor.screen(), poor.tables(), tmp_path / "alerts.xlsx", intake=intake)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["汇总", "预警名单", "村乡预警", "无法判断", "退回与未匹配"]
    alerts = book["预警名单"]
    header = [cell.value for cell in alerts[1]]
    first = dict(zip(header, (cell.value for cell in alerts[2]), strict=True))
    assert first["级别"] == "红色"
    assert first["户主"] == "=HYPERLINK(1)"
    assert {cell.data_type for row in alerts.iter_rows() for cell in row} <= {"s", "n"}
    assert (first["乡镇"], first["村"], first["户编号"]) == ("示例镇", "示例村", "H1")
    assert "低于监测线" in first["原因"]
    assert alerts.freeze_panes == "A2"
    assert alerts.auto_filter.ref == f"A1:N{alerts.max_row}"
    unknown = [[cell.value for cell in row] for row in book["无法判断"].iter_rows(min_row=2)]
    assert any("停水天数" in str(row) for row in unknown)
    assert any("没有“财政供养人员”的数据" in str(row) for row in unknown)
    returned = [[cell.value for cell in row] for row in book["退回与未匹配"].iter_rows(min_row=2)]
    assert returned[0][:6] == ["医保结算明细", "医保.xlsx", "2023-07", 10, 8, 2]
    assert list(tmp_path.iterdir()) == [path]
