"""Rules across households as set-based SQL: facts of villages and townships, and the alerts raised for them.

Two tables stand for the households, and nothing here reads any other but the feeds about regions:

    regional_households             household_key, region_code and the household facts that facts of regions sum up
    regional_alerts_of_households   household_key, person_key, rule_id, level, risk, department, region_code, is_new

`inputs` makes them of a screening's own tables; an engine that has them from elsewhere leaves those steps out. Every
fact is worked out for villages and townships alike: a household counts for its village and for its township.

Unknown is not false, but one household with a blank must not silence a village: a fact of a region has a gap when the
share of its rows that lack a value is above the parameter `region_unknown_share`.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp

from doudi.rulebook import Fact, Rule, Rulebook
from doudi.rulebook.facts import AS_OF
from doudi.rulebook.loading import TOLERANCE
from doudi.rulebook.sources import ALERTS, FACTS, HOUSEHOLDS
from doudi.rulebook.value_types import ValueType
from doudi.screening.sql.counting import DIALECT, Counted
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.rules import CANNOT_TELL, ESCALATED, NOT_RAISED, RAISED, RuleSql, outcome_column, union_all
from doudi.screening.sql.sources import SQL_TYPES, Holding, table_name
from doudi.screening.sql.writing import text
from doudi.screening.thresholds import Thresholds, literal

REGION_HOUSEHOLDS, REGION_ALERTS = "regional_households", "regional_alerts_of_households"
REGION_KEYS, REGION_FACTS = "region_keys", "region_facts"
EARLIER = "earlier_alerts"
"""The alerts of an earlier screening (household_key, rule_id), where there is one to tell new alerts by."""
_ROWS = {HOUSEHOLDS: REGION_HOUSEHOLDS, ALERTS: REGION_ALERTS}


def township_of(code: str) -> str:
    """The township's code of a village's."""
    return f"{code[:9]}000"


@dataclass
class RegionalSql:
    """Writes the SQL of facts of regions. `facts` must be in an order in which each follows those it is made of."""

    facts: Mapping[str, Fact]
    holdings: Mapping[str, Holding]
    thresholds: Thresholds
    as_of: date
    households: FactSql
    """The writer of the household facts they sum up."""
    gapped: set[str] = field(default_factory=set)
    """Facts of regions with a `gap_` column."""

    # ---- what is missing altogether

    def lacks(self, fact: Fact) -> str | None:
        """The source whose absence makes a fact unknown for every region, if there is one."""
        source = fact.source.id
        if source == ALERTS:
            return None
        if source == HOUSEHOLDS:
            lacking = (self.households.lacks(self.households.facts[name]) for name in sorted(fact.uses))
        elif source == FACTS:
            lacking = (self.lacks(self.facts[name]) for name in sorted(fact.uses))
        else:
            holding = self.holdings.get(source)
            return None if holding is not None and fact.columns <= holding.columns else source
        return next((name for name in lacking if name), None)

    def columns_needed(self, source: str) -> set[str]:
        """The columns of a feed about regions that the facts read and the feed has."""
        wanted = {name for fact in self.facts.values() if fact.source.id == source for name in fact.columns}
        holding = self.holdings.get(source)
        return wanted & holding.columns if holding else set()

    # ---- the two tables that stand for the households

    def households_sql(self) -> str:
        """Of every household its key, its region and the facts that are summed up, with their gaps."""
        wanted = {name for fact in self.facts.values() if fact.source.id == HOUSEHOLDS for name in fact.uses}
        columns = [f'"{name}"' for name in self.households.facts if name in wanted]
        columns += [f'"gap_{name}"' for name in sorted(wanted & self.households.gapped)]
        return f"SELECT {', '.join(['household_key', 'region_code', *columns])} FROM household_facts"

    @staticmethod
    def alerts_sql(raised: str, *, earlier: bool) -> str:
        """The alerts of households, and whether each is new; all of them are when nothing earlier is known."""
        if not earlier:
            return f"SELECT a.*, TRUE AS is_new FROM ({raised}) a"
        return (
            f"SELECT a.*, e.household_key IS NULL AS is_new FROM ({raised}) a "
            f"LEFT JOIN (SELECT DISTINCT household_key, rule_id FROM {EARLIER}) e "
            "ON e.household_key = a.household_key AND e.rule_id = a.rule_id"
        )

    # ---- regions

    @staticmethod
    def keys_sql() -> str:
        """Which regions the rows with some region code count for: the village itself, and its township."""
        villages = f"SELECT DISTINCT region_code FROM {REGION_HOUSEHOLDS} WHERE region_code IS NOT NULL"
        township = "CONCAT(SUBSTRING(region_code, 1, 9), '000')"
        inside = f"SELECT region_code FROM ({villages}) v UNION SELECT {township} FROM ({villages}) v"
        return (
            "SELECT 'village' AS level, region_code AS inside, region_code AS region "
            f"FROM ({villages}) v WHERE SUBSTRING(region_code, 10, 3) <> '000' "
            f"UNION ALL SELECT 'township', region_code, {township} "
            f"FROM ({inside}) i WHERE SUBSTRING(region_code, 7, 3) <> '000'"
        )

    def facts_sql(self) -> str:
        """One row a village and township with every fact."""
        columns: list[str] = []
        joins: list[str] = []
        groups: dict[str, list[Fact]] = {}
        for fact in self.facts.values():
            if fact.source.id == FACTS:
                continue
            if self.lacks(fact):
                columns.append(f'CAST(NULL AS {SQL_TYPES[fact.type.kind]}) AS "{fact.id}"')
            else:
                groups.setdefault(fact.id if fact.by else fact.source.id, []).append(fact)
        for number, facts in enumerate(groups.values()):
            alias = f"g{number}"
            rows = self._grouped(facts)
            joins.append(f"LEFT JOIN ({rows}) {alias} ON {alias}.region_code = r.region_code")
            for fact in facts:
                columns += self._settled(fact, alias)
        carried = [f'q."{name}"' for name in self.households.carried()]
        if carried:
            joins.append(f"LEFT JOIN parameters_here q ON q.region_key = {self._region_key('r.region_code')}")
        regions = f"SELECT DISTINCT level, region AS region_code FROM {REGION_KEYS}"
        selected = ", ".join(["r.level", "r.region_code", *carried, *columns])
        return self._layers(f"SELECT {selected} FROM ({regions}) r {' '.join(joins)}")

    def _region_key(self, column: str) -> str:
        return f"SUBSTRING({column}, 1, {self.thresholds.prefix})"

    # ---- groups

    def _grouped(self, facts: list[Fact]) -> str:
        source = facts[0].source.id
        counted = [self._counted(fact) for fact in facts]
        self.gapped |= {one.fact.id for one in counted if one.gap and one.fact.type.kind is not ValueType.BOOLEAN}
        self._gaps |= {one.fact.id for one in counted if one.gap}
        rows = f"{_ROWS.get(source) or table_name(source)} r JOIN {REGION_KEYS} k ON k.inside = r.region_code"
        if any((fact.parameters | {TOLERANCE}) & set(self.thresholds.varying) for fact in facts):
            rows += f" LEFT JOIN parameters_here q ON q.region_key = {self._region_key('r.region_code')}"
        selected = [column for one in counted for column in one.columns()]
        by = facts[0].by
        if by is None:
            return f"SELECT k.region AS region_code, {', '.join(selected)} FROM {rows} GROUP BY k.region"
        return self._largest(counted[0], f'r."{by}"', rows)

    def _largest(self, counted: Counted, by: str, rows: str) -> str:
        """Of the groups within a region the one with the largest value: that value, or the group's name."""
        name = counted.fact.id
        gap = f', {counted.gap} AS "gap_{name}"' if counted.gap else ""
        groups = (
            f"SELECT k.region AS region_code, {by} AS group_name, {counted.value} AS group_value{gap} "
            f"FROM {rows} WHERE {by} IS NOT NULL GROUP BY k.region, {by}"
        )
        placed = (
            "SELECT *, ROW_NUMBER() OVER (PARTITION BY region_code ORDER BY group_value DESC, group_name) AS place "
            f"FROM ({groups}) grouped WHERE group_value > 0"
        )
        picked = "group_name" if counted.fact.group_type else "group_value"
        kept = f', "gap_{name}"' if counted.gap else ""
        return f'SELECT region_code, {picked} AS "{name}"{kept} FROM ({placed}) placed WHERE place = 1'

    def _counted(self, fact: Fact) -> Counted:
        bindings: dict[str, exp.Expression] = {AS_OF: literal(self.as_of), **self.thresholds.bindings("q")}
        for name in fact.columns | fact.uses:
            bindings[name] = exp.column(name, table="r", quoted=True)
        source = fact.source.id
        if source == HOUSEHOLDS:
            known = frozenset(self.households.known)
        elif source == ALERTS:
            known = frozenset(fact.source.columns) - {"person_key"}
        else:
            known = self.holdings[source].never_null
        fixed = self.thresholds.fixed
        return Counted.of(
            fact,
            alias="r",
            bindings=bindings,
            known=lambda column: column.name in known or column.table == "q" or column.name in fixed,
            gapped=sorted(fact.uses & self.households.gapped) if source == HOUSEHOLDS else (),
            thresholds=self.thresholds,
            tolerated=fixed[TOLERANCE].sql(dialect=DIALECT) if TOLERANCE in fixed else f'MAX(q."{TOLERANCE}")',
        )

    def _settled(self, fact: Fact, group: str) -> list[str]:
        value = f'{group}."{fact.id}"'
        if fact.no_rows is not None:
            value = f"COALESCE({value}, {literal(fact.no_rows).sql(dialect=DIALECT)})"
        columns = [self._column(fact, value)]
        if fact.id in self.gapped:
            columns.append(f'COALESCE({group}."gap_{fact.id}", FALSE) AS "gap_{fact.id}"')
        return columns

    @staticmethod
    def _column(fact: Fact, sql: str) -> str:
        return f'{f"CAST({sql} AS DOUBLE)" if fact.type.kind is ValueType.NUMBER else sql} AS "{fact.id}"'

    def _layers(self, base: str) -> str:
        """Facts made of other facts of the region, each layer on top of those it needs."""
        depth: dict[str, int] = {}
        for fact in self.facts.values():
            derived = fact.source.id == FACTS
            depth[fact.id] = 1 + max((depth[name] for name in fact.uses), default=0) if derived else 0
        bindings = {AS_OF: literal(self.as_of), **self.thresholds.fixed}
        sql = base
        for level in range(1, max(depth.values(), default=0) + 1):
            added: list[str] = []
            for fact in self.facts.values():
                if depth[fact.id] == level:
                    added.append(self._column(fact, fact.expression.sql(DIALECT, bindings)))
                    if gaps := [f'"gap_{name}"' for name in sorted(fact.uses) if name in self.gapped]:
                        self.gapped.add(fact.id)
                        added.append(f'{" OR ".join(gaps)} AS "gap_{fact.id}"')
            sql = f"SELECT *, {', '.join(added)} FROM ({sql}) layer_{level}"
        return sql

    def __post_init__(self) -> None:
        self._gaps: set[str] = set()


