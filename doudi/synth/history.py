"""The months behind the county: what the departments delivered each month, and enrolments that followed what happened.

The county is drawn as it is on the day of reckoning. Its past is worked out backwards: an event belongs to the delivery
of its month, a state is left without what began later, and some households to which something grave happened are
enrolled one to six months afterwards. That gives a look-back something to find; it is no model of a real year.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.contract import Contract
from doudi.standards.codes import MonitorType, RiskType
from doudi.standards.periods import Month
from doudi.synth.county.arrays import Flags, Ints, chance, day_number
from doudi.synth.county.monitoring import NONE, RISKS, TYPES
from doudi.synth.county.whole import County
from doudi.synth.thresholds import Thresholds

NEVER = np.iinfo(np.int64).max
_FOLLOWED = 0.85
"""Share of the households with a grave event that are enrolled for it in the months looked at."""
_FALL_OFF = 5
"""So many months back at most begins what a state tells only of the present: dry taps, a child out of school."""


def followed_events(county: County, tables: Mapping[str, pa.Table], thresholds: Thresholds, *, months: int) -> County:
    """The county with some households enrolled one to six months after something grave happened to them."""
    rng = chance(county.seed, "followed events")
    today, count = day_number(county.as_of), county.households
    earliest = day_number((Month(county.as_of) - months).first_day)
    happened, risk = np.full(count, NEVER), np.full(count, NONE)
    for cause, days in _events(county, tables, thresholds):
        days = np.where(days >= earliest, days, NEVER)
        first = days < happened
        happened, risk = np.where(first, days, happened), np.where(first, RISKS.index(cause), risk)
    since = happened + rng.integers(30, 183, count)
    monitoring = county.monitoring
    follows = (monitoring.type < 0) & (happened < NEVER) & (since <= today - 5) & (rng.random(count) < _FOLLOWED)
    kind = np.where(
        county.economy.alleviated,
        TYPES.index(MonitorType.UNSTABLE_ALLEVIATED),
        TYPES.index(MonitorType.SUDDEN_HARDSHIP),
    )
    followed = replace(
        monitoring,
        type=np.where(follows, kind, monitoring.type),
        enrolled_day=np.where(follows, since, monitoring.enrolled_day),
        risk_1=np.where(follows, risk, monitoring.risk_1),
    )
    return replace(county, monitoring=followed)


def _events(county: County, tables: Mapping[str, pa.Table], thresholds: Thresholds) -> Iterator[tuple[RiskType, Ints]]:
    """For each kind of grave event the day it first happened to each household; `NEVER` where it did not."""
    people, homes = county.people, county.members.household

    def of_persons(flags: Flags, days: Ints) -> Ints:
        first = np.full(county.households, NEVER)
        np.minimum.at(first, homes[flags], days[flags])
        return first

    yield RiskType.ILLNESS, of_persons(people.active & people.major, people.diagnosed_day)
    severe = np.isin(people.grade, list(thresholds.severe_disability_grades)) & people.active
    yield RiskType.DISABILITY, of_persons(severe, people.certified_day)
    bills = tables["medical_settlement"]
    yield RiskType.ILLNESS, _passed(county, bills, "self_paid", "settled_on", thresholds.self_paid_yellow)
    jobs = tables["employment"]
    earns, out = county.top_earners(), np.full(county.persons, NEVER)
    since = jobs["unemployed_since"].combine_chunks().view(pa.int32())
    out[jobs["person_row"].to_numpy()] = np.where(
        since.is_valid().to_numpy(zero_copy_only=False), since.fill_null(0).to_numpy(), NEVER
    )
    yield RiskType.UNSTABLE_EMPLOYMENT, of_persons(earns & (out < NEVER), out)
    losses = tables["disaster_loss"]
    yield (
        RiskType.NATURAL_DISASTER,
        _passed(county, losses, "loss_yuan", "happened_on", thresholds.disaster_loss_yellow),
    )


def _passed(county: County, table: pa.Table, value: str, day: str, limit: float) -> Ints:
    """The day on which the sum of a column passed a limit, by household."""
    rows = county.members.household[table["person_row"].to_numpy()]
    days = table[day].combine_chunks().view(pa.int32()).fill_null(0).to_numpy().astype(np.int64)
    amounts = pc.fill_null(table[value], 0).to_numpy().astype(np.float64)
    order = np.lexsort((days, rows))
    rows, days, amounts = rows[order], days[order], amounts[order]
    sums = np.cumsum(amounts)
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else np.array([], dtype=np.int64)
    before = np.repeat(np.r_[0.0, sums][starts], np.diff(np.r_[starts, len(rows)]))
    over = sums - before > limit
    first = np.full(county.households, NEVER)
    np.minimum.at(first, rows[over], days[over])
    return first


def deliveries(county: County, contract: Contract, table: pa.Table, *, months: int) -> Iterator[tuple[Month, pa.Table]]:
    """What the department delivered in each of the last months, the day of reckoning's own not among them."""
    last = Month(county.as_of) - 1
    wanted = [last - back for back in range(months - 1, -1, -1)]
    dated = [column.id for column in contract.columns if column.type == "date" and column.id in table.column_names]
    if contract.kind == "events" and dated:
        told = pc.coalesce(*(table[name] for name in dated))
        for month in wanted:
            in_it = pc.less_equal(told, pa.scalar(month.last_day))
            if month != wanted[0]:
                in_it = pc.and_(in_it, pc.greater_equal(told, pa.scalar(month.first_day)))
            elif month == wanted[-1]:
                in_it = pc.fill_null(in_it, True)
            yield month, table.filter(pc.fill_null(in_it, month == wanted[-1]))
        return
    for month in wanted:
        if month == last:
            yield month, table
        else:
            yield month, _earlier(county, contract, table, dated, month)


def _earlier(county: County, contract: Contract, table: pa.Table, dated: list[str], month: Month) -> pa.Table:
    """A state as it was at the end of a month: without what began or was told later."""
    end: date = month.last_day
    began = _BEGINS.get(contract.id)
    if began is not None:
        table = table.filter(pc.fill_null(pc.less_equal(table[began], pa.scalar(end)), True))
    for name in dated:
        later = pc.fill_null(pc.greater(table[name], pa.scalar(end)), False)
        if contract.id == "employment" and name == "unemployed_since":
            table = _set(table, "employment_status", later, "employed")
        table = _set(table, name, later, None)
    if contract.id not in _ORDINARY:
        return table
    rng = chance(county.seed, f"fall off {contract.id}")
    begins_back = rng.integers(1, _FALL_OFF + 1, county.persons)[table["person_row"].to_numpy()]
    back = (Month(county.as_of).year - month.year) * 12 + Month(county.as_of).number - month.number
    not_yet = pa.array(begins_back < back)
    for name, ordinary in _ORDINARY[contract.id].items():
        table = _set(table, name, not_yet, ordinary)
    return table


def _set(table: pa.Table, name: str, where: pa.Array | pa.ChunkedArray, value: object) -> pa.Table:
    column = table[name]
    put = pc.if_else(where, pa.scalar(value, column.type), column)
    return table.set_column(table.column_names.index(name), name, put)


_BEGINS = {
    "health_disease": "diagnosed_on",
    "disability_certificate": "issued_on",
    "housing_appraisal": "appraised_on",
    "work_register": "started_on",
    "work_visit": "visited_on",
}
"""State feeds in which a row exists since a day."""
_ORDINARY: Mapping[str, Mapping[str, object]] = {
    "water_supply": {"days_without": 0.0},
    "school_roll": {"status": "enrolled", "absent_days": 0},
}
"""State feeds without days: what stood there before it came to what it is now."""
