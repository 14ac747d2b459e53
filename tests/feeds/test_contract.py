"""Column contracts: all shipped ones load, and mistakes in one are named by file, line and remedy."""

from pathlib import Path

import pytest

from doudi.feeds.contract import Contract, ContractError, load_contract, load_contracts
from doudi.feeds.headers import header_key, money_factor
from doudi.standards.codes import CODE_LISTS

SOUND = """\
id: sample
title: 示例
title_en: Sample
department: health
subject: person
kind: state
columns:
  - {id: name, header: 姓名, type: name, required: true}
  - {id: amount, header: 金额, type: money, unit: yuan, min: 0}
checks:
  - {id: much, when: amount > 100, severity: warning, message: 金额较大}
"""


def broken(tmp_path: Path, old: str, new: str) -> str:
    path = tmp_path / "sample.yaml"
    assert old in SOUND
    path.write_text(SOUND.replace(old, new), encoding="utf-8")
    with pytest.raises(ContractError) as refused:
        load_contract(path)
    return str(refused.value)


def test_a_sound_contract_loads(tmp_path: Path) -> None:
    path = tmp_path / "sample.yaml"
    path.write_text(SOUND, encoding="utf-8")
    assert load_contract(path).by_header["姓名"].id == "name"


@pytest.mark.parametrize(
    ("old", "new", "line", "remedy"),
    [
        ("type: name", "type: names", 8, "type 只能是"),
        ("required: true", "requird: true", 8, "不认识 requird"),
        ("unit: yuan, ", "", 9, "unit: yuan"),
        ("type: name, required: true", "type: code, codes: no_such_list", 8, "没有名为 no_such_list 的代码表"),
        ("type: name, required: true", "type: code", 8, "必须写 codes"),
        ("header: 金额", "header: 姓 名*", 1, "同时属于 name 和 amount"),
        ("id: amount", "id: name", 1, "列标识 name 写了两次"),
        ("kind: state", "kind: monthly", 6, "kind 只能是"),
        ("title: 示例\n", "", 1, "缺少 title"),
        ("id: sample", "id: other", 1, "请写 id: sample"),
        ("columns:", "columns: [", 8, "不是有效的 YAML"),
        ("id: amount", "id: person_key", 1, "person_key 是保留的名字"),
        ("id: amount", "id: a__b", 9, "id 只能用小写字母"),
        ("min: 0", "min: .inf", 9, "min"),
        ("when: amount > 100", "when: amout > 100", 11, "amount"),
        ("when: amount > 100", "when: amount > (SELECT 1)", 11, "检查 much"),
    ],
)
def test_a_mistake_is_named_by_line_and_remedy(tmp_path: Path, old: str, new: str, line: int, remedy: str) -> None:
    message = broken(tmp_path, old, new)
    assert f"sample.yaml:{line}:" in message
    assert remedy in message


def test_problems_of_all_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    for name in ("one", "two"):
        (tmp_path / "feeds" / f"{name}.yaml").write_text(SOUND, encoding="utf-8")
    with pytest.raises(ContractError) as refused:
        load_contracts(tmp_path)
    assert len(refused.value.problems) == 2


def test_an_empty_rules_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="没有列约定文件"):
        load_contracts(tmp_path)


def test_every_feed_of_the_field_has_a_contract(contracts: dict[str, Contract]) -> None:
    assert len([one for one in contracts if not one.startswith("registry_")]) >= 10
    assert {"registry_region", "registry_household", "registry_person", "registry_income"} <= contracts.keys()


def test_shipped_contracts_fit_the_vocabulary(contracts: dict[str, Contract]) -> None:
    departments = {str(member.value) for member in CODE_LISTS["department"]}
    for contract in contracts.values():
        assert contract.department in departments
        assert len(contract.predicates) == len(contract.checks)
        for column in contract.columns:
            assert bool(column.spellings) == (column.type in ("code", "codes")), (contract.id, column.id)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("姓 名", "姓名"),
        ("*身份证号\n码", "身份证号码"),
        ("总费用（元）", "总费用"),
        ("总费用(万元)", "总费用"),
        ("县（市、区）", "县市、区"),
        ("ＩＤ", "id"),
        ("务工时间（月）", "务工时间"),
        ("（元）", ""),
        ("总费用 单位：元", "总费用"),
    ],
)
def test_headers_are_reduced_to_what_counts(written: str, key: str) -> None:
    assert header_key(written) == key


@pytest.mark.parametrize(
    ("written", "factor"),
    [("总费用（万元）", 10_000), ("总费用(元)", 1), ("某表 单位：千元", 1_000), ("总费用", None), ("月收入(元/月)", 1)],
)
def test_the_unit_of_money_stands_in_the_header(written: str, factor: float | None) -> None:
    assert money_factor(written) == factor
