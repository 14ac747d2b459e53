"""Units in conditions: yuan are not compared with months, nor added to persons."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sqlglot import exp

Unit = str | None
"""None: not known, or none at all; goes with everything."""
_COMPARED: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Add, exp.Sub, exp.Nullif)
_FREE: Final = ("none", "ratio")
_SAME: Final = (exp.Paren, exp.Neg, exp.Abs, exp.Round)


def mismatches(tree: exp.Expression, units: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The unit on the left, the unit on the right, and the text of what puts the two together."""
    for node in tree.walk():
        if isinstance(node, exp.Between):
            pairs = [(node.this, node.args["low"]), (node.this, node.args["high"])]
        elif isinstance(node, _COMPARED):
            pairs = [(node.this, node.expression)]
        else:
            continue
        for left, right in pairs:
            one, other = unit_of(left, units), unit_of(right, units)
            if one and other and one != other:
                yield one, other, node.sql(dialect="duckdb").replace('"', "")


def unit_of(tree: exp.Expression, units: Mapping[str, str]) -> Unit:
    """The unit of a formula, as far as it is plain from the units of what it is made of."""
    if isinstance(tree, exp.Column):
        unit = units.get(tree.name)
        return None if unit in _FREE else unit
    if isinstance(tree, _SAME):
        return unit_of(tree.this, units)
    if isinstance(tree, (exp.Add, exp.Sub)):
        return unit_of(tree.this, units) or unit_of(tree.expression, units)
    if isinstance(tree, (exp.Mul, exp.Div)):
        return _OF_PRODUCTS[type(tree)](unit_of(tree.this, units), unit_of(tree.expression, units))
    if isinstance(tree, (exp.Coalesce, exp.Greatest, exp.Least)):
        return next((found for part in (tree.this, *tree.expressions) if (found := unit_of(part, units))), None)
    return None


def _product(one: Unit, other: Unit) -> Unit:
    known = {unit for unit in (one, other) if unit not in (None, "share", "percent")}
    if "yuan" in known:
        return "yuan"
    return None


def _quotient(_one: Unit, _other: Unit) -> Unit:
    return None


_OF_PRODUCTS: Final[Mapping[type[exp.Expression], Callable[[Unit, Unit], Unit]]] = {
    exp.Mul: _product,
    exp.Div: _quotient,
}
