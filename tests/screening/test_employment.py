"""Five sources about the same work: the comparison and the checks find exactly whom the made-up county wrote wrong."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from doudi.feeds.snapshot import Snapshot, list_snapshots
from doudi.rulebook import Rulebook
from doudi.screening.books.employment import write_employment
from doudi.screening.cleaning.run import check_data
from doudi.screening.employment.comparing import Comparison, compare
from doudi.screening.employment.figures import by_township
from doudi.screening.inputs import RegistryTables
from doudi.synth.snapshots import write_snapshots

AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"
CHECK_OF = {
    "only_in_register": "only_in_register",
    "not_in_register": "not_in_register",
    "months": "months_differ_from_register",
    "wage": "wage_differs_from_register",
    "area": "area_differs_from_register",
    "place_text": "place_against_area",
    "channel": "channel_differs_from_register",
    "incomplete": "register_incomplete",
    "end_before_start": "register_ends_before_start",
    "overlapping": "register_overlapping",
    "stale": "register_stale",
    "returned_without_end": "returned_without_end",
    "months_beyond_dates": "months_beyond_dates",
    "wage_of_year": "register_wage_implausible",
    "child_in_register": "child_in_register",
    "pupil_in_register": "pupil_in_register",
    "insured_not_working": "insured_not_working",
    "other_employer": "employer_differs_from_insurance",
    "insured_after_leaving": "insured_after_leaving",
    "subsidy_too_early": "subsidy_months_short",
    "subsidy_months": "subsidy_months_differ",
    "visit_not_working": "visit_not_working",
    "visit_months": "visit_months_differ",
    "visit_working": "visit_found_work",
    "unemployed_in_register": "unemployed_in_register",
    "post_elsewhere": "post_holder_away",
}
"""Slip of the made-up county → the check that should find it."""
NO_CONFLICT = {"incomplete", "stale", "returned_without_end", "stopped"}
"""Slips inside one source: its rows are wanting, but contradict nobody."""
WITHIN_TOLERANCE = {"subsidy_too_early"}
"""Too few months for the subsidy, though the list may be within two months of the registry."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("work")
    write_snapshots(out=out, rules_root=RULES, as_of=AS_OF, households=1500, seed=3)
    return out


@pytest.fixture(scope="module")
def registry(folder: Path) -> RegistryTables:
    return RegistryTables.from_folder(folder / "registry")


@pytest.fixture(scope="module")
def snapshots(folder: Path) -> list[Snapshot]:
    return list_snapshots(folder / "snapshots")


@pytest.fixture(scope="module")
def compared(rulebook: Rulebook, registry: RegistryTables, snapshots: list[Snapshot]) -> Comparison:
    return compare(rulebook, registry=registry, snapshots=snapshots, as_of=AS_OF, everybody=True)


