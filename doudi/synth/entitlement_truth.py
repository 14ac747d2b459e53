"""Who truly lacks something due, and who truly has something not due: held against what a screening finds.

A kind is a policy's id, a colon and `gap` or `over`: `education.yulu_plan:gap`.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.synth.county.arrays import Flags
from doudi.synth.county.whole import County
from doudi.synth.entitled import Entitled, Lines
from doudi.synth.tables.payments import code_of

ENTITLED = "entitled.csv"
POLICIES = (
    "minimum_living.elderly_allowance", "education.yulu_plan", "education.university_entrant", "jobs.retention",
    "jobs.transport_subsidy", "medical.relief", "temporary_relief.price_allowance", "temporary_relief.winter_relief",
    "disability.child_rehabilitation", "disability.care_allowance",
)  # fmt: skip
"""Policies that the truth speaks about, and no others."""
_CURRENT = ("minimum_living.elderly_allowance",)
"""Paid month by month: payments of long ago don't count as having it."""
_ONCE_A_YEAR = ("jobs.retention", "jobs.transport_subsidy")
KINDS = tuple(f"{policy}:{state}" for policy in POLICIES for state in ("gap", "over"))


def entitlements(county: County, tables: Mapping[str, pa.Table], rules_root: Path) -> pa.Table:
    """One row a household and kind: household_no, kind, detail (how many persons). `tables`: the true tables."""
    entitled = Entitled(county, tables, Lines.of(rules_root, county.as_of))
    due, wrong = entitled.due(), entitled.wrong()
    rows: list[tuple[int, str, str]] = []

    def note(policy: str, state: str, flags: Flags) -> None:
        homes, counts = np.unique(county.members.household[flags], return_counts=True)
        rows.extend((int(home), f"{policy}:{state}", f"{count} 人") for home, count in zip(homes, counts, strict=True))

    for policy, flags in due.items():
        months = entitled.lines.current_months if policy in _CURRENT else entitled.lines.year_months
        times = _times(entitled, code_of(policy), entitled.since(months))
        paid = times > 0
        over = paid & wrong.get(policy, np.zeros_like(flags))
        over |= paid & _departed(entitled, code_of(policy))
        if policy in _ONCE_A_YEAR:
            over |= times > 1
        note(policy, "gap", flags & ~_for_all(entitled, policy, paid))
        note(policy, "over", over)
    certificates = tables["disability_certificate"]
    severe = pc.is_in(certificates["disability_grade"], pa.array(["1", "2"]))
    listed = certificates["care_allowance"]
    note("disability.care_allowance", "gap", entitled.marked(certificates, pc.and_(severe, pc.invert(listed))))
    note("disability.care_allowance", "over", entitled.marked(certificates, pc.and_(pc.invert(severe), listed)))
    homes = pa.array([home for home, _, _ in rows], pa.int64())
    return pa.table(
        {
            "household_no": county.household_no.take(homes),
            "kind": pa.array([kind for _, kind, _ in rows], pa.string()),
            "detail": pa.array([detail for _, _, detail in rows], pa.string()),
        }
    )


def _for_all(entitled: Entitled, policy: str, paid: Flags) -> Flags:
    """Of a policy for households, everybody of one whose member was paid."""
    if policy != "temporary_relief.winter_relief":
        return paid
    return entitled.with_anybody(entitled.of_members(paid))[entitled.county.members.household]


def _times(entitled: Entitled, code: str, since: int) -> np.ndarray:
    rows = entitled.tables["assistance_payment"]
    keep = pc.and_(pc.equal(rows["policy"], code), pc.greater_equal(rows["paid_on"].cast(pa.int32()), since))
    chosen = keep.to_numpy(zero_copy_only=False)
    return np.bincount(rows["person_row"].to_numpy()[chosen], minlength=entitled.county.persons)


def _departed(entitled: Entitled, code: str) -> Flags:
    """Persons no longer there who were paid after the month in which they left."""
    county, rows = entitled.county, entitled.tables["assistance_payment"]
    left = np.where(county.people.active, np.iinfo(np.int32).max, county.people.status_day)
    month_left = left.astype("datetime64[D]").astype("datetime64[M]")
    who = rows["person_row"].to_numpy()
    paid = rows["paid_on"].to_numpy().astype("datetime64[M]")
    mine = np.asarray(pc.equal(rows["policy"], code).to_numpy(zero_copy_only=False), dtype=np.bool_)
    flags = np.zeros(county.persons, dtype=np.bool_)
    flags[who[mine & (paid > month_left[who])]] = True
    return flags & ~county.people.active


def write_entitlements(folder: Path, table: pa.Table) -> None:
    """The truth about policies beside that about risks."""
    with (folder / ENTITLED).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
