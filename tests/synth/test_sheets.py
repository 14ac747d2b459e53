"""The sheets: in every format, with dirt at the asked rate that is written down where it is."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from doudi.synth.sheets.layout import LAYOUTS
from doudi.synth.write import Written, write_county

AS_OF = date(2023, 8, 1)
HOUSEHOLDS = 1200
RULES = Path(__file__).parents[2] / "rules"


def rows_of(path: Path, sheet: str) -> list[list[object]]:
    if path.suffix == ".csv":
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                with path.open(encoding=encoding, newline="") as file:
                    return [list(row) for row in csv.reader(file)]
            except UnicodeDecodeError:
                continue
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


@pytest.fixture(scope="session")
def dirt(written: Written) -> list[dict[str, str]]:
    with (written.truth / "dirt.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_all_formats_are_there(written: Written) -> None:
    assert {path.name for path in written.registry.iterdir()} == {
        "行政区划.xlsx",
        "户信息.xlsx",
        "人口信息.xlsx",
        "收入台账_2021.xlsx",
    }
    endings = [path.suffix for path in written.feeds.iterdir()]
    assert endings.count(".xls") == 2
    assert endings.count(".csv") == 2
    assert len(endings) == sum(not feed.startswith("registry_") for feed in LAYOUTS) + 1
    months = [path.stem[-7:] for path in written.feeds.iterdir()]
    assert sorted(set(months)) == ["_202207", "_202307"]
    assert months.count("_202207") == 1


def test_one_csv_is_gb18030(written: Written) -> None:
    contents = [path.read_bytes() for path in written.feeds.glob("*.csv")]
    assert sum(content.startswith(b"\xef\xbb\xbf") for content in contents) == 1
    with pytest.raises(UnicodeDecodeError):
        next(content for content in contents if not content.startswith(b"\xef\xbb\xbf")).decode("utf-8")


def test_some_workbooks_have_a_hidden_sheet_in_front(written: Written) -> None:
    book = CalamineWorkbook.from_path(str(written.registry / "人口信息.xlsx"))
    assert [(one.name, str(one.visible)) for one in book.sheets_metadata] == [
        ("代码", "SheetVisibleEnum.Hidden"),
        ("人口信息", "SheetVisibleEnum.Visible"),
    ]


def test_the_household_sheet_has_a_title_and_two_header_lines(written: Written) -> None:
    rows = rows_of(written.registry / "户信息.xlsx", "户信息")
    assert "户信息" in str(rows[0][0])
    assert "家庭收入情况" in rows[1]
    assert any("户编号" in str(cell) or "户编码" in str(cell) for cell in rows[2])
    assert len(rows) >= HOUSEHOLDS + 3


def test_the_dirt_is_near_the_asked_rate(written: Written) -> None:
    summary = json.loads((written.truth / "summary.json").read_text(encoding="utf-8"))
    rows = sum(count for feed, count in summary["rows"].items() if feed != "registry_region")
    assert 0.015 < summary["dirtied_rows"] / rows < 0.025
    assert summary["persons"] == written.persons


def test_every_recorded_mistake_stands_where_the_record_says(written: Written, dirt: list[dict[str, str]]) -> None:
    sheets: dict[str, list[list[object]]] = {}
    seen = set()
    for stain in dirt:
        folder = written.registry if (written.registry / stain["file"]).exists() else written.feeds
        if stain["file"] not in sheets:
            sheets[stain["file"]] = rows_of(folder / stain["file"], stain["sheet"])
        rows = sheets[stain["file"]]
        row = rows[int(stain["row"]) - 1]
        if stain["kind"] == "duplicated_row":
            assert any(other == row for other in rows[: int(stain["row"]) - 1])
            continue
        column = next(index for line in rows[:5] for index, cell in enumerate(line) if cell == stain["column"])
        cell = row[column]
        if stain["kind"] == "id_as_number" and not stain["file"].endswith(".csv"):
            assert isinstance(cell, float)
            assert f"{cell:.14E}" == stain["written"]
        elif stain["kind"] not in ("id_as_number", "date_in_other_shape"):
            assert str(cell or "").strip() == stain["written"].strip()
        seen.add(stain["kind"])
    assert len(seen) >= 14


def test_ids_that_became_numbers_have_lost_their_last_digits(dirt: list[dict[str, str]]) -> None:
    lost = [stain for stain in dirt if stain["kind"] == "id_as_number"]
    assert lost
    assert all(
        int(float(stain["written"])) != int(stain["original"]) for stain in lost if stain["original"][-3:] != "000"
    )
    assert all(stain["recoverable"] == "no" for stain in lost)


def test_the_dead_are_still_listed_here_and_there(tmp_path: Path) -> None:
    written = write_county(households=2500, seed=5, out=tmp_path, rules_root=RULES, as_of=AS_OF, dirt=0.001)
    with (written.truth / "dirt.csv").open(encoding="utf-8", newline="") as file:
        kinds = [row["kind"] for row in csv.DictReader(file)]
    assert "dead_still_listed" in kinds


def test_without_dirt_nothing_is_dirtied(tmp_path: Path) -> None:
    written = write_county(households=60, seed=1, out=tmp_path, rules_root=RULES, as_of=AS_OF, dirt=0)
    assert written.dirtied == 0
    assert (written.truth / "dirt.csv").read_text(encoding="utf-8").count("\n") == 1


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_county(households=80, seed=2, out=tmp_path / name, rules_root=RULES, as_of=AS_OF, dirt=0.1)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == len(LAYOUTS) + 7
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_a_rate_beyond_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0到1"):
        write_county(households=10, seed=1, out=tmp_path, rules_root=RULES, dirt=2)


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_county(
        households=30,
        seed=1,
        out=tmp_path,
        rules_root=RULES,
        progress=lambda what, done, of: told.append((what, done, of)),
    )
    assert told[-1][1] == told[-1][2]
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
