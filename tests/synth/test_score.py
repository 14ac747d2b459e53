"""Scoring: found, missed, falsely raised, and what dirt explains."""

from pathlib import Path

import pytest

from doudi.synth.score import score
from doudi.synth.write import Written

LINE, WATER = "income.under_line_not_enrolled", "water.days_without"


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    (tmp_path / "at_risk.csv").write_text(
        f"household_no,kind,detail\n1,{LINE},x\n2,{LINE},x\n3,{LINE},x\n9,{WATER},x\n", encoding="utf-8"
    )
    (tmp_path / "dirt.csv").write_text(
        "file,sheet,row,household_no,person_no,column,original,written,kind,recoverable\n"
        "户信息.xlsx,户信息,5,2,,工资性收入,100,,value_missing,no\n"
        "户信息.xlsx,户信息,6,3,,户主,张三,张 三,name_with_blanks,yes\n",
        encoding="utf-8",
    )
    return tmp_path


def test_recall_and_precision_by_kind(truth: Path) -> None:
    found = score([("1", LINE), ("1", LINE), ("4", LINE), ("9", WATER)], truth, kinds=(LINE, WATER))
    line = found.kinds[LINE]
    assert (line.true, line.found, line.raised) == (3, 1, 2)
    assert line.recall == pytest.approx(1 / 3)
    assert line.precision == pytest.approx(1 / 2)
    assert found.kinds[WATER].recall == found.kinds[WATER].precision == 1


def test_misses_are_explained_by_dirt_that_could_not_be_read(truth: Path) -> None:
    found = score([("1", LINE)], truth, kinds=(LINE,))
    assert [(one.household_no, one.because) for one in found.kinds[LINE].misses] == [("2", "lost"), ("3", "readable")]
    assert [one.household_no for one in found.unexplained] == ["3"]


def test_false_alarms_without_dirt_have_no_excuse(truth: Path) -> None:
    (alarm,) = score([("7", WATER), ("9", WATER)], truth, kinds=(WATER,)).kinds[WATER].false_alarms
    assert (alarm.household_no, alarm.because) == ("7", "none")


def test_rules_that_the_truth_does_not_speak_of_are_only_counted(truth: Path) -> None:
    found = score([("1", "water.quality_fails")], truth, kinds=(LINE,))
    assert found.other_rules == {"water.quality_fails": 1}


def test_the_report_names_kinds_and_explains(truth: Path) -> None:
    report = score([("1", LINE)], truth, kinds=(LINE,)).report()
    assert LINE in report
    assert "数据已损坏" in report


def test_perfect_alerts_score_perfectly(written: Written) -> None:
    lines = (written.truth / "at_risk.csv").read_text(encoding="utf-8").splitlines()[1:]
    found = score([(line.split(",")[0], line.split(",")[1]) for line in lines], written.truth)
    assert not found.mistakes
    assert all(kind.recall == kind.precision == 1 for kind in found.kinds.values())
