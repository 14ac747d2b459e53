"""What the result pages show of a trial's figures: cards, charts and tables in the reader's language."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.web.layout.templatetags.layout import code
from doudi.web.trials.models import Trial
from doudi.web.trials.queries import named_places, policy_title, title_of

MOST_PLACES = 30
LOOK_BACK_SORTS = ("title", "raised", "hits", "not_enrolled", "precision", "recall", "lead_median", "first")


def rows_at(trial: Trial, **params: str) -> str:
    return f"{reverse('trials:trial', args=[trial.pk])}?{urlencode(params)}#households"


def what_if_context(trial: Trial, figures: dict[str, Any]) -> dict[str, Any]:
    """The figures of a what-if as the page draws them. One SQL statement (names of townships)."""
    places = named_places(figures["by_township"])
    places.sort(key=lambda line: (-(line["enter"] + line["leave"]), line["value"]))
    moved = [line for line in places if line["enter"] or line["leave"]][:MOST_PLACES]
    costs = [{**line, "name": policy_title(line["value"])} for line in figures["costs"]]
    rules = [{**line, "name": title_of(line["value"])} for line in figures["by_rule"]]
    return {
        "total": figures["total"],
        "net": figures["total"]["after"] - figures["total"]["before"],
        "places": places,
        "moved": moved,
        "places_chart": _moving_chart(trial, moved, "name", township=True),
        "types": _types(figures),
        "types_chart": _moving_chart(
            trial, [line for line in _types(figures) if line["enter"] or line["leave"]], "name"
        ),
        "rules": [line for line in rules if _changed(line)],
        "same_rules": sum(not _changed(line) for line in rules),
        "costs": [line for line in costs if _dearer(line)],
        "same_costs": [line for line in costs if not _dearer(line)],
        "cost_places": named_places(figures["costs_by_township"]),
        "extra_cost": figures["extra_cost"],
        "regions": [
            {**line, "name": title_of(line["rule_id"]), "place": place["name"]}
            for line, place in zip(
                figures["regions"],
                named_places({"value": line["region_code"]} for line in figures["regions"]),
                strict=True,
            )
        ],
    }


def _changed(line: dict[str, Any]) -> bool:
    return any(line[key] for key in ("enter", "leave", "up", "down"))


def _dearer(line: dict[str, Any]) -> bool:
    return bool(line["enter"] or line["leave"] or line["yuan_before"] != line["yuan_after"])


def _types(figures: dict[str, Any]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for group, list_name, key in (
        (_("户类型"), "household_type", "by_household_type"),
        (_("监测对象类别"), "monitor_type", "by_monitor_type"),
        (_("风险类型"), "risk_type", "by_risk"),
    ):
        for line in figures[key]:
            name = code(line["value"], list_name) if line["value"] else _("未纳入监测")
            counts = {"before": line.get("households_before"), "after": line.get("households_after")}
            counts = {name_: line.get(name_, value) for name_, value in counts.items()}
            lines.append({**line, **counts, "group": group, "name": name})
    return lines


def _moving_chart(trial: Trial, lines: list[dict[str, Any]], name: str, *, township: bool = False) -> dict[str, Any]:
    """Bars of those who enter and who leave; a township's bars lead to its households."""

    def links(state: str) -> list[str]:
        return [rows_at(trial, show=state, township=line["value"]) for line in lines]

    return {
        "names": [line[name] for line in lines],
        "series": [
            {"id": state, "name": label, "values": [line[state] for line in lines]}
            | ({"links": links(state)} if township else {})
            for state, label in (("enter", _("新进")), ("leave", _("退出")))
        ],
    }


def look_back_context(figures: dict[str, Any], *, sort: str) -> dict[str, Any]:
    """The figures of a look-back as the page draws them. One SQL statement (names of townships)."""
    leads = {int(lead): count for lead, count in figures["lead_times"].items()}
    longest = max(leads, default=0)
    months = list(range(1, longest + 1))
    rules = [{**line, "title": title_of(line["value"])} for line in figures["by_rule"]]
    return {
        "total": figures["total"],
        "window": figures["window"],
        "leads_chart": {
            "names": [_("提前 %d 个月") % month for month in months],
            "series": [
                {"id": "enter", "name": _("户"), "values": [leads.get(month, 0) for month in months]},
            ],
        },
        "leads": [(month, leads.get(month, 0)) for month in months],
        "rules": _sorted(rules, sort),
        "months": figures["by_month"],
        "places": named_places(figures["by_township"]),
    }


def _sorted(lines: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """By one column, `-` before it for descending; lines without a value last."""
    key = sort.removeprefix("-")
    if key not in LOOK_BACK_SORTS:
        key, sort = "recall", "-recall"
    there = [line for line in lines if line[key] is not None]
    there.sort(key=lambda line: (line[key], line["hits"], line["raised"]), reverse=sort.startswith("-"))
    return there + [line for line in lines if line[key] is None]


def caveats(figures: dict[str, Any], titles: dict[str, str]) -> list[str]:
    """What the figures of a look-back rest on. `titles`: of feeds and parameters by their identifiers."""

    def named(names: Iterable[str]) -> str:
        return "、".join(titles.get(name, name) for name in names)

    lines = [
        _("预警后 %(months)d 个月内纳入监测的算“期内纳入”；期满没有纳入的只说“未纳入”：没有人入户核实过，不等于误报。")
        % {"months": figures["window"]},
        _("登记簿不留历史：之后的纳入、退出和出生已还原，健康、务工、住房等仍是现在的值。"),
    ]
    if figures["by_event_date"]:
        feeds = named(figures["by_event_date"])
        lines.append(_("没有当月来表、按发生日期从后来的表里取的：%s（会比当时实际知道得早）。") % feeds)
    if figures["absent"]:
        lines.append(_("有的月份没有来表、当月没有参与的：%s。") % named(figures["absent"]))
    if figures["carried_back"]:
        lines.append(_("当时还没有标准、用最早的标准代替的：%s。") % named(figures["carried_back"]))
    return lines
