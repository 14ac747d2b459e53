"""Illness, disability and death, as the offices of health and the disabled persons' federation know them."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.standards.codes import DisabilityKind
from doudi.synth.county import names
from doudi.synth.county.arrays import chance, chosen, coded, dates, day_number, numbers, picked
from doudi.synth.county.people import DEAD, KINDS
from doudi.synth.county.whole import County


def health_disease(county: County) -> pa.Table:
    rng = chance(county.seed, "diseases")
    people, today = county.people, day_number(county.as_of)
    rows = np.flatnonzero(people.active & (people.major | people.chronic))
    count = len(rows)
    major, chronic = people.major[rows], people.chronic[rows]
    diagnosed = people.diagnosed_day[rows]
    which = rng.integers(0, len(names.MAJOR_DISEASES), count)
    contract = rng.random(count) < 0.97
    untreated = chosen(rng, major, 0.01, 2)
    course = np.where(untreated, 2, np.where(rng.random(count) < 0.7, 0, 1))
    followed = np.maximum(today - rng.integers(5, 80, count), diagnosed)
    return county.about(
        rows,
        {
            "major_disease": coded(np.where(major, which, -1), names.MAJOR_DISEASES),
            "chronic_disease": coded(
                np.where(chronic, which % len(names.CHRONIC_DISEASES), -1), names.CHRONIC_DISEASES
            ),
            "diagnosed_on": dates(diagnosed),
            "family_doctor_contract": numbers(contract),
            "followed_up_on": dates(followed, null=~contract),
            "treatment_status": coded(np.where(major, course, -1), ("treated", "recovered", "untreated")),
        },
    )


def severe_mental(county: County) -> pa.Table:
    """Patients with severe mental illness; most are looked after, a few are not."""
    rng = chance(county.seed, "mental illness")
    people, today = county.people, day_number(county.as_of)
    grown = people.active & (people.age >= 16)
    ill = chosen(rng, grown & (people.disability == KINDS.index(DisabilityKind.MENTAL)), 0.8, 2)
    ill |= chosen(rng, grown, 0.002, 3)
    rows = np.flatnonzero(ill)
    count = len(rows)
    neglected = chosen(rng, np.ones(count, dtype=np.bool_), 0.04, 2)
    risk = np.where(neglected, rng.integers(1, 5, count), picked(rng, (0.6, 0.25, 0.13, 0.02), count))
    return county.about(
        rows,
        {
            "diagnosed_on": dates(today - rng.integers(200, 6000, count)),
            "risk_grade": numbers(risk, pa.int32()),
            "managed": numbers(~neglected | (rng.random(count) < 0.5)),
            "regular_medication": numbers(~neglected),
            "followed_up_on": dates(today - rng.integers(5, 80, count)),
        },
    )


def death_certificate(county: County) -> pa.Table:
    """All who died of late; a few so lately that no register knows of it yet."""
    rng = chance(county.seed, "deaths")
    people, today = county.people, day_number(county.as_of)
    known = people.status == DEAD
    unknown = chosen(rng, people.active & (people.age >= 62), 0.0004, 2)
    rows = np.flatnonzero(known | unknown)
    count = len(rows)
    day = np.where(known[rows], people.status_day[rows], today - rng.integers(2, 25, count))
    return county.about(
        rows,
        {
            "died_on": dates(day),
            "death_cause": coded(picked(rng, (0.85, 0.1, 0.05), count), ("disease", "accident", "other")),
            "certified_on": dates(np.minimum(day + rng.integers(0, 4, count), today)),
        },
    )


def disability_certificate(county: County) -> pa.Table:
    rng = chance(county.seed, "certificates")
    people = county.people
    rows = np.flatnonzero(people.active & people.disabled)
    grade, issued = people.grade[rows], people.certified_day[rows]
    kinds = coded(people.disability[rows], [str(kind.number) for kind in KINDS])
    number = pa.compute.binary_join_element_wise(
        county.identity.resident_id.take(pa.array(rows)), kinds, coded(grade, list("01234")), ""
    )
    return county.about(
        rows,
        {
            "certificate_no": number,
            "disability_kind": coded(people.disability[rows], KINDS),
            "disability_grade": coded(grade - 1, list("1234")),
            "issued_on": dates(issued),
            "expires_on": dates(issued + 3650),
            "living_allowance": numbers(county.economy.on_minimum_living[rows] & (rng.random(len(rows)) < 0.97)),
            "care_allowance": numbers((grade <= 2) & (rng.random(len(rows)) < 0.95)),
        },
    )


CARE_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make for make in (health_disease, severe_mental, death_certificate, disability_certificate)
}
