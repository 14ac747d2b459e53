"""Attempts to break out of a rule file: to reach what it doesn't name, to run something, to hide something, to stop the
program. Each is refused by file and line, or comes to nothing.
"""
# ruff: noqa: E501 - one attempt a line

import json
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot

from doudi.feeds.contract import ContractError, load_contract
from doudi.rulebook import PredicateError, RulebookError, build_rulebook, load_rulebook, parse_predicate
from doudi.rulebook.document import read_document
from doudi.screening.inputs import FeedRows, RegistryTables
from doudi.screening.run import ScreeningResult, screen

RULES = Path(__file__).parents[2] / "rules"
FEED = """id: bills
title: 账单
title_en: Bills
department: health
subject: person
kind: events
columns:
  - {id: name, header: 姓名, type: name}
  - {id: resident_id, header: 身份证号, type: resident_id}
  - {id: paid, header: 金额, type: money, unit: yuan}
  - {id: note, header: 说明, type: text}
  - {id: paid_on, header: 日期, type: date}
checks:
  - {id: much, when: paid > 100, severity: warning, message: 金额较大}
"""
MEMBER = "id: is_member\ntitle: 成员\ntitle_en: Member\nsubject: person\nfrom: registry.person\nexpression: status = 'active'\n"
SPENT = """id: spent
title: 花费
title_en: Spent
subject: household
unit: yuan
from: bills
expression: SUM(paid)
where: paid > 0
window: {column: paid_on, months: 12}
no_rows: 0
"""
LIMIT = """id: limit_yuan
title: 限额
title_en: Limit
unit: yuan
values:
  - {region: "000000000000", from: 2021-01-01, value: 100, source: {document: 文件}}
"""
RULE = """id: medical.spent
title: 花费高
title_en: Spent much
level: yellow
escalate: {level: red, when: spent > 500}
risk: illness
subject: household
department: health
legal_basis: [{document: 文件}]
in_force: {from: 2021-01-01}
facts: [spent]
parameters: [limit_yuan]
when: spent > limit_yuan
because: "花费 {spent:yuan}，超过 {limit_yuan:yuan}"
because_en: "Spent {spent:yuan}, more than {limit_yuan:yuan}"
verify: [看单据]
cases:
  - {name: 超过, on: 2023-08-01, region: "140000000000", given: {spent: 101}, then: raised}
  - {name: 正好, on: 2023-08-01, region: "140000000000", given: {spent: 100}, then: not_raised}
  - {name: 缺失, on: 2023-08-01, region: "140000000000", given: {spent: null}, then: cannot_tell}
"""
POLICY = """id: medical.aid
title: 救助
title_en: Aid
area: medical
subject: household
department: health
who: 花费高的户
who_en: Households that spent much
what: 每年一次
what_en: Once a year
legal_basis: [{document: 文件}]
in_force: {from: 2021-01-01}
facts: [spent]
parameters: [limit_yuan]
eligible: spent > limit_yuan
benefit: 500
period: year
evidence: [单据]
apply: {where: 乡镇, how: 申请}
because: "花费 {spent:yuan}，超过 {limit_yuan:yuan}"
because_en: "Spent {spent:yuan}, more than {limit_yuan:yuan}"
cases:
  - {name: 超过, on: 2023-08-01, region: "140000000000", given: {spent: 101}, then: cannot_tell}
"""
TEXTS = {
    "feeds/bills.yaml": FEED,
    "facts/is_member.yaml": MEMBER,
    "facts/spent.yaml": SPENT,
    "parameters/limit_yuan.yaml": LIMIT,
    "screening/medical.spent.yaml": RULE,
}


def refused(changes: Mapping[str, str]) -> list[str]:
    """The codes of what is wrong in the changed files; nothing else may be wrong."""
    with pytest.raises(RulebookError) as error:
        build_rulebook({**TEXTS, **changes})
    assert {one.file.removeprefix("rules/") for one in error.value.problems} <= set(changes), error.value
    assert all(one.line >= 1 and one.message for one in error.value.problems)
    return [one.code for one in error.value.problems]


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


