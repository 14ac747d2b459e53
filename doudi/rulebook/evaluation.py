"""A checked formula worked out for one row in Python, with unknown as None: slow and plain, one household at a time.

The database does this for whole counties; tests hold the two to each other.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sqlglot import exp

Row = Mapping[str, Any]


def evaluate(tree: exp.Expression, row: Row) -> Any:
    """The value of a formula for a row; None is unknown. Raises KeyError for a column the row doesn't have."""
    special = _SPECIAL.get(type(tree))
    if special is not None:
        return special(tree, row)
    plain = _PLAIN[type(tree)]
    values = [evaluate(part, row) for part in _parts(tree)]
    return None if any(value is None for value in values) else plain(*values)


def _parts(tree: exp.Expression) -> list[exp.Expression]:
    return [part for part in (tree.this, tree.args.get("expression")) if isinstance(part, exp.Expression)]


def _literal(tree: exp.Expression, _row: Row) -> Any:
    return str(tree.this) if tree.args.get("is_string") else float(tree.this)


def _and(tree: exp.Expression, row: Row) -> bool | None:
    left, right = evaluate(tree.this, row), evaluate(tree.args["expression"], row)
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(tree: exp.Expression, row: Row) -> bool | None:
    left, right = evaluate(tree.this, row), evaluate(tree.args["expression"], row)
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _is(tree: exp.Expression, row: Row) -> bool:
    what = tree.args["expression"]
    value = evaluate(tree.this, row)
    return value is None if isinstance(what, exp.Null) else value is bool(what.this)


def _in(tree: exp.Expression, row: Row) -> bool | None:
    value = evaluate(tree.this, row)
    return None if value is None else value in [evaluate(one, row) for one in tree.expressions]


def _between(tree: exp.Expression, row: Row) -> bool | None:
    value, low, high = (evaluate(tree.args[name], row) for name in ("this", "low", "high"))
    over = None if value is None or low is None else value >= low
    under = None if value is None or high is None else value <= high
    if over is False or under is False:
        return False
    return None if over is None or under is None else True


def _case(tree: exp.Expression, row: Row) -> Any:
    for branch in tree.args["ifs"]:
        if evaluate(branch.this, row) is True:
            return evaluate(branch.args["true"], row)
    default = tree.args.get("default")
    return None if default is None else evaluate(default, row)


def _coalesce(tree: exp.Expression, row: Row) -> Any:
    values = (evaluate(part, row) for part in (tree.this, *tree.expressions))
    return next((value for value in values if value is not None), None)


def _nullif(tree: exp.Expression, row: Row) -> Any:
    value = evaluate(tree.this, row)
    return None if value == evaluate(tree.args["expression"], row) else value


def _extreme(choose: Callable[[list[Any]], Any]) -> Callable[[exp.Expression, Row], Any]:
    def chosen(tree: exp.Expression, row: Row) -> Any:
        values = [evaluate(part, row) for part in (tree.this, *tree.expressions)]
        return None if any(value is None for value in values) else choose(values)

    return chosen


def _cast(tree: exp.Expression, row: Row) -> Any:
    value = evaluate(tree.this, row)
    if value is None:
        return None
    if tree.args["to"].is_type("date"):
        return date.fromisoformat(value) if isinstance(value, str) else value
    return int(value)


def _substring(tree: exp.Expression, row: Row) -> str | None:
    value = evaluate(tree.this, row)
    start, length = int(tree.args["start"].this), int(tree.args["length"].this)
    return None if value is None else str(value)[start - 1 : start - 1 + length]


def _round(tree: exp.Expression, row: Row) -> float | None:
    value = evaluate(tree.this, row)
    step = Decimal(1).scaleb(-int(tree.args["decimals"].this))
    return None if value is None else float(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP))


def _days_between(later: date, earlier: date) -> int:
    return (later - earlier).days


_SPECIAL: Final[Mapping[type[exp.Expression], Callable[[Any, Row], Any]]] = {
    exp.Column: lambda tree, row: row[tree.name],
    exp.Literal: _literal,
    exp.Boolean: lambda tree, row: bool(tree.this),
    exp.Null: lambda tree, row: None,
    exp.Paren: lambda tree, row: evaluate(tree.this, row),
    exp.And: _and,
    exp.Or: _or,
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    exp.Greatest: _extreme(max),
    exp.Least: _extreme(min),
    exp.Cast: _cast,
    exp.Substring: _substring,
    exp.Round: _round,
    exp.Array: lambda tree, row: [evaluate(one, row) for one in tree.expressions],
}

_PLAIN: Final[Mapping[type[exp.Expression], Callable[..., Any]]] = {
    exp.Not: lambda value: not value,
    exp.EQ: lambda left, right: left == right,
    exp.NEQ: lambda left, right: left != right,
    exp.LT: lambda left, right: left < right,
    exp.LTE: lambda left, right: left <= right,
    exp.GT: lambda left, right: left > right,
    exp.GTE: lambda left, right: left >= right,
    exp.Add: lambda left, right: left + right,
    exp.Sub: lambda left, right: left - right,
    exp.Mul: lambda left, right: left * right,
    exp.Div: lambda left, right: left / right,
    exp.Neg: lambda value: -value,
    exp.Abs: abs,
    exp.Year: lambda day: day.year,
    exp.Month: lambda day: day.month,
    exp.Day: lambda day: day.day,
    exp.DateAdd: lambda day, number: day + timedelta(days=int(number)),
    exp.DateDiff: _days_between,
    exp.ArrayContains: lambda several, one: one in several,
}
