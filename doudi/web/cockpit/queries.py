"""Today's figures, within the actor's regions. Every figure says how it is defined and where its rows are."""

from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition
from doudi.web.discovery.models import Clue, ClueState, ScreeningRun
from doudi.web.discovery.queries import (
    LEVEL_ORDER,
    RAISING,
    ClueFilter,
    RegionCount,
    RuleCount,
    clues_matching,
    latest_run,
    own_departments,
    run_counts,
)
from doudi.web.discovery.region_alerts import RegionAlertRow, gravest_region_alerts
from doudi.web.discovery.rulebook import rule_department
from doudi.web.intake.models import ImportBatch
from doudi.web.regions.queries import region_name
from doudi.web.registry.models import VillageTally
from doudi.web.registry.queries import enrolled_households, exited_households

UNDER_LINE = "income.under_line_not_enrolled"
UNDER_WATCH_LINE = "income.under_watch_line"
MOST_IMPORTS = 5
MOST_REGIONS = 6


@dataclass(frozen=True)
class Figure:
    """One figure; `page` and `params` lead to its rows (clues or households), `page` None: no list of rows."""

    key: str
    value: int | None
    page: str | None = None
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    has_registry: bool
    scope_name: str
    run: ScreeningRun | None
    households: int
    persons: int
    figures: list[Figure]
    places: list[RegionCount]
    rules: list[RuleCount]
    imports: list[ImportBatch]
    regions: list[RegionAlertRow]
    """The gravest alerts of villages and townships."""
    region_count: int
    """How many such alerts there are."""


def of_registry(actor: Officer) -> list[Figure]:
    """Two SQL statements."""
    return [
        Figure("enrolled", enrolled_households(actor).count(), "households", {"monitored": "yes"}),
        Figure("exited", exited_households(actor).count(), "households", {"monitored": "exited"}),
    ]


def figures(*, actor: Officer) -> Figures:
    """At most twelve SQL statements, none of which walks over persons; two more for a department's officer.

    Keys: under_line_not_enrolled, under_watch_line, red_clues, yellow_clues, enrolled, exited, cannot_tell. An officer
    of departments only gets those that count the departments' own alerts.
    """
    scope_name = _("全部") if actor.everything else region_name(actor.home)
    size = VillageTally.objects.filter(region_condition(actor.reach(Action.FIGURES_SEE))).aggregate(
        households=Sum("households"), persons=Sum("persons")
    )
    households, persons = int(size["households"] or 0), int(size["persons"] or 0)
    run = latest_run()
    rules: list[RuleCount] = []
    places: list[RegionCount] = []
    if run is not None:
        rules, places = run_counts(run, actor=actor, action=Action.FIGURES_SEE)
    found = {rule.rule_id: rule for rule in rules}
    own = own_departments(actor, Action.FIGURES_SEE)
    if own:
        levels = {level: clues_matching(actor=actor, chosen=ClueFilter(level=level)).count() for level in RAISING}
    else:
        levels = (
            Clue.objects.visible_to(actor)
            .filter(state=ClueState.OPEN)
            .aggregate(  # by `level_order`, which the index of the list holds
                **{level: Count("pk", filter=Q(level_order=LEVEL_ORDER[level])) for level in RAISING}
            )
        )
    listed = [
        *(
            Figure(
                key, (found[rule_id].households if rule_id in found else 0) if run else None, "clues", {"rule": rule_id}
            )
            for key, rule_id in (("under_line_not_enrolled", UNDER_LINE), ("under_watch_line", UNDER_WATCH_LINE))
            if not own or rule_department(rule_id) in own
        ),
        Figure("red_clues", levels["red"], "clues", {"level": "red"}),
        Figure("yellow_clues", levels["yellow"], "clues", {"level": "yellow"}),
        *([] if own else of_registry(actor)),
        Figure("cannot_tell", sum(rule.cannot_tell for rule in rules) if run else None),
    ]
    regions, region_count = gravest_region_alerts(run, actor=actor, most=MOST_REGIONS)
    return Figures(
        has_registry=households > 0,
        scope_name=scope_name,
        run=run,
        households=households,
        persons=persons,
        figures=listed,
        places=places,
        rules=rules,
        imports=list(ImportBatch.objects.visible_to(actor).order_by("-pk")[:MOST_IMPORTS])
        if actor.may(Action.INTAKE_SEE)
        else [],
        regions=regions,
        region_count=region_count,
    )
