"""Who is written down wrongly where: for each way in which records of work contradict each other, some persons.

Nobody has two slips, so that each check of employment data finds exactly those whom its slip is about.
"""

from dataclasses import dataclass

import numpy as np

from doudi.standards.codes import Labour, StudentStatus
from doudi.synth.county.arrays import Flags, Floats, Ints, chance, chosen
from doudi.synth.county.people import ACTIVE, DEAD, IN_PRISON, LABOUR, STUDENT
from doudi.synth.county.whole import County

NEVER = np.iinfo(np.int64).max
_SHARE, _LEAST = 0.004, 3
_COUNTY, _PROVINCE = 1, 3
"""Distances by their number in the code list: in the county, in the province."""


@dataclass(frozen=True, slots=True)
class Workers:
    """What the registry says of everybody's work; -1 is none, `lost_on` the day of losing it or `NEVER`."""

    months: Floats
    wage: Floats
    area: Ints
    employer: Ints
    channel: Ints
    lost_on: Ints


@dataclass(frozen=True)
class Slips:
    """Slip → the persons. `away`: work beyond the township; `plain`: without any slip."""

    by_kind: dict[str, Flags]
    away: Flags
    insured: Flags
    posted: Flags
    plain: Flags

    def __getitem__(self, kind: str) -> Flags:
        return self.by_kind[kind]

    @classmethod
    def draw(cls, county: County, workers: Workers) -> "Slips":
        rng, people = chance(county.seed, "work slips"), county.people
        there = people.status == ACTIVE
        works = there & (workers.months > 0)
        away = works & (workers.area >= _COUNTY)
        lost = workers.lost_on != NEVER
        steady = away & ~lost & ~people.public_job
        able = there & (people.labour <= LABOUR.index(Labour.ORDINARY)) & (people.age >= 20) & (people.age < 58)
        idle = able & (people.student < 0) & (workers.months == 0)
        in_scope = (county.economy.alleviated | county.monitoring.enrolled)[county.members.household]
        insured = steady & (workers.area > _COUNTY) & (rng.random(county.persons) < 0.35)
        posted = steady & in_scope & (workers.months >= 6) & (rng.random(county.persons) < 0.6)
        left = np.isin(people.status, (DEAD, IN_PRISON)) & (people.age >= 18) & (people.age < 60)
        left &= people.status_day < np.datetime64(county.as_of, "D").astype(np.int64) - 65
        pupil = (people.student >= STUDENT.index(StudentStatus.SENIOR_1)) & (
            people.student <= STUDENT.index(StudentStatus.VOCATIONAL_3)
        )
        used = np.zeros(county.persons, dtype=np.bool_)
        found: dict[str, Flags] = {}
        for kind, eligible in {
            "unemployed_in_register": away & lost & ~people.public_job,
            "insured_after_leaving": left,
            "pupil_in_register": there & pupil & (people.age >= 16),
            "child_in_register": there & (people.age >= 11) & (people.age < 16),
            "post_elsewhere": works & people.public_job & ~lost,
            "subsidy_too_early": steady & (workers.months >= 3) & (workers.months < 6),
            "subsidy_months": posted & (workers.months >= 9),
            "other_employer": insured,
            "place_text": steady & (workers.area == _PROVINCE),
            "area": steady & (workers.area <= _PROVINCE),
            "months_beyond_dates": steady & (workers.months >= 6),
            **dict.fromkeys(
                ("not_in_register", "months", "wage", "wage_of_year", "channel", "incomplete", "end_before_start",
                 "overlapping", "stale", "returned_without_end", "visit_not_working", "visit_months"),
                steady,
            ),
            **dict.fromkeys(("only_in_register", "insured_not_working", "visit_working", "stopped"), idle),
        }.items():  # fmt: skip
            found[kind] = chosen(rng, eligible & ~used, _SHARE, _LEAST)
            used |= found[kind]
        return cls(found, away, insured, posted, ~used)
