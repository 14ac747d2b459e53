"""The way of a workbook: handed out, handed back, looked at, written. Each step asks the scope and is audited."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.models import User
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, officer_of, region_condition, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.correcting import Applied, CellChange, corrections_apply
from doudi.web.cleaning.models import Correction, How, Issue
from doudi.web.cleaning.sheets.marking import taken_by
from doudi.web.cleaning.sheets.models import IssuedWorkbook, ReturnedWorkbook, ReturnState
from doudi.web.cleaning.sheets.workbooks.judging import (
    CHANGE,
    CONFLICT,
    REFUSED,
    Entry,
    Plan,
    conflicting,
    judge,
    keys_of,
)
from doudi.web.cleaning.sheets.workbooks.lines import SheetLine, issue_cells, sheet_lines
from doudi.web.cleaning.sheets.workbooks.reading import read_workbook
from doudi.web.cleaning.sheets.workbooks.writing import write_workbook
from doudi.web.jobs.progress import Report, ignore
from doudi.web.jobs.services import job_queue
from doudi.web.protection.vault import vault_read, vault_remove, vault_store
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound

MOST_ISSUES = 10_000
ISSUES_A_STEP = 500
MOST_AT_ONCE = 300
"""Cells written while the person waits; more become a job."""
IN_CHINESE = "zh-hans"
"""The language of workbooks, whatever the reader's: they go from hand to hand in the village."""


def workbook_issue(
    *, actor: Officer, out: BinaryIO, region: str = "", check: str = "", severity: str = "", task: int | None = None
) -> IssuedWorkbook:
    """Write the standing issues that the actor may correct as a workbook to fill in. Ids are masked.

    Five SQL statements five hundred issues, and three. Raises `NotAllowed`, `ActionRefused` (`nothing`,
    `too_many_rows`).
    """
    require(actor, Action.CLEANING_CORRECT)
    if region:
        require(actor, Action.CLEANING_CORRECT, region)
    issues = Issue.objects.visible_to(actor, Action.CLEANING_CORRECT).standing()
    if region:
        issues = issues.filter(region_condition([Area(RegionCode(region))]))
    named = {"check_id": check, "severity": severity, "task_id": task}
    issues = issues.filter(**{name: value for name, value in named.items() if value})
    ordered = issues.order_by("region_code", "household_id", "severity_order", "pk")
    keys = list(ordered.values_list("pk", flat=True)[: MOST_ISSUES + 1])
    if not keys:
        raise ActionRefused("nothing", _("没有待处理的问题，不需要下载。"))
    if len(keys) > MOST_ISSUES:
        raise ActionRefused("too_many_rows", _("超过 %d 个问题，请先按乡镇、村或检查项缩小范围。") % MOST_ISSUES)
    where = (
        RegionCode(region) if region else _common(set(issues.order_by().values_list("region_code", flat=True)), actor)
    )
    with transaction.atomic(), translation.override(IN_CHINESE):
        issued = IssuedWorkbook.objects.create(
            region_code=where,
            actor_id=actor.user_id,
            actor_name=actor.name,
            chosen={name: value for name, value in {**named, "region": region}.items() if value},
        )
        issued.rows = write_workbook(out, _lines(keys, issued.key), mark=taken_by(actor))
        issued.save(update_fields=["rows"])
        audit_record(
            action="cleaning_workbook_issue",
            actor=actor,
            region_code=where,
            subject_type="workbook",
            subject_id=str(issued.key),
            detail={"rows": issued.rows, "issues": len(keys), "filter": issued.chosen},
        )
    return issued


def _common(codes: set[str], actor: Officer) -> RegionCode:
    """The smallest region that holds them all: whoever may correct there may hand the workbook in."""
    first = RegionCode(min(codes))
    around = [first, *first.ancestors]
    return next((region for region in around if all(region.covers(code) for code in codes)), actor.home)


