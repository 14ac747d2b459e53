"""The registry's sheets as typed tables: regions, households, persons, incomes of the year before."""

import numpy as np
import pyarrow as pa

from doudi.standards.codes import (
    ClearMode,
    DevelopmentStatus,
    HealthCondition,
    HouseholdType,
    IdType,
    Politics,
    PublicJob,
    RiskType,
    RoadType,
    Sex,
    WorkArea,
)
from doudi.synth.county import names
from doudi.synth.county.arrays import (
    Flags,
    Floats,
    a_household,
    chance,
    chosen,
    coded,
    dates,
    month_texts,
    numbers,
    picked,
    repeated,
)
from doudi.synth.county.economy import BESIDE, COMPONENTS, Incomes
from doudi.synth.county.families import RELATIONS
from doudi.synth.county.housing import make_housing
from doudi.synth.county.identity import bank_accounts, phones
from doudi.synth.county.monitoring import RISKS, TYPES, Monitoring
from doudi.synth.county.people import ACTIVE, AREAS, CHANNELS, EDUCATION, KINDS, LABOUR, SCHOOL_AGES, STATUS, STUDENT
from doudi.synth.county.whole import County

HELPERS = tuple(surname + given for surname in names.SURNAMES[:30] for given in names.GIVEN_LAST[:10])


def registry_tables(county: County) -> dict[str, pa.Table]:
    """Tables by feed id, with the columns of the contracts and true values only."""
    return {
        "registry_region": county.places.table(),
        "registry_household": household_table(county),
        "registry_person": person_table(county),
        "registry_income": income_table(county, county.economy.before),
    }


def income_columns(incomes: Incomes) -> dict[str, pa.Array]:
    columns = {
        "size_year": numbers(incomes.members, pa.int32()),
        "income_year": numbers(np.full(len(incomes.members), incomes.income_year), pa.int32()),
    }
    columns |= {name: numbers(incomes.amounts[name]) for name in COMPONENTS[:4]}
    columns["transfer_income"] = numbers(incomes.transfer)
    columns |= {name: numbers(incomes.amounts[name]) for name in (*COMPONENTS[4:], *BESIDE)}
    columns["net_income"] = numbers(incomes.net)
    columns["per_capita_income"] = numbers(np.round(incomes.per_capita, 2))
    return columns


def income_table(county: County, incomes: Incomes) -> pa.Table:
    head = county.identity.name.take(pa.array(county.head_rows))
    return pa.table({"household_no": county.household_no, "head_name": head, **income_columns(incomes)})


