"""The share of clean households as a page: figure, trend, table by township or village, to be printed as it is."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from doudi.web.cleaning.models import Severity
from doudi.web.cleaning.sheets.figures.queries import CleanShare, clean_share
from doudi.web.layout.request import OfficerRequest
from doudi.web.regions.queries import region_name

REGION_DIGITS = 12


@require_safe
def share(request: OfficerRequest) -> HttpResponse:
    region = request.GET.get("region", "")
    region = region if region.isdigit() and len(region) == REGION_DIGITS else ""
    found = clean_share(actor=request.officer, region=region)
    rows = [
        {
            "place": place,
            "issues": issues_at(region=place.code),
            "errors": issues_at(region=place.code, severity=Severity.ERROR.value),
            "doubts": issues_at(region=place.code, severity=Severity.DOUBT.value),
            "inside": "" if found.is_villages else f"{reverse('sheets:share')}?{urlencode({'region': place.code})}",
            "change": change_of(place.past),
        }
        for place in found.places
    ]
    context = {
        "found": found,
        "rows": rows,
        "region": region,
        "place": region_name(region) if region else region_name(request.officer.home),
        "errors": issues_at(region=region, severity=Severity.ERROR.value),
        "doubts": issues_at(region=region, severity=Severity.DOUBT.value),
        "trend": list(zip(found.months, found.trend, strict=True)),
        "chart": trend_chart(found),
        "printed_at": timezone.now(),
    }
    return render(request, "sheets/share.html", context)


def issues_at(**chosen: str) -> str:
    """The desk's list of issues behind a figure."""
    given = {name: value for name, value in chosen.items() if value}
    return f"{reverse('cleaning:issues')}?{urlencode(given)}"


def change_of(past: tuple[float | None, ...]) -> float | None:
    """By how many points the share moved from the month before to the last one."""
    if len(past) < 2 or past[-1] is None or past[-2] is None:
        return None
    return round(past[-1] - past[-2], 1)


def trend_chart(found: CleanShare) -> dict[str, Any]:
    """Lines month by month: everything together, and each place while there are few."""
    series = [{"name": _("合计"), "values": [share.percent for share in found.trend], "main": True}]
    if 1 < len(found.places) <= MOST_LINES:
        series += [{"name": place.name, "values": list(place.past)} for place in found.places]
    return {"kind": "lines", "names": list(found.months), "series": series, "unit": "%"}


MOST_LINES = 8
