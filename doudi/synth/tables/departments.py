"""What each department truly knows about the county's people, as typed tables with the columns of the contracts.

Every table also says which person is meant (`household_no`, `person_no`, and `person_row` among the members); a sheet
only gets the columns that its contract has.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.synth.county import names
from doudi.synth.county.arrays import (
    a_household,
    chance,
    chosen,
    coded,
    dates,
    day_number,
    numbers,
    picked,
    serials,
)
from doudi.synth.county.housing import make_housing
from doudi.synth.county.people import DEAD, IN_ARMY, IN_PRISON, KINDS, MOVED_OUT, STUDENT
from doudi.synth.county.whole import County
from doudi.synth.tables.assets import ASSET_TABLES
from doudi.synth.tables.registry import insured_now
from doudi.synth.tables.villages import village_tables, with_events


def department_tables(county: County) -> dict[str, pa.Table]:
    """All feeds by id."""
    tables = {feed: make(county) for feed, make in (_TABLES | ASSET_TABLES).items()}
    return with_events(county, tables) | village_tables(county)


def medical_settlement(county: County) -> pa.Table:
    """Hospital stays and outpatient bills of the twelve months before the day of reckoning."""
    rng = chance(county.seed, "settlements")
    people, today = county.people, day_number(county.as_of)
    band = np.digitize(people.age, (15, 45, 60, 75))
    stays = np.array([0.05, 0.045, 0.09, 0.16, 0.22])[band] + 0.9 * people.major + 0.05 * people.chronic
    visits = np.array([0.12, 0.08, 0.12, 0.2, 0.2])[band] + 0.9 * people.chronic + 0.6 * people.major
    stay_rows = np.repeat(np.arange(county.persons), rng.poisson(stays * people.active))
    visit_rows = np.repeat(np.arange(county.persons), rng.poisson(visits * people.active))
    rows = np.concatenate((stay_rows, visit_rows))
    count = len(rows)
    inpatient = np.arange(count) < len(stay_rows)
    grave = np.where(people.major[rows], 2.2, 1.0)
    total = np.where(
        inpatient, rng.lognormal(np.log(5200), 0.75, count) * grave, rng.lognormal(np.log(260), 0.6, count)
    )
    eligible = total * rng.uniform(0.82, 0.97, count)
    share = np.where(inpatient, rng.uniform(0.6, 0.86, count), rng.uniform(0.35, 0.6, count))
    total, eligible = np.round(total, 2), np.round(eligible, 2)
    reimbursed = np.round(np.where(insured_now(county)[rows], eligible * share, 0.0), 2)
    order = np.argsort(rng.random(count), kind="stable")
    columns: dict[str, pa.Array] = {
        "kind": coded(np.where(inpatient, 0, 1), ("inpatient", "outpatient")),
        "hospital": coded(rng.integers(0, len(names.HOSPITALS), count), names.HOSPITALS),
        "total_cost": numbers(total),
        "eligible_cost": numbers(eligible),
        "reimbursed": numbers(reimbursed),
        "self_paid": numbers(np.round(total - reimbursed, 2)),
        "settled_on": dates(today - rng.integers(2, 360, count)),
    }
    return county.about(rows, columns).take(pa.array(order))


def medical_enrolment(county: County) -> pa.Table:
    """Everybody present, with this year's insurance."""
    rng = chance(county.seed, "enrolment")
    rows = np.flatnonzero(county.people.active)
    insured = insured_now(county)[rows]
    soldier = county.people.status[rows] == IN_ARMY
    aid = (county.economy.on_minimum_living | county.economy.on_extreme_hardship)[rows] & insured
    kind = np.where(rng.random(len(rows)) < 0.04, 1, 0)
    return county.about(
        rows,
        {
            "insured": numbers(insured),
            "insured_year": numbers(np.full(len(rows), county.as_of.year), pa.int32()),
            "insurance_kind": coded(np.where(insured, np.where(soldier, 2, kind), -1), ("resident", "worker", "other")),
            "premium_aid": numbers(aid),
            "premium_aid_amount": numbers(np.where(aid, 175.0, 0.0)),
        },
    )


