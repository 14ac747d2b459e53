"""The clean Parquet: keys instead of ids, everything else as the contracts say."""

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from doudi.feeds.contract import load_contracts
from doudi.feeds.snapshot import list_snapshots
from doudi.standards.pseudonym import Pseudonymiser
from doudi.synth.county.whole import County
from doudi.synth.snapshots import write_snapshots

AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture(scope="session")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet")
    keys = Pseudonymiser.from_secret("for this test only")
    write_snapshots(households=300, seed=7, out=folder, rules_root=RULES, as_of=AS_OF, pseudonymiser=keys)
    return folder


def test_no_id_phone_or_account_is_in_any_file(out: Path) -> None:
    withheld = {"resident_id", "head_resident_id", "phone", "bank_account", "helper_phone", "certificate_no"}
    for path in out.rglob("*.parquet"):
        assert not withheld & set(pq.read_schema(path).names)


def test_feeds_lie_in_their_snapshot_folders(out: Path) -> None:
    contracts = load_contracts(RULES)
    for feed in contracts:
        if not feed.startswith("registry_"):
            (data,) = (out / "snapshots" / feed / "2023-07").glob("*/data.parquet")
            names = pq.read_schema(data).names
            keys = [] if contracts[feed].subject == "region" else ["person_key", "resident_hash"]
            assert names[: 2 + len(keys)] == ["row", "returned", *keys]
            assert {"kind", "self_paid"} <= set(names) or feed != "medical_settlement"


def test_rows_of_feeds_find_their_persons_by_key(out: Path) -> None:
    persons = set(pq.read_table(out / "registry" / "person.parquet")["person_key"].to_pylist())
    for data in (out / "snapshots").rglob("data.parquet"):
        if "person_key" not in pq.read_schema(data).names:
            continue
        assert set(pq.read_table(data)["person_key"].to_pylist()) <= persons


def test_keys_are_those_of_the_pseudonymiser(out: Path) -> None:
    keys = Pseudonymiser.from_secret("for this test only")
    household = pq.read_table(out / "registry" / "household.parquet").slice(0, 1).to_pylist()[0]
    assert household["household_key"] == keys.household_key(household["household_no"])


def test_the_feeds_own_reader_lists_them_all(out: Path) -> None:
    found = list_snapshots(out / "snapshots")
    assert {one.feed for one in found} == {one for one in load_contracts(RULES) if not one.startswith("registry_")}
    assert {one.kind for one in found} == {"events", "state"}


def test_two_income_years_a_household(out: Path) -> None:
    income = pq.read_table(out / "registry" / "income.parquet")
    assert sorted(set(income["income_year"].to_pylist())) == [2021, 2022]
    assert income.num_rows == 600


def test_person_keys_match_ids(out: Path, county: County) -> None:
    persons = pq.read_table(out / "registry" / "person.parquet")
    assert len(set(persons["person_key"].to_pylist())) == persons.num_rows
