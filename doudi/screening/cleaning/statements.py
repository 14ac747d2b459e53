"""Checks as set-based SQL over tables of facts: how many rows meet each, and one row an issue."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlglot import exp

from doudi.rulebook import Fact
from doudi.rulebook.checks import Check, Repair
from doudi.rulebook.clauses import Sentence
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.nulls import may_be_null
from doudi.rulebook.value_types import ValueType
from doudi.screening.sql.counting import DIALECT
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.narrowing import columns_of, conjuncts
from doudi.screening.sql.rules import RuleSql
from doudi.screening.sql.writing import json_sql, sentence_sql, text

HOUSEHOLDS: Final = "household_facts"
PERSONS: Final = "checked_persons"


def table_of(check: Check) -> str:
    """The table that holds a check's facts."""
    return HOUSEHOLDS if check.subject == "household" else PERSONS


@dataclass(frozen=True)
class CheckSql:
    """Writes the SQL of checks with the same pieces as that of rules."""

    rules: RuleSql
    _conditions: dict[str, str] = field(default_factory=dict, repr=False)
    """Check → its condition, written once."""

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self.rules.facts

    def persons(self, checks: Sequence[Check], writer: FactSql) -> str:
        """One row a registered person with the facts of person checks and of their households."""
        names = {name for check in checks for name in check.facts}
        base = writer.person_sql({name for name in names if self.facts[name].subject == "person"})
        of_household = sorted(name for name in names if self.facts[name].subject == "household")
        columns = [f'h."{name}"' for name in of_household]
        columns += [f'h."gap_{name}"' for name in of_household if name in writer.gapped]
        selected = ", ".join(["p.*", "h.region_code", *columns])
        return f"SELECT {selected} FROM ({base}) p JOIN {HOUSEHOLDS} h ON h.household_key = p.household_key"

    # ---- which rows meet a check

    def condition(self, check: Check) -> str:
        """SQL of whether a row meets a check: true, false or unknown.

        What is only known in part (`gap_` columns) decides nothing, unless it can but grow and is large enough already.
        """
        if check.id not in self._conditions:
            self._conditions[check.id] = self._condition(check) if self.decidable(check) else "CAST(NULL AS BOOLEAN)"
        return self._conditions[check.id]

    def _condition(self, check: Check) -> str:
        parts: list[str] = []
        for part in conjuncts(check.when.bound(self.rules.bindings())):
            gapped = sorted(name for name in columns_of(part) if name in self.rules.gapped)
            sql = f"({part.sql(dialect=DIALECT)})"
            if gapped:
                gaps = " OR ".join(f'"gap_{name}"' for name in gapped)
                sure = f"WHEN {sql} THEN TRUE " if all(self._can_but_grow(part, name) for name in gapped) else ""
                sql = f"(CASE {sure}WHEN {gaps} THEN NULL ELSE {sql} END)"
            parts.append(sql)
        return " AND ".join(parts)

    def decidable(self, check: Check) -> bool:
        """Whether anybody can be judged although sources are absent: what nobody handed in is not an empty cell."""
        absent = set(self.rules.absent[check.id])
        blanks = check.when.tree.find_all(exp.Is, exp.Coalesce)
        return not any(columns_of(node) & absent for node in blanks)

    def _can_but_grow(self, part: exp.Expression, name: str) -> bool:
        """Whether more data about a fact could not make a condition false that is true now."""
        fact = self.facts[name]
        if not fact.grouped or isinstance(fact.expression.tree, exp.Min):
            return False
        for column in part.find_all(exp.Column):
            if column.name != name:
                continue
            node: exp.Expression = column
            while isinstance(node.parent, exp.Paren):
                node = node.parent
            above = node.parent
            larger = isinstance(above, (exp.GT, exp.GTE)) and above.this is node
            if not larger and not (isinstance(above, (exp.LT, exp.LTE)) and above.expression is node):
                return False
            if above is not None and (above.find_ancestor(exp.Not, exp.Case, exp.Coalesce, exp.Is) is not None):
                return False
        return True

    def counting(self, checks: Iterable[Check]) -> list[tuple[tuple[Check, ...], str]]:
        """Checks with a query of one row: how many rows there are, and for each check how many it is raised and not
        raised for, in order."""
        there = list(checks)
        queries: list[tuple[tuple[Check, ...], str]] = []
        for rows in dict.fromkeys(self._rows(check) for check in there):
            mine = tuple(check for check in there if self._rows(check) == rows)
            counted = ["COUNT(*) AS n"]
            for number, check in enumerate(mine):
                condition = self.condition(check)
                counted += [
                    f"COUNT(CASE WHEN {condition} THEN 1 END) AS raised{number}",
                    f"COUNT({condition}) AS known{number}",
                ]
            queries.append((mine, f"SELECT {', '.join(counted)} FROM {rows}"))
        return queries

    def unknown(self, check: Check) -> str:
        """How many rows it cannot be told for; looked for among those that lack a fact, or divide by nothing."""
        names = [name for name in columns_of(check.when.tree) if name in self.facts]
        lacking = [f'f."{name}" IS NULL' for name in names]
        lacking += [f'f."gap_{name}"' for name in names if name in self.rules.gapped]
        conditions = [f"f.{MEMBER_FACT}"] if check.of_members else []
        if not check.when.tree.find(exp.Nullif) and self.decidable(check):
            conditions.append(f"({' OR '.join(sorted(lacking))})")
        conditions.append(f"({self.condition(check)}) IS NULL")
        return f"SELECT COUNT(*) FROM {table_of(check)} f WHERE {' AND '.join(conditions)}"

    def filling(self, checks: Iterable[Check]) -> dict[str, tuple[tuple[str, ...], str]]:
        """Table → facts of its checks with a query of one row: how many rows there are, and have a value of each.

        A fact known in part only (`gap_`) counts as none.
        """
        queries: dict[str, tuple[tuple[str, ...], str]] = {}
        there = list(checks)
        for table in dict.fromkeys(table_of(check) for check in there):
            names = tuple(sorted({name for check in there if table_of(check) == table for name in check.facts}))
            counted = [
                f'COUNT(CASE WHEN NOT "gap_{name}" THEN "{name}" END)'
                if name in self.rules.gapped
                else f'COUNT("{name}")'
                for name in names
            ]
            named = [f"{sql} AS n{number}" for number, sql in enumerate(counted)]
            queries[table] = names, f"SELECT {', '.join(['COUNT(*) AS n', *named])} FROM {table}"
        return queries

    def always_told(self, check: Check, full: Container[str]) -> bool:
        """Whether a check comes to yes or no for everybody when these facts have a value in every row."""
        constants = self.rules.thresholds.parameters
        return self.decidable(check) and not may_be_null(
            check.when.tree, lambda column: column.name in full or column.name in constants
        )

    @staticmethod
    def _rows(check: Check) -> str:
        """The rows that a check judges."""
        return f"{table_of(check)} f WHERE f.{MEMBER_FACT}" if check.of_members else f"{table_of(check)} f"

    def issues(self, check: Check) -> str:
        """One row for each person or household that meets the check."""
        person = "f.person_key" if check.subject == "person" else "CAST(NULL AS BIGINT)"
        repaired, value = self.repair_of(check)
        told = {
            "check_id": text(check.id),
            "household_key": "f.household_key",
            "person_key": person,
            "region_code": "f.region_code",
            "facts": json_sql({name: self.rules.fact(name) for name in check.facts}),
            "thresholds": self.rules.thresholds_json(check),
            "sentence": sentence_sql(check.because, self.rules.shown(check, "zh"), "zh"),
            "sentence_en": sentence_sql(check.because_en, self.rules.shown(check, "en"), "en"),
            "repaired": repaired,
            "repair_value": value,
            "repair_because": self._because(check, repaired),
        }
        selected = ", ".join(f"{sql} AS {name}" for name, sql in told.items())
        rows = self._rows(check)
        return f"SELECT {selected} FROM {rows} {'AND' if check.of_members else 'WHERE'} {self.condition(check)}"

    def all_issues(self, checks: Iterable[Check]) -> str:
        """The issues of several checks in one statement."""
        return " UNION ALL ".join(self.issues(check) for check in checks)

    # ---- repairs

    def repair_of(self, check: Check) -> tuple[str, str]:
        """SQL of whether a repair is proposed in a row `f`, and of the value proposed as text (null: an empty cell)."""
        if check.repair is None:
            return "FALSE", _NOTHING
        sure = self._proposed(check.repair)
        return sure, f"CASE WHEN {sure} THEN {self._value(check.repair)} END"

    def _proposed(self, repair: Repair) -> str:
        """SQL of whether a repair is sure: its condition holds and the value is known."""
        conditions = [f"({self.rules.condition(repair.when)})"] if repair.when is not None else []
        if repair.fact is not None:
            conditions.append(f'f."{repair.fact}" IS NOT NULL')
        return f"COALESCE({' AND '.join(conditions)}, FALSE)" if conditions else "TRUE"

    def _value(self, repair: Repair) -> str:
        if repair.fact is None:
            return text(value_text(repair.constant)) if repair.constant is not None else _NOTHING
        kind = self.facts[repair.fact].type.kind
        column = f'f."{repair.fact}"'
        if kind is ValueType.NUMBER:
            return f"doudi_plain({column})"
        if kind is ValueType.BOOLEAN:
            return f"CASE WHEN {column} THEN 'true' ELSE 'false' END"
        return f"CAST({column} AS TEXT)"

    def _because(self, check: Check, repaired: str) -> str:
        if check.repair is None:
            return _NOTHING
        shown = self.rules.shown(Explained(check, check.repair), "zh")
        return f"CASE WHEN {repaired} THEN {sentence_sql(check.repair.because, shown, 'zh')} END"


@dataclass(frozen=True, slots=True)
class Explained:
    """A repair told with the facts and parameters of its check."""

    check: Check
    repair: Repair

    @property
    def facts(self) -> tuple[str, ...]:
        return self.check.facts

    @property
    def parameters(self) -> tuple[str, ...]:
        return self.check.parameters

    @property
    def because(self) -> Sentence:
        return self.repair.because

    @property
    def because_en(self) -> Sentence:
        return ()


_NOTHING: Final = "CAST(NULL AS TEXT)"


def value_text(value: float | bool | date | str | None) -> str:
    """A value as an issue proposes it: a code, a day as 2023-08-01, a number without needless zeros, true or false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
