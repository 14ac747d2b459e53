"""What a run of the checks found, held against the issues that are known: new, still there, gone, or exempted.

An issue is known again by its check, household and person. An exempted one is not raised again before its day.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.utils import timezone

from doudi.standards.periods import IncomeYear
from doudi.web.cleaning.cells import TARGETS, cell_named, cell_text
from doudi.web.cleaning.models import (
    STANDING,
    CleaningRun,
    Correction,
    Issue,
    IssueEvent,
    IssueState,
    IssueStep,
    Severity,
)
from doudi.web.jobs.progress import Report, ignore
from doudi.web.refusal import ActionRefused
from doudi.web.registry.bulk import insert_rows, next_id, update_rows
from doudi.web.registry.models import HouseholdIncome

Key = tuple[str, int, int | None]
Found = dict[str, Any]
IDS_A_STEP = 900
MOST_OF_AN_ID = 96


@dataclass(frozen=True)
class Merging:
    """The occasion: which run or correction, of what day, by whom, when."""

    on: date
    at: datetime
    run: CleaningRun | None = None
    actor_name: str = ""
    back: IssueStep = IssueStep.AGAIN
    """What it is called when an issue is there again."""
    by_correction: bool = False
    """Whether what is gone has been mended just now."""
    as_of: date | None = None
    """The day of the data, where it is another than `on`."""

    @property
    def data_day(self) -> date:
        return self.as_of or self.on


@dataclass
class Merged:
    """Counts of an occasion, and the issues that changed their state."""

    new: int = 0
    again: int = 0
    still: int = 0
    gone: int = 0
    corrected: int = 0
    exempted: int = 0
    changed: set[int] = field(default_factory=set)

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("new", "again", "still", "gone", "corrected", "exempted")}


def merge_issues(
    found: Iterable[Found],
    *,
    occasion: Merging,
    households: Collection[int] | None = None,
    judged: Collection[str] | None = None,
    unjudged: Collection[str] = (),
    report: Report = ignore,
) -> Merged:
    """Bring the table of issues up to what was found; the caller holds the registry's lock.

    `found`: rows of the checks with `household_id` and `person_id`. `households`: only these were looked at (all);
    `judged`: only these checks (all but those in `unjudged`). Four SQL statements and some a thousand rows.
    """
    known = _known(households, judged, unjudged)
    wanted: dict[Key, Found] = {}
    for row in found:
        wanted.setdefault((row["check_id"], row["household_id"], row["person_id"]), row)
    _tell_present_values(wanted.values(), occasion.data_day)
    merged, seen, events = Merged(), [], []
    today = timezone.localdate()
    for key, row in wanted.items():
        issue = known.pop(key, None)
        if issue is None:
            continue
        was, now = issue.state, _state_when_found(issue, today)
        if now != was:
            merged.changed.add(issue.pk)
            step = occasion.back if was in (IssueState.GONE, IssueState.CORRECTED) else IssueStep.EXPIRED
            if now != IssueState.EXEMPTED:
                events.append(_event(issue.pk, step, occasion))
                merged.again += 1
        elif now != IssueState.EXEMPTED:
            merged.still += 1
        merged.exempted += now == IssueState.EXEMPTED
        seen.append((issue, row, now))
    fresh = [row for key, row in wanted.items() if key not in {key_of(issue) for issue, _row, _now in seen}]
    merged.new = len(fresh)
    _insert(fresh, occasion, report)
    _update(seen, occasion, report)
    lost = [issue for issue in known.values() if issue.state in (*STANDING, IssueState.EXEMPTED)]
    _close(lost, occasion, merged, events)
    IssueEvent.objects.bulk_create(events, batch_size=1000)
    return merged


def key_of(issue: Issue) -> Key:
    return issue.check_id, issue.household_id, issue.person_id


def _known(
    households: Collection[int] | None, judged: Collection[str] | None, unjudged: Collection[str]
) -> dict[Key, Issue]:
    issues = Issue.objects.only("check_id", "household_id", "person_id", "state", "exempt_until", "found_on")
    if judged is not None:
        issues = issues.filter(check_id__in=judged)
    if unjudged:
        issues = issues.exclude(check_id__in=unjudged)
    if households is None:
        return {key_of(issue): issue for issue in issues.iterator(chunk_size=5000)}
    ids = sorted(households)
    found: dict[Key, Issue] = {}
    for start in range(0, len(ids), IDS_A_STEP):
        found |= {key_of(issue): issue for issue in issues.filter(household_id__in=ids[start : start + IDS_A_STEP])}
    return found


def _state_when_found(issue: Issue, today: date) -> IssueState:
    if issue.exempt_until is not None and issue.exempt_until >= today:
        return IssueState.EXEMPTED
    return IssueState(issue.state) if issue.state in STANDING else IssueState.OPEN


def _event(issue_id: int, step: IssueStep, occasion: Merging, note: str = "") -> IssueEvent:
    return IssueEvent(issue_id=issue_id, step=step, note=note, actor_name=occasion.actor_name, at=occasion.at)


def _close(lost: list[Issue], occasion: Merging, merged: Merged, events: list[IssueEvent]) -> None:
    """Issues that are not there any more: mended, when somebody corrected a cell for it, else gone."""
    mended = {issue.pk for issue in lost} if occasion.by_correction else _mended([issue.pk for issue in lost])
    for issue in lost:
        corrected = issue.pk in mended
        merged.corrected += corrected
        merged.gone += not corrected
        merged.changed.add(issue.pk)
        events.append(_event(issue.pk, IssueStep.CORRECTED if corrected else IssueStep.GONE, occasion))
    for state, keys in (
        (IssueState.CORRECTED, sorted(mended)),
        (IssueState.GONE, sorted({issue.pk for issue in lost} - mended)),
    ):
        for start in range(0, len(keys), IDS_A_STEP):
            chosen = Issue.objects.filter(pk__in=keys[start : start + IDS_A_STEP])
            chosen.update(state=state, gone_on=occasion.on)


def _mended(keys: list[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(keys), IDS_A_STEP):
        corrections = Correction.objects.in_force().filter(issue_id__in=keys[start : start + IDS_A_STEP])
        found |= {key for key in corrections.values_list("issue_id", flat=True) if key is not None}
    return found


# ---- rows of the table


def _tell_present_values(rows: Iterable[Found], on: date) -> None:
    """Put `repair_before` into the rows with a repair: what stands in the cell that it would change."""
    by_column: dict[str, list[Found]] = {}
    for row in rows:
        row["repair_before"] = None
        if row["repair_column"]:
            by_column.setdefault(row["repair_column"], []).append(row)
    for name, concerned in by_column.items():
        try:
            where = cell_named(name)
        except ActionRefused:
            where = None
        if where is None or where.is_withheld or (where.table == "person" and concerned[0]["person_id"] is None):
            for row in concerned:
                row["repair_column"] = None
            continue
        owner = "person_id" if where.table == "person" else "household_id"
        keys = sorted({row[owner] for row in concerned})
        present: dict[int, Any] = {}
        for start in range(0, len(keys), IDS_A_STEP):
            part = keys[start : start + IDS_A_STEP]
            if where.table == "income":
                year = IncomeYear.last_completed(on).year
                incomes = HouseholdIncome.objects.filter(household_id__in=part, income_year=year)
                present |= dict(incomes.values_list("household_id", where.field.name))
            else:
                model = TARGETS[where.table].model._default_manager
                present |= dict(model.filter(pk__in=part).values_list("pk", where.field.name))
        for row in concerned:
            row["repair_before"] = cell_text(present.get(row[owner]))


def _columns(rows: list[Found]) -> dict[str, Any]:
    """The columns that a run tells anew, as the table holds them."""

    def texts(name: str, empty: str = "") -> list[str]:
        return [str(row[name]) if row[name] is not None else empty for row in rows]

    def perhaps(name: str) -> pa.Array:
        return pa.array([row[name] for row in rows], pa.string())

    return {
        "region_code": texts("region_code"),
        "check_version": texts("check_version"),
        "topic": texts("topic"),
        "severity": texts("severity"),
        "severity_order": [int(row["severity"] != Severity.ERROR) for row in rows],
        "responsible": texts("responsible"),
        "columns": [json.dumps(list(row["columns"] or ())) for row in rows],
        "facts": texts("facts", "{}"),
        "legal_basis": texts("legal_basis", "[]"),
        "sentence": texts("sentence"),
        "sentence_en": texts("sentence_en"),
        "repair_column": texts("repair_column"),
        "repair_value": perhaps("repair_value"),
        "repair_before": perhaps("repair_before"),
        "repair_because": texts("repair_because"),
    }


def _insert(rows: list[Found], occasion: Merging, report: Report) -> None:
    if not rows:
        return
    first, count = next_id(Issue), len(rows)
    run = pa.array([occasion.run.pk if occasion.run else None] * count, pa.int64())
    table = {
        "id": pa.array(range(first, first + count), pa.int64()),
        "check_id": [row["check_id"][:MOST_OF_AN_ID] for row in rows],
        "household_id": pa.array([row["household_id"] for row in rows], pa.int64()),
        "person_id": pa.array([row["person_id"] for row in rows], pa.int64()),
        **_columns(rows),
        "state": [IssueState.OPEN.value] * count,
        "first_run_id": run,
        "last_run_id": run,
        "found_on": [occasion.on.isoformat()] * count,
        "answer": [""] * count,
    }
    insert_rows(Issue, pa.table(table), report=report, phase="写入新问题")


def _update(seen: list[tuple[Issue, Found, IssueState]], occasion: Merging, report: Report) -> None:
    if not seen:
        return
    rows = [row for _issue, row, _now in seen]
    back = [issue.state in (IssueState.GONE, IssueState.CORRECTED) for issue, _row, _now in seen]
    table = {
        "id": pa.array([issue.pk for issue, _row, _now in seen], pa.int64()),
        **_columns(rows),
        "state": [str(now.value) for _issue, _row, now in seen],
        "found_on": [
            (occasion.on if again else issue.found_on).isoformat()
            for (issue, _row, _now), again in zip(seen, back, strict=True)
        ],
        "gone_on": pa.array([None] * len(seen), pa.string()),
    }
    if occasion.run is not None:
        table["last_run_id"] = pa.array([occasion.run.pk] * len(seen), pa.int64())
    update_rows(Issue, pa.table(table), report=report, phase="更新问题")