def _lines(keys: Sequence[int], issued: UUID) -> Iterator[SheetLine]:
    for start in range(0, len(keys), ISSUES_A_STEP):
        wanted = keys[start : start + ISSUES_A_STEP]
        found = Issue.objects.select_related("household", "person").in_bulk(wanted)
        yield from sheet_lines([found[key] for key in wanted if key in found], issued)


def workbook_return(*, actor: Officer, name: str, content: bytes) -> ReturnedWorkbook:
    """Keep a filled-in workbook encrypted and work out what it would change; nothing is changed yet.

    Raises `NotAllowed` (`other_scope`: handed out for a region that is not the actor's), `ActionRefused` with the
    codes of `reading.read_workbook`, or `not_ours`: no row bears a key of this system.
    """
    require(actor, Action.CLEANING_CORRECT)
    lines = read_workbook(content)
    issued = _issued(actor, [key.issued for key in keys_of(lines).values()])
    plan = judge(lines, issued=issued.key, actor=actor)
    original = vault_store(name=name, content=content)
    kept = vault_store(name=f"{name}.json", content=plan.packed())
    with transaction.atomic():
        returned = ReturnedWorkbook.objects.create(
            issued=issued,
            region_code=issued.region_code,
            name=name[:255],
            sha256=original.sha256,
            original=original,
            plan=kept,
            state=ReturnState.PREVIEW if plan.counts[CHANGE] else ReturnState.NOTHING,
            counts=plan.counts,
            actor_id=actor.user_id,
            actor_name=actor.name,
        )
        returned.problem = _nothing_to_do(returned, plan)
        returned.save(update_fields=["problem"])
        audit_record(
            action="cleaning_workbook_return",
            actor=actor,
            region_code=issued.region_code,
            subject_type="workbook",
            subject_id=str(returned.key),
            detail={"issued": str(issued.key), "sha256": returned.sha256, "counts": plan.counts},
        )
    return returned


def _issued(actor: Officer, keys: Sequence[UUID]) -> IssuedWorkbook:
    """The workbook as it was handed out, if the actor may correct where it was for."""
    counted = sorted(set(keys), key=list(keys).count, reverse=True)
    issued = IssuedWorkbook.objects.filter(pk=counted[0]).first() if counted else None
    if issued is None:
        raise ActionRefused(
            "not_ours",
            _("这份工作簿的校验码不是本系统发出的，或已被改动，没有读取。请重新下载工作簿，在原文件里填写后上传。"),
        )
    if not actor.may_in(Action.CLEANING_CORRECT, issued.region_code):
        raise NotAllowed("other_scope", _("这份工作簿是发给别的地区的，不在您的管辖范围内，没有读取。"))
    return issued


def _nothing_to_do(returned: ReturnedWorkbook, plan: Plan) -> str:
    """Why nothing is to be written, when that is so."""
    if plan.counts[CHANGE]:
        return ""
    applied = ReturnedWorkbook.objects.filter(issued=returned.issued, state=ReturnState.APPLIED).order_by("-at").first()
    only_same = plan.entries and not plan.of(CONFLICT) and not plan.of(REFUSED)
    if only_same and applied is not None and applied.applied_at is not None:
        return _("这份工作簿已由%(who)s于 %(when)s 上传并写入 %(cells)d 处，这次没有任何新的改动。") % {
            "who": applied.applied_by,
            "when": timezone.localtime(applied.applied_at).strftime("%Y-%m-%d %H:%M"),
            "cells": applied.counts.get("done", 0),
        }
    if not plan.entries:
        return _("“更正为”一列没有填写任何内容。")
    return (
        _("没有可以写入的改动，请看下面各行的原因。")
        if plan.of(CONFLICT) or plan.of(REFUSED)
        else _("填写的内容与登记的完全一样。")
    )


