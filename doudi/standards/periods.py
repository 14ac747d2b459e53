"""Months, income years and ages.

An income year (收入年度) runs from 1 October of the year before to 30 September; it is named after the year it ends in.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

_MONTH = re.compile(r"^(\d{4})(?:[-./年]?)(\d{1,2})月?$")
_FIRST_MONTH_OF_INCOME_YEAR = 10


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; `str()` gives `2023-07`, the form in which months are stored and sorted."""

    year: int
    number: int

    def __init__(self, text: str | int | date, number: int | None = None) -> None:
        """From text (2023-07, 202307, 2023.7, 2023年7月), a date in it, or year and number. Raises ValueError."""
        if isinstance(text, date):
            year, found = text.year, text.month
        elif number is not None:
            year, found = int(text), number
        else:
            match = _MONTH.match(unicodedata.normalize("NFKC", str(text)).strip())
            if match is None:
                raise ValueError(f"不是月份：{text}（应写作 2023-07）")
            year, found = int(match[1]), int(match[2])
        if not 1 <= found <= 12 or not 1 <= year <= 9999:
            raise ValueError(f"不是月份：{text}（应写作 2023-07）")
        object.__setattr__(self, "year", year)
        object.__setattr__(self, "number", found)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def __add__(self, months: int) -> "Month":
        years, index = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(years, index + 1)

    def __sub__(self, months: int) -> "Month":
        return self + -months

    @property
    def compact(self) -> str:
        """`202307`, the form in file names and in the national exports."""
        return f"{self.year:04d}{self.number:02d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return (self + 1).first_day - timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class IncomeYear:
    """The income year that ends on 30 September of `year`."""

    year: int

    @property
    def starts(self) -> date:
        return date(self.year - 1, _FIRST_MONTH_OF_INCOME_YEAR, 1)

    @property
    def ends(self) -> date:
        return date(self.year, _FIRST_MONTH_OF_INCOME_YEAR - 1, 30)

    @property
    def previous(self) -> "IncomeYear":
        return IncomeYear(self.year - 1)

    @classmethod
    def of(cls, day: date) -> Self:
        """The income year a day falls in."""
        return cls(day.year + 1 if day.month >= _FIRST_MONTH_OF_INCOME_YEAR else day.year)

    @classmethod
    def last_completed(cls, as_of: date) -> Self:
        """The latest income year whose last day lies before the day `as_of`."""
        return cls(cls.of(as_of).year - 1)

    def __contains__(self, day: date) -> bool:
        return self.starts <= day <= self.ends

    def __str__(self) -> str:
        return str(self.year)


def months_between(earlier: date | Month, later: date | Month) -> int:
    """Whole months from one day to another (negative when reversed); a month counts when its day is reached.

    Between two `Month`s the days do not matter: 2023-01 to 2023-07 is 6.
    """
    if isinstance(earlier, Month) or isinstance(later, Month):
        first, last = Month(str(earlier)[:7]), Month(str(later)[:7])
        return (last.year - first.year) * 12 + last.number - first.number
    if later < earlier:
        return -months_between(later, earlier)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    month_ends = (later + timedelta(days=1)).month != later.month
    return months if later.day >= earlier.day or month_ends else months - 1


def age_on(birth: date, day: date) -> int:
    """Completed years of age on a day (周岁), negative before birth; born on 29 February: a year older on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
