"""The tables of a county as the recipes of slips speak of them; see `making`."""
# ruff: noqa: S608 - names of our own tables and columns

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from doudi.synth.county.whole import County
from doudi.synth.slips.recipes import HOUSEHOLD, PERSON

_FEEDS = ("measure", "disability_certificate")
_GONE = "('dead', 'moved_out', 'in_prison', 'missing')"
_TECHNICAL = "starts_with(student_status, 'vocational') OR starts_with(student_status, 'college')"
_COUNTS = {
    "members": "TRUE",
    "adults": "age BETWEEN 16 AND 59",
    "elderly": "age >= 60",
    "spouses": "relation = 'spouse'",
    "fathers": "relation = 'father'",
    "able": "labour IN ('skilled', 'ordinary', 'weak')",
    "fully_able": "labour IN ('skilled', 'ordinary') AND NOT student",
    "students": "student",
    "technical": _TECHNICAL,
    "ill": "list_contains(health, 'chronic_disease') OR list_contains(health, 'major_disease')",
    "disabled": "list_contains(health, 'disabled')",
    "on_dibao": "minimum_living",
    "on_tekun": "extreme_hardship",
    "relieved": "minimum_living OR extreme_hardship",
    "workers": "work_months > 0",
    "out_workers": "work_months > 0 AND work_area IN ('city', 'province', 'other_province', 'abroad')",
    "posts": "public_job IS NOT NULL",
}
_GOOD = "quality_ok AND fetch_minutes <= 10 AND assurance_ratio >= 95 AND coalesce(days_without, 0) = 0"
"""Well within every standard."""
_FAILING = "NOT quality_ok OR fetch_minutes > 30 OR assurance_ratio < 80"
"""Well outside some standard."""


def make_views(database: duckdb.DuckDBPyConnection, county: County, tables: Mapping[str, pa.Table]) -> None:
    """Make `persons`, `homes` and `rows_<feed>`."""
    for name in (PERSON, HOUSEHOLD, *_FEEDS, "water_supply", "housing_appraisal"):
        database.register(f"sheet_{name}", tables[name])
    database.register("where_at", pa.table({"home": pa.array(county.members.household)}))
    as_of = f"DATE '{county.as_of}'"
    database.execute("""
        CREATE TEMP TABLE told AS SELECT p.*, w.home, row_number() OVER () - 1 AS place FROM (
            SELECT *, row_number() OVER () AS row_no FROM sheet_registry_person) p
        JOIN (SELECT home, row_number() OVER () AS row_no FROM where_at) w USING (row_no) ORDER BY row_no
    """)
    database.execute(f"""
        CREATE TEMP TABLE judged AS SELECT * EXCLUDE (row_no),
            status NOT IN {_GONE} AS active,
            date_sub('year', birth_date, {as_of}) AS age,
            coalesce(student_status NOT IN ('not_student', 'under_school_age'), FALSE) AS student,
            list_contains(health, 'healthy') AS healthy,
            list_contains(health, 'disabled') AND disability_certificate IS NOT NULL AS disabled_too,
            lag(name) OVER earlier AS name_before,
            lag(birth_date) OVER earlier AS birth_before,
            coalesce(lag(status NOT IN {_GONE}) OVER earlier, FALSE) AS one_before
        FROM told WINDOW earlier AS (PARTITION BY home ORDER BY place)
    """)
    counts = ", ".join(f"count(*) FILTER (active AND ({what})) AS {name}" for name, what in _COUNTS.items())
    database.execute(f"""
        CREATE TEMP TABLE homes AS SELECT h.* EXCLUDE (row_no),
            row_no - 1 AS place, row_no - 1 AS home, n.* EXCLUDE (home),
            monitor_type IS NOT NULL AND exited_month IS NULL AS monitored,
            w.good AS listed_good, coalesce(w.failing, FALSE) AS listed_failing,
            coalesce(d.dangerous, FALSE) AS appraised_dangerous
        FROM (SELECT *, row_number() OVER () AS row_no FROM sheet_registry_household) h
        JOIN (SELECT home, min(birth_date) FILTER (active AND relation = 'head') AS head_birth, {counts}
            FROM judged GROUP BY home) n ON n.home = row_no - 1
        LEFT JOIN (SELECT home, bool_and({_GOOD}) AS good, bool_or({_FAILING}) AS failing
            FROM sheet_water_supply JOIN judged ON place = person_row GROUP BY home) w ON w.home = row_no - 1
        LEFT JOIN (SELECT home, TRUE AS dangerous FROM sheet_housing_appraisal f JOIN judged ON place = person_row
            WHERE only_home AND f.housing_grade IN ('C', 'D')
                AND coalesce(rebuild_status NOT IN ('done', 'not_needed'), TRUE)
            GROUP BY home) d ON d.home = row_no - 1
    """)
    _with_home(database, "persons", "judged", tables[PERSON], more=("place", "home"))
    for feed in _FEEDS:
        database.execute(f"""
            CREATE TEMP TABLE listed_{feed} AS SELECT f.* EXCLUDE (row_no), row_no - 1 AS place, w.home
            FROM (SELECT *, row_number() OVER () AS row_no FROM sheet_{feed}) f
            JOIN (SELECT home, row_number() OVER () - 1 AS person_row FROM where_at) w USING (person_row)
        """)
        own = set(tables[feed].column_names) | {"place", "home"}
        theirs = sorted({row[0] for row in database.sql("DESCRIBE persons").fetchall()} & own)
        database.execute(
            f"CREATE TEMP TABLE rows_{feed} AS SELECT f.*, p.* EXCLUDE ({', '.join(theirs)}) FROM listed_{feed} f "
            "JOIN persons p ON p.place = f.person_row"
        )


def _with_home(
    database: duckdb.DuckDBPyConnection, name: str, rows: str, table: pa.Table, *, more: tuple[str, ...]
) -> None:
    """Rows with what is known of their household; columns that both have are the row's, those of homes as `home x`."""
    own = set(table.column_names) | set(more)
    homes = [row[0] for row in database.sql("DESCRIBE homes").fetchall()]
    shared = [column for column in homes if column in own]
    spelled = ", ".join(f'h."{column}" AS "home {column}"' for column in homes if column not in ("place", "home"))
    database.execute(
        f"CREATE TEMP TABLE {name} AS SELECT r.*, h.* EXCLUDE ({', '.join(shared)}), {spelled} FROM {rows} r "
        "JOIN homes h ON h.home = r.home"
    )
