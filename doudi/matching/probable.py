"""Who is probably meant by a row that no resident id settles: Fellegi–Sunter weights worked out by Splink.

Splink scores with the shipped probabilities; it is never trained here. Which engine does the work is the caller's
choice of database (DuckDB for a county, Spark for a province): the conditions are the same SQL.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker
from splink.internals.splink_dataframe import SplinkDataFrame

from doudi.matching.comparing import COLUMNS, conditions
from doudi.matching.model import Model
from doudi.matching.names import frequencies

BLOCKS: tuple[tuple[str, ...], ...] = (
    ("name_sound", "birth_number"),
    ("name_look", "birth_number"),
    ("unproven", "name_sound", "household_no"),
    ("unproven", "name_sound", "village"),
    ("unproven", "name_sound", "head_sound"),
    ("unproven", "name_sound", "township", "birth_year"),
    ("unproven", "birth_number", "household_no"),
    ("unproven", "birth_number", "village"),
    ("unproven", "birth_number", "head_sound"),
    ("unproven", "name_sound", "phone_key"),
)
"""Pairs are compared when they agree in all columns of one of these. `unproven`: only rows without a sound id."""
_ID = "unique_id"
ROWS, PERSONS = "a_rows", "b_persons"
"""Tables that are compared. Splink puts the one first whose name comes first: `_l` is the department's row."""
PAIRS = pa.schema(
    [
        ("row", pa.int64()),
        ("person_key", pa.int64()),
        ("weight", pa.float64()),
        ("number", pa.string()),
        *((field, pa.string()) for field in ("name", "birth", "sex", "home", "phone")),
    ]
)


def settings(model: Model, registered: int) -> dict[str, Any]:
    """The model in Splink's words. `registered`: persons of the registry, for the odds before anything is compared."""
    prior = model.prior_weight(registered)
    return {
        "link_type": "link_only",
        "unique_id_column_name": _ID,
        "probability_two_random_records_match": 2.0**prior / (1.0 + 2.0**prior),
        "comparisons": [*_comparisons(model), _numbers(model)],
        "blocking_rules_to_generate_predictions": [
            " AND ".join(f"l.{column} = r.{column}" for column in columns) for columns in BLOCKS
        ],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }


def probable_pairs(database: duckdb.DuckDBPyConnection, rows: pa.Table, persons: pa.Table, *, model: Model) -> pa.Table:
    """Pairs from the doubtful band's probability up, as `PAIRS`; `weight` is the log odds in bits, prior included.

    `rows`: row, number_sound and `comparing.COLUMNS`; `persons`: person_key, number_sound and the same.
    """
    if not rows.num_rows or not persons.num_rows:
        return PAIRS.empty_table()
    database.register("probable_rows", rows)
    database.register("probable_persons", persons)
    database.execute(f"CREATE OR REPLACE TEMP TABLE {ROWS} AS {rows_sql('probable_rows')}")
    database.execute(
        f"CREATE OR REPLACE TEMP TABLE {PERSONS} AS {persons_sql('probable_persons')} WHERE {_within_reach()}"
    )
    names, shares = frequencies(persons.column("name_plain").combine_chunks())
    api = DuckDBAPI(connection=database)
    frequency = api.register(pa.table({"name_plain": names, "tf_name_plain": shares}))
    scored = scored_by_splink(api, frequency, model=model, registered=persons.num_rows)
    return database.sql(pairs_sql(scored.physical_name, model)).arrow().read_all().cast(PAIRS)


def scored_by_splink(api: Any, frequency: SplinkDataFrame, *, model: Model, registered: int) -> SplinkDataFrame:
    """Tables `ROWS` and `PERSONS` of a database compared; `api`: Splink's for that database.

    `frequency`: name_plain, tf_name_plain: the share of the registered persons who bear each name.
    """
    tables = [api.register(name, dataset_display_name=name) for name in (ROWS, PERSONS)]
    linker = Linker(tables, settings(model, registered), log_level=None, validate_settings=False)
    linker.table_management.register_term_frequency_lookup(frequency, "name_plain")
    return linker.inference.predict(threshold_match_weight=_weight(model.persons.bands.doubtful), warning_mode="never")


def rows_sql(source: str) -> str:
    """SELECT of the table `ROWS` from prepared rows."""
    unproven = "CASE WHEN number_sound THEN NULL ELSE 1 END"
    return f"SELECT row AS {_ID}, number_sound, {unproven} AS unproven, {', '.join(COLUMNS)} FROM {source}"  # noqa: S608


def persons_sql(source: str) -> str:
    """SELECT of the table `PERSONS` from prepared persons; a WHERE may follow."""
    return f"SELECT person_key AS {_ID}, number_sound, 1 AS unproven, {', '.join(COLUMNS)} FROM {source}"  # noqa: S608


def pairs_sql(scored: str, model: Model) -> str:
    """SELECT of `PAIRS` from what Splink scored."""
    levels = ", ".join(_level_of(field, cases) for field, cases in conditions(model).items())
    return f"""
        SELECT {_ID}_l AS row, {_ID}_r AS person_key, match_weight AS weight,
            CASE gamma_number WHEN 0 THEN 'other' END AS number, {levels}
        FROM {scored} ORDER BY row, weight DESC, person_key
    """  # noqa: S608 - made of constants


def _within_reach() -> str:
    """Persons who agree with some row in a block; only these are handed to Splink."""
    return " OR ".join(
        f"({', '.join(columns)}) IN (SELECT ({', '.join(columns)}) FROM {ROWS})"  # noqa: S608 - made of constants
        for columns in BLOCKS
    )


def _weight(probability: float) -> float:
    return math.log2(probability / (1.0 - probability)) if probability < 1.0 else 1000.0


def _comparisons(model: Model) -> Iterator[dict[str, Any]]:
    for field, cases in conditions(model).items():
        levels: list[dict[str, Any]] = [_missing(cases["missing"])]
        for level in model.persons.fields[field].levels:
            one: dict[str, Any] = {
                "sql_condition": cases.get(level.id, "ELSE"),
                "label_for_charts": level.id,
                "m_probability": level.m,
                "u_probability": level.u,
            }
            if (field, level.id) == ("name", "same"):
                one |= {
                    "tf_adjustment_column": "name_plain",
                    "tf_adjustment_weight": 1.0,
                    "tf_minimum_u_value": model.persons.prior.namesakes_floor,
                }
            levels.append(one)
        yield {"output_column_name": field, "comparison_levels": levels}


def _numbers(model: Model) -> dict[str, Any]:
    """Two sound ids that differ speak against the pair; equal ones came before, but Splink wants two levels."""
    same, other = model.persons.number.level("same"), model.persons.number.level("other")
    return {
        "output_column_name": "number",
        "comparison_levels": [
            _missing("NOT (number_sound_l AND number_sound_r)"),
            {"sql_condition": "1 = 0", "label_for_charts": "same", "m_probability": same.m, "u_probability": same.u},
            {"sql_condition": "ELSE", "label_for_charts": "other", "m_probability": other.m, "u_probability": other.u},
        ],
    }


def _missing(condition: str) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": "missing", "is_null_level": True}


def _level_of(field: str, cases: Mapping[str, str]) -> str:
    names = [*(name for name in cases if name != "missing"), "other"]
    when = " ".join(f"WHEN {len(names) - 1 - at} THEN '{name}'" for at, name in enumerate(names))
    return f"CASE gamma_{field} {when} END AS {field}"
