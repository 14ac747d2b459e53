"""A screening upon an earlier one: only households that something changed for are worked out again.

Something changed for a household when its rows in the registry, rows about its members in a feed, or (when the day
moved) the outcome of a condition that reads the day are others than before. For everybody else the earlier result
stands. What comes out is, alert by alert and word by word, what a whole screening of the same data and day gives.

Where that cannot be promised a whole screening is made, and `Basis.refused` says why: other rules or parameter values,
another set of feeds or columns, deliveries no longer there, values that differ between regions while the day moves.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.screening.engines.duckdb import DuckDb
from doudi.screening.engines.engine import Engine
from doudi.screening.incremental.changes import Deliveries, changed_households_sql, changed_persons_sql, digests_sql
from doudi.screening.incremental.moving import Moving, union
from doudi.screening.inputs import FeedRows, Rows
from doudi.screening.plan import Plan
from doudi.screening.results.kept import INPUTS, MOST_STEPS, BrokenBasis, KeptResult
from doudi.screening.sql.rules import NO_DATA
from doudi.screening.sql.sources import Holding, table_name

_REGISTRY = (HOUSEHOLD, PERSON, INCOME)
WORTH_IT = 0.5
"""A share of households above which everybody is worked out again: it takes no longer."""


class Refused(Exception):  # noqa: N818 - named for what happened
    """Why a whole screening is needed."""


@dataclass
class Basis:
    """The earlier result, and after `settle` the households that have to be worked out again."""

    kept: KeptResult
    before: date
    feeds: Mapping[str, FeedRows]
    deliveries: tuple[Deliveries, ...]
    refused: str = ""
    households: int = 0
    """How many have to be worked out again, those gone included."""
    narrowed: set[str] = field(default_factory=set)
    """Tables of the engine that hold their rows only; the whole ones are called `whole_…`."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Cause (registry, a feed, time) → households it alone or with others concerns."""

    @property
    def files(self) -> list[Path]:
        """Parquet files that the engine must be able to open besides the screening's own."""
        return [path for one in self.deliveries for path in (*one.gone, *one.come)]

    def counted(self) -> dict[str, dict[str, int]]:
        """Feed → what was counted of it (see `ScreeningResult.unmatched`), of feeds that stand as they did."""
        anew = {one.feed for one in self.deliveries}
        return {feed: counts for feed, counts in self.kept.manifest["unmatched"].items() if feed not in anew}


def basis_of(previous: Path | None, feeds: Mapping[str, FeedRows], *, as_of: date) -> Basis | None:
    """What stands of an earlier result; None without one. Why it is no use is told in `refused`."""
    if previous is None:
        return None
    kept = KeptResult(previous)
    try:
        manifest = kept.manifest
        before = date.fromisoformat(manifest["summary"]["as_of"])
        if len(kept.chain) >= MOST_STEPS:
            return Basis(kept, before, feeds, (), refused=f"已连续增量筛查 {len(kept.chain)} 次")
        if not (previous / INPUTS).is_file():
            return Basis(kept, before, feeds, (), refused="上次结果没有留下登记簿摘要")
        if manifest.get("engine") != f"duckdb {duckdb.__version__}":
            return Basis(kept, before, feeds, (), refused="上次筛查用的是另一种或另一版本的引擎")
        if as_of < before:
            return Basis(kept, before, feeds, (), refused="筛查日早于上次")
        return Basis(kept, before, feeds, tuple(_deliveries(manifest, feeds)))
    except (OSError, KeyError, ValueError):
        return Basis(kept, as_of, feeds, (), refused="读不了上次的结果")
    except (BrokenBasis, Refused) as problem:
        return Basis(kept, as_of, feeds, (), refused=str(problem))


def _deliveries(manifest: Mapping[str, Any], feeds: Mapping[str, FeedRows]) -> Iterable[Deliveries]:
    earlier = {feed: tuple(Path(path) for path in given["files"]) for feed, given in manifest["feeds"].items()}
    if earlier.keys() != feeds.keys():
        raise Refused("数据表的种类与上次不同")
    for feed, now in feeds.items():
        if isinstance(now.rows, pa.Table):
            raise Refused("有的数据不是按月保存的快照")
        before = set(earlier[feed])
        gone = tuple(path for path in earlier[feed] if path not in set(now.rows))
        come = tuple(path for path in now.rows if path not in before)
        if lost := [path for path in gone if not path.is_file()]:
            raise Refused(f"上次用的数据已不在：{lost[0].parent.name}")
        if gone or come:
            yield Deliveries(feed, gone, come)


def settle(
    basis: Basis,
    engine: DuckDb,
    plan: Plan,
    holdings: Mapping[str, Holding],
    report: Callable[[str], None] | None = None,
) -> bool:
    """Find the households to work out again and narrow the engine's tables to them; False: all of them are.

    Makes the tables `digests_now` and (if it is worth it) `recomputed`.
    """
    keep_digests(engine, plan)
    if not basis.refused:
        try:
            _comparable(basis, plan)
        except Refused as problem:
            basis.refused = str(problem)
    if basis.refused:
        return False
    if report:
        report("比对变化")
    _find(basis, engine, plan, holdings)
    (basis.households,) = engine.row("SELECT COUNT(*) FROM recomputed")
    (everybody,) = engine.row(f"SELECT COUNT(*) FROM {table_name(HOUSEHOLD)}")
    if basis.households > WORTH_IT * everybody:
        basis.refused = f"变化涉及 {basis.households} 户，超过一半，整体重算更快"
        return False
    _narrow(basis, engine, holdings)
    return True


