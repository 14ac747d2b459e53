"""Comparison sheets: printing a village's, typing one in, keeping its photo."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doudi.standards.regions import RegionLevel
from doudi.web.accounts.roles import Action
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.sheets.comparison.building import (
    NEW,
    ComparisonSheet,
    comparison_sheets,
    reference_day,
    village_households,
)
from doudi.web.cleaning.sheets.comparison.form import comparison_form
from doudi.web.cleaning.sheets.comparison.photos import photo_keep, photo_open, photo_remove
from doudi.web.cleaning.sheets.comparison.typing_in import Typed, sheet_of, sheet_type_in
from doudi.web.cleaning.sheets.forms import ComparisonForm, PhotoForm
from doudi.web.cleaning.sheets.models import FilledSheet
from doudi.web.layout.request import OfficerRequest
from doudi.web.paging import page_of
from doudi.web.refusal import ActionRefused
from doudi.web.regions.queries import region_choices

SHEETS_A_PRINT = 100
ROWS = 50


def _chosen(request: OfficerRequest) -> tuple[ComparisonForm, str, bool]:
    """The village asked for, else the first one; and whether only households with issues."""
    places = region_choices(actor=request.officer, action=Action.CLEANING_SEE)
    asked = ComparisonForm(request.GET, places=places)
    given = asked.given()
    villages = [place.code for place in places if place.level == RegionLevel.VILLAGE]
    region = given.get("region") or (villages[0] if villages else "")
    only = given.get("only") == "issues" if "only" in request.GET else True
    form = ComparisonForm(initial={"region": region, "only": "issues" if only else ""}, places=places)
    return form, region, only


@require_safe
def comparisons(request: OfficerRequest) -> HttpResponse:
    """The households of a village, to be printed together or typed in one by one."""
    form, region, only = _chosen(request)
    households = village_households(actor=request.officer, region=region, only_issues=only)
    page = page_of(households, page=request.GET.get("page", "1"), size=ROWS)
    sheets = comparison_sheets(list(page.object_list), as_of=reference_day())
    photos = set(
        FilledSheet.objects.filter(household__in=[sheet.household.pk for sheet in sheets]).values_list(
            "household_id", "year"
        )
    )
    rows = [{"sheet": sheet, "photo": (sheet.household.pk, sheet.year) in photos} for sheet in sheets]
    query = urlencode({"region": region, "only": "issues" if only else ""})
    prints = range(1, -(-page.paginator.count // SHEETS_A_PRINT) + 1)
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "query": query,
        "prints": prints,
    }
    return render(request, "sheets/comparisons.html", context)


@require_safe
def comparison_print(request: OfficerRequest) -> HttpResponse:
    """The sheets themselves, a page each, a hundred households at a time. Printing is in the audit log."""
    _form, region, only = _chosen(request)
    households = village_households(actor=request.officer, region=region, only_issues=only)
    page = page_of(households, page=request.GET.get("page", "1"), size=SHEETS_A_PRINT)
    sheets = comparison_sheets(list(page.object_list), as_of=reference_day())
    if sheets:
        audit_record(
            action="comparison_print",
            actor=request.officer,
            region_code=region,
            subject_type="region",
            subject_id=region,
            detail={"households": len(sheets), "page": page.number},
        )
    first = (page.number - 1) * SHEETS_A_PRINT
    context = {"sheets": sheets, "first": first, "title": comparison_form(), "page": page}
    return render(request, "sheets/comparison_print.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def comparison(request: OfficerRequest, household_no: str) -> HttpResponse:
    """Typing one sheet in: blanks change nothing; what could not be written stays in its field with the reason."""
    typed, written = Typed(), {}
    if request.method == "POST":
        written = {name: text for name, text in request.POST.items() if "-" in name and not name.endswith("-seen")}
        seen = {name.removesuffix("-seen"): mark for name, mark in request.POST.items() if name.endswith("-seen")}
        typed = sheet_type_in(
            actor=request.officer,
            household_no=household_no,
            written={name: str(text) for name, text in written.items()},
            seen={name: str(mark) for name, mark in seen.items()},
            request_key=_key(str(request.POST.get("request_key", ""))),
        )
        if typed.is_whole:
            _say(request, typed)
            following = str(request.POST.get("following", ""))
            to = following if "next" in request.POST and following else household_no
            return redirect(f"{reverse('sheets:comparison', args=[to])}?{request.GET.urlencode()}")
        if typed.cells:
            messages.success(request, _("已更正 %d 处；下面标红的没有写入。") % typed.cells)
    sheet = sheet_of(actor=request.officer, household_no=household_no)
    context = _typing_context(request, sheet, written, typed)
    return render(request, "sheets/comparison.html", context, status=200 if typed.is_whole else 409)


def _say(request: OfficerRequest, typed: Typed) -> None:
    if typed.cells:
        messages.success(request, _("已更正 %d 处。") % typed.cells)
    else:
        messages.info(request, _("没有填写任何内容，没有改动。"))


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _typing_context(
    request: OfficerRequest, sheet: ComparisonSheet, written: dict[str, Any], typed: Typed
) -> dict[str, Any]:
    only = request.GET.get("only", "issues") == "issues"
    neighbours = village_households(actor=request.officer, region=sheet.household.region_code, only_issues=only)
    numbers = list(neighbours.values_list("household_no", flat=True))
    at = numbers.index(sheet.household.household_no) if sheet.household.household_no in numbers else -1

    def fields(boxes: Any) -> list[dict[str, Any]]:
        return [
            {
                "box": box,
                "value": written.get(box.name) or written.get(f"{box.where.table}-{NEW}-{box.where.column}", ""),
                "problem": typed.refused.get(box.name) or typed.conflicts.get(box.name, ""),
            }
            for box in boxes
        ]

    photos = FilledSheet.objects.filter(household=sheet.household, year=sheet.year).order_by("pk")
    return {
        "sheet": sheet,
        "household_fields": fields(sheet.boxes),
        "income_fields": fields(sheet.incomes),
        "members": [{"part": member, "fields": fields(member.boxes)} for member in sheet.members],
        "typed": typed,
        "request_key": uuid4(),
        "following": numbers[at + 1] if at + 1 < len(numbers) else "",
        "position": at + 1,
        "count": len(numbers),
        "photos": photos,
        "photo_form": PhotoForm(),
        "back": urlencode({"region": sheet.household.region_code, "only": "issues" if only else ""}),
    }


@require_POST
def photo_new(request: OfficerRequest, household_no: str) -> HttpResponse:
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            photo_keep(actor=request.officer, household_no=household_no, content=form.cleaned_data["file"].read())
        except ActionRefused as refused:
            if refused.status != ActionRefused.status:
                raise
            messages.error(request, refused.message)
        else:
            messages.success(request, _("照片已加密保存在这一户名下。"))
    else:
        messages.error(request, str(next(iter(form.errors["file"]))))
    return redirect("sheets:comparison", household_no)


@require_safe
def photo(request: OfficerRequest, photo_id: int) -> HttpResponse:
    """The photo itself; never cached, and never taken for anything but what it was checked to be."""
    found, content = photo_open(actor=request.officer, photo_id=photo_id)
    response = HttpResponse(content, content_type=found.kind)
    kept = "attachment" if found.kind == "application/pdf" else "inline"
    response["Content-Disposition"] = f'{kept}; filename="{found.file.name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def photo_gone(request: OfficerRequest, photo_id: int) -> HttpResponse:
    household_no = photo_remove(actor=request.officer, photo_id=photo_id)
    messages.success(request, _("照片已删去，删除记在审计日志里。"))
    return redirect("sheets:comparison", household_no)
