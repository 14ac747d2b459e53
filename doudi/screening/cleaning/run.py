"""The registry's data held against the checks of a day: one row an issue, with its reason and the repair proposed."""

import json
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
from doudi.rulebook.checks import Check
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.screening.cleaning.plan import CheckPlan, kept_plan, make_check_plan
from doudi.screening.engines.duckdb import DuckDb, Progress
from doudi.screening.engines.engine import Engine
from doudi.screening.inputs import FeedRows, RegistryTables, standing
from doudi.screening.sql.facts import table_name
from doudi.screening.tables import add_raw, add_typed, check_whole, raw_tables, regions_of

ISSUES_SCHEMA: Final = pa.schema(
    [
        ("check_id", pa.string()),
        ("check_version", pa.string()),
        ("severity", pa.string()),
        ("topic", pa.string()),
        ("subject", pa.string()),
        ("responsible", pa.string()),
        ("household_key", pa.int64()),
        ("person_key", pa.int64()),
        ("region_code", pa.string()),
        ("columns", pa.list_(pa.string())),
        ("facts", pa.string()),
        ("thresholds", pa.string()),
        ("sentence", pa.string()),
        ("sentence_en", pa.string()),
        ("repair_column", pa.string()),
        ("repair_value", pa.string()),
        ("repair_because", pa.string()),
        ("legal_basis", pa.string()),
    ]
)
"""An issue of a household has no `person_key`. `repair_column` is null when no repair is sure; `repair_value` is the
value as text (a code, a day as 2023-08-01), null to empty the cell. `facts`, `thresholds`, `legal_basis` are JSON."""
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
    def issues(self) -> pa.Table:
        """One row an issue (`ISSUES_SCHEMA`), in no particular order."""
        checks = [check for check in self.plan.checks if self.counts[check.id][0]]
        if not checks:
            return ISSUES_SCHEMA.empty_table()
        found = self.engine.arrow(self.plan.sql.all_issues(checks))
        return _with_heads(found, checks, self.plan.versions)

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


def _with_heads(found: pa.Table, checks: list[Check], versions: Mapping[str, str]) -> pa.Table:
    """The issues with what is the same for all issues of a check."""
    at = pc.index_in(found["check_id"].combine_chunks(), pa.array([check.id for check in checks]))
    repairs = [check.repair.column if check.repair else None for check in checks]
    heads = {
        "check_version": [versions[check.id] for check in checks],
        "severity": [check.severity for check in checks],
        "topic": [check.topic for check in checks],
        "subject": [check.subject for check in checks],
        "responsible": [check.responsible for check in checks],
        "legal_basis": [_basis(check) for check in checks],
    }
    columns = {name: pa.array(values, pa.string()).take(at) for name, values in heads.items()}
    columns["columns"] = pa.array([list(check.columns) for check in checks], pa.list_(pa.string())).take(at)
    repaired = found["repaired"].combine_chunks()
    proposed = pa.array(repairs, pa.string()).take(at)
    columns["repair_column"] = pc.if_else(repaired, proposed, pa.scalar(None, pa.string()))
    whole = {name: columns[name] if name in columns else found[name] for name in ISSUES_SCHEMA.names}
    return pa.table(whole).cast(ISSUES_SCHEMA)


def _basis(check: Check) -> str:
    return json.dumps([one.model_dump(exclude_defaults=True) for one in check.legal_basis], ensure_ascii=False)


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
        result = CleaningResult(plan, rulebook, run_plan(engine, plan, households, progress), 0.0, engine)
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


def run_plan(
    engine: Engine, plan: CheckPlan, households: Iterable[int] | None = None, progress: Progress | None = None
) -> dict[str, tuple[int, int]]:
    """Run every statement; for each check how many are raised and unknown. The tables of the plan must be there."""
    if plan.thresholds.varying:
        engine.add("parameters_here", plan.thresholds.table())
    whole = [*plan.shared, *plan.steps]
    for number, step in enumerate(whole):
        if number == len(plan.shared) and households is not None:
            _narrow(engine, plan, households)
        if progress:
            progress(number / len(whole), step.title)
        engine.make(step)
    check_whole(engine)
    counts: dict[str, tuple[int, int]] = {}
    for checks, query in plan.counting:
        total, *numbers = engine.row(query)
        for at, check in enumerate(checks):
            counts[check.id] = (numbers[2 * at], total - numbers[2 * at + 1])
    if progress:
        progress(1.0, "完成")
    return counts


def _narrow(engine: Engine, plan: CheckPlan, households: Iterable[int]) -> None:
    """Leave only some households in."""
    if not isinstance(engine, DuckDb):
        raise ValueError("只核查部分户时请用 DuckDB")
    engine.add("households_judged", pa.table({"household_key": pa.array(list(households), pa.int64())}))
    for source in (HOUSEHOLD, PERSON, INCOME):
        engine.narrow(table_name(source), "household_key IN (SELECT household_key FROM households_judged)")
    for source in {fact.source.id for fact in plan.facts.values() if fact.source.is_feed}:
        if table_name(source) in plan.columns:
            engine.narrow(table_name(source), "person_key IN (SELECT person_key FROM registry_person)")
