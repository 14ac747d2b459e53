"""What pages read of the last comparison: figures by place, persons with conflicts, one person's sources.

All narrowed to what the actor may see; of the departments only human resources sees any.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from doudi.screening.employment.figures import COUNTS, Figures, added_up
from doudi.standards.codes import WorkConflict
from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.employment.models import EmploymentFigure, EmploymentLine, EmploymentRun, RunState
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames

LINES_A_STEP = 1_000
TOWNSHIP_DIGITS, VILLAGE_DIGITS = 9, 12


def latest_comparison() -> EmploymentRun | None:
    """The last comparison that was finished. One SQL statement."""
    return EmploymentRun.objects.filter(state=RunState.DONE).order_by("-pk").first()


def running_comparison() -> EmploymentRun | None:
    """The one that waits or runs, or failed after the last that was finished. One SQL statement."""
    newest = EmploymentRun.objects.select_related("job").order_by("-pk").first()
    return newest if newest is not None and newest.state != RunState.DONE else None


@dataclass(frozen=True)
class PlaceFigures:
    """Figures of one township, or village where the reader sees only one township."""

    name: str
    figures: Figures


@dataclass(frozen=True)
class Overview:
    """The sum of what the reader sees, and its parts."""

    whole: Figures
    places: list[PlaceFigures]


def figures_overview(run: EmploymentRun | None, *, actor: Officer) -> Overview:
    """Figures by township; by village when only one township is seen. At most three SQL statements."""
    if run is None:
        return Overview(Figures(), [])
    rows = EmploymentFigure.objects.visible_to(actor).filter(run=run)
    found = added_up(_grouped(rows, TOWNSHIP_DIGITS), digits=TOWNSHIP_DIGITS)
    if len(found) <= 2:
        found = added_up(_grouped(rows, VILLAGE_DIGITS), digits=VILLAGE_DIGITS)
    names = PlaceNames(one.code for one in found if one.code)
    return Overview(found[0], [PlaceFigures(names.name(one.code), one) for one in found[1:]])


def _grouped(rows: QuerySet[EmploymentFigure], digits: int) -> Iterator[Figures]:
    sums = {name: Sum(name) for name in COUNTS}
    grouped = rows.annotate(place=Substr("region_code", 1, digits)).order_by("place").values("place").annotate(**sums)
    for place, *counts in grouped.values_list("place", *COUNTS):
        yield Figures(str(place), *counts)


def counts_by_kind(run: EmploymentRun | None, *, actor: Officer) -> dict[str, int]:
    """Conflict → persons among what the actor sees, and `stopped`. One SQL statement."""
    found = {str(kind.value): 0 for kind in WorkConflict} | {"stopped": 0}
    if run is None:
        return found
    lines = EmploymentLine.objects.visible_to(actor).filter(run=run)
    for row in lines.values("kinds", "stopped").annotate(persons=Count("pk")).order_by():
        for kind in [one for one in row["kinds"].split(",") if one]:
            found[kind] = found.get(kind, 0) + row["persons"]
        found["stopped"] += row["persons"] if row["stopped"] else 0
    return found


# ---- the list


@dataclass(frozen=True)
class LineFilter:
    """What a person narrows the list by; empty means any. `kind`: a conflict, `stopped`, or `settled`."""

    kind: str = ""
    scope: str = ""
    region: str = ""


@dataclass(frozen=True)
class LineRow:
    """One line as the list shows it."""

    line: EmploymentLine
    village: str
    township: str


def lines_matching(
    *, actor: Officer, chosen: LineFilter, action: Action = Action.EMPLOYMENT_SEE
) -> QuerySet[EmploymentLine]:
    """The lines of the last comparison that a filter leaves, by village and household; settled ones if asked for.

    One SQL statement for the run.
    """
    run = latest_comparison()
    if run is None:
        return EmploymentLine.objects.none()
    lines = EmploymentLine.objects.visible_to(actor, action).filter(run=run)
    if chosen.region:
        try:
            lines = lines.filter(region_condition([Area(RegionCode(chosen.region))]))
        except ValueError:
            return lines.none()
    lines = lines.filter(settled_at__isnull=chosen.kind != "settled")
    if chosen.kind == "stopped":
        lines = lines.filter(stopped=True)
    elif chosen.kind and chosen.kind != "settled":
        lines = lines.filter(kinds__contains=f",{chosen.kind},")
    if chosen.scope in ("alleviated", "monitored"):
        lines = lines.filter(**{chosen.scope: True})
    return lines.select_related("household", "person").order_by("region_code", "id")


def line_rows(lines: Sequence[EmploymentLine]) -> list[LineRow]:
    """Lines with names of places. One SQL statement."""
    places = PlaceNames(line.region_code for line in lines)
    return [LineRow(line, places.name(line.region_code), places.above(line.region_code)) for line in lines]


def line_page(*, actor: Officer, chosen: LineFilter, page: int | str = 1, size: int = 30) -> Page[Any]:
    """One page of the list. Four SQL statements (run, count, lines, places)."""
    return page_of(lines_matching(actor=actor, chosen=chosen), page=page, size=size, make=line_rows)


def every_line(keys: Sequence[int], *, actor: Officer) -> Iterator[LineRow]:
    """The lines with these keys that the actor may export, in the order of the keys."""
    for start in range(0, len(keys), LINES_A_STEP):
        wanted = keys[start : start + LINES_A_STEP]
        lines = EmploymentLine.objects.visible_to(actor, Action.CLUE_EXPORT)
        found = lines.select_related("household", "person").in_bulk(wanted)
        yield from line_rows([found[key] for key in wanted if key in found])


def line_found(*, actor: Officer, line_id: int) -> EmploymentLine:
    """Raises `NotFound`. One SQL statement."""
    lines = EmploymentLine.objects.visible_to(actor).select_related("household", "person", "run")
    line = lines.filter(pk=line_id).first()
    if line is None:
        raise NotFound("no_such_line", _("没有这条比对结果，或不在您的管辖范围内；可能已经重新比对。"))
    return line


def line_after(line: EmploymentLine, *, actor: Officer, chosen: LineFilter) -> int | None:
    """The next unsettled line of the same filter, for working a list off. Two SQL statements."""
    rest = lines_matching(actor=actor, chosen=chosen)
    after = rest.filter(region_code=line.region_code, pk__gt=line.pk) | rest.filter(region_code__gt=line.region_code)
    return after.values_list("pk", flat=True).first()
