"""How many households a rule would raise today: asking for the count, and reading it within one's own regions."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import WHOLE_COUNTRY, Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.queries import child_of
from doudi.web.jobs.services import job_queue
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import VillageTally
from doudi.web.rulekeeping.models import RuleChange, RuleCount
from doudi.web.rulekeeping.queries import newest_count


@transaction.atomic
def count_start(*, actor: Officer, rule_id: str, as_of: date, change: RuleChange | None = None) -> RuleCount:
    """Queue a count; while one of the same rule and draft waits or runs, that one is given back."""
    require(actor, Action.RULES_DRAFT)
    if not VillageTally.objects.exists():
        raise ActionRefused("no_registry", _("还没有农户数据，请先导入户信息和人口信息。"))
    present = newest_count(rule_id, change=change)
    if present is not None and present.job is not None and not present.job.is_over:
        return present
    counted = RuleCount.objects.create(rule_id=rule_id, change=change, as_of=as_of, actor_name=actor.name)
    counted.job = job_queue(
        actor=actor,
        kind="rulekeeping.count",
        title=_("试算 %s") % rule_id,
        region_code=WHOLE_COUNTRY if actor.everything else actor.reach(Action.RULES_DRAFT)[0].region,
        arguments={"count": counted.pk},
    )
    counted.save(update_fields=["job"])
    audit_record(
        action="rule_count",
        actor=actor,
        subject_type="rule",
        subject_id=rule_id[:64],
        detail={"as_of": as_of.isoformat()},
    )
    return counted


@dataclass(frozen=True)
class PlaceFigures:
    """Households in one region: raised now and before, new, gone, and those that can't be judged."""

    code: str
    name: str
    now: int
    before: int
    fresh: int
    gone: int
    cannot_tell: int


def count_places(counted: RuleCount, *, actor: Officer) -> list[PlaceFigures]:
    """The figures of a count in the actor's regions, one level below his own. One SQL statement."""
    areas = list(actor.reach(Action.FIGURES_SEE))
    below = child_of(areas)
    found: dict[RegionCode, dict[str, int]] = {}
    for village, figures in (counted.result or {}).get("villages", {}).items():
        if not village or not any(area.region.covers(RegionCode(village)) for area in areas):
            continue
        place = found.setdefault(below(village), dict.fromkeys(("now", "before", "fresh", "gone", "cannot_tell"), 0))
        for name in place:
            place[name] += figures[name]
    names = PlaceNames(found)
    return [PlaceFigures(place, names.name(place), **figures) for place, figures in sorted(found.items())]


def total_of(places: list[PlaceFigures]) -> PlaceFigures:
    sums = {
        name: sum(getattr(place, name) for place in places)
        for name in ("now", "before", "fresh", "gone", "cannot_tell")
    }
    return PlaceFigures("", _("合计"), **sums)
