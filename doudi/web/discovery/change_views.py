"""The pages of what changed since the screening before."""

import tempfile
from typing import BinaryIO, cast

from django import forms
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.changes import (
    GONE,
    NEW,
    STILL,
    ChangeFilter,
    ChangeRow,
    change_counts,
    change_page,
    every_change,
    finished_run,
    run_before,
)
from doudi.web.discovery.export import MOST_ROWS, label, write_marked
from doudi.web.discovery.models import ClueLevel
from doudi.web.discovery.rulebook import rules_for_choice
from doudi.web.discovery.views import KEPT_IN_MEMORY, WORKBOOK
from doudi.web.layout.choices import anything, place_choices
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.layout.templatetags.layout import tongue
from doudi.web.regions.queries import region_choices

STATES = {NEW: gettext_lazy("新出现"), GONE: gettext_lazy("已消失"), STILL: gettext_lazy("仍存在")}
WIDTHS = (6, 8, 8, 20, 12, 14, 14, 28, 60, 14, 12)


class ChangeFilterForm(FilterForm):
    """What the list is narrowed by."""

    state = forms.ChoiceField(label=gettext_lazy("变化"), required=False, choices=list(STATES.items()))
    level = forms.ChoiceField(label=gettext_lazy("级别"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    rule = forms.ChoiceField(label=gettext_lazy("原因"), required=False)

    def __init__(self, request: OfficerRequest) -> None:
        super().__init__(request.GET)
        rules = [(rule.id, tongue(rule)) for rule in rules_for_choice() if not rule.regional]
        offered = {
            "level": [anything(), *ClueLevel.choices],
            "region": place_choices(region_choices(actor=request.officer)),
            "rule": [anything(), *rules],
        }
        self.offer(offered)

    def chosen(self) -> ChangeFilter:
        """The filter asked for; a value that is not offered is left out."""
        return ChangeFilter(**self.given())


@require_safe
def run_changes(request: OfficerRequest, run_id: int) -> HttpResponse:
    """The list; HTMX gets the results alone."""
    form = ChangeFilterForm(request)
    run, chosen = finished_run(run_id), form.chosen()
    page = change_page(run, actor=request.officer, chosen=chosen, page=request.GET.get("page", "1"))
    context = {
        "form": form,
        "run": run,
        "before": run_before(run),
        "page": page,
        "counts": change_counts(run, actor=request.officer),
    }
    template = "discovery/_change_results.html" if wants_part(request) else "discovery/changes.html"
    return render(request, template, context)


@require_safe
def changes_export(request: OfficerRequest, run_id: int) -> FileResponse:
    require(request.officer, Action.CLUE_EXPORT)
    chosen = ChangeFilterForm(request).chosen()
    run = finished_run(run_id)
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    titles = [
        _("序号"), _("变化"), _("级别"), _("户编号"), _("户主"), _("乡镇"), _("行政村"), _("规则"), _("原因"),
        _("责任部门"), _("起自"),
    ]  # fmt: skip
    state = str(STATES[chosen.state])
    rows = (_cells(row, state) for row in every_change(run, actor=request.officer, chosen=chosen, most=MOST_ROWS))
    written = write_marked(book, request.officer, sheet=state, titles=titles, widths=WIDTHS, rows=rows)
    audit_record(
        action="change_export",
        actor=request.officer,
        subject_type="screening",
        subject_id=str(run.pk),
        detail={"rows": written, "filter": {name: value for name, value in vars(chosen).items() if value}},
    )
    book.seek(0)
    name = f"{state}_{timezone.localtime():%Y%m%d_%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)


def _cells(row: ChangeRow, state: str) -> list[str]:
    english = (get_language() or "").startswith("en")
    alert = row.alert
    return [
        state,
        label("level", alert.level),
        alert.household.household_no,
        alert.household.head_name,
        row.township,
        row.village,
        (row.title_en if english else "") or row.title,
        (alert.sentence_en if english else "") or alert.sentence,
        label("department", alert.department),
        alert.since_run.as_of.isoformat() if alert.since_run else "",
    ]
