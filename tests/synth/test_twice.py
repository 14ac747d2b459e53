"""Of everybody who was put into the registry twice nearly all are found, and hardly anybody else."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from doudi.matching.duplicate_model import load_duplicate_model
from doudi.matching.duplicates import find_duplicates
from doudi.matching.model import load_model
from doudi.matching.rows import registry_persons
from doudi.synth.snapshots import write_snapshots
from doudi.synth.twice import HOUSEHOLD, MARRIED, OTHER_HOUSE, SAME_HOUSE, registered_twice

RULES = Path(__file__).parents[2] / "rules"
EACH = 60


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    folder = tmp_path_factory.mktemp("county")
    write_snapshots(households=4000, seed=2, out=folder, rules_root=RULES, as_of=date(2023, 8, 1))
    household, person = (pq.read_table(folder / "registry" / f"{name}.parquet") for name in ("household", "person"))
    return registry_persons(household, person)


def proposals(persons: pa.Table) -> list[dict[str, Any]]:
    found = find_duplicates(persons, model=load_model(RULES), duplicates=load_duplicate_model(RULES)).proposals
    return list(found.to_pylist())


def test_a_sound_county_has_next_to_no_duplicates(persons: pa.Table) -> None:
    found = proposals(persons)
    assert len(found) <= 2, "twins and namesakes are no duplicates"
    assert all(one["band"] == "doubtful" for one in found)


def test_those_registered_twice_are_found_and_told_apart(persons: pa.Table) -> None:
    spoiled, truth = registered_twice(persons, each=EACH, seed=5)
    before = {_pair(one) for one in proposals(persons)}
    found = [one for one in proposals(spoiled) if _pair(one) not in before]
    by_pair = {_pair(one): one for one in found}
    homes = {frozenset((one["a_household"], one["b_household"])) for one in found if one["kind"] != "person"}
    lines = truth.to_pylist()
    hit: dict[str, int] = {}
    for one in lines:
        rows = ((one["person_key"], one["household_key"]), (one["other_person"], one["other_household"]))
        alone = frozenset(rows) in by_pair
        together = frozenset((one["household_key"], one["other_household"])) in homes
        hit[one["kind"]] = hit.get(one["kind"], 0) + (together if one["kind"] == HOUSEHOLD else alone)
    wanted = {kind: sum(one["kind"] == kind for one in lines) for kind in hit}
    for kind in (MARRIED, SAME_HOUSE, OTHER_HOUSE, HOUSEHOLD):
        assert hit[kind] >= 0.95 * wanted[kind], kind
    true = {
        frozenset(((o["person_key"], o["household_key"]), (o["other_person"], o["other_household"]))) for o in lines
    }
    wrong = [one for pair, one in by_pair.items() if one["kind"] == "person" and pair not in true]
    assert not [one for one in wrong if one["band"] == "sure"], "never sure of two persons"
    assert len(wrong) <= 0.02 * len(found)
    married = [by_pair[pair] for pair in map(_true_pair, lines) if pair in by_pair]
    assert sum(one["suggestion"] == "move" for one in married) >= 0.95 * EACH


def _pair(one: dict[str, Any]) -> frozenset[tuple[Any, Any]]:
    return frozenset(((one["a_person"], one["a_household"]), (one["b_person"], one["b_household"])))


def _true_pair(one: dict[str, Any]) -> frozenset[tuple[Any, Any]]:
    return frozenset(((one["person_key"], one["household_key"]), (one["other_person"], one["other_household"])))
