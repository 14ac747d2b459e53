"""A whole made-up county, as its offices would send it: everything is read, and what is refused was dirtied."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from doudi.feeds.contract import Contract
from doudi.feeds.folder import FolderFile, read_folder
from doudi.feeds.registry import assemble
from doudi.feeds.sheet import SheetReading
from doudi.feeds.snapshot import write_snapshot
from doudi.matching.exact import link_exact
from doudi.standards.periods import Month
from doudi.standards.pseudonym import Pseudonymiser
from doudi.synth.write import write_county

AS_OF = date(2023, 8, 1)
Dirt = dict[tuple[str, int], list[dict[str, str]]]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory, contracts: dict[str, Contract]) -> Path:
    out = tmp_path_factory.mktemp("county")
    rules = Path(contracts["registry_person"].file).parents[1]
    write_county(households=250, seed=11, out=out, rules_root=rules, dirt=0.05, as_of=AS_OF)
    return out


@pytest.fixture(scope="module")
def files(county: Path, contracts: dict[str, Contract]) -> list[FolderFile]:
    folders = (county / "registry", county / "feeds")
    return [file for folder in folders for file in read_folder(folder, contracts=contracts, as_of=AS_OF)]


@pytest.fixture(scope="module")
def readings(files: list[FolderFile]) -> list[SheetReading]:
    return [file.reading for file in files if file.reading]


@pytest.fixture(scope="module")
def dirt(county: Path) -> Dirt:
    found: Dirt = {}
    with (county / "truth" / "dirt.csv").open(encoding="utf-8-sig") as lines:
        for line in csv.DictReader(lines):
            found.setdefault((Path(line["file"]).name, int(line["row"])), []).append(line)
    return found


def test_every_file_is_recognised(files: list[FolderFile], contracts: dict[str, Contract]) -> None:
    assert [(file.path.name, file.problem) for file in files if file.problem] == []
    assert {file.reading.contract.id for file in files if file.reading} == contracts.keys()
    months = {file.path.name: str(file.month) for file in files if file.path.parent.name == "feeds"}
    assert set(months.values()) == {"2022-07", "2023-07"}
    assert [name for name, month in months.items() if month == "2022-07"] == ["已外出务工信息_202207.xlsx"]


def test_only_dirtied_rows_are_refused_or_doubted(readings: list[SheetReading], dirt: Dirt) -> None:
    clean = [
        str(problem)
        for reading in readings
        for problem in (*reading.rejects, *reading.warnings)
        if (reading.file_name, problem.row) not in dirt
    ]
    assert clean == []


def test_what_can_be_read_is_read(readings: list[SheetReading], dirt: Dirt) -> None:
    rejected = {(reading.file_name, problem.row) for reading in readings for problem in reading.rejects}
    wrongly = [line for row in rejected for line in dirt[row] if all(one["recoverable"] == "yes" for one in dirt[row])]
    assert wrongly == []


def test_no_broken_id_slips_through(readings: list[SheetReading], dirt: Dirt) -> None:
    broken = {"id_as_number", "id_in_scientific_notation", "id_digits_swapped"}
    for reading in readings:
        named = {problem.row for problem in (*reading.rejects, *reading.warnings)}
        stained = [row for (file, row), lines in dirt.items() if file == reading.file_name and _kinds(lines) & broken]
        assert set(stained) <= named, reading.file_name


def _kinds(lines: Iterable[dict[str, str]]) -> set[str]:
    return {line["kind"] for line in lines}


def test_the_registry_comes_together(
    readings: list[SheetReading], pseudonymiser: Pseudonymiser, tmp_path: Path
) -> None:
    registry = assemble([one for one in readings if one.contract.id.startswith("registry_")])
    assert registry.households.num_rows == 250
    assert registry.incomes.num_rows >= 499
    assert registry.households.column("region_code").null_count == 0
    persons = registry.keyed(pseudonymiser)["person"]
    linked = total = 0
    for reading in readings:
        if not reading.contract.id.startswith("registry_") and reading.contract.subject != "region":
            snapshot = write_snapshot(reading, tmp_path, month=Month("2023-07"), pseudonymiser=pseudonymiser)
            links = link_exact(snapshot.table(), persons)
            assert links.without_id == reading.returned["resident_id"].null_count
            assert links.total == reading.rows_accepted + reading.returned.num_rows
            linked, total = linked + links.linked, total + links.total
    assert linked >= 0.9 * total, "only persons whose id is broken in the registry are not found"
