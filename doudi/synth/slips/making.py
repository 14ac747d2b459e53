"""Puts slips into the tables of a county: each household has one at most, and each cell is written down as it was.

Recipes (`recipes.Slip`) speak of a row by the columns of its sheet and by these: `place` its number in the sheet,
`home` that of its household; of a person `active` (not gone), `age`, `student`, `healthy`, `disabled_too` (disabled,
with a certificate), and of the one before in the household `one_before` (active), `name_before`, `birth_before`; of a
household `monitored`, `head_birth`, how many of its active members are such (`views`), and what offices list
(`listed_good`, `listed_failing` of its water, `appraised_dangerous` of its house). Rows of departments have those of
their person and household too.
"""
# ruff: noqa: S608 - fixed text of the recipes

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from doudi.synth.county.whole import County
from doudi.synth.slips.enrolment import MEASURES, MONITORING
from doudi.synth.slips.families import HOUSEHOLDS, IDENTITY, REGIONS
from doudi.synth.slips.money import INCOMES
from doudi.synth.slips.persons import CONDITIONS, HEALTH, INSURANCE, SCHOOL
from doudi.synth.slips.recipes import HOUSEHOLD, PERSON, Slip
from doudi.synth.slips.views import make_views
from doudi.synth.slips.work import LABOUR, WORK

SLIPS: tuple[Slip, ...] = (
    *IDENTITY, *HOUSEHOLDS, *REGIONS, *INCOMES, *MONITORING, *MEASURES, *WORK, *LABOUR, *SCHOOL, *HEALTH, *INSURANCE,
    *CONDITIONS,
)  # fmt: skip
_PARTS = ("wage_income", "production_gross", "production_cost", "property_income", "transfer_income")
_SPREAD = 2_654_435_761
"""Rows are taken in an order that scatters them over the county (Knuth's multiplicative hash)."""
_MODULUS = 4_294_967_291


@dataclass(frozen=True, slots=True)
class SlippedCell:
    """A cell that was written wrongly. `raised_for`: the household for which the check is raised, None by others."""

    check: str
    raised_for: str | None
    household_no: str
    person_no: str | None
    table: str
    at: int
    column: str
    true: Any
    written: Any


@dataclass(frozen=True, slots=True)
class Slipped:
    """The tables with the slips in them, and every cell concerned."""

    tables: dict[str, pa.Table]
    cells: tuple[SlippedCell, ...]

    def rows(self, table: str) -> frozenset[int]:
        """The rows of a table that have a slip."""
        return frozenset(cell.at for cell in self.cells if cell.table == table)


def with_slips(county: County, tables: Mapping[str, pa.Table], share: float) -> Slipped:
    """Spoil the tables: every kind of slip in at least one household, and in a `share` (0–1) of all households."""
    with duckdb.connect() as database:
        make_views(database, county, tables)
        cells = tuple(_all_cells(database, county, share))
    return Slipped(_spoiled(tables, cells), cells)


def _all_cells(database: duckdb.DuckDBPyConnection, county: County, share: float) -> Iterator[SlippedCell]:
    """The rarer those are to whom it can happen, the earlier a slip chooses."""
    used = np.zeros(county.households, dtype=np.bool_)
    for slip in SLIPS:
        if slip.leaves:
            used[[row[0] for row in database.sql(f"SELECT {slip.leaves}").fetchall()]] = True
    candidates = [(slip, *_candidates(database, slip, number + county.seed)) for number, slip in enumerate(SLIPS)]
    candidates.sort(key=lambda one: (one[0].least == 1, len(one[1])))
    for slip, rows, homes in candidates:
        wanted = max(slip.least, round(share * county.households))
        chosen: list[int] = []
        for at, home in zip(rows.tolist(), homes.tolist(), strict=True):
            if len(chosen) == wanted:
                break
            if not used[home]:
                used[home] = True
                chosen.append(at)
        yield from _cells(database, slip, chosen)


def _candidates(database: duckdb.DuckDBPyConnection, slip: Slip, offset: int) -> tuple[Any, Any]:
    found = database.sql(
        f"SELECT place, home FROM {_view(slip)} WHERE {slip.among} "
        f"ORDER BY {slip.first + ', ' if slip.first else ''}(place * {_SPREAD} + {offset * 7919}) % {_MODULUS}"
    ).fetchnumpy()
    return found["place"], found["home"]


def _view(slip: Slip) -> str:
    return {PERSON: "persons", HOUSEHOLD: "homes"}.get(slip.table, f"rows_{slip.table}")


def _cells(database: duckdb.DuckDBPyConnection, slip: Slip, chosen: list[int]) -> Iterator[SlippedCell]:
    if not chosen:
        return
    formulas = {column: change for column, change in slip.put.items() if isinstance(change, str)}
    selected = "".join(f', {change} AS "new {column}"' for column, change in formulas.items())
    listed = ", ".join(map(str, chosen))
    rows = database.sql(
        f"SELECT *, {slip.hits} AS hits{selected} FROM {_view(slip)} WHERE place IN ({listed}) ORDER BY place"
    ).to_arrow_table()
    for row in rows.to_pylist():
        written = {
            column: row[f"new {column}"] if isinstance(change, str) else change(row)
            for column, change in slip.put.items()
        }
        if slip.table == HOUSEHOLD:
            written |= _totals(row, written)
        for column, value in written.items():
            of_home = column.startswith("household.")
            name = column.removeprefix("household.")
            yield SlippedCell(
                check=slip.check,
                raised_for=row["hits"],
                household_no=row["household_no"],
                person_no=None if slip.table == HOUSEHOLD or of_home else row["person_no"],
                table=HOUSEHOLD if of_home else slip.table,
                at=row["home"] if of_home else row["place"],
                column=name,
                true=row[f"home {name}"] if of_home else row[name],
                written=value,
            )


def _totals(row: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Net income and income a head, where something that they are made of is written."""
    now = {name: written.get(name, row[name]) for name in (*_PARTS, "size_year")}
    if not {*_PARTS, "size_year"} & set(written) or "net_income" in written:
        return {}
    wage, gross, cost, of_property, transfer = (now[name] or 0 for name in _PARTS)
    net = round(wage + gross - cost + of_property + transfer, 2)
    heads = now["size_year"] or 0
    return {"net_income": net, "per_capita_income": round(net / heads, 2) if heads else None}


def _spoiled(tables: Mapping[str, pa.Table], cells: tuple[SlippedCell, ...]) -> dict[str, pa.Table]:
    edits: dict[tuple[str, str], dict[int, Any]] = {}
    for cell in cells:
        edits.setdefault((cell.table, cell.column), {})[cell.at] = cell.written
    spoiled = dict(tables)
    for (name, column), values in edits.items():
        table = spoiled[name]
        at = table.column_names.index(column)
        spoiled[name] = table.set_column(at, column, _replaced(table[column], values))
    return spoiled


def _replaced(column: pa.ChunkedArray, values: Mapping[int, Any]) -> pa.Array:
    """The column with other values in some rows: taken from itself with the new values put behind it."""
    whole = pa.concat_arrays([*column.chunks, pa.array(values.values(), column.type)])
    places = np.arange(len(column))
    places[list(values)] = np.arange(len(column), len(column) + len(values))
    return whole.take(pa.array(places))
