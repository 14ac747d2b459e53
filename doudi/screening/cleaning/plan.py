"""All checks of a day as a short list of SQL statements, made and run like those of a screening."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Final

from doudi.rulebook import Fact, Rulebook
from doudi.rulebook.checks import Check
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.sources import INCOME, SHARED
from doudi.screening.cleaning.statements import HOUSEHOLDS, PERSONS, CheckSql
from doudi.screening.plan import Step, absent_facts, rule_version
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.rules import RuleSql
from doudi.screening.sql.shared import TABLES
from doudi.screening.sql.sources import Holding, group_table, table_name
from doudi.screening.thresholds import MissingParameters, Thresholds, thresholds_for
from doudi.standards.periods import IncomeYear


@dataclass(frozen=True)
class CheckPlan:
    """What an engine has to run."""

    as_of: date
    checks: tuple[Check, ...]
    facts: Mapping[str, Fact]
    thresholds: Thresholds
    absent: Mapping[str, Mapping[str, str]]
    """Check → fact → the absent source that makes it unknown for everybody."""
    versions: Mapping[str, str]
    left_out: Mapping[str, tuple[str, ...]]
    """Checks that are not held against anybody, with the parameters that have no value."""
    shared: tuple[Step, ...]
    """Tables over the whole registry, made before it is narrowed to some households."""
    steps: tuple[Step, ...]
    columns: Mapping[str, frozenset[str]]
    """Table → the columns of it that the statements read."""
    sql: CheckSql = field(repr=False)


def make_check_plan(
    rulebook: Rulebook,
    *,
    as_of: date,
    holdings: Mapping[str, Holding],
    region_codes: Iterable[str],
    checks: Iterable[str] | None = None,
) -> CheckPlan:
    """Compile the checks in force on a day (or those named). Those that lack the value of a parameter are left out."""
    named = None if checks is None else set(checks)
    chosen = tuple(one for one in rulebook.checks_on(as_of) if named is None or one.id in named)
    regions = tuple(region_codes)
    chosen, left_out = _with_values(chosen, rulebook, regions, as_of)
    facts = rulebook.facts_of(tuple({name for check in chosen for name in check.facts} | {MEMBER_FACT}))
    thresholds = thresholds_for(rulebook, _parameters(chosen, rulebook), regions, as_of=as_of)
    there = {**holdings, **_shared_holdings(facts, holdings, as_of)}
    writer = FactSql(facts, there, thresholds, as_of)
    absent = {check.id: absent_facts(check, writer) for check in chosen}
    versions = {check.id: rule_version(check, rulebook, thresholds) for check in chosen}
    household = writer.household_sql()
    sql = CheckSql(RuleSql(facts, thresholds, writer.gapped, absent, versions, rulebook.code_labels, as_of))
    persons = [check for check in chosen if check.subject == "person"]
    steps = [Step(group_table(feed), query, "汇总到人") for feed, query in writer.groups.items()]
    steps.append(Step("members", writer.members_sql(), "确定家庭成员"))
    steps.append(Step(HOUSEHOLDS, household, "汇总到户"))
    if persons:
        steps.append(Step(PERSONS, sql.persons(persons, writer), "汇总到人"))
    used = [source for source in _shared_of(facts) if source in there]
    year = IncomeYear.last_completed(as_of).year
    return CheckPlan(
        as_of=as_of,
        checks=chosen,
        facts=facts,
        thresholds=thresholds,
        absent=absent,
        versions=versions,
        left_out=left_out,
        shared=tuple(Step(table_name(source), TABLES[source].sql(year), "比对各行") for source in used),
        steps=tuple(steps),
        columns={table_name(source): _columns(source, writer, used) for source in holdings},
        sql=sql,
    )


_KEPT: Final = 16
_plans: OrderedDict[Hashable, CheckPlan] = OrderedDict()
_keeping = Lock()


def kept_plan(
    rulebook: Rulebook,
    *,
    as_of: date,
    holdings: Mapping[str, Holding],
    region_codes: Iterable[str],
    checks: Iterable[str] | None = None,
) -> CheckPlan:
    """`make_check_plan`, once for the same question: for households judged one after the other.

    Which columns happen to be filled, and for which years there are incomes, is left out of account, so that the plan
    of one household is that of the next.
    """
    last = IncomeYear.last_completed(as_of)
    years = frozenset({last.year, last.previous.year})
    steady = {
        source: Holding(holding.columns, years=years if source == INCOME else frozenset())
        for source, holding in holdings.items()
    }
    regions, named = tuple(sorted(set(region_codes))), None if checks is None else frozenset(checks)
    key = (rulebook.digest, as_of, regions, named, frozenset(steady.items()))
    with _keeping:
        if key in _plans:
            _plans.move_to_end(key)
            return _plans[key]
    plan = make_check_plan(rulebook, as_of=as_of, holdings=steady, region_codes=regions, checks=named)
    with _keeping:
        _plans[key] = plan
        while len(_plans) > _KEPT:
            _plans.popitem(last=False)
    return plan


def _shared_of(facts: Mapping[str, Fact]) -> list[str]:
    wanted = {fact.source.id for fact in facts.values() if fact.source.is_shared}
    return [source for source in SHARED if source in wanted]


def _shared_holdings(facts: Mapping[str, Fact], holdings: Mapping[str, Holding], as_of: date) -> dict[str, Holding]:
    """The tables of shared things that can be made of the columns there are."""
    found: dict[str, Holding] = {}
    for source in _shared_of(facts):
        table = TABLES[source]
        whole = all(base in holdings and columns <= holdings[base].columns for base, columns in table.reads.items())
        if whole:
            found[source] = Holding(frozenset(SHARED[source].columns), table.never_null)
    return found


def _columns(source: str, writer: FactSql, used: Iterable[str]) -> frozenset[str]:
    wanted = set(writer.columns_needed(source))
    for name in used:
        wanted |= TABLES[name].reads.get(source, frozenset())
    return frozenset(wanted)


def _parameters(checks: Iterable[Check], rulebook: Rulebook) -> set[str]:
    named: set[str] = set()
    for check in checks:
        named |= set(check.parameters)
        for fact in rulebook.facts_of((*check.facts, MEMBER_FACT)).values():
            named |= fact.parameters
    return named or {name for fact in rulebook.facts_of((MEMBER_FACT,)).values() for name in fact.parameters}


def _with_values(
    checks: tuple[Check, ...], rulebook: Rulebook, regions: tuple[str, ...], as_of: date
) -> tuple[tuple[Check, ...], dict[str, tuple[str, ...]]]:
    """The checks whose parameters have values in all regions, and what the others lack."""
    try:
        thresholds_for(rulebook, _parameters(checks, rulebook), regions, as_of=as_of)
    except MissingParameters as error:
        missing = {one.parameter_id for one in error.missing}
    else:
        return checks, {}
    lacking = {check.id: tuple(sorted(_parameters([check], rulebook) & missing)) for check in checks}
    return tuple(one for one in checks if not lacking[one.id]), {name: told for name, told in lacking.items() if told}
