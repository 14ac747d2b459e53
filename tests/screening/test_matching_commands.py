"""Doubtful rows are decided in a workbook that comes back; what is unclear in it is refused with the line."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from doudi.matching.decisions import DecisionFile
from doudi.screening.matching.commands import (
    MatchedFolders,
    duplicates_in_folder,
    match_decide,
    match_folders,
    match_status,
)
from doudi.screening.matching.workbook import BACK, CHOICE, KEY, NOBODY, YES, UnclearChoices
from doudi.synth.write import write_county

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2023, 8, 1)
NOW = datetime(2023, 8, 2, tzinfo=UTC)
HEADER_ROW = 3


@pytest.fixture(scope="module")
def county(tmp_path_factory: Any) -> Path:
    folder: Path = tmp_path_factory.mktemp("county")
    write_county(households=150, seed=7, out=folder, rules_root=RULES, as_of=AS_OF, dirt=0.2)
    return folder


@pytest.fixture(scope="module")
def match(county: Path) -> Callable[[], MatchedFolders]:
    return lambda: match_folders(
        rules_root=RULES, registry=county / "registry", feeds=county / "feeds", as_of=AS_OF,
        snapshots=county / "snapshots", out=county / "doubtful.xlsx",
    )  # fmt: skip


@pytest.fixture(scope="module")
def matched(match: Callable[[], MatchedFolders]) -> MatchedFolders:
    return match()


class Sheet:
    """The first sheet of the workbook, filled in the way a person would."""

    def __init__(self, source: Path, sheet: str = "存疑待认定") -> None:
        self.book = openpyxl.load_workbook(source)
        self.sheet = self.book[sheet]
        self.header = [cell.value for cell in self.sheet[HEADER_ROW]]
        self.lines = range(HEADER_ROW + 1, self.sheet.max_row + 1)

    def cell(self, line: int, column: str) -> Any:
        return self.sheet.cell(line, self.header.index(column) + 1)

    def saved(self, path: Path) -> Path:
        self.book.save(path)
        return path


def test_a_decision_in_the_workbook_counts_at_the_next_matching_and_is_taken_back_the_same_way(
    county: Path, matched: MatchedFolders, match: Callable[[], MatchedFolders], tmp_path: Path
) -> None:
    assert matched.waiting == matched.total["doubtful"] > 0
    sheet = Sheet(county / "doubtful.xlsx")
    first = next(line for line in sheet.lines if sheet.cell(line, "候选").value == 1)
    last = max(line for line in sheet.lines if sheet.cell(line, "候选").value == NOBODY)
    sheet.cell(first, CHOICE).value = YES
    sheet.cell(last, CHOICE).value = f" {YES} "
    filled = sheet.saved(tmp_path / "filled.xlsx")
    choices, new = match_decide(filled, snapshots=county / "snapshots", by="county", at=NOW)
    assert (len(choices.decisions), new) == (2, 2)
    assert match_decide(filled, snapshots=county / "snapshots", by="county", at=NOW)[1] == 0, "handed in twice"
    decided = match()
    assert decided.total["decided"] >= 1
    assert decided.waiting <= matched.waiting - 2
    back = Sheet(county / "doubtful.xlsx", "已认定")
    for line in back.lines:
        back.cell(line, CHOICE).value = BACK
    match_decide(back.saved(tmp_path / "back.xlsx"), snapshots=county / "snapshots", by="county", at=NOW)
    assert match().total == matched.total
    assert {one.feed: one.counts for one in match_status(county / "snapshots")} == {
        one.feed: one.counts for one in matched.feeds
    }
    assert len(DecisionFile.beside(county / "snapshots").lines()) == 4, "and all of it can be read again"


def test_columns_may_be_moved_and_lines_sorted(county: Path, matched: MatchedFolders, tmp_path: Path) -> None:
    sheet = Sheet(county / "doubtful.xlsx")
    sheet.cell(HEADER_ROW + 1, CHOICE).value = YES
    rows = [[cell.value for cell in line] for line in sheet.sheet.iter_rows(min_row=HEADER_ROW)]
    book = openpyxl.Workbook()
    for row in [rows[0], *reversed(rows[1:])]:
        book.active.append(list(reversed(row)))
    book.save(tmp_path / "moved.xlsx")
    choices, _new = match_decide(tmp_path / "moved.xlsx", snapshots=tmp_path, by="county", at=NOW)
    key = sheet.cell(HEADER_ROW + 1, KEY).value
    assert [f"{one.written_key}/{one.person_key}" for one in choices.decisions] == [key]


def test_two_persons_for_one_row_are_refused(county: Path, matched: MatchedFolders, tmp_path: Path) -> None:
    sheet = Sheet(county / "doubtful.xlsx")
    first = next(line for line in sheet.lines if sheet.cell(line, "候选").value == NOBODY)
    sheet.cell(first, CHOICE).value = sheet.cell(first - 1, CHOICE).value = YES
    with pytest.raises(UnclearChoices, match=f"第{first - 1}行和第{first}行是同一行数据"):
        match_decide(sheet.saved(tmp_path / "two.xlsx"), snapshots=tmp_path, by="county", at=NOW)
    assert not DecisionFile.beside(tmp_path).path.exists(), "nothing of it is remembered"


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [(CHOICE, "可能", "只能写“是”或“撤销”"), (KEY, "x", "识别码被改动")],
)
def test_what_is_unclear_is_refused(
    county: Path, matched: MatchedFolders, tmp_path: Path, column: str, value: str, says: str
) -> None:
    sheet = Sheet(county / "doubtful.xlsx")
    sheet.cell(HEADER_ROW + 1, CHOICE).value = YES
    sheet.cell(HEADER_ROW + 1, column).value = value
    with pytest.raises(UnclearChoices, match=says):
        match_decide(sheet.saved(tmp_path / "unclear.xlsx"), snapshots=tmp_path, by="county", at=NOW)


def test_without_the_key_column_nothing_is_guessed(county: Path, matched: MatchedFolders, tmp_path: Path) -> None:
    sheet = Sheet(county / "doubtful.xlsx")
    sheet.sheet.delete_cols(sheet.header.index(KEY) + 1)
    with pytest.raises(UnclearChoices, match="缺少“识别码"):
        match_decide(sheet.saved(tmp_path / "keyless.xlsx"), snapshots=tmp_path, by="county", at=NOW)
    with pytest.raises(UnclearChoices, match="不是存疑待认定的工作簿"):
        match_decide(RULES / "matching" / "persons.yaml", snapshots=tmp_path, by="county", at=NOW)


def test_duplicates_of_a_folder_are_counted_and_listed(county: Path, tmp_path: Path) -> None:
    out = tmp_path / "twice.xlsx"
    found = duplicates_in_folder(
        rules_root=RULES, registry=county / "registry", as_of=AS_OF, snapshots=county / "snapshots", out=out
    )
    sheet = openpyxl.load_workbook(out)["疑似重复"]
    assert sheet.max_row == HEADER_ROW + found.num_rows