@pytest.fixture(scope="module")
def slips(folder: Path) -> Mapping[str, set[tuple[str, str]]]:
    """Slip → household number and name of those it is about."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with (folder / "truth" / "work_slips.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["kind"]].add((row["household_no"], row["person_no"]))
    return found


@pytest.fixture(scope="module")
def who(folder: Path) -> Mapping[tuple[int, int], tuple[str, str]]:
    """Household and person key → household number and person number."""
    homes = pq.read_table(folder / "registry" / "household.parquet", columns=["household_key", "household_no"])
    numbers = dict(zip(homes["household_key"].to_pylist(), homes["household_no"].to_pylist(), strict=True))
    persons = pq.read_table(folder / "registry" / "person.parquet", columns=["household_key", "person_key"])
    found, position = {}, defaultdict(int)
    for row in persons.to_pylist():
        home = numbers[row["household_key"]]
        position[home] += 1
        found[row["household_key"], row["person_key"]] = (home, f"{home}{position[home]:02d}")
    return found


def test_each_check_finds_exactly_those_written_down_wrong(rulebook, registry, snapshots, slips, who) -> None:
    checks = [name for name in rulebook.checks if name.startswith("employment.")]
    result = check_data(rulebook=rulebook, registry=registry, snapshots=snapshots, as_of=AS_OF, checks=checks)
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for issue in result.issues.to_pylist():
        found[issue["check_id"].removeprefix("employment.")].add(who[issue["household_key"], issue["person_key"]])
    result.close()
    assert set(CHECK_OF.values()) == {name.removeprefix("employment.") for name in checks}
    assert {slip: found[check] for slip, check in CHECK_OF.items()} == {slip: slips[slip] for slip in CHECK_OF}
    assert all(slips[slip] for slip in CHECK_OF)
    assert result.cannot_tell == {}


def test_the_comparison_names_everybody_who_is_contradicted_and_nobody_else(compared, slips, who) -> None:
    found = {who[row["household_key"], row["person_key"]] for row in compared.conflicts.to_pylist()}
    true = set().union(*(people for slip, people in slips.items() if slip not in NO_CONFLICT))
    near = set().union(*(slips[slip] for slip in WITHIN_TOLERANCE))
    assert found - true == set()
    assert true - found - near == set()


def test_who_stopped_is_told_by_last_years_register(compared, slips, who) -> None:
    assert {who[row["household_key"], row["person_key"]] for row in compared.stopped.to_pylist()} == slips["stopped"]
    assert compared.before == "2022-07"


def test_without_last_years_register_nobody_is_said_to_have_stopped(rulebook, registry, snapshots) -> None:
    this_year = [one for one in snapshots if str(one.month) == "2023-07"]
    found = compare(rulebook, registry=registry, snapshots=this_year, as_of=AS_OF)
    assert (found.before, found.stopped.num_rows) == (None, 0)


def test_a_source_that_was_never_delivered_contradicts_nobody(rulebook, registry, snapshots) -> None:
    """Nobody in the register because there is no register is not the same as not being in it."""
    without = [one for one in snapshots if one.feed not in ("work_register", "work_visit", "social_insurance")]
    found = compare(rulebook, registry=registry, snapshots=without, as_of=AS_OF)
    assert found.counts()["works"] == 0
    assert compare(rulebook, registry=registry, snapshots=[], as_of=AS_OF).conflicts.num_rows == 0


def test_one_household_is_compared_as_the_whole_county_is(rulebook, registry, snapshots, compared) -> None:
    line = compared.conflicts.slice(0, 1).to_pylist()[0]
    one = replace(
        registry,
        household=pq.read_table(registry.household[0], filters=[("household_key", "=", line["household_key"])]),
        person=pq.read_table(registry.person[0], filters=[("household_key", "=", line["household_key"])]),
        income=pq.read_table(registry.income[0], filters=[("household_key", "=", line["household_key"])]),
    )
    found = compare(rulebook, registry=one, snapshots=snapshots, as_of=AS_OF, everybody=True)
    assert line in found.lines.to_pylist()


def test_usually_only_those_to_be_asked_are_told_of(rulebook, registry, snapshots, compared) -> None:
    found = compare(rulebook, registry=registry, snapshots=snapshots, as_of=AS_OF)
    assert found.conflicts.to_pylist() == compared.conflicts.to_pylist()
    assert found.stopped.to_pylist() == compared.stopped.to_pylist()
    assert found.lines.num_rows < compared.lines.num_rows / 10
    assert found.figures.to_pylist() == compared.figures.to_pylist()


def test_figures_of_townships_add_up(compared: Comparison) -> None:
    whole, *townships = by_township(compared.figures)
    assert len(townships) == 3
    assert sum(one.able for one in townships) == whole.able
    assert whole.employed == sum(
        row["able"] and row["registry_months"] > 0
        for row in compared.lines.select(["able", "registry_months"]).to_pylist()
    )
    assert 0.3 < (whole.share or 0) < 0.9
    assert whole.conflicted == compared.conflicts.num_rows


def test_the_workbook_names_each_person_once_with_what_contradicts(compared, registry, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_employment(compared, registry, tmp_path / "work.xlsx"))
    assert book.sheetnames == ["就业情况", "数据矛盾", "去年务工今年没有"]
    heads, *rows = book["数据矛盾"].iter_rows(values_only=True)
    assert len(rows) == compared.conflicts.num_rows
    assert all(row[heads.index("矛盾")] and row[heads.index("姓名")] for row in rows)
    assert book["去年务工今年没有"].max_row == compared.stopped.num_rows + 1
