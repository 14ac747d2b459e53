"""Several counties in one run, on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doudi.cli import app

AS_OF = "2023-08-01"
runner = CliRunner()


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("province")
    size = ["--counties", "2", "--households", "150", "--snapshots", "--as-of", AS_OF]
    result = runner.invoke(app, ["synth", *size, "--out", str(root)])
    assert result.exit_code == 0, result.output
    return root


def test_each_county_gets_its_own_result(province: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    given = ["--province", str(province), "--results", str(out), "--as-of", AS_OF, "--memory", "1GB"]
    result = runner.invoke(app, ["screen", *given])
    assert result.exit_code == 0, result.output
    told = json.loads((out / "province.json").read_text(encoding="utf-8"))
    assert sorted(told["counties"]) == ["149901", "149902"]
    for county, summary in told["counties"].items():
        assert f"│ {county} " in result.output
        assert summary["households"] == 150
        assert summary["alerts"] > 0
        assert (out / f"county={county}" / "alerts.parquet").is_file()


def test_too_little_memory_is_said_with_what_to_do(province: Path, tmp_path: Path) -> None:
    given = ["--province", str(province), "--results", str(tmp_path / "out"), "--as-of", AS_OF, "--memory", "5MB"]
    result = runner.invoke(app, ["screen", *given])
    assert result.exit_code == 2
    assert "内存不够" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--province", "{province}"], "--results"),
        (["--registry", "{province}"], "--feeds"),
    ],
)
def test_options_that_do_not_go_together_are_refused(province: Path, given: list[str], told: str) -> None:
    filled = [one.format(province=province) for one in given]
    result = runner.invoke(app, ["screen", *filled, "--as-of", AS_OF])
    assert result.exit_code == 2
    assert told in result.output


def test_several_counties_are_written_as_snapshots_only(tmp_path: Path) -> None:
    result = runner.invoke(app, ["synth", "--counties", "2", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "--snapshots" in result.output
