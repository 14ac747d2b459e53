"""What is true of each person: still there or not, school, health, capacity for work, and the work found."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from doudi.standards.codes import (
    DisabilityKind,
    Education,
    JobChannel,
    Labour,
    PersonStatus,
    StudentStatus,
    WorkArea,
)
from doudi.synth.county.arrays import Flags, Floats, Ints, ages_on, chance, chosen, day_number, picked
from doudi.synth.county.families import FATHER, HEAD, MOTHER, Members

STUDENT, EDUCATION, LABOUR = tuple(StudentStatus), tuple(Education), tuple(Labour)
AREAS, STATUS, KINDS = tuple(WorkArea), tuple(PersonStatus), tuple(DisabilityKind)
CHANNELS = tuple(JobChannel)
ACTIVE, DEAD, MOVED_OUT, IN_PRISON, IN_ARMY = (
    STATUS.index(status)
    for status in (
        PersonStatus.ACTIVE,
        PersonStatus.DEAD,
        PersonStatus.MOVED_OUT,
        PersonStatus.IN_PRISON,
        PersonStatus.IN_ARMY,
    )
)
NONE = -1
OLD_AGE = 60
SCHOOL_AGES = (6, 15)
"""Ages on the day of reckoning at which the county's roll holds every child that is not missing from it."""
_AREA_WAGES = np.array([2100, 2600, 3200, 3800, 4500, 6500])


@dataclass(frozen=True, slots=True)
class People:
    """One row a person, in the order of `Members`. Indexes point into the tuples of this module; -1 is none."""

    age: Ints
    status: Ints
    status_day: Ints
    student: Ints
    education: Ints
    chronic: Flags
    major: Flags
    diagnosed_day: Ints
    disability: Ints
    grade: Ints
    """Grade of disability 1–4; 0 for none."""
    certified_day: Ints
    labour: Ints
    work_area: Ints
    work_months: Ints
    wage_base: Floats
    """Going monthly wage in yuan, before it is fitted to the household's income; 0 without work."""
    channel: Ints
    public_job: Flags
    without_roll: Flags
    dropped_out: Flags

    @property
    def active(self) -> Flags:
        """Who counts as a member: those there, and those away in the army."""
        return np.isin(self.status, (ACTIVE, IN_ARMY))

    @property
    def disabled(self) -> Flags:
        return self.disability >= 0


def last_school_start(as_of: date) -> date:
    """31 August before the running school year: the day that decides in which grade a child is."""
    return date(as_of.year if (as_of.month, as_of.day) > (8, 31) else as_of.year - 1, 8, 31)


def make_people(members: Members, seed: int, as_of: date) -> People:
    """Draw every person's circumstances; a few cases of each kind are made sure of, however small the county."""
    today = day_number(as_of)
    age = ages_on(members.birth_days, as_of)
    status, status_day = _presence(members, age, chance(seed, "presence"), today)
    active = status == ACTIVE
    student, education = _schooling(members, age, chance(seed, "schooling"), as_of)
    health = _Health.draw(active, age, chance(seed, "health"), today)
    disabled = health.disability >= 0
    without_roll, dropped_out = _missing_from_school(active, age, disabled, chance(seed, "missing from school"))
    student = np.where(without_roll | dropped_out, NONE, student)
    labour = _capacity(age, student, health, chance(seed, "labour"))
    area, months, wage, channel, public = _work(members, age, active, student, labour, chance(seed, "work"))
    return People(
        age=age,
        status=status,
        status_day=status_day,
        student=student,
        education=education,
        chronic=health.chronic,
        major=health.major,
        diagnosed_day=health.diagnosed_day,
        disability=health.disability,
        grade=health.grade,
        certified_day=health.certified_day,
        labour=labour,
        work_area=area,
        work_months=months,
        wage_base=wage,
        channel=channel,
        public_job=public,
        without_roll=without_roll,
        dropped_out=dropped_out,
    )