def health_disease(county: County) -> pa.Table:
    rng = chance(county.seed, "diseases")
    people, today = county.people, day_number(county.as_of)
    rows = np.flatnonzero(people.active & (people.major | people.chronic))
    count = len(rows)
    major, chronic = people.major[rows], people.chronic[rows]
    diagnosed = people.diagnosed_day[rows]
    which = rng.integers(0, len(names.MAJOR_DISEASES), count)
    contract = rng.random(count) < 0.97
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
        },
    )


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
    at_home = (people.grade[rows] == 1) & (stage <= 2) & (stage > 0)
    suspended = ~dropped & ~at_home & (rng.random(count) < 0.001)
    poor = (county.economy.on_minimum_living | county.economy.alleviated[county.members.household])[rows]
    grades = tuple(f"{year}年级" for year in "一二三四五六七八九")
    year = np.clip(people.age[rows] - 6, 0, 8)
    own_cost = np.where(stage >= 3, rng.integers(8, 40, count) * 100.0, rng.integers(0, 8, count) * 50.0)
    absent = np.where(dropped, rng.integers(15, 60, count), rng.binomial(3, 0.08, count))
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


def civil_assistance(county: County) -> pa.Table:
    """Minimum-living and extreme-hardship payments by quarter; temporary relief, to a few households repeatedly."""
    rng = chance(county.seed, "assistance")
    today, economy = day_number(county.as_of), county.economy
    heads = county.head_rows
    quarters = today - np.array([315, 222, 132, 41])
    living = np.flatnonzero(economy.on_minimum_living & county.people.active)
    hardship = np.flatnonzero(economy.on_extreme_hardship & county.people.active)
    shares = a_household(county.members.household, economy.on_minimum_living, county.households)
    monthly = economy.year.amounts["minimum_living_payment"] / np.maximum(shares, 1)
    needy = np.ones(county.households, dtype=np.bool_)
    often = chosen(rng, needy, 0.004, 3)
    once = chosen(rng, needy & ~often, 0.015, 3)
    times = np.where(often, rng.integers(2, 4, county.households), np.where(once, 1, 0))
    relief = np.repeat(heads, times)
    rows = np.concatenate((np.repeat(living, 4), np.repeat(hardship, 4), relief))
    kind = np.repeat([0, 1, 2], [len(living) * 4, len(hardship) * 4, len(relief)])
    amount = np.concatenate(
        (
            np.repeat(np.round(monthly[county.members.household[living]] / 4), 4),
            np.full(len(hardship) * 4, 1680.0),
            rng.integers(5, 28, len(relief)) * 100.0,
        )
    )
    paid = np.concatenate(
        (np.tile(quarters, len(living)), np.tile(quarters, len(hardship)), today - rng.integers(10, 200, len(relief)))
    )
    order = np.argsort(paid, kind="stable")
    columns: dict[str, pa.Array] = {
        "kind": coded(kind, ("minimum_living", "extreme_hardship", "temporary_relief")),
        "amount": numbers(amount),
        "paid_on": dates(paid),
        "stopped_on": pa.nulls(len(rows), pa.date32()),
        "stop_reason": pa.nulls(len(rows), pa.string()),
    }
    return county.about(rows, columns).take(pa.array(order))


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
            "lives_in": numbers(housing.only_home[homes]),
            "rebuild_status": coded(status, ("not_needed", "not_started", "in_progress")),
            "rebuild_started_on": dates(housing.rebuild_started_day[homes], null=~building),
        },
    )


