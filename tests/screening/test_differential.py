"""The whole engine against a naive one: every household of a small synthetic county, with holes torn into its data,
worked out row by row in plain Python from the same rulebook."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sqlglot import exp

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import Fact, Rulebook
from doudi.rulebook.evaluation import evaluate
from doudi.rulebook.grammar import AGGREGATES
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.screening.inputs import FeedRows, RegistryTables
from doudi.screening.run import screen
from doudi.screening.sql.narrowing import columns_of, conjuncts
from doudi.screening.thresholds import window_start
from doudi.synth.snapshots import write_snapshots

AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"
Rows = list[dict[str, Any]]


class Naive:
    """Facts and rules for one county, one subject at a time."""

    def __init__(self, rulebook: Rulebook, tables: dict[str, Rows]) -> None:
        self.book = rulebook
        used = {name for rule in rulebook.rules.values() for name in rule.facts}
        self.facts = rulebook.facts_of((*used, MEMBER_FACT))
        parameters = rulebook.parameters.values()
        self.constants: dict[str, Any] = {"as_of": AS_OF}
        for one in parameters:
            self.constants[one.id] = one.value(region="149901000000", on=AS_OF).value
        self.tables = tables
        self.of_person = {
            feed: _by(tables.get(feed, []), "person_key")
            for feed, source in rulebook.sources.items()
            if source.is_feed and source.subject != "region"
        }
        self.incomes = _by(tables[INCOME], "household_key")
        self.people = _by(tables[PERSON], "household_key")

    def person(self, person: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for fact in self.facts.values():
            if fact.subject == "person":
                if fact.source.id == PERSON:
                    self._plain(fact, person, row)
                elif fact.source.is_feed:
                    self._grouped(fact, self.of_person[fact.source.id].get(person["person_key"], []), row)
                else:
                    self._derived(fact, row)
        return row

    def household(
        self, household: dict[str, Any], members: Rows, persons: list[Any], registered: Rows
    ) -> dict[str, Any]:
        row: dict[str, Any] = {}
        years = {one["income_year"]: one for one in self.incomes.get(household["household_key"], [])}
        for fact in self.facts.values():
            if fact.subject != "household":
                continue
            if fact.source.id == HOUSEHOLD:
                self._plain(fact, household, row)
            elif fact.source.id == INCOME:
                income = years.get(2022 if fact.year == "last" else 2021)
                row[fact.id] = evaluate(fact.expression.tree, income) if income else None
            elif fact.source.id == "members":
                self._grouped(fact, members, row)
            elif fact.source.id == "registered":
                self._grouped(fact, registered, row)
            elif fact.source.is_feed:
                rows = [one for key in persons for one in self.of_person[fact.source.id].get(key, [])]
                self._grouped(fact, rows, row)
            else:
                self._derived(fact, row)
        return row

    def _plain(self, fact: Fact, source: dict[str, Any], row: dict[str, Any]) -> None:
        row[fact.id] = evaluate(fact.expression.tree, self.constants | source)

    def _derived(self, fact: Fact, row: dict[str, Any]) -> None:
        row[fact.id] = evaluate(fact.expression.tree, self.constants | row)
        row[f"gap_{fact.id}"] = any(row.get(f"gap_{name}", False) for name in fact.uses)

    def _grouped(self, fact: Fact, rows: Rows, row: dict[str, Any]) -> None:
        counted = [(self._counts(fact, one), self.constants | one) for one in rows]
        inside = [one for counts, one in counted if counts]
        gap = any(counts is None for counts, _one in counted)
        values: dict[int, Any] = {}
        tree = fact.expression.tree.copy()
        for number, node in enumerate(list(tree.find_all(*AGGREGATES))):
            if not isinstance(node.this, exp.Star):
                arguments = [evaluate(node.this, one) for one in inside]
                gap = gap or any(value is None for value in arguments)
            else:
                arguments = [True] * len(inside)
            values[number] = _aggregate(node, [value for value in arguments if value is not None])
            placeholder = exp.column(f"value_{number}")
            if node is tree:
                tree = placeholder
            else:
                node.replace(placeholder)
        if fact.source.id in ("members", "registered"):
            gap = gap or any(one.get(f"gap_{name}", False) for one in inside for name in fact.uses)
        named = {f"value_{number}": value for number, value in values.items()}
        result = evaluate(tree, self.constants | named)
        if isinstance(result, bool) or fact.type.kind.value == "boolean":
            settled = result is True
            row[fact.id] = True if settled else None if gap else fact.no_rows if result is None else result
        else:
            row[fact.id] = result if gap or result is not None else fact.no_rows
            row[f"gap_{fact.id}"] = gap

    def _counts(self, fact: Fact, one: dict[str, Any]) -> bool | None:
        parts: list[bool | None] = []
        if fact.where is not None:
            parts.append(evaluate(fact.where.tree, self.constants | one))
        if fact.window is not None:
            months = fact.window.months
            start = window_start(AS_OF, self.constants[months] if isinstance(months, str) else months)
            day = one[fact.window.column]
            parts.append(None if day is None else start <= day <= AS_OF)
        if False in parts:
            return False
        return None if None in parts else True

    def outcome(self, rule: Any, row: dict[str, Any]) -> str:
        parts: list[bool | None] = []
        for part in conjuncts(rule.when.tree):
            value = evaluate(part, self.constants | row)
            gap = any(row.get(f"gap_{name}", False) for name in columns_of(part))
            parts.append(None if gap and value is False else value)
        if False in parts:
            return "not_raised"
        if None in parts:
            return "cannot_tell"
        urgent = rule.escalate is not None and evaluate(rule.escalate.when.tree, self.constants | row) is True
        return rule.escalate.level if urgent else rule.level


def _aggregate(node: exp.Expression, values: list[Any]) -> Any:
    match node:
        case exp.Count():
            return float(len(values))
        case exp.CountIf():
            return float(sum(value is True for value in values))
        case exp.Sum():
            return sum(values) if values else None
        case exp.LogicalOr():
            return any(values) if values else None
        case exp.LogicalAnd():
            return all(values) if values else None
        case _:
            return (max if isinstance(node, exp.Max) else min)(values) if values else None


def _by(rows: Rows, key: str) -> dict[Any, Rows]:
    found: dict[Any, Rows] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def torn(table: pa.Table, rng: np.random.Generator, share: float) -> pa.Table:
    """The table with a share of its values gone, keys excepted."""
    columns = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name not in ("person_key", "household_key", "region_code", "income_year", "household_no", "row"):
            column = pa.compute.if_else(
                pa.array(rng.random(len(column)) >= share), column, pa.nulls(len(column), column.type)
            )
        columns[name] = column
    return pa.table(columns)


@pytest.fixture(scope="module", params=[0.0, 0.04], ids=["whole", "torn"])
def county(request: Any, tmp_path_factory: Any, rulebook: Rulebook) -> Any:
    folder = tmp_path_factory.mktemp("county")
    write_snapshots(households=250, seed=11, out=folder, rules_root=RULES, as_of=AS_OF)
    rng = np.random.default_rng(5)
    kept = RegistryTables.from_folder(folder / "registry")

    def read(paths: Any) -> pa.Table:
        return torn(pa.parquet.read_table(paths[0]), rng, request.param)

    registry = RegistryTables(read(kept.household), read(kept.person), read(kept.income))
    feeds = [
        FeedRows(one.feed, torn(pa.parquet.read_table(one.data), rng, request.param))
        for one in list_snapshots(folder / "snapshots")
    ]
    return registry, feeds


def test_the_engine_and_plain_python_come_to_the_same(county: Any, rulebook: Rulebook) -> None:
    registry, feeds = county
    result = screen(rulebook=rulebook, registry=registry, feeds=feeds, as_of=AS_OF, threads=2)
    tables = {HOUSEHOLD: registry.household, PERSON: registry.person, INCOME: registry.income}
    tables |= {one.feed: one.rows for one in feeds}
    naive = Naive(rulebook, {name: table.to_pylist() for name, table in tables.items()})
    expected: dict[tuple[str, int, int | None], str] = {}
    facts: dict[int, dict[str, Any]] = {}
    for household in naive.tables[HOUSEHOLD]:
        key = household["household_key"]
        people = {one["person_key"]: naive.person(one) for one in naive.people[key]}
        members = {person: row for person, row in people.items() if row["is_member"]}
        facts[key] = naive.household(household, list(members.values()), list(members), list(people.values()))
        for rule in rulebook.rules.values():
            if rule.subject not in ("household", "person"):
                continue
            rows = [(None, facts[key])]
            if rule.subject == "person":
                rows = [(person, facts[key] | row) for person, row in members.items()]
            for person, row in rows:
                found = naive.outcome(rule, row)
                if found != "not_raised":
                    expected[rule.id, key, person] = found
    at_risk = {key for (_rule, key, _person), found in expected.items() if found in ("red", "yellow")}
    expected = {
        key: found for key, found in expected.items() if not key[0].startswith("exclusion.") or key[1] in at_risk
    }
    got = {(one["rule_id"], one["household_key"], one["person_key"]): one["level"] for one in result.alerts.to_pylist()}
    for one in result.cannot_tell.to_pylist():
        got[one["rule_id"], one["household_key"], one["person_key"]] = "cannot_tell"
    different = {
        key: (got.get(key), expected.get(key))
        for key in got.keys() | expected.keys()
        if got.get(key) != expected.get(key)
    }
    assert different == {}
    assert len([found for found in got.values() if found != "cannot_tell"]) > 50
    for row in result.household_facts.to_pylist():
        for name, value in row.items():
            if name in rulebook.facts:
                assert value == pytest.approx(facts[row["household_key"]][name]), name
