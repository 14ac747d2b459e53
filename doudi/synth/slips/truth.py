"""Which cells were written wrongly, and which check is raised for whom: `slips.csv` in the truth folder."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from doudi.synth.sheets.dirt import Stain
from doudi.synth.slips.making import Slipped, SlippedCell

SLIPS_FILE = "slips.csv"
SLIP_COLUMNS = ("check_id", "raised_for", "household_no", "person_no", "table", "column", "true", "written")


def write_slips(folder: Path, slipped: Slipped) -> None:
    """One row a cell. `raised_for` is empty where it takes several such rows and this one alone raises nothing."""
    with (folder / SLIPS_FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SLIP_COLUMNS)
        for cell in slipped.cells:
            who = (cell.check, cell.raised_for or "", cell.household_no, cell.person_no or "")
            writer.writerow((*who, cell.table, cell.column, _shown(cell.true), _shown(cell.written)))


def stains(slipped: Slipped, table: str) -> Iterator[Stain]:
    """The slips of one sheet as mistakes that nobody can read away, for each household whose alerts may change."""
    for cell in slipped.cells:
        if cell.table == table:
            for number in {cell.household_no, cell.raised_for or cell.household_no}:
                yield _stain(cell, number)


def _stain(cell: SlippedCell, household_no: str) -> Stain:
    true, written = _shown(cell.true), _shown(cell.written)
    return Stain(cell.at, household_no, cell.person_no or "", cell.column, true, written, "slip", recoverable=False)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return "" if value is None else str(value)
