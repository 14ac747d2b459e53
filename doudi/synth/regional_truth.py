"""Which villages and townships are truly at risk as a whole, worked out without facts, rules or screening.

Kinds are named by the id of the rule that should find them; thresholds are the parameters of the rulebook.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.synth.county.arrays import Floats, day_number
from doudi.synth.county.whole import County
from doudi.synth.thresholds import number_of
from doudi.synth.truth import months_before

KINDS = (
    "region.disaster_area", "region.water_failing", "region.jobs_lost", "region.under_line_many", "region.relapse_many",
    "region.price_collapse", "region.workshop_shut",
)  # fmt: skip
"""Rule ids that the truth about regions speaks about."""
_VILLAGES_ONLY = frozenset({"region.water_failing", "region.price_collapse"})


def regions_at_risk(county: County, tables: Mapping[str, pa.Table], rules_root: Path) -> pa.Table:
    """One row a region and kind: region_code, kind, detail. `tables` are the true department tables."""
    rows = sorted(_Regions(county, tables, rules_root).found())
    return pa.table(
        {
            name: pa.array([row[at] for row in rows], pa.string())
            for at, name in enumerate(("region_code", "kind", "detail"))
        }
    )


class _Regions:
    def __init__(self, county: County, tables: Mapping[str, pa.Table], rules_root: Path) -> None:
        self.county, self.tables, self.root = county, tables, rules_root
        self.villages = np.array([code for code, _ in county.places.villages])
        self.townships = np.array([code[:9] + "000" for code in self.villages])
        self._values: dict[str, float] = {}

    def value(self, name: str) -> float:
        if name not in self._values:
            self._values[name] = number_of(name, self.root, self.county.as_of)
        return self._values[name]

    def since(self, name: str) -> int:
        return day_number(months_before(self.county.as_of, int(self.value(name))))

    def households(self, feed: str, keep: pa.ChunkedArray) -> Floats:
        """1 for every household with a row to keep, else 0."""
        rows = self.tables[feed].filter(pc.fill_null(keep, False))["person_row"].to_numpy()
        flags = np.zeros(self.county.households)
        flags[self.county.members.household[rows]] = 1
        return flags

    def by_region(self, kind: str, values: Floats) -> dict[str, float]:
        """Sums over the households (or, if so many are given, over the villages) of every region."""
        if len(values) == self.county.households:
            homes, villages = self.county.places.village_of_household, len(self.villages)
            values = np.bincount(homes, weights=values, minlength=villages).astype(np.float64)
        sums: dict[str, float] = {}
        for village, township, value in zip(self.villages, self.townships, values, strict=True):
            for code in (village,) if kind in _VILLAGES_ONLY else (village, township):
                sums[str(code)] = sums.get(str(code), 0.0) + float(value)
        return sums

    def found(self) -> Iterator[tuple[str, str, str]]:
        everybody = np.ones(self.county.households)
        income, line = self.county.economy.year.per_capita, self.value("monitoring_line")
        exited = (self.county.monitoring.exited_day >= 0).astype(float)
        disaster, water, work = (self.tables[name] for name in ("disaster_loss", "water_supply", "employment"))
        recent = pc.greater_equal(disaster["happened_on"].cast(pa.int32()), self.since("region_disaster_months"))
        gone = pc.greater_equal(work["unemployed_since"].cast(pa.int32()), self.since("region_job_loss_months"))
        dry = pc.greater(water["days_without"], self.value("water_days_yellow"))
        shares = (
            ("disaster_area", self.households("disaster_loss", recent), everybody, "struck_share_yellow", "struck_min"),
            ("water_failing", self.households("water_supply", dry), everybody, "dry_share_yellow", "dry_min"),
            ("jobs_lost", self.households("employment", gone), everybody, "job_loss_share_min", "job_loss_min"),
            ("under_line_many", income < line, everybody, "under_line_share_yellow", "under_line_min"),
            ("relapse_many", exited * (income < line), exited, "relapse_share_min", "relapse_min"),
        )
        for name, hit, among, share, least in shares:
            kind = f"region.{name}"
            counts, all_of = self.by_region(kind, hit.astype(float)), self.by_region(kind, among)
            for code, count in counts.items():
                if count >= self.value(f"region_{least}") and count / all_of[code] >= self.value(f"region_{share}"):
                    yield code, kind, f"{count:.0f} 户"
        yield from self._prices()
        yield from self._workshops()

    def _prices(self) -> Iterator[tuple[str, str, str]]:
        homes = self.by_region("region.price_collapse", np.ones(self.county.households))
        for row in self.tables["village_product"].to_pylist():
            fall, growers = 1 - row["price_now"] / row["price_before"], row["households_growing"]
            enough = growers >= self.value("region_growers_min")
            enough &= growers / homes[row["region_code"]] >= self.value("region_growers_share_min")
            if row["is_main"] and enough and fall >= self.value("region_price_fall_yellow"):
                yield row["region_code"], "region.price_collapse", f"{row['product']}跌 {fall:.0%}"

    def _workshops(self) -> Iterator[tuple[str, str, str]]:
        since = self.since("region_workshop_months")
        workers = np.zeros(len(self.villages))
        for row in self.tables["village_workshop"].to_pylist():
            if row["workshop_status"] != "open" and day_number(row["closed_on"]) >= since:
                workers[self.villages.tolist().index(row["region_code"])] += row["workers"]
        for code, count in self.by_region("region.workshop_shut", workers).items():
            if count >= self.value("region_workshop_workers_yellow"):
                yield code, "region.workshop_shut", f"{count:.0f} 人"
