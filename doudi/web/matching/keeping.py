"""Keeping what matching found when an import is confirmed, and writing decisions into the data screening reads."""

import json
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction

from doudi.web.intake.models import FeedSnapshot, ImportBatch
from doudi.web.intake.snapshots import snapshots_dir
from doudi.web.matching import registered, staging
from doudi.web.matching.models import (
    Band,
    FeedLink,
    LinkCandidate,
    LinkDecision,
    LinkEvent,
    LinkState,
    MatchRun,
    Method,
)

ROWS_A_STEP = 500
COUNTS = ("rows", "exact", "repaired", "probable", "remembered", "doubtful", "not_registered", "unreadable")


def settle_links(feeds: list[dict[str, Any]]) -> None:
    """Put the links beside the tables that were moved among the snapshots. Safe to run again."""
    from doudi.matching.links import write_links

    for feed in feeds:
        matching = feed.get("matching")
        if matching and not feed["same"]:
            folder = snapshots_dir() / feed["folder"]
            write_links(folder, staging.staged_of(matching), basis=staging.basis_of(matching))


def keep_matching(batch: ImportBatch, feeds: list[dict[str, Any]]) -> int:
    """Keep runs, links and candidates of the import's standing tables, in the caller's transaction; gives the rows."""
    kept = 0
    for feed in feeds:
        matching = feed.get("matching")
        if not matching or feed["same"]:
            continue
        snapshot = FeedSnapshot.objects.get(batch=batch, feed=feed["feed"], month=feed["month"], standing=True)
        run = MatchRun.objects.create(
            snapshot=snapshot,
            original_id=feed["file"],
            feed=feed["feed"],
            feed_title=feed["title"],
            month=feed["month"],
            department=_department(feed["feed"]),
            region_code=batch.region_code,
            model_version=matching["model"],
            registry_version=matching["registry_version"],
            **{name: matching[name] for name in COUNTS},
        )
        kept += keep_links(run, staging.staged_of(matching))
    return kept


def keep_links(run: MatchRun, staged: staging.Staged) -> int:
    """Keep the rows that are not simply linked by id, with candidates; gives how many. In the caller's transaction."""
    rows = {row["row"]: row for row in staged.written.to_pylist()}
    told = staged.links.filter(pc.invert(staging.simply_linked(staged.links)))
    offered: dict[int, list[dict[str, Any]]] = {}
    for candidate in staged.candidates.to_pylist():
        offered.setdefault(candidate["row"], []).append(candidate)
    homes = _regions({one["household_key"] for some in offered.values() for one in some})
    homes |= _regions(set(told["household_key"].to_pylist()))
    decisions = _decisions(run, set(told["written_key"].to_pylist()))
    for start in range(0, told.num_rows, ROWS_A_STEP):
        found = told.slice(start, ROWS_A_STEP).to_pylist()
        links = FeedLink.objects.bulk_create(
            _link(run, one, rows.get(one["row"], {}), offered.get(one["row"], []), homes, decisions) for one in found
        )
        candidates = [
            LinkCandidate(
                link=link,
                rank=number,
                person_key=one["person_key"],
                household_key=one["household_key"],
                score=one["score"] or 0,
                evidence=_parsed(one.get("evidence")),
            )
            for link in links
            for number, one in enumerate(sorted(offered.get(link.row, []), key=lambda one: one["rank"]), start=1)
        ]
        LinkCandidate.objects.bulk_create(candidates)
        LinkEvent.objects.bulk_create(_first_event(link) for link in links)
    return told.num_rows


def _link(
    run: MatchRun,
    found: dict[str, Any],
    row: dict[str, Any],
    offered: list[dict[str, Any]],
    homes: dict[int, str],
    decisions: dict[int, LinkDecision],
) -> FeedLink:
    waiting = found["band"] == Band.DOUBTFUL
    decision = decisions.get(found["written_key"]) if found["method"] == Method.DECIDED else None
    home = found["household_key"] or (offered[0]["household_key"] if offered else None)
    said = {name: row.get(name) for name in staging.WRITTEN if name not in ("name", "id_text")}
    return FeedLink(
        run=run,
        row=found["row"],
        region_code=homes.get(home or 0, run.region_code),
        department=run.department,
        written_key=found["written_key"],
        id_written=(row.get("id_text") or "")[:64],
        name=(row.get("name") or "")[:64],
        written={name: str(value) for name, value in said.items() if value is not None},
        person_key=None if waiting else found["person_key"],
        household_key=None if waiting else found["household_key"],
        method="" if waiting else found["method"] or "",
        score=found["score"],
        band=found["band"],
        model_version=found["model_version"] or run.model_version,
        slip=(found.get("slip") or "")[:128],
        evidence=_parsed(found.get("evidence")),
        state=LinkState.OPEN if waiting else LinkState.LINKED if found["person_key"] is not None else LinkState.NOBODY,
        decided_by_id=decision.decided_by_id if decision else None,
        decided_name=decision.decided_name if decision else "",
        decided_at=decision.decided_at if decision else None,
    )


def _first_event(link: FeedLink) -> LinkEvent:
    kind = LinkEvent.Kind.REMEMBERED if link.method == Method.DECIDED else LinkEvent.Kind.MADE
    if link.state == LinkState.OPEN:
        kind = LinkEvent.Kind.DOUBTED
    by = link.decided_name if link.method == Method.DECIDED else ""
    return LinkEvent(link=link, kind=kind, person_key=link.person_key, household_key=link.household_key, by=by)


def _decisions(run: MatchRun, keys: set[int]) -> dict[int, LinkDecision]:
    standing = LinkDecision.objects.filter(region_code=run.region_code, undone_at__isnull=True, disputed=False)
    return {one.written_key: one for one in standing.iterator() if one.written_key in keys}


def _regions(household_keys: set[int | None]) -> dict[int, str]:
    from doudi.web.registry.models import Household

    wanted = sorted(key for key in household_keys if key is not None)
    found: dict[int, str] = {}
    for start in range(0, len(wanted), ROWS_A_STEP):
        some = Household.objects.filter(household_key__in=wanted[start : start + ROWS_A_STEP])
        found |= dict(some.values_list("household_key", "region_code"))
    return found


def _department(feed: str) -> str:
    from doudi.feeds.contract import load_contract

    return str(load_contract(Path(settings.DOUDI_RULES_DIR) / "feeds" / f"{feed}.yaml").department)


def _parsed(evidence: Any) -> Any:
    return json.loads(evidence) if isinstance(evidence, str) and evidence else evidence or {}


def links_write(run: MatchRun) -> bool:
    """Write the decisions that stand into the linked data of a table, if it is behind; gives whether it was.

    Safe to run at any time and again: the file takes its new shape in one step, then the count is noted.
    """
    from doudi.matching.links import decide_again

    changes = run.changes
    if changes == run.written:
        return False
    folder = snapshots_dir() / run.snapshot.folder
    decide_again(folder, registered.in_force(run.region_code), registered.registered_persons(run.region_code))
    with transaction.atomic():
        MatchRun.objects.filter(pk=run.pk, written__lt=changes).update(written=changes)
    return True


def links_write_all() -> int:
    """Bring the linked data of all standing tables up to date, before a screening reads it; gives how many were not."""
    from django.db.models import F

    behind = MatchRun.objects.filter(snapshot__standing=True, changes__gt=F("written")).select_related("snapshot")
    return sum(links_write(run) for run in behind)
