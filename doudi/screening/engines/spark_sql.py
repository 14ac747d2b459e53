"""The SQL of a plan in Spark's dialect: transpiled by SQLGlot, with the functions of `writing` as plain expressions.

What comes out is the same to the character: numbers are rounded as DuckDB rounds them, which is to multiply first
(2.675 to two decimals is 2.68), where Spark's own ROUND goes by the decimal digits a number is shown with.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, cast

import sqlglot
from sqlglot import exp

_PLAIN: Final = (
    "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(CAST(RINT_AWAY(x * 100D) / 100D AS DECIMAL(18, 2)) AS STRING)))"
)
_GROUPED: Final = "REPLACE(FORMAT_NUMBER(RINT_AWAY(x * 100D) / 100D, 2), '.00', '')"
MACROS: Final[Mapping[str, str]] = {"DOUDI_PLAIN": _PLAIN, "DOUDI_GROUPED": _GROUPED}
"""Function → Spark SQL of it; `x` is the argument, RINT_AWAY(y) rounds to a whole number, halves away from zero."""


@lru_cache(maxsize=512)
def spark_sql(sql: str) -> str:
    """A statement of a plan as Spark understands it."""
    tree = cast(exp.Expression, sqlglot.parse_one(sql, read="duckdb"))
    return tree.transform(_rewritten, copy=False).sql(dialect="spark")


def _rewritten(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Round):
        decimals = node.args.get("decimals")
        return _rounded(cast(exp.Expression, node.this), int(str(decimals.this)) if decimals is not None else 0)
    if isinstance(node, exp.Anonymous) and (macro := _MACRO_TREES.get(str(node.this).upper())):
        return macro(cast(exp.Expression, node.expressions[0]))
    return node


def _rounded(value: exp.Expression, decimals: int) -> exp.Expression:
    """Multiplied, rounded to a whole number and divided again."""
    factor = exp.cast(exp.Literal.number(10**decimals), "DOUBLE")
    whole = exp.Anonymous(
        this="ROUND", expressions=[exp.Mul(this=exp.Paren(this=value.copy()), expression=factor.copy())]
    )
    return exp.Paren(this=exp.Div(this=whole, expression=factor, typed=True, safe=True))


def _macro(text: str) -> Callable[[exp.Expression], exp.Expression]:
    body = cast(exp.Expression, sqlglot.parse_one(text, read="spark"))

    def filled(argument: exp.Expression) -> exp.Expression:
        argument = argument.copy().transform(_rewritten)

        def replaced(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Column) and node.name == "x":
                return exp.Paren(this=argument.copy())
            if isinstance(node, exp.Anonymous) and str(node.this).upper() == "RINT_AWAY":
                inner = node.expressions[0].transform(replaced)
                return exp.Anonymous(this="ROUND", expressions=[inner])
            return node

        return body.copy().transform(replaced)

    return filled


_MACRO_TREES = {name: _macro(text) for name, text in MACROS.items()}
