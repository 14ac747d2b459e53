"""An alert checked again (复核): by the rule and the facts that the screening kept, and by the deliveries it named."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from doudi.rulebook import RulebookError
from doudi.screening.results.explain import RuleOutcome
from doudi.screening.results.reproduce import KeptAlerts, NotKept, Reproduced, value_from_json
from doudi.screening.thresholds import MissingParameters
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_record
from doudi.web.discovery.models import Alert
from doudi.web.discovery.results import run_dir
from doudi.web.layout.templatetags.layout import tongue
from doudi.web.refusal import NotFound
from doudi.web.rulekeeping.reading import fact_text
from doudi.web.rulekeeping.trying import household_outcomes, snapshots_named


@dataclass(frozen=True)
class FactThen:
    """A fact as the alert has it, as the screening kept it, and as it comes out of the data again."""

    title: str
    then: str
    again: str
    equal: bool


@dataclass(frozen=True)
class Checked:
    """What checking an alert again came to. `by_kept` needs nothing but the result; `by_data` the registry as it is."""

    alert: Alert
    by_kept: Reproduced | None
    kept_problem: str
    by_data: RuleOutcome | None
    data_problem: str
    data_equal: bool
    facts: list[FactThen]
    missing_deliveries: list[str]
    registry_changed: bool


@lru_cache(maxsize=4)
def _kept(folder: Path, stamp: int) -> KeptAlerts:
    return KeptAlerts(folder)


def kept_result(folder: Path) -> KeptAlerts:
    """A result folder with its rulebook, read once. Raises NotKept."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise NotKept(_("这次筛查的结果文件不在了，不能复核。"))
    return _kept(folder, manifest.stat().st_mtime_ns)


def alert_seen(*, actor: Officer, alert_id: int) -> Alert:
    """An alert of the actor's own. One SQL statement. Raises `NotFound`."""
    found = Alert.objects.visible_to(actor).select_related("run", "household", "person").filter(pk=alert_id).first()
    if found is None or not actor.may(Action.CLUE_SEE):
        raise NotFound("no_such_alert", _("没有这条预警，或不在您的管辖范围内。"))
    return found


def alert_check(*, actor: Officer, alert_id: int) -> Checked:
    """Judge an alert again in both ways; written to the log. Raises `NotFound`."""
    alert = alert_seen(actor=actor, alert_id=alert_id)
    by_kept, kept_problem = None, ""
    by_data, data_problem = None, ""
    missing: list[str] = []
    try:
        kept = kept_result(run_dir(alert.run))
    except NotKept as problem:
        kept, kept_problem = None, str(problem)
    if kept is not None:
        by_kept, kept_problem = _by_kept(kept, alert)
        by_data, data_problem, missing = _by_data(kept, alert)
    equal = by_data is not None and _same(alert, by_data)
    checked = Checked(
        alert=alert,
        by_kept=by_kept,
        kept_problem=kept_problem,
        by_data=by_data,
        data_problem=data_problem,
        data_equal=equal,
        facts=_facts(kept, alert, by_data) if kept is not None else [],
        missing_deliveries=missing,
        registry_changed=_registry_changed(alert),
    )
    audit_record(
        action="alert_check",
        actor=actor,
        region_code=alert.region_code,
        subject_type="household",
        subject_id=alert.household.household_no,
        detail={"rules": alert.rule_id, "as_of": alert.run.as_of.isoformat()},
    )
    return checked


def _by_kept(kept: KeptAlerts, alert: Alert) -> tuple[Reproduced | None, str]:
    person = alert.person.person_key if alert.person else None
    try:
        if alert.rule_id not in kept.rulebook.rules:
            return None, _("保存的规则里没有这条规则。")
        found = kept.reproduce(rule_id=alert.rule_id, household_key=alert.household.household_key)
        return next((one for one in found if one.person_key == person), None), _("结果文件里没有这条预警。")
    except (NotKept, RulebookError, KeyError, json.JSONDecodeError) as problem:
        return None, str(problem)


def _by_data(kept: KeptAlerts, alert: Alert) -> tuple[RuleOutcome | None, str, list[str]]:
    wanted = kept.deliveries
    snapshots = snapshots_named(wanted)
    missing = sorted(wanted - {one.folder.name for one in snapshots})
    person = alert.person.person_key if alert.person else None
    try:
        outcomes = household_outcomes(
            alert.household, kept.rulebook, as_of=kept.as_of, rules=[alert.rule_id], snapshots=snapshots
        )
    except (MissingParameters, RulebookError, LookupError, ValueError) as problem:
        return None, str(problem), missing
    found = next((one for one in outcomes if one.person_key == person), None)
    return found, "" if found else _("现在的登记簿里已经没有这个人。"), missing


def _same(alert: Alert, found: RuleOutcome) -> bool:
    return (found.outcome, found.level, found.sentence) == ("raised", alert.level, alert.sentence)


def _facts(kept: KeptAlerts, alert: Alert, found: RuleOutcome | None) -> list[FactThen]:
    book = kept.rulebook
    again = {one.id: one.value for one in found.facts} if found else {}
    facts = []
    for name, value in alert.facts.items():
        fact = book.facts.get(name)
        if fact is None:
            continue
        then = value_from_json(value, fact.type)
        now: Any = again.get(name)
        texts = fact_text(book, name, then), fact_text(book, name, now) if found else "—"
        facts.append(FactThen(tongue(fact), *texts, equal=texts[0] == texts[1]))
    return facts


def _registry_changed(alert: Alert) -> bool:
    from doudi.web.intake.differences import registry_version

    return alert.run.registry_version is not None and alert.run.registry_version != registry_version()
