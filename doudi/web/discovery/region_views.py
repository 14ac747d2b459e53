"""The pages of villages and townships at risk as a whole."""

import tempfile
from typing import BinaryIO, cast

from django import forms
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from doudi.web.accounts.roles import Action
from doudi.web.discovery.models import ClueLevel, RegionLayer
from doudi.web.discovery.queries import latest_run
from doudi.web.discovery.region_alerts import RegionFilter, region_alert_page, undecided
from doudi.web.discovery.region_export import region_alert_workbook
from doudi.web.discovery.rulebook import rules_for_choice
from doudi.web.discovery.views import KEPT_IN_MEMORY, WORKBOOK
from doudi.web.layout.choices import anything, place_choices
from doudi.web.layout.filters import FilterForm
from doudi.web.layout.forms import LongSelect
from doudi.web.layout.request import OfficerRequest, wants_part
from doudi.web.layout.templatetags.layout import tongue
from doudi.web.regions.queries import RegionChoice, region_choices


class RegionFilterForm(FilterForm):
    """What the list is narrowed by."""

    level = forms.ChoiceField(label=gettext_lazy("级别"), required=False)
    layer = forms.ChoiceField(label=gettext_lazy("层级"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("乡镇、村"), required=False, widget=LongSelect)
    rule = forms.ChoiceField(label=gettext_lazy("原因"), required=False)

    def __init__(self, *args: object, places: list[RegionChoice], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        rules = [rule for rule in rules_for_choice() if rule.regional]
        offered = {
            "level": [anything(), *((one.value, one.label) for one in (ClueLevel.RED, ClueLevel.YELLOW))],
            "layer": [anything(), *RegionLayer.choices],
            "region": place_choices(places),
            "rule": [anything(), *((rule.id, tongue(rule)) for rule in rules)],
        }
        self.offer(offered)

    def chosen(self) -> RegionFilter:
        """The filter asked for; a value that is not offered is left out."""
        return RegionFilter(**self.given())


def _form(request: OfficerRequest) -> RegionFilterForm:
    return RegionFilterForm(request.GET, places=region_choices(actor=request.officer))


@require_safe
def region_alerts(request: OfficerRequest) -> HttpResponse:
    """The list; HTMX gets the results alone."""
    form, run = _form(request), latest_run()
    page = region_alert_page(actor=request.officer, chosen=form.chosen(), page=request.GET.get("page", "1"))
    shown = undecided(run) if request.officer.may(Action.SCREENING_SEE) else []
    context = {"form": form, "page": page, "run": run, "chips": form.chips(request.GET), "undecided": shown}
    part = wants_part(request)
    return render(request, "discovery/_region_results.html" if part else "discovery/region_alerts.html", context)


@require_safe
def region_export(request: OfficerRequest) -> FileResponse:
    book = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY))  # noqa: SIM115 - the response closes it
    region_alert_workbook(actor=request.officer, chosen=_form(request).chosen(), out=book)
    book.seek(0)
    name = f"{_('村乡预警')}_{timezone.localtime():%Y%m%d_%H%M}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=WORKBOOK)