# ---- names


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("../screening/medical.spent.yaml", RULE, "path"),
        ("screening/../../medical.spent.yaml", RULE, "path"),
        ("/etc/medical.spent.yaml", RULE, "path"),
        ("screening\\medical.spent.yaml", RULE, "path"),
        ("screening/sub/medical.spent.yaml", RULE, "path"),
        ("secrets/medical.spent.yaml", RULE, "path"),
        ("screening/medical.spent.yml", RULE, "path"),
        ("screening/.yaml", RULE, "path"),
        ("screening/a b.yaml", RULE, "path"),
        ("screening/x'; DROP TABLE alerts; --.yaml", RULE, "path"),
        ("screening/medical.spent\x00.yaml", RULE, "path"),
        ("feeds/registry.person.yaml", FEED.replace("id: bills", "id: registry.person"), "name"),
        ("feeds/members.yaml", FEED.replace("id: bills", "id: members"), "name"),
        ("feeds/facts.yaml", FEED.replace("id: bills", "id: facts"), "name"),
        ("feeds/household_facts.yaml", FEED.replace("id: bills", "id: household_facts"), "name"),
        ("feeds/a__b.yaml", FEED.replace("id: bills", "id: a__b"), "name"),
        ("facts/outcome__medical__spent.yaml", SPENT.replace("id: spent", "id: outcome__medical__spent"), "string_pattern_mismatch"),
        ("facts/gap_spent.yaml", SPENT.replace("id: spent", "id: gap_spent"), "name"),
        ("facts/household_key.yaml", SPENT.replace("id: spent", "id: household_key"), "name"),
        ("parameters/region_key.yaml", LIMIT.replace("id: limit_yuan", "id: region_key"), "name"),
        ("parameters/limit_yuan__json.yaml", LIMIT.replace("id: limit_yuan", "id: limit_yuan__json"), "string_pattern_mismatch"),
        ("parameters/as_of.yaml", LIMIT.replace("id: limit_yuan", "id: as_of"), "name"),
        ("screening/medical.a__b.yaml", RULE.replace("id: medical.spent", "id: medical.a__b"), "string_pattern_mismatch"),
        ("screening/medical_spent.yaml", RULE.replace("id: medical.spent", "id: medical_spent"), "string_pattern_mismatch"),
    ],
)  # fmt: skip
def test_a_name_is_never_taken_for_another_table_or_file(path: str, text: str, code: str) -> None:
    assert refused({path: text}) == [code]


def test_a_sheet_cannot_bring_its_own_keys() -> None:
    column = "  - {id: person_key, header: 钥匙, type: integer}\n"
    feed = FEED.replace("columns:\n", f"columns:\n{column}")
    with pytest.raises(RulebookError, match="没有名为 person_key 的字段"):
        build_rulebook(
            TEXTS | {"feeds/bills.yaml": feed, "facts/spent.yaml": SPENT.replace("SUM(paid)", "MAX(person_key)")}
        )


