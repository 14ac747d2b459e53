"""A whole screening as a short list of SQL statements, each making one table out of the ones before.

The statements are plain, portable SQL. `duckdb.DuckDb` runs them as they are; another engine transpiles them with
SQLGlot and defines the functions of `writing`. Tables it expects: registry_household, registry_person, registry_income,
feed_<id>, parameters_here where a parameter differs between regions, and earlier_alerts where an earlier screening is
known (see `regional`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from doudi.rulebook import Fact, Rule, Rulebook
from doudi.rulebook.checks import Check
from doudi.rulebook.loading import MEMBER_FACT, TOLERANCE
from doudi.screening.entitlement import (
    NO_POLICIES,
    EntitlementPlan,
    apart,
    facts_needed,
    parameters_needed,
    plan_entitlements,
    policies_for,
)
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.regions import RegionalPlan, counts_alerts, plan_regional, township_of
from doudi.screening.sql.rules import (
    PERSONS_WITH_HOUSEHOLD,
    Judged,
    RuleSql,
    found_table,
    table_of,
    union_all,
    with_household,
)
from doudi.screening.sql.sources import Holding, group_table, table_name
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
    on_demand: tuple[Step, ...]
    """Tables that only explanations and written results need: every person fact, with every outcome."""
    queries: Mapping[str, str]
    """`alerts`, `cannot_tell`, and `flagged` (rule and household alone), over the tables that the steps make."""
    columns: Mapping[str, frozenset[str]]
    """Table → the columns of it that the statements read."""
    counting: Mapping[str, str]
    """Table → query of how many subjects each rule could not decide for want of a whole source."""
    regional: RegionalPlan
    """The rules across households, which are not among `rules`."""
    entitlement: EntitlementPlan = NO_POLICIES
    """The policies; their statements are among `steps`."""

    @property
    def regional_inputs(self) -> tuple[Step, ...]:
        """Make `regional_households` and `regional_alerts_of_households` of this screening's own tables."""
        return tuple(Step(*step) for step in self.regional.inputs)

    @property
    def regional_steps(self) -> tuple[Step, ...]:
        """Judge villages and townships by those two tables and the feeds about regions alone."""
        return tuple(Step(*step) for step in self.regional.steps)

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
    policies: Iterable[str] | None = (),
    earlier: bool = False,
) -> Plan:
    """Compile the rules in force on a day (or those named). Raises MissingParameters.

    `policies`: those to be worked out besides, None: all that are in force.

    A rule across households that counts alerts brings along all rules for households. `earlier`: there is a table of
    earlier alerts.
    """
    there, named = rulebook.rules_on(as_of), None if rules is None else set(rules)
    across = tuple(rule for rule in there if rule.regional and (named is None or rule.id in named))
    if named is not None and any(counts_alerts(rule, rulebook) for rule in across):
        named = None
    chosen = tuple(rule for rule in there if not rule.regional and (named is None or rule.id in named))
    villages = tuple(region_codes)
    helping = policies_for(rulebook, policies, villages, as_of=as_of)
    named_facts = {name for rule in (*chosen, *across) for name in rule.facts} | facts_needed(helping) | {MEMBER_FACT}
    whole = rulebook.facts_of(tuple(named_facts))
    facts = {name: fact for name, fact in whole.items() if fact.subject != "region"}
    used = {name for rule in (*chosen, *across) for name in rule.parameters} | ({TOLERANCE} if across else set())
    used |= {name for fact in whole.values() for name in fact.parameters}
    regions = {*villages, *map(township_of, villages)}
    amounts = {name: there for name, there in parameters_needed(rulebook, helping).items() if name not in used}
    thresholds = thresholds_for(rulebook, used, regions, as_of=as_of, amounts=amounts)
    writer = FactSql(facts, holdings, thresholds, as_of, apart=apart(helping))
    absent = {rule.id: absent_facts(rule, writer) for rule in chosen}
    versions = {rule.id: rule_version(rule, rulebook, thresholds) for rule in chosen}
    household = writer.household_sql()
    rule_sql = RuleSql(facts, thresholds, writer.gapped, absent, versions, rulebook.code_labels, as_of)
    risks = [rule for rule in chosen if rule.level != "exclusion"]
    signals = [rule for rule in chosen if rule.level == "exclusion"]
    homes = [rule for rule in chosen if rule.subject == "household"]
    steps = [Step(group_table(feed), sql, "汇总到人") for feed, sql in writer.groups.items()]
    steps.append(Step("members", writer.members_sql(), "确定家庭成员"))
    steps.append(Step("household_facts", rule_sql.outcomes(household, homes), "汇总到户"))
    steps += [
        Step(found_table(rule.id), rule_sql.found(rule, writer), "比对规则")
        for rule in chosen
        if rule.subject == "person"
    ]
    steps.append(Step("households_at_risk", rule_sql.at_risk(risks), "比对规则"))
    entitlement = plan_entitlements(helping, rulebook, writer=writer, thresholds=thresholds)
    steps += [Step(*step) for step in entitlement.steps]
    queries = {
        "alerts": union_all([rule_sql.alerts(risks), rule_sql.alerts(signals, attached=True)]),
        "cannot_tell": union_all([rule_sql.cannot_tell(risks), rule_sql.cannot_tell(signals, attached=True)]),
        "flagged": union_all([rule_sql.flagged(risks), rule_sql.flagged(signals, attached=True)]) or _NOBODY,
    }
    columns = {table_name(source): frozenset(writer.columns_needed(source)) for source in holdings}
    regional = plan_regional(
        across,
        rulebook,
        writer=writer,
        versions={rule.id: rule_version(rule, rulebook, thresholds) for rule in across},
        raised=union_all([rule_sql.raised(risks), rule_sql.raised(signals, attached=True)]) or rule_sql.alerts([]),
        earlier=earlier,
    )
    return Plan(
        as_of=as_of,
        rules=chosen,
        facts=facts,
        thresholds=thresholds,
        absent=absent,
        versions=versions,
        gapped=frozenset(writer.gapped),
        steps=tuple(steps),
        on_demand=tuple(_on_demand(chosen, facts, writer, rule_sql)),
        queries=queries,
        columns=columns | dict(regional.columns),
        regional=regional,
        entitlement=entitlement,
        counting=rule_sql.counting([rule for rule in chosen if absent[rule.id]]),
    )


