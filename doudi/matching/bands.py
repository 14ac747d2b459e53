"""The band of each row: sure, doubtful or none, from what ids and likeness proposed and what persons decided before."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from doudi.matching.comparing import evidence_json
from doudi.matching.model import Model

LINKS = pa.schema(
    [
        ("row", pa.int64()), ("written_key", pa.int64()), ("person_key", pa.int64()), ("household_key", pa.int64()),
        ("method", pa.string()), ("score", pa.float64()), ("band", pa.string()), ("model_version", pa.string()),
        ("slip", pa.string()), ("evidence", pa.string()),
    ]
)  # fmt: skip
CANDIDATES = pa.schema(
    [
        ("row", pa.int64()), ("rank", pa.int32()), ("person_key", pa.int64()), ("household_key", pa.int64()),
        ("method", pa.string()), ("score", pa.float64()), ("slip", pa.string()), ("evidence", pa.string()),
    ]
)  # fmt: skip
_COUNTS = ("sure", "doubtful", "none", "exact", "repaired", "probable", "decided", "not_registered", "without_id")


@dataclass(frozen=True, slots=True)
class Banded:
    """`links`, `candidates` and `counts` as in `doudi.matching.matching.Matching`."""

    links: pa.Table
    candidates: pa.Table
    counts: Mapping[str, int]


def banded(database: duckdb.DuckDBPyConnection, pairs: pa.Table, *, model: Model, registered: int) -> Banded:
    """Weigh up tables `feed`, `people`, `decided` and `proposals` of the database and the probable `pairs`."""
    database.register("pairs", pairs)
    database.execute(_weighed(model, registered))
    database.execute(_RANKED)
    database.execute(_best(model))
    links = database.sql(_links(model)).arrow().read_all().cast(LINKS)
    candidates = database.sql(_candidates(model)).arrow().read_all().cast(CANDIDATES)
    database.register("links", links)
    counted = database.execute(_COUNTED).fetchall()
    counts = dict.fromkeys(_COUNTS, 0) | {str(name): int(count) for name, count in counted if name is not None}
    return Banded(links, candidates, counts)


def _weighed(model: Model, registered: int) -> str:
    """Table `weighed`: who was proposed for rows that nobody decided about. `thinkable`: sure if far enough ahead.

    Likeness never makes a row sure that an id points elsewhere for.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE weighed AS
        SELECT row, person_key, method, slip, band, weight + {model.prior_weight(registered)!r} AS weight,
            number, name, birth, sex, home, phone
        FROM proposals
        UNION ALL BY NAME
        SELECT row, person_key, 'probable' AS method, NULL::VARCHAR AS slip,
            CASE WHEN row IN (SELECT row FROM proposals) OR number IS NOT NULL OR NOT ({_needed(model)})
                THEN 'doubtful' ELSE 'thinkable' END AS band,
            weight, number, name, birth, sex, home, phone
        FROM pairs WHERE (row, person_key) NOT IN (SELECT (row, person_key) FROM proposals)
    """  # noqa: S608 - made of constants


_RANKED = """
    CREATE OR REPLACE TEMP TABLE ranked AS
    SELECT *, 1.0 / (1.0 + power(2.0, -greatest(-60.0, least(60.0, weight)))) AS score,
        row_number() OVER candidates AS rank,
        weight - coalesce(lead(weight) OVER candidates, -1e9) AS margin
    FROM weighed WINDOW candidates AS (PARTITION BY row ORDER BY weight DESC, person_key)
"""
"""Log odds in bits, clipped where a probability could not be told from 0 or 1 anyway."""
_COUNTED = """
    SELECT band, count(*) FROM links GROUP BY 1 UNION ALL
    SELECT method, count(*) FROM links WHERE band = 'sure' OR method = 'decided' GROUP BY 1 UNION ALL
    SELECT 'without_id', count(*) FROM feed WHERE key IS NULL UNION ALL
    SELECT 'not_registered', count(*) FROM feed JOIN links USING (row)
        WHERE key IS NOT NULL AND band = 'none' AND key NOT IN (SELECT person_key FROM people)
"""


def _best(model: Model) -> str:
    bands = model.persons.bands
    return f"""
        CREATE OR REPLACE TEMP TABLE best AS
        SELECT * REPLACE (CASE WHEN band <> 'thinkable' THEN band
            WHEN score >= {bands.sure!r} AND margin >= {bands.margin!r} THEN 'sure' ELSE 'doubtful' END AS band)
        FROM ranked WHERE rank = 1
    """  # noqa: S608


def _links(model: Model) -> str:
    person = "CASE WHEN decided.row IS NOT NULL THEN decided.person_key ELSE best.person_key END"
    return f"""
        SELECT feed.row, feed.written_key, {person} AS person_key, people.household_key,
            CASE WHEN decided.row IS NOT NULL THEN 'decided' ELSE best.method END AS method,
            CASE WHEN decided.row IS NOT NULL THEN 1.0 ELSE coalesce(best.score, 0.0) END AS score,
            CASE WHEN decided.row IS NULL THEN coalesce(best.band, 'none')
                WHEN decided.person_key IS NULL THEN 'none' ELSE 'sure' END AS band,
            '{model.version}' AS model_version, best.slip, {evidence_json("best.")} AS evidence
        FROM feed LEFT JOIN best USING (row) LEFT JOIN decided ON decided.row = feed.row
        LEFT JOIN people ON people.person_key = {person}
        ORDER BY feed.position
    """  # noqa: S608


def _candidates(model: Model) -> str:
    return f"""
        SELECT ranked.row, ranked.rank, ranked.person_key, people.household_key, ranked.method, ranked.score,
            ranked.slip, {evidence_json("ranked.")} AS evidence
        FROM ranked JOIN best ON best.row = ranked.row AND best.band = 'doubtful'
        JOIN people ON people.person_key = ranked.person_key
        WHERE ranked.rank <= {model.persons.bands.candidates} ORDER BY ranked.row, ranked.rank
    """  # noqa: S608


def _needed(model: Model) -> str:
    """Whether a pair has what a link by likeness needs, as SQL."""
    return " OR ".join(
        "("
        + " AND ".join(
            f"coalesce({field}, 'missing') IN ({', '.join(repr(one) for one in levels)})"
            for field, levels in (("name", one.name), ("birth", one.birth), ("sex", one.sex), ("home", one.home))
        )
        + ")"
        for one in model.persons.bands.needs
    )