def household_table(county: County) -> pa.Table:
    rng = chance(county.seed, "household sheet")
    count = county.households
    monitoring, economy, places, people = county.monitoring, county.economy, county.places, county.people
    village = places.village_of_household
    heads = pa.array(county.head_rows)
    housing = make_housing(county)
    sex_of_none = np.full(count, -1)
    types = [HouseholdType.ALLEVIATED, HouseholdType.ALLEVIATED_WITHOUT_POLICY, HouseholdType.ORDINARY]
    kind = np.where(economy.alleviated, np.where(rng.random(count) < 0.05, 1, 0), 2)
    enrolled, cleared = monitoring.type >= 0, monitoring.exited_day >= 0
    development = [DevelopmentStatus.CARRIED_OUT, DevelopmentStatus.NOT_YET, DevelopmentStatus.NO_LABOUR]
    done = np.where(monitoring.nobody_able, 2, np.where(monitoring.without_measure, 1, 0))
    helped = enrolled | economy.alleviated
    named = helped & ~chosen(chance(county.seed, "no helper"), monitoring.enrolled, 0.03, 2)
    idle = (
        economy.alleviated & (_someone(county, economy.work_months > 0) == 0) & (_someone(county, _hands(county)) > 0)
    )
    relocated = economy.alleviated & (rng.random(count) < 0.08)
    relocated |= chosen(chance(county.seed, "relocated and idle"), idle, 0.05, 2)
    site = np.where(relocated, rng.integers(0, 2, count), -1)
    return pa.table(
        {
            "province": repeated(names.PROVINCE, count),
            "city": repeated(names.CITY, count),
            "county": repeated(names.COUNTY, count),
            "township": coded(places.township_of_village[village], [name for _, name in places.townships]),
            "village": coded(village, [name for _, name in places.villages]),
            "natural_village": coded(rng.integers(0, 6, count), names.NATURAL_VILLAGES),
            "region_code": coded(village, [code for code, _ in places.villages]),
            "household_no": county.household_no,
            "household_type": coded(kind, types),
            "monitor_type": coded(monitoring.type, TYPES),
            "enrolled_month": month_texts(monitoring.enrolled_day, null=~enrolled),
            "exited_month": month_texts(monitoring.exited_day, null=~cleared),
            "risk_1": coded(monitoring.risk_1, RISKS),
            "risk_2": coded(monitoring.risk_2, RISKS),
            **{f"risk_{number}": coded(sex_of_none, RISKS) for number in (3, 4, 5)},
            "risk_note": coded(np.where(_either(monitoring, RiskType.OTHER), 0, -1), ("家庭变故",)),
            "risk_cleared": numbers(cleared, null=~enrolled),
            "clear_mode": coded(np.where(cleared, np.where(rng.random(count) < 0.1, 1, 0), -1), tuple(ClearMode)),
            "head_name": county.identity.name.take(heads),
            "head_resident_id": county.identity.resident_id.take(heads),
            "phone": county.identity.phone.take(heads),
            "bank_name": coded(rng.integers(0, 3, count), names.BANKS),
            "bank_account": bank_accounts(np.arange(count)),
            "size_now": numbers(county.size_now, pa.int32()),
            **income_columns(economy.year),
            "education_problem": numbers(_someone(county, people.dropped_out) > 0),
            "housing_problem": numbers(enrolled & _either(monitoring, RiskType.UNSAFE_HOUSING)),
            "water_problem": numbers(enrolled & _either(monitoring, RiskType.UNSAFE_WATER)),
            "uninsured_member": numbers(_someone(county, ~insured_now(county)) > 0),
            "housing_grade": coded(housing.grade, housing.grades),
            "house_area": numbers(np.round(rng.normal(110, 30, count).clip(25, 300))),
            "dangerous_house": numbers(housing.dangerous),
            "safe_water": numbers(rng.random(count) < 0.997),
            "electricity": numbers(np.ones(count, dtype=np.bool_)),
            "sanitary_toilet": numbers(rng.random(count) < 0.78),
            "land_farm": numbers(np.round(rng.gamma(2.2, 2.3, count), 1)),
            "land_forest": numbers(np.where(rng.random(count) < 0.3, np.round(rng.gamma(1.5, 4, count), 1), 0.0)),
            **_more_land(county),
            "road_type": coded(picked(rng, (0.8, 0.08, 0.05, 0.03, 0.04), count), tuple(RoadType)),
            "road_km": numbers(np.round(rng.exponential(0.4, count).clip(0, 5), 1)),
            "relocated": numbers(relocated),
            "resettlement_site": coded(site, names.RESETTLEMENT_SITES),
            "cooperative": numbers(rng.random(count) < 0.2),
            "helper_name": coded(np.where(named, rng.integers(0, len(HELPERS), count), -1), HELPERS),
            "helper_unit": coded(np.where(named, rng.integers(0, 6, count), -1), names.HELPER_UNITS),
            "helper_phone": _where(named, phones(90_000_000 + rng.integers(0, 300, count))),
            "no_labour_flag": numbers(enrolled & monitoring.nobody_able),
            "dev_status": coded(np.where(helped, done, -1), development),
        }
    )  # fmt: skip


def _either(monitoring: Monitoring, risk: RiskType) -> Flags:
    """Households one of whose risks it is."""
    return (monitoring.risk_1 == RISKS.index(risk)) | (monitoring.risk_2 == RISKS.index(risk))


def _more_land(county: County) -> dict[str, pa.Array]:
    """Land that a few have: returned to forest, orchards, pasture, water; in mu."""
    rng, count = chance(county.seed, "more land"), county.households

    def some(share: float, mean: float) -> pa.Array:
        return numbers(np.where(rng.random(count) < share, np.round(rng.gamma(1.5, mean, count).clip(0, 60), 1), 0.0))

    return {
        "land_returned": some(0.12, 2.0),
        "land_orchard": some(0.2, 1.2),
        "land_pasture": some(0.02, 3.0),
        "land_water": some(0.01, 1.0),
    }


def _someone(county: County, flags: Flags) -> Floats:
    """How many present members of each household the flag is true of."""
    return a_household(county.members.household, county.people.active & flags, county.households)


def _hands(county: County) -> Flags:
    """Who could work full days and isn't at school."""
    return (county.people.labour <= LABOUR.index("ordinary")) & (county.people.student < 0)


