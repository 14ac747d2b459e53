"""The school roll, and the children who are taught at home."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.synth.county import names
from doudi.synth.county.arrays import Flags, chance, chosen, coded, dates, day_number, numbers
from doudi.synth.county.people import STUDENT
from doudi.synth.county.whole import County

_STAGES = ("preschool", "primary", "junior", "senior", "vocational")
_STAGE_OF = {"preschool": 0, "primary": 1, "grade": 2, "senior": 3, "vocational": 4}


def school_roll(county: County) -> pa.Table:
    """Pupils from preschool to senior and vocational school; dropped-out children stay on it, some never were."""
    rng = chance(county.seed, "roll")
    people = county.people
    stage_of = np.array([_STAGE_OF.get(str(status).split("_")[0], -1) for status in STUDENT])
    stage = np.where(people.student >= 0, stage_of[people.student], -1)
    stage = np.where(people.dropped_out, np.where(people.age >= 12, 2, 1), stage)
    rows = np.flatnonzero(people.active & ~people.without_roll & (stage >= 0))
    count = len(rows)
    stage = stage[rows]
    dropped = people.dropped_out[rows]
    at_home = home_taught(county)[rows]
    suspended = ~dropped & ~at_home & (rng.random(count) < 0.001)
    poor = (county.economy.on_minimum_living | county.economy.alleviated[county.members.household])[rows]
    grades = tuple(f"{year}年级" for year in "一二三四五六七八九")
    year = np.clip(people.age[rows] - 6, 0, 8)
    own_cost = np.where(stage >= 3, rng.integers(8, 40, count) * 100.0, rng.integers(0, 8, count) * 50.0)
    dear = chosen(rng, stage >= 3, 0.008, 3)
    own_cost = np.where(dear, rng.integers(102, 180, count) * 100.0, own_cost)
    truant = chosen(rng, (stage >= 1) & ~dropped & ~suspended & ~at_home, 0.001, 3)
    absent = np.where(dropped, rng.integers(15, 60, count), rng.binomial(3, 0.08, count))
    absent = np.where(truant, rng.integers(6, 20, count), absent)
    school = np.array([0, 0, 2, 4, 5])[stage] + ((stage == 1) | (stage == 2)) * rng.integers(0, 2, count)
    return county.about(
        rows,
        {
            "school": coded(school, names.SCHOOLS),
            "stage": coded(stage, _STAGES),
            "grade": coded(np.where((stage == 1) | (stage == 2), year, -1), grades),
            "status": coded(np.where(dropped, 2, np.where(suspended, 1, 0)), ("enrolled", "suspended", "dropped_out")),
            "home_teaching": numbers(at_home),
            "aid_received": numbers(poor & ~dropped),
            "aid_amount": numbers(np.where(poor & ~dropped, 500.0, 0.0)),
            "own_cost": numbers(own_cost),
            "absent_days": numbers(absent, pa.int32()),
        },
    )


def home_taught(county: County) -> Flags:
    """Pupils whom teachers visit at home: the most severely disabled, and a few more in a small county."""
    rng = chance(county.seed, "taught at home")
    people = county.people
    of_compulsory_age = np.array([str(status).startswith(("primary", "grade")) for status in STUDENT])
    pupil = people.active & (people.student >= 0) & of_compulsory_age[people.student]
    found = pupil & (people.grade == 1)
    for eligible in (pupil & (people.grade > 0), pupil):
        found = found | chosen(rng, eligible & ~found, 0.0, max(0, 4 - int(found.sum())))
    return found


def home_teaching(county: County) -> pa.Table:
    """Lessons of the month at home as planned and as given; a few children got too few."""
    rng = chance(county.seed, "home teaching")
    rows = np.flatnonzero(home_taught(county))
    count = len(rows)
    short = chosen(rng, np.ones(count, dtype=np.bool_), 0.08, 2)
    visits = rng.integers(4, 9, count)
    missed = np.where(short, rng.integers(1, 4, count), 0)
    return county.about(
        rows,
        {
            "lessons_planned": numbers(visits * 2, pa.int32()),
            "lessons_given": numbers((visits - missed) * 2, pa.int32()),
            "visits": numbers(visits - missed, pa.int32()),
            "last_visit_on": dates(day_number(county.as_of) - rng.integers(3, 15, count)),
        },
    )


SCHOOLING_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make for make in (school_roll, home_teaching)
}
