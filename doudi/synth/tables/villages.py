"""What befalls whole villages: more rows in the departments' tables, and the tables about villages themselves."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.synth.county import names
from doudi.synth.county.arrays import Flags, Ints, chance, coded, dates, day_number, numbers
from doudi.synth.county.villages import Befallen, Event
from doudi.synth.county.whole import County

_PRODUCTS = (("连翘", 52.0), ("黄芩", 21.0), ("玉露香梨", 5.6), ("核桃", 11.0), ("香菇", 9.8), ("肉牛", 34.0))
"""Main products with an ordinary price, yuan a kilogram."""
_STRUCK, _DRY, _LAID_OFF = 0.2, 0.85, 0.16
"""Shares of the households of a befallen village."""


def village_tables(county: County) -> dict[str, pa.Table]:
    """The feeds about villages."""
    return {"village_product": village_product(county), "village_workshop": village_workshop(county)}


def with_events(county: County, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The departments' tables with what befalls villages as a whole."""
    befallen = Befallen.of(county.places, county.seed)
    changed = dict(tables)
    changed["disaster_loss"] = _struck(county, tables["disaster_loss"], befallen)
    changed["water_supply"] = _dry(county, tables["water_supply"], befallen)
    changed["employment"] = _laid_off(county, tables["employment"], befallen)
    return changed


def _some(rng: np.random.Generator, eligible: Flags, share: float, least: int) -> Ints:
    rows = np.flatnonzero(eligible)
    wanted = min(len(rows), max(least, round(len(rows) * share)))
    return np.sort(rng.permutation(rows)[:wanted])


def _struck(county: County, table: pa.Table, befallen: Befallen) -> pa.Table:
    """A flood three weeks ago, with small losses, for households that had none."""
    rng = chance(county.seed, "struck village")
    had = np.zeros(county.households, dtype=np.bool_)
    had[county.members.household[table["person_row"].to_numpy()]] = True
    homes = _some(rng, befallen.households(Event.STRUCK) & ~had, _STRUCK, 8)
    count = len(homes)
    rows = county.about(
        county.head_rows[homes],
        {
            "disaster_kind": coded(np.zeros(count, dtype=np.int64), ("flood",)),
            "happened_on": dates(np.full(count, day_number(county.as_of) - 21)),
            "loss_yuan": numbers(np.round(rng.uniform(600, 4_500, count), -1)),
            "house_damage": coded(np.zeros(count, dtype=np.int64), ("none",)),
        },
    )
    return pa.concat_tables([table, rows], promote_options="default")


def _dry(county: County, table: pa.Table, befallen: Befallen) -> pa.Table:
    """Five days without water for most households."""
    rng = chance(county.seed, "dry village")
    homes = _some(rng, befallen.households(Event.DRY), _DRY, 12)
    without = np.isin(county.members.household[table["person_row"].to_numpy()], homes)
    days = table["days_without"].to_numpy(zero_copy_only=False)
    return _with(table, "days_without", numbers(np.where(without, np.maximum(days, 5.0), days)))


def _laid_off(county: County, table: pa.Table, befallen: Befallen) -> pa.Table:
    """One worker each of some households dismissed by the same employer, eighteen days ago."""
    rng = chance(county.seed, "laid off")
    rows = table["person_row"].to_numpy()
    homes = county.members.household[rows]
    employed = pc.equal(table["employment_status"], "employed").to_numpy(zero_copy_only=False)
    there = employed & befallen.households(Event.LAID_OFF)[homes] & county.people.active[rows]
    there &= ~county.people.public_job[rows]
    _, first = np.unique(np.where(there, homes, -1), return_index=True)
    one_a_home = np.zeros(len(rows), dtype=np.bool_)
    one_a_home[first] = True
    out = np.zeros(len(rows), dtype=np.bool_)
    out[_some(rng, there & one_a_home, _LAID_OFF, 12)] = True
    mask, day = pa.array(out), pa.scalar(day_number(county.as_of) - 18, pa.int32()).cast(pa.date32())
    values = {
        "employment_status": pa.scalar("unemployed"),
        "employer": pa.scalar(names.EMPLOYERS[0]),
        "ended_on": day,
        "unemployed_since": day,
    }
    for name, value in values.items():
        table = _with(table, name, pc.if_else(mask, value, table[name]))
    return table


def _with(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def _about(county: County, villages: Ints) -> dict[str, pa.Array]:
    places = county.places
    return {
        "township": coded(places.township_of_village[villages], [name for _, name in places.townships]),
        "village": coded(villages, [name for _, name in places.villages]),
        "region_code": coded(villages, [code for code, _ in places.villages]),
    }


def _sizes(county: County) -> Ints:
    places = county.places
    return np.bincount(places.village_of_household, minlength=len(places.villages))


def village_product(county: County) -> pa.Table:
    """Every village's main product and, for some, a second one; where a price collapsed it fell by two fifths."""
    rng = chance(county.seed, "products")
    count = len(county.places.villages)
    villages = np.concatenate((np.arange(count), np.flatnonzero(rng.random(count) < 0.4)))
    main = np.arange(len(villages)) < count
    product = (rng.integers(0, len(_PRODUCTS), len(villages)) + np.where(main, 0, 1)) % len(_PRODUCTS)
    before = np.array([price for _, price in _PRODUCTS])[product] * rng.uniform(0.95, 1.05, len(villages))
    befallen = np.isin(villages, Befallen.of(county.places, county.seed).villages.get(Event.PRICE, np.array([])))
    change = np.where(befallen & main, 0.6, rng.uniform(0.88, 1.15, len(villages)))
    share = np.where(main, rng.uniform(0.35, 0.6, len(villages)), rng.uniform(0.05, 0.15, len(villages)))
    return pa.table(
        _about(county, villages)
        | {
            "product": coded(product, [name for name, _ in _PRODUCTS]),
            "is_main": numbers(main),
            "price_now": numbers(np.round(before * change, 2)),
            "price_before": numbers(np.round(before, 2)),
            "households_growing": numbers(np.round(_sizes(county)[villages] * share).astype(np.int64)),
        }
    )


def village_workshop(county: County) -> pa.Table:
    """A workshop in some villages; that of a befallen village stopped six weeks ago."""
    rng = chance(county.seed, "workshops")
    count = len(county.places.villages)
    befallen = Befallen.of(county.places, county.seed).villages.get(Event.WORKSHOP, np.array([], dtype=np.int64))
    shut = np.isin(np.arange(count), befallen)
    villages = np.flatnonzero(shut | (rng.random(count) < 0.3))
    shut = shut[villages]
    workers = np.where(shut, rng.integers(16, 29, len(villages)), rng.integers(8, 40, len(villages)))
    closed = day_number(county.as_of) - rng.integers(35, 55, len(villages))
    titles = [f"{name}帮扶车间" for _, name in county.places.villages]
    return pa.table(
        _about(county, villages)
        | {
            "workshop": coded(villages, titles),
            "workshop_status": coded(np.where(shut, 1, 0), ("open", "suspended")),
            "workers": numbers(workers),
            "households": numbers(np.round(workers * 0.85).astype(np.int64)),
            "closed_on": dates(closed, null=~shut),
        }
    )
