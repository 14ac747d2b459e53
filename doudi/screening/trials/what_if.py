"""What-if (政策推演): another line, rule or benefit against today, over the same people and the same data.

Two screenings of the same inputs, one by today's rulebook and one by the changed one, are set side by side. Nothing of
what is live is touched: the inputs are only read, and the result is tables.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import Rule, Rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.screening.engines.duckdb import Progress
from doudi.screening.inputs import FeedRows, RegistryTables
from doudi.screening.run import ScreeningResult, screen
from doudi.screening.trials.comparing import GONE, NEW, STILL, Comparison
from doudi.screening.trials.costs import costs_of

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class WhatIf:
    """What a changed rulebook would do, against today.

    `before` is today, `after` the changed rulebook. Counts are of households with a red or yellow alert; `enter`: only
    after, `leave`: only before, `up` and `down`: graver or milder; `persons_…` the members of those households.
    """

    as_of: date
    before_digest: str
    after_digest: str
    recomputed: tuple[str, ...]
    """The rules whose alerts were worked out again; the others are the same by their versions."""
    everybody: Mapping[str, int]
    """`households` and `persons` in the registry."""
    total: Mapping[str, int]
    cannot_tell: Mapping[str, int]
    """Rules and subjects that could not be judged, `before` and `after`."""
    by_township: Lines
    by_household_type: Lines
    by_monitor_type: Lines
    by_risk: Lines
    by_rule: Lines
    costs: Lines
    """By policy: subjects entitled and yuan a year `before` and `after` (see `costs.costs_of`); empty without any."""
    costs_by_township: Lines
    regions: Lines
    """Alerts of villages and townships that are new or gone."""
    households: pa.Table = field(repr=False)
    alerts: pa.Table = field(repr=False)
    changes: tuple[str, ...] = ()
    """What was changed, in sentences."""

    @property
    def net(self) -> int:
        """By how many households the list grows."""
        return self.total["after"] - self.total["before"]

    @property
    def extra_cost(self) -> float | None:
        """Yuan a year more than today, over all policies; None when no policy was worked out."""
        return sum(line["yuan_after"] - line["yuan_before"] for line in self.costs) if self.costs else None

    def figures(self) -> dict[str, Any]:
        """Everything but the lists, as JSON can hold it."""
        names = (
            "before_digest", "after_digest", "recomputed", "everybody", "total", "cannot_tell", "by_township",
            "by_household_type", "by_monitor_type", "by_risk", "by_rule", "costs", "costs_by_township", "regions",
            "changes",
        )  # fmt: skip
        content: dict[str, Any] = {"format": 1, "as_of": self.as_of.isoformat()}
        content |= {name: getattr(self, name) for name in names}
        return content | {"extra_cost": self.extra_cost}

    def write(self, folder: Path) -> Path:
        """Keep the result: figures.json, households.parquet, alerts.parquet. The folder must not be there yet."""
        folder.mkdir(parents=True, mode=0o700)
        (folder / "figures.json").write_text(json.dumps(self.figures(), ensure_ascii=False, indent=1), "utf-8")
        for name in ("households", "alerts"):
            pq.write_table(getattr(self, name), folder / f"{name}.parquet", compression="zstd", row_group_size=20_000)
        return folder

    @classmethod
    def read(cls, folder: Path) -> "WhatIf":
        """What `write` kept. Raises FileNotFoundError."""
        content = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        known = {name: content[name] for name in content if name not in ("format", "as_of", "extra_cost")}
        known |= {name: tuple(content[name]) for name in ("recomputed", "changes")}
        tables = {name: pq.read_table(folder / f"{name}.parquet") for name in ("households", "alerts")}
        return cls(as_of=date.fromisoformat(content["as_of"]), **known, **tables)


def what_if(
    *,
    today: Rulebook,
    changed: Rulebook,
    registry: RegistryTables,
    snapshots: Iterable[Snapshot] = (),
    feeds: Iterable[FeedRows] = (),
    as_of: date,
    changes: Iterable[str] = (),
    threads: int | None = None,
    progress: Progress | None = None,
) -> WhatIf:
    """Screen by both rulebooks and compare. Rules whose version is the same in both are worked out once.

    Raises MissingParameters when a parameter has no value, ValueError when the registry is not usable.
    """
    tell = progress or (lambda share, what: None)
    rows, given = list(snapshots), list(feeds)
    inputs: dict[str, Any] = {"registry": registry, "snapshots": rows, "feeds": given, "as_of": as_of}
    inputs |= {"threads": threads, "policies": None}
    before = screen(rulebook=today, **inputs, progress=lambda share, what: tell(share * 0.45, f"今天的规则：{what}"))
    try:
        again = _recomputed(before, changed)
        wanted = None if again is None else sorted(again & {rule.id for rule in changed.rules_on(as_of)})
        after = screen(
            rulebook=changed,
            **inputs,
            rules=wanted,
            progress=lambda share, what: tell(0.45 + share * 0.45, f"改后的规则：{what}"),
        )
        try:
            tell(0.92, "对比")
            return _compared(before, after, again, registry, tuple(changes))
        finally:
            after.close()
    finally:
        before.close()


def _recomputed(before: ScreeningResult, changed: Rulebook) -> set[str] | None:
    """The rules that may come out differently, by the files they rest on; None: work out all of them.

    All: when a signal changed (it shows on households that any rule flags), when a feed's contract changed, and where
    villages and townships are judged by all their alerts. Policies are worked out in both.
    """
    today, on = before.rulebook, before.plan.as_of
    files = {path for path in {*today.texts, *changed.texts} if today.texts.get(path) != changed.texts.get(path)}
    across = any(rule.regional for book in (today, changed) for rule in book.rules_on(on))
    if across or any(path.startswith("feeds/") for path in files):
        return None
    differ: set[str] = set()
    for book in (today, changed):
        for rule in book.rules_on(on):
            if files & _rests_on(rule, book):
                differ.add(rule.id)
    levels = [book.rules[name].level for book in (today, changed) for name in differ if name in book.rules]
    return None if "exclusion" in levels else differ


def _rests_on(rule: Rule, book: Rulebook) -> set[str]:
    """The files that decide what a rule says."""
    facts = book.facts_of((*rule.facts, MEMBER_FACT))
    parameters = {*rule.parameters, *(name for fact in facts.values() for name in fact.parameters)}
    return {
        f"screening/{rule.id}.yaml",
        *(f"facts/{name}.yaml" for name in facts),
        *(f"parameters/{name}.yaml" for name in parameters),
    }


def _compared(
    before: ScreeningResult,
    after: ScreeningResult,
    again: set[str] | None,
    registry: RegistryTables,
    changes: tuple[str, ...],
) -> WhatIf:
    now, then = before.alerts, after.alerts
    if again is not None:  # what was not worked out again stays; signals are left out, they depend on all the rest
        kept = pc.invert(pc.is_in(now["rule_id"], pa.array(sorted(again), pa.string())))
        no_signal = pc.not_equal(now["level"], "exclusion")
        then = pa.concat_tables([now.filter(pc.and_(kept, no_signal)), then.cast(now.schema)])
        now = now.filter(no_signal)
    persons = before.engine.arrow("SELECT household_key, COUNT(*) AS persons FROM members GROUP BY household_key")
    side = Comparison(now, then, registry=registry, persons=persons)
    try:
        costs, costs_by_township = costs_of(before, after)
        return WhatIf(
            as_of=before.plan.as_of,
            before_digest=before.rulebook.digest,
            after_digest=after.rulebook.digest,
            recomputed=tuple(rule.id for rule in after.plan.rules),
            everybody={key: int(before.summary[key]) for key in ("households", "persons")},
            total=side.total(),
            cannot_tell=_cannot_tell(before, after, again),
            by_township=side.by_township().to_pylist(),
            by_household_type=side.counts("household_type").to_pylist() if side.has("household_type") else [],
            by_monitor_type=side.counts("monitor_type").to_pylist() if side.has("monitor_type") else [],
            by_risk=side.by_risk().to_pylist(),
            by_rule=side.by_rule().to_pylist(),
            costs=costs,
            costs_by_township=costs_by_township,
            regions=_regions(before, after),
            households=side.households,
            alerts=side.alerts.filter(pc.field("state") != STILL),
            changes=changes,
        )
    finally:
        side.close()


def _cannot_tell(before: ScreeningResult, after: ScreeningResult, again: set[str] | None) -> dict[str, int]:
    now = before.summary["cannot_tell_by_rule"]
    then = after.summary["cannot_tell_by_rule"]
    if again is not None:
        then = {name: count for name, count in now.items() if name not in again} | then
    return {"before": sum(now.values()), "after": sum(then.values())}


def _regions(before: ScreeningResult, after: ScreeningResult) -> Lines:
    """Alerts of villages and townships in one of the two only, or of another level."""

    def of(result: ScreeningResult) -> dict[tuple[str, str], dict[str, Any]]:
        table = getattr(result, "region_alerts", None)
        rows = table.to_pylist() if table is not None else []
        return {(row["rule_id"], row["region_code"]): row for row in rows}

    now, then = of(before), of(after)
    lines: Lines = []
    for key in sorted({*now, *then}):
        was, will = now.get(key), then.get(key)
        row = will or was or {}
        levels = {"level_before": was["level"] if was else None, "level_after": will["level"] if will else None}
        if levels["level_before"] != levels["level_after"]:
            state = NEW if was is None else GONE if will is None else STILL
            told = {name: row.get(name) for name in ("rule_id", "region_code", "households", "sentence", "sentence_en")}
            lines.append(told | levels | {"state": state})
    return lines
