"""Reckoning the truth: the county seen by household, its department tables row by row, days and months back."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from doudi.synth.county.arrays import Flags, Ints, a_household, day_number
from doudi.synth.county.whole import County
from doudi.synth.thresholds import Thresholds

Found = tuple[Flags, Callable[[int], str]]
"""Households of one kind, and the detail to write down for one of them."""


class Truth:
    """The county seen by household."""

    def __init__(self, county: County, tables: Mapping[str, pa.Table], thresholds: Thresholds) -> None:
        self.county, self.tables, self.at = county, tables, thresholds
        self.income = county.economy.year.per_capita
        self.before = county.economy.before.per_capita

    def anybody(self, flags: Flags) -> Flags:
        """Households with a present member for whom the flag is true."""
        here = self.county.people.active & flags
        return a_household(self.county.members.household, here, self.county.households) > 0

    def summed(self, feed: str, keep: Callable[[pa.Table], Flags], value: str | None = None) -> np.ndarray:
        """Per household: how many rows of a feed to keep, or the sum of a column over them."""
        table = self.tables[feed]
        mask = keep(table)
        homes = self.county.members.household[table["person_row"].to_numpy()[mask]]
        weights = None if value is None else table[value].to_numpy()[mask]
        return np.bincount(homes, weights=weights, minlength=self.county.households)

    def persons(self, feed: str, keep: Flags) -> Flags:
        """Persons with a row of a feed that is kept."""
        found = np.zeros(self.county.persons, dtype=np.bool_)
        found[self.tables[feed]["person_row"].to_numpy()[keep]] = True
        return found

    def homes(self, persons: Flags) -> Flags:
        """Households with such a person on the register, also one who died or left."""
        return a_household(self.county.members.household, persons, self.county.households) > 0

    def since(self, rows: pa.Table, column: str, months: str) -> Flags:
        """Rows whose day lies within the months that a parameter says."""
        return days_of(rows, column) >= self.days_ago(int(self.at.number(months)))

    def days_ago(self, months: int) -> int:
        """The day number that lies whole months before the day of reckoning."""
        return day_number(months_before(self.county.as_of, months))


def months_before(day: date, months: int) -> date:
    """The same day of the month, months earlier; the last day of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def days_of(table: pa.Table, column: str) -> Ints:
    """Day numbers of a date column; long ago where there is none."""
    return table[column].combine_chunks().view(pa.int32()).fill_null(-(10**6)).to_numpy()


def is_code(table: pa.Table, column: str, *codes: str) -> Flags:
    return pa.compute.is_in(table[column], pa.array(codes)).fill_null(False).to_numpy()


def is_true(table: pa.Table, column: str) -> Flags:
    return table[column].fill_null(False).to_numpy()
