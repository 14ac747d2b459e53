"""`doudi clean` and `doudi checks` as a data officer uses them."""

import re
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from doudi.cli import app

runner = CliRunner()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    made = runner.invoke(app, ["synth", "--households", "60", "--seed", "3", "--out", str(folder)])
    assert made.exit_code == 0, made.output
    return folder


def clean(county: Path, out: Path, *more: str) -> tuple[int, str]:
    folders = ["--registry", str(county / "registry"), "--feeds", str(county / "feeds")]
    result = runner.invoke(app, ["clean", *folders, "--as-of", "2023-08-01", "--out", str(out), *more])
    assert "Traceback" not in result.output
    return result.exit_code, re.sub(r"\s+", " ", result.output)


def test_a_folder_of_sheets_becomes_a_workbook_of_issues(county: Path, tmp_path: Path) -> None:
    out = tmp_path / "issues.xlsx"
    code, said = clean(county, out)
    assert code == 0, said
    book = CalamineWorkbook.from_path(out)
    assert book.sheet_names == ["汇总", "数据问题", "各村干净率"]
    header, *issues = book.get_sheet_by_name("数据问题").to_python()
    told = re.search(r"错误 (\d+) 处，疑点 (\d+) 处", said)
    assert told is not None
    kinds = [row[0] for row in issues]
    assert (kinds.count("错误"), kinds.count("疑点")) == (int(told[1]), int(told[2]))
    assert kinds == sorted(kinds, key=["错误", "疑点"].index)
    reason = header.index("说明")
    assert issues
    assert all(row[reason] and "{" not in row[reason] for row in issues)
    assert not re.search(r"\d{17}[\dX]", str(book.get_sheet_by_name("数据问题").to_python()))


def test_only_the_checks_asked_for_are_made(county: Path, tmp_path: Path) -> None:
    code, _said = clean(county, tmp_path / "one.xlsx", "--check", "household.size_differs")
    assert code == 0
    rows = CalamineWorkbook.from_path(tmp_path / "one.xlsx").get_sheet_by_name("汇总").to_python()
    assert [row[0] for row in rows if str(row[0]).startswith("household.")] == ["household.size_differs"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            ["--check", "household.size"],
            "没有核查 household.size，是不是：household.size_differs、household.size_large？",
        ),
        (["--check", "nothing"], "用 doudi checks list 查看全部核查"),
    ],
)
def test_an_unknown_check_is_named_with_those_like_it(
    county: Path, tmp_path: Path, more: list[str], sentence: str
) -> None:
    code, said = clean(county, tmp_path / "none.xlsx", *more)
    assert code == 2
    assert sentence in said
    assert not (tmp_path / "none.xlsx").exists()


def test_a_workbook_must_be_named_as_one(county: Path, tmp_path: Path) -> None:
    assert clean(county, tmp_path / "issues.csv") == (2, "✗ --out 应是 .xlsx 文件，例如 issues.xlsx ")


def test_checks_are_listed_by_topic_and_shown_with_cells_and_repair() -> None:
    listed = runner.invoke(app, ["checks", "list", "--topic", "region"])
    assert listed.exit_code == 0
    assert "region.code_unknown" in listed.output
    assert "identity." not in listed.output
    assert runner.invoke(app, ["checks", "list", "--topic", "regions"]).exit_code == 2
    shown = runner.invoke(app, ["checks", "show", "identity.sex_against_id"])
    assert shown.exit_code == 0
    for told in ("sex <> id_sex", "涉及栏目：性别、证件号码", "person.sex 改为 id_sex", "C04"):
        assert told in shown.output


def test_examples_of_one_check_are_tried() -> None:
    tried = runner.invoke(app, ["checks", "test", "household.size_differs"])
    assert tried.exit_code == 0
    assert "用例 4 个，不符 0 个" in tried.output
