"""Conditions: what is let through, what it means with unknown values, and attempts to break out."""

from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doudi.rulebook.evaluation import evaluate
from doudi.rulebook.predicate import PredicateError, parse_aggregate, parse_expression, parse_predicate
from doudi.rulebook.value_types import ColumnType, ValueType
from doudi.standards.periods import age_on, months_between

COLUMNS = {
    "a": "money",
    "b": "decimal",
    "c": "boolean",
    "d": "boolean",
    "kind": ColumnType(ValueType.TEXT, frozenset({"inpatient", "outpatient"})),
    "birth": "date",
    "as_of": "date",
    "since": "month",
    "health": "codes",
}
SQL_TYPES = {
    "a": "DOUBLE", "b": "DOUBLE", "c": "BOOLEAN", "d": "BOOLEAN", "kind": "TEXT", "birth": "DATE", "as_of": "DATE",
    "since": "TEXT", "health": "TEXT[]",
}  # fmt: skip


def in_database(sql: str, row: dict[str, Any]) -> Any:
    columns = ", ".join(f'CAST(? AS {SQL_TYPES[name]}) AS "{name}"' for name in row)
    found = duckdb.execute(f"SELECT {sql} FROM (SELECT {columns})", list(row.values())).fetchall()
    return found[0][0]


numbers = st.sampled_from(["a", "b", "0", "1", "2.5", "7100"])
amounts = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda x: f"ABS({x})"),
        inner.map(lambda x: f"(-{x})"),
        st.tuples(inner, inner).map(lambda p: f"COALESCE({p[0]}, {p[1]})"),
        st.tuples(st.sampled_from(["GREATEST", "LEAST"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"CASE WHEN c THEN {p[0]} ELSE {p[1]} END"),
        st.tuples(inner, inner).map(lambda p: f"NULLIF({p[0]}, {p[1]})"),
    ),
    max_leaves=4,
)
atoms = st.one_of(
    st.sampled_from(["c", "d", "TRUE", "FALSE", "kind = 'inpatient'", "kind IN ('inpatient', 'outpatient')",
                     "kind NOT IN ('outpatient')", "LIST_CONTAINS(health, 'disabled')", "c IS NULL", "kind IS NOT NULL",
                     "d IS TRUE", "c IS NOT FALSE"]),
    st.tuples(amounts, st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), amounts).map(" ".join),
    st.tuples(amounts, amounts, amounts).map(lambda p: f"{p[0]} BETWEEN {p[1]} AND {p[2]}"),
    amounts.map(lambda x: f"({x}) IS NULL"),
)  # fmt: skip
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda x: f"(NOT {x})"),
        st.tuples(inner, inner, inner).map(lambda p: f"CASE WHEN {p[0]} THEN {p[1]} ELSE {p[2]} END"),
        st.tuples(inner, inner).map(lambda p: f"COALESCE({p[0]}, {p[1]})"),
    ),
    max_leaves=5,
)
maybe = st.one_of
rows = st.fixed_dictionaries(
    {
        "a": maybe(st.none(), st.sampled_from([0.0, 1.0, -2.0, 7100.0, 7099.5])),
        "b": maybe(st.none(), st.sampled_from([0.0, 2.0, 2.5])),
        "c": st.sampled_from([None, True, False]),
        "d": st.sampled_from([None, True, False]),
        "kind": st.sampled_from([None, "inpatient", "outpatient"]),
        "health": st.sampled_from([None, [], ["healthy"], ["disabled", "chronic_disease"]]),
    }
)


@settings(max_examples=150, deadline=None)
@given(text=conditions, row=rows)
def test_the_database_and_plain_python_agree_on_every_condition(text: str, row: dict[str, Any]) -> None:
    predicate = parse_predicate(text, COLUMNS)
    assert in_database(predicate.sql(), row) == evaluate(predicate.tree, row), predicate.sql()


days = st.dates(date(1920, 1, 1), date(2030, 12, 31))


@settings(max_examples=150, deadline=None)
@given(birth=days, as_of=days)
def test_ages_and_months_agree_with_the_vocabulary(birth: date, as_of: date) -> None:
    row = {"birth": birth, "as_of": as_of}
    for text, wanted in (
        ("AGE_ON(birth, as_of)", age_on(birth, as_of)),
        ("WHOLE_MONTHS(birth, as_of)", months_between(birth, as_of)),
        ("WHOLE_DAYS(birth, as_of)", (as_of - birth).days),
    ):
        formula = parse_expression(text, COLUMNS)
        assert in_database(formula.sql(), row) == wanted
        assert evaluate(formula.tree, row) == wanted


def test_months_are_counted_from_a_month_to_a_day() -> None:
    formula = parse_expression("WHOLE_MONTHS(since, as_of)", COLUMNS)
    assert in_database(formula.sql(), {"since": "2022-08", "as_of": date(2023, 8, 1)}) == 12
    assert evaluate(formula.tree, {"since": None, "as_of": date(2023, 8, 1)}) is None