def _presence(members: Members, age: Ints, rng: np.random.Generator, today: int) -> tuple[Ints, Ints]:
    """Most persons are there; a few died, moved, serve in the army or in prison within the last ten months."""
    count = len(age)
    draw = rng.random(count)
    movable = members.slot != HEAD
    status = np.full(count, ACTIVE)
    old = np.isin(members.slot, (FATHER, MOTHER)) | (age >= 70)
    status[movable & (draw < np.where(old, 0.012, 0.0008))] = DEAD
    adult = movable & (age >= 18) & (age < 40)
    status[adult & (draw > 0.994)] = MOVED_OUT
    status[adult & (draw > 0.990) & (draw <= 0.991)] = IN_PRISON
    status[movable & (age >= 18) & (age < 24) & (draw > 0.975) & (draw <= 0.985)] = IN_ARMY
    dead = chosen(rng, movable & (age >= 60), 0.0, 2)
    status[dead | chosen(rng, movable & (age >= 24) & (age < 57), 0.0006, 3)] = DEAD
    return status, np.where(status == ACTIVE, NONE, today - rng.integers(5, 300, count))


def _schooling(members: Members, age: Ints, rng: np.random.Generator, as_of: date) -> tuple[Ints, Ints]:
    count = len(age)
    at = {status: index for index, status in enumerate(STUDENT)}
    entered = ages_on(members.birth_days, last_school_start(as_of))
    track, stay = rng.random(count), rng.random(count)
    student = np.full(count, NONE)
    student[entered < 3] = at[StudentStatus.UNDER_SCHOOL_AGE]
    student[(entered >= 3) & (entered < 6)] = at[StudentStatus.PRESCHOOL]
    student[(entered >= 6) & (entered < 12)] = at[StudentStatus.PRIMARY]
    for step in range(3):
        student[entered == 12 + step] = at[StudentStatus.GRADE_7] + step
        senior = at[StudentStatus.SENIOR_1] + step
        vocational = at[StudentStatus.VOCATIONAL_1] + step
        student[entered == 15 + step] = np.where(track < 0.62, senior, vocational)[entered == 15 + step]
    gone = (age > SCHOOL_AGES[1]) & (entered >= 15) & (entered < 18) & (stay < 0.08)
    student[gone] = NONE
    for step in range(4):
        here = entered == 18 + step
        university = at[StudentStatus.UNIVERSITY_1] + step
        college = at[StudentStatus.COLLEGE_1] + step if step < 3 else NONE
        student[here] = np.where(track < 0.26, university, np.where(track < 0.55, college, NONE))[here]
    shares = np.array(
        [
            (0.005, 0.045, 0.40, 0.25, 0.17, 0.13),
            (0.01, 0.08, 0.56, 0.19, 0.10, 0.06),
            (0.04, 0.26, 0.54, 0.13, 0.025, 0.005),
            (0.28, 0.47, 0.20, 0.045, 0.004, 0.001),
        ]
    )
    cohort = np.digitize(age, (30, 45, 62))
    steps = shares.cumsum(axis=1)[cohort]
    education = (rng.random(count)[:, None] > steps).sum(axis=1)
    young = (student == NONE) & (age < 22)
    education[young] = np.clip(education, 2, 3)[young]
    return student, np.where((student == NONE) & (age >= 16), np.minimum(education, 5), NONE)


def _missing_from_school(active: Flags, age: Ints, disabled: Flags, rng: np.random.Generator) -> tuple[Flags, Flags]:
    """Children of compulsory-school age who are on no roll, some of them disabled, and those on it as dropped out."""
    due = active & (age >= SCHOOL_AGES[0] + 1) & (age < SCHOOL_AGES[1])
    without = chosen(rng, due, 0.004, 3) | chosen(rng, due & disabled, 0.03, 2)
    return without, chosen(rng, due & ~without, 0.003, 3)


@dataclass(frozen=True, slots=True)
class _Health:
    chronic: Flags
    major: Flags
    diagnosed_day: Ints
    disability: Ints
    grade: Ints
    certified_day: Ints

    @classmethod
    def draw(cls, active: Flags, age: Ints, rng: np.random.Generator, today: int) -> "_Health":
        """Illness and disability by age; most found years ago, some within the months before `today`."""
        count = len(age)
        band = np.digitize(age, (30, 45, 60, 75))
        chronic = rng.random(count) < np.array([0.006, 0.035, 0.13, 0.30, 0.42])[band]
        major = rng.random(count) < np.array([0.0012, 0.003, 0.006, 0.011, 0.011])[band]
        newly_ill = chosen(rng, active & (age >= 5), 0.0006, 3)
        major |= newly_ill
        long_ago = today - rng.integers(500, 3000, count)
        lately = today - rng.integers(3, 85, count)
        disabled = rng.random(count) < np.array([0.007, 0.014, 0.03, 0.055, 0.07])[band]
        newly_severe = chosen(rng, active & (age >= 3) & ~disabled, 0.0004, 3)
        newly_certified = newly_severe | chosen(rng, active & (age >= 3) & ~disabled, 0.0001, 1)
        disabled |= newly_certified
        kind = picked(rng, (0.12, 0.14, 0.02, 0.5, 0.09, 0.09, 0.04), count)
        grade = picked(rng, (0.12, 0.2, 0.33, 0.35), count) + 1
        grade = np.where(newly_severe, rng.integers(1, 3, count), grade)
        return cls(
            chronic=chronic,
            major=major,
            diagnosed_day=np.where(newly_ill, lately, long_ago),
            disability=np.where(disabled, kind, NONE),
            grade=np.where(disabled, grade, 0),
            certified_day=np.where(
                newly_certified, today - rng.integers(3, 85, count), today - rng.integers(500, 3000, count)
            ),
        )


