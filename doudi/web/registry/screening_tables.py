"""The registry as screening wants it: four Arrow tables of one moment, without any id, phone or account."""

import pyarrow as pa
import pyarrow.compute as pc

from doudi.web.registry.arrow import ArrowReader, arrow_reader
from doudi.web.registry.models import Household, HouseholdIncome, Person

HOUSEHOLD_COLUMNS = (
    "household_key",
    "household_no",
    "region_code",
    "head_name",
    "household_type",
    "monitor_type",
    "enrolled_month",
    "exited_month",
    "risk_cleared",
    "risk_1",
    "risk_2",
    "risk_3",
    "risk_4",
    "risk_5",
    "size_now",
    "size_year",
    "housing_grade",
    "dangerous_house",
    "safe_water",
    "electricity",
    "sanitary_toilet",
    "relocated",
    "cooperative",
    "no_labour_flag",
    "dev_status",
    "helper_name",
)
PERSON_COLUMNS = (
    "person_key",
    "name",
    "sex",
    "birth_date",
    "relation",
    "education",
    "student_status",
    "absence_reason",
    "health",
    "disability_kind",
    "disability_grade",
    "labour",
    "work_area",
    "work_months",
    "wage_month",
    "public_job",
    "insured_medical",
    "insured_serious",
    "insured_pension",
    "minimum_living",
    "extreme_hardship",
    "status",
    "status_on",
)
INCOME_COLUMNS = (
    "income_year",
    "members",
    "wage_income",
    "production_gross",
    "production_cost",
    "property_income",
    "transfer_income",
    "family_planning_payment",
    "minimum_living_payment",
    "extreme_hardship_payment",
    "pension_payment",
    "ecological_payment",
    "kin_support",
    "reward_payment",
    "other_transfer",
    "insurance_claims",
    "rigid_own_spending",
    "net_income",
    "per_capita_income",
)


def screening_tables() -> dict[str, pa.Table]:
    """`regions`, `household`, `person`, `income`, all read in one moment of the database."""
    from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON

    with arrow_reader() as reader:
        household = _read(reader, HOUSEHOLD, HOUSEHOLD_COLUMNS, f'"{Household._meta.db_table}" t')
        joined = f' JOIN "{Household._meta.db_table}" h ON h.id = t.household_id'
        person = _read(reader, PERSON, PERSON_COLUMNS, f'"{Person._meta.db_table}" t{joined}')
        income = _read(reader, INCOME, INCOME_COLUMNS, f'"{HouseholdIncome._meta.db_table}" t{joined}')
        regions = reader.read(
            'SELECT code AS region_code, name FROM "regions_region" ORDER BY code',
            pa.schema([("region_code", pa.string()), ("name", pa.string())]),
        )
    health = person.column_names.index("health")
    person = person.set_column(health, "health", pc.split_pattern(person.column("health"), ","))
    return {"regions": regions, "household": household, "person": person, "income": income}


def _read(reader: ArrowReader, target: object, columns: tuple[str, ...], source: str) -> pa.Table:
    from doudi.web.intake.targets import HOUSEHOLD, Target

    assert isinstance(target, Target)  # noqa: S101 - for the type checker
    selected = ", ".join(target.select(column, "t") for column in columns)
    schema = [(column, target.arrow_type(column)) for column in columns]
    if target is not HOUSEHOLD:
        selected += ', h."household_key" AS "household_key"'
        schema.append(("household_key", pa.int64()))
    return reader.read(f"SELECT {selected} FROM {source}", pa.schema(schema))  # noqa: S608 - our own names
