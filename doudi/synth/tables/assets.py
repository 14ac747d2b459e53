"""Registers that speak against hardship: vehicles, businesses, payroll, property, deposits (exclusion signals)."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.synth.county import names
from doudi.synth.county.arrays import (
    Flags,
    Floats,
    Ints,
    chance,
    chosen,
    coded,
    dates,
    day_number,
    numbers,
    picked,
    serials,
)
from doudi.synth.county.families import HEAD
from doudi.synth.county.whole import County


def adults(
    county: County, purpose: str, share: float, *, youngest: int = 22, oldest: int = 65
) -> tuple[Ints, np.random.Generator]:
    """Rows of some adults, a share of all households having one: heads and their grown relatives."""
    rng = chance(county.seed, purpose)
    age = county.people.age
    able = county.people.active & (age >= youngest) & (age <= oldest)
    preferred: Flags = able & ((county.members.slot == HEAD) | (rng.random(county.persons) < 0.3))
    return np.flatnonzero(chosen(rng, preferred, share, 3)), rng


def vehicle(county: County) -> pa.Table:
    rows, rng = adults(county, "vehicles", 0.14)
    count = len(rows)
    value: Floats = np.round(rng.lognormal(np.log(62_000), 0.5, count), -2)
    return county.about(
        rows,
        {
            "plate_masked": serials("示·A**", rng.integers(0, 1000, count), 3),
            "vehicle_kind": coded(picked(rng, (0.7, 0.2, 0.1), count), ("小型轿车", "小型普通客车", "轻型货车")),
            "value_yuan": numbers(value),
            "registered_on": dates(day_number(county.as_of) - rng.integers(20, 3500, count)),
        },
    )


def business_registration(county: County) -> pa.Table:
    rows, rng = adults(county, "businesses", 0.025)
    count = len(rows)
    ended = rng.random(count) < 0.15
    failed = chosen(rng, ended, 0.15, 2)
    today = day_number(county.as_of)
    started = today - rng.integers(500, 4000, count)
    return county.about(
        rows,
        {
            "business_name": serials("示例县虚构商行", rng.integers(0, 10**5, count), 5),
            "business_kind": coded(picked(rng, (0.12, 0.8, 0.08), count), ("company", "sole_trader", "cooperative")),
            "business_status": coded(np.where(failed, 2, np.where(ended, 1, 0)), ("active", "closed", "bankrupt")),
            "registered_on": dates(started),
            "ended_on": dates(
                np.where(failed, today - rng.integers(20, 340, count), started + rng.integers(100, 480, count)),
                null=~ended,
            ),
            "yearly_turnover": numbers(np.where(ended, 0.0, np.round(rng.lognormal(np.log(60_000), 0.9, count), -2))),
        },
    )


def payroll(county: County) -> pa.Table:
    rows, rng = adults(county, "payroll", 0.008, oldest=59)
    return county.about(
        rows,
        {
            "employer": coded(rng.integers(0, len(names.HELPER_UNITS), len(rows)), names.HELPER_UNITS),
            "since": dates(day_number(county.as_of) - rng.integers(400, 7000, len(rows))),
        },
    )


def property_registration(county: County) -> pa.Table:
    rows, rng = adults(county, "property", 0.03)
    count = len(rows)
    return county.about(
        rows,
        {
            "property_kind": coded(picked(rng, (0.85, 0.08, 0.07), count), ("flat", "shop", "other")),
            "area_m2": numbers(np.round(rng.normal(98, 22, count).clip(20, 220), 2)),
            "located_county": coded(picked(rng, (0.7, 0.3), count), (names.COUNTY, "演示区")),
            "registered_on": dates(day_number(county.as_of) - rng.integers(30, 4500, count)),
        },
    )


def asset_check(county: County) -> pa.Table:
    """What banks hold for the families that were checked with their consent."""
    rows, rng = adults(county, "deposits", 0.08)
    count = len(rows)
    return county.about(
        rows,
        {
            "deposits": numbers(np.round(rng.lognormal(np.log(12_000), 1.1, count))),
            "securities": numbers(np.where(rng.random(count) < 0.02, 8_000.0, 0.0)),
            "checked_on": dates(day_number(county.as_of) - rng.integers(5, 160, count)),
        },
    )


ASSET_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make for make in (vehicle, business_registration, payroll, property_registration, asset_check)
}
