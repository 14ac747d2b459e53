"""A small rulebook, and what is refused in it."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from doudi.rulebook import RulebookError, build_rulebook
from doudi.screening.inputs import FeedRows, RegistryTables
from doudi.screening.run import ScreeningResult, screen

from ..conftest import LIMIT, MEMBER

RULES = Path(__file__).parents[3] / "rules"
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