def outcomes_sql(base: str, rules: tuple[Rule, ...], rule_sql: RuleSql) -> str:
    """The facts of regions with an outcome column for each rule; a rule says nothing of levels it doesn't speak of."""
    columns = []
    for rule in rules:
        levels = ", ".join(text(level) for level in rule.levels)
        outcome = f"CASE WHEN level IN ({levels}) THEN {rule_sql.outcome(rule)} ELSE {NOT_RAISED} END"
        columns.append(f'CAST({outcome} AS TINYINT) AS "{outcome_column(rule.id)}"')
    return f"SELECT *, {', '.join(columns)} FROM ({base}) facts"


def alerts_sql(rules: tuple[Rule, ...], rule_sql: RuleSql) -> str:
    """The alerts raised for villages and townships."""
    parts = []
    for rule in rules:
        assert rule.concerns is not None  # noqa: S101 - every rule across households says whom it concerns
        about = {
            "region_level": "f.level",
            "region_code": "f.region_code",
            "households": f'CAST(f."{rule.concerns.households}" AS BIGINT)',
        }
        columns = rule_sql.told(rule)
        before = [name for name in columns if name in ("rule_id", "rule_version", "level", "risk", "department")]
        ordered = {name: columns[name] for name in before} | about | columns
        selected = ", ".join(f"{sql} AS {name}" for name, sql in ordered.items())
        met = f'f."{outcome_column(rule.id)}" IN ({RAISED}, {ESCALATED})'
        parts.append(f"SELECT {selected} FROM {REGION_FACTS} f WHERE {met}")
    return union_all(parts)


