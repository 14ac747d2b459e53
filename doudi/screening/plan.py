"""A whole screening as a short list of SQL statements, each making one table out of the ones before.

The statements are plain, portable SQL. `duckdb.DuckDb` runs them as they are; another engine transpiles them with
SQLGlot and defines the functions of `writing`. Tables it expects: registry_household, registry_person, registry_income,
feed_<id>, and parameters_here where a parameter differs between regions.
"""

# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from doudi.rulebook import Fact, Rule, Rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.screening.fact_sql import FactSql, Holding, table_name
from doudi.screening.rule_sql import PERSONS_WITH_HOUSEHOLD, RuleSql, table_of, union_all
from doudi.screening.thresholds import Thresholds, thresholds_for


@dataclass(frozen=True, slots=True)
class Step:
    """One statement: `name` is made of `sql`."""

    name: str
    sql: str
    title: str
    """What it does, as progress shows it."""


@dataclass(frozen=True)
class Plan:
    """What an engine has to run, and what the outcome columns mean."""

    as_of: date
    rules: tuple[Rule, ...]
    facts: Mapping[str, Fact]
    thresholds: Thresholds
    absent: Mapping[str, Mapping[str, str]]
    """Rule → fact → the absent source that makes it unknown for everybody."""
    versions: Mapping[str, str]
    gapped: frozenset[str]
    steps: tuple[Step, ...]
    columns: Mapping[str, frozenset[str]]
    """Table → the columns of it that the statements read."""
    counting: Mapping[str, str]
    """Table → query of how many subjects each rule could not decide for want of a whole source."""

    @cached_property
    def unknowable(self) -> tuple[Rule, ...]:
        """Rules for which a whole source is absent."""
        return tuple(rule for rule in self.rules if self.absent[rule.id])

    def table_of(self, rule: Rule) -> str:
        return table_of(rule, self.facts)


def make_plan(
    rulebook: Rulebook,
    *,
    as_of: date,
    holdings: Mapping[str, Holding],
    region_codes: Iterable[str],
    rules: Iterable[str] | None = None,
) -> Plan:
    """Compile the rules in force on a day (or those named). Raises MissingParameters."""
    chosen = tuple(rule for rule in rulebook.rules_on(as_of) if rules is None or rule.id in set(rules))
    facts = rulebook.facts_of(tuple({name for rule in chosen for name in rule.facts} | {MEMBER_FACT}))
    used = {name for rule in chosen for name in rule.parameters}
    used |= {name for fact in facts.values() for name in fact.parameters}
    thresholds = thresholds_for(rulebook, used, region_codes, as_of=as_of)
    writer = FactSql(facts, holdings, thresholds, as_of)
    absent = {rule.id: _absent(rule, writer) for rule in chosen}
    versions = {rule.id: rule_version(rule, rulebook, thresholds) for rule in chosen}
    varying = _carried(thresholds)
    person = writer.person_sql(varying)
    household = writer.household_sql(varying)
    rule_sql = RuleSql(facts, thresholds, writer.gapped, absent, versions, rulebook.code_labels, as_of)

    def with_outcomes(table: str, base: str) -> str:
        return rule_sql.outcomes(base, [rule for rule in chosen if table_of(rule, facts) == table])

    steps = [
        Step("person_facts", with_outcomes("person_facts", person), "汇总到人"),
        Step("household_facts", with_outcomes("household_facts", household), "汇总到户"),
    ]
    if mixed := [rule for rule in chosen if table_of(rule, facts) == PERSONS_WITH_HOUSEHOLD]:
        base = _joined(mixed, facts, writer.gapped)
        steps.append(Step(PERSONS_WITH_HOUSEHOLD, with_outcomes(PERSONS_WITH_HOUSEHOLD, base), "人户合并"))
    risks = [rule for rule in chosen if rule.level != "exclusion"]
    signals = [rule for rule in chosen if rule.level == "exclusion"]
    alerts = union_all(["SELECT * FROM alerts_of_risk", rule_sql.alerts(signals, attached=True)])
    unknown = union_all([rule_sql.cannot_tell(risks), rule_sql.cannot_tell(signals, attached=True)])
    steps += [
        Step("alerts_of_risk", rule_sql.alerts(risks), "生成预警"),
        Step("alerts", alerts, "附上核实信号"),
        Step("cannot_tell", unknown, "列出无法判断"),
    ]
    columns = {table_name(source): frozenset(writer.columns_needed(source)) for source in holdings}
    return Plan(
        as_of=as_of,
        rules=chosen,
        facts=facts,
        thresholds=thresholds,
        absent=absent,
        versions=versions,
        gapped=frozenset(writer.gapped),
        steps=tuple(steps),
        columns=columns,
        counting=rule_sql.counting([rule for rule in chosen if absent[rule.id]]),
    )


def _absent(rule: Rule, writer: FactSql) -> dict[str, str]:
    found = {name: writer.lacks(writer.facts[name]) for name in rule.facts}
    return {name: source for name, source in found.items() if source is not None}


def _carried(thresholds: Thresholds) -> tuple[str, ...]:
    return tuple(column for name in thresholds.varying for column in (name, f"{name}__json"))


def _joined(rules: list[Rule], facts: Mapping[str, Fact], gapped: set[str]) -> str:
    """Persons with the facts of their households."""
    wanted = sorted({name for rule in rules for name in rule.facts if facts[name].subject == "household"})
    columns = [f'h."{name}"' for name in wanted] + [f'h."gap_{name}"' for name in wanted if name in gapped]
    return (
        f"SELECT p.*, {', '.join(columns)} FROM person_facts p "
        "JOIN household_facts h ON h.household_key = p.household_key"
    )


def rule_version(rule: Rule, rulebook: Rulebook, thresholds: Thresholds) -> str:
    """Version and a digest of everything that decides what the rule says: itself, its facts, its parameter values."""
    facts = rulebook.facts_of((*rule.facts, MEMBER_FACT))
    names = sorted(set(rule.parameters) | {name for fact in facts.values() for name in fact.parameters})
    content = {
        "rule": {key: value for key, value in rule.document.content.items() if key != "cases"},
        "facts": {name: dict(fact.document.content) for name, fact in facts.items()},
        "parameters": {
            region: {name: str(values[name].value) for name in names} for region, values in thresholds.by_region.items()
        },
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()
    return f"{rule.version}-{digest[:12]}"
