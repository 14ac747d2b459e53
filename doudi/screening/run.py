"""One screening: the rules in force on a day over the registry and the snapshots that stand on it."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import Rule, Rulebook
from doudi.rulebook.sources import HOUSEHOLD, PERSON
from doudi.screening import entitlement
from doudi.screening.engines.duckdb import DuckDb, Progress
from doudi.screening.engines.engine import Engine, execute
from doudi.screening.incremental.basis import Basis, basis_of, settle, standing_counts, standing_rows
from doudi.screening.inputs import FeedRows, RegistryTables, Rows, standing
from doudi.screening.plan import Plan, make_plan
from doudi.screening.results import regions as regional_result
from doudi.screening.results.keeping import manifest_of, write_result
from doudi.screening.results.left_out import SOURCE, LeftOut
from doudi.screening.sql.regions import EARLIER
from doudi.screening.sql.results import facts_sql, outcomes_sql, unknown_sql, unmatched_sql
from doudi.screening.sql.rules import outcome_column
from doudi.screening.sql.sources import table_name
from doudi.screening.tables import add_raw, add_typed, check_whole, raw_tables, regions_of

CANNOT_TELL_SCHEMA = pa.schema(
    [
        ("rule_id", pa.string()),
        ("household_key", pa.int64()),
        ("person_key", pa.int64()),
        ("region_code", pa.string()),
        ("missing_facts", pa.list_(pa.string())),
        ("source", pa.string()),
        ("subjects", pa.int64()),
    ]
)
"""`source`: the absent feed or registry table of a line that stands for `subjects` households or persons."""


@dataclass
class ScreeningResult:
    """What a screening found. Tables are fetched from the engine when asked for; `close` frees them."""

    plan: Plan
    rulebook: Rulebook
    feeds: Mapping[str, FeedRows]
    seconds: float
    engine: Engine = field(repr=False)
    basis: Basis | None = None
    """The earlier result it was to be worked out upon."""
    incremental: bool = False
    """Only some households were worked out again (the table `recomputed`); for the others the basis stands."""
    left_out: tuple[LeftOut, ...] = ()
    """Rules and policies that were not worked out for want of a parameter's value (see `left_out.without_missing`)."""

    @cached_property
    def alerts(self) -> pa.Table:
        """One row an alert, in no particular order."""
        return self._whole("alerts", self.engine.arrow(self.plan.queries["alerts"]))

    @cached_property
    def flagged(self) -> pa.Table:
        """One row a rule and household that it is met in, or in whose members: alerts without persons and words."""
        if self.basis is not None and self.incremental:
            pairs = self.alerts.select(["rule_id", "household_key"])
            return pairs.group_by(["rule_id", "household_key"]).aggregate([])
        return self.engine.arrow(self.plan.queries["flagged"])

    @cached_property
    def cannot_tell(self) -> pa.Table:
        """One row a rule and subject that could not be judged; a whole absent source is one row a rule (no keys)."""
        rows = self.engine.arrow(unknown_sql(self.plan)).cast(CANNOT_TELL_SCHEMA)
        absences = pa.Table.from_pylist(self._absences(), CANNOT_TELL_SCHEMA)
        return pa.concat_tables([absences, self._whole("cannot_tell", rows)])

    def _whole(self, name: str, fresh: pa.Table) -> pa.Table:
        """A table of everybody: what was worked out now, and what stands of the basis."""
        if self.basis is None or not self.incremental:
            return fresh
        kept = self.basis.kept.table(name)
        return self.standing(kept, fresh) if kept.num_rows else fresh

    def _absences(self) -> list[dict[str, Any]]:
        undecided: dict[str, int] = {}
        for table, query in self.plan.counting.items():
            self._prepare(table)
            counted = self.engine.arrow(query)
            undecided |= {name: counted[name][0].as_py() for name in counted.column_names}
            if self.basis is not None and self.incremental:
                standing = standing_counts(self.engine, self.basis.kept, table, counted.column_names)
                undecided = {name: count + standing.get(name, 0) for name, count in undecided.items()}
        lines: list[dict[str, Any]] = []
        for rule in self.plan.unknowable:
            sources: dict[str, list[str]] = {}
            for fact, source in self.plan.absent[rule.id].items():
                sources.setdefault(source, []).append(fact)
            for source, facts in sources.items():
                subjects = undecided[outcome_column(rule.id)]
                if subjects:
                    line = {"rule_id": rule.id, "missing_facts": facts, "source": source, "subjects": subjects}
                    lines.append(line)
        return lines + self._left_out_lines()

    def _left_out_lines(self) -> list[dict[str, Any]]:
        """A line a rule for persons or households: everybody is undecided."""
        households, persons = self.people
        return [
            {
                "rule_id": one.text.id,
                "missing_facts": list(one.parameters),
                "source": SOURCE,
                "subjects": households if one.text.subject == "household" else persons,
            }
            for one in self.left_out
            if isinstance(one.text, Rule) and not one.text.regional
        ]

    def standing(self, kept: pa.Table, fresh: pa.Table) -> pa.Table:
        """What stands of a table of the basis, with what was worked out now."""
        return standing_rows(self.engine, kept, fresh)

    @cached_property
    def region_alerts(self) -> pa.Table:
        """One row an alert of a village or township (see `regional_result.ALERTS_SCHEMA`), the gravest first."""
        return regional_result.region_alerts(self)

    @cached_property
    def region_cannot_tell(self) -> pa.Table:
        """One row a rule and region that could not be judged; a whole absent source is one row a rule."""
        return regional_result.region_cannot_tell(self)

    @cached_property
    def region_facts(self) -> pa.Table:
        """One row a village and township with every fact and outcome."""
        return regional_result.region_facts(self)

    @cached_property
    def entitlements(self) -> pa.Table:
        """One row a policy and subject (see `entitlement.ENTITLEMENTS_SCHEMA`); empty unless policies are asked for."""
        return self._whole("entitlements", entitlement.entitlements(self))

    @cached_property
    def household_facts(self) -> pa.Table:
        """One row a household: keys and every fact."""
        return self._whole("household_facts", self.fresh_facts("household"))

    @cached_property
    def person_facts(self) -> pa.Table:
        """One row a registered person: keys and every fact."""
        return self._whole("person_facts", self.fresh_facts("person"))

    def fresh_facts(self, subject: str) -> pa.Table:
        """The facts worked out now: of everybody, or of the households that something changed for."""
        table = f"{subject}_facts"
        self._prepare(table)
        order = "household_key" if subject == "household" else "household_key, person_key"
        return self.engine.arrow(f"{facts_sql(self.plan, table)} ORDER BY {order}")

    def outcomes(self, table: str) -> pa.Table:
        """What every rule came to for each row of a table of facts, and which facts have gaps; keys first."""
        self._prepare(table)
        keys = ["household_key"] if table == "household_facts" else ["household_key", "person_key"]
        selected = outcomes_sql(self.plan, table, self.engine.columns(table))
        return self.engine.arrow(f"{selected} ORDER BY {', '.join(keys)}")

    def stands(self, household_key: int) -> bool:
        """Whether a household was not worked out again: what the basis says of it holds."""
        if not self.incremental:
            return False
        (found,) = self.engine.row(f"SELECT COUNT(*) FROM recomputed WHERE household_key = {int(household_key)}")
        return found == 0

    def _everybody(self, source: str) -> str:
        """The table of a source before it was narrowed to what changed."""
        name = table_name(source)
        return f"whole_{name}" if self.basis is not None and name in self.basis.narrowed else name

    def rows_of(self, table: str, household_key: int) -> list[dict[str, Any]]:
        """The rows of one household in a table of facts, with outcomes and gaps."""
        self._prepare(table)
        found = self.engine.arrow(f"SELECT * FROM {table} WHERE household_key = {int(household_key)}")
        return list(found.to_pylist())

    def _prepare(self, table: str) -> None:
        """Make a table of facts that is not made by every screening, and those before it."""
        names = [step.name for step in self.plan.on_demand]
        if table in names:
            for step in self.plan.on_demand[: names.index(table) + 1]:
                self.engine.make(step)

    @cached_property
    def unmatched(self) -> dict[str, dict[str, int]]:
        """Feed → rows, rows without a usable resident id, rows of persons that the registry doesn't have.

        An incremental screening counts the feeds anew that were delivered anew.
        """
        found: dict[str, dict[str, int]] = self.basis.counted() if self.basis and self.incremental else {}
        anew = [feed for feed in self.feeds if feed not in found]
        for regional, key, registered in ((False, "person_key", PERSON), (True, "region_code", HOUSEHOLD)):
            feeds = [feed for feed in anew if (self.rulebook.sources[feed].subject == "region") is regional]
            if not feeds:
                continue
            sql = unmatched_sql({feed: self._everybody(feed) for feed in feeds}, key, self._everybody(registered))
            for one in self.engine.arrow(sql).to_pylist():
                named, known = one["named"] or 0, one["known"] or 0
                found[one["feed"]] = {
                    "rows": one["rows"], "without_id": one["rows"] - named, "not_registered": named - known,
                }  # fmt: skip
        return found

    @cached_property
    def people(self) -> tuple[int, int]:
        """How many households and persons were screened."""
        home, person = self._everybody(HOUSEHOLD), self._everybody(PERSON)
        households, persons = self.engine.row(f"SELECT (SELECT COUNT(*) FROM {home}), (SELECT COUNT(*) FROM {person})")
        return households, persons

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Counts of the screening, as pages and the manifest show them."""
        alerts, unknown = self.alerts, self.cannot_tell
        by_level = pc.value_counts(alerts["level"]).to_pylist()
        by_rule = pc.value_counts(alerts["rule_id"]).to_pylist()
        unknown_by_rule = unknown.group_by("rule_id").aggregate([("subjects", "sum")]).to_pylist()
        at_risk = alerts.filter(pc.is_in(alerts["level"], pa.array(["red", "yellow"])))
        households, persons = self.people
        return {
            "as_of": self.plan.as_of.isoformat(),
            "households": households,
            "persons": persons,
            "alerts": alerts.num_rows,
            "households_with_alerts": pc.count_distinct(at_risk["household_key"]).as_py(),
            "by_level": {str(one["values"]): one["counts"] for one in by_level},
            "by_rule": {str(one["values"]): one["counts"] for one in by_rule},
            "cannot_tell": sum(one["subjects_sum"] for one in unknown_by_rule),
            "cannot_tell_by_rule": {one["rule_id"]: one["subjects_sum"] for one in unknown_by_rule},
            **regional_result.counts(self),
            **entitlement.counts(self),
            "seconds": round(self.seconds, 3),
        }

    def manifest(self) -> dict[str, Any]:
        """What the result rests on: rules and versions, parameter values by region, deliveries, counts."""
        return manifest_of(self)

    def write(self, folder: Path) -> Path:
        """Keep the result in a new folder (see `doudi.screening.results.keeping`). Whole or not at all."""
        return write_result(self, folder)

    def close(self) -> None:
        self.engine.close()


def screen(
    *,
    rulebook: Rulebook,
    registry: RegistryTables,
    snapshots: Iterable[Snapshot] = (),
    feeds: Iterable[FeedRows] = (),
    as_of: date,
    rules: Iterable[str] | None = None,
    policies: Iterable[str] | None = (),
    previous: Path | None = None,
    threads: int | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
    earlier: Rows | None = None,
) -> ScreeningResult:
    """Screen everybody in the registry. `feeds` are rows given directly, and go before snapshots of the same feed.

    `policies`: assistance policies to be worked out as well (None: all that are in force), see `entitlements`.

    `previous`: the folder of an earlier result; what didn't change since is not worked out again where that gives the
    same (see `doudi.screening.incremental`). Without an `engine` DuckDB does it here, on `threads` threads (all cores
    unless given) and, when `memory` is given (such as `8GB`), in no more than that. The engine is closed with the
    result, and when the screening fails.

    `earlier`: the alerts of a screening of about a month before (household_key, rule_id); what is not among them counts
    as new for rules across households. Without it everything does.

    Raises MissingParameters when a parameter has no value, ValueError when the registry is not usable.
    """
    started = time.perf_counter()
    kinds = {source.id: source.kind for source in rulebook.sources.values() if source.is_feed}
    there = standing(snapshots, kinds, as_of=as_of) | {one.feed: one for one in feeds if one.feed in kinds}
    raw = raw_tables(registry, there)
    files = [path for rows in raw.values() if not isinstance(rows, pa.Table) for path in rows]
    basis = basis_of(previous, there, as_of=as_of) if previous is not None and engine is None else None
    if basis is not None:
        files += basis.files
    files += earlier if isinstance(earlier, tuple) else ()
    engine = engine or DuckDb(threads=threads, memory=memory, files=files)
    try:
        holdings = add_raw(engine, raw, there, rulebook)
        regions = regions_of(engine)
        told = earlier is not None
        plan = make_plan(
            rulebook, as_of=as_of, holdings=holdings, region_codes=regions, rules=rules, policies=policies, earlier=told
        )
        add_typed(engine, raw, plan.columns, rulebook)
        if not registry.distinct:
            engine.once_a_household()
        incremental = basis is not None and isinstance(engine, DuckDb) and settle(basis, engine, plan, holdings)
        if earlier is not None:
            engine.add(EARLIER, earlier)
        execute(engine, plan, progress)
        check_whole(engine)
        result = ScreeningResult(plan, rulebook, there, 0.0, engine, basis, incremental)
        regional_result.judge_regions(result)
    except BaseException:
        engine.close()
        raise
    result.seconds = time.perf_counter() - started
    return result
