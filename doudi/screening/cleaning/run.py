"""The registry's data held against the checks of a day: one row an issue, with its reason and the repair proposed."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import Rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.screening.cleaning.judging import ISSUES_SCHEMA, judge
from doudi.screening.cleaning.plan import CheckPlan, kept_plan, make_check_plan
from doudi.screening.engines.duckdb import DuckDb, Progress
from doudi.screening.engines.engine import Engine
from doudi.screening.inputs import FeedRows, RegistryTables, standing
from doudi.screening.tables import add_raw, add_typed, raw_tables, regions_of

__all__ = ["CLEAN_SCHEMA", "ISSUES_SCHEMA", "CleaningResult", "check_data", "feeds_used"]
CLEAN_SCHEMA: Final = pa.schema(
    [
        ("region_code", pa.string()),
        ("households", pa.int64()),
        ("clean", pa.int64()),
        ("errors", pa.int64()),
        ("doubts", pa.int64()),
    ]
)


@dataclass
class CleaningResult:
    """What the checks found. `close` frees the engine's tables; what was asked for before stays."""

    plan: CheckPlan
    rulebook: Rulebook
    counts: Mapping[str, tuple[int, int]]
    """Check → for how many persons or households it is raised, and cannot be told."""
    issues: pa.Table
    """One row an issue (`ISSUES_SCHEMA`), in no particular order."""
    seconds: float
    engine: Engine = field(repr=False)

    @property
    def judged(self) -> tuple[str, ...]:
        """The checks that were held against the data; of others (see `plan.left_out`) nothing is known."""
        return tuple(check.id for check in self.plan.checks)

    @property
    def cannot_tell(self) -> dict[str, int]:
        """Check → for how many persons or households it could not be told, where any."""
        return {name: unknown for name, (_raised, unknown) in self.counts.items() if unknown}

    @property
    def raised(self) -> dict[str, int]:
        """Check → how many issues, where any."""
        return {name: raised for name, (raised, _unknown) in self.counts.items() if raised}

    @cached_property
    def clean(self) -> pa.Table:
        """One row a region with households (`CLEAN_SCHEMA`): how many, and how many without an issue of an error."""
        issues = self.issues
        wrong = issues.filter(pc.equal(issues["severity"], "error"))
        self.engine.add("wrong_households", pa.table({"household_key": pc.unique(wrong["household_key"])}))
        rows = self.engine.arrow(
            "SELECT h.region_code, COUNT(*) AS households, "
            "COUNT(CASE WHEN w.household_key IS NULL THEN 1 END) AS clean FROM registry_household h "
            "LEFT JOIN wrong_households w ON w.household_key = h.household_key GROUP BY h.region_code"
        )
        counted = {
            severity: dict(zip(*(column.to_pylist() for column in _by_region(issues, severity).columns), strict=True))
            for severity in ("error", "doubt")
        }
        regions = rows["region_code"].to_pylist()
        return (
            rows.append_column("errors", pa.array([counted["error"].get(one, 0) for one in regions], pa.int64()))
            .append_column("doubts", pa.array([counted["doubt"].get(one, 0) for one in regions], pa.int64()))
            .cast(CLEAN_SCHEMA)
            .sort_by("region_code")
        )

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Counts as pages and the command line show them; `clean_share` is 1 without households."""
        totals = {name: int(pc.sum(self.clean[name]).as_py() or 0) for name in CLEAN_SCHEMA.names[1:]}
        households = totals["households"]
        return {**totals, "clean_share": totals["clean"] / households if households else 1.0}

    def close(self) -> None:
        self.engine.close()


def _by_region(issues: pa.Table, severity: str) -> pa.Table:
    """Region and number of issues."""
    counted = (
        issues.filter(pc.equal(issues["severity"], severity)).group_by("region_code").aggregate([([], "count_all")])
    )
    return counted.select(["region_code", "count_all"])


def check_data(
    *,
    rulebook: Rulebook,
    registry: RegistryTables,
    snapshots: Iterable[Snapshot] = (),
    feeds: Iterable[FeedRows] = (),
    as_of: date,
    checks: Iterable[str] | None = None,
    households: Iterable[int] | None = None,
    threads: int | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> CleaningResult:
    """Hold everybody in the registry against the checks in force on a day (or those named).

    `feeds` are rows given directly, and go before snapshots of the same feed. `households`: only these are judged (by
    key), against the whole registry where rows are compared; DuckDB alone can do that. Without an `engine` DuckDB does
    it here, on `threads` threads and in `memory`. The engine is closed with the result, and when this fails.

    Raises ValueError when the registry is not usable, MissingParameters when nobody can be told to be a member.
    """
    started = time.perf_counter()
    kinds = {source.id: source.kind for source in rulebook.sources.values() if source.is_feed}
    there = standing(snapshots, kinds, as_of=as_of) | {one.feed: one for one in feeds if one.feed in kinds}
    used = feeds_used(rulebook, as_of, checks)
    there = {feed: rows for feed, rows in there.items() if feed in used}
    raw = raw_tables(registry, there)
    files = [path for rows in raw.values() if not isinstance(rows, pa.Table) for path in rows]
    engine = engine or DuckDb(threads=threads, memory=memory, files=files)
    try:
        holdings = add_raw(engine, raw, there, rulebook)
        planned = make_check_plan if households is None else kept_plan
        plan = planned(rulebook, as_of=as_of, holdings=holdings, region_codes=regions_of(engine), checks=checks)
        add_typed(engine, raw, plan.columns, rulebook)
        if not registry.distinct:
            engine.once_a_household()
        counts, issues = judge(engine, plan, households=households, progress=progress)
        result = CleaningResult(plan, rulebook, counts, issues, 0.0, engine)
    except BaseException:
        engine.close()
        raise
    result.seconds = time.perf_counter() - started
    return result


def feeds_used(rulebook: Rulebook, as_of: date, checks: Iterable[str] | None = None) -> frozenset[str]:
    """The feeds that the checks in force (or those named) look at; others need not be read."""
    named = None if checks is None else set(checks)
    chosen = [one for one in rulebook.checks_on(as_of) if named is None or one.id in named]
    facts = rulebook.facts_of(tuple({name for check in chosen for name in check.facts} | {MEMBER_FACT}))
    return frozenset(fact.source.id for fact in facts.values() if fact.source.is_feed)
