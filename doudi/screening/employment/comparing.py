"""Five sources about each person's work beside each other: where they contradict, what cannot be, who stopped working.

Set-based SQL on DuckDB over the registry's tables and the snapshots; nothing is decided, everything is to be asked.
"""
# ruff: noqa: S608 - the only texts put into these statements are names and numbers made here

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import Rulebook
from doudi.rulebook.sources import HOUSEHOLD
from doudi.rulebook.value_types import NUMBER, TEXT, ColumnType
from doudi.screening.employment import sources
from doudi.screening.employment.limits import Limits
from doudi.screening.employment.sources import INSURANCE, JOBS, PAYMENTS, REGISTER, REGISTER_BEFORE, SUBSIDY, VISIT
from doudi.screening.employment.statements import LINES, figures_sql, lines_columns, lines_sql
from doudi.screening.engines.duckdb import DuckDb
from doudi.screening.inputs import FeedRows, RegistryTables, Rows, standing
from doudi.standards.codes import WorkConflict
from doudi.standards.periods import Month

A_YEAR: Final = 12


@dataclass(frozen=True)
class Comparison:
    """`lines`: one row a person whom sources contradict or who stopped; `figures`: one row a village (`statements`).

    `feeds`: source → months delivered; a source that is not there contradicts nobody. `before`: the month of the
    register that this year is held against, if there is one.
    """

    as_of: date
    lines: pa.Table
    figures: pa.Table
    feeds: Mapping[str, tuple[str, ...]]
    before: str | None
    limits: Limits = field(repr=False)

    @property
    def conflicts(self) -> pa.Table:
        """The persons with at least one conflict."""
        return self.lines.filter(pc.greater(pc.list_value_length(self.lines["conflicts"]), 0))

    @property
    def stopped(self) -> pa.Table:
        """Who worked a year ago and does not now, by every source."""
        return self.lines.filter(self.lines["stopped"])

    def counts(self) -> dict[str, int]:
        """Conflict → persons; all of them, those that nobody has with 0."""
        found = self.lines["conflicts"].combine_chunks().flatten().value_counts().to_pylist()
        counted = {str(one["values"]): int(one["counts"]) for one in found}
        return {str(one.value): counted.get(str(one.value), 0) for one in WorkConflict}


def compare(
    rulebook: Rulebook,
    *,
    registry: RegistryTables,
    snapshots: Iterable[Snapshot],
    as_of: date,
    everybody: bool = False,
    threads: int | None = None,
) -> Comparison:
    """Hold the sources against each other on a day. Raises MissingParameter where a limit has no value there.

    `everybody`: lines of those too who are not contradicted and did not stop.

    Who is able to work, monitored, lifted out of poverty is what the facts of the rulebook say.
    """
    region = registry.region or "0" * 12
    limits = Limits.of(rulebook, region=region, on=as_of)
    given = list(snapshots)
    feeds = _feeds(rulebook, given, as_of)
    files = [
        path
        for rows in (registry.household, registry.person, *(one.rows for one in feeds.values()))
        for path in _paths(rows)
    ]
    engine = DuckDb(threads=threads, files=files)
    try:
        of_household = {"household_key": NUMBER, **rulebook.sources[HOUSEHOLD].columns, "region_code": TEXT}
        _add(engine, "registry_household", registry.household, of_household)
        _add(engine, "registry_person", registry.person, sources.PERSON_COLUMNS)
        for feed, columns in sources.COLUMNS.items():
            rows: Rows = feeds[feed].rows if feed in feeds else pa.table({"person_key": pa.array([], pa.int64())})
            _add(engine, f"feed_{feed}", rows, columns)
            engine.run(f"CREATE TEMP TABLE {feed} AS {sources.one_a_person(feed, as_of=as_of, limits=limits)}")
        statement = lines_sql(rulebook, frozenset(feeds), region=region, as_of=as_of, limits=limits)
        engine.run(f"CREATE TEMP TABLE lines AS {statement}")
        lines = engine.arrow(
            f"SELECT {lines_columns()} FROM lines WHERE {'TRUE' if everybody else 'LEN(conflicts) > 0 OR stopped'} "
            "ORDER BY region_code, household_key, person_key"
        ).cast(LINES)
        figures = engine.arrow(figures_sql())
    finally:
        engine.close()
    before = feeds[REGISTER_BEFORE].months[0] if REGISTER_BEFORE in feeds else None
    months = {name: rows.months for name, rows in feeds.items() if name != REGISTER_BEFORE}
    return Comparison(as_of, lines, figures, months, before, limits)


def _feeds(rulebook: Rulebook, snapshots: list[Snapshot], as_of: date) -> dict[str, FeedRows]:
    kinds = {
        name: rulebook.sources[name].kind
        for name in (REGISTER, INSURANCE, SUBSIDY, VISIT, JOBS, PAYMENTS)
        if name in rulebook.sources
    }
    found = standing(snapshots, kinds, as_of=as_of)
    if REGISTER in found:
        until = Month(found[REGISTER].months[0]) - A_YEAR
        earlier = [one for one in snapshots if one.feed == REGISTER and until - (A_YEAR - 1) <= one.month <= until]
        if earlier:
            found[REGISTER_BEFORE] = standing(earlier, {REGISTER: "state"}, as_of=until.last_day)[REGISTER]
    return found


def _add(engine: DuckDb, name: str, rows: Rows, columns: Mapping[str, ColumnType]) -> None:
    engine.add(f"raw_{name}", rows)
    engine.typed(name, f"raw_{name}", columns)


def _paths(rows: Rows) -> Iterable[Path]:
    return () if isinstance(rows, pa.Table) else rows
