"""What may be left out without changing an outcome: rows that a condition surely refuses."""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from doudi.rulebook.predicate import columns_of, conjuncts

__all__ = ["columns_of", "conjuncts", "surely_false"]


def surely_false(tree: exp.Expression, values: Mapping[str, exp.Expression]) -> bool:
    """Whether a condition is false with these values; False as well when that cannot be seen."""
    filled = tree.copy().transform(
        lambda node: values[node.name].copy() if isinstance(node, exp.Column) and node.name in values else node
    )
    folded = simplify(filled)
    return isinstance(folded, exp.Boolean) and not folded.this
