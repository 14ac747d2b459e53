"""Spark comes to the same links and weights as DuckDB."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from doudi.matching.names import NameReader
from doudi.matching.probable import probable_pairs
from doudi.matching.province import match_counties, probable_pairs_of_province
from doudi.matching.records import prepared
from doudi.screening.engines.spark_session import check_installed, spark_session
from doudi.standards.pseudonym import Pseudonymiser
from tests.matching.people import MODEL, ON, VILLAGE, crowd, key_of, registry, sheet

RULES = Path(__file__).parents[2] / "rules"
SECRET = b"a province that nobody lives in"
PEOPLE = crowd(60)


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    check_installed()  # fails with what to do where Java is missing: nothing is passed over
    quick = {
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    made = spark_session("local[2]", memory="1500m", options=quick)
    yield made
    made.stop()


def _without_ids() -> pa.Table:
    rows = [
        {"name": one["name"], "birth_date": one["birth_date"], "sex": one["sex"], "village_code": VILLAGE}
        for one in PEOPLE[:20]
    ]
    rows += [{"name": PEOPLE[21]["name"], "village_code": VILLAGE}, {"birth_date": PEOPLE[3]["birth_date"]}]
    rows[4] |= {"name": "陈静", "birth_date": PEOPLE[4]["birth_date"]}
    return sheet(rows)


@pytest.mark.spark
def test_likeness_weighs_the_same_on_both_engines(session: Any) -> None:
    reader = NameReader(MODEL.names)
    rows = prepared(_without_ids(), reader, kept=("row",))
    rows = rows.append_column("number_sound", pa.array([False] * rows.num_rows))
    persons = prepared(registry(PEOPLE), reader, kept=("person_key",))
    persons = persons.append_column("number_sound", pa.array([True] * persons.num_rows))
    with duckdb.connect() as database:
        here = probable_pairs(database, rows, persons, model=MODEL).to_pylist()
    plain = [
        session.createDataFrame(pa.table([_plain(column) for column in table.columns], names=table.column_names))
        for table in (rows, persons)
    ]
    there = [row.asDict() for row in probable_pairs_of_province(session, *plain, model=MODEL).collect()]
    assert len(here) > 20
    assert [{**one, "weight": pytest.approx(one["weight"], abs=1e-9)} for one in here] == there


@pytest.mark.spark
def test_each_county_is_matched_with_its_own_registry(session: Any) -> None:
    hidden = Pseudonymiser(SECRET)
    keys = pa.array([hidden.person_key(one["id"]) for one in PEOPLE], pa.int64())
    persons = registry(PEOPLE).drop_columns(["person_key"]).append_column("person_key", keys)
    rows = sheet([{"id_text": one["id"][:-1], "name": one["name"]} for one in PEOPLE[:5]])
    both = pa.concat_tables([_of(rows, county) for county in ("149901", "149902", "149903")])
    registries = pa.concat_tables([_of(persons, "149901"), _of(persons.slice(2), "149902")])
    links = match_counties(
        session.createDataFrame(both), session.createDataFrame(registries), rules_root=RULES, secret=SECRET, on=ON
    )
    found = {(row["county"], row["row"]): (row["band"], row["person_key"]) for row in links.collect()}
    expected = [hidden.person_key(one["id"]) for one in PEOPLE[:5]]
    assert [found["149901", at + 2] for at in range(5)] == [("sure", key) for key in expected]
    assert [found["149902", at + 2][0] for at in range(5)] == ["none", "none", "sure", "sure", "sure"]
    assert [found["149903", at + 2] for at in range(5)] == [("none", None)] * 5
    assert key_of(PEOPLE[0]) not in expected, "another secret gives other keys"


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column


def _of(table: pa.Table, county: str) -> pa.Table:
    named = table.append_column("county", pa.array([county] * table.num_rows, pa.string()))
    return (
        named.set_column(named.column_names.index("row"), "row", pc.cast(named["row"], pa.int64()))
        if ("row" in named.column_names)
        else named
    )
