"""The county as clean Parquet, in the layout of registry tables and monthly snapshots; a million persons in seconds.

    out/registry/{regions,household,person,income}.parquet
    out/snapshots/<feed>/<YYYY-MM>/<sha12>/{data.parquet, manifest.json}
    out/truth/{at_risk.csv, regions_at_risk.csv, summary.json}

Rows carry keys instead of resident ids, as everything does that was read from a sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.feeds.contract import Contract, load_contracts
from doudi.feeds.derived import with_person_columns
from doudi.feeds.recomputing import member_keys, phone_keys
from doudi.feeds.registry import WITHHELD
from doudi.feeds.snapshot import write_snapshot
from doudi.feeds.work_places import locate_work
from doudi.standards.periods import Month
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.regions import RegionTree
from doudi.synth.county.economy import BESIDE, COMPONENTS
from doudi.synth.county.whole import County, make_county
from doudi.synth.entitlement_truth import entitlements, write_entitlements
from doudi.synth.history import deliveries, followed_events
from doudi.synth.regional_truth import regions_at_risk
from doudi.synth.sheets.readings import as_read, with_forms
from doudi.synth.slips.making import Slipped, with_slips
from doudi.synth.slips.truth import write_slips
from doudi.synth.tables.departments import department_tables
from doudi.synth.tables.registry import registry_tables
from doudi.synth.tables.work_records import WorkRecords
from doudi.synth.thresholds import Thresholds
from doudi.synth.truth import at_risk
from doudi.synth.write import Progress, Written, write_region_truth, write_truth, write_work_truth

INCOME_COLUMNS = (
    "income_year", *COMPONENTS[:4], "transfer_income", *COMPONENTS[4:], *BESIDE, "net_income", "per_capita_income",
)  # fmt: skip
A_YEAR_AGO = "work_register"
"""The feed of which last year's delivery is there too: who worked then and does not now is told by both."""
_COMPRESSION = "zstd"
_ROW_GROUP = 122_880
"""Rows a group, as in `doudi.feeds.registry`, so that readers can share the work."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of all persons and households, in their order in the county."""

    person: pa.Array
    resident_hash: pa.Array
    household: pa.Array

    @classmethod
    def of(cls, county: County, pseudonymiser: Pseudonymiser) -> "Keys":
        hashes = pseudonymiser.resident_hashes(county.identity.resident_id.to_pylist())
        starts = bytes.fromhex("".join(one[:16] for one in hashes if one is not None))
        return cls(
            person=pa.array(np.frombuffer(starts, dtype=">i8").astype(np.int64)),
            resident_hash=pa.array(hashes, pa.string()),
            household=pa.array(pseudonymiser.household_keys(county.household_no.to_pylist()), pa.int64()),
        )

    def of_persons(self, persons: pa.Table, county: County, pseudonymiser: Pseudonymiser) -> pa.Array:
        """Keys of the persons as a table has them: those whose id is not the true one get their own."""
        ids, true = persons["resident_id"].combine_chunks(), county.identity.resident_id
        other = np.flatnonzero(pc.fill_null(pc.not_equal(ids, true), True).to_numpy(zero_copy_only=False))
        if not len(other):
            return self.person
        found = self.person.to_numpy().copy()
        found[other] = member_keys(persons.take(pa.array(other)), pseudonymiser).to_numpy()
        return pa.array(found)


