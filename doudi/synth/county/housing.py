"""Safety of the house each household owns."""

from dataclasses import dataclass

import numpy as np

from doudi.standards.codes import HousingGrade
from doudi.synth.county.arrays import Flags, Ints, chance, chosen, day_number, picked
from doudi.synth.county.whole import County


@dataclass(frozen=True, slots=True)
class Housing:
    """One row a household. `grade` indexes `grades`; a dangerous house is the only home, or stands empty, mostly."""

    grades: tuple[HousingGrade, ...]
    grade: Ints
    only_home: Flags
    inhabited: Flags
    """A dangerous house somebody lives in although the household has another."""
    appraised: Flags
    appraised_day: Ints
    rebuilding: Flags
    rebuild_started_day: Ints

    @property
    def dangerous(self) -> Flags:
        return self.grade >= self.grades.index(HousingGrade.C)


def make_housing(county: County) -> Housing:
    rng = chance(county.seed, "housing")
    count, today = county.households, day_number(county.as_of)
    grade = picked(rng, (0.5, 0.478, 0.017, 0.005), count)
    grade = np.where(chosen(rng, grade < 2, 0.0, 3), 2, grade)
    dangerous = grade >= 2
    only = ~dangerous | (rng.random(count) < 0.35)
    only |= chosen(rng, dangerous, 0.0, 2)
    appraised_day = today - rng.integers(20, 900, count)
    rebuilding = dangerous & (rng.random(count) < 0.4)
    inhabited = chosen(rng, dangerous & ~only & ~rebuilding, 0.06, 2)
    return Housing(
        grades=tuple(HousingGrade),
        grade=grade,
        only_home=only,
        inhabited=inhabited,
        appraised=dangerous | (rng.random(count) < 0.3),
        appraised_day=appraised_day,
        rebuilding=rebuilding,
        rebuild_started_day=np.minimum(appraised_day + rng.integers(10, 200, count), today - 5),
    )