def workbook_apply(*, actor: Officer, key: UUID) -> ReturnedWorkbook:
    """Write what the preview showed; many cells as a job. A repeated confirmation does nothing.

    Raises `NotFound`, `ActionRefused` (`wrong_state`).
    """
    with transaction.atomic():
        returned = _locked(actor, key)
        if returned.state in {ReturnState.APPLYING, ReturnState.APPLIED}:
            return returned
        if returned.state != ReturnState.PREVIEW:
            raise ActionRefused("wrong_state", _("这份工作簿%s，不能再确认。") % returned.get_state_display())
        if returned.counts.get(CHANGE, 0) <= MOST_AT_ONCE:
            return plan_write(returned=returned, actor=actor)
        returned.state, returned.problem = ReturnState.APPLYING, ""
        returned.job = job_queue(
            actor=actor,
            kind="sheets.workbook",
            title=_("写入工作簿 %s") % returned.name,
            region_code=returned.region_code,
            arguments={"workbook": str(returned.key), "user": actor.user_id, "address": actor.address},
        )
        returned.save(update_fields=["state", "problem", "job"])
    return returned


def workbook_write(*, key: UUID, user_id: int, address: str | None, report: Report = ignore) -> ReturnedWorkbook:
    """The job's part: write a confirmed workbook as the person who confirmed it, with the posts held now."""
    actor = officer_of(User.objects.get(pk=user_id), address=address)
    with transaction.atomic():
        returned = _locked(actor, key)
        if returned.state != ReturnState.APPLYING:
            return returned
        return plan_write(returned=returned, actor=actor, report=report)


@transaction.atomic
def plan_write(*, returned: ReturnedWorkbook, actor: Officer, report: Report = ignore) -> ReturnedWorkbook:
    """Send the changes of the plan through the door, all in one transaction, and keep what became of each row."""
    plan = plan_of(returned)
    changes = {
        _place_of(entry): CellChange(entry.table, entry.row_id, entry.column, entry.before, entry.after, entry.issue_id)
        for entry in plan.of(CHANGE)
    }
    applied = corrections_apply(
        actor=actor, changes=changes.values(), how=How.WORKBOOK, request_key=returned.key, report=report
    )
    done = _after(plan, applied)
    old, returned.plan = returned.plan, vault_store(name=f"{returned.name}.json", content=done.packed())
    returned.counts = done.counts | {"done": applied.cells}
    returned.state, returned.applied_by, returned.applied_at = ReturnState.APPLIED, actor.name, timezone.now()
    returned.problem = ""
    returned.save()
    if old is not None:
        old.delete()  # its bytes are swept away later: this transaction may yet be taken back
    return returned


def _place_of(entry: Entry) -> tuple[str, int, str]:
    return entry.table, entry.row_id, entry.column


def _after(plan: Plan, applied: Applied) -> Plan:
    """The plan with rows that became conflicts or refusals between the preview and the writing."""
    present = {(one.change.table, one.change.row_id, one.change.column): one.present for one in applied.conflicts}
    refused = {(one.change.table, one.change.row_id, one.change.column): one.message for one in applied.refused}
    entries = []
    for entry in plan.entries:
        place = _place_of(entry)
        if entry.kind == CHANGE and place in present:
            changed = (
                Correction.objects.filter(table=place[0], row_id=place[1], column=place[2]).order_by("-pk").first()
            )
            entries.append(conflicting(replace(entry, before=present[place]), changed))
        elif entry.kind == CHANGE and place in refused:
            entries.append(replace(entry, kind=REFUSED, reason=refused[place].rstrip("。")))
        else:
            entries.append(entry)
    return Plan(tuple(entries), plan.blank)


def workbook_discard(*, actor: Officer, key: UUID) -> ReturnedWorkbook:
    """Give a workbook up without writing it; its plan is forgotten, the encrypted original stays."""
    with transaction.atomic():
        returned = _locked(actor, key)
        if returned.state == ReturnState.DISCARDED:
            return returned
        if returned.state not in {ReturnState.PREVIEW, ReturnState.NOTHING}:
            raise ActionRefused("wrong_state", _("这份工作簿%s，不能放弃。") % returned.get_state_display())
        returned.state, plan, returned.plan = ReturnState.DISCARDED, returned.plan, None
        returned.save(update_fields=["state", "plan"])
        audit_record(
            action="cleaning_workbook_discard",
            actor=actor,
            region_code=returned.region_code,
            subject_type="workbook",
            subject_id=str(returned.key),
        )
    if plan is not None:
        vault_remove(plan)
    return returned


