"""`doudi employment`: two folders of sheets in, figures by township, conflicts by kind and a workbook out."""

import csv
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from doudi.cli import app

runner = CliRunner()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("employment") / "county"
    result = runner.invoke(app, ["synth", "--households", "200", "--seed", "3", "--dirt", "0", "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out


def asked(county: Path, *more: str) -> list[str]:
    folders = ["--registry", str(county / "registry"), "--feeds", str(county / "feeds")]
    return ["employment", *folders, "--as-of", "2023-08-01", *more]


def test_the_sheets_of_a_county_are_compared(county: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, asked(county, "--out", str(tmp_path / "work.xlsx")))
    assert result.exit_code == 0, result.output
    assert "示例甲镇" in result.output
    with (county / "truth" / "work_slips.csv").open(encoding="utf-8", newline="") as file:
        slips = list(csv.DictReader(file))
    stopped = {row["household_no"] for row in slips if row["kind"] == "stopped"}
    book = openpyxl.load_workbook(tmp_path / "work.xlsx")
    assert {row[2] for row in book["去年务工今年没有"].iter_rows(min_row=2, values_only=True)} == stopped
    found = {row[2] for row in book["数据矛盾"].iter_rows(min_row=2, values_only=True)}
    assert {row["household_no"] for row in slips if row["kind"] in ("months", "wage", "channel", "area")} <= found


def test_without_the_register_it_is_said_that_nothing_can_be_compared_with_it(county: Path, tmp_path: Path) -> None:
    for path in (county / "feeds").glob("已外出务工信息_*"):
        path.rename(tmp_path / path.name)
    result = runner.invoke(app, asked(county, "--snapshots", str(tmp_path / "kept")))
    assert result.exit_code == 0, result.output
    assert "没有读到已外出务工信息" in result.output


def test_another_ending_is_refused(county: Path) -> None:
    result = runner.invoke(app, asked(county, "--out", "work.csv"))
    assert result.exit_code == 2
