"""Conditions and formulas of rules, facts and column checks: a small, typed, safe subset of SQL.

Text is parsed by SQLGlot, checked node by node against a whitelist (`grammar.py`) and rebuilt from the checked parts
alone, so that nothing can reach a database except the named columns, literals and the few functions below.

    NOT AND OR, = <> < <= > >=, + - * /, IN (literals), BETWEEN, IS [NOT] NULL, IS [NOT] TRUE, CASE, COALESCE, NULLIF,
    ABS, ROUND, GREATEST, LEAST, LIST_CONTAINS(several codes, code), DATE '2023-08-01',
    AGE_ON(birth, day), WHOLE_MONTHS(from, to), WHOLE_DAYS(from, to)

and in facts the aggregates SUM, COUNT(*), COUNT(DISTINCT column), COUNT_IF, MIN, MAX, BOOL_OR, BOOL_AND.

Unknown is not false: NULL goes through every operation as in SQL; unlike SQL's, GREATEST and LEAST of something unknown
are unknown, and so is a division by zero.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from doudi.rulebook import grammar
from doudi.rulebook.grammar import PredicateError
from doudi.rulebook.value_types import ColumnType, ValueType, column_type

__all__ = [
    "Expression",
    "Predicate",
    "PredicateError",
    "columns_of",
    "conjuncts",
    "parse_aggregate",
    "parse_expression",
    "parse_predicate",
]

Bindings = Mapping[str, exp.Expression]


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked formula: its text, what it yields and the columns it reads."""

    text: str
    type: ColumnType
    columns: frozenset[str]
    tree: exp.Expression

    def bound(self, bindings: Bindings | None = None) -> exp.Expression:
        """A fresh tree with columns replaced by what they are bound to; the others stay quoted column names."""
        tree = self.tree.copy()
        if not bindings:
            return tree
        return tree.transform(lambda node: _replacement(node, bindings), copy=False)

    def sql(self, dialect: str = "duckdb", bindings: Bindings | None = None) -> str:
        """SQL text of the formula in a dialect of SQLGlot."""
        return self.bound(bindings).sql(dialect=dialect)

    def aggregates(self) -> Iterator[exp.Expression]:
        """The aggregate calls in the formula, in order of writing."""
        return (node for node in self.tree.walk() if isinstance(node, grammar.AGGREGATES))


@dataclass(frozen=True, slots=True)
class Predicate(Expression):
    """A checked condition: true, false or (for want of data) unknown."""


def conjuncts(tree: exp.Expression) -> list[exp.Expression]:
    """The parts of a condition that must all hold."""
    if isinstance(tree, exp.Paren):
        return conjuncts(tree.this)
    if isinstance(tree, exp.And):
        return [*conjuncts(tree.this), *conjuncts(tree.expression)]
    return [tree]


def columns_of(tree: exp.Expression) -> set[str]:
    return {column.name for column in tree.find_all(exp.Column)}


def _replacement(node: exp.Expression, bindings: Bindings) -> exp.Expression:
    if isinstance(node, exp.Column) and node.name in bindings:
        bound = bindings[node.name].copy()
        return bound if isinstance(bound, (exp.Column, exp.Literal, exp.Boolean, exp.Null)) else exp.Paren(this=bound)
    return node


def parse_predicate(text: str, columns: Mapping[str, ColumnType | ValueType | str]) -> Predicate:
    """A condition over the columns named; types as `ColumnType`, `ValueType` or the type names of column contracts.

    Raises PredicateError (code, Chinese sentence, remedy) for anything outside the whitelist, an unknown column or
    a wrong type.
    """
    node = grammar.parse(text, _typed(columns), aggregates=False)
    if node.type.kind is not ValueType.BOOLEAN:
        raise PredicateError(
            "not_a_condition", f"这不是条件，得到的是{node.type.kind.label}：{text}", "写成比较，例如 self_paid > 5000"
        )
    return Predicate(text=text, type=node.type, columns=node.columns, tree=node.tree)


def parse_expression(text: str, columns: Mapping[str, ColumnType | ValueType | str]) -> Expression:
    """A formula for one row. Raises PredicateError."""
    node = grammar.parse(text, _typed(columns), aggregates=False)
    return Expression(text=text, type=node.type, columns=node.columns, tree=node.tree)


def parse_aggregate(
    text: str, columns: Mapping[str, ColumnType | ValueType | str], *, constants: frozenset[str] = frozenset()
) -> Expression:
    """A formula over all rows of a subject: columns stand only inside aggregates, `constants` anywhere.

    Raises PredicateError.
    """
    node = grammar.parse(text, _typed(columns), aggregates=True, constants=constants)
    return Expression(text=text, type=node.type, columns=node.columns, tree=node.tree)


def _typed(columns: Mapping[str, ColumnType | ValueType | str]) -> dict[str, ColumnType]:
    return {name: column_type(declared) for name, declared in columns.items()}
