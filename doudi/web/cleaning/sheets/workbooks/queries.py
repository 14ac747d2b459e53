"""What the pages of workbooks show, narrowed to the actor's regions."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.models import Issue
from doudi.web.cleaning.sheets.models import ReturnedWorkbook, ReturnState
from doudi.web.cleaning.sheets.workbooks.judging import CHANGE, CONFLICT, REFUSED, SAME, Entry
from doudi.web.cleaning.sheets.workbooks.services import plan_of
from doudi.web.jobs.queries import JobStatus, status_of
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames

MOST_SHOWN = 200


@dataclass(frozen=True)
class EntryGroup:
    """Rows of one kind; `entries` are the first of `count`."""

    kind: str
    count: int
    entries: list[Entry]


@dataclass(frozen=True)
class WorkbookDetail:
    """A workbook that was handed in, with its rows by what becomes of them."""

    returned: ReturnedWorkbook
    region: str
    groups: list[EntryGroup] = field(default_factory=list)
    job: JobStatus | None = None

    @property
    def may_confirm(self) -> bool:
        return self.returned.state == ReturnState.PREVIEW

    @property
    def working(self) -> bool:
        return self.returned.state == ReturnState.APPLYING

    @property
    def changes(self) -> int:
        return int(self.returned.counts.get(CHANGE, 0))

    @property
    def bad(self) -> int:
        return int(self.returned.counts.get(CONFLICT, 0)) + int(self.returned.counts.get(REFUSED, 0))


def workbook_detail(*, actor: Officer, key: UUID) -> WorkbookDetail:
    """One workbook. Two SQL statements. Raises `NotFound`."""
    visible = ReturnedWorkbook.objects.visible_to(actor).select_related("plan", "job", "issued")
    returned = visible.filter(pk=key).first()
    if returned is None:
        raise NotFound("no_such_workbook", _("没有这份工作簿，或不在您的管辖范围内。"))
    plan = plan_of(returned)
    groups = [
        EntryGroup(kind, len(found), found[:MOST_SHOWN])
        for kind in (CONFLICT, REFUSED, CHANGE, SAME)
        if (found := plan.of(kind))
    ]
    job = status_of(returned.job) if returned.job is not None else None
    return WorkbookDetail(returned, PlaceNames([returned.region_code]).name(returned.region_code), groups, job)


@dataclass(frozen=True)
class WorkbookRow:
    """A workbook in the list, with the name of the region it is about."""

    returned: ReturnedWorkbook
    region: str


def workbook_list(*, actor: Officer, page: int | str = 1, size: int = 20) -> Page[Any]:
    """Workbooks handed in, the newest first. Three SQL statements."""

    def rows(found: Any) -> list[WorkbookRow]:
        places = PlaceNames(one.region_code for one in found)
        return [WorkbookRow(one, places.name(one.region_code)) for one in found]

    return page_of(ReturnedWorkbook.objects.visible_to(actor).order_by("-at"), page=page, size=size, make=rows)


def standing_count(actor: Officer) -> int:
    """How many issues the actor may correct. One SQL statement."""
    return Issue.objects.visible_to(actor, Action.CLEANING_CORRECT).standing().count()
