"""Look-back (回测): today's rules over the past months. Would the households enrolled later have been found, and when?

For each month a screening is run as of its last day, over the tables delivered by then and the registry as it was
(`as_it_was`). What is counted, with T the months looked at, N the observation period (a parameter, months):

- **raised** (h, m): household h has a red or yellow alert in month m and is not enrolled by then. Alerts on households
  already enrolled discover nobody and are left out.
- **truth**: households enrolled in a month E later than the first month of T and not later than the last month known.
- **found**: a household of the truth raised in some month before E. Its **lead time** is E minus the first such month,
  in months (at least 1), its first rules those that raised it in that month. **Recall** = found ÷ truth.
- **judged**: a raised household that was enrolled within N months after it was first raised (a **hit**), or whose N
  months are over. **Precision** = hits ÷ judged. Judged and no hit is “not enrolled” (未纳入): nobody visited to see
  whether it was at risk, so it is not proven a false alarm. **Confirmed** are those of them that somebody did confirm
  (given from outside). Enrolled later than N months after: not a hit, but still found.

For a rule the same is counted of the alerts of that rule alone. Quartiles are of the sorted lead times, by linear
interpolation between neighbours.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import Rulebook
from doudi.rulebook.loading import LOOK_BACK_WINDOW
from doudi.screening.engines.duckdb import Progress
from doudi.screening.inputs import RegistryTables
from doudi.screening.run import screen
from doudi.screening.trials.as_it_was import feeds_at, last_whole_month, registry_at, rules_then
from doudi.screening.trials.measuring import Lines, Measured, Seen, homes_of
from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode


@dataclass(frozen=True)
class LookBack:
    """What today's rules would have found. Lines are explained in the module; months are texts like 2023-07."""

    days: tuple[date, ...]
    window: int
    """N, in months."""
    known_until: str
    """The last month whose enrolments are known."""
    total: Mapping[str, Any]
    """truth, found, never, recall, lead_median, lead_lower, lead_upper, raised, judged, hits, not_enrolled, confirmed,
    waiting (observation period not over), precision."""
    lead_times: Mapping[int, int]
    """Lead time in months → households."""
    by_rule: Lines
    by_month: Lines
    by_township: Lines
    households: Lines = field(repr=False)
    """One a household of the truth: enrolled month, when found first (or None), lead, rules, sentence."""
    raised: Lines = field(repr=False)
    """One a household raised while not enrolled: first month, rules, level, sentence, enrolled month, `outcome`."""
    by_event_date: tuple[str, ...] = ()
    """Events feeds taken from later deliveries in some month."""
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """State feed → months in which there was no delivery, so that its rules could not tell."""
    carried_back: tuple[str, ...] = ()
    """Parameters whose earliest value was used for months before it."""
    registry_of_the_month: tuple[str, ...] = ()
    """Months of which the registry itself was kept; for the others later enrolments were undone."""

    def figures(self) -> dict[str, Any]:
        """Everything but the lists of households, as JSON can hold it."""
        return {
            "format": 1,
            "days": [day.isoformat() for day in self.days],
            "window": self.window,
            "known_until": self.known_until,
            "total": dict(self.total),
            "lead_times": {str(lead): count for lead, count in self.lead_times.items()},
            "by_rule": self.by_rule,
            "by_month": self.by_month,
            "by_township": self.by_township,
            "by_event_date": list(self.by_event_date),
            "absent": {feed: list(months) for feed, months in self.absent.items()},
            "carried_back": list(self.carried_back),
            "registry_of_the_month": list(self.registry_of_the_month),
        }

    def write(self, folder: Path) -> Path:
        """Keep the result: figures.json, households.parquet, raised.parquet. The folder must not be there yet."""
        folder.mkdir(parents=True, mode=0o700)
        (folder / "figures.json").write_text(json.dumps(self.figures(), ensure_ascii=False, indent=1), "utf-8")
        for name, schema in (("households", _TRUTH), ("raised", _RAISED)):
            table = pa.Table.from_pylist(getattr(self, name), schema)
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd", row_group_size=20_000)
        return folder

    @classmethod
    def read(cls, folder: Path) -> "LookBack":
        """What `write` kept. Raises FileNotFoundError."""
        content = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        known = {name: content[name] for name in content if name not in ("format", "days", "lead_times", "absent")}
        known |= {name: tuple(content[name]) for name in ("by_event_date", "carried_back", "registry_of_the_month")}
        return cls(
            days=tuple(date.fromisoformat(day) for day in content["days"]),
            lead_times={int(lead): count for lead, count in content["lead_times"].items()},
            absent={feed: tuple(months) for feed, months in content["absent"].items()},
            households=pq.read_table(folder / "households.parquet").to_pylist(),
            raised=pq.read_table(folder / "raised.parquet").to_pylist(),
            **known,
        )


