"""The county and the rulebook belong together: each rule has something to find, and finds what the truth says."""

import csv
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import Rulebook, load_rulebook
from doudi.screening.inputs import RegistryTables
from doudi.screening.run import ScreeningResult, screen
from doudi.synth.snapshots import write_snapshots
from doudi.synth.truth import KINDS
from tests.synth.conftest import AS_OF, RULES

OF_THE_DEMONSTRATION = {"households": 2000, "seed": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parquet")
    write_snapshots(out=out, rules_root=RULES, as_of=AS_OF, **OF_THE_DEMONSTRATION)
    return out


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


@pytest.fixture(scope="module")
def result(folder: Path, rulebook: Rulebook) -> ScreeningResult:
    registry, snapshots = RegistryTables.from_folder(folder / "registry"), list_snapshots(folder / "snapshots")
    return screen(rulebook=rulebook, registry=registry, snapshots=snapshots, as_of=AS_OF, threads=2)


def test_every_rule_finds_somebody(result: ScreeningResult, rulebook: Rulebook) -> None:
    raised = set(result.alerts["rule_id"].to_pylist())
    of_households = {rule.id for rule in rulebook.rules.values() if rule.subject in ("household", "person")}
    assert of_households - raised == set()


def test_no_rule_finds_a_tenth_of_the_county_but_where_a_whole_village_lacks_water(result: ScreeningResult) -> None:
    homes: dict[str, set[int]] = defaultdict(set)
    for alert in result.alerts.select(["rule_id", "household_key"]).to_pylist():
        homes[alert["rule_id"]].add(alert["household_key"])
    many = {rule for rule, found in homes.items() if len(found) > OF_THE_DEMONSTRATION["households"] / 10}
    assert many <= {"water.days_without"}


def test_each_rule_finds_exactly_the_households_that_the_truth_names(folder: Path, result: ScreeningResult) -> None:
    households = pq.read_table(folder / "registry" / "household.parquet", columns=["household_key", "household_no"])
    numbers = dict(zip(*(households[name].to_pylist() for name in households.column_names), strict=True))
    found = {
        (alert["rule_id"], numbers[alert["household_key"]])
        for alert in result.alerts.select(["rule_id", "household_key"]).to_pylist()
        if alert["rule_id"] in KINDS
    }
    with (folder / "truth" / "at_risk.csv").open(encoding="utf-8", newline="") as file:
        true = {(row["kind"], row["household_no"]) for row in csv.DictReader(file)}
    assert found ^ true == set()


def test_nothing_is_left_untold(result: ScreeningResult) -> None:
    assert set(result.cannot_tell["rule_id"].to_pylist()) == set()
