"""How telling each likeness is in a county's own data: what its people may write into the matching model.

Nothing here changes a model. m comes from rows whose resident id is registered as written, u from pairs drawn at
random; neither asks for anybody's judgement.
"""

from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from doudi.matching.comparing import compared, conditions
from doudi.matching.matching import load
from doudi.matching.model import LEVELS, Model
from doudi.standards.pseudonym import Pseudonymiser

RANDOM_PAIRS = 2_000_000
_OWN = {"birth": "own_birth", "sex": "own_sex"}
"""Fields that rows without such a column take from the id: agreeing with it then proves nothing."""


def estimated(
    rows: pa.Table,
    persons: pa.Table,
    *,
    pseudonymiser: Pseudonymiser,
    model: Model,
    on: date,
    random_pairs: int = RANDOM_PAIRS,
    seed: int = 1,
) -> pa.Table:
    """field, level, m, u (of the model), m_here, u_here (null where nothing was compared), same, random (pairs).

    `rows`, `persons`: as of `doudi.matching.matching.match`.
    """
    with duckdb.connect() as database:
        people = load(database, rows, persons, pseudonymiser=pseudonymiser, model=model, on=on)
        database.execute(
            "CREATE TEMP TABLE same AS SELECT feed.row, people.person_key FROM feed JOIN people "
            "ON feed.key = people.person_key"
        )
        draw, size = np.random.default_rng(seed), random_pairs if rows.num_rows and people.num_rows else 0
        drawn = pa.table(
            {
                "row": rows["row"]
                .combine_chunks()
                .cast(pa.int64())
                .take(draw.integers(0, max(rows.num_rows, 1), size)),
                "person_key": people["person_key"]
                .combine_chunks()
                .take(draw.integers(0, max(people.num_rows, 1), size)),
            }
        )
        database.register("drawn", drawn)
        database.execute("CREATE TEMP TABLE random AS SELECT * FROM drawn WHERE (row, person_key) NOT IN (FROM same)")
        shares = {name: _shares(database, name, model) for name in ("same", "random")}
    lines = [
        {
            "field": field,
            "level": level,
            "m": model.fields[field].level(level).m,
            "u": model.fields[field].level(level).u,
            "m_here": _share(shares["same"].get(field, {}), level),
            "u_here": _share(shares["random"].get(field, {}), level),
            "same": sum(shares["same"].get(field, {}).values()),
            "random": sum(shares["random"].get(field, {}).values()),
        }
        for field in conditions(model)
        for level in LEVELS[field]
    ]
    return pa.Table.from_pylist(lines)


def _shares(database: duckdb.DuckDBPyConnection, pairs: str, model: Model) -> dict[str, dict[str, int]]:
    """Field → level → pairs of that level."""
    found = compared(model, pairs, "feed", "people", number="'other'")
    database.execute(
        f"CREATE OR REPLACE TEMP TABLE levels AS SELECT found.*, own_birth, own_sex FROM ({found}) found "  # noqa: S608
        "JOIN feed ON feed.row = found.row"
    )
    counted: dict[str, dict[str, int]] = {}
    for field in conditions(model):
        own = _OWN.get(field, "true")
        lines = database.execute(
            f"SELECT {field}, count(*) FROM levels WHERE {field} IS NOT NULL AND {own} GROUP BY 1"  # noqa: S608
        ).fetchall()
        counted[field] = {str(level): int(count) for level, count in lines}
    return counted


def _share(counts: dict[str, int], level: str) -> float | None:
    total = sum(counts.values())
    return counts.get(level, 0) / total if total else None
