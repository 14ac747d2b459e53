"""The workbook a data officer hands on: totals, alerts, what could not be judged, what was sent back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from doudi.screening.books.policies import write_policy_sheets
from doudi.screening.books.regions import write_region_sheet
from doudi.screening.books.since import Since
from doudi.screening.books.workbook import LEVEL_LABELS, Book, Cells, book_at, label
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.left_out import SOURCE as LEFT_OUT
from doudi.screening.results.names import household_names, person_names
from doudi.screening.run import ScreeningResult


@dataclass(frozen=True, slots=True)
class Intake:
    """How one file came in: rows read, accepted, rejected, and what is wrong with it as a whole."""

    file: str
    title: str
    month: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    note: str = ""
    feed: str = ""


def write_alerts(
    result: ScreeningResult,
    registry: RegistryTables,
    path: Path,
    *,
    intake: Iterable[Intake] = (),
    since: Since | None = None,
) -> Path:
    """Write 汇总, 预警名单, 村乡预警, (与上次比较, 政策享受情况 …,) 无法判断, 退回与未匹配 to `path`.

    Replaces a file of that name only when finished.
    """
    with book_at(path) as book:
        files = list(intake)
        _totals(book, result)
        _alerts(book, result, registry)
        write_region_sheet(book, result, registry)
        if since is not None:
            since.write_sheet(book, registry)
        if result.plan.entitlement.policies:
            write_policy_sheets(book, result, registry)
        _unknown(book, result, registry)
        _returned(book, result, files)
    return path


def _totals(book: Book, result: ScreeningResult) -> None:
    summary = result.summary
    lead = [
        f"防止返贫筛查汇总（截至 {result.plan.as_of.isoformat()}）",
        f"户数 {summary['households']}，人数 {summary['persons']}，预警 {summary['alerts']} 条，"
        f"涉及 {summary['households_with_alerts']} 户；无法判断 {summary['cannot_tell']} 项",
        f"村乡预警 {summary['region_alerts']} 条；村乡规则无法判断 {summary['region_cannot_tell']} 项",
        f"规则 {len(result.plan.rules)} 条，村乡规则 {len(result.plan.regional.rules)} 条，"
        f"规则库 {result.rulebook.digest[:12]}",
    ]
    rows = [
        (
            rule.id,
            rule.title,
            LEVEL_LABELS[rule.level],
            label("risk_type", rule.risk),
            label("department", rule.department),
            summary["by_rule"].get(rule.id, 0),
            summary["cannot_tell_by_rule"].get(rule.id, 0),
            "；".join(f"{one.document} {one.article}".strip() for one in rule.legal_basis),
        )
        for rule in result.plan.rules
    ]
    columns = (
        ("规则编号", 34), ("规则", 34), ("级别", 10), ("风险类型", 14), ("责任部门", 12), ("预警条数", 10),
        ("无法判断", 10), ("依据", 60),
    )  # fmt: skip
    book.sheet("汇总", columns, rows, lead=lead)


def _alerts(book: Book, result: ScreeningResult, registry: RegistryTables) -> None:
    table = result.alerts
    homes = household_names(registry, table["household_key"].to_pylist())
    people = person_names(registry, table["person_key"].drop_null().to_pylist())
    rules = result.rulebook.rules

    def rows() -> Iterable[Cells]:
        for batch in _ordered(table).to_batches(max_chunksize=10_000):
            for alert in batch.to_pylist():
                home = homes.get(alert["household_key"])
                yield (
                    LEVEL_LABELS[alert["level"]],
                    home.township if home else "",
                    home.village if home else "",
                    home.household_no if home else "",
                    home.head_name if home else "",
                    people.get(alert["person_key"], ""),
                    rules[alert["rule_id"]].title,
                    alert["sentence"],
                    label("risk_type", alert["risk"]),
                    label("department", alert["department"]),
                    "；".join(rules[alert["rule_id"]].verify),
                    home.helper_name if home else "",
                    alert["rule_id"],
                    alert["rule_version"],
                )

    columns = (
        ("级别", 10), ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("涉及成员", 10), ("规则", 28),
        ("原因", 60), ("风险类型", 14), ("责任部门", 12), ("入户核实要点", 44), ("帮扶责任人", 12), ("规则编号", 32),
        ("规则版本", 18),
    )  # fmt: skip
    book.sheet("预警名单", columns, rows())


def _ordered(table: pa.Table) -> pa.Table:
    """Red first, then by village and household."""
    urgency = {"red": 0, "yellow": 1, "exclusion": 2}
    order = pa.array([urgency[level] for level in table["level"].to_pylist()], pa.int8())
    keys = [("urgency", "ascending"), ("region_code", "ascending"), ("household_key", "ascending")]
    return table.append_column("urgency", order).sort_by(keys)


def _unknown(book: Book, result: ScreeningResult, registry: RegistryTables) -> None:
    table = result.cannot_tell
    homes = household_names(registry, table["household_key"].drop_null().to_pylist())
    people = person_names(registry, table["person_key"].drop_null().to_pylist())
    rules, facts, sources = result.rulebook.rules, result.rulebook.facts, result.rulebook.sources
    parameters = result.rulebook.parameters

    def rows() -> Iterable[Cells]:
        for batch in table.to_batches(max_chunksize=10_000):
            for one in batch.to_pylist():
                home = homes.get(one["household_key"])
                titled = parameters if one["source"] == LEFT_OUT else facts
                missing = "、".join(titled[name].title for name in one["missing_facts"])
                source = one["source"]
                why = f"没有“{sources[source].title}”的数据" if source in sources else "登记簿或部门数据缺项"
                if source == LEFT_OUT:
                    why = "参数没有值，这条规则没有比对"
                yield (
                    rules[one["rule_id"]].title,
                    "（全部）" if source else home.township if home else "",
                    "" if source else home.village if home else "",
                    home.household_no if home else "",
                    home.head_name if home else "",
                    people.get(one["person_key"], ""),
                    missing,
                    why,
                    one["subjects"],
                    one["rule_id"],
                )

    columns = (
        ("规则", 34), ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("涉及成员", 10), ("缺少的数据", 40),
        ("原因", 34), ("户数或人数", 12), ("规则编号", 32),
    )  # fmt: skip
    book.sheet("无法判断", columns, rows())


def _returned(book: Book, result: ScreeningResult, files: Sequence[Intake]) -> None:
    unmatched = result.unmatched
    rows: list[Cells] = [
        (
            one.title, one.file, one.month, one.rows_read, one.rows_accepted, one.rows_rejected,
            unmatched.get(one.feed, {}).get("without_id"), unmatched.get(one.feed, {}).get("not_registered"), one.note,
        )
        for one in files
    ]  # fmt: skip
    named = {one.feed for one in files}
    for feed, counts in unmatched.items():
        if feed not in named:
            title, months = result.rulebook.sources[feed].title, "、".join(result.feeds[feed].months)
            rows.append(
                (title, "", months, None, counts["rows"], None, counts["without_id"], counts["not_registered"], "")
            )
    columns = (
        ("数据", 22), ("文件", 34), ("月份", 12), ("读到行数", 10), ("接收行数", 10), ("退回行数", 10),
        ("无有效身份证号", 16), ("登记簿中查无此人", 18), ("说明", 60),
    )  # fmt: skip
    book.sheet("退回与未匹配", columns, rows)
