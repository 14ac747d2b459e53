"""The sheet of villages and townships in the workbook of a screening."""

from collections.abc import Iterable

from doudi.screening.books.workbook import LEVEL_LABELS, Book, Cells, label
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import place_names
from doudi.screening.run import ScreeningResult

REGION_LEVELS = {"village": "村", "township": "乡镇"}


def write_region_sheet(book: Book, result: ScreeningResult, registry: RegistryTables) -> None:
    """村乡预警: alerts of villages and townships, the gravest first, then what could not be judged."""
    names = place_names(registry)
    rules = result.rulebook.rules

    def place(code: str | None) -> tuple[str, str]:
        if not code:
            return "（全部）", ""
        township = names.get(f"{code[:9]}000", "")
        return township, "" if code.endswith("000") else names.get(code, code)

    def rows() -> Iterable[Cells]:
        for alert in result.region_alerts.to_pylist():
            rule = rules[alert["rule_id"]]
            yield (
                LEVEL_LABELS[alert["level"]], REGION_LEVELS[alert["region_level"]], *place(alert["region_code"]),
                rule.title, alert["households"], alert["sentence"], label("risk_type", alert["risk"]),
                label("department", alert["department"]), "；".join(rule.verify), alert["region_code"], rule.id,
            )  # fmt: skip
        for one in result.region_cannot_tell.to_pylist():
            rule = rules[one["rule_id"]]
            missing = "、".join(result.rulebook.facts[name].title for name in one["missing_facts"])
            source = result.rulebook.sources[one["source"]].title if one["source"] else ""
            why = f"缺少{missing}，无法判断"
            if source:
                why = f"没有“{source}”的数据，{one['subjects']} 个村、乡镇无法判断"
            yield (
                "无法判断", REGION_LEVELS.get(one["region_level"] or "", ""), *place(one["region_code"]), rule.title,
                None, why, label("risk_type", rule.risk), label("department", rule.department), "",
                one["region_code"] or "", rule.id,
            )  # fmt: skip

    columns = (
        ("级别", 10), ("层级", 8), ("乡镇", 14), ("村", 14), ("规则", 28), ("涉及户数", 10), ("原因", 60),
        ("风险类型", 14), ("责任部门", 12), ("核实要点", 44), ("区划代码", 16), ("规则编号", 28),
    )  # fmt: skip
    book.sheet("村乡预警", columns, rows())
