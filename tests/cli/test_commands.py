"""The command line as a data officer uses it: a county made, screened and explained without a database or a server."""

import shutil
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from doudi.cli import app
from doudi.cli.places import DELIVERED

runner = CliRunner()
AS_OF = "2023-08-01"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "county"
    result = runner.invoke(app, ["synth", "--households", "300", "--seed", "3", "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out


def screen(county: Path, out: Path, *more: str) -> "object":
    folders = ["--registry", str(county / "registry"), "--feeds", str(county / "feeds")]
    return runner.invoke(app, ["screen", *folders, "--as-of", AS_OF, "--out", str(out), *more])


def test_a_folder_of_sheets_becomes_a_workbook_of_alerts(county: Path, tmp_path: Path) -> None:
    result = screen(county, tmp_path / "alerts.xlsx")
    assert result.exit_code == 0, result.output
    workbook = CalamineWorkbook.from_path(tmp_path / "alerts.xlsx")
    assert "预警名单" in workbook.sheet_names
    rows = workbook.get_sheet_by_name("预警名单").to_python()
    assert any("低于监测线" in str(cell) for row in rows for cell in row)


def test_strict_screening_tells_by_its_exit_code_that_rows_were_returned(county: Path, tmp_path: Path) -> None:
    assert screen(county, tmp_path / "alerts.xlsx", "--strict").exit_code == 1


def test_an_alerted_household_is_explained_with_its_line(county: Path, tmp_path: Path) -> None:
    screen(county, tmp_path / "alerts.xlsx")
    sheet = CalamineWorkbook.from_path(tmp_path / "alerts.xlsx").get_sheet_by_name("预警名单")
    rows = sheet.to_python()
    head = next(number for number, row in enumerate(rows) if "户编号" in row)
    number = rows[head].index("户编号")
    under = next(row for row in rows[head + 1 :] if any("低于监测线" in str(cell) for cell in row))
    folders = ["--registry", str(county / "registry"), "--feeds", str(county / "feeds"), "--as-of", AS_OF]
    kept = ["--snapshots", str(tmp_path / "doudi-snapshots")]
    result = runner.invoke(app, ["explain", str(under[number]), *folders, *kept])
    assert result.exit_code == 0, result.output
    assert "7,100" in result.output
    assert "income.under_line_not_enrolled" in result.output


def test_an_unknown_household_is_refused_with_a_sentence(county: Path, tmp_path: Path) -> None:
    folders = ["--registry", str(county / "registry"), "--feeds", str(county / "feeds"), "--as-of", AS_OF]
    result = runner.invoke(app, ["explain", "不存在", *folders, "--snapshots", str(tmp_path)])
    assert result.exit_code == 2
    assert "没有户编号" in result.output


def test_a_folder_without_a_registry_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "feeds").mkdir()
    result = screen(tmp_path, tmp_path / "alerts.xlsx")
    assert result.exit_code == 2
    assert not (tmp_path / "alerts.xlsx").exists()
    assert "Traceback" not in result.output


def test_every_command_has_its_help() -> None:
    commands = ["synth", "import", "screen", "explain", "rules", "serve", "demo", "check", "audit"]
    for command in commands:
        result = runner.invoke(app, [command, "--help"])
        assert result.exit_code == 0
        assert len(result.output.splitlines()) > 5


def test_a_rule_is_shown_with_the_value_that_holds_in_the_county() -> None:
    result = runner.invoke(
        app, ["rules", "show", "income.under_line_not_enrolled", "--region", "149901", "--on", "2023-08-01"]
    )
    assert result.exit_code == 0, result.output
    assert "7,100" in result.output


def test_a_misspelt_rule_is_refused_with_those_that_come_near() -> None:
    result = runner.invoke(app, ["rules", "show", "under_line"])
    assert result.exit_code == 2
    assert "income.under_line_not_enrolled" in result.output


def test_a_broken_rule_file_is_named_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(DELIVERED, tmp_path / "rules")
    file = tmp_path / "rules" / "screening" / "income.under_line_not_enrolled.yaml"
    file.write_text(file.read_text("utf-8").replace("NOT is_monitored", "NOT is_monitord"), "utf-8")
    result = runner.invoke(app, ["rules", "check", "--rules", str(tmp_path / "rules")])
    assert result.exit_code == 1
    assert "income.under_line_not_enrolled.yaml:" in result.output
    assert "is_monitord" in result.output


def test_a_contract_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    shutil.copytree(DELIVERED, tmp_path / "rules")
    file = tmp_path / "rules" / "feeds" / "vehicle.yaml"
    file.write_text(file.read_text("utf-8").replace("type: money", "type: mony"), "utf-8")
    result = runner.invoke(app, ["rules", "check", "--rules", str(tmp_path / "rules")])
    assert result.exit_code == 1
    assert "vehicle.yaml" in result.output
