"""One fact summed up over rows: which rows count, what is made of them, and when something is missing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from sqlglot import exp

from doudi.rulebook import Fact
from doudi.rulebook.grammar import AGGREGATES
from doudi.rulebook.nulls import may_be_null
from doudi.rulebook.value_types import ValueType
from doudi.screening.thresholds import Thresholds, literal, window_start

DIALECT: Final = "duckdb"


@dataclass(frozen=True, slots=True)
class Counted:
    """One grouped fact: which rows count, what is made of them, and when something is missing."""

    fact: Fact
    condition: str
    """SQL of which rows count; empty: all."""
    value: str
    relevant: str
    """SQL of which rows can make a difference at all; empty: all."""
    gap: str
    """SQL that is true when a row that counts, or may count, lacks a value; empty: never."""

    @classmethod
    def of(
        cls,
        fact: Fact,
        *,
        alias: str,
        bindings: Mapping[str, exp.Expression],
        known: Callable[[exp.Column], bool],
        gapped: Iterable[str],
        thresholds: Thresholds,
        tolerated: str = "",
    ) -> "Counted":
        """Write the SQL of a fact over the rows of the table `alias`.

        `known` tells whether a column always has a value, `gapped` are the facts summed up that have gap columns.
        `tolerated`: SQL of the share of rows that may lack a value before that counts as a gap; empty: none may.
        """
        counts = _which_rows(fact, alias, bindings, thresholds)
        condition = counts.sql(dialect=DIALECT) if counts is not None else ""
        missing = [f"({condition}) IS NULL"] if counts is not None and may_be_null(counts, known) else []
        tree = fact.expression.bound(bindings)
        lacking: set[str] = set()
        for node in list(tree.find_all(*AGGREGATES)):
            argument = node.this
            if not isinstance(argument, exp.Star) and may_be_null(argument, known):
                unknown = argument.expressions[0] if isinstance(argument, exp.Distinct) else argument
                lacking.add(f"({unknown.sql(dialect=DIALECT)}) IS NULL")
        lacking |= {f'{alias}."gap_{name}"' for name in gapped}
        if lacking:
            any_lacking = " OR ".join(sorted(lacking))
            missing.append(f"(({condition}) AND ({any_lacking}))" if condition else any_lacking)
        gap = f"BOOL_OR({' OR '.join(missing)})" if missing else ""
        if missing and tolerated:
            gap = f"COUNT(CASE WHEN {' OR '.join(missing)} THEN 1 END) > {tolerated} * COUNT(*)"
        value = _filtered(tree, condition)
        if gap and fact.type.kind is ValueType.BOOLEAN:
            settled = (
                f"NOT ({value}) THEN FALSE"
                if isinstance(fact.expression.tree, exp.LogicalAnd)
                else f"{value} THEN TRUE"
            )
            value = f"CASE WHEN {settled} WHEN {gap} THEN NULL ELSE {value} END"
        relevant = f"({condition}) IS NOT FALSE" if condition else ""
        whole = fact.expression.tree
        if isinstance(whole, exp.LogicalOr) and fact.no_rows is False:  # a row that says no says as much as no row
            truth = f"({tree.this.sql(dialect=DIALECT)}) IS NOT FALSE"
            relevant = f"({relevant} AND {truth})" if relevant else truth
        return cls(fact, condition, value, relevant, gap)

    def columns(self) -> list[str]:
        columns = [f'{self.value} AS "{self.fact.id}"']
        if self.gap:
            columns.append(f'{self.gap} AS "gap_{self.fact.id}"')
        return columns


def _which_rows(
    fact: Fact, alias: str, bindings: Mapping[str, exp.Expression], thresholds: Thresholds
) -> exp.Expression | None:
    """The condition under which a row counts: the fact's own and its window's; None: every row."""
    conditions: list[exp.Expression] = []
    if fact.where is not None:
        conditions.append(exp.Paren(this=fact.where.bound(bindings)))
    if fact.window is not None:
        day = exp.column(fact.window.column, table=alias, quoted=True)
        months = fact.window.months
        if isinstance(months, str) and months in thresholds.varying:
            start: exp.Expression = exp.column(f"{months}__since", table="q", quoted=True)
        else:
            number = months if isinstance(months, int) else _constant(thresholds, months)
            start = literal(window_start(thresholds.as_of, number))
        conditions += [
            exp.GTE(this=day.copy(), expression=start),
            exp.LTE(this=day.copy(), expression=literal(thresholds.as_of)),
        ]
    return cast(exp.Expression, exp.and_(*conditions)) if conditions else None


def _constant(thresholds: Thresholds, name: str) -> float:
    return float(str(next(iter(thresholds.by_region.values()))[name].value))


def _filtered(tree: exp.Expression, condition: str) -> str:
    """The formula with every aggregate over the rows that count; COUNT_IF as a COUNT that every engine has."""
    rows = f" FILTER (WHERE {condition})" if condition else ""

    def replaced(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, AGGREGATES):
            if isinstance(node, exp.Column):
                return exp.Max(this=node.copy())
            return node
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct):
            once = node.this.expressions[0].sql(dialect=DIALECT)
            counted = f"CASE WHEN {condition} THEN {once} END" if condition else once
            return exp.Var(this=f"COUNT(DISTINCT {counted})")
        if isinstance(node, exp.CountIf):
            argument = f"CASE WHEN {node.this.sql(dialect=DIALECT)} THEN 1 END"
            return exp.Var(this=f"COUNT({argument}){rows}")
        return exp.Var(this=f"{_NAMES[type(node)]}({node.this.sql(dialect=DIALECT)}){rows}")

    return tree.transform(replaced).sql(dialect=DIALECT)


_NAMES = {
    exp.Sum: "SUM",
    exp.Count: "COUNT",
    exp.Min: "MIN",
    exp.Max: "MAX",
    exp.LogicalOr: "BOOL_OR",
    exp.LogicalAnd: "BOOL_AND",
}