def cannot_tell_sql(rules: tuple[Rule, ...], rule_sql: RuleSql) -> str:
    """The rules and regions that could not be judged though the sources are there."""
    parts = [
        f"SELECT {text(rule.id)} AS rule_id, f.level AS region_level, f.region_code, "
        f"{rule_sql.missing(rule)} AS missing_facts FROM {REGION_FACTS} f "
        f'WHERE f."{outcome_column(rule.id)}" = {CANNOT_TELL}'
        for rule in rules
        if not rule_sql.absent[rule.id]
    ]
    return union_all(parts)


@dataclass(frozen=True)
class RegionalPlan:
    """The rules across households of a screening, and the statements that judge them (see the module)."""

    rules: tuple[Rule, ...]
    facts: Mapping[str, Fact]
    versions: Mapping[str, str]
    absent: Mapping[str, Mapping[str, str]]
    """Rule → fact → the absent source that makes it unknown everywhere."""
    gapped: frozenset[str]
    inputs: tuple[tuple[str, str, str], ...]
    """Name, SQL and title of the steps that make the two tables of households."""
    steps: tuple[tuple[str, str, str], ...]
    alerts: str
    cannot_tell: str
    """Queries over the tables that the steps make; empty without rules (and, for the second, sources)."""
    earlier: bool
    """Whether there are earlier alerts to tell new ones by."""
    columns: Mapping[str, frozenset[str]]
    """Table of a feed about regions → the columns of it that the statements read."""

    def alerts_of(self, raised: str) -> str:
        """The table of households' alerts out of another query that has them."""
        return RegionalSql.alerts_sql(raised, earlier=self.earlier)


