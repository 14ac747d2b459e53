"""Matching a province on Spark: each county whole in one task, and likeness across counties by Splink.

A department of a county writes about people of that county: `match_counties` gives each county's rows and registry to
one task, which does what `doudi.matching.matching.match` does on one machine. People who moved are found beyond their
county by `probable_pairs_of_province`: the same model, the same conditions, compared on the cluster.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from doudi.matching.bands import LINKS
from doudi.matching.matching import match
from doudi.matching.model import Model, load_model
from doudi.matching.probable import PERSONS, ROWS, pairs_sql, persons_sql, rows_sql, scored_by_splink
from doudi.standards.pseudonym import Pseudonymiser

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

COUNTY = "county"
"""Column by which rows and persons are shared out."""
_LINK_TYPES = {"int64": "bigint", "string": "string", "double": "double"}


def match_counties(
    rows: "DataFrame", persons: "DataFrame", *, rules_root: Path, secret: bytes, on: date | None = None
) -> "DataFrame":
    """The links of every county: `county` and the columns of `bands.LINKS`.

    `rows`, `persons`: as `match` takes them, with `county`. `rules_root` must be readable on every worker. `secret`: of
    the keys in `persons`, see `Pseudonymiser`.
    """
    schema = f"{COUNTY} string, " + ", ".join(f"{one.name} {_LINK_TYPES[str(one.type)]}" for one in LINKS)

    def one_county(own_rows: pa.Table, own_persons: pa.Table) -> pa.Table:
        county = own_rows[COUNTY][0].as_py() if own_rows.num_rows else None
        if county is None or not own_persons.num_rows:
            return _nobody(own_rows, county)
        found = match(
            own_rows.drop_columns([COUNTY]),
            own_persons.drop_columns([COUNTY]),
            pseudonymiser=Pseudonymiser(secret),
            model=load_model(rules_root),
            on=on,
        )
        return found.links.add_column(0, COUNTY, pa.array([county] * found.links.num_rows, pa.string()))

    return rows.groupBy(COUNTY).cogroup(persons.groupBy(COUNTY)).applyInArrow(one_county, schema)


def probable_pairs_of_province(
    session: "SparkSession", rows: "DataFrame", persons: "DataFrame", *, model: Model
) -> "DataFrame":
    """`doudi.matching.probable.probable_pairs` on Spark.

    `rows`, `persons`: prepared (`doudi.matching.records.prepared`), with number_sound.
    """
    from splink import SparkAPI

    rows.createOrReplaceTempView("probable_rows")
    persons.createOrReplaceTempView("probable_persons")
    session.sql(rows_sql("probable_rows")).createOrReplaceTempView(ROWS)
    session.sql(persons_sql("probable_persons")).createOrReplaceTempView(PERSONS)
    frequency = session.sql(f"""
        SELECT name_plain, count(*) / sum(count(*)) OVER () AS tf_name_plain
        FROM {PERSONS} WHERE name_plain IS NOT NULL GROUP BY name_plain
    """)  # noqa: S608 - made of constants
    # Nothing of Splink's own functions is used, and nothing need be written down between its steps.
    api: Any = SparkAPI(spark_session=session, break_lineage_method="persist", register_udfs_automatically=False)
    scored = scored_by_splink(api, api.register(frequency), model=model, registered=persons.count())
    return session.sql(pairs_sql(scored.physical_name, model))


def _nobody(rows: pa.Table, county: str | None) -> pa.Table:
    """Links of the rows of a county that has no registry: none."""
    count = rows.num_rows
    told = {
        COUNTY: pa.array([county] * count, pa.string()),
        "row": rows["row"].cast(pa.int64()),
        "score": pa.array([0.0] * count),
        "band": pa.array(["none"] * count, pa.string()),
    }
    return pa.table({COUNTY: told[COUNTY]} | {one.name: told.get(one.name, pa.nulls(count, one.type)) for one in LINKS})
