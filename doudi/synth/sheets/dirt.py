"""The mistakes that sheets really come with, put into cells on purpose and written down.

A dirtied row gets one mistake. Whether a reader can recover what was meant is a property of the kind of mistake:
full-width digits can be read, three digits that a spreadsheet turned into zeros cannot.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from doudi.feeds.contract import Column, Contract
from doudi.synth.sheets.cells import DATE_SHAPES, Cell

_FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
DEAD_STILL_LISTED_SHARE = 0.4
"""Of the persons who died, how many their village still lists as present, when sheets are dirtied at all."""


@dataclass(frozen=True, slots=True)
class Stain:
    """One mistake. `row` counts the data rows of the sheet from 0, duplicates last."""

    row: int
    household_no: str
    person_no: str
    column: str
    original: str
    written: str
    kind: str
    recoverable: bool


@dataclass(slots=True)
class Sheet:
    """The cells of a sheet by column, and whom each row is about."""

    contract: Contract
    columns: list[Column]
    headers: list[str]
    cells: list[list[Cell]]
    household_no: list[str | None]
    person_no: list[str | None]
    stains: list[Stain] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.cells[0]) if self.cells else 0

    def spoil(self, row: int, column: int, written: Cell, kind: str, *, recoverable: bool) -> None:
        """Put a mistake into a cell and write it down."""
        original = self.cells[column][row]
        self.cells[column][row] = written
        self._record(row, self.headers[column], _shown(original), _shown(written), kind, recoverable=recoverable)

    def duplicate(self, row: int) -> None:
        """Append a row a second time."""
        for column in self.cells:
            column.append(column[row])
        self.household_no.append(self.household_no[row])
        self.person_no.append(self.person_no[row])
        self._record(self.rows - 1, "", "", "", "duplicated_row", recoverable=True)

    def _record(self, row: int, column: str, original: str, written: str, kind: str, *, recoverable: bool) -> None:
        who = (self.household_no[row] or "", self.person_no[row] or "")
        self.stains.append(Stain(row, *who, column, original, written, kind, recoverable))


def soil(sheet: Sheet, rate: float, rng: np.random.Generator, *, spared: Collection[int] = frozenset()) -> None:
    """Dirty a share of the rows of a sheet, one mistake each; the same generator state gives the same dirt.

    `spared`: rows that stay as they are.
    """
    if rate <= 0 or not sheet.rows:
        return
    _list_the_dead(sheet, rng, spared)
    spared = {*spared, *(stain.row for stain in sheet.stains)}
    rows = np.flatnonzero(rng.random(sheet.rows) < rate).tolist()
    weights = np.array([weight for weight, _ in _MISTAKES])
    for row in rows:
        if row in spared:
            continue
        for index in rng.choice(len(_MISTAKES), size=len(_MISTAKES), replace=False, p=weights / weights.sum()):
            if _MISTAKES[index][1](sheet, row, rng):
                break


def _shown(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:.14E}" if isinstance(value, float) and abs(value) >= 1e15 else str(value)


def _some(sheet: Sheet, row: int, rng: np.random.Generator, types: Sequence[str]) -> int | None:
    """A filled cell of the row in a column of one of the types, if there is any."""
    fit = [at for at, one in enumerate(sheet.columns) if one.type in types and sheet.cells[at][row] not in (None, "")]
    return fit[int(rng.integers(0, len(fit)))] if fit else None


def _id(sheet: Sheet, row: int) -> tuple[int, str] | None:
    for at, column in enumerate(sheet.columns):
        value = sheet.cells[at][row]
        if column.type == "resident_id" and isinstance(value, str) and len(value) == 18:
            return at, value
    return None


def _on_id(kind: str, change: Callable[[str, np.random.Generator], Cell], *, recoverable: bool) -> "Mistake":
    """A mistake in the resident id; `change` gives None when it does not apply to this id."""

    def mistake(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
        found = _id(sheet, row)
        written = None if found is None else change(found[1], rng)
        if found is None or written is None:
            return False
        sheet.spoil(row, found[0], written, kind, recoverable=recoverable)
        return True

    return mistake


def _as_number(id18: str, rng: np.random.Generator) -> Cell:
    """What a spreadsheet makes of 18 digits in a number cell: 15 remain."""
    return float(int(id18) // 1000 * 1000) if id18.isdigit() else None


def _as_scientific(id18: str, rng: np.random.Generator) -> Cell:
    return f"{float(int(id18)):.5E}".replace("E+0", "E+") if id18.isdigit() else None


def _with_blanks(id18: str, rng: np.random.Generator) -> Cell:
    return (f" {id18} ", f"{id18[:6]} {id18[6:14]} {id18[14:]}", f"\t{id18}", f"'{id18}")[int(rng.integers(0, 4))]


def _swapped(id18: str, rng: np.random.Generator) -> Cell:
    """Two neighbouring digits the wrong way round: the checksum no longer fits."""
    places = [at for at in range(6, 16) if id18[at] != id18[at + 1]]
    if not places:
        return None
    at = places[int(rng.integers(0, len(places)))]
    return id18[:at] + id18[at + 1] + id18[at] + id18[at + 2 :]


def _fifteen(id18: str, rng: np.random.Generator) -> Cell:
    return id18[:6] + id18[8:17] if id18[6:8] == "19" and id18[14:17] < "996" else None


def _id_missing(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    found = _id(sheet, row)
    if found is None:
        return False
    sheet.spoil(row, found[0], None, "id_missing", recoverable=False)
    return True


def _date_otherwise(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    """A date in another shape than the rest of the sheet, or as the serial number that a spreadsheet stores."""
    at = _some(sheet, row, rng, ("date",))
    day = None if at is None else _as_day(sheet.cells[at][row])
    if at is None or day is None:
        return False
    shapes = [shape(day) for name, shape in DATE_SHAPES.items() if name != "cell"]
    shapes.append((day - date(1899, 12, 30)).days if day.year >= 1950 else day.isoformat())
    written = shapes[int(rng.integers(0, len(shapes)))]
    if written == sheet.cells[at][row]:
        return False
    sheet.spoil(row, at, written, "date_in_other_shape", recoverable=True)
    return True


def _date_impossible(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    at = _some(sheet, row, rng, ("date",))
    if at is None:
        return False
    written = ("2023-02-30", "20231301", "2023年6月31日", "二〇二三年")[int(rng.integers(0, 4))]
    sheet.spoil(row, at, written, "date_impossible", recoverable=False)
    return True


def _yes_no_otherwise(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    at = _some(sheet, row, rng, ("boolean",))
    if at is None:
        return False
    yes = sheet.cells[at][row] in ("是", "√", "1", "有")
    spellings = [
        one for one in (("√", "1", "是", "Y") if yes else ("×", "0", "否", "N")) if one != sheet.cells[at][row]
    ]
    written = spellings[int(rng.integers(0, len(spellings)))]
    sheet.spoil(row, at, written, "yes_no_otherwise", recoverable=True)
    return True


def _missing(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    """A value left out; an amount of money in half of the cases, so that incomes are missing too."""
    amounts = ("money",) if rng.random() < 0.5 else ("money", "decimal", "integer", "date", "boolean", "code", "month")
    at = _some(sheet, row, rng, amounts)
    if at is None:
        return False
    sheet.spoil(row, at, None, "value_missing", recoverable=False)
    return True


def _words_for_number(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    at = _some(sheet, row, rng, ("money", "decimal", "integer"))
    if at is None:
        return False
    value = sheet.cells[at][row]
    written = ("不详", "待核实", f"约{value}", "见附表")[int(rng.integers(0, 4))]
    sheet.spoil(row, at, written, "words_for_number", recoverable=False)
    return True


def _number_as_text(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    at = _some(sheet, row, rng, ("money",))
    value = None if at is None else sheet.cells[at][row]
    if at is None or not isinstance(value, int | float) or (isinstance(value, float) and value < 1):
        return False
    written = (f"{value:,}", f" {value} ", str(value).translate(_FULL_WIDTH))[int(rng.integers(0, 3))]
    sheet.spoil(row, at, written, "number_as_text", recoverable=True)
    return True


def _alias(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    """Another known word for the same code."""
    at = _some(sheet, row, rng, ("code",))
    if at is None:
        return False
    column, value = sheet.columns[at], str(sheet.cells[at][row])
    code = next((code for code, label in column.labels.items() if label == value), None)
    others = [
        text for text, meant in column.spellings.items() if meant == code and not text.isascii() and text != value
    ]
    if not others:
        return False
    sheet.spoil(row, at, others[int(rng.integers(0, len(others)))], "code_by_other_word", recoverable=True)
    return True


def _name_with_blanks(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    at = _some(sheet, row, rng, ("name",))
    if at is None:
        return False
    sheet.spoil(row, at, " ".join(str(sheet.cells[at][row])), "name_with_blanks", recoverable=True)
    return True


def _twice(sheet: Sheet, row: int, rng: np.random.Generator) -> bool:
    sheet.duplicate(row)
    return True


def _as_day(value: Cell) -> date | None:
    """The date in a cell written in one of our own shapes."""
    if isinstance(value, date):
        return value
    digits = "".join(one if one.isdigit() else " " for one in str(value)).split()
    if len(digits) == 1 and len(digits[0]) == 8:
        return date(int(digits[0][:4]), int(digits[0][4:6]), int(digits[0][6:]))
    return date(int(digits[0]), int(digits[1]), int(digits[2])) if len(digits) == 3 else None


def _list_the_dead(sheet: Sheet, rng: np.random.Generator, spared: Collection[int]) -> None:
    """Some who died stay on the registry's person sheet as if present."""
    ids = [column.id for column in sheet.columns]
    if sheet.contract.id != "registry_person" or "status" not in ids:
        return
    at = ids.index("status")
    labels = sheet.columns[at].labels
    for row, written in enumerate(sheet.cells[at]):
        if written == labels["dead"] and rng.random() < DEAD_STILL_LISTED_SHARE and row not in spared:
            sheet.spoil(row, at, labels["active"], "dead_still_listed", recoverable=False)


Mistake = Callable[[Sheet, int, np.random.Generator], bool]

_MISTAKES: tuple[tuple[float, Mistake], ...] = (
    (12, _on_id("id_as_number", _as_number, recoverable=False)),
    (3, _on_id("id_in_scientific_notation", _as_scientific, recoverable=False)),
    (8, _on_id("id_full_width", lambda one, rng: one.translate(_FULL_WIDTH), recoverable=True)),
    (8, _on_id("id_lower_case_x", lambda one, rng: one.lower() if one.endswith("X") else None, recoverable=True)),
    (10, _on_id("id_with_blanks", _with_blanks, recoverable=True)),
    (9, _on_id("id_digits_swapped", _swapped, recoverable=False)),
    (6, _on_id("id_of_15_digits", _fifteen, recoverable=True)),
    (4, _id_missing),
    (10, _date_otherwise),
    (3, _date_impossible),
    (7, _yes_no_otherwise),
    (10, _missing),
    (5, _words_for_number),
    (6, _number_as_text),
    (6, _alias),
    (4, _name_with_blanks),
    (5, _twice),
)
