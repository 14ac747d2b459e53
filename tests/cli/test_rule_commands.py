"""`doudi rules check` and `doudi parameters` as an officer who owns the rules uses them."""

import re
import shutil
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from doudi.cli import app
from doudi.cli.places import DELIVERED

runner = CliRunner()
LINE = "screening/income.under_line_not_enrolled.yaml"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    shutil.copytree(DELIVERED, tmp_path / "rules")
    return tmp_path / "rules"


def changed(rules: Path, path: str, old: str, new: str) -> None:
    file = rules / path
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def check(rules: Path, *more: str) -> tuple[int, str]:
    result = runner.invoke(app, ["rules", "check", "--rules", str(rules), "--on", "2023-08-01", *more])
    assert "Traceback" not in result.output
    return result.exit_code, re.sub(r"\s+", " ", result.output)


def test_the_delivered_rules_have_no_mistake(rules: Path) -> None:
    code, said = check(rules)
    assert code == 0
    assert "没有错误" in said


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (LINE, "NOT is_monitored", "NOT is_monitord", f"{LINE}:15: 没有名为 is_monitord 的字段；是不是 is_monitored？"),
        (LINE, "[monitoring_line]", "[monitoring_lin]", f"{LINE}:14: 没有名为 monitoring_lin 的参数；是不是"),
        (LINE, "NOT is_monitored", "NOT SQRT(is_monitored)", f"{LINE}:15: "),
        (LINE, "< monitoring_line", "< is_monitored", f"{LINE}:15: "),
        (LINE, ": 7099,", ": 7101,", "结果是不预警"),
        (LINE, "< monitoring_line", "< [/red] monitoring_line", f"{LINE}:15: 条件读不懂"),
        ("feeds/vehicle.yaml", "type: money", "type: mony", "feeds/vehicle.yaml:"),
        ("parameters/child_age.yaml", "from: 2021-01-01", "from: &x 2021-01-01", "不能用锚点和引用"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_remedy_and_ends_with_1(
    rules: Path, path: str, old: str, new: str, said: str
) -> None:
    changed(rules, path, old, new)
    code, told = check(rules)
    assert code == 1
    assert said in told
    assert len(re.findall("✗", told)) >= 1


def test_mistakes_in_several_files_are_told_together_and_nothing_that_only_follows_from_them(rules: Path) -> None:
    changed(rules, "feeds/vehicle.yaml", "type: money", "type: mony")
    changed(rules, LINE, "legal_basis:", "legal_basi:")
    changed(rules, "parameters/child_age.yaml", "unit: years", "unit: winters")
    _code, told = check(rules)
    files = set(re.findall(r"/rules/(\S+?\.yaml):\d+:", told))
    assert files == {"feeds/vehicle.yaml", LINE, "parameters/child_age.yaml"}


def test_what_is_only_doubtful_is_told_and_ends_with_0(rules: Path) -> None:
    changed(rules, LINE, "NOT is_monitored\n", "NOT is_monitored AND monitoring_line > 0\n")
    (rules / "screening" / "draft.yml").write_text("id: x\n", "utf-8")
    code, told = check(rules)
    assert code == 0
    assert f"{LINE}:15: 条件总是成立：monitoring_line > 0" in told
    assert "draft.yml:1: 这个文件不会被读到" in told


def test_rules_are_tried_on_a_made_up_county(rules: Path) -> None:
    changed(rules, LINE, "per_capita_income_last_year < monitoring_line AND", "per_capita_income_last_year < 1 AND")
    for line in (": 7099,", ": 5000,", ": null, is"):
        changed(rules, LINE, line, line.replace("7099", "0").replace("5000", "0"))
    changed(rules, LINE, "低于监测线 {monitoring_line:yuan}", "低于监测线")
    changed(rules, LINE, "below the monitoring line of {monitoring_line:yuan}", "below the line")
    changed(rules, LINE, "parameters: [monitoring_line]\n", "")
    code, told = check(rules, "--county", "synthetic")
    assert code == 0, told
    assert f"{LINE}:14: 全县没有一条预警" in told


def test_a_county_that_is_not_there_is_refused(rules: Path, tmp_path: Path) -> None:
    code, told = check(rules, "--county", str(tmp_path / "nowhere"))
    assert code == 2
    assert "登记簿不全" in told


def parameters(*more: str) -> tuple[int, str]:
    result = runner.invoke(app, ["parameters", *more])
    assert "Traceback" not in result.output
    return result.exit_code, re.sub(r"[\s│]+", "", result.output)


def test_the_values_of_a_county_on_a_day_are_listed_and_written(tmp_path: Path) -> None:
    book = tmp_path / "out" / "parameters.xlsx"
    code, told = parameters("--region", "149901", "--on", "2023-08-01", "-o", str(book))
    assert code == 0
    assert "7,100元" in told
    sheet = CalamineWorkbook.from_path(book).get_sheet_by_name("取值").to_python()
    (line,) = (row for row in sheet if row[0] == "monitoring_line")
    assert (line[2], line[3], line[5], line[9]) == ("7,100 元", "省", "2022 收入年度", "已核实")


def test_missing_values_are_told_with_the_file_to_edit_and_end_with_1() -> None:
    code, told = parameters("--region", "149901", "--on", "2024-08-01", "--missing")
    assert code == 1
    assert "parameters/monitoring_line.yaml" in told
    assert "2023收入年度" in told
    assert "7,100" not in told


def test_values_to_be_verified_can_be_listed_alone() -> None:
    _code, told = parameters("--region", "149901", "--on", "2023-08-01", "--unverified")
    assert "child_age" in told
    assert "7,100元" not in told


def test_the_history_of_a_parameter_is_shown() -> None:
    code, told = parameters("show", "monitoring_line")
    assert code == 0
    assert all(value in told for value in ("5,000元", "6,000元", "7,100元", "7,300元", "8,700元"))
    code, told = parameters("show", "monitoring_lin")
    assert code == 2
    assert "monitoring_line" in told


@pytest.mark.parametrize(
    "options", [("--region", "1"), ("--region", "x" * 12), ("-o", "values.csv")], ids=["short", "letters", "csv"]
)
def test_what_cannot_be_meant_is_refused(options: tuple[str, ...]) -> None:
    assert parameters(*options)[0] == 2
