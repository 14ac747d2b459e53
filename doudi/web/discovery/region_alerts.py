"""Alerts of villages and townships: kept with a screening, and read within what the actor may see."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.utils.http import urlencode

from doudi.screening.results.earlier import news_since
from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.discovery.models import RegionAlert, RunState, ScreeningRun
from doudi.web.discovery.presenting import NamedValue, named_fact, named_threshold
from doudi.web.discovery.queries import LEVEL_ORDER, latest_run
from doudi.web.discovery.results import run_dir
from doudi.web.discovery.rulebook import rule_of, rule_title
from doudi.web.paging import page_of
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import Household

if TYPE_CHECKING:
    from doudi.rulebook import Rulebook
    from doudi.screening.run import ScreeningResult

ALERTS_A_STEP = 1_000


def keep_region_alerts(run: ScreeningRun, result: "ScreeningResult") -> dict[str, Any]:
    """Write a run's alerts of villages and townships, in the caller's transaction; gives their counts."""
    RegionAlert.objects.bulk_create(
        (RegionAlert(run=run, **_values(row)) for row in result.region_alerts.to_pylist()), batch_size=ALERTS_A_STEP
    )
    counts = result.summary["region_alerts_by_level"]
    unknown: dict[str, int] = {}
    for one in result.region_cannot_tell.to_pylist():
        before = unknown.get(one["rule_id"], 0)
        unknown[one["rule_id"]] = max(before, one["subjects"]) if one["source"] else before + one["subjects"]
    return {
        "region_alerts": result.region_alerts.num_rows,
        "region_red": counts.get("red", 0),
        "region_yellow": counts.get("yellow", 0),
        "region_unknown": unknown,
    }


def alerts_before(run: ScreeningRun, rulebook: "Rulebook") -> "tuple[Path] | None":
    """The file of alerts of the last screening that lies as far back as alerts count as new; None without one.

    Two SQL statements.
    """
    place = Household.objects.order_by().values_list("region_code", flat=True).first()
    until = news_since(rulebook, region=place, as_of=run.as_of) if place is not None else None
    if until is None:
        return None
    earlier = ScreeningRun.objects.filter(state=RunState.DONE, as_of__lte=until).order_by("-as_of", "-pk").first()
    path = run_dir(earlier) / "alerts.parquet" if earlier is not None and earlier.result_dir else None
    return (path,) if path is not None and path.is_file() else None


def _values(row: dict[str, Any]) -> dict[str, Any]:
    texts = ("rule_id", "rule_version", "level", "region_level", "region_code", "risk", "department")
    return {
        **{name: row[name] or "" for name in (*texts, "sentence", "sentence_en")},
        **{name: json.loads(row[name] or "null") for name in ("facts", "thresholds", "legal_basis")},
        "households": row["households"] or 0,
        "level_order": LEVEL_ORDER[row["level"]],
    }


@dataclass(frozen=True)
class RegionFilter:
    """What a person narrows the list by; empty means any. `layer` is village or township."""

    level: str = ""
    layer: str = ""
    region: str = ""
    rule: str = ""


@dataclass(frozen=True)
class RegionAlertRow:
    """One alert as the list shows it. `clues` are the conditions under which the list of clues shows the households."""

    alert: RegionAlert
    title: str
    title_en: str
    place: str
    township: str
    facts: tuple[NamedValue, ...]
    thresholds: tuple[NamedValue, ...]
    verify: tuple[str, ...]
    clues: dict[str, str]

    @property
    def clues_query(self) -> str:
        """The conditions as the address of the list of clues has them."""
        return urlencode(self.clues)


def region_alerts_matching(
    *, actor: Officer, chosen: RegionFilter, action: Action = Action.CLUE_SEE
) -> QuerySet[RegionAlert]:
    """The alerts of the last screening that a filter leaves, red ones first. One SQL statement for the screening."""
    run = latest_run()
    if run is None:
        return RegionAlert.objects.none()
    alerts = RegionAlert.objects.visible_to(actor, action).filter(run=run)
    if chosen.region:
        try:
            alerts = alerts.filter(region_condition([Area(RegionCode(chosen.region))]))
        except ValueError:
            return alerts.none()
    wanted = {"level": chosen.level, "region_level": chosen.layer, "rule_id": chosen.rule}
    return alerts.filter(**{name: value for name, value in wanted.items() if value}).order_by(
        "level_order", "region_code", "rule_id"
    )


def region_alert_rows(alerts: Sequence[RegionAlert]) -> list[RegionAlertRow]:
    """Alerts with names and places. One SQL statement."""
    places = PlaceNames(alert.region_code for alert in alerts)
    rows = []
    for alert in alerts:
        title, rule = rule_title(alert.rule_id), rule_of(alert.rule_id)
        village = alert.region_level == "village"
        rows.append(
            RegionAlertRow(
                alert=alert,
                title=title.title,
                title_en=title.title_en,
                place=places.name(alert.region_code),
                township=places.above(alert.region_code) if village else "",
                facts=tuple(named_fact(key, value) for key, value in alert.facts.items()),
                thresholds=tuple(named_threshold(key, value) for key, value in alert.thresholds.items()),
                verify=rule.verify if rule is not None else (),
                clues=clues_of(alert),
            )
        )
    return rows


def clues_of(alert: RegionAlert) -> dict[str, str]:
    """How the list of clues is narrowed to the households an alert is about; empty when they are no clues."""
    rule = rule_of(alert.rule_id)
    if rule is None or rule.concerns is None:
        return {}
    concerns = rule.concerns
    risk = alert.facts.get(concerns.risk, concerns.risk) if concerns.risk else None
    wanted = {"level": concerns.level, "rule": concerns.rule, "risk": risk, "department": concerns.department}
    given = {name: str(value) for name, value in wanted.items() if value}
    return {"region": alert.region_code, **given} if given else {}


def region_alert_page(*, actor: Officer, chosen: RegionFilter, page: int | str = 1, size: int = 30) -> Page[Any]:
    """One page of the list. Four SQL statements (screening, count, alerts, places)."""
    alerts = region_alerts_matching(actor=actor, chosen=chosen)
    return page_of(alerts, page=page, size=size, make=region_alert_rows)


def gravest_region_alerts(run: ScreeningRun | None, *, actor: Officer, most: int) -> tuple[list[RegionAlertRow], int]:
    """The first alerts of a run for the figures, and how many there are. At most three SQL statements."""
    if run is None:
        return [], 0
    alerts = RegionAlert.objects.visible_to(actor, Action.FIGURES_SEE).filter(run=run)
    found = list(alerts.order_by("level_order", "-households", "region_code")[:most])
    total = len(found) if len(found) < most else alerts.count()
    return (region_alert_rows(found) if found else []), total


def every_region_alert(*, actor: Officer, chosen: RegionFilter) -> Iterator[RegionAlertRow]:
    """All that the actor may export, in the order of the list."""
    alerts = list(region_alerts_matching(actor=actor, chosen=chosen, action=Action.CLUE_EXPORT))
    for start in range(0, len(alerts), ALERTS_A_STEP):
        yield from region_alert_rows(alerts[start : start + ALERTS_A_STEP])


@dataclass(frozen=True)
class Undecided:
    """A rule across households that could not be judged in `count` villages and townships."""

    title: str
    title_en: str
    count: int


def undecided(run: ScreeningRun | None) -> list[Undecided]:
    """Rules across households that a screening could not judge somewhere."""
    found = run.counts.get("region_unknown", {}) if run is not None else {}
    titles = {rule_id: rule_title(rule_id) for rule_id in found}
    return [Undecided(titles[name].title, titles[name].title_en, count) for name, count in sorted(found.items())]
