"""Whether a formula can come out unknown, given which columns always hold a value."""

from collections.abc import Callable

from sqlglot import exp

Known = Callable[[exp.Column], bool]
"""Tells of a column whether it always holds a value."""


def may_be_null(tree: exp.Expression, known: Known) -> bool:
    """False only when the formula surely yields a value for every row."""
    match tree:
        case exp.Column():
            return not known(tree)
        case exp.Literal() | exp.Boolean() | exp.Is() | exp.Star() | exp.Array():
            return False
        case exp.Null() | exp.Nullif():
            return True
        case exp.Coalesce():
            return all(may_be_null(part, known) for part in (tree.this, *tree.expressions))
        case exp.Case():
            default = tree.args.get("default")
            results = [branch.args["true"] for branch in tree.args["ifs"]]
            return default is None or any(may_be_null(part, known) for part in (*results, default))
        case _:
            children = [child for child in tree.iter_expressions() if not isinstance(child, (exp.DataType, exp.Var))]
            return any(may_be_null(child, known) for child in children if isinstance(child, exp.Expression))
