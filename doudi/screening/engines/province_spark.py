"""Alike counties screened by Spark in one go; Spark itself writes the results, a folder a county.

Rows of alerts, facts and outcomes go from the executors to the files and never through this process. What each county's
manifest counts is read back from its own files.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import broadcast, expr
from pyspark.sql.pandas.types import to_arrow_schema

from doudi.rulebook import Rulebook
from doudi.rulebook.sources import HOUSEHOLD, PERSON
from doudi.screening.engines.province import COUNTY_FOLDER, CountyFolder, Found, with_county, write_words
from doudi.screening.engines.spark import COUNTY, Spark, spark_schema
from doudi.screening.entitlement import ENTITLEMENTS_SCHEMA, policy_version
from doudi.screening.inputs import FeedRows, RegistryTables, Rows
from doudi.screening.plan import Plan, rule_version
from doudi.screening.results.keeping import manifest_of
from doudi.screening.results.regions import CANNOT_TELL_SCHEMA as REGION_UNKNOWN_SCHEMA
from doudi.screening.run import CANNOT_TELL_SCHEMA, ScreeningResult, screen
from doudi.screening.sql.regions import REGION_FACTS
from doudi.screening.sql.results import facts_sql, outcomes_sql, region_facts_sql, unknown_sql
from doudi.screening.sql.rules import NO_DATA, outcome_column, union_all
from doudi.screening.sql.sources import table_name

_REGION_COUNTY = f"SUBSTRING(region_code, 1, 6) AS {COUNTY}"
_GROUP_BYTES = 4 * 2**20
"""Small groups in results sorted by household: the page of one household reads one group, not the county."""


@dataclass
class CountyResult(ScreeningResult):
    """One county's part of what was screened together, as its files hold it."""

    folder: Path = field(default=Path())
    counted: Mapping[str, Any] = field(default_factory=dict)
    """`people` and `unmatched`, counted for all counties at once."""

    def _read(self, name: str) -> pa.Table:
        return pq.read_table(self.folder / f"{name}.parquet", partitioning=None)

    @cached_property
    def alerts(self) -> pa.Table:
        return self._read("alerts")

    @cached_property
    def cannot_tell(self) -> pa.Table:
        return self._read("cannot_tell")

    @cached_property
    def region_alerts(self) -> pa.Table:
        return self._read("region_alerts")

    @cached_property
    def region_cannot_tell(self) -> pa.Table:
        return self._read("region_cannot_tell")

    @cached_property
    def entitlements(self) -> pa.Table:
        return self._read("entitlements")

    @cached_property
    def people(self) -> tuple[int, int]:
        households, persons = self.counted["people"]
        return households, persons

    @cached_property
    def unmatched(self) -> dict[str, dict[str, int]]:
        return dict(self.counted["unmatched"])


@dataclass(frozen=True)
class Cluster:
    """Screens alike counties in a Spark session (see `province.screen_province`)."""

    session: SparkSession
    rulebook: Rulebook
    as_of: date
    policies: tuple[str, ...] | None = ()
    facts: bool = False

    def __call__(self, counties: list[CountyFolder], out: Path) -> Found:
        scratch = out / ".scratch"
        scratch.mkdir(exist_ok=True)
        engine = Spark(self.session, scratch=scratch)
        result = screen(
            rulebook=self.rulebook,
            registry=_registry(counties),
            feeds=_feeds(counties),
            as_of=self.as_of,
            policies=self.policies,
            engine=engine,
        )
        try:
            of_counties = _OfCounties(result, engine, counties)
            for name, frame in of_counties.tables(facts=self.facts):
                _write(frame, name, counties, out, scratch)
            counted = of_counties.counted()
            found: dict[str, Mapping[str, Any]] = {}
            for county in counties:
                folder = with_county(out, county.code)
                part = CountyResult(
                    plan=of_counties.plan_of(county.code),
                    rulebook=self.rulebook,
                    feeds=county.feeds,
                    seconds=result.seconds,
                    engine=engine,
                    folder=folder,
                    counted=counted[county.code],
                )
                write_words(folder, manifest_of(part), self.rulebook)
                found[county.code] = part.summary
            return found
        finally:
            result.close()
            shutil.rmtree(scratch, ignore_errors=True)