# ---- YAML

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
YAML = {
    "a bomb of references": BOMB,
    "an anchor": "id: &x spent\n",
    "a circle": "a: &x [*x]\n",
    "a circle of keys": "a: &x {b: *x}\n",
    "a merge": "a: &x {b: 1}\nc: {<<: *x}\n",
    "a merge without reference": "<<: {id: spent}\n",
    "a tag that runs something": "id: !!python/object/apply:os.system ['id']\n",
    "a tag that makes something": "id: !!python/object/new:type ['x', [], {}]\n",
    "a name of Python": "id: !!python/name:os.system\n",
    "a tag of one's own": "id: !x spent\n",
    "a bare exclamation mark": "id: ! spent\n",
    "a verbatim tag": "id: !<tag:yaml.org,2002:str> spent\n",
    "a tag declared": "%TAG ! tag:yaml.org,2002:\n---\nid: !int x\n",
    "a wrong boolean": "id: !!bool x\n",
    "an empty number": "id: !!int ''\n",
    "a wrong day": "id: !!timestamp x\n",
    "bytes": "id: !!binary aGVsbG8=\n",
    "a set": "id: !!set {a, b}\n",
    "a key twice": "id: a\nid: b\n",
    "a key twice, once quoted": "id: a\n'id': b\n",
    "a list as a key": "? [a]\n: b\n",
    "a mapping as a key": "? {a: 1}\n: b\n",
    "two documents": "id: a\n---\nid: b\n",
    "deep brackets": "a: " + "[" * 90_000 + "]" * 90_000,
    "deep braces": "a: " + "{a: " * 45_000,
    "deep dashes": "- " * 90_000,
    "deep question marks": "? " * 90_000,
    "deep indents": "\n".join(" " * n + "a:" for n in range(500)),
    "a long file": "a: x\n" * 60_000,
    "a huge number": "a: " + "9" * 6000,
    "a day that there is not": "a: 2023-02-30",
    "a null byte": 'a: "x\\0y"',
    "an escape sequence for the terminal": 'a: "\\e[2J"',
    "a right-to-left mark": "a: \u202espent",
    "a mark that nobody sees": "a: spe\u200bnt",
    "an isolate": "a: \u2066spent\u2069",
    "a byte order mark within": "a: spe\ufeffnt",
    "a tabulator for indents": "a:\n\tb: 1",
    "a list": "[a, b]",
    "nothing": "",
    "a word": "spent",
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML.keys())
def test_yaml_that_does_more_than_hold_text_is_refused(text: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(RulebookError) as error:
        read_document("rules/x.yaml", text)
    assert time.perf_counter() - begun < 2
    assert all(one.file == "rules/x.yaml" and one.line >= 1 and one.remedy for one in error.value.problems)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("parameters/limit_yuan.yaml", "value: 100", "value: .inf"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: .nan"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: 'inf'"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: 1.0e+300"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: 9223372036854775808"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: 0.12345678901234567"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: 0100"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: 1:30"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: '1 OR 1=1'"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: [1, 2]"),
        ("parameters/limit_yuan.yaml", "value: 100", "value: {a: 1}"),
        ("parameters/limit_yuan.yaml", '"000000000000"', '"00000000000\' OR 1"'),
        ("facts/spent.yaml", "no_rows: 0", "no_rows: .inf"),
        ("facts/spent.yaml", "no_rows: 0", "no_rows: 'inf'"),
        ("facts/spent.yaml", "months: 12", "months: 99999999"),
        ("facts/spent.yaml", "months: 12", "months: -1"),
        ("facts/spent.yaml", "column: paid_on", "column: 'paid_on OR 1'"),
        ("facts/spent.yaml", "from: bills", "from: registry_person"),
        ("facts/spent.yaml", "from: bills", "from: \"bills; DROP TABLE x\""),
        ("facts/spent.yaml", "unit: yuan", "codes: sex; unit: yuan"),
        ("screening/medical.spent.yaml", "given: {spent: 101}", "given: {spent: .inf}"),
        ("screening/medical.spent.yaml", "given: {spent: 101}", "given: {spent: [1]}"),
        ("screening/medical.spent.yaml", "given: {spent: 101}", "given: {spent: 2023-08-01}"),
        ("screening/medical.spent.yaml", "{spent:yuan}，", "{spent!r}，"),
        ("screening/medical.spent.yaml", "{spent:yuan}，", "{spent.__class__}，"),
        ("screening/medical.spent.yaml", "{spent:yuan}，", "{0}，"),
        ("screening/medical.spent.yaml", "{spent:yuan}，", "{{spent}}，"),
        ("screening/medical.spent.yaml", "{spent:yuan}，", "{household_key}，"),
        ("screening/medical.spent.yaml", "{spent:yuan}，", "{spent:months}，"),
    ],
)  # fmt: skip
def test_a_value_stays_what_it_should_be(path: str, old: str, new: str) -> None:
    assert old in TEXTS[path]
    refused({path: TEXTS[path].replace(old, new)})


# ---- text that ends up in statements

NASTY = "'; DROP TABLE alerts; -- \" \\ ') OR 1=1 /* ${x} $1 %s [red] <b> 中文"


def yaml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def screened(texts: Mapping[str, str], note: str = "") -> ScreeningResult:
    """A county of two households: one spent 150 yuan, the other 900."""
    households = {"household_key": [1, 2], "region_code": ["140830101001"] * 2}
    persons = {"household_key": [1, 2], "person_key": [11, 12], "status": ["active"] * 2}
    bills = {
        "person_key": [11, 12],
        "paid": [150.0, 900.0],
        "paid_on": [date(2023, 7, 1)] * 2,
        "note": [note or "x"] * 2,
    }
    income = {"household_key": pa.array([], pa.int64()), "income_year": pa.array([], pa.int32())}
    return screen(
        rulebook=build_rulebook(texts),
        registry=RegistryTables(pa.table(households), pa.table(persons), pa.table(income)),
        feeds=[FeedRows("bills", pa.table(bills))],
        as_of=date(2023, 8, 1),
        threads=1,
    )


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
