"""Attempts to make the reading of a file do more than hold text, or a value become what it should not be."""

import time

import pytest

from doudi.rulebook import RulebookError
from doudi.rulebook.document import read_document

from .conftest import TEXTS, refused

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
