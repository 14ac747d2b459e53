"""What a look-back found as a workbook: summary, rules, months, townships, lead times, households found and raised."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from doudi.rulebook import Rulebook
from doudi.screening.books.workbook import LEVEL_LABELS, Book, Cells, book_at
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import HouseholdName, household_names, place_names
from doudi.screening.trials.look_back import LookBack

OUTCOMES = {"hit": "期内纳入", "not_enrolled": "未纳入", "waiting": "观察期未满", "confirmed": "未纳入，入户核实属实"}
FIGURES = (
    ("预警户数", "raised"), ("期满可判断", "judged"), ("期内纳入", "hits"), ("未纳入", "not_enrolled"),
    ("观察期未满", "waiting"), ("准确率", "precision"), ("提前发现", "found"), ("发现率", "recall"),
    ("提前月数（中位）", "lead_median"),
)  # fmt: skip
_SHARES = frozenset({"precision", "recall"})


def write_look_back(
    found: LookBack, registry: RegistryTables, path: Path, *, rulebook: Rulebook, lead: Iterable[str] = ()
) -> Path:
    """Write 汇总, 分规则, 分月, 分乡镇, 后来纳入的户, 预警的户 to `path`. `lead`: lines above the summary."""
    keys = {row["household_key"] for row in (*found.households, *found.raised)}
    homes, places = household_names(registry, keys), place_names(registry)
    with book_at(path) as book:
        _summary(book, found, rulebook, lead)
        _rules(book, found, rulebook)
        _months(book, found)
        rows = [
            (places.get(line["value"], line["value"]), line["truth"], *(shown(line, key) for _t, key in FIGURES))
            for line in found.by_township
        ]
        book.sheet("分乡镇", (("乡镇", 20), ("后来纳入", 10), *((title, 12) for title, _key in FIGURES)), rows)
        _enrolled(book, found, rulebook, homes)
        _raised(book, found, rulebook, homes)
    return path


def shown(line: Mapping[str, Any], key: str) -> Any:
    """A figure as a sheet shows it: shares in percent, with one decimal."""
    value = line[key]
    return f"{value:.1%}" if key in _SHARES and value is not None else value


def caveats(found: LookBack, rulebook: Rulebook) -> list[str]:
    """What the figures rest on, in sentences: what was known then, and what had to be assumed."""

    def named(feeds: Iterable[str]) -> str:
        return "、".join(rulebook.sources[feed].title for feed in feeds)

    lines = [
        f"观察期 {found.window} 个月：预警后这么多个月内纳入监测的算“期内纳入”；"
        "期满没有纳入的只说“未纳入”，不等于误报。",
        "登记簿不留历史：之后的纳入、退出和出生已还原，健康、务工、住房等仍是现在的值。",
    ]
    if found.registry_of_the_month:
        lines[1] = f"登记簿用当月留存的：{'、'.join(found.registry_of_the_month)}；其余月份按现在的登记簿还原。"
    if found.by_event_date:
        lines.append(
            f"没有当月来表、按发生日期从后来的表里取的：{named(found.by_event_date)}（会比当时实际知道得早）。"
        )
    if found.absent:
        lines.append(f"有的月份没有来表、当月没有参与的：{named(found.absent)}。")
    if found.carried_back:
        titles = "、".join(rulebook.parameters[name].title for name in found.carried_back)
        lines.append(f"当时还没有标准、用最早的标准代替的：{titles}。")
    return lines


def _summary(book: Book, found: LookBack, rulebook: Rulebook, lead: Iterable[str]) -> None:
    total = found.total
    first, last = found.days[0].isoformat(), found.days[-1].isoformat()
    rows: list[Cells] = [
        ("后来纳入监测的户", total["truth"]),
        ("其中纳入前已能发现", total["found"]),
        ("始终没有发现", total["never"]),
        ("发现率", shown(total, "recall")),
        ("提前月数（下四分位）", total["lead_lower"]),
        ("提前月数（中位）", total["lead_median"]),
        ("提前月数（上四分位）", total["lead_upper"]),
        ("预警过的未纳入户", total["raised"]),
        ("其中期内纳入", total["hits"]),
        ("其中未纳入", total["not_enrolled"]),
        ("其中未纳入但入户核实属实", total["confirmed"]),
        ("其中观察期未满", total["waiting"]),
        ("准确率（期内纳入÷期满可判断）", shown(total, "precision")),
    ]
    lines = (f"规则回测（{first} 至 {last}，共 {len(found.days)} 次）", *lead, *caveats(found, rulebook))
    book.sheet("汇总", (("项目", 34), ("数值", 14)), rows, lead=lines)


def _title(rulebook: Rulebook, rule_id: str) -> str:
    return rulebook.rules[rule_id].title if rule_id in rulebook.rules else rule_id


def _rules(book: Book, found: LookBack, rulebook: Rulebook) -> None:
    rows = [
        (
            line["value"],
            _title(rulebook, line["value"]),
            LEVEL_LABELS.get(line["level"], ""),
            *(shown(line, key) for _t, key in FIGURES),
            line["first"],
        )
        for line in found.by_rule
    ]
    columns = (
        ("规则编号", 34),
        ("规则", 34),
        ("级别", 10),
        *((title, 12) for title, _key in FIGURES),
        ("最先发现", 10),
    )
    book.sheet("分规则", columns, rows)


def _months(book: Book, found: LookBack) -> None:
    keys = ("raised", "first_raised", "hits", "not_enrolled", "waiting", "enrolled", "found")
    rows = [(line["value"], *(line[key] for key in keys)) for line in found.by_month]
    columns = (
        ("月份", 12), ("预警户数", 10), ("首次预警", 10), ("期内纳入", 10), ("未纳入", 10), ("观察期未满", 12),
        ("当月纳入", 10), ("纳入前已发现", 12),
    )  # fmt: skip
    book.sheet("分月", columns, rows)


def _place(home: HouseholdName | None) -> tuple[str, str, str, str]:
    return (home.township, home.village, home.household_no, home.head_name) if home else ("", "", "", "")


_PLACE = (("乡镇", 14), ("村", 14), ("户编号", 20), ("户主", 10))


def _enrolled(book: Book, found: LookBack, rulebook: Rulebook, homes: Mapping[int, HouseholdName]) -> None:
    rows = (
        (
            *_place(homes.get(row["household_key"])),
            row["enrolled"],
            row["found"] or "没有发现",
            row["lead"],
            "；".join(_title(rulebook, rule) for rule in row["rules"]),
            row["sentence"],
        )
        for row in found.households
    )
    columns = (*_PLACE, ("纳入月份", 10), ("最早发现", 10), ("提前月数", 10), ("最先发现的规则", 40), ("原因", 60))
    book.sheet("后来纳入的户", columns, rows)


def _raised(book: Book, found: LookBack, rulebook: Rulebook, homes: Mapping[int, HouseholdName]) -> None:
    rows = (
        (
            *_place(homes.get(row["household_key"])),
            row["first"],
            row["months"],
            LEVEL_LABELS.get(row["level"], ""),
            OUTCOMES[row["outcome"]],
            row["enrolled"],
            "；".join(_title(rulebook, rule) for rule in row["rules"]),
            row["sentence"],
        )
        for row in found.raised
    )
    columns = (
        *_PLACE, ("首次预警", 10), ("预警月数", 10), ("级别", 10), ("后来", 14), ("纳入月份", 10), ("规则", 40),
        ("原因", 60),
    )  # fmt: skip
    book.sheet("预警的户", columns, rows)