def keep_digests(engine: DuckDb, plan: Plan) -> None:
    """Make `digests_now`, which the result keeps for the next screening."""
    engine.run(f"CREATE TEMP TABLE IF NOT EXISTS digests_now AS {digests_sql(plan.columns)}")


def _comparable(basis: Basis, plan: Plan) -> None:
    manifest = basis.kept.manifest
    versions = (manifest["rules"], manifest["regional"]["rules"], manifest["policies"])
    if versions != (dict(plan.versions), dict(plan.regional.versions), dict(plan.entitlement.versions)):
        raise Refused("规则、政策或参数的数值与上次不同")
    if manifest["absent"] != {rule: dict(facts) for rule, facts in plan.absent.items() if facts}:
        raise Refused("缺少的数据与上次不同")
    if manifest["columns"] != {table: sorted(names) for table, names in plan.columns.items()}:
        raise Refused("数据表的栏目与上次不同")
    if basis.before != plan.as_of and plan.thresholds.varying:
        raise Refused("筛查日变了，而各地参数不同")


def _find(basis: Basis, engine: DuckDb, plan: Plan, holdings: Mapping[str, Holding]) -> None:
    """Make `recomputed`: keys of the households that something changed for."""
    engine.add("digests_before", basis.kept.inputs())
    persons = [
        f"SELECT '{one.feed}' AS cause, person_key FROM ({sql}) one"
        for one in basis.deliveries
        if one.feed in _of_persons(engine, holdings)  # rules across households are worked out whole every time
        and (sql := changed_persons_sql(engine, one, plan.columns[table_name(one.feed)]))
    ]
    parts = [f"SELECT 'registry' AS cause, household_key FROM ({changed_households_sql()}) one"]
    if persons:
        parts.append(
            f"SELECT c.cause, p.household_key FROM ({union(persons)}) c "
            "JOIN registry_person p ON p.person_key = c.person_key"
        )
    if basis.before != plan.as_of:
        engine.add("told_before", _told(basis.kept, plan))
        steps, homes = Moving(plan, holdings, basis.before, "told_before").parts
        for step in steps:
            engine.make(step)
        if homes:
            parts.append(f"SELECT 'time' AS cause, household_key FROM ({union(homes)}) one")
    engine.run(f"CREATE TEMP TABLE changed AS SELECT DISTINCT cause, household_key FROM ({union(parts)}) one")
    engine.run(
        "CREATE TEMP TABLE recomputed AS SELECT DISTINCT household_key FROM changed WHERE household_key IS NOT NULL"
    )
    counted = engine.arrow("SELECT cause, COUNT(*) AS households FROM changed GROUP BY cause ORDER BY cause")
    basis.reasons |= dict(zip(counted["cause"].to_pylist(), counted["households"].to_pylist(), strict=True))


def _of_persons(engine: DuckDb, holdings: Mapping[str, Holding]) -> list[str]:
    """The feeds whose rows are about persons."""
    return [
        source for source in holdings if source not in _REGISTRY and "person_key" in engine.columns(table_name(source))
    ]


def _told(kept: KeptResult, plan: Plan) -> pa.Table:
    """Household and rule (or policy) of everything that was raised, could not be told or was entitled before."""
    told = [kept.table(name, ["household_key", "rule_id"]) for name in ("alerts", "cannot_tell")]
    if plan.entitlement.policies:
        told.append(kept.table("entitlements", ["household_key", "policy_id"]).rename_columns(told[0].column_names))
    return pa.concat_tables(told)


def _narrow(basis: Basis, engine: DuckDb, holdings: Mapping[str, Holding]) -> None:
    for source in _REGISTRY:
        engine.narrow(table_name(source), "household_key IN (SELECT household_key FROM recomputed)")
    engine.run("CREATE TEMP TABLE recomputed_persons AS SELECT DISTINCT person_key FROM registry_person")
    of_persons = _of_persons(engine, holdings)
    for source in of_persons:
        engine.narrow(table_name(source), "person_key IN (SELECT person_key FROM recomputed_persons)")
    basis.narrowed |= {table_name(source) for source in (*_REGISTRY, *of_persons)}


def standing_rows(engine: Engine, kept: pa.Table, fresh: pa.Table) -> pa.Table:
    """A whole table: the earlier rows of households that stand, then the fresh ones."""
    engine.add("kept_rows", kept)
    stands = engine.arrow("SELECT * FROM kept_rows WHERE household_key NOT IN (SELECT household_key FROM recomputed)")
    return pa.concat_tables([stands.cast(fresh.schema), fresh])


def standing_counts(engine: Engine, kept: KeptResult, table: str, columns: Iterable[str]) -> dict[str, int]:
    """Outcome column → how many subjects of households that stand could not be judged for want of a source."""
    names = list(columns)
    outcomes = kept.table(table.replace("_facts", "_outcomes"), ["household_key", *names])
    engine.add(f"kept_{table}", outcomes)
    counted = ", ".join(f'COUNT(CASE WHEN "{name}" = {NO_DATA} THEN 1 END)' for name in names)
    found = engine.row(
        f"SELECT {counted} FROM kept_{table} WHERE household_key NOT IN (SELECT household_key FROM recomputed)"
    )
    return dict(zip(names, found, strict=True))


def paths_of(rows: Rows) -> list[str]:
    """The Parquet files of a table as the manifest names them."""
    return [] if isinstance(rows, pa.Table) else [str(path) for path in rows]
