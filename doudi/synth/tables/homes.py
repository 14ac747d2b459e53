"""The home: how safe the house is, when it was looked at, what the weather did to it, and its water."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from doudi.synth.county.arrays import Floats, Ints, chance, chosen, coded, dates, day_number, numbers, picked, serials
from doudi.synth.county.housing import make_housing
from doudi.synth.county.whole import County

_KINDS = ("flood", "hail", "wind", "landslide")
_EARTH, _BRICK_WOOD, _BRICK_CONCRETE, _FRAME = range(4)


def housing_appraisal(county: County) -> pa.Table:
    housing, heads = make_housing(county), county.head_rows
    homes = np.flatnonzero(housing.appraised)
    building = housing.rebuilding[homes]
    status = np.where(building, 2, np.where(housing.dangerous[homes], 1, 0))
    return county.about(
        heads[homes],
        {
            "house_no": serials("FW", homes + 1, 8),
            "housing_grade": coded(housing.grade[homes], housing.grades),
            "appraised_on": dates(housing.appraised_day[homes]),
            "only_home": numbers(housing.only_home[homes]),
            "lives_in": numbers((housing.only_home | housing.inhabited)[homes]),
            "rebuild_status": coded(status, ("not_needed", "not_started", "in_progress")),
            "rebuild_started_on": dates(housing.rebuild_started_day[homes], null=~building),
        },
    )


@dataclass(frozen=True, slots=True)
class _Disasters:
    """The households struck in the last weeks: index, kind (into `_KINDS`), day and loss."""

    homes: Ints
    kind: Ints
    day: Ints
    loss: Floats


def _disasters(county: County) -> _Disasters:
    rng = chance(county.seed, "disasters")
    heavy = chosen(rng, np.ones(county.households, dtype=np.bool_), 0.004, 3)
    struck = heavy | (rng.random(county.households) < 0.008)
    homes = np.flatnonzero(struck)
    count = len(homes)
    loss = np.where(
        heavy[homes], rng.lognormal(np.log(11_000), 0.5, count).clip(5_200, 60_000), rng.uniform(400, 4_800, count)
    )
    kind = picked(rng, (0.6, 0.1, 0.2, 0.1), count)
    return _Disasters(
        homes, kind, day_number(county.as_of) - rng.integers(4, 45, count), np.round(loss, -1).astype(np.float64)
    )


def disaster_loss(county: County) -> pa.Table:
    struck = _disasters(county)
    rng = chance(county.seed, "damage")
    return county.about(
        county.head_rows[struck.homes],
        {
            "disaster_kind": coded(struck.kind, _KINDS),
            "happened_on": dates(struck.day),
            "loss_yuan": numbers(struck.loss),
            "house_damage": coded(picked(rng, (0.85, 0.15), len(struck.homes)), ("none", "damaged")),
        },
    )


def housing_patrol(county: County) -> pa.Table:
    """The last patrol of some houses. Houses struck by a storm were mostly looked at afterwards, a few of earth not."""
    rng = chance(county.seed, "patrols")
    count, today = county.households, day_number(county.as_of)
    struck = _disasters(county)
    storm_day = np.full(count, -1)
    stormy = struck.kind != _KINDS.index("hail")
    storm_day[struck.homes[stormy]] = struck.day[stormy]
    forgotten = chosen(rng, storm_day >= 0, 0.1, 3)
    structure = picked(rng, (0.05, 0.3, 0.5, 0.15), count)
    structure = np.where(forgotten, _EARTH, structure)
    suspicious = chosen(rng, storm_day < 0, 0.003, 6)
    patrolled = today - rng.integers(1, 28, count)
    patrolled = np.where(suspicious, today - rng.integers(13, 45, count), patrolled)
    after = np.minimum(storm_day + rng.integers(0, 3, count), today)
    patrolled = np.where(storm_day >= 0, np.where(forgotten, storm_day - rng.integers(4, 25, count), after), patrolled)
    settled = suspicious & (rng.random(count) < 0.4)
    homes = np.flatnonzero(suspicious | (storm_day >= 0) | (rng.random(count) < 0.3))
    appraised = np.minimum(patrolled + 7, today)
    return county.about(
        county.head_rows[homes],
        {
            "structure": coded(structure[homes], ("earth", "brick_wood", "brick_concrete", "frame")),
            "patrolled_on": dates(patrolled[homes]),
            "occasion": coded(np.where(storm_day[homes] >= 0, 1, 0), ("regular", "emergency")),
            "hazard": coded(np.where(suspicious[homes], 1, 0), ("none", "suspicious")),
            "appraised_on": dates(appraised[homes], null=~(suspicious & settled)[homes]),
        },
    )


def water_supply(county: County) -> pa.Table:
    """Every household's supply of the month; a few households lack water, or fetch it from afar."""
    rng = chance(county.seed, "water")
    count = county.households
    dry = chosen(rng, np.ones(count, dtype=np.bool_), 0.006, 3)
    village = county.places.village_of_household
    without = np.where(dry, rng.integers(4, 16, count), rng.binomial(2, 0.06, count))
    hard = chosen(rng, ~dry, 0.003, 4)
    far = hard & (rng.random(count) < 0.5)
    little = chosen(rng, ~dry & ~hard, 0.002, 3)
    points = [f"{name}供水点" for _, name in county.places.villages]
    return county.about(
        county.head_rows,
        {
            "supply_point": coded(village, points),
            "days_without": numbers(without.astype(np.float64)),
            "quality_ok": numbers(rng.random(count) < 0.998),
            "fetch_minutes": numbers(
                np.where(far, rng.integers(22, 50, count), rng.integers(0, 15, count)).astype(np.float64)
            ),
            "assurance_ratio": numbers(
                np.round(np.where(hard & ~far, rng.uniform(70, 89, count), rng.uniform(95, 100, count)), 1)
            ),
            "litres_per_day": numbers(
                np.round(np.where(little, rng.uniform(8, 18, count), rng.normal(65, 8, count).clip(45, 110)), 1)
            ),
        },
    )


HOME_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make for make in (housing_appraisal, housing_patrol, water_supply, disaster_loss)
}
