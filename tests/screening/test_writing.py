"""What stands in a sentence is the same whether the database or Python writes it."""

from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doudi.screening.engines.duckdb import MACROS
from doudi.screening.sql.writing import Shown, json_sql, sentence_sql, written, written_sql

FORMS = ["yuan", "persons", "years", "months", "days", "times", "minutes", "share", "percent", "number", "none"]


@pytest.fixture(scope="module")
def database() -> Any:
    with duckdb.connect() as engine:
        for macro in MACROS:
            engine.execute(macro)
        yield engine


def by_database(database: Any, value: Any, form: str, language: str) -> str:
    sql = written_sql(Shown("x", "number"), form, language)
    return str(database.execute(f"SELECT {sql} FROM (SELECT CAST(? AS DOUBLE) AS x)", [value]).fetchall()[0][0])


@settings(max_examples=200, deadline=None)
@given(cents=st.integers(-(10**9), 10**11), form=st.sampled_from(FORMS), language=st.sampled_from(["zh", "en"]))
def test_numbers_read_the_same(database: Any, cents: int, form: str, language: str) -> None:
    value = cents / 100
    if form == "share":
        value = (cents % 10_000) / 1000
    assert by_database(database, value, form, language) == written(value, form, language)


@pytest.mark.parametrize(
    ("value", "form", "zh", "en"),
    [
        (7100, "yuan", "7,100 元", "7,100 yuan"),
        (6999.5, "yuan", "6,999.50 元", "6,999.50 yuan"),
        (12, "months", "12个月", "12 months"),
        (1, "months", "1个月", "1 month"),
        (0.651, "share", "65.1%", "65.1%"),
        (90, "percent", "90%", "90%"),
        (2, "times", "2次", "2 times"),
        (3.5, "number", "3.5", "3.5"),
        (-2000, "yuan", "-2,000 元", "-2,000 yuan"),
        (None, "yuan", "未知", "unknown"),
    ],
)
def test_amounts_read_as_people_write_them(database: Any, value: Any, form: str, zh: str, en: str) -> None:
    assert (written(value, form, "zh"), written(value, form, "en")) == (zh, en)
    assert (by_database(database, value, form, "zh"), by_database(database, value, form, "en")) == (zh, en)


def test_codes_read_by_their_labels(database: Any) -> None:
    labels = {"not_yet": "尚未实施", "it's": "引'号"}
    sql = written_sql(Shown("x", "text", labels), "label", "zh")
    for code in ("not_yet", "it's", "other"):
        found = database.execute(f"SELECT {sql} FROM (SELECT ? AS x)", [code]).fetchall()[0][0]
        assert found == written(code, "label", "zh", labels)


def test_facts_are_kept_as_sound_json(database: Any) -> None:
    import json

    shown = {"a": Shown("a", "number"), "b": Shown("b", "boolean"), "c": Shown("c", "text"), "d": Shown("d", "date")}
    rows = [(7099.5, True, "x\"\\y'z", "2023-08-01"), (None, None, None, None)]
    for row in rows:
        select = "SELECT CAST(? AS DOUBLE) AS a, CAST(? AS BOOLEAN) AS b, ? AS c, CAST(? AS DATE) AS d"
        found = database.execute(f"SELECT {json_sql(shown)} FROM ({select})", list(row)).fetchall()[0][0]
        assert json.loads(found) == dict(zip("abcd", row, strict=True))


def test_a_sentence_without_values_is_its_text() -> None:
    assert sentence_sql(("独居老人",), {}, "zh") == "'独居老人'"
