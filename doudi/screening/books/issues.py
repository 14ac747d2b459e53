"""The workbook of issues in the registry's data: how many of which kind and where, and each with its reason."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from doudi.rulebook.checks import Check
from doudi.screening.books.workbook import Book, Cells, book_at, label
from doudi.screening.cleaning.run import CleaningResult
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import household_names, person_names, place_names

RESPONSIBLE = {"village": "村", "township": "乡镇"}
"""Who answers for an issue; departments have labels of their own."""


def write_issues(
    result: CleaningResult, registry: RegistryTables, path: Path, *, headers: Mapping[str, str] | None = None
) -> Path:
    """Write 汇总, 数据问题, 各村干净率 to `path`. `headers`: cell (person.labour) → header as sheets have it.

    Replaces a file of that name only when finished.
    """
    with book_at(path) as book:
        _totals(book, result)
        _issues(book, result, registry, headers or {})
        _clean(book, result, registry)
    return path


def responsible_label(code: str) -> str:
    """Who answers for an issue, in Chinese."""
    return RESPONSIBLE.get(code) or label("department", code)


def _totals(book: Book, result: CleaningResult) -> None:
    summary = result.summary
    lead = [
        f"登记簿数据核查（截至 {result.plan.as_of.isoformat()}）",
        f"户数 {summary['households']}，没有错误的 {summary['clean']} 户（{summary['clean_share']:.1%}）；"
        f"错误 {summary['errors']} 处，疑点 {summary['doubts']} 处",
        f"核查 {len(result.plan.checks)} 项，规则库 {result.rulebook.digest[:12]}",
    ]
    rows: list[Cells] = [
        (
            check.id,
            check.title,
            label("check_topic", check.topic),
            label("check_severity", check.severity),
            responsible_label(check.responsible),
            *result.counts[check.id],
            basis(check),
        )
        for check in result.plan.checks
    ]
    rows += [
        (
            name,
            result.rulebook.checks[name].title,
            "",
            "",
            "",
            None,
            None,
            f"没有核查：缺少参数 {'、'.join(lacking)} 的值",
        )
        for name, lacking in result.plan.left_out.items()
    ]
    columns = (
        ("核查编号", 36), ("核查", 34), ("类别", 14), ("程度", 8), ("责任方", 12), ("问题处数", 10), ("无法判断", 10),
        ("依据", 60),
    )  # fmt: skip
    book.sheet("汇总", columns, rows, lead=lead)


def basis(check: Check) -> str:
    """The documents that a check comes from."""
    return "；".join(f"{one.document} {one.article}".strip() for one in check.legal_basis)


def _issues(book: Book, result: CleaningResult, registry: RegistryTables, headers: Mapping[str, str]) -> None:
    table = result.issues
    homes = household_names(registry, table["household_key"].to_pylist())
    people = person_names(registry, table["person_key"].drop_null().to_pylist())
    checks = result.rulebook.checks
    order = [("severity", "descending"), ("region_code", "ascending"), ("household_key", "ascending")]

    def rows() -> Iterable[Cells]:
        for batch in table.sort_by(order).to_batches(max_chunksize=10_000):
            for issue in batch.to_pylist():
                home, check = homes.get(issue["household_key"]), checks[issue["check_id"]]
                repair = ""
                if issue["repair_column"]:
                    value = _shown(issue["repair_value"])
                    repair = f"{headers.get(issue['repair_column'], issue['repair_column'])}改为{value}"
                yield (
                    label("check_severity", issue["severity"]),
                    home.township if home else "",
                    home.village if home else "",
                    home.household_no if home else "",
                    home.head_name if home else "",
                    people.get(issue["person_key"], ""),
                    check.title,
                    issue["sentence"],
                    "、".join(headers.get(column, column) for column in issue["columns"]),
                    repair,
                    issue["repair_because"] or "",
                    "；".join(check.verify),
                    responsible_label(issue["responsible"]),
                    issue["check_id"],
                )

    columns = (
        ("程度", 8), ("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10), ("涉及成员", 10), ("问题", 28),
        ("说明", 60), ("涉及栏目", 30), ("修改建议", 30), ("建议理由", 34), ("入户核实要点", 44), ("责任方", 10),
        ("核查编号", 32),
    )  # fmt: skip
    book.sheet("数据问题", columns, rows())


_WORDS = {"true": "是", "false": "否", None: "空"}


def _shown(value: str | None) -> str:
    return _WORDS.get(value) or str(value)


def _clean(book: Book, result: CleaningResult, registry: RegistryTables) -> None:
    names = place_names(registry)
    rows = [
        (
            names.get(f"{code[:9]}000", ""),
            names.get(code, ""),
            code,
            one["households"],
            one["clean"],
            one["clean"] / one["households"] if one["households"] else None,
            one["errors"],
            one["doubts"],
        )
        for one in result.clean.to_pylist()
        if (code := one["region_code"] or "") or one["households"]
    ]
    columns = (
        ("乡镇", 14), ("村", 14), ("行政区划代码", 16), ("户数", 10), ("没有错误的户数", 14), ("干净率", 10),
        ("错误处数", 10), ("疑点处数", 10),
    )  # fmt: skip
    book.sheet("各村干净率", columns, rows)
