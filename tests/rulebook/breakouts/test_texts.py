"""Attempts to change, by text or numbers, what a screening does. Each comes to nothing."""
# ruff: noqa: E501 - one attempt a line

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot

from doudi.rulebook import PredicateError, build_rulebook, load_rulebook, parse_predicate
from doudi.screening.inputs import FeedRows, RegistryTables
from doudi.screening.run import screen

from ..conftest import LIMIT
from .conftest import NASTY, RULE, RULES, SPENT, TEXTS, screened, yaml_text

# ---- text that ends up in statements


def test_quotes_in_titles_sentences_and_sources_change_no_alert() -> None:
    plain = screened(TEXTS)
    rule = (
        RULE.replace("title: 花费高", f"title: {yaml_text(NASTY)}")
        .replace("title_en: Spent much", f"title_en: {yaml_text(NASTY)}")
        .replace("[{document: 文件}]", f"[{{document: {yaml_text(NASTY)}, article: {yaml_text(NASTY)}}}]")
        .replace('because: "花费', f"because: {yaml_text(NASTY.replace('$' + '{x}', ''))[:-1]}花费")
        .replace('because_en: "Spent', f"because_en: {yaml_text(NASTY.replace('$' + '{x}', ''))[:-1]}Spent")
        .replace("[看单据]", f"[{yaml_text(NASTY)}]")
    )
    limit = LIMIT.replace("title: 限额", f"title: {yaml_text(NASTY)}").replace(
        "{document: 文件}", f"{{document: {yaml_text(NASTY)}, note: {yaml_text(NASTY)}}}"
    )
    nasty = screened(TEXTS | {"screening/medical.spent.yaml": rule, "parameters/limit_yuan.yaml": limit})
    same = ["household_key", "person_key", "rule_id", "level", "facts"]
    assert nasty.alerts.select(same).sort_by("household_key") == plain.alerts.select(same).sort_by("household_key")
    assert plain.alerts.sort_by("household_key")["level"].to_pylist() == ["yellow", "red"]
    for alert in nasty.alerts.to_pylist():
        assert alert["sentence"].startswith(NASTY.replace("${x}", ""))
        assert json.loads(alert["legal_basis"]) == [{"document": NASTY, "article": NASTY}]
        assert json.loads(alert["thresholds"])["limit_yuan"]["source"] == NASTY
    tables = set(nasty.engine.column("SELECT table_name FROM (SHOW ALL TABLES) t(db, s, table_name, a, b, c)"))
    assert {"household_facts", "registry_person"} <= tables
    plain.close()
    nasty.close()


def test_text_of_a_sheet_in_an_alert_stays_text() -> None:
    note = SPENT.replace("id: spent", "id: last_note").replace("unit: yuan\n", "").replace("SUM(paid)", "MAX(note)")
    rule = RULE.replace("[spent]", "[spent, last_note]").replace(
        "spent > limit_yuan", "spent > limit_yuan AND last_note <> ''"
    )
    for case in ("101", "100", "null"):
        rule = rule.replace(f"given: {{spent: {case}}}", f"given: {{spent: {case}, last_note: x}}")
    nasty = NASTY + "\n\t\r}{"
    texts = TEXTS | {"facts/last_note.yaml": note.replace("no_rows: 0\n", ""), "screening/medical.spent.yaml": rule}
    result = screened(texts, nasty)
    assert [json.loads(facts)["last_note"] for facts in result.alerts["facts"].to_pylist()] == [nasty, nasty]
    result.close()


def test_a_text_in_a_condition_is_only_compared_with() -> None:
    text = NASTY.replace("'", "''")
    rule = parse_predicate(f"name = '{text}'", {"name": "text"})
    for dialect in ("duckdb", "spark"):
        tree = sqlglot.parse_one(rule.sql(dialect), read=dialect)
        assert isinstance(tree, sqlglot.exp.EQ)
        assert tree.expression.this == NASTY


def test_a_screening_reads_no_file_but_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n", "utf-8")
    result = screened(TEXTS)
    for statement in (
        f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')",
        f"COPY household_facts TO '{tmp_path / 'out.csv'}'",
        f"ATTACH '{tmp_path / 'x.db'}'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/']",
        "INSTALL httpfs",
        "SELECT getenv('HOME')",
    ):
        with pytest.raises(Exception, match=r"Error"):
            result.engine.column(statement)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    result.close()


@pytest.mark.parametrize(
    "text",
    [
        "spent / 0 > 1", "spent / (spent - spent) > 1", "spent * spent * spent * spent * spent > 1",
        "9999999999 * 9999999999 * 9999999999 * spent > 1", "0.123456 * 0.123456 * 0.123456 * 0.123456 * 0.123456 * 0.123456 * 0.123456 > spent",
        "limit_yuan * limit_yuan * limit_yuan * limit_yuan * limit_yuan > spent", "ROUND(spent / 3, 6) > 1",
        "WHOLE_DAYS(DATE '1900-01-01', DATE '2100-12-31') * 9999999999 > spent", "-9999999999 - 9999999999 < spent",
    ],
)  # fmt: skip
def test_arithmetic_never_stops_a_screening(text: str) -> None:
    rule = RULE.replace("when: spent > limit_yuan", f"when: {text} OR spent > limit_yuan")
    result = screened(TEXTS | {"screening/medical.spent.yaml": rule})
    assert result.alerts.num_rows == 2
    result.close()


def test_a_large_amount_set_by_region_stops_no_screening() -> None:
    more = '  - {region: "140000000000", from: 2021-01-01, value: 999999999, source: {document: 文件}}\n'
    village = '  - {region: "140830101000", from: 2021-01-01, value: 100, source: {document: 文件}}\n'
    other = '  - {region: "140830102000", from: 2021-01-01, value: 50000, source: {document: 文件}}\n'
    texts = TEXTS | {"parameters/limit_yuan.yaml": LIMIT + more + village + other}
    households = pa.table({"household_key": [1, 2], "region_code": ["140830101001", "140830102001"]})
    persons = pa.table({"household_key": [1, 2], "person_key": [11, 12], "status": ["active"] * 2})
    bills = pa.table({"person_key": [11, 12], "paid": [150.0, 900.0], "paid_on": [date(2023, 7, 1)] * 2})
    income = pa.table({"household_key": pa.array([], pa.int64()), "income_year": pa.array([], pa.int32())})
    result = screen(
        rulebook=build_rulebook(texts), registry=RegistryTables(households, persons, income),
        feeds=[FeedRows("bills", bills)], as_of=date(2023, 8, 1), threads=1,
    )  # fmt: skip
    assert result.alerts["household_key"].to_pylist() == [1]
    result.close()


def test_the_delivered_rules_use_nothing_that_is_refused_here() -> None:
    assert load_rulebook(RULES).rules


@pytest.mark.parametrize("text", ["spent > 1 AND " * 60 + "spent > 1", "(" * 20 + "spent > 1" + ")" * 20])
def test_a_long_condition_that_is_meant_is_let_through(text: str) -> None:
    assert parse_predicate(text, {"spent": "money"}).columns == {"spent"}


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(PredicateError) as error:
        parse_predicate("(SELECT 1) > spent", {"spent": "money"})
    assert error.value.remedy