_WHERE = [("household_key", pa.int64()), ("region_code", pa.string())]
_TOLD = [("rules", pa.list_(pa.string())), *((name, pa.string()) for name in ("level", "sentence", "sentence_en"))]
_TRUTH = pa.schema([*_WHERE, ("enrolled", pa.string()), ("found", pa.string()), ("lead", pa.int64()), *_TOLD])
_RAISED = pa.schema(
    [
        *_WHERE,
        ("first", pa.string()),
        ("months", pa.int64()),
        ("enrolled", pa.string()),
        ("outcome", pa.string()),
        *_TOLD,
    ]
)


def month_ends(first: Month, last: Month) -> list[date]:
    """The last day of every month from one to another."""
    days: list[date] = []
    month = first
    while month <= last:
        days.append(month.last_day)
        month += 1
    return days


def look_back(
    *,
    rulebook: Rulebook,
    registry: RegistryTables,
    snapshots: Iterable[Snapshot],
    days: Iterable[date],
    today: date,
    registries: Mapping[Month, RegistryTables] | None = None,
    confirmed: Iterable[int] = (),
    window: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> LookBack:
    """Screen as of each day and hold what is found against the enrolments of `registry`, which are known until `today`.

    `registries`: the registry as it was kept in some months. `confirmed`: keys of households that somebody confirmed to
    be at risk. `window`: instead of the parameter. Raises MissingParameters, ValueError (no days, registry unusable).
    """
    every = sorted(set(days))
    if not every:
        raise ValueError("没有要回测的月份")
    tell = progress or (lambda share, what: None)
    homes = homes_of(registry)
    codes = sorted({home.region_code for home in homes.values() if home.region_code})
    then = rules_then(rulebook, today=today, days=every, region_codes=codes)
    rows, kept = list(snapshots), registries or {}
    seen = Seen()
    by_event_date: set[str] = set()
    absent: dict[str, list[str]] = {}
    of_the_month: list[str] = []
    for number, day in enumerate(every):
        tell(number / len(every), f"回到 {day.isoformat()}")
        month = last_whole_month(day)
        if month in kept:
            tables = kept[month]
            of_the_month.append(str(month))
        else:
            tables = registry_at(registry, day)
        feeds = feeds_at(rows, then.rulebook, day)
        by_event_date |= set(feeds.by_event_date)
        for feed in feeds.absent:
            absent.setdefault(feed, []).append(str(Month(day)))
        result = screen(
            rulebook=then.rulebook, registry=tables, feeds=feeds.rows, as_of=day, rules=then.rules, threads=threads
        )
        try:
            seen.add(month, result.alerts, homes)
        finally:
            result.close()
    tell(1.0, "完成")
    place = RegionCode(codes[0]) if codes else RegionCode("0" * 12)
    months = window if window is not None else _window(rulebook, place, today)
    measured = Measured(homes, seen, [last_whole_month(day) for day in every], last_whole_month(today), months)
    return LookBack(
        days=tuple(every),
        window=months,
        known_until=str(measured.known_until),
        total=measured.total(set(confirmed)),
        lead_times=measured.lead_times(),
        by_rule=measured.by_rule(then.rulebook),
        by_month=measured.by_month(),
        by_township=measured.by_township(),
        households=measured.truth_lines(),
        raised=measured.raised_lines(set(confirmed)),
        by_event_date=tuple(sorted(by_event_date)),
        absent={feed: tuple(months_) for feed, months_ in sorted(absent.items())},
        carried_back=then.carried_back,
        registry_of_the_month=tuple(of_the_month),
    )


def _window(rulebook: Rulebook, region: RegionCode, on: date) -> int:
    return int(float(str(rulebook.parameters[LOOK_BACK_WINDOW].value(region=region, on=on).value)))