def counts_alerts(rule: Rule, rulebook: Rulebook) -> bool:
    """Whether a rule across households rests on the alerts of all other rules."""
    return any(fact.source.id == ALERTS for fact in rulebook.facts_of(rule.facts).values())


def plan_regional(
    rules: tuple[Rule, ...],
    rulebook: Rulebook,
    *,
    writer: FactSql,
    versions: Mapping[str, str],
    raised: str,
    earlier: bool,
) -> RegionalPlan:
    """Compile rules across households. `writer` has written the household facts; `raised`: SQL of the alerts."""
    wanted = rulebook.facts_of(tuple({name for rule in rules for name in rule.facts}))
    facts = {name: fact for name, fact in wanted.items() if fact.subject == "region"}
    sql = RegionalSql(facts, writer.holdings, writer.thresholds, writer.as_of, writer)
    if not rules:
        return RegionalPlan((), {}, {}, {}, frozenset(), (), (), "", "", earlier, {})
    absent: dict[str, dict[str, str]] = {}
    for rule in rules:
        lacking = {name: sql.lacks(facts[name]) for name in rule.facts}
        absent[rule.id] = {name: source for name, source in lacking.items() if source is not None}
    base = sql.facts_sql()
    rule_sql = RuleSql(facts, writer.thresholds, sql.gapped, absent, versions, rulebook.code_labels, writer.as_of)
    feeds = {fact.source.id for fact in facts.values() if fact.source.is_feed}
    return RegionalPlan(
        rules=rules,
        facts=facts,
        versions=versions,
        absent=absent,
        gapped=frozenset(sql.gapped),
        inputs=(
            (REGION_HOUSEHOLDS, sql.households_sql(), "汇总到村和乡镇"),
            (REGION_ALERTS, sql.alerts_sql(raised, earlier=earlier), "汇总到村和乡镇"),
        ),
        steps=(
            (REGION_KEYS, sql.keys_sql(), "汇总到村和乡镇"),
            (REGION_FACTS, outcomes_sql(base, rules, rule_sql), "比对村乡规则"),
        ),
        alerts=alerts_sql(rules, rule_sql),
        cannot_tell=cannot_tell_sql(rules, rule_sql),
        earlier=earlier,
        columns={table_name(feed): frozenset(sql.columns_needed(feed)) for feed in feeds if feed in writer.holdings},
    )
