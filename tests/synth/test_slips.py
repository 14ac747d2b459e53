"""Every check of the registry's data finds what was written wrongly for it, and hardly anything elsewhere."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from doudi.feeds.contract import load_contracts
from doudi.feeds.registry import assemble, write_registry
from doudi.feeds.sheet import read_sheet
from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import load_rulebook
from doudi.screening.cleaning.run import check_data
from doudi.screening.inputs import RegistryTables
from doudi.standards.pseudonym import Pseudonymiser
from doudi.synth.slips.making import SLIPS
from doudi.synth.snapshots import write_snapshots
from doudi.synth.write import write_county

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2023, 8, 1)
HOUSEHOLDS = 2000
COMPARED = "employment"
"""Checks of this topic have their own wrong records (`work_slips.csv`)."""
SO_IT_IS = frozenset({
    "household.dead_still_active", "household.spouse_too_young", "income.fell_much",
    "income.kin_support_without_elderly", "income.very_low",
    "measure.education_without_student", "measure.health_without_patient", "monitoring.disability_without_disabled",
    "monitoring.employment_nobody_able", "monitoring.housing_risk_safe_house", "monitoring.illness_without_ill",
    "monitoring.labour_short_though_able", "monitoring.marginal_alleviated", "monitoring.problem_not_enrolled",
    "monitoring.schooling_without_pupil", "monitoring.water_risk_safe_water", "school.level_too_young",
    "school.little_schooling", "water.supply_fails", "water.supply_good", "work.posts_too_many",
})  # fmt: skip
"""What the made-up county really has: second risks are drawn without regard to the family, a few incomes fall."""
SHARED = frozenset({"identity.in_two_households", "identity.dead_elsewhere", "household.phone_shared"})
"""Raised for everybody who shares the thing, also for whom it is right."""
MOST_ELSEWHERE = 0.06
"""Share of the households without a slip for which anything is raised."""


@dataclass(frozen=True)
class Found:
    """Check → numbers of the households for which it is raised, and for which it should be."""

    raised: dict[str, set[str]]
    wanted: dict[str, set[str]]
    touched: set[str]

    @classmethod
    def of(cls, issues: pa.Table, household: pa.Table, truth: Path) -> "Found":
        numbers = dict(zip(*(household[name].to_pylist() for name in ("household_key", "household_no")), strict=True))
        raised, wanted, touched = defaultdict(set), defaultdict(set), set()
        for check, key in zip(issues["check_id"].to_pylist(), issues["household_key"].to_pylist(), strict=True):
            raised[check].add(numbers[key])
        with truth.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                touched |= {row["household_no"], row["raised_for"]}
                if row["raised_for"]:
                    wanted[row["check_id"]].add(row["raised_for"])
        return cls(raised, wanted, touched)


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook(RULES)


@pytest.fixture(scope="module")
def found(rulebook, tmp_path_factory):
    out = tmp_path_factory.mktemp("slips")
    write_snapshots(households=HOUSEHOLDS, seed=7, out=out, rules_root=RULES, as_of=AS_OF, slips=0.0005)
    registry = RegistryTables.from_folder(out / "registry")
    snapshots = list_snapshots(out / "snapshots")
    result = check_data(rulebook=rulebook, registry=registry, snapshots=snapshots, as_of=AS_OF)
    household = pq.read_table(out / "registry" / "household.parquet", columns=["household_key", "household_no"])
    return Found.of(result.issues, household, out / "truth" / "slips.csv")


def checks_of(rulebook) -> Iterable[str]:
    return (name for name, check in rulebook.checks.items() if check.topic != COMPARED)


def test_there_is_a_slip_for_every_check(rulebook):
    assert {slip.check for slip in SLIPS} == set(checks_of(rulebook))


def test_every_check_finds_what_was_written_wrongly(rulebook, found):
    assert {name for name in checks_of(rulebook) if not found.wanted[name]} == set()
    missed = {name: found.wanted[name] - found.raised[name] for name in checks_of(rulebook)}
    assert {name: homes for name, homes in missed.items() if homes} == {}


def test_only_what_the_county_really_has_is_raised_elsewhere(rulebook, found):
    elsewhere = {name: found.raised[name] - found.touched for name in checks_of(rulebook)}
    assert {name for name, homes in elsewhere.items() if homes} <= SO_IT_IS | SHARED
    assert len(set().union(*elsewhere.values())) <= MOST_ELSEWHERE * HOUSEHOLDS


def test_a_household_has_one_slip_at_most(found, tmp_path):
    homes: dict[str, set[str]] = defaultdict(set)
    for check, numbers in found.wanted.items():
        for number in numbers:
            homes[number].add(check)
    assert {number for number, several in homes.items() if len(several) > 1} == set()


def test_without_slips_the_county_is_as_ever(tmp_path):
    for folder, share in (("plain", 0.0), ("slipped", 0.0005)):
        write_snapshots(households=300, seed=3, out=tmp_path / folder, rules_root=RULES, as_of=AS_OF, slips=share)
    assert not (tmp_path / "plain" / "truth" / "slips.csv").exists()
    risks = [(tmp_path / folder / "truth" / "at_risk.csv").read_bytes() for folder in ("plain", "slipped")]
    assert risks[0] == risks[1]


def test_what_is_wrong_comes_through_the_sheets(rulebook, tmp_path):
    """Reading sheets neither loses nor hides a wrong cell: checks of the registry alone find the same in them."""
    write_county(households=HOUSEHOLDS, seed=7, out=tmp_path, rules_root=RULES, dirt=0.0, slips=0.0005, as_of=AS_OF)
    contracts = load_contracts(RULES)
    readings = [read_sheet(path, contracts=contracts) for path in sorted((tmp_path / "registry").iterdir())]
    root = tmp_path / "read"
    write_registry(assemble(readings), root, pseudonymiser=Pseudonymiser.from_secret("a secret for tests"))
    result = check_data(rulebook=rulebook, registry=RegistryTables.from_folder(root), as_of=AS_OF)
    household = pq.read_table(root / "household.parquet", columns=["household_key", "household_no"])
    found = Found.of(result.issues, household, tmp_path / "truth" / "slips.csv")
    alone = {
        name
        for name in checks_of(rulebook)
        if not any(rulebook.facts[fact].source.is_feed for fact in _closure(rulebook, rulebook.checks[name].facts))
    }
    missed = {name: found.wanted[name] - found.raised[name] for name in alone}
    assert {name: homes for name, homes in missed.items() if homes} == {}
    assert pc.sum(pc.equal(result.issues["severity"], "error")).as_py() > 0


def _closure(rulebook, names):
    seen = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [one for one in rulebook.facts[name].uses if one in rulebook.facts]
    return seen
