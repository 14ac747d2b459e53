"""What may be left out without changing an outcome: rows that a condition surely refuses."""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify


def conjuncts(tree: exp.Expression) -> list[exp.Expression]:
    """The parts of a condition that must all hold."""
    if isinstance(tree, exp.Paren):
        return conjuncts(tree.this)
    if isinstance(tree, exp.And):
        return [*conjuncts(tree.this), *conjuncts(tree.expression)]
    return [tree]


def columns_of(tree: exp.Expression) -> set[str]:
    return {column.name for column in tree.find_all(exp.Column)}


def surely_false(tree: exp.Expression, values: Mapping[str, exp.Expression]) -> bool:
    """Whether a condition is false with these values; False as well when that cannot be seen."""
    filled = tree.copy().transform(
        lambda node: values[node.name].copy() if isinstance(node, exp.Column) and node.name in values else node
    )
    folded = simplify(filled)
    return isinstance(folded, exp.Boolean) and not folded.this
