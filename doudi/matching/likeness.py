"""How alike are two records? Blocks, levels and Fellegi–Sunter weights over records of any kind, described as data.

A description names the levels of each field as conditions in SQL over a pair (`…_l`, `…_r`), the first that holds
counts; the blocks whose columns a pair must share to be looked at; and how often each level occurs in pairs of one (m)
and of two (u) persons. Where m and u are not given they are estimated from the records themselves, without knowing
who is who: u from pairs drawn at random, m by expectation maximisation over the pairs of the blocks.
"""
# ruff: noqa: S608 - statements are made of the description's own conditions and columns, never of data

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MISSING, OTHER = "missing", "other"
_FEWEST = 0.5
"""Added to every count, so that what was not seen is rare and not impossible."""
_ROUNDS = 50
_SETTLED = 1e-5


@dataclass(frozen=True)
class Likeness:
    """What is compared. `levels`: field → level → condition, `missing` for a field that says nothing of a pair; what no
    condition fits is `other`. `rare`: field → column whose rare values, shared, say more than frequent ones."""

    columns: Sequence[str]
    levels: Mapping[str, Mapping[str, str]]
    blocks: Sequence[Sequence[str]]
    rare: Mapping[str, str] = field(default_factory=dict)

    def names(self, of: str) -> list[str]:
        """The levels of a field, the last `other`."""
        return [*(name for name in self.levels[of] if name != MISSING), OTHER]


@dataclass(frozen=True)
class Weights:
    """Field → level → probability, in pairs of one person (`m`) and of two (`u`); `share` of all pairs are of one."""

    m: Mapping[str, Mapping[str, float]]
    u: Mapping[str, Mapping[str, float]]
    share: float

    def bits(self, of: str, level: str) -> float:
        return math.log2(self.m[of][level] / self.u[of][level])

    @property
    def prior(self) -> float:
        """Bits of the odds before anything is compared."""
        return math.log2(self.share / (1.0 - self.share))


def block_pairs(blocks: Iterable[Sequence[str]], left: str, right: str = "") -> str:
    """SELECT of the pairs (a, b: numbers `n`) that share a block, each once; without `right` pairs within one table."""
    other, order = (right, "") if right else (left, " AND l.n < r.n")
    return " UNION ".join(
        f"SELECT l.n AS a, r.n AS b FROM {left} l JOIN {other} r ON {_shared(columns)}{order}" for columns in blocks
    )


def _shared(columns: Sequence[str]) -> str:
    """Columns joined by `=`; `one|two` means the left's one with the right's two, as when names are swapped."""
    sides = [(one, two or one) for one, _, two in (column.partition("|") for column in columns)]
    return " AND ".join(f"l.{one} = r.{two}" for one, two in sides)


def pair_levels(likeness: Likeness, pairs: str, left: str, right: str = "", *, kept: Sequence[str] = ()) -> str:
    """SELECT of a, b, `kept` columns of both (`…_l`, `…_r`) and the level of each field; NULL where it says nothing."""
    both = ", ".join(f"l.{one} AS {one}_l, r.{one} AS {one}_r" for one in dict.fromkeys((*likeness.columns, *kept)))
    told = "".join(f", {one}_l, {one}_r" for one in kept)
    levels = ", ".join(f"{level_of(cases)} AS {name}" for name, cases in likeness.levels.items())
    return (
        f"SELECT a, b{told}, {levels} FROM (SELECT p.a, p.b, {both} FROM {pairs} p "
        f"JOIN {left} l ON l.n = p.a JOIN {right or left} r ON r.n = p.b)"
    )


def level_of(cases: Mapping[str, str]) -> str:
    """The level of one field as SQL: the first whose condition holds, else `other`; NULL when it says nothing."""
    when = " ".join(f"WHEN {condition} THEN '{level}'" for level, condition in cases.items() if level != MISSING)
    return f"CASE WHEN {cases[MISSING]} THEN NULL {when} ELSE '{OTHER}' END"


def weight_of(weights: Weights, of: str, levels: Iterable[str]) -> str:
    """Bits that the level in the column of a field speaks for one person, as SQL; 0 when the field says nothing."""
    when = " ".join(f"WHEN '{level}' THEN {weights.bits(of, level)!r}" for level in levels)
    return f"CASE {of} {when} ELSE 0.0 END"


def link_alike(
    likeness: Likeness, left: pa.Table, right: pa.Table | None = None, *, draws: int = 200_000, seed: int = 1
) -> tuple[pa.Table, Weights]:
    """All pairs of the blocks with `score`, the probability that both are one person; and the weights, estimated.

    Without `right` pairs within `left`. Numbers a and b are positions in the tables. The best candidate is for the
    caller to choose.
    """
    with duckdb.connect() as database:
        for name, table in (("left_records", left), ("right_records", right)):
            if table is not None:
                database.register("given", table.append_column("n", pa.array(range(table.num_rows), pa.int64())))
                database.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM given")
        other = "" if right is None else "right_records"
        database.execute(f"CREATE TEMP TABLE pairs AS {block_pairs(likeness.blocks, 'left_records', other)}")
        kept = list(likeness.rare.values())
        database.execute(
            f"CREATE TEMP TABLE compared AS {pair_levels(likeness, 'pairs', 'left_records', other, kept=kept)}"
        )
        total = _all_pairs(left, right)
        _draw(database, left, right, min(draws, total), seed)
        by_chance = _patterns(database, likeness, pair_levels(likeness, "drawn", "left_records", other))
        weights = estimated(likeness, _patterns(database, likeness, "SELECT * FROM compared"), by_chance, total=total)
        return _scored(database, likeness, weights, left, right), weights