def water_supply(county: County) -> pa.Table:
    """Every household's supply of the month; days without water gather in a few households."""
    rng = chance(county.seed, "water")
    count = county.households
    dry = chosen(rng, np.ones(count, dtype=np.bool_), 0.006, 3)
    village = county.places.village_of_household
    without = np.where(dry, rng.integers(4, 16, count), rng.binomial(2, 0.06, count))
    points = [f"{name}供水点" for _, name in county.places.villages]
    return county.about(
        county.head_rows,
        {
            "supply_point": coded(village, points),
            "days_without": numbers(without.astype(np.float64)),
            "quality_ok": numbers(rng.random(count) < 0.998),
            "fetch_minutes": numbers(rng.integers(0, 15, count).astype(np.float64)),
            "assurance_ratio": numbers(np.round(rng.uniform(95, 100, count), 1)),
            "litres_per_day": numbers(np.round(rng.normal(65, 8, count).clip(45, 110), 1)),
        },
    )


def employment(county: County) -> pa.Table:
    """Everybody who worked in the income year; some lost the work since, a few of them main earners."""
    rng = chance(county.seed, "employment")
    economy, today = county.economy, day_number(county.as_of)
    works = economy.work_months > 0
    main = county.top_earners()
    lost = chosen(rng, main & ~county.people.public_job, 0.008, 3)
    lost |= works & ~main & (rng.random(county.persons) < 0.01)
    rows = np.flatnonzero(works)
    count, gone = len(rows), lost[rows]
    since = today - rng.integers(45, 200, count)
    started = today - rng.integers(230, 2500, count)
    return county.about(
        rows,
        {
            "employment_status": coded(np.where(gone, 1, 0), ("employed", "unemployed")),
            "employer": coded(rng.integers(0, len(names.EMPLOYERS), count), names.EMPLOYERS),
            "started_on": dates(started),
            "ended_on": dates(since, null=~gone),
            "wage_month": numbers(economy.wage_month[rows]),
            "unemployed_since": dates(since, null=~gone),
            "public_job": numbers(county.people.public_job[rows]),
            "wages_unpaid": numbers(rng.random(count) < 0.002),
        },
    )


def disaster_loss(county: County) -> pa.Table:
    rng = chance(county.seed, "disasters")
    heavy = chosen(rng, np.ones(county.households, dtype=np.bool_), 0.004, 3)
    struck = heavy | (rng.random(county.households) < 0.008)
    homes = np.flatnonzero(struck)
    count = len(homes)
    loss = np.where(
        heavy[homes], rng.lognormal(np.log(11_000), 0.5, count).clip(5_200, 60_000), rng.uniform(400, 4_800, count)
    )
    return county.about(
        county.head_rows[homes],
        {
            "disaster_kind": coded(picked(rng, (0.6, 0.1, 0.2, 0.1), count), ("flood", "hail", "wind", "landslide")),
            "happened_on": dates(day_number(county.as_of) - rng.integers(4, 45, count)),
            "loss_yuan": numbers(np.round(loss, -1)),
            "house_damage": coded(picked(rng, (0.85, 0.15), count), ("none", "damaged")),
        },
    )


def population_change(county: County) -> pa.Table:
    people, today = county.people, day_number(county.as_of)
    born = county.members.birth_days >= today - 330
    changed = np.isin(people.status, (DEAD, MOVED_OUT, IN_PRISON))
    rows = np.flatnonzero(changed | born)
    status = people.status[rows]
    kind = np.where(status == DEAD, 0, np.where(status == MOVED_OUT, 1, np.where(status == IN_PRISON, 2, 3)))
    day = np.where(kind == 3, county.members.birth_days[rows], people.status_day[rows])
    return county.about(
        rows,
        {"change": coded(kind, ("death", "moved_out", "prison", "birth")), "changed_on": dates(day)},
    )


_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make
    for make in (
        medical_settlement,
        medical_enrolment,
        health_disease,
        school_roll,
        disability_certificate,
        civil_assistance,
        housing_appraisal,
        water_supply,
        employment,
        disaster_loss,
        population_change,
    )
}
