"""Gaps and wrong payments of the made-up county, found again by a screening: all of them, and no others."""

from datetime import date
from pathlib import Path

import pytest

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import load_rulebook
from doudi.screening.commands import screen_folders
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import household_names
from doudi.screening.run import ScreeningResult, screen
from doudi.synth.county.whole import County
from doudi.synth.entitled import without_policy
from doudi.synth.entitlement_truth import ENTITLED, KINDS, POLICIES
from doudi.synth.score import NONE, Score, score
from doudi.synth.snapshots import write_snapshots
from doudi.synth.tables.registry import household_table
from doudi.synth.write import write_county

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2023, 8, 1)


def scored(result: ScreeningResult, registry: RegistryTables, truth: Path) -> Score:
    rows = result.entitlements.select(["household_key", "policy_id", "state"]).to_pylist()
    names = household_names(registry, [row["household_key"] for row in rows])
    found = [(names[row["household_key"]].household_no, f"{row['policy_id']}:{row['state']}") for row in rows]
    return score(found, truth, kinds=KINDS, file=ENTITLED)


def test_over_clean_data_every_gap_and_wrong_payment_is_found_and_nothing_else(tmp_path: Path) -> None:
    written = write_snapshots(households=1500, seed=11, out=tmp_path, rules_root=RULES)
    registry = RegistryTables.from_folder(written.registry)
    result = screen(
        rulebook=load_rulebook(RULES),
        registry=registry,
        snapshots=list_snapshots(tmp_path / "snapshots"),
        as_of=AS_OF,
        policies=POLICIES,
    )
    try:
        found = scored(result, registry, written.truth)
    finally:
        result.close()
    assert not found.mistakes, found.report()
    true = {kind: one.true for kind, one in found.kinds.items()}
    assert all(true[f"{policy}:gap"] for policy in POLICIES), true
    assert {kind for kind, count in true.items() if count and kind.endswith(":over")} == {
        "minimum_living.elderly_allowance:over",
        "education.yulu_plan:over",
        "education.university_entrant:over",
        "jobs.retention:over",
        "jobs.transport_subsidy:over",
    }


def test_over_the_sheets_of_offices_only_what_was_dirtied_is_missed(tmp_path: Path) -> None:
    written = write_county(households=1500, seed=11, out=tmp_path, rules_root=RULES, dirt=0.02)
    done = screen_folders(
        rules_root=RULES,
        registry=written.registry,
        feeds=written.feeds,
        as_of=AS_OF,
        snapshots=tmp_path / "kept",
        policies=True,
    )
    try:
        found = scored(done.result, done.registry, written.truth)
    finally:
        done.result.close()
    true, hits = sum(one.true for one in found.kinds.values()), sum(one.found for one in found.kinds.values())
    raised = sum(one.raised for one in found.kinds.values())
    assert hits >= 0.85 * true, found.report()
    assert hits >= 0.80 * raised, found.report()
    assert not [one for one in found.mistakes if one.because == NONE], found.report()


def test_the_household_sheet_agrees_on_who_has_the_policies_still(county: County) -> None:
    told = household_table(county)["household_type"].to_pylist()
    lost = without_policy(county) & county.economy.alleviated
    assert [one == "alleviated_without_policy" for one in told] == lost.tolist()


@pytest.mark.parametrize("policy", POLICIES)
def test_the_truth_speaks_of_policies_that_exist(policy: str) -> None:
    assert (RULES / "policies" / f"{policy}.yaml").is_file()
