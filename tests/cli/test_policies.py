"""Policies on the command line: listed, shown, tried; gaps of two folders of sheets; a household explained."""

import shutil
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from doudi.cli import app
from doudi.cli.places import DELIVERED

runner = CliRunner()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("policies") / "county"
    result = runner.invoke(app, ["synth", "--households", "200", "--seed", "3", "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out


def said(*words: str) -> str:
    result = runner.invoke(app, [*words])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_policy_is_shown_in_plain_words_with_the_values_of_a_place() -> None:
    shown = said("policies", "show", "jobs.transport_subsidy", "--region", "140821", "--on", "2024-09-01")
    assert "省外 1,500 元，省内市外 600 元，市内县外 300 元" in shown
    assert "怎么申请：" in shown
    before = said("policies", "show", "jobs.transport_subsidy", "--region", "140821", "--on", "2023-09-01")
    assert "（金额待县里填写）" in before
    unknown = runner.invoke(app, ["policies", "show", "jobs.transport"])
    assert unknown.exit_code == 2
    assert "jobs.transport_subsidy" in unknown.output


def test_policies_are_listed_by_area() -> None:
    listed = said("policies", "list", "--area", "water")
    assert "water.repair" in listed
    assert "jobs.retention" not in listed
    assert runner.invoke(app, ["policies", "list", "--area", "watter"]).exit_code == 2


def test_examples_of_policies_run_with_those_of_rules(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(DELIVERED, rules)
    assert runner.invoke(app, ["policies", "check", "--rules", str(rules)]).exit_code == 0
    file = rules / "policies" / "education.yulu_plan.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("amount: 3000", "amount: 1"), encoding="utf-8")
    for words in (["rules", "test"], ["policies", "test"], ["policies", "test", "education.yulu_plan"]):
        result = runner.invoke(app, [*words, "--rules", str(rules)])
        assert result.exit_code == 1, words
        assert "金额应为 1.0，结果是 3000.0" in result.output
    assert runner.invoke(app, ["policies", "test", "jobs.retention", "--rules", str(rules)]).exit_code == 0


def test_gaps_of_a_folder_become_a_workbook_and_explain_tells_them(county: Path, tmp_path: Path) -> None:
    folders = ["--registry", str(county / "registry"), "--feeds", str(county / "feeds"), "--as-of", "2023-08-01"]
    out = tmp_path / "gaps.xlsx"
    shown = said("gaps", *folders, "--out", str(out))
    assert "应享尽享率" in shown
    book = CalamineWorkbook.from_path(out)
    assert book.sheet_names == ["政策享受情况", "应享未享", "不应享而享", "政策待核对"]
    rows = book.get_sheet_by_name("应享未享").to_python()
    first = dict(zip(rows[0], rows[1], strict=True))
    explained = said("explain", str(first["户编号"]), *folders, "--snapshots", str(tmp_path / "doudi-snapshots"))
    assert str(first["原因"])[:20] in explained.replace("\n", "")
    assert "应享未享" in explained


def test_gaps_go_into_an_excel_file_only(county: Path) -> None:
    folders = ["--registry", str(county / "registry"), "--feeds", str(county / "feeds"), "--as-of", "2023-08-01"]
    assert runner.invoke(app, ["gaps", *folders, "--out", "gaps.csv"]).exit_code == 2
