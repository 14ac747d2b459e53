"""AGE_ON, WHOLE_MONTHS and WHOLE_DAYS: the calendar functions of rules, as plain SQL that every engine counts alike.

They agree with `doudi.standards.periods` (a test holds them to it).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from doudi.rulebook.value_types import ValueType


@dataclass(frozen=True, slots=True)
class CalendarFunction:
    """Builds the SQL of a function of an earlier and a later day (or month)."""

    kinds: tuple[ValueType, ...]
    build: Callable[[exp.Expression, ValueType, exp.Expression, ValueType], exp.Expression]


def _number(value: int) -> exp.Expression:
    return exp.Literal.number(value)


def _times(value: exp.Expression, factor: int) -> exp.Expression:
    return exp.Mul(this=value, expression=_number(factor))


def _plus(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return exp.Add(this=left, expression=right)


def _minus(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return exp.Sub(this=left, expression=exp.Paren(this=right))


def _year(day: exp.Expression) -> exp.Expression:
    return exp.Year(this=day.copy())


def _day_of_year(day: exp.Expression) -> exp.Expression:
    """Month × 100 + day: sorts the days of a year."""
    return _plus(_times(exp.Month(this=day.copy()), 100), exp.Day(this=day.copy()))


def _one_if(condition: exp.Expression) -> exp.Expression:
    return exp.Case(ifs=[exp.If(this=condition, true=_number(1))], default=_number(0))


def _age(birth: exp.Expression, _birth: ValueType, day: exp.Expression, _day: ValueType) -> exp.Expression:
    not_yet = exp.LT(this=_day_of_year(day), expression=_day_of_year(birth))
    return _minus(_minus(_year(day), _year(birth)), _one_if(not_yet))


def _month_number(value: exp.Expression, kind: ValueType) -> exp.Expression:
    """Months since year 0."""
    if kind is ValueType.MONTH:
        year = exp.cast(exp.Substring(this=value.copy(), start=_number(1), length=_number(4)), "INT")
        month = exp.cast(exp.Substring(this=value.copy(), start=_number(6), length=_number(2)), "INT")
        return _plus(_times(year, 12), month)
    return _plus(_times(_year(value), 12), exp.Month(this=value.copy()))


def _day_not_reached(earlier: exp.Expression, later: exp.Expression) -> exp.Expression:
    """1 when the day of the month is not reached, unless the later day ends its month."""
    tomorrow = exp.DateAdd(this=later.copy(), expression=_number(1), unit=exp.var("DAY"))
    return _one_if(
        exp.And(
            this=exp.LT(this=exp.Day(this=later.copy()), expression=exp.Day(this=earlier.copy())),
            expression=exp.NEQ(this=exp.Day(this=exp.cast(tomorrow, "DATE")), expression=_number(1)),
        )
    )


def _months(
    earlier: exp.Expression, earlier_kind: ValueType, later: exp.Expression, later_kind: ValueType
) -> exp.Expression:
    months = _minus(_month_number(later, later_kind), _month_number(earlier, earlier_kind))
    if ValueType.MONTH in (earlier_kind, later_kind):
        return months
    return exp.Case(
        ifs=[
            exp.If(
                this=exp.GTE(this=later.copy(), expression=earlier.copy()),
                true=_minus(months, _day_not_reached(earlier, later)),
            )
        ],
        default=_plus(months.copy(), _day_not_reached(later, earlier)),
    )


def _days(earlier: exp.Expression, _earlier: ValueType, later: exp.Expression, _later: ValueType) -> exp.Expression:
    return exp.DateDiff(this=later, expression=earlier, unit=exp.var("DAY"))


FUNCTIONS: Final[dict[str, CalendarFunction]] = {
    "AGE_ON": CalendarFunction((ValueType.DATE,), _age),
    "WHOLE_MONTHS": CalendarFunction((ValueType.DATE, ValueType.MONTH), _months),
    "WHOLE_DAYS": CalendarFunction((ValueType.DATE,), _days),
}
"""By name in upper case; the result is a number of completed years, months or days, negative when reversed."""
