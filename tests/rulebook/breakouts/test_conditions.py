"""Attempts to reach, by a condition or formula, what it does not name. Each is refused by file and line."""

import json
import time
from pathlib import Path

import pytest

from doudi.feeds.contract import ContractError, load_contract
from doudi.rulebook import RulebookError, build_rulebook

from ..conftest import LIMIT
from .conftest import FEED, POLICY, RULE, SPENT, TEXTS, refused

# ---- other tables, files, functions, statements

REACHING = [
    "(SELECT COUNT(*) FROM registry_person) > 0",
    "spent > (SELECT MAX(spent) FROM household_facts)",
    "EXISTS (SELECT 1)",
    "spent IN (SELECT household_key FROM registry_household)",
    "spent > ALL (SELECT 1)",
    "(VALUES (1)) > spent",
    "read_csv('/etc/passwd') IS NOT NULL",
    "read_text('/etc/passwd') = 'x'",
    "read_parquet('x.parquet') IS NULL",
    "glob('/*') IS NULL",
    "getenv('HOME') = 'x'",
    "current_setting('secret_directory') = 'x'",
    "pragma_version() IS NOT NULL",
    "duckdb_secrets() IS NULL",
    "doudi_plain(spent) = 'x'",
    "query('SELECT 1') = 1",
    "nextval('s') > spent",
    "sleep(100) > spent",
    "random() > spent",
    "uuid() = 'x'",
    "now() > DATE '2023-01-01'",
    "current_date > DATE '2023-01-01'",
    "current_user = 'x'",
    "spent > 1; DROP TABLE alerts",
    "spent > 1; COPY household_facts TO 'x'",
    "PRAGMA database_list",
    "ATTACH 'x.db'",
    "INSTALL httpfs",
    "LOAD 'x.so'",
    "SET enable_external_access = true",
    "CALL pragma_version()",
    "COPY registry_person TO '/tmp/x'",
    "EXPORT DATABASE 'x'",
    "CREATE MACRO f(x) AS x",
    "spent > 1 UNION SELECT TRUE",
    "spent > 1 ORDER BY spent",
    "spent > 1 LIMIT 1",
    "spent AS x",
    "spent, spent",
    # names
    '"spent" > 1',
    '"household_key" > 1',
    "`spent` > 1",
    "[spent] > 1",
    "f.spent > 1",
    "household_facts.spent > 1",
    "main.household_facts.spent > 1",
    "household_key > 1",
    "person_key > 1",
    "region_code = '14'",
    "gap_spent",
    "outcome__medical__spent > 0",
    "is_member",
    "paid > 1",
    "resident_id = 'x'",
    "rowid > 1",
    "limit_yuan__json = 'x'",
    "SPENT > 1",
    "ѕpent > 1",
    "ｓpent > 1",
    "spent\u200b > 1",
    "\u202espent > 1",
    "spent > limit＿yuan",
    # stars, windows, aggregates, lists, lambdas, structs
    "* > 1",
    "COLUMNS(*) > 1",
    "COUNT(*) > 1",
    "SUM(spent) > 1",
    "SUM(spent) OVER () > 1",
    "ROW_NUMBER() OVER (ORDER BY spent) = 1",
    "LAG(spent) OVER () > 1",
    "[x FOR x IN [1, 2]] IS NULL",
    "list_filter([1], x -> TRUE) IS NULL",
    "list_transform([1], lambda x: x) IS NULL",
    "UNNEST([1]) = 1",
    "{'a': spent}.a > 1",
    "MAP {1: 2} IS NULL",
    "spent[1] > 1",
    # casts and types
    "CAST(spent AS VARCHAR) = '1'",
    "spent::VARCHAR = '1'",
    "TRY_CAST(spent AS INT) > 1",
    "CAST('x' AS BLOB) IS NULL",
    "CAST('{}' AS JSON) IS NULL",
    "CAST('1' AS BIT) IS NULL",
    "CAST(spent AS STRUCT(a INT)) IS NULL",
    "CAST('x' AS household_facts) IS NULL",
    "DATE 'infinity' > DATE '2023-01-01'",
    "DATE '-infinity' > DATE '2023-01-01'",
    "DATE '9999-12-31' > DATE '2023-01-01'",
    "DATE '0001-01-01' > DATE '2023-01-01'",
    "DATE 'today' > DATE '2023-01-01'",
    "DATE (SELECT '2023-01-01') > DATE '2023-01-01'",
    "TIMESTAMP '2023-01-01 00:00:00' IS NULL",
    "INTERVAL 999999999 YEAR IS NULL",
    # texts, escapes, comments
    "spent > 1 -- or not",
    "spent > 1 /* or not */",
    "spent > 1 # or not",
    "spent > /* x */ 1",
    "'a' 'b' = 'ab'",
    "E'\\x41' = 'A'",
    "U&'\\0041' = 'A'",
    "X'41' = 'A'",
    "B'1' = '1'",
    "$$a$$ = 'a'",
    "$tag$a$tag$ = 'a'",
    "'unclosed",
    "\"unclosed",
    "{{ spent }} > 1",
    "{% if x %} spent",
    "$1 > spent",
    "? > spent",
    ":name > spent",
    "@spent > 1",
    "spent > 1\x00",
    # patterns that take for ever
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' LIKE '%a%a%a%a%a%a%a%a%a%b'",
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaa!' SIMILAR TO '(a+)+$'",
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaa!' ~ '(a+)+$'",
    "regexp_matches('aaaaaaaaaaaaaaaaaaaaaaaaa!', '(a+)+$')",
    "'a' GLOB '*'",
    "repeat('x', 999999999) = 'x'",
    "range(999999999) IS NULL",
    "generate_series(1, 999999999) IS NULL",
    # numbers
    "spent > 99999999999",
    "spent > 9223372036854775807",
    "spent > 1e400",
    "spent > 1e5",
    "spent > 0x10",
    "spent > 0.0000001",
    "spent > 1.7976931348623157E308",
    "spent > 'NaN'",
    "spent > CAST('inf' AS DOUBLE)",
    "spent ** 999 > 1",
    "spent ^ 999 > 1",
    "spent % 2 = 1",
    "spent // 2 = 1",
    "spent << 63 > 1",
    "spent! > 1",
    "factorial(spent) > 1",
    # nesting
    "(" * 900 + "spent > 1" + ")" * 900,
    "NOT " * 480 + "spent > 1",
    "-(" * 600 + "spent" + ")" * 600 + " > 1",
    "spent > 1 AND " * 400 + "spent > 1",
    "CASE WHEN " * 150 + "TRUE" + " THEN TRUE END" * 130,
    "COALESCE(" * 200 + "spent" + ")" * 200,
    "[" * 1900,
    "{" * 1900,
    "f(" * 900,
    "x -> " * 350,
    "'" * 1999,
]  # fmt: skip