def _joined(parts: Iterable[Rows]) -> Rows:
    return tuple(path for rows in parts if isinstance(rows, tuple) for path in rows)


def _registry(counties: list[CountyFolder]) -> RegistryTables:
    books = [county.registry for county in counties]
    distinct = all(book.distinct for book in books)
    household, person, income = (
        _joined(getattr(book, name) for book in books) for name in ("household", "person", "income")
    )
    return RegistryTables(household, person, income, distinct=distinct)


def _feeds(counties: list[CountyFolder]) -> Iterator[FeedRows]:
    for feed, one in counties[0].feeds.items():
        parts = [county.feeds[feed] for county in counties]
        months = tuple(sorted({month for part in parts for month in part.months}))
        deliveries = tuple(name for part in parts for name in part.deliveries)
        yield FeedRows(feed, _joined(part.rows for part in parts), months, deliveries, one.lacking)


@dataclass(frozen=True)
class _OfCounties:
    """What a common screening found, county by county."""

    result: ScreeningResult
    engine: Spark
    counties: list[CountyFolder]

    @property
    def plan(self) -> Plan:
        return self.result.plan

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """County → the plan with the parameter values and versions that the county alone would have."""
        prefix = self.plan.thresholds.prefix
        keys: dict[str, set[str]] = {county.code: set() for county in self.counties}
        for county, region in self.engine.frame(
            f"SELECT DISTINCT {COUNTY}, region_code FROM registry_household WHERE region_code IS NOT NULL"
        ).collect():
            keys[county] |= {region[:prefix], (region[:9] + "000")[:prefix]}
        return {code: self._plan(keys[code]) for code in keys}

    def _plan(self, keys: set[str]) -> Plan:
        there = {key: value for key, value in self.plan.thresholds.by_region.items() if key in keys}
        thresholds = replace(self.plan.thresholds, by_region=there or self.plan.thresholds.by_region)
        book, regional, policies = self.result.rulebook, self.plan.regional, self.plan.entitlement
        versions = {rule.id: rule_version(rule, book, thresholds) for rule in self.plan.rules}
        across = {rule.id: rule_version(rule, book, thresholds) for rule in regional.rules}
        helping = {one.id: policy_version(one, book, thresholds) for one in policies.policies}
        return replace(
            self.plan,
            thresholds=thresholds,
            versions=versions,
            regional=replace(regional, versions=across),
            entitlement=replace(policies, versions=helping),
        )

    def plan_of(self, county: str) -> Plan:
        return self.plans[county]

    # ---- tables

    def tables(self, *, facts: bool) -> Iterator[tuple[str, DataFrame]]:
        """Name and rows with `county`, of everything that is kept."""
        alerts = self.engine.unmixed(self.engine.frame(self.plan.queries["alerts"]))
        yield "alerts", self._versions(alerts, "rule")
        unknown = self.engine.unmixed(self.engine.frame(unknown_sql(self.plan)))
        yield "cannot_tell", self._with_absences(unknown, CANNOT_TELL_SCHEMA, self._absences())
        yield from self._of_regions()
        if self.plan.entitlement.query:
            yield "entitlements", self._entitlements()
        if facts:
            if self.plan.regional.rules:
                yield "region_facts", self.engine.frame(region_facts_sql(self.plan)).selectExpr("*", _REGION_COUNTY)
            for name in ("household_facts", "person_facts"):
                self.result._prepare(name)
                yield name, self.engine.unmixed(self.engine.frame(facts_sql(self.plan, name)))
            for name in sorted({self.plan.table_of(rule) for rule in self.plan.rules}):
                self.result._prepare(name)
                selected = outcomes_sql(self.plan, name, self.engine.columns(name))
                yield name.replace("_facts", "_outcomes"), self.engine.unmixed(self.engine.frame(selected))

    def _of_regions(self) -> Iterator[tuple[str, DataFrame]]:
        regional = self.plan.regional
        if regional.alerts:
            found = self.engine.frame(regional.alerts).selectExpr("*", _REGION_COUNTY)
            yield "region_alerts", self._versions(found, "rule", regional=True)
        else:
            yield "region_alerts", self._nothing(self.result.region_alerts.schema)
        unknown = self._nothing(REGION_UNKNOWN_SCHEMA)
        if regional.cannot_tell:
            rows = self.engine.frame(regional.cannot_tell)
            unknown = rows.selectExpr(
                "rule_id", "region_level", "region_code", "SPLIT(missing_facts, ',') AS missing_facts",
                "CAST(NULL AS STRING) AS source", "CAST(1 AS BIGINT) AS subjects", _REGION_COUNTY,
            )  # fmt: skip
        yield "region_cannot_tell", self._with_absences(unknown, REGION_UNKNOWN_SCHEMA, self._region_absences())

    def _entitlements(self) -> DataFrame:
        rows = self.engine.unmixed(self.engine.frame(f"SELECT * FROM ({self.plan.entitlement.query}) e"))
        names = [
            f"SPLIT({name}, ',') AS {name}" if name == "missing_facts" else name for name in ENTITLEMENTS_SCHEMA.names
        ]
        return self._versions(rows.selectExpr(*names, COUNTY), "policy")

    def _versions(self, rows: DataFrame, kind: str, *, regional: bool = False) -> DataFrame:
        """The rows with the version that the county alone would have."""
        told: list[tuple[str, str, str]] = []
        for county, plan in self.plans.items():
            versions = plan.entitlement.versions if kind == "policy" else plan.versions
            versions = plan.regional.versions if regional else versions
            told += [(county, name, version) for name, version in versions.items()]
        if not told:
            return rows
        known = self.engine.session.createDataFrame(told, [COUNTY, f"{kind}_id", "version_here"])
        joined = rows.join(broadcast(known), [COUNTY, f"{kind}_id"], "left")
        here = f"COALESCE(version_here, {kind}_version) AS {kind}_version"
        return joined.selectExpr(*(here if name == f"{kind}_version" else name for name in rows.columns))

    def _nothing(self, schema: pa.Schema) -> DataFrame:
        return self._rows([], schema)

    def _rows(self, rows: list[dict[str, Any]], schema: pa.Schema) -> DataFrame:
        whole = pa.Table.from_pylist(rows, schema.append(pa.field(COUNTY, pa.string())))
        return self.engine.session.createDataFrame(whole, schema=spark_schema(whole.schema))

    # ---- whole sources that are absent

    def _with_absences(self, rows: DataFrame, schema: pa.Schema, lines: list[dict[str, Any]]) -> DataFrame:
        return rows.unionByName(self._rows(lines, schema)) if lines else rows

    def _absences(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        for table in self.plan.counting:
            self.result._prepare(table)
            rules = [rule for rule in self.plan.unknowable if self.plan.table_of(rule) == table]
            frame = self.engine.session.table(table)
            whose = self.engine.unmixed(frame.select("household_key", *(outcome_column(rule.id) for rule in rules)))
            for rule, county, subjects in _undecided(whose, [rule.id for rule in rules]):
                lines += _lines(self.plan.absent[rule], rule, county, subjects)
        return lines

    def _region_absences(self) -> list[dict[str, Any]]:
        regional = self.plan.regional
        rules = [rule.id for rule in regional.rules if regional.absent[rule.id]]
        if not rules:
            return []
        whose = self.engine.session.table(REGION_FACTS).selectExpr("*", _REGION_COUNTY)
        return [
            line
            for rule, county, subjects in _undecided(whose, rules)
            for line in _lines(regional.absent[rule], rule, county, subjects)
        ]

    # ---- counts

    def counted(self) -> dict[str, dict[str, Any]]:
        """County → `people` and `unmatched`."""
        found: dict[str, dict[str, Any]] = {one.code: {"people": [0, 0], "unmatched": {}} for one in self.counties}
        for place, source in enumerate((HOUSEHOLD, PERSON)):
            query = f"SELECT {COUNTY}, COUNT(*) FROM {table_name(source)} GROUP BY {COUNTY}"
            for county, rows in self.engine.frame(query).collect():
                found[county]["people"][place] = rows
        queries: list[str] = []
        for feed in self.result.feeds:
            regional = self.result.rulebook.sources[feed].subject == "region"
            key, registered = ("region_code", HOUSEHOLD) if regional else ("person_key", PERSON)
            queries.append(
                f"SELECT '{feed}' AS feed, f.{COUNTY}, COUNT(*), COUNT(f.{key}), COUNT(p.{key}) "
                f"FROM {table_name(feed)} f "
                f"LEFT JOIN (SELECT DISTINCT {key}, {COUNTY} FROM {table_name(registered)}) p "
                f"ON p.{key} = f.{key} AND p.{COUNTY} = f.{COUNTY} GROUP BY f.{COUNTY}"
            )
            for one in found.values():
                one["unmatched"][feed] = {"rows": 0, "without_id": 0, "not_registered": 0}
        for feed, county, rows, with_key, known in self.engine.frame(union_all(queries)).collect() if queries else ():
            told = {"rows": rows, "without_id": rows - with_key, "not_registered": with_key - known}
            found[county]["unmatched"][feed] = told
        return found


def _undecided(rows: DataFrame, rules: list[str]) -> Iterator[tuple[str, str, int]]:
    """Rule, county, and how many subjects could not be judged for want of a whole source."""
    counted = [expr(f"COUNT(CASE WHEN {outcome_column(rule)} = {NO_DATA} THEN 1 END)") for rule in rules]
    for county, *numbers in rows.groupBy(COUNTY).agg(*counted).collect():
        for rule, subjects in zip(rules, numbers, strict=True):
            if subjects:
                yield rule, county, subjects


def _lines(absent: Mapping[str, str], rule: str, county: str, subjects: int) -> Iterator[dict[str, Any]]:
    sources: dict[str, list[str]] = {}
    for fact, source in absent.items():
        sources.setdefault(source, []).append(fact)
    for source, facts in sources.items():
        yield {"rule_id": rule, "missing_facts": facts, "source": source, "subjects": subjects, COUNTY: county}


def _write(frame: DataFrame, name: str, counties: list[CountyFolder], out: Path, scratch: Path) -> None:
    """One file a county, sorted by household where rows have one."""
    order = [column for column in ("household_key", "person_key", "region_code") if column in frame.columns]
    written = scratch / f"written_{name}"
    (
        frame.repartition(min(len(counties), 400), COUNTY)
        .sortWithinPartitions(COUNTY, *order)
        .write.partitionBy(COUNTY)
        .option("compression", "zstd")
        .option("parquet.block.size", str(_GROUP_BYTES))
        .parquet(str(written))
    )
    for county in counties:
        parts = list(written.glob(f"{COUNTY_FOLDER}{county.code}/*.parquet"))
        target = with_county(out, county.code) / f"{name}.parquet"
        if len(parts) == 1:
            parts[0].rename(target)
        elif parts:
            raise RuntimeError(f"{name} of county {county.code} came in {len(parts)} files")
        else:
            empty = to_arrow_schema(frame.drop(COUNTY).schema).empty_table()
            pq.write_table(empty, target, compression="zstd")
    shutil.rmtree(written)
