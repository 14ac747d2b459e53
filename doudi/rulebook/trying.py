"""Conditions that say the same of everybody: found by working them out for values around the numbers they compare with.

Not a proof: a condition is called constant when no value that was tried made a difference. Parameters take the values
that their files hold, everything else takes values below, at and above each of those and of the numbers written.
"""

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any, Final, Literal

from sqlglot import exp

from doudi.rulebook.evaluation import evaluate
from doudi.rulebook.predicate import columns_of
from doudi.rulebook.value_types import ColumnType, ValueType

Verdict = Literal["always", "never", "varies"]
TRIED: Final = 3000
"""Combinations of values tried at most; beyond, as many are drawn (the same ones every time)."""
_STEPS: Final = (-1.0, -0.01, 0.0, 0.01, 1.0)
_FACTORS: Final = (0.1, 2.0, 12.0)


def verdict(
    trees: Sequence[exp.Expression], types: Mapping[str, ColumnType], values: Mapping[str, Sequence[Any]]
) -> Verdict:
    """Whether conditions together hold for everything, for nothing, or for some. `values`: what parameters can be."""
    try:
        outcomes = set(_outcomes(trees, types, values))
    except (ArithmeticError, KeyError, TypeError, ValueError):  # values that do not go with the formula: nothing said
        return "varies"
    if True not in outcomes:
        return "never"
    return "varies" if False in outcomes else "always"


def contradictions(
    trees: Sequence[exp.Expression], types: Mapping[str, ColumnType], values: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[exp.Expression, exp.Expression]]:
    """Pairs of conditions that can each hold, but never both; only pairs that speak of the same thing."""
    for one, other in combinations(trees, 2):
        if columns_of(one) & columns_of(other) - set(values) and verdict([one, other], types, values) == "never":
            yield one, other


def _outcomes(
    trees: Sequence[exp.Expression], types: Mapping[str, ColumnType], values: Mapping[str, Sequence[Any]]
) -> Iterator[bool | None]:
    names = sorted(set[str]().union(*map(columns_of, trees)))
    pools = [list(_pool(name, trees, types, values)) for name in names]
    for combination in _combinations(pools):
        row = dict(zip(names, combination, strict=True))
        results = [evaluate(tree, row) for tree in trees]
        yield False if False in results else None if None in results else True


def _combinations(pools: list[list[Any]]) -> Iterable[tuple[Any, ...]]:
    if math.prod(map(len, pools)) <= TRIED:
        return product(*pools)
    drawn = random.Random(0)  # noqa: S311 - the same samples every time, no secret
    return (tuple(drawn.choice(pool) for pool in pools) for _ in range(TRIED))


def _pool(
    name: str, trees: Sequence[exp.Expression], types: Mapping[str, ColumnType], values: Mapping[str, Sequence[Any]]
) -> Iterator[Any]:
    if name in values:
        yield from values[name]
        return
    yield None
    column = types[name]
    literals = [node for tree in trees for node in tree.find_all(exp.Literal)]
    texts = {str(node.this) for node in literals if node.is_string}
    match column.kind:
        case ValueType.NUMBER:
            numbers = {0.0, *(float(node.this) for node in literals if not node.is_string)}
            for tree in trees:
                numbers |= {float(one) for used in columns_of(tree) for one in values.get(used, ()) if _is_number(one)}
            yield from sorted(_around(numbers))
        case ValueType.BOOLEAN:
            yield from (True, False)
        case ValueType.DATE:
            days = {date(2023, 8, 1), *(one for used in values.values() for one in used if isinstance(one, date))}
            days |= {date.fromisoformat(text) for text in texts if _is_day(text)}
            steps = (-20000, -4000, -400, -40, -1, 0, 1, 400)
            yield from sorted(day + timedelta(days=step) for day in days for step in steps)
        case ValueType.MONTH:
            yield from sorted({"2015-01", "2023-01", "2023-07", "2024-12", *texts})
        case ValueType.TEXTS:
            codes = sorted(texts | set(sorted(column.codes or ())[:2]))
            yield from ([], codes, *([code] for code in codes))
        case _:
            known = column.codes
            yield from sorted(texts if known is None else texts & known)
            yield from sorted((known or {"-", "~"}) - texts)[:2]


def _around(numbers: set[float]) -> set[float]:
    found = {number + step for number in numbers for step in _STEPS}
    return found | {number * factor for number in numbers for factor in _FACTORS}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
