"""A checked piece of a condition with its type, and how a piece is refused."""

from dataclasses import dataclass
from typing import NoReturn

from sqlglot import exp

from doudi.rulebook.value_types import NUMBER, ColumnType


class PredicateError(ValueError):
    """A condition or formula that is refused: a code for machines, a Chinese sentence and what to do."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}。{remedy}" if remedy else message)
        self.code = code
        self.message = message
        self.remedy = remedy


def refuse(code: str, message: str, remedy: str = "") -> NoReturn:
    raise PredicateError(code, message, remedy)


@dataclass(frozen=True, slots=True)
class Typed:
    """A rebuilt node with its type, the columns below it, and its text when it is a text literal."""

    tree: exp.Expression
    type: ColumnType
    columns: frozenset[str] = frozenset()
    literal: str | None = None
    is_null: bool = False


def multiplied(*sides: Typed) -> bool:
    return any(side.tree.find(exp.Mul) is not None for side in sides)


def as_double(side: Typed, *, other: Typed) -> Typed:
    """A number written so that engines take it for a double where a product of exact numbers could run over."""
    if isinstance(side.tree, exp.Literal) and (not other.columns or multiplied(other)):
        return Typed(exp.Literal.number(f"{side.tree.this}e0"), NUMBER)
    return side


def wrapped(tree: exp.Expression) -> exp.Expression:
    simple = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Func, exp.Cast)
    loose = (exp.And, exp.Or, exp.Case)
    return tree if isinstance(tree, simple) and not isinstance(tree, loose) else exp.Paren(this=tree)


def show(node: exp.Expression) -> str:
    return node.sql(dialect="duckdb", comments=False)[:120]
