"""Two folders of sheets become a workbook, without a database; what was read once is not read again."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from doudi.feeds.problems import UnreadableFile
from doudi.feeds.sheet import read_sheet
from doudi.screening.commands import (
    explain_household,
    rules_check,
    rules_list,
    rules_show,
    rules_test,
    screen_folders,
)
from doudi.synth.write import write_county

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2023, 8, 1)
LINE = "income.under_line_not_enrolled"


@pytest.fixture(scope="module")
def county(tmp_path_factory: Any) -> Path:
    folder: Path = tmp_path_factory.mktemp("sheets")
    write_county(households=120, seed=4, out=folder, rules_root=RULES, as_of=AS_OF)
    return folder


def screened(county: Path, out: Path) -> Any:
    return screen_folders(
        rules_root=RULES,
        registry=county / "registry",
        feeds=county / "feeds",
        as_of=AS_OF,
        out=out / "alerts.xlsx",
        results=out / "result",
    )


def test_sheets_become_alerts_and_an_unchanged_folder_is_not_read_again(
    county: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    first = screened(county, tmp_path)
    assert first.result.alerts.num_rows > 20
    assert not first.unread
    book = openpyxl.load_workbook(tmp_path / "alerts.xlsx", read_only=True)
    assert book.sheetnames == ["汇总", "预警名单", "村乡预警", "无法判断", "退回与未匹配"]

    def reads_again(*given: Any, **options: Any) -> Any:
        """Sheets about villages are looked up in the registry's list of regions, which may be another one."""
        reading = read_sheet(*given, **options)
        assert reading.contract.subject == "region", "a sheet was read again"
        return reading

    def reads_registry(*_given: Any, **_options: Any) -> None:
        raise AssertionError("the registry was read again")

    monkeypatch.setattr("doudi.screening.shelf.read_sheet", reads_again)
    monkeypatch.setattr("doudi.screening.shelf.read_folder", reads_registry)
    again = screened(county, tmp_path)
    assert again.intake == first.intake
    columns = ["rule_id", "household_key", "person_key"]
    assert set(map(str, again.result.alerts.select(columns).to_pylist())) == set(
        map(str, first.result.alerts.select(columns).to_pylist())
    )
    number = _some_household(first)
    explained = explain_household(result=tmp_path / "result", registry=again.registry, household_no=number)
    assert any(one.outcome == "raised" for one in explained.outcomes)
    with pytest.raises(LookupError, match="没有户编号"):
        explain_household(result=tmp_path / "result", registry=again.registry, household_no="nobody")


def _some_household(done: Any) -> str:
    from doudi.screening.results.names import household_names

    key = done.result.alerts["household_key"][0].as_py()
    return household_names(done.registry, [key])[key].household_no


def test_a_file_that_cannot_be_read_is_named_and_stops_nothing(county: Path, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "医保结算_202307.xlsx").write_bytes(b"not a workbook")
    done = screen_folders(
        rules_root=RULES, registry=county / "registry", feeds=feeds, as_of=AS_OF, out=tmp_path / "alerts.xlsx"
    )
    assert [one.file for one in done.unread] == ["医保结算_202307.xlsx"]
    absent = {one["source"] for one in done.result.cannot_tell.to_pylist() if one["source"]}
    assert "medical_settlement" in absent


def test_without_a_registry_nothing_is_screened(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="没有登记簿表格"):
        screen_folders(rules_root=RULES, registry=tmp_path, feeds=tmp_path, as_of=AS_OF)


def test_the_rulebook_can_be_checked_listed_shown_and_tested() -> None:
    assert {one.code for one in rules_check(rules_root=RULES, on=AS_OF)} <= {"missing_value"}
    assert LINE in [rule.id for rule in rules_list(rules_root=RULES, on=AS_OF)]
    assert rules_list(rules_root=RULES, on=date(2020, 1, 1)) == []
    assert all(one.passed for one in rules_test(rules_root=RULES, rule_ids=[LINE]))
    shown = rules_show(rules_root=RULES, rule_id=LINE, on=AS_OF, region="140830000000")
    assert [(one.title, one.text, one.verified) for one in shown.parameters] == [("防止返贫监测线", "7,100 元", True)]
    later = rules_show(rules_root=RULES, rule_id=LINE, on=date(2025, 1, 1), region="140830000000")
    assert later.parameters[0].text == "没有值"
    with pytest.raises(LookupError, match="没有规则 income"):
        rules_show(rules_root=RULES, rule_id="income", on=AS_OF, region="140830000000")


def test_a_broken_rulebook_is_told_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "screening").mkdir()
    (tmp_path / "screening" / "a.b.yaml").write_text("id: a.b\n", encoding="utf-8")
    found = rules_check(rules_root=tmp_path, on=AS_OF)
    assert found
    assert all(one.severity == "error" and one.file.endswith("a.b.yaml") for one in found)