def write_snapshots(
    *,
    households: int,
    seed: int,
    out: Path,
    rules_root: Path,
    as_of: date = date(2023, 8, 1),
    pseudonymiser: Pseudonymiser | None = None,
    months: int = 1,
    slips: float = 0.0,
    progress: Progress | None = None,
) -> Written:
    """Write the county as Parquet. Without a pseudonymiser the keys follow from the seed: the ids belong to nobody.

    `months`: deliveries of so many months, with enrolments that followed what happened (see `doudi.synth.history`).
    `slips`: as in `write.write_county`.
    """
    tell = progress or (lambda what, done, total: None)
    contracts, thresholds = load_contracts(rules_root), Thresholds.of(rules_root, as_of)
    tell("虚构县", 0, 4)
    county = make_county(households=households, seed=seed, as_of=as_of)
    tables = department_tables(county)
    if months > 1:
        county = followed_events(county, tables, thresholds, months=months)
    tell("密钥", 1, 4)
    hidden = pseudonymiser or Pseudonymiser.from_secret(f"synthetic county {seed}")
    keys = Keys.of(county, hidden)
    tell("户表和人表", 2, 4)
    registry, snapshots, truth = out / "registry", out / "snapshots", out / "truth"
    for folder in (registry, snapshots, truth):
        folder.mkdir(parents=True, exist_ok=True)
    written_down = registry_tables(county) | tables
    slipped = with_slips(county, written_down, slips) if slips else Slipped(written_down, ())
    for name, table in registry_parquet(slipped.tables, county, keys, contracts, hidden).items():
        pq.write_table(table, registry / f"{name}.parquet", compression=_COMPRESSION, row_group_size=_ROW_GROUP)
    tell("部门数据", 3, 4)
    name = f"{seed} {households} {as_of}"
    records, places = WorkRecords.of(county, tables), county.places.table()
    regions = RegionTree(zip(places["region_code"].to_pylist(), places["name"].to_pylist(), strict=True))
    for feed in tables:
        table = slipped.tables[feed]
        if months == 1:
            delivered = [(Month(as_of) - 1, table)]
            if feed == A_YEAR_AGO:
                delivered.insert(0, (Month(as_of) - 13, records.register_a_year_ago))
        else:
            delivered = list(deliveries(county, contracts[feed], table, months=months))
        for month, rows_then in delivered:
            mark = "" if month == Month(as_of) - 1 and months == 1 else f" {month}"
            reading = locate_work(as_read(contracts[feed], rows_then, name=f"{name} {feed}{mark}"), regions)
            write_snapshot(reading, snapshots, month=month, pseudonymiser=hidden)
    risks = at_risk(county, tables, thresholds)
    rows = {feed: table.num_rows for feed, table in tables.items()}
    write_region_truth(truth, regions_at_risk(county, tables, rules_root))
    write_entitlements(truth, entitlements(county, tables, rules_root))
    write_work_truth(truth, records)
    if slips:
        write_slips(truth, slipped)
    written = Written.of(county, registry, snapshots, truth, rows=rows, stains=(), risks=risks)
    write_truth(written, county, risks, (), dirt=0.0)
    tell("真相", 4, 4)
    return written


def registry_parquet(
    tables: Mapping[str, pa.Table], county: County, keys: Keys, contracts: Mapping[str, Contract], hidden: Pseudonymiser
) -> dict[str, pa.Table]:
    """The four registry tables as screening reads them, of the registry's sheets as tables."""
    households = with_forms(contracts["registry_household"], tables["registry_household"])
    persons = with_person_columns(with_forms(contracts["registry_person"], tables["registry_person"]))
    incomes = []
    for table in (tables["registry_income"], households):
        found = table.select(INCOME_COLUMNS).add_column(0, "household_key", keys.household)
        told = pc.is_valid(table["income_year"])
        incomes.append(found.append_column("members", table["size_year"]).filter(told))
    kept = _placed(households.drop_columns(["head_resident_id", *INCOME_COLUMNS]), county)
    homes = keys.household.take(pc.index_in(persons["household_no"], value_set=county.household_no))
    return {
        "regions": county.places.table(),
        "household": _without_numbers(kept, "household", hidden).add_column(0, "household_key", keys.household),
        "person": _without_numbers(persons, "person", hidden)
        .add_column(0, "household_key", homes)
        .add_column(0, "person_key", keys.of_persons(persons, county, hidden)),
        "income": pa.concat_tables(incomes),
    }


def _placed(households: pa.Table, county: County) -> pa.Table:
    """With the village that counts and `region_form`, as `feeds.regions_of_households` tells them by code and names."""
    written = households["region_code"]
    villages = pa.array([code for code, _ in county.places.villages])
    true = villages.take(pa.array(county.places.village_of_household))
    village = pc.is_in(written, value_set=villages)
    cases = {
        "missing": pc.is_null(written),
        "known": pc.fill_null(pc.equal(written, true), False),
        "other_name": village,
        "not_village": pc.fill_null(pc.ends_with(written, "000"), False),
    }
    labels = [pa.scalar(name) for name in cases]
    form = pc.case_when(pc.make_struct(*cases.values()), *labels, pa.scalar("unknown"))
    at = households.column_names.index("region_code")
    counts = pc.if_else(village, written, true)
    return households.set_column(at, "region_code", counts).append_column("region_form", form)


def _without_numbers(table: pa.Table, kind: str, hidden: Pseudonymiser) -> pa.Table:
    table = table.append_column("phone_key", phone_keys(table["phone"], hidden))
    return table.drop_columns([name for name in table.column_names if name in WITHHELD[kind]])
