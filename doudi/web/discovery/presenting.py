"""Alerts and screenings as the pages show them: identifiers replaced by names, counts set beside the previous ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from doudi.rulebook import MissingParameter
from doudi.standards.periods import IncomeYear
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.discovery.models import Alert, RunState, ScreeningRun
from doudi.web.discovery.queries import RuleCount, ScreeningDetail, run_counts
from doudi.web.discovery.rulebook import current_rulebook, fact_title, rule_title

LINE = "monitoring_line"
WATCH_LINE = "low_income_watch_line"


@dataclass(frozen=True)
class NamedValue:
    """A fact or threshold with its name; `verified` is False for figures that the county has not confirmed."""

    title: str
    title_en: str
    unit: str
    value: Any
    verified: bool = True
    codes: str | None = None


@dataclass(frozen=True)
class AlertCard:
    """One reason, with what a visitor at the door needs to check it."""

    alert: Alert
    title: str
    title_en: str
    person_name: str
    version: str
    facts: list[NamedValue]
    thresholds: list[NamedValue]
    legal_basis: list[dict[str, str]]
    verify: list[str]


def alert_cards(alerts: Iterable[Alert], names: Mapping[int, str]) -> list[AlertCard]:
    """Alerts of one household; `names` are its members by primary key."""
    rules = current_rulebook().rules
    cards = []
    for alert in alerts:
        title = rule_title(alert.rule_id)
        rule = rules.get(alert.rule_id)
        cards.append(
            AlertCard(
                alert=alert,
                title=title.title,
                title_en=title.title_en,
                person_name=names.get(alert.person_id or 0, ""),
                version=alert.rule_version.partition("-")[0],
                facts=[named_fact(key, value) for key, value in alert.facts.items()],
                thresholds=[named_threshold(key, value) for key, value in alert.thresholds.items()],
                legal_basis=[basis if isinstance(basis, dict) else {"document": basis} for basis in alert.legal_basis],
                verify=list(getattr(rule, "verify", None) or []),
            )
        )
    return cards


def named_fact(fact_id: str, value: Any) -> NamedValue:
    title = fact_title(fact_id)
    fact = current_rulebook().facts.get(fact_id)
    return NamedValue(title.title, title.title_en, title.unit, value, codes=fact.codes if fact else None)


def named_threshold(parameter_id: str, stored: Any) -> NamedValue:
    """A threshold as the screening kept it: the bare value, or the value with where it came from."""
    parameter = current_rulebook().parameters.get(parameter_id)
    value = stored.get("value") if isinstance(stored, dict) else stored
    verified = bool(stored.get("verified", True)) if isinstance(stored, dict) else True
    return NamedValue(
        title=str(getattr(parameter, "title", parameter_id)),
        title_en=str(getattr(parameter, "title_en", "") or ""),
        unit=str(getattr(parameter, "unit", "") or ""),
        value=value,
        verified=verified,
    )


@dataclass(frozen=True)
class RuleChange:
    """What a rule found now, and how many more than in the screening before (None: there was none)."""

    count: RuleCount
    before: int | None

    @property
    def more(self) -> int | None:
        return None if self.before is None else self.count.alerts - self.before


def previous_run(run: ScreeningRun, officer: Officer) -> ScreeningRun | None:
    earlier = ScreeningRun.objects.visible_to(officer).filter(state=RunState.DONE, pk__lt=run.pk)
    return earlier.order_by("-pk").first()


def comparison(officer: Officer, detail: ScreeningDetail) -> tuple[ScreeningRun | None, list[RuleChange]]:
    """Each rule's alerts beside those of the screening before. Two SQL statements."""
    before = previous_run(detail.run, officer)
    if before is None:
        return None, [RuleChange(count, None) for count in detail.by_rule]
    earlier, _places = run_counts(before, actor=officer, action=Action.SCREENING_SEE)
    found = {count.rule_id: count.alerts for count in earlier}
    return before, [RuleChange(count, found.get(count.rule_id, 0)) for count in detail.by_rule]


def income_lines(region_code: str, years: Iterable[int]) -> list[tuple[float | None, float | None]]:
    """The monitoring line and the watch line of each income year there, None where none has been entered."""
    return [(line_of(LINE, region_code, year), line_of(WATCH_LINE, region_code, year)) for year in years]


def line_of(parameter_id: str, region_code: str, income_year: int) -> float | None:
    parameter = current_rulebook().parameters.get(parameter_id)
    if parameter is None:
        return None
    try:
        held = parameter.value(region=region_code, on=IncomeYear(income_year).ends + timedelta(days=1))
    except MissingParameter:
        return None
    return held.value if isinstance(held.value, float) else None


@dataclass(frozen=True)
class FactDetail:
    """Where a fact comes from, and the code list its values belong to."""

    source: str
    source_en: str
    is_feed: bool
    codes: str | None


def fact_details() -> dict[str, FactDetail]:
    """What the rulebook says of each fact."""
    return {
        fact.id: FactDetail(fact.source.title, fact.source.title_en, fact.source.is_feed, fact.codes)
        for fact in current_rulebook().facts.values()
    }
