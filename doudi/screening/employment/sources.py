"""One row a person of each source about work, as SQL over its tables; where a source has several rows, which counts."""
# ruff: noqa: S608 - the only texts put into these statements are dates and numbers made here

from datetime import date
from typing import Final

from doudi.rulebook.value_types import BOOLEAN, DATE, NUMBER, TEXT, ColumnType
from doudi.screening.employment.limits import Limits
from doudi.standards.periods import Month

REGISTER, INSURANCE, SUBSIDY, VISIT = "work_register", "social_insurance", "job_subsidy", "work_visit"
JOBS, PAYMENTS = "employment", "assistance_payment"
FEEDS: Final = (REGISTER, INSURANCE, SUBSIDY, VISIT, JOBS, PAYMENTS)
REGISTER_BEFORE: Final = "work_register_before"
"""The register as it was delivered a year before."""

_PERSON: Final[dict[str, ColumnType]] = {"person_key": NUMBER, "returned": BOOLEAN}
_PLACE: Final = {"place": TEXT, "place_code": TEXT, "place_area": TEXT}
COLUMNS: Final[dict[str, dict[str, ColumnType]]] = {
    REGISTER: {
        **_PERSON, **_PLACE, "work_status": TEXT, "work_area": TEXT, "employer": TEXT, "industry": TEXT,
        "job_channel": TEXT, "p2p": BOOLEAN, "wage_month": NUMBER, "work_months": NUMBER, "started_on": DATE,
        "ended_on": DATE, "updated_on": DATE,
    },
    INSURANCE: {**_PERSON, "insurance": TEXT, "employer": TEXT, "paid_for": DATE, "base": NUMBER},
    SUBSIDY: {
        **_PERSON, **_PLACE, "subsidy": TEXT, "work_months": NUMBER, "employer": TEXT, "wage_month": NUMBER,
        "posted_on": DATE,
    },
    VISIT: {
        **_PERSON, **_PLACE, "visited_on": DATE, "works": BOOLEAN, "employer": TEXT, "job_channel": TEXT,
        "wage_month": NUMBER, "work_months": NUMBER,
    },
    JOBS: {**_PERSON, "employment_status": TEXT, "unemployed_since": DATE},
    PAYMENTS: {**_PERSON, "policy": TEXT, "paid_on": DATE, "amount": NUMBER},
}  # fmt: skip
COLUMNS[REGISTER_BEFORE] = COLUMNS[REGISTER]
PERSON_COLUMNS: Final[dict[str, ColumnType]] = {
    "person_key": NUMBER, "household_key": NUMBER, "status": TEXT, "status_on": DATE, "labour": TEXT,
    "student_status": TEXT, "birth_date": DATE, "work_area": TEXT, "work_months": NUMBER, "wage_month": NUMBER,
    "employer": TEXT, "job_channel": TEXT, "public_job": TEXT,
}  # fmt: skip
_SOUND = "person_key IN (SELECT person_key FROM registry_person) AND NOT COALESCE(returned, FALSE)"


def one_a_person(feed: str, *, as_of: date, limits: Limits) -> str:
    """The query over a feed's table that gives one row a person, its columns named for the comparison."""
    table = f"feed_{feed}"
    if feed in (REGISTER, REGISTER_BEFORE):
        return _register(table)
    if feed == INSURANCE:
        return _insurance(table, as_of, limits)
    if feed == SUBSIDY:
        return _subsidy(table, as_of, limits)
    if feed == VISIT:
        return _visit(table)
    if feed == JOBS:
        return (
            f"SELECT person_key, BOOL_OR(employment_status = 'unemployed') AS unemployed FROM {table} "
            f"WHERE {_SOUND} GROUP BY person_key"
        )
    return (
        f"SELECT person_key, MAX(paid_on) AS paid_on, SUM(amount) AS paid FROM {table} WHERE {_SOUND} "
        f"AND policy = 'job_retention' AND paid_on >= {_back(as_of, limits.list_months)} GROUP BY person_key"
    )


def _register(table: str) -> str:
    """Of several spells the one that runs, else the last."""
    return f"""
        SELECT *, work_status = 'working' AS working, COUNT(*) OVER (PARTITION BY person_key) AS spells,
            COALESCE(work_area, place_area) AS area,
            COALESCE(work_area <> place_area, FALSE) AS area_contradicts,
            COALESCE(ended_on < started_on, FALSE) AS dates_reversed
        FROM {table} WHERE {_SOUND}
        QUALIFY ROW_NUMBER() OVER (
            PARTITION BY person_key
            ORDER BY (work_status = 'working') DESC NULLS LAST, started_on DESC NULLS LAST, place
        ) = 1
    """


def _insurance(table: str, as_of: date, limits: Limits) -> str:
    """What an employer paid; residents' own insurance says nothing of work."""
    since = _back(as_of, limits.recent_months)
    return f"""
        SELECT person_key, COUNT(DISTINCT paid_for) AS months, MAX(paid_for) AS last_on,
            COUNT(DISTINCT CASE WHEN paid_for >= {since} THEN paid_for END) AS recent,
            ARG_MAX(employer, paid_for) AS employer, ARG_MAX(base, paid_for) AS base
        FROM {table} WHERE {_SOUND} AND insurance <> 'resident_pension' AND paid_for >= {_back(as_of, 12)}
        GROUP BY person_key
    """


def _subsidy(table: str, as_of: date, limits: Limits) -> str:
    return f"""
        SELECT *, place_area AS area FROM {table} WHERE {_SOUND} AND posted_on >= {_back(as_of, limits.list_months)}
        QUALIFY ROW_NUMBER() OVER (
            PARTITION BY person_key
            ORDER BY (subsidy = 'job_retention') DESC, posted_on DESC, work_months DESC NULLS LAST
        ) = 1
    """


def _visit(table: str) -> str:
    return f"""
        SELECT *, place_area AS area FROM {table} WHERE {_SOUND}
        QUALIFY ROW_NUMBER() OVER (PARTITION BY person_key ORDER BY visited_on DESC NULLS LAST, place) = 1
    """


def _back(as_of: date, months: int) -> str:
    """The first day that counts within so many months up to a day."""
    month = Month(as_of) - months
    return f"DATE '{month.first_day.replace(day=min(as_of.day, month.last_day.day)).isoformat()}'"
