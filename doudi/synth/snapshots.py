"""The county as clean Parquet, in the layout of registry tables and monthly snapshots; a million persons in seconds.

    out/registry/{regions,household,person,income}.parquet
    out/snapshots/<feed>/<YYYY-MM>/<sha12>/{data.parquet, manifest.json}
    out/truth/{at_risk.csv, regions_at_risk.csv, summary.json}

Rows carry keys instead of resident ids, as everything does that was read from a sheet.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from doudi.feeds.contract import load_contracts
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
from doudi.synth.sheets.readings import as_read
from doudi.synth.tables.departments import department_tables
from doudi.synth.tables.registry import household_table, income_table, person_table
from doudi.synth.tables.work_records import WorkRecords
from doudi.synth.thresholds import Thresholds
from doudi.synth.truth import at_risk
from doudi.synth.write import Progress, Written, write_region_truth, write_truth, write_work_truth

HOUSEHOLD_COLUMNS = (
    "household_no", "region_code", "head_name", "household_type", "monitor_type", "enrolled_month", "exited_month",
    "risk_cleared", "risk_1", "risk_2", "risk_3", "risk_4", "risk_5", "size_now", "size_year", "housing_grade",
    "dangerous_house", "safe_water", "relocated", "no_labour_flag", "dev_status", "helper_name",
)  # fmt: skip
PERSON_COLUMNS = (
    "name", "sex", "birth_date", "relation", "education", "student_status", "absence_reason", "health",
    "disability_kind", "disability_grade", "labour", "work_area", "work_months", "wage_month", "employer",
    "job_channel", "public_job", "insured_medical", "minimum_living", "extreme_hardship", "status", "status_on",
)  # fmt: skip
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


def write_snapshots(
    *,
    households: int,
    seed: int,
    out: Path,
    rules_root: Path,
    as_of: date = date(2023, 8, 1),
    pseudonymiser: Pseudonymiser | None = None,
    months: int = 1,
    progress: Progress | None = None,
) -> Written:
    """Write the county as Parquet. Without a pseudonymiser the keys follow from the seed: the ids belong to nobody.

    `months`: deliveries of so many months, with enrolments that followed what happened (see `doudi.synth.history`).
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
    for name, table in registry_parquet(county, keys).items():
        pq.write_table(table, registry / f"{name}.parquet", compression=_COMPRESSION, row_group_size=_ROW_GROUP)
    tell("部门数据", 3, 4)
    name = f"{seed} {households} {as_of}"
    records, places = WorkRecords.of(county, tables), county.places.table()
    regions = RegionTree(zip(places["region_code"].to_pylist(), places["name"].to_pylist(), strict=True))
    for feed, table in tables.items():
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
    written = Written.of(county, registry, snapshots, truth, rows=rows, stains=(), risks=risks)
    write_truth(written, county, risks, (), dirt=0.0)
    tell("真相", 4, 4)
    return written


def registry_parquet(county: County, keys: Keys) -> dict[str, pa.Table]:
    """The four registry tables as screening reads them."""
    economy = county.economy
    incomes = []
    for one in (economy.before, economy.year):
        table = income_table(county, one)
        found = table.select(INCOME_COLUMNS).add_column(0, "household_key", keys.household)
        incomes.append(found.append_column("members", table["size_year"]))
    persons = person_table(county).select(PERSON_COLUMNS)
    persons = persons.add_column(0, "household_key", keys.household.take(pa.array(county.members.household)))
    return {
        "regions": county.places.table(),
        "household": household_table(county).select(HOUSEHOLD_COLUMNS).add_column(0, "household_key", keys.household),
        "person": persons.add_column(0, "person_key", keys.person),
        "income": pa.concat_tables(incomes),
    }
