"""Facts as set-based SQL: one grouped query a source and subject, one wide row a person and a household.

SQL is written in the portable part of DuckDB's dialect; `plan.Plan` holds it as text, so that SQLGlot can transpile it.

Unknown is not false. A grouped fact has a companion `gap_<fact>` when some row that counts, or may count, lacks a
value: its value is then what is known so far, and a rule that is not met by it cannot tell. Booleans need no companion:
any true row makes them true, else a gap makes them unknown.
"""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp

from doudi.rulebook import Fact
from doudi.rulebook.facts import AS_OF
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.nulls import may_be_null
from doudi.rulebook.sources import FACTS, HOUSEHOLD, INCOME, MEMBERS, PERSON, PERSONS_OF_HOUSEHOLD
from doudi.rulebook.value_types import ValueType
from doudi.screening.sql.counting import DIALECT, Counted
from doudi.screening.sql.sources import SQL_TYPES, Holding, group_table, table_name
from doudi.screening.thresholds import Thresholds, literal
from doudi.standards.periods import IncomeYear


@dataclass(frozen=True, slots=True)
class _Column:
    """One computed column of a wide row."""

    sql: str
    name: str

    def __str__(self) -> str:
        return f'{self.sql} AS "{self.name}"'


@dataclass
class FactSql:
    """Writes the SQL of facts. `facts` must be in an order in which each follows those it is made of."""

    facts: Mapping[str, Fact]
    holdings: Mapping[str, Holding]
    thresholds: Thresholds
    as_of: date
    gapped: set[str] = field(default_factory=set)
    """Facts with a `gap_` column."""
    known: set[str] = field(default_factory=set)
    """Facts that have a value for everybody."""
    groups: dict[str, str] = field(default_factory=dict)
    """Feed → query with one row a person of its rows, the facts of persons worked out of it."""
    apart: tuple[Fact, ...] = ()
    """Facts that only one policy asks for (see `receipt`); they stand in no wide row."""

    def __post_init__(self) -> None:
        self._gaps: set[str] = set()
        feeds: dict[str, list[Fact]] = {}
        for fact in self.facts.values():
            if fact.subject == "person" and fact.source.is_feed and not self.lacks(fact):
                feeds.setdefault(fact.source.id, []).append(fact)
        for feed, facts in feeds.items():
            self.groups[feed] = self._grouped(feed, facts, "person_key")
        for fact in self.facts.values():
            if fact.subject == "person":
                self._settle(fact)

    def _settle(self, fact: Fact) -> None:
        """Note whether a fact always has a value, and whether it needs a gap column."""
        if self.lacks(fact):
            return
        if fact.grouped:
            if fact.id in self._gaps and fact.type.kind is not ValueType.BOOLEAN:
                self.gapped.add(fact.id)
            elif fact.id not in self._gaps and fact.no_rows is not None:
                self.known.add(fact.id)
            return
        source = fact.source.id
        if fact.source.is_shared and fact.no_rows is None:
            return
        if any(name in self.gapped for name in fact.uses):
            self.gapped.add(fact.id)
        elif not may_be_null(fact.expression.tree, lambda column: self._column_known(source, column.name)):
            self.known.add(fact.id)

    def _column_known(self, source: str, name: str) -> bool:
        if source in (FACTS, *PERSONS_OF_HOUSEHOLD) and name in self.facts:
            return name in self.known
        if name == AS_OF or name in self.thresholds.parameters:
            return True
        return source != INCOME and name in self.holdings[source].never_null

    # ---- what is missing altogether

    def lacks(self, fact: Fact) -> str | None:
        """The source whose absence (or lack of a column) makes a fact unknown for everybody, if there is one."""
        if fact.source.id in (FACTS, *PERSONS_OF_HOUSEHOLD):
            for name in sorted(fact.uses):
                if lacking := self.lacks(self.facts[name]):
                    return lacking
            return None
        holding = self.holdings.get(fact.source.id)
        if holding is None or not fact.columns <= holding.columns:
            return fact.source.id
        if fact.source.id == INCOME and self._income_year(fact) not in holding.years:
            return fact.source.id
        return None

    def _income_year(self, fact: Fact) -> int:
        last = IncomeYear.last_completed(self.as_of)
        return (last if fact.year == "last" else last.previous).year

    # ---- columns a source must provide

    def columns_needed(self, source: str) -> set[str]:
        """The columns of a registry table or feed that the facts read and the source has."""
        facts = (*self.facts.values(), *self.apart)
        wanted = {name for fact in facts if fact.source.id == source for name in fact.columns}
        holding = self.holdings.get(source)
        return wanted & holding.columns if holding else set()

    # ---- persons

    def person_sql(
        self, names: Iterable[str] | None = None, *, inner: Iterable[str] = (), members_only: bool = False
    ) -> str:
        """One row a registered person: keys, the facts named (all: None) and those they are made of.

        `inner`: only persons with rows in these feeds, for conditions that nobody else can meet. `members_only`: who
        is no member may be left out, and `is_member` need not be there.
        """
        named = {fact.id for fact in self.facts.values()} if names is None else set(names)
        if members_only and any(self.facts[name].source.id == PERSON for name in self._closure(named)):
            members_only = False
        wanted = self._closure(named if members_only else named | {MEMBER_FACT})
        mine = [fact for fact in self.facts.values() if fact.subject == "person" and fact.id in wanted]
        columns, joins = self._person_columns(mine, set(inner))
        if members_only:
            columns.append(_Column("TRUE", MEMBER_FACT))
        rows = "members p" if members_only else "registry_person p"
        carried = [f'q."{name}"' for name in self.carried()]
        if carried:
            joins += [
                "LEFT JOIN registry_household h ON h.household_key = p.household_key",
                f"LEFT JOIN parameters_here q ON q.region_key = {self._region_key('h')}",
            ]
        selected = ["p.person_key", "p.household_key", *carried, *map(str, columns)]
        base = f"SELECT {', '.join(selected)} FROM {rows} {' '.join(joins)}"
        return self._layers(base, mine)

    def _closure(self, names: set[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found and self.facts[name].subject == "person":
                found.add(name)
                waiting += self.facts[name].uses
        return found

    def _person_columns(self, facts: list[Fact], inner: set[str]) -> tuple[list[_Column], list[str]]:
        columns: list[_Column] = []
        joins: list[str] = []
        aliases: dict[str, str] = {}
        for fact in facts:
            source = fact.source.id
            if source == FACTS:
                continue
            if self.lacks(fact):
                columns.append(self._nothing(fact))
            elif source == PERSON:
                columns.append(self._cast(fact, fact.expression.sql(DIALECT, self._bindings(fact, "p"))))
            elif fact.source.is_shared:
                if source not in aliases:
                    aliases[source] = alias = f"s{len(aliases)}"
                    on = f"{alias}.person_key = p.person_key AND {alias}.household_key = p.household_key"
                    joins.append(f"LEFT JOIN {table_name(source)} {alias} ON {on}")
                columns.append(self._shared(fact, aliases[source]))
            else:
                if source not in aliases:
                    aliases[source] = f"g{len(aliases)}"
                    kind = "JOIN" if source in inner else "LEFT JOIN"
                    alias = aliases[source]
                    joins.append(f"{kind} {group_table(source)} {alias} ON {alias}.person_key = p.person_key")
                columns += self._settled(fact, aliases[source])
        return columns, joins

    # ---- households

    def household_sql(self) -> str:
        """One row a household: key, region, the parameters that vary by region, every household fact."""
        mine = [fact for fact in self.facts.values() if fact.subject == "household"]
        columns, joins = self._household_columns(mine)
        carried = [f'q."{name}"' for name in self.carried()]
        if carried:
            joins.append(f"LEFT JOIN parameters_here q ON q.region_key = {self._region_key('h')}")
        for fact in mine:
            if fact.source.id == FACTS:
                self._settle(fact)
        selected = ["h.household_key", "h.region_code", *carried, *map(str, columns)]
        base = f"SELECT {', '.join(selected)} FROM registry_household h {' '.join(joins)}"
        return self._layers(base, mine)

    def _household_columns(self, facts: list[Fact]) -> tuple[list[_Column], list[str]]:
        columns: list[_Column] = []
        joins: list[str] = []
        groups: dict[tuple[str, str | None], list[Fact]] = {}
        for fact in facts:
            if fact.source.id == FACTS:
                continue
            if fact.source.id not in PERSONS_OF_HOUSEHOLD and self.lacks(fact):
                columns.append(self._nothing(fact))
            elif fact.source.id == HOUSEHOLD:
                self._settle(fact)
                columns.append(self._cast(fact, fact.expression.sql(DIALECT, self._bindings(fact, "h"))))
            else:
                groups.setdefault((fact.source.id, fact.year), []).append(fact)
        for number, ((source, _year), members) in enumerate(groups.items()):
            name = f"g{number}"
            if members[0].source.is_shared:
                for fact in members:
                    self._settle(fact)
                    columns.append(self._shared(fact, name))
                joins.append(f"LEFT JOIN {table_name(source)} {name} ON {name}.household_key = h.household_key")
                continue
            if source == INCOME:
                inner = self._income_rows(members)
                columns += [self._cast(fact, f'{name}."{fact.id}"') for fact in members]
            else:
                inner = self._grouped(source, members, "household_key")
                for fact in members:
                    self._settle(fact)
                    columns += self._settled(fact, name)
            joins.append(f"LEFT JOIN ({inner}) {name} ON {name}.household_key = h.household_key")
        return columns, joins

    def carried(self) -> tuple[str, ...]:
        """Parameters that vary by region stand in the wide rows, with what alerts tell of them."""
        return tuple(column for name in self.thresholds.varying for column in (name, f"{name}__json"))

    def _region_key(self, table: str) -> str:
        return f"SUBSTRING({table}.region_code, 1, {self.thresholds.prefix})"

    def _income_rows(self, facts: list[Fact]) -> str:
        year = self._income_year(facts[0])
        selected = [f'{fact.expression.sql(DIALECT, self._bindings(fact, "i"))} AS "{fact.id}"' for fact in facts]
        return f"SELECT i.household_key, {', '.join(selected)} FROM registry_income i WHERE i.income_year = {year}"

    def _nothing(self, fact: Fact) -> _Column:
        return _Column(f"CAST(NULL AS {SQL_TYPES[fact.type.kind]})", fact.id)

    def _shared(self, fact: Fact, alias: str) -> _Column:
        """The value of a fact about what rows share, over the joined table; who shares nothing has its `no_rows`."""
        value = fact.expression.sql(DIALECT, self._bindings(fact, alias))
        if fact.no_rows is not None:
            default = literal(fact.no_rows).sql(dialect=DIALECT)
            value = f"CASE WHEN {alias}.household_key IS NULL THEN {default} ELSE {value} END"
        return self._cast(fact, value)

    def _settled(self, fact: Fact, group: str) -> list[_Column]:
        """The value after the join: no row at all, or none that counts, is what the fact's `no_rows` says."""
        value = f'{group}."{fact.id}"'
        if fact.no_rows is not None:
            default = literal(fact.no_rows).sql(dialect=DIALECT)
            settled = f"COALESCE({value}, {default})"
            has_gap = fact.id in self._gaps
            value = f'CASE WHEN {group}."gap_{fact.id}" THEN {value} ELSE {settled} END' if has_gap else settled
        columns = [self._cast(fact, value)]
        if fact.id in self.gapped:
            columns.append(_Column(f'COALESCE({group}."gap_{fact.id}", FALSE)', f"gap_{fact.id}"))
        return columns

    def _cast(self, fact: Fact, sql: str) -> _Column:
        return _Column(f"CAST({sql} AS DOUBLE)" if fact.type.kind is ValueType.NUMBER else sql, fact.id)

    def _layers(self, base: str, facts: list[Fact]) -> str:
        """Facts made of other facts, each layer on top of those it needs."""
        depth: dict[str, int] = {}
        for fact in facts:
            derived = fact.source.id == FACTS
            depth[fact.id] = 1 + max((depth[name] for name in fact.uses), default=0) if derived else 0
        sql = base
        bindings = {AS_OF: literal(self.as_of), **self.thresholds.fixed}
        for level in range(1, max(depth.values(), default=0) + 1):
            added: list[_Column] = []
            for fact in facts:
                if depth[fact.id] == level:
                    added.append(self._cast(fact, fact.expression.sql(DIALECT, bindings)))
                    if gaps := [name for name in sorted(fact.uses) if name in self.gapped]:
                        added.append(_Column(" OR ".join(f'"gap_{name}"' for name in gaps), f"gap_{fact.id}"))
            sql = f"SELECT *, {', '.join(map(str, added))} FROM ({sql}) layer_{level}"
        return sql

    # ---- groups

    def _grouped(self, source: str, facts: list[Fact], key: str) -> str:
        """The grouped query of facts over one source; notes which of them have a gap column in it."""
        of_persons = source in PERSONS_OF_HOUSEHOLD
        alias = "m" if of_persons else "f"
        counted = [
            Counted.of(
                fact,
                alias=alias,
                bindings=self._bindings(fact, alias),
                known=lambda column: self._column_known(source, column.name),
                gapped=sorted(fact.uses & self.gapped) if of_persons else (),
                thresholds=self.thresholds,
            )
            for fact in facts
        ]
        self._gaps |= {one.fact.id for one in counted if one.gap}
        joins, rows = "", f"{table_name(source)} f"
        if of_persons:
            persons = self.person_sql({name for fact in facts for name in fact.uses})
            counting = [f"m.{MEMBER_FACT}"] if source == MEMBERS else []
            rows, group_key, conditions = f"({persons}) m", "m.household_key", counting
        elif key == "person_key":
            group_key, conditions = "f.person_key", ["f.person_key IS NOT NULL"]
        else:
            joins = " JOIN members m ON m.person_key = f.person_key"
            group_key, conditions = "m.household_key", []
        if any(fact.parameters & set(self.thresholds.varying) for fact in facts) and not of_persons:
            joins += self._parameters_of_rows(key)
        if all(one.relevant for one in counted) and not of_persons:
            conditions.append(f"({' OR '.join(sorted({one.relevant for one in counted}))})")
        selected = [f"{group_key} AS {key}"]
        for one in counted:
            selected += one.columns()
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {', '.join(selected)} FROM {rows}{joins}{where} GROUP BY {group_key}"

    def receipt(self, facts: Sequence[Fact], key: str) -> tuple[str, list[str]]:
        """The query of facts over one feed that stand in no wide row, and their columns once it is joined as `g`.

        `key`: person_key or household_key. Without their source the query is empty and everything is unknown; an
        amount of which a part is unknown is unknown.
        """
        if any(self.lacks(fact) for fact in facts):
            return "", [str(self._nothing(fact)) for fact in facts]
        names = {fact.id for fact in facts}
        self._gaps -= names
        query = self._grouped(facts[0].source.id, list(facts), key)
        columns: list[str] = []
        for fact in facts:
            value = str(self._settled(fact, "g")[0])
            if fact.id in self._gaps and fact.type.kind is not ValueType.BOOLEAN:
                column = value.removesuffix(f' AS "{fact.id}"')
                value = f'CASE WHEN COALESCE(g."gap_{fact.id}", FALSE) THEN NULL ELSE {column} END AS "{fact.id}"'
            columns.append(value)
        self._gaps -= names
        return query, columns

    def members_sql(self) -> str:
        """Who counts as a member of which household."""
        return f"SELECT person_key, household_key FROM ({self.person_sql([])}) m WHERE {MEMBER_FACT}"

    def _parameters_of_rows(self, key: str) -> str:
        here = f"LEFT JOIN parameters_here q ON q.region_key = {self._region_key('r')}"
        if key == "household_key":
            return f" JOIN registry_household r ON r.household_key = m.household_key {here}"
        homes = (
            "SELECT p.person_key, MIN(h.region_code) AS region_code FROM registry_person p "
            "JOIN registry_household h ON h.household_key = p.household_key GROUP BY p.person_key"
        )
        return f" JOIN ({homes}) r ON r.person_key = f.person_key {here}"

    def _bindings(self, fact: Fact, alias: str) -> dict[str, exp.Expression]:
        table = "m" if fact.source.id in PERSONS_OF_HOUSEHOLD else "q"
        bound = {AS_OF: literal(self.as_of), **self.thresholds.bindings(table)}
        for name in fact.columns | fact.uses:
            bound[name] = exp.column(name, table=alias, quoted=True)
        return bound
