"""What a screening raised anew, still raises, and no longer raises, beside the one before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from django.core.paginator import Page
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.discovery.models import Alert, RunState, ScreeningRun
from doudi.web.discovery.rulebook import rule_title
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames

NEW, GONE, STILL = "new", "gone", "still"
KEYS_A_STEP = 900
ROWS_A_STEP = 1_000


# ---- kept with a screening


def since_runs(run: ScreeningRun, alerts: pa.Table) -> pa.Array:
    """For each alert the screening since which it is raised without a break; marks those of the last one that are gone.

    `alerts` with household_id, person_id and rule_id; in the caller's transaction.
    """
    before = run_before(run)
    if before is None:
        return pa.array([run.pk] * alerts.num_rows, pa.int64())
    known = (
        Alert.objects.filter(run=before)
        .order_by()
        .values_list("pk", "rule_id", "household_id", "person_id", "since_run_id")
    )
    columns = list(zip(*known, strict=True)) or [()] * 5
    kinds = (pa.int64(), pa.string(), pa.int64(), pa.int64(), pa.int64())
    names = ("id", "rule_id", "household_id", "person_id", "since_run")
    with duckdb.connect() as engine:
        engine.register("known", pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)}))
        keys = alerts.select(["rule_id", "household_id", "person_id"])
        engine.register("found", keys.append_column("place", pa.array(range(alerts.num_rows), pa.int64())))
        same = (
            "k.rule_id = f.rule_id AND k.household_id = f.household_id "
            "AND COALESCE(k.person_id, 0) = COALESCE(f.person_id, 0)"
        )
        since = engine.sql(
            f"SELECT f.place, MIN(CASE WHEN k.id IS NULL THEN {run.pk} ELSE COALESCE(k.since_run, {before.pk}) END) "  # noqa: S608
            f"AS since FROM found f LEFT JOIN known k ON {same} GROUP BY f.place ORDER BY f.place"
        ).to_arrow_table()
        gone = engine.sql(f"SELECT k.id FROM known k WHERE NOT EXISTS (SELECT 1 FROM found f WHERE {same})").fetchall()  # noqa: S608
    for start in range(0, len(gone), KEYS_A_STEP):
        Alert.objects.filter(pk__in=[row[0] for row in gone[start : start + KEYS_A_STEP]]).update(gone_in=run)
    return since["since"].combine_chunks()


def run_before(run: ScreeningRun) -> ScreeningRun | None:
    """The screening finished before this one. One SQL statement."""
    return ScreeningRun.objects.filter(state=RunState.DONE, pk__lt=run.pk).order_by("-pk").first()


# ---- read


@dataclass(frozen=True)
class ChangeFilter:
    """What the list shows: new or gone (or still) alerts, of one place, level or rule; empty means any."""

    state: str = NEW
    level: str = ""
    region: str = ""
    rule: str = ""


@dataclass(frozen=True)
class ChangeRow:
    """One alert of the list with its household and place."""

    alert: Alert
    title: str
    title_en: str
    village: str
    township: str


def change_counts(run: ScreeningRun, *, actor: Officer) -> dict[str, int]:
    """State → alerts within the actor's regions. Two SQL statements."""
    mine = Alert.objects.visible_to(actor)
    now = mine.filter(run=run).aggregate(
        new=Count("pk", filter=Q(since_run=run)), still=Count("pk", filter=~Q(since_run=run))
    )
    return {NEW: now["new"], STILL: now["still"], GONE: mine.filter(gone_in=run).count()}


def changed_alerts(
    run: ScreeningRun, *, actor: Officer, chosen: ChangeFilter, action: Action = Action.CLUE_SEE
) -> QuerySet[Alert]:
    """The alerts of a filter, red ones first; no rows are read yet."""
    mine = Alert.objects.visible_to(actor, action)
    alerts = {
        GONE: mine.filter(gone_in=run),
        STILL: mine.filter(run=run).exclude(since_run=run),
    }.get(chosen.state, mine.filter(run=run, since_run=run))
    if chosen.region:
        try:
            alerts = alerts.filter(region_condition([Area(RegionCode(chosen.region))]))
        except ValueError:
            return alerts.none()
    wanted = {"level": chosen.level, "rule_id": chosen.rule}
    alerts = alerts.filter(**{name: value for name, value in wanted.items() if value})
    return alerts.order_by(F("level").asc(), "region_code", "household_id", "pk")


def finished_run(run_id: int) -> ScreeningRun:
    """A screening that is done. One SQL statement. Raises `NotFound`."""
    run = ScreeningRun.objects.filter(pk=run_id, state=RunState.DONE).first()
    if run is None:
        raise NotFound("no_such_screening", _("没有这次筛查。"))
    return run


def change_page(
    run: ScreeningRun, *, actor: Officer, chosen: ChangeFilter, page: int | str = 1, size: int = 30
) -> Page[ChangeRow]:
    """One page of the list. Three SQL statements (count, alerts, places)."""
    alerts = with_names(changed_alerts(run, actor=actor, chosen=chosen))
    return page_of(alerts, page=page, size=size, make=change_rows)


def with_names(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return alerts.select_related("household", "person", "since_run").defer("facts", "thresholds", "legal_basis")


def change_rows(alerts: Sequence[Alert]) -> list[ChangeRow]:
    """Alerts with names of rules and places. One SQL statement."""
    places = PlaceNames(alert.region_code for alert in alerts)
    rows = []
    for alert in alerts:
        title = rule_title(alert.rule_id)
        code = alert.region_code
        rows.append(ChangeRow(alert, title.title, title.title_en, places.name(code), places.above(code)))
    return rows


def every_change(run: ScreeningRun, *, actor: Officer, chosen: ChangeFilter, most: int) -> Iterator[ChangeRow]:
    """All that the actor may export, in the order of the list, at most so many."""
    keys = list(
        changed_alerts(run, actor=actor, chosen=chosen, action=Action.CLUE_EXPORT).values_list("pk", flat=True)[:most]
    )
    for start in range(0, len(keys), ROWS_A_STEP):
        wanted = keys[start : start + ROWS_A_STEP]
        found = with_names(Alert.objects.visible_to(actor, Action.CLUE_EXPORT)).in_bulk(wanted)
        yield from change_rows([found[key] for key in wanted if key in found])