def test_a_condition_names_its_columns_and_can_be_bound_to_others() -> None:
    predicate = parse_predicate("a > 5000 AND NOT c", COLUMNS)
    assert predicate.columns == {"a", "c"}
    assert predicate.sql("spark") == "(`a` > 5000) AND (NOT `c`)"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", "not_a_condition"),
        ("", "empty"),
        ("a = NULL", "null_comparison"),
        ("a = '1'", "type"),
        ("a < b < 1", "type"),
        ("kind > 'inpatient'", "type"),
        ("kind = 'inpatent'", "unknown_code"),
        ("birth > '2023-01-01'", "type"),
        ("self_payd > 1", "unknown_column"),
        ("A > 1", "unknown_column"),
        ("a AND c", "type"),
        ("c AND NULL", "type"),
        ("SUM(a) > 1", "not_allowed"),
        ("a >", "syntax"),
        ("(a > 1", "syntax"),
        ("CASE WHEN c THEN a ELSE kind END > 1", "type"),
        ("AGE_ON(a, as_of) > 1", "type"),
        ("1e400 > a", "not_allowed"),
        ("GREATEST(a) > 1", "type"),
    ],
)
def test_a_mistake_is_named(text: str, code: str) -> None:
    with pytest.raises(PredicateError) as refused:
        parse_predicate(text, COLUMNS)
    assert refused.value.code == code
    assert refused.value.message


ESCAPES = [
    "(SELECT COUNT(*) FROM registry_person) > 1",
    "EXISTS (SELECT 1)",
    "a IN (SELECT household_key FROM registry_household)",
    "a IN (b)",
    "c OR (SELECT TRUE)",
    "read_csv('/etc/passwd') = 'x'",
    "read_parquet('x') IS NULL",
    "getenv('HOME') = 'x'",
    "current_setting('threads') = '2'",
    "current_date > birth",
    "random() > 0.5",
    "nextval('s') > 0",
    "pragma_version() IS NOT NULL",
    "a > 1; DROP TABLE alerts",
    "a > 1 -- AND c",
    "a > 1 /* AND c */",
    "a > 1 # c",
    '"a" > 1',
    "other.a > 1",
    "main.other.a > 1",
    "a::VARCHAR = '1'",
    "CAST(a AS VARCHAR) = '1'",
    "TRY_CAST(a AS INT) = 1",
    "a[1] > 1",
    "health[1] = 'x'",
    "{'x': a}.x > 1",
    "[1, 2] = [1, 2]",
    "list_filter(health, x -> TRUE) IS NULL",
    "COLUMNS(*) > 1",
    "COUNT(*) > 1",
    "COALESCE(*) > 1",
    "MAX(a) OVER () > 1",
    "ROW_NUMBER() OVER (ORDER BY a) = 1",
    "a = ANY(b)",
    "kind LIKE '%'",
    "kind ~ '.*'",
    "kind GLOB '*'",
    "kind || 'x' = 'x'",
    "$1 > a",
    "? > a",
    ":x > a",
    "@a > 1",
    "a > 0x10",
    "E'\\x41' = kind",
    "U&'\\0041' = kind",
    "$$x$$ = kind",
    "'in' 'patient' = kind",
    "a BETWEEN SYMMETRIC 1 AND 2",
    "INTERVAL 1 DAY > a",
    "birth + INTERVAL 1 DAY > as_of",
    "a > 1 UNION SELECT TRUE",
    "a AS x",
    "a, b",
    "a > 1 LIMIT 1",
    "CASE a WHEN 1 THEN TRUE END",
    "{{ a }} > 1",
    "a > 1\x00",
    "DATE 'today' > birth",
    "DATE (SELECT '2023-01-01') > birth",
    "TIMESTAMP '2023-01-01' > birth",
    "SUM(a ORDER BY b) > 1",
    "SUM(DISTINCT a) > 1",
    "SUM(a) FILTER (WHERE c) > 1",
    "COPY a TO 'x'",
    "ATTACH 'x'",
    "(" * 900 + "c" + ")" * 900,
    "NOT " * 1000 + "c",
    "c OR " * 500 + "c",
]


@pytest.mark.parametrize("text", ESCAPES, ids=range(len(ESCAPES)))
def test_nothing_but_the_named_columns_can_be_reached(text: str) -> None:
    with pytest.raises(PredicateError):
        parse_predicate(text, COLUMNS)
    with pytest.raises(PredicateError):
        parse_aggregate(f"BOOL_OR({text})", COLUMNS)


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(st.characters(codec="utf-8"), max_size=60) | st.text("ac'\"();-/* =<>SELECTFROM1,.[]{}$:", max_size=40)
)
def test_any_text_is_either_a_safe_condition_or_refused(text: str) -> None:
    try:
        predicate = parse_predicate(text, COLUMNS)
    except PredicateError:
        return
    assert predicate.columns <= set(COLUMNS)
    for forbidden in (" FROM ", "SELECT", ";", "--"):
        assert forbidden not in predicate.sql().upper().replace("'", " ") or "'" in text


def test_a_quote_in_a_text_stays_in_the_text() -> None:
    free = {"name": "text"}
    predicate = parse_predicate("name = 'x''; DROP TABLE y; --'", free)
    found = duckdb.execute(f"SELECT {predicate.sql()} FROM (SELECT 'x''; DROP TABLE y; --' AS name)").fetchall()
    assert found == [(True,)]


def test_in_a_sum_columns_stand_only_inside_the_aggregate() -> None:
    assert parse_aggregate("SUM(COALESCE(a, b)) / COUNT(*)", COLUMNS).columns == {"a", "b"}
    with pytest.raises(PredicateError) as refused:
        parse_aggregate("SUM(a) + b", COLUMNS)
    assert refused.value.code == "outside_aggregate"
    with pytest.raises(PredicateError):
        parse_aggregate("SUM(MAX(a))", COLUMNS)
    assert parse_aggregate("SUM(a) > b", COLUMNS, constants=frozenset({"b"})).type.kind is ValueType.BOOLEAN
