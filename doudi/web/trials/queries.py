"""What the pages of trials read: the list, one trial with its figures, and the households behind a figure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.scope import Officer
from doudi.web.discovery.rulebook import current_rulebook, rule_title
from doudi.web.jobs.queries import JobStatus, status_of
from doudi.web.paging import page_of
from doudi.web.protection.masking import mask_name
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import Household
from doudi.web.trials.models import Trial, TrialState
from doudi.web.trials.results import result_folder

STATES = ("enter", "leave", "up", "down")
"""What became of a household in a what-if."""
OUTCOMES = ("found", "never", "hit", "not_enrolled", "waiting")
"""Lists of a look-back: of those enrolled later, and of those raised."""


@dataclass(frozen=True)
class TrialDetail:
    """A trial with how far its job is, and its figures when it is done and its files are there."""

    trial: Trial
    job: JobStatus | None
    figures: dict[str, Any] = field(default_factory=dict)
    own: bool = False


@dataclass(frozen=True)
class HouseholdLine:
    """A household of a result; `head_name` is masked. Without `household_no`: no longer there, or out of reach."""

    household_no: str
    head_name: str
    village: str
    township: str
    household_type: str | None
    monitor_type: str | None
    state: str
    level: str | None
    level_before: str | None
    persons: int | None
    sentence: str
    sentence_en: str
    rules: list[str]
    first: str
    enrolled: str
    lead: int | None


def trial_list(*, actor: Officer, page: int | str = 1, size: int = 20) -> Page[Trial]:
    """Trials over the actor's regions, newest first. Two SQL statements."""
    return page_of(Trial.objects.visible_to(actor).order_by("-pk"), page=page, size=size)


def trial_found(*, actor: Officer, trial_id: int) -> Trial:
    """One SQL statement. Raises `NotFound`."""
    trial = Trial.objects.visible_to(actor).select_related("job").filter(pk=trial_id).first()
    if trial is None:
        raise NotFound("no_such_trial", _("没有这次推演或回测，或不在您的管辖范围内。"))
    return trial


def trial_detail(*, actor: Officer, trial_id: int) -> TrialDetail:
    """One SQL statement; the figures are in a file. Raises `NotFound`."""
    trial = trial_found(actor=actor, trial_id=trial_id)
    figures: dict[str, Any] = {}
    path = result_folder(trial) / "figures.json"
    if trial.state == TrialState.DONE and trial.result_dir and path.is_file():
        figures = json.loads(path.read_text(encoding="utf-8"))
    job = status_of(trial.job) if trial.job else None
    return TrialDetail(trial, job, figures, own=trial.actor_id is not None and trial.actor_id == actor.user_id)


def household_lines(
    *, actor: Officer, trial: Trial, show: str, township: str = "", page: int | str = 1, size: int = 30
) -> Page[HouseholdLine]:
    """One page of the households behind a figure. Two SQL statements (households, places).

    `show`: of `STATES` in a what-if, of `OUTCOMES` in a look-back; `township`: its 12-digit code, or empty.
    """
    table = _table(trial, show)
    if township:
        table = table.filter(pc.starts_with(table["region_code"], RegionCode(township).prefix))
    found = Paginator(range(table.num_rows), size).get_page(page)
    rows = table.take(pa.array(list(found.object_list), pa.int64())).to_pylist()
    return _page(found, _lines(rows, show, actor))


def _page(found: Page[Any], lines: list[HouseholdLine]) -> Page[HouseholdLine]:
    found.object_list = lines
    return found


def _table(trial: Trial, show: str) -> pa.Table:
    folder = result_folder(trial)
    if trial.is_what_if:
        return pq.read_table(folder / "households.parquet", filters=[("state", "=", show)])
    if show in ("found", "never"):
        table = pq.read_table(folder / "households.parquet")
        there = pc.is_valid(table["lead"])
        return table.filter(there if show == "found" else pc.invert(there))
    wanted = ["not_enrolled", "confirmed"] if show == "not_enrolled" else [show]
    return pq.read_table(folder / "raised.parquet", filters=[("outcome", "in", wanted)])


def _lines(rows: Sequence[dict[str, Any]], show: str, actor: Officer) -> list[HouseholdLine]:
    columns = ("household_key", "household_no", "head_name", "household_type", "monitor_type")
    keys = [row["household_key"] for row in rows]
    seen = Household.objects.visible_to(actor).filter(household_key__in=keys).values_list(*columns)
    homes = {key: rest for key, *rest in seen}
    places = PlaceNames(row["region_code"] for row in rows)
    return [_line(row, homes.get(row["household_key"], ["", "", None, None]), show, places) for row in rows]


def _line(row: dict[str, Any], home: Sequence[Any], show: str, places: PlaceNames) -> HouseholdLine:
    number, head, kind, monitor = home
    level = row.get("level") or row.get("level_after") or row.get("level_before")
    rules = row.get("rules") or [*(row.get("rules_new") or ()), *(row.get("rules_gone") or ())]
    return HouseholdLine(
        household_no=number,
        head_name=mask_name(head),
        village=places.name(row["region_code"]),
        township=places.above(row["region_code"]),
        household_type=kind,
        monitor_type=monitor,
        state=str(row.get("state") or show),
        level=level,
        level_before=row.get("level_before"),
        persons=row.get("persons"),
        sentence=row.get("sentence") or "",
        sentence_en=row.get("sentence_en") or "",
        rules=[title_of(rule) for rule in rules],
        first=str(row.get("found") or row.get("first") or ""),
        enrolled=str(row.get("enrolled") or ""),
        lead=row.get("lead"),
    )


def title_of(rule_id: str) -> str:
    from doudi.web.layout.templatetags.layout import tongue

    return tongue(rule_title(rule_id))


def policy_title(policy_id: str) -> str:
    """A policy's name in the reader's language; its identifier when the rulebook no longer has it."""
    from doudi.web.layout.templatetags.layout import tongue

    policy = current_rulebook().policies.get(policy_id)
    return tongue(policy) if policy is not None else policy_id


def named_places(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines by township with the townships' names. One SQL statement."""
    rows = list(lines)
    places = PlaceNames(row["value"] for row in rows)
    return [{**row, "name": places.name(row["value"])} for row in rows]