def _capacity(age: Ints, student: Ints, health: _Health, rng: np.random.Generator) -> Ints:
    """Capacity for work; pupils and children have none, the severely disabled lost theirs."""
    count = len(age)
    at = {labour: index for index, labour in enumerate(LABOUR)}
    draw = rng.random(count)
    labour = np.where(draw < 0.13, at[Labour.SKILLED], at[Labour.ORDINARY])
    labour = np.where(age >= OLD_AGE, np.where(draw < 0.45, at[Labour.ORDINARY], at[Labour.WEAK]), labour)
    labour = np.where(age >= 70, np.where(draw < 0.45, at[Labour.WEAK], at[Labour.NONE]), labour)
    labour = np.where(age >= 80, at[Labour.NONE], labour)
    mild = (health.grade >= 3) & (draw < 0.6)
    ill = health.major & (draw < 0.55)
    working_age = (age >= 16) & (age < 70)
    labour = np.where(working_age & (mild | ill), at[Labour.WEAK], labour)
    severe = (health.grade >= 1) & (health.grade <= 2)
    labour = np.where(working_age & severe, np.where(draw < 0.3, at[Labour.WEAK], at[Labour.LOST]), labour)
    return np.where((age < 16) | (student >= 0), at[Labour.NONE], labour)


def _work(
    members: Members, age: Ints, active: Flags, student: Ints, labour: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints, Floats, Ints, Flags]:
    """Work away from one's own fields: where, how many months of the year, going wage, channel, public post."""
    count = len(age)
    able = (labour == LABOUR.index(Labour.ORDINARY)) | (labour == LABOUR.index(Labour.SKILLED))
    weak = labour == LABOUR.index(Labour.WEAK)
    share = np.where(members.male, 0.80, 0.55) * np.where(age >= 55, 0.6, 1.0)
    works = active & (student == NONE) & (age >= 18) & (age < 66) & (rng.random(count) < share * able)
    post = active & weak & (age < 68) & (rng.random(count) < 0.08)
    near = picked(rng, (0.34, 0.31, 0.1, 0.12, 0.125, 0.005), count)
    far = picked(rng, (0.10, 0.22, 0.13, 0.2, 0.345, 0.005), count)
    area = np.where(age >= 45, near, far)
    area[post] = AREAS.index(WorkArea.TOWNSHIP)
    public = post | (works & (area == 0) & (rng.random(count) < 0.12))
    months = np.where(area >= 2, rng.integers(6, 13, count), rng.integers(3, 12, count))
    months = np.where(public, 12, months)
    wage = _AREA_WAGES[area] * np.exp(rng.normal(0, 0.2, count))
    wage = np.where(labour == LABOUR.index(Labour.SKILLED), wage * 1.25, wage)
    wage = np.where(public, rng.integers(5, 12, count) * 100.0, wage)
    draw = picked(rng, (0.72, 0.1, 0.05, 0.0, 0.02, 0.06, 0.04, 0.01), count)
    far_from_workshops = (draw == CHANNELS.index(JobChannel.WORKSHOP)) & (area >= AREAS.index(WorkArea.CITY))
    draw = np.where(far_from_workshops, CHANNELS.index(JobChannel.AGENCY), draw)
    channel = np.where(public, CHANNELS.index(JobChannel.PUBLIC_JOB), draw)
    here = works | post
    return (
        np.where(here, area, NONE),
        np.where(here, months, 0),
        np.where(here, wage, 0.0),
        np.where(here, channel, NONE),
        here & public,
    )