_NOBODY = "SELECT '' AS rule_id, household_key FROM registry_household WHERE FALSE"


def absent_facts(rule: Judged, writer: FactSql) -> dict[str, str]:
    """The facts of a rule or check that nobody has a value of, with the source that is absent."""
    found = {name: writer.lacks(writer.facts[name]) for name in rule.facts}
    return {name: source for name, source in found.items() if source is not None}


def _on_demand(
    rules: tuple[Rule, ...], facts: Mapping[str, Fact], writer: FactSql, rule_sql: RuleSql
) -> Iterator[Step]:
    alone = [rule for rule in rules if table_of(rule, facts) == "person_facts"]
    yield Step("person_facts", rule_sql.outcomes(writer.person_sql(), alone), "汇总到人")
    if mixed := [rule for rule in rules if table_of(rule, facts) == PERSONS_WITH_HOUSEHOLD]:
        base = with_household("SELECT * FROM person_facts", mixed, facts, writer.gapped)
        yield Step(PERSONS_WITH_HOUSEHOLD, rule_sql.outcomes(base, mixed), "人户合并")


def rule_version(rule: Rule | Check, rulebook: Rulebook, thresholds: Thresholds) -> str:
    """Version and a digest of everything that decides what the rule says: itself, its facts, its parameter values."""
    facts = rulebook.facts_of((*rule.facts, MEMBER_FACT))
    used = set(rule.parameters) | {name for fact in facts.values() for name in fact.parameters}
    names = sorted(used | {TOLERANCE} if isinstance(rule, Rule) and rule.regional else used)
    content = {
        "rule": {key: value for key, value in rule.document.content.items() if key != "cases"},
        "facts": {name: dict(fact.document.content) for name, fact in facts.items()},
        "parameters": {
            region: {name: str(values[name].value) for name in names} for region, values in thresholds.by_region.items()
        },
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()
    return f"{rule.version}-{digest[:12]}"