def person_table(county: County) -> pa.Table:
    rng = chance(county.seed, "person sheet")
    people, members, count = county.people, county.members, county.persons
    economy = county.economy
    active, adult = people.active, people.age >= 18
    works = economy.work_months > 0
    due = active & (people.age >= SCHOOL_AGES[0]) & (people.age <= SCHOOL_AGES[1]) & (people.student < 0)
    reasons = ("dropped_out", "other", "disability")
    reason = np.where(due, np.where(people.dropped_out, 0, np.where(people.disabled, 2, 1)), -1)
    insured = rng.random(count) < 0.985
    party = np.where(
        adult & (rng.random(count) < 0.06),
        0,
        np.where((people.age < 28) & (people.age > 14) & (rng.random(count) < 0.4), 2, 3),
    )
    public = tuple(PublicJob)
    pensioned = (people.age >= 16) & (people.student < 0)
    steady = works & (people.age >= 18) & (people.age < 60) & (people.work_area >= AREAS.index(WorkArea.CITY))
    by_employer = steady & (chance(county.seed, "insured by employer").random(count) < 0.08)
    certificate = pa.compute.binary_join_element_wise(
        county.identity.resident_id,
        coded(np.maximum(people.disability, 0), [str(kind.number) for kind in KINDS]),
        coded(people.grade, ["0", "1", "2", "3", "4"]),
        "",
    )
    return pa.table(
        {
            "household_no": county.of_households(county.household_no),
            "person_no": county.identity.person_no,
            "name": county.identity.name,
            "sex": coded(np.where(members.male, 0, 1), (Sex.MALE, Sex.FEMALE)),
            "id_type": repeated(str(IdType.RESIDENT_ID), count),
            "resident_id": county.identity.resident_id,
            "birth_date": dates(members.birth_days),
            "relation": coded(members.relation, RELATIONS),
            "ethnic": coded(picked(rng, (0.985, 0.006, 0.004, 0.003, 0.002), count), names.ETHNIC_GROUPS),
            "politics": coded(party, tuple(Politics)),
            "education": coded(people.education, EDUCATION),
            "student_status": coded(people.student, STUDENT),
            "absence_reason": coded(reason, reasons),
            "health": health_lists(people.chronic, people.major, people.disabled),
            "disability_certificate": _where(people.disabled, certificate),
            "disability_kind": coded(people.disability, KINDS),
            "disability_grade": coded(np.where(people.grade > 0, people.grade - 1, -1), ["1", "2", "3", "4"]),
            "labour": coded(people.labour, LABOUR),
            "work_area": coded(np.where(works, people.work_area, -1), AREAS),
            "employer": coded(np.where(works, rng.integers(0, len(names.EMPLOYERS), count), -1), names.EMPLOYERS),
            "work_months": numbers(economy.work_months.astype(np.float64)),
            "wage_month": numbers(economy.wage_month, null=~works),
            "job_channel": coded(np.where(works, people.channel, -1), CHANNELS),
            "public_job": coded(np.where(works & people.public_job, rng.integers(0, 4, count), -1), public),
            "public_job_months": numbers(economy.work_months.astype(np.float64), null=~(works & people.public_job)),
            "insured_medical": numbers(insured_now(county)),
            "insured_medical_resident": numbers(insured_now(county) & ~by_employer),
            "insured_medical_worker": numbers(insured_now(county) & by_employer),
            "insured_serious": numbers(insured_now(county) & insured),
            "medical_aid": numbers(insured_now(county) & people.major & (people.diagnosed_day % 3 == 0)),
            "insured_pension": numbers(pensioned),
            "insured_pension_resident": numbers(pensioned & ~by_employer),
            "insured_pension_worker": numbers(pensioned & by_employer),
            "minimum_living": numbers(economy.on_minimum_living),
            "extreme_hardship": numbers(economy.on_extreme_hardship),
            "status": coded(people.status, STATUS),
            "status_on": dates(people.status_day, null=people.status == ACTIVE),
            "phone": _where(adult & active, county.identity.phone),
        }
    )  # fmt: skip


def insured_now(county: County) -> Flags:
    """Whether each person has basic medical insurance this year; all but a few of those present."""
    insurable = (county.people.status == ACTIVE) & (county.people.age >= 1)
    return ~chosen(chance(county.seed, "insurance"), insurable, 0.005, 3)


def health_lists(chronic: Flags, major: Flags, disabled: Flags) -> pa.Array:
    """Lists of health conditions; `healthy` alone for who has nothing."""
    flags = np.stack([~(chronic | major | disabled), chronic, major, disabled], axis=1)
    conditions = (
        HealthCondition.HEALTHY,
        HealthCondition.CHRONIC_DISEASE,
        HealthCondition.MAJOR_DISEASE,
        HealthCondition.DISABLED,
    )
    offsets = np.concatenate(([0], np.cumsum(flags.sum(axis=1)))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), coded(np.nonzero(flags)[1], conditions))


def _where(flags: Flags, values: pa.Array) -> pa.Array:
    return pa.compute.if_else(pa.array(flags), values, pa.scalar(None, pa.string()))