@pytest.mark.parametrize("text", REACHING, ids=range(len(REACHING)))
def test_a_condition_reaches_nothing_but_what_it_names(text: str) -> None:
    quoted = json.dumps(text, ensure_ascii=False)
    begun = time.perf_counter()
    for path, old in (
        ("screening/medical.spent.yaml", "when: spent > limit_yuan"),
        ("screening/medical.spent.yaml", "escalate: {level: red, when: spent > 500}"),
        ("policies/medical.aid.yaml", "eligible: spent > limit_yuan"),
        ("facts/spent.yaml", "where: paid > 0"),
        ("facts/spent.yaml", "expression: SUM(paid)"),
    ):
        key = old.split(":")[0]
        new = f"escalate: {{level: red, when: {quoted}}}" if key == "escalate" else f"{key}: {quoted}"
        whole = {**TEXTS, "policies/medical.aid.yaml": POLICY}[path]
        assert old in whole
        if path.startswith("facts/") and text in ALLOWED_IN_FACTS.get(key, ()):
            continue
        refused({path: whole.replace(old, new)})
    assert time.perf_counter() - begun < 5


ALLOWED_IN_FACTS = {"expression": ("COUNT(*) > 1",), "where": ("paid > 1",)}
"""What is no attempt in a fact: its own columns, and counting its own rows."""


@pytest.mark.parametrize("text", REACHING, ids=range(len(REACHING)))
def test_a_check_of_a_sheet_reaches_nothing_but_its_columns(text: str, tmp_path: Path) -> None:
    if text in ("paid > 1", "resident_id = 'x'"):  # columns of the sheet
        return
    path = tmp_path / "bills.yaml"
    path.write_text(FEED.replace("when: paid > 100", f"when: {json.dumps(text, ensure_ascii=False)}"), "utf-8")
    with pytest.raises(ContractError) as error:
        load_contract(path)
    assert all(one.line >= 1 for one in error.value.found)


@pytest.mark.parametrize(
    "expression",
    [
        "SUM(paid) FILTER (WHERE paid > 1)", "SUM(DISTINCT paid)", "SUM(paid ORDER BY paid_on)", "SUM(paid) OVER ()",
        "FIRST(paid)", "LIST(paid)", "STRING_AGG(note, ',')", "ARG_MAX(paid, paid_on)", "QUANTILE(paid, 0.5)",
        "MEDIAN(paid)", "SUM(SUM(paid))", "SUM((SELECT 1))", "COUNT(note)", "SUM(household_key)",
        "MAX(person_key)", "MAX(resident_id)", "MAX(resident_hash)", "SUM(paid) + paid", "HISTOGRAM(paid)",
    ],
)  # fmt: skip
def test_a_fact_sums_up_its_own_columns_only(expression: str) -> None:
    refused({"facts/spent.yaml": SPENT.replace("SUM(paid)", expression)})


def test_a_rule_cannot_use_facts_and_parameters_it_does_not_list() -> None:
    other = SPENT.replace("id: spent", "id: other")
    more = LIMIT.replace("id: limit_yuan", "id: more_yuan")
    for name in ("other", "more_yuan"):
        with pytest.raises(RulebookError, match=f"把 {name} 写进"):
            build_rulebook(
                TEXTS
                | {"facts/other.yaml": other, "parameters/more_yuan.yaml": more}
                | {"screening/medical.spent.yaml": RULE.replace("when: spent >", f"when: {name} >")}
            )