def estimated(
    likeness: Likeness, seen: Mapping[tuple[str | None, ...], int], by_chance: Mapping[tuple[str | None, ...], int],
    *, total: int,
) -> Weights:  # fmt: skip
    """Weights from patterns of levels with how often they occur: in the pairs of the blocks, and in pairs at random."""
    fields = list(likeness.levels)
    at_random = [_shares(likeness, name, number, by_chance) for number, name in enumerate(fields)]
    codes = [_codes(likeness, name, number, list(seen)) for number, name in enumerate(fields)]
    counts = np.array(list(seen.values()), np.float64)
    m = [np.linspace(2.0, 0.1, len(one)) / np.linspace(2.0, 0.1, len(one)).sum() for one in at_random]
    unlike = np.prod([one[code] for one, code in zip(map(_open, at_random), codes, strict=True)], axis=0)
    share = min(max(counts.sum(), 1.0) / 2 / total, 0.5)
    for _round in range(_ROUNDS):
        alike = np.prod([one[code] for one, code in zip(map(_open, m), codes, strict=True)], axis=0)
        one_person = share * alike / (share * alike + (1.0 - share) * unlike)
        expected = one_person * counts
        before, share = share, float(max(expected.sum(), _FEWEST) / (total + 1))
        for number, name in enumerate(fields):
            size = len(likeness.names(name))
            told = np.bincount(codes[number], weights=expected, minlength=size + 1)[:size] + _FEWEST
            m[number] = told / told.sum()
        if abs(share - before) < _SETTLED * before:
            break
    return Weights(
        {name: dict(zip(likeness.names(name), m[number].tolist(), strict=True)) for number, name in enumerate(fields)},
        {
            name: dict(zip(likeness.names(name), at_random[number].tolist(), strict=True))
            for number, name in enumerate(fields)
        },
        share,
    )


def _all_pairs(left: pa.Table, right: pa.Table | None) -> int:
    return left.num_rows * (left.num_rows - 1) // 2 if right is None else left.num_rows * right.num_rows


def _draw(database: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table | None, count: int, seed: int) -> None:
    """The table `drawn`: pairs at random, none of a record with itself."""
    random = np.random.default_rng(seed)
    a = random.integers(0, left.num_rows, count)
    b = random.integers(0, (left if right is None else right).num_rows, count)
    apart = a != b if right is None else np.ones(count, np.bool_)
    database.register("given", pa.table({"a": a[apart], "b": b[apart]}))
    database.execute("CREATE TEMP TABLE drawn AS SELECT * FROM given")


def _patterns(database: duckdb.DuckDBPyConnection, likeness: Likeness, pairs: str) -> dict[tuple[str | None, ...], int]:
    names = ", ".join(likeness.levels)
    found = database.sql(f"SELECT {names}, count(*) AS pairs FROM ({pairs}) GROUP BY ALL ORDER BY ALL").fetchall()
    return {tuple(line[:-1]): int(line[-1]) for line in found}


def _codes(likeness: Likeness, name: str, number: int, patterns: Sequence[tuple[str | None, ...]]) -> NDArray[np.int64]:
    """Numbers of the levels; where the field says nothing the one after the last."""
    places = {level: at for at, level in enumerate(likeness.names(name))}
    return np.array([places.get(pattern[number] or "", len(places)) for pattern in patterns], np.int64)


def _shares(
    likeness: Likeness, name: str, number: int, patterns: Mapping[tuple[str | None, ...], int]
) -> NDArray[np.float64]:
    codes, size = _codes(likeness, name, number, list(patterns)), len(likeness.names(name))
    told = np.bincount(codes, weights=np.array(list(patterns.values()), np.float64), minlength=size + 1)[:size]
    shares: NDArray[np.float64] = (told + _FEWEST) / (told + _FEWEST).sum()
    return shares


def _open(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """With a last entry for fields that say nothing."""
    return np.append(probabilities, 1.0)


def _scored(
    database: duckdb.DuckDBPyConnection, likeness: Likeness, weights: Weights, left: pa.Table, right: pa.Table | None
) -> pa.Table:
    bits = [weight_of(weights, name, likeness.names(name)) for name in likeness.levels]
    joins = ""
    for name, column in likeness.rare.items():
        first = likeness.names(name)[0]
        count = left.num_rows + (right.num_rows if right is not None else 0)
        sides = (
            "left_records"
            if right is None
            else f"(SELECT {column} FROM left_records UNION ALL SELECT {column} FROM right_records)"
        )
        joins += (
            f" LEFT JOIN (SELECT {column} AS value, count(*) / {float(count)!r} AS share FROM {sides} GROUP BY 1) "
            f"of_{name} ON of_{name}.value = compared.{column}_l"
        )
        expected = weights.u[name][first]
        bits.append(
            f"CASE WHEN {name} = '{first}' THEN log2({expected!r} / greatest(of_{name}.share, 1e-9)) ELSE 0.0 END"
        )
    return (
        database.sql(f"""
            SELECT a, b, weight, 1.0 / (1.0 + power(2.0, -greatest(-60.0, least(60.0, weight)))) AS score
            FROM (SELECT a, b, {weights.prior!r} + {" + ".join(bits)} AS weight FROM compared{joins})
            ORDER BY a, weight DESC, b""")
        .arrow()
        .read_all()
    )