def _locked(actor: Officer, key: UUID) -> ReturnedWorkbook:
    visible = ReturnedWorkbook.objects.visible_to(actor)
    returned = visible.select_for_update(of=("self",)).select_related("plan", "issued").filter(pk=key).first()
    if returned is None:
        raise NotFound("no_such_workbook", _("没有这份工作簿，或不在您的管辖范围内。"))
    return returned


def plan_of(returned: ReturnedWorkbook) -> Plan:
    """What each filled-in row does or did; empty when it was discarded."""
    return Plan.unpacked(vault_read(returned.plan)) if returned.plan is not None else Plan(())


def rejected_workbook(*, actor: Officer, key: UUID, out: BinaryIO) -> int:
    """The rows that were refused or in conflict as a workbook to fill in again, with the reasons and fresh keys.

    Raises `NotFound`, `ActionRefused` (`nothing`).
    """
    require(actor, Action.CLEANING_CORRECT)
    returned = ReturnedWorkbook.objects.visible_to(actor).select_related("plan").filter(pk=key).first()
    if returned is None:
        raise NotFound("no_such_workbook", _("没有这份工作簿，或不在您的管辖范围内。"))
    bad = [entry for entry in plan_of(returned).entries if entry.kind in (CONFLICT, REFUSED)]
    if not bad:
        raise ActionRefused("nothing", _("没有退回的行。"))
    with transaction.atomic(), translation.override(IN_CHINESE):
        issued = IssuedWorkbook.objects.create(
            region_code=returned.region_code,
            actor_id=actor.user_id,
            actor_name=actor.name,
            chosen={"rejected_of": str(returned.key)},
        )
        issued.rows = write_workbook(out, _rejected_lines(bad, issued.key, actor), mark=taken_by(actor), returned=True)
        issued.save(update_fields=["rows"])
        audit_record(
            action="cleaning_workbook_issue",
            actor=actor,
            region_code=returned.region_code,
            subject_type="workbook",
            subject_id=str(issued.key),
            detail={"rows": issued.rows, "rejected_of": str(returned.key)},
        )
    return issued.rows


def _rejected_lines(bad: Sequence[Entry], issued: UUID, actor: Officer) -> Iterator[SheetLine]:
    """Rows that can still be corrected as they are now, the others as they came and without a key."""
    wanted = sorted({entry.issue_id for entry in bad if entry.issue_id is not None})
    found: dict[tuple[int, tuple[str, int, str]], SheetLine] = {}
    for start in range(0, len(wanted), ISSUES_A_STEP):
        visible = Issue.objects.visible_to(actor, Action.CLEANING_CORRECT).standing()
        issues = list(
            visible.filter(pk__in=wanted[start : start + ISSUES_A_STEP]).select_related("household", "person")
        )
        cells = [(one.issue.pk, (one.where.table, one.row.pk, one.where.column)) for one in issue_cells(issues)]
        found |= dict(zip(cells, sheet_lines(issues, issued), strict=True))
    for entry in bad:
        line = found.get((entry.issue_id or 0, _place_of(entry)))
        reason = _("第%d行：") % entry.row + entry.sentence
        if line is not None:
            yield replace(line, written=entry.written, reason=reason)
        else:
            yield SheetLine(
                township="", village="", household_no=entry.household_no, head_name=entry.head_name,
                person_name=entry.person_name, resident_id="", severity="", sentence="", item=entry.item, present="",
                proposal="", key="", where=None, written=entry.written, reason=reason,
            )  # fmt: skip
