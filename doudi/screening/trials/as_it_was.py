"""The registry, the tables and the rules as they stand for a day in the past.

What cannot be known any more is said: the registry keeps no history, so an enrolment or exit after the day is undone
and persons born after it are left out, but health, work and housing of a person are those of today unless the registry
of that month was kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook import MissingParameter, Parameter, Rulebook
from doudi.rulebook.value_types import ValueType
from doudi.screening.inputs import FeedRows, RegistryTables, Rows, standing
from doudi.standards.periods import IncomeYear, Month
from doudi.standards.regions import RegionCode, RegionLevel

OF_ENROLMENT = (
    "monitor_type", "enrolled_month", "exited_month", "risk_cleared", "risk_1", "risk_2", "risk_3", "risk_4", "risk_5",
    "dev_status",
)  # fmt: skip
"""Columns of the household table that an enrolment fills."""


def last_whole_month(day: date) -> Month:
    """The latest month that is over on the evening of a day: an enrolment of that month is known."""
    month = Month(day)
    return month if month.last_day == day else month - 1


def registry_at(registry: RegistryTables, day: date) -> RegistryTables:
    """The registry with later enrolments and exits undone and later births left out.

    A household enrolled without a month counts as enrolled all along. Enrolments are known by month: one of the month
    of `day` is undone unless `day` is that month's last.
    """
    limit = str(last_whole_month(day))
    household = as_table(registry.household)
    if "enrolled_month" in household.column_names:
        later = pc.fill_null(pc.greater(household["enrolled_month"], limit), False)
        for name in OF_ENROLMENT:
            if name in household.column_names:
                household = _emptied(household, name, later)
    if "exited_month" in household.column_names:
        not_yet = pc.fill_null(pc.greater(household["exited_month"], limit), False)
        household = _emptied(household, "exited_month", not_yet)
        if "risk_cleared" in household.column_names:
            household = _emptied(household, "risk_cleared", not_yet)
    person = as_table(registry.person)
    if "birth_date" in person.column_names:
        person = person.filter(pc.fill_null(pc.less_equal(person["birth_date"], pa.scalar(day)), True))
    return replace(registry, household=household, person=person)


def as_table(rows: Rows) -> pa.Table:
    if isinstance(rows, pa.Table):
        return rows
    return pa.concat_tables([pq.read_table(path) for path in rows], promote_options="default")


def _emptied(table: pa.Table, name: str, where: pa.ChunkedArray) -> pa.Table:
    column = table[name]
    blank = pa.scalar(None, column.type)
    return table.set_column(table.column_names.index(name), name, pc.if_else(where, blank, column))


@dataclass(frozen=True)
class FeedsAt:
    """The feeds for a day: `rows` (all of them), those taken `by_event_date`, and those `absent` then."""

    rows: tuple[FeedRows, ...]
    by_event_date: tuple[str, ...]
    absent: tuple[str, ...]


def feeds_at(snapshots: Iterable[Snapshot], rulebook: Rulebook, day: date) -> FeedsAt:
    """The deliveries of months up to the day's.

    An events feed without any such delivery is taken from later ones: the rows whose dates lie on or before the day.
    That is kinder than life was, since the department told of them later. A state feed without a delivery is absent.
    """
    kinds = {source.id: source.kind for source in rulebook.sources.values() if source.is_feed}
    found = list(snapshots)
    there = standing(found, kinds, as_of=day)
    ever = standing(found, kinds, as_of=date.max)
    by_date: list[str] = []
    absent: list[str] = []
    for feed, later in ever.items():
        if feed in there:
            continue
        columns = _event_dates(rulebook, feed)
        if kinds[feed] == "events" and columns:
            table = as_table(later.rows)
            there[feed] = replace(later, rows=_up_to(table, columns, day))
            by_date.append(feed)
        else:
            absent.append(feed)
    return FeedsAt(tuple(there.values()), tuple(sorted(by_date)), tuple(sorted(absent)))


def _event_dates(rulebook: Rulebook, feed: str) -> list[str]:
    """The columns by which facts tell when something of a feed happened; else all its days."""
    windows = {
        fact.window.column for fact in rulebook.facts.values() if fact.source.id == feed and fact.window is not None
    }
    columns = rulebook.sources[feed].columns
    return sorted(windows) or [name for name, column in columns.items() if column.kind is ValueType.DATE]


def _up_to(table: pa.Table, columns: Iterable[str], day: date) -> pa.Table:
    """Rows of which every date that is given lies on or before the day, and at least one is given."""
    there = [name for name in columns if name in table.column_names]
    dated = pa.array([False] * table.num_rows, pa.bool_())
    early = pa.array([True] * table.num_rows, pa.bool_())
    for name in there:
        given = pc.is_valid(table[name])
        dated = pc.or_(dated, given)
        early = pc.and_(early, pc.fill_null(pc.less_equal(table[name], pa.scalar(day)), True))
    return table.filter(pc.and_(dated, early))


@dataclass(frozen=True)
class RulesThen:
    """A rulebook that runs today's rules on earlier days; `carried_back`: parameters whose first value was used."""

    rulebook: Rulebook
    rules: tuple[str, ...]
    carried_back: tuple[str, ...]


def rules_then(rulebook: Rulebook, *, today: date, days: Iterable[date], region_codes: Iterable[str]) -> RulesThen:
    """Today's rules about households and persons, as if in force on all the days.

    Thresholds are those that held on each day; where a parameter has no value for a day yet, its earliest one is used.
    """
    every = sorted(days)
    chosen = [rule for rule in rulebook.rules_on(today) if not rule.regional]
    rules = dict(rulebook.rules) | {
        rule.id: replace(rule, in_force_from=min(rule.in_force_from, every[0]), in_force_until=None) for rule in chosen
    }
    counties = {RegionCode(code).at(RegionLevel.COUNTY) or RegionCode(code) for code in region_codes}
    parameters: dict[str, Parameter] = {}
    carried: list[str] = []
    for name, parameter in rulebook.parameters.items():
        parameters[name] = parameter
        below = {area for area in parameter.regions for county in counties if county.covers(area)}
        for area in sorted(counties | below):
            for day in every:
                parameters[name] = _carried_back(parameters[name], area, day)
        if parameters[name] is not parameter:
            carried.append(name)
    book = replace(rulebook, rules=MappingProxyType(rules), parameters=MappingProxyType(parameters))
    return RulesThen(book, tuple(rule.id for rule in chosen), tuple(carried))


def _carried_back(parameter: Parameter, area: RegionCode, day: date) -> Parameter:
    """The parameter with a value for a region on a day: what it has, else the next later one; else as it is."""
    try:
        parameter.value(region=area, on=day)
    except MissingParameter:
        year = IncomeYear.last_completed(day).year
        for region in (area, *area.ancestors):
            held = parameter.entries.get(region, ())
            later = [one for one in held if one.starts > day or (one.income_year or 0) > year]
            first = next((one for one in later if one.value is not None), None)
            if first is not None:
                if parameter.by == "income_year":
                    more = replace(first, income_year=year, starts=IncomeYear(year).starts)
                else:
                    more = replace(first, starts=day, until=None)
                entries = dict(parameter.entries) | {region: tuple(sorted((*held, more), key=lambda one: one.starts))}
                return replace(parameter, entries=MappingProxyType(entries))
    return parameter
