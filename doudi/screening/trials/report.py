"""What a what-if found as a workbook: summary, by township, by type, who enters, who leaves, costs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from doudi.rulebook import Rulebook
from doudi.screening.books.workbook import LEVEL_LABELS, Book, Cells, book_at, label
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import HouseholdName, household_names, person_names, place_names
from doudi.screening.trials.what_if import WhatIf

COUNTS = (
    ("现在户数", "before"), ("改后户数", "after"), ("新进户数", "enter"), ("退出户数", "leave"), ("升级户数", "up"),
    ("降级户数", "down"), ("现在人数", "persons_before"), ("改后人数", "persons_after"),
    ("新进人数", "persons_enter"), ("退出人数", "persons_leave"),
)  # fmt: skip
RULE_COUNTS = (
    ("现在条数", "alerts_before"), ("改后条数", "alerts_after"), ("现在户数", "households_before"),
    ("改后户数", "households_after"), ("新增户数", "enter"), ("消失户数", "leave"), ("升级户数", "up"),
    ("降级户数", "down"),
)  # fmt: skip
COSTS = (
    ("现在应享（户或人）", "subjects_before"), ("改后应享（户或人）", "subjects_after"), ("新进", "enter"),
    ("退出", "leave"), ("现在金额（元/年）", "yuan_before"), ("改后金额（元/年）", "yuan_after"),
    ("改后尚未享受（元/年）", "gap_yuan_after"), ("改后金额不明（户或人）", "unknown_after"),
)  # fmt: skip


def write_what_if(
    found: WhatIf, registry: RegistryTables, path: Path, *, rulebook: Rulebook, lead: Iterable[str] = ()
) -> Path:
    """Write 汇总, 分乡镇, 分类型, 分规则, 新进, 退出, 升降级, 费用 to `path`. `lead`: lines above the summary."""
    homes = household_names(registry, found.households["household_key"].to_pylist())
    places = place_names(registry)
    with book_at(path) as book:
        _summary(book, found, lead)
        _counted(book, "分乡镇", "乡镇", found.by_township, lambda code: places.get(code, code))
        _types(book, found)
        _rules(book, found, rulebook)
        for name, states in (("新进", ("enter",)), ("退出", ("leave",)), ("升降级", ("up", "down"))):
            _households(book, name, states, found, rulebook, homes)
        _alerts(book, found, rulebook, homes, registry)
        _costs(book, found, rulebook, places)
    return path


def _summary(book: Book, found: WhatIf, lead: Iterable[str]) -> None:
    total = found.total
    lines = [f"政策推演（截至 {found.as_of.isoformat()}）", *lead, *(f"改动：{one}" for one in found.changes)]
    rows: list[Cells] = [
        ("全部农户", found.everybody["households"], found.everybody["persons"]),
        *((title.removesuffix("户数"), total[key], total[f"persons_{key}"]) for title, key in COUNTS[:6]),
        ("净增", found.net, total["persons_after"] - total["persons_before"]),
        ("无法判断（现在，项）", found.cannot_tell["before"], None),
        ("无法判断（改后，项）", found.cannot_tell["after"], None),
    ]
    if found.extra_cost is not None:
        rows.append(("费用变化（元/年）", found.extra_cost, None))
    book.sheet("汇总", (("项目", 28), ("户数", 14), ("人数", 14)), rows, lead=lines)


def _counted(book: Book, name: str, what: str, lines: list[dict[str, Any]], shown: Any) -> None:
    rows = [(shown(line["value"]), *(line[key] for _title, key in COUNTS)) for line in lines]
    book.sheet(name, ((what, 20), *((title, 10) for title, _key in COUNTS)), rows)


def _types(book: Book, found: WhatIf) -> None:
    rows: list[Cells] = []
    for kind, list_name, lines in (
        ("户类型", "household_type", found.by_household_type),
        ("监测对象类别", "monitor_type", found.by_monitor_type),
    ):
        for line in lines:
            named = label(list_name, line["value"]) or "（无）"
            rows.append((kind, named, *(line[key] for _title, key in COUNTS)))
    for line in found.by_risk:
        counts = (line["households_before"], line["households_after"], *(line[key] for _t, key in COUNTS[2:6]))
        rows.append(("风险类型", label("risk_type", line["value"]), *counts))
    columns = (("分类", 14), ("类型", 20), *((title, 10) for title, _key in COUNTS))
    book.sheet("分类型", columns, rows)


def _rules(book: Book, found: WhatIf, rulebook: Rulebook) -> None:
    rows = [
        (line["value"], _title(rulebook, line["value"]), *(line[key] for _title_, key in RULE_COUNTS))
        for line in found.by_rule
    ]
    book.sheet("分规则", (("规则编号", 34), ("规则", 34), *((title, 10) for title, _key in RULE_COUNTS)), rows)


def _title(rulebook: Rulebook, rule_id: str) -> str:
    rule = rulebook.rules.get(rule_id)
    return rule.title if rule else rule_id


def _households(
    book: Book,
    name: str,
    states: tuple[str, ...],
    found: WhatIf,
    rulebook: Rulebook,
    homes: Mapping[int, HouseholdName],
) -> None:
    def rows() -> Iterable[Cells]:
        for row in found.households.to_pylist():
            if row["state"] in states:
                home = homes.get(row["household_key"])
                changed = [*(row["rules_new"] or ()), *(row["rules_gone"] or ())]
                yield (
                    LEVEL_LABELS.get(row["level_after"] or row["level_before"], ""),
                    home.township if home else "",
                    home.village if home else "",
                    home.household_no if home else "",
                    home.head_name if home else "",
                    row["persons"],
                    LEVEL_LABELS.get(row["level_before"], "（无）"),
                    LEVEL_LABELS.get(row["level_after"], "（无）"),
                    row["sentence"],
                    "；".join(_title(rulebook, rule) for rule in changed),
                )

    columns = (
        ("级别", 10), ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("人数", 8), ("现在", 10), ("改后", 10),
        ("原因", 60), ("变化的规则", 40),
    )  # fmt: skip
    book.sheet(name, columns, rows())


def _alerts(
    book: Book, found: WhatIf, rulebook: Rulebook, homes: Mapping[int, HouseholdName], registry: RegistryTables
) -> None:
    people = person_names(registry, found.alerts["person_key"].drop_null().to_pylist())
    states = {"new": "新增", "gone": "消失"}
    rows = (
        (
            states[row["state"]],
            homes[row["household_key"]].household_no if row["household_key"] in homes else "",
            people.get(row["person_key"], ""),
            _title(rulebook, row["rule_id"]),
            LEVEL_LABELS.get(row["level_after"] or row["level_before"], ""),
            row["sentence"],
        )
        for row in found.alerts.to_pylist()
    )
    columns = (("变化", 10), ("户编号", 20), ("涉及成员", 10), ("规则", 34), ("级别", 10), ("原因", 60))
    book.sheet("预警变化", columns, rows)


def _costs(book: Book, found: WhatIf, rulebook: Rulebook, places: Mapping[str, str]) -> None:
    policies = rulebook.policies
    rows: list[Cells] = []
    for kind, lines in (("政策", found.costs), ("乡镇", found.costs_by_township)):
        for line in lines:
            value = line["value"]
            named = policies[value].title if value in policies else places.get(value, value)
            rows.append((kind, named, *(line[key] for _title_, key in COSTS)))
    columns = (("分类", 10), ("名称", 34), *((title, 16) for title, _key in COSTS))
    book.sheet("费用", columns, rows, lead=() if rows else ("没有可计算费用的政策",))
