"""Who lives with whom: households by kind of family, with ages and relations that fit one another."""

from dataclasses import dataclass

import numpy as np

from doudi.standards.codes import Relation
from doudi.synth.county.arrays import Flags, Floats, Ints, chance, day_number, picked

HEAD, SPOUSE, CHILD_1, CHILD_2, CHILD_3, FATHER, MOTHER, CHILD_IN_LAW, GRANDCHILD_1, GRANDCHILD_2 = range(10)
SLOTS = 10
CHILDREN, GRANDCHILDREN = (CHILD_1, CHILD_2, CHILD_3), (GRANDCHILD_1, GRANDCHILD_2)

OLD_ALONE, OLD_COUPLE, NUCLEAR, GROWN_CHILD, WITH_PARENTS, ONE_PARENT, ALONE, LEFT_BEHIND = range(8)
FAMILY_SHARES = (0.03, 0.04, 0.36, 0.25, 0.195, 0.045, 0.065, 0.015)
"""Registered members, those away at work included: a household of old people alone is one in twelve or so."""
HEAD_AGES = ((63, 88), (62, 84), (27, 50), (48, 67), (30, 55), (30, 54), (32, 61), (55, 76))
YOUNGEST_PARENT = 19
OLDEST = 97
RELATIONS = tuple(str(member.value) for member in Relation)
_MALE_RELATION = {
    CHILD_1: Relation.SON, CHILD_2: Relation.SON, CHILD_3: Relation.SON,
    CHILD_IN_LAW: Relation.SON_IN_LAW, GRANDCHILD_1: Relation.GRANDSON, GRANDCHILD_2: Relation.GRANDSON,
}  # fmt: skip
_FEMALE_RELATION = {
    CHILD_1: Relation.DAUGHTER, CHILD_2: Relation.DAUGHTER, CHILD_3: Relation.DAUGHTER,
    CHILD_IN_LAW: Relation.DAUGHTER_IN_LAW, GRANDCHILD_1: Relation.GRANDDAUGHTER, GRANDCHILD_2: Relation.GRANDDAUGHTER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Members:
    """One row a person, in order of household: household index, place in the family, sex, birthday, relation index."""

    household: Ints
    slot: Ints
    male: Flags
    birth_days: Ints
    relation: Ints
    family: Ints
    """Kind of family of each household (not person)."""


def make_members(households: int, seed: int, as_of: object) -> Members:
    """All members of all households, the head first in each."""
    rng = chance(seed, "families")
    family = picked(rng, FAMILY_SHARES, households)
    age, here = _ages(rng, family)
    male = _sexes(rng, family, households)
    household, slot = np.nonzero(here)
    years = np.clip(age[household, slot], 0.02, OLDEST + 0.9)
    birth_days = day_number(as_of) - np.ceil(years * 365.2425).astype(np.int64)
    sexes = male[household, slot]
    return Members(
        household=household.astype(np.int64),
        slot=slot.astype(np.int64),
        male=sexes,
        birth_days=birth_days,
        relation=_relations(slot, sexes, male[household, CHILD_1]),
        family=family,
    )


def _ages(rng: np.random.Generator, family: Ints) -> tuple[Floats, Flags]:
    """Age in years and presence of every place of every household."""
    count = len(family)

    def between(low: float, high: float) -> Floats:
        return rng.uniform(low, high, count)

    def likely(share: float) -> Flags:
        return rng.random(count) < share

    def kind(*kinds: int) -> Flags:
        return np.isin(family, kinds)

    bounds = np.array(HEAD_AGES, dtype=np.float64)[family]
    age = np.zeros((count, SLOTS))
    here = np.zeros((count, SLOTS), dtype=np.bool_)
    age[:, HEAD] = bounds[:, 0] + rng.random(count) * (bounds[:, 1] - bounds[:, 0] + 0.99)
    here[:, HEAD] = True
    age[:, SPOUSE] = np.maximum(age[:, HEAD] - rng.normal(2.0, 2.6, count), between(23, 27))
    here[:, SPOUSE] = kind(OLD_COUPLE, NUCLEAR, GROWN_CHILD, WITH_PARENTS) | (kind(LEFT_BEHIND) & likely(0.6))
    younger = np.where(here[:, SPOUSE], np.minimum(age[:, HEAD], age[:, SPOUSE]), age[:, HEAD])
    elder = np.where(here[:, SPOUSE], np.maximum(age[:, HEAD], age[:, SPOUSE]), age[:, HEAD])
    # One parent's children are young enough to live at home, and no parent is younger than YOUNGEST_PARENT.
    age[:, CHILD_1] = np.minimum(younger - YOUNGEST_PARENT - 1 - rng.exponential(4.0, count), between(0.1, 29))
    grown = kind(GROWN_CHILD)
    age[grown, CHILD_1] = (younger - between(20.5, 27))[grown]
    age[:, CHILD_2] = age[:, CHILD_1] - between(1.5, 7)
    age[:, CHILD_3] = age[:, CHILD_2] - between(1.5, 6)
    with_children = kind(NUCLEAR, WITH_PARENTS, ONE_PARENT)
    here[:, CHILD_1] = (with_children | grown) & (age[:, CHILD_1] > 0)
    here[:, CHILD_2] = with_children & likely(0.55) & (age[:, CHILD_2] > 0)
    here[:, CHILD_3] = here[:, CHILD_2] & likely(0.16) & (age[:, CHILD_3] > 0)
    age[:, FATHER] = elder + between(20, 30)
    age[:, MOTHER] = np.maximum(age[:, FATHER] - rng.normal(2.0, 2.5, count), elder + between(19, 22))
    mother = kind(WITH_PARENTS) & likely(0.72)
    here[:, MOTHER] = mother
    here[:, FATHER] = kind(WITH_PARENTS) & (likely(0.5) | ~mother)
    age[:, CHILD_IN_LAW] = np.maximum(age[:, CHILD_1] - rng.normal(1.0, 2.5, count), between(21, 23))
    here[:, CHILD_IN_LAW] = here[:, CHILD_1] & grown & (age[:, CHILD_1] >= 23) & likely(0.72)
    couple = np.minimum(age[:, CHILD_1], age[:, CHILD_IN_LAW])
    age[:, GRANDCHILD_1] = np.where(grown, couple - between(20, 28), between(2, 15))
    age[:, GRANDCHILD_2] = age[:, GRANDCHILD_1] - between(1.5, 6)
    here[:, GRANDCHILD_1] = (here[:, CHILD_IN_LAW] | kind(LEFT_BEHIND)) & (age[:, GRANDCHILD_1] > 0)
    here[:, GRANDCHILD_2] = here[:, GRANDCHILD_1] & likely(0.45) & (age[:, GRANDCHILD_2] > 0)
    return age, here


def _sexes(rng: np.random.Generator, family: Ints, count: int) -> Flags:
    male = rng.random((count, SLOTS)) < 0.515
    head = rng.random(count) < np.where(np.isin(family, (OLD_ALONE, ONE_PARENT)), 0.55, 0.9)
    male[:, HEAD] = head
    male[:, SPOUSE] = ~head
    male[:, FATHER] = True
    male[:, MOTHER] = False
    grown = family == GROWN_CHILD
    male[grown, CHILD_1] = (rng.random(count) < 0.86)[grown]
    male[:, CHILD_IN_LAW] = ~male[:, CHILD_1]
    return male


def _relations(slot: Ints, male: Flags, child_male: Flags) -> Ints:
    """Index into `RELATIONS`; a grandchild is a daughter's when the grown child is a daughter and lives there."""
    at = {relation: RELATIONS.index(relation) for relation in RELATIONS}
    fixed = {HEAD: Relation.HEAD, SPOUSE: Relation.SPOUSE, FATHER: Relation.FATHER, MOTHER: Relation.MOTHER}
    of_men = np.array([at[(fixed | _MALE_RELATION)[place]] for place in range(SLOTS)])
    of_women = np.array([at[(fixed | _FEMALE_RELATION)[place]] for place in range(SLOTS)])
    relation = np.where(male, of_men[slot], of_women[slot])
    of_daughter = np.isin(slot, GRANDCHILDREN) & ~child_male
    relation = np.where(of_daughter & male, at[Relation.DAUGHTERS_SON], relation)
    return np.where(of_daughter & ~male, at[Relation.DAUGHTERS_DAUGHTER], relation).astype(np.int64)
