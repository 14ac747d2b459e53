"""Persons whom a row's resident id points to, as written or put right, and what the rest of the row says to that."""

from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow as pa

from doudi.matching.comparing import COLUMNS, compared
from doudi.matching.model import Model
from doudi.matching.repair import may_be_old, meant_ids
from doudi.standards.pseudonym import Pseudonymiser

_BIRTH, _SEX = ("birth_year", "birth_month", "birth_day", "birth_number"), ("sex",)
_BAND_COLUMNS = "row, person_key, method, slip, band, weight, number, name, birth, sex, home, phone"
MOST_CONTRADICTIONS = 2
"""So many fields besides the name must not contradict an id found as it was written."""


def propose(
    database: duckdb.DuckDBPyConnection,
    texts: Sequence[str | None],
    *,
    model: Model,
    pseudonymiser: Pseudonymiser,
    on: date,
) -> None:
    """Make table `proposals`: row, person_key, method, slip, band (sure | doubtful), weight in bits and the levels.

    Read from the database: `feed` (row, position, key, own_birth, own_sex, `comparing.COLUMNS`), `people` (person_key,
    household_key, the same columns), `decided` (rows left out). `texts`: written ids by position. A sure proposal is
    the only one of its row.
    """
    database.execute(
        "CREATE OR REPLACE TEMP TABLE by_id AS SELECT feed.row, people.person_key FROM feed JOIN people "
        "ON feed.key = people.person_key WHERE row NOT IN (SELECT row FROM decided)"
    )
    database.register("meant", _meant(database, texts, model, pseudonymiser, on))
    database.execute(
        """CREATE OR REPLACE TEMP TABLE by_slip AS SELECT meant.row, people.person_key, min(meant.slip) AS slip
        FROM meant JOIN people ON meant.key = people.person_key GROUP BY ALL"""
    )
    exact = _exact(model)
    repaired = _repaired(model)
    database.execute(f"CREATE OR REPLACE TEMP TABLE proposals AS {exact} UNION ALL BY NAME {repaired}")


def _meant(
    database: duckdb.DuckDBPyConnection,
    texts: Sequence[str | None],
    model: Model,
    pseudonymiser: Pseudonymiser,
    on: date,
) -> pa.Table:
    """row, key, slip: keys of the ids that unmatched rows may have meant."""
    places = database.execute(
        "SELECT position, row, number_sound FROM feed WHERE row NOT IN (SELECT row FROM by_id) "
        "AND row NOT IN (SELECT row FROM decided) ORDER BY position"
    ).fetchall()
    rows: list[int] = []
    ids: list[str] = []
    slips: list[str] = []
    most = model.persons.repair.most_variants
    for position, row, is_sound in places:
        text = texts[position]
        if text is None or (is_sound and not may_be_old(text)):
            continue
        for meant, slip in meant_ids(text, most=most, on=on).items():
            rows.append(row)
            ids.append(meant)
            slips.append(slip)
    return pa.table(
        {
            "row": pa.array(rows, pa.int64()),
            "key": pa.array(pseudonymiser.person_keys(ids), pa.int64()),
            "slip": pa.array(slips, pa.string()),
        }
    )


def _exact(model: Model) -> str:
    """By the id as written. Doubtful when the name is another's; when several other fields contradict, or one does and
    the name does not speak for it; when somebody else fits better, of the household by name or by name and birth."""
    found = compared(model, "by_id", "feed", "people", number="'same'")
    contradictions = " + ".join(f"coalesce(({field} = 'other')::INTEGER, 0)" for field in ("birth", "sex", "home"))
    return f"""
        SELECT {_BAND_COLUMNS} FROM (SELECT *, 'exact' AS method, NULL::VARCHAR AS slip,
            CASE WHEN name = 'other' OR {contradictions} >= {MOST_CONTRADICTIONS}
                OR (coalesce(name, 'near') = 'near' AND (coalesce(birth, '') = 'other' OR coalesce(sex, '') = 'other'))
                OR (name <> 'same' AND EXISTS (
                    SELECT 1 FROM people mine JOIN people mate ON mine.household_key = mate.household_key
                    JOIN feed ON feed.name_plain = mate.name_plain
                    WHERE mine.person_key = found.person_key AND mate.person_key <> found.person_key
                        AND feed.row = found.row))
                OR (birth = 'other' AND EXISTS (
                    SELECT 1 FROM feed JOIN people other ON feed.name_plain = other.name_plain
                        AND feed.birth_number = other.birth_number
                    WHERE feed.row = found.row AND other.person_key <> found.person_key))
            THEN 'doubtful' ELSE 'sure' END AS band
        FROM ({found}) found)
    """  # noqa: S608 - made of constants


def _repaired(model: Model) -> str:
    """By an id put right. Persons whom neither the name nor, without a name, the household speaks for are dropped: a
    number has dozens of neighbours, and some of them are somebody's. Sure when one alone is left and nothing
    contradicts.
    """
    own = ", ".join(
        [f"CASE WHEN own_birth THEN {one} END AS {one}" for one in _BIRTH]
        + [f"CASE WHEN own_sex THEN {one} END AS {one}" for one in _SEX]
    )
    others = ", ".join(one for one in COLUMNS if one not in _BIRTH + _SEX)
    feed = f"(SELECT row, {others}, {own} FROM feed)"  # noqa: S608
    found = compared(model, "by_slip", feed, "people", number="'repaired'")
    at_home = f"coalesce(home, '') IN ({_listed(model.persons.repair.alone)})"
    proven = f"(name IN ({_listed(model.persons.repair.name)}) OR (name IS NULL AND {at_home}))"
    thinkable = f"({proven} OR name = 'near' OR {at_home} OR (name IS NULL AND home = 'village'))"
    return f"""
        SELECT {_BAND_COLUMNS} FROM (SELECT *, 'repaired' AS method,
            CASE WHEN {proven} AND count(*) OVER (PARTITION BY row) = 1 AND coalesce(birth, '') <> 'other'
                AND coalesce(sex, '') <> 'other' THEN 'sure' ELSE 'doubtful' END AS band
        FROM ({found}) WHERE {thinkable})
    """  # noqa: S608


def _listed(levels: Sequence[str]) -> str:
    return ", ".join(f"'{one}'" for one in levels) or "''"
