"""Checks as set-based SQL over tables of facts: how many rows meet each, and one row an issue."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from doudi.rulebook import Fact
from doudi.rulebook.checks import Check, Repair
from doudi.rulebook.clauses import Sentence
from doudi.rulebook.value_types import ValueType
from doudi.screening.sql.facts import FactSql
from doudi.screening.sql.rules import CANNOT_TELL, NO_DATA, RAISED, RuleSql, outcome_column, union_all
from doudi.screening.sql.writing import json_sql, sentence_sql, text

HOUSEHOLDS: Final = "household_facts"
PERSONS: Final = "checked_persons"


def table_of(check: Check) -> str:
    """The table that holds a check's facts and outcome."""
    return HOUSEHOLDS if check.subject == "household" else PERSONS


@dataclass(frozen=True)
class CheckSql:
    """Writes the SQL of checks with the same pieces as that of rules."""

    rules: RuleSql

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self.rules.facts

    def persons(self, checks: Sequence[Check], writer: FactSql) -> str:
        """One row a registered person with the facts of person checks, of their households too, and the outcomes."""
        names = {name for check in checks for name in check.facts}
        base = writer.person_sql({name for name in names if self.facts[name].subject == "person"})
        of_household = sorted(name for name in names if self.facts[name].subject == "household")
        columns = [f'h."{name}"' for name in of_household]
        columns += [f'h."gap_{name}"' for name in of_household if name in writer.gapped]
        selected = ", ".join(["p.*", "h.region_code", *columns])
        joined = f"SELECT {selected} FROM ({base}) p JOIN {HOUSEHOLDS} h ON h.household_key = p.household_key"
        return self.rules.outcomes(joined, checks)

    def counting(self, checks: Iterable[Check]) -> dict[str, str]:
        """Table → query of one row: for each of its checks, in order, how many rows it is raised and unknown for."""
        queries: dict[str, str] = {}
        there = list(checks)
        for table in (HOUSEHOLDS, PERSONS):
            counted: list[str] = []
            for check in there:
                if table_of(check) == table:
                    column = f'"{outcome_column(check.id)}"'
                    counted.append(f"COUNT(CASE WHEN {column} = {RAISED} THEN 1 END)")
                    counted.append(f"COUNT(CASE WHEN {column} IN ({CANNOT_TELL}, {NO_DATA}) THEN 1 END)")
            if counted:
                named = ", ".join(f"{sql} AS n{number}" for number, sql in enumerate(counted))
                queries[table] = f"SELECT {named} FROM {table}"
        return queries

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
        return f'SELECT {selected} FROM {table_of(check)} f WHERE f."{outcome_column(check.id)}" = {RAISED}'

    def all_issues(self, checks: Iterable[Check]) -> str:
        """The issues of several checks; at least one."""
        return union_all([self.issues(check) for check in checks])

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
