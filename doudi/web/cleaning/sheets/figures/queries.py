"""The share of clean households: by township or village now, and month by month.

Definition: households without a standing issue of severity error ÷ all registered households. Exempted issues do not
count, doubts do not count. A month's figure is that of the last run of checks whose day lies in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Max, Sum
from django.db.models.functions import Substr

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.cleaning.models import CleanFigure, Issue, RunState, Severity
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import VillageTally

TOWNSHIP_DIGITS, VILLAGE_DIGITS = 9, 12
MONTHS_SHOWN = 24
CODE_DIGITS = 12


@dataclass
class Share:
    """Households, and those without a standing error; issues of both severities."""

    households: int = 0
    clean: int = 0
    errors: int = 0
    doubts: int = 0

    @property
    def percent(self) -> float | None:
        """The share in percent, None without households."""
        return round(100 * self.clean / self.households, 1) if self.households else None

    @property
    def unclean(self) -> int:
        return self.households - self.clean


@dataclass(frozen=True)
class PlaceShare:
    """A township, or a village where only one township is looked at; `past`: its share in the months of the trend."""

    code: str
    name: str
    now: Share
    past: tuple[float | None, ...]


@dataclass(frozen=True)
class CleanShare:
    """The figure with its trend: `months` in order, `whole` of everything seen, `places` by code."""

    whole: Share
    months: tuple[str, ...]
    trend: tuple[Share, ...]
    places: tuple[PlaceShare, ...]
    is_villages: bool


def clean_share(*, actor: Officer, region: str = "") -> CleanShare:
    """At most seven SQL statements, none of which walks over households. `region`: a township to look into."""
    areas = _areas(actor, region)
    now = _by_village(areas)
    digits = TOWNSHIP_DIGITS
    if len({code[:TOWNSHIP_DIGITS] for code in now}) <= 1:
        digits = VILLAGE_DIGITS
    months = _months(areas)
    past = _past(areas, months, digits)
    grouped: dict[str, Share] = {}
    for code, share in now.items():
        _add(grouped.setdefault(code[:digits].ljust(CODE_DIGITS, "0"), Share()), share)
    codes = sorted({*grouped, *(code for code, _month in past)})
    names = PlaceNames(codes)
    order = tuple(sorted(months))
    places = [
        PlaceShare(
            code,
            names.name(code),
            grouped.get(code, Share()),
            tuple(past[code, month].percent if (code, month) in past else None for month in order),
        )
        for code in codes
    ]
    whole, trend = Share(), {month: Share() for month in order}
    for share in now.values():
        _add(whole, share)
    for (_code, month), share in past.items():
        _add(trend[month], share)
    return CleanShare(
        whole, order, tuple(trend[month] for month in order), tuple(places), is_villages=digits == VILLAGE_DIGITS
    )


def _areas(actor: Officer, region: str) -> list[Area]:
    """The actor's whole areas, or the part of them that is asked for."""
    reach = [Area(area.region) for area in actor.reach(Action.CLEANING_SEE)]
    if not region:
        return reach
    wanted = RegionCode(region)
    return [Area(wanted)] if any(area.region.covers(wanted) for area in reach) else []


def _add(total: Share, one: Share) -> None:
    total.households += one.households
    total.clean += one.clean
    total.errors += one.errors
    total.doubts += one.doubts


def _by_village(areas: Iterable[Area]) -> dict[str, Share]:
    """Today's share of every village, corrections since the last run included. Two SQL statements."""
    condition = region_condition(areas)
    found = {
        code: Share(households=households, clean=households)
        for code, households in VillageTally.objects.filter(condition).values_list("region_code", "households")
    }
    issues = Issue.objects.filter(condition).standing().order_by()
    rows = issues.values("region_code", "severity").annotate(
        count=Count("pk"), homes=Count("household_id", distinct=True)
    )
    for row in rows:
        share = found.setdefault(row["region_code"], Share())
        if row["severity"] == Severity.ERROR:
            share.errors, share.clean = row["count"], max(0, share.households - row["homes"])
        else:
            share.doubts = row["count"]
    return found


def _months(areas: Iterable[Area]) -> dict[str, int]:
    """Month → its last run that counts. One SQL statement."""
    rows = (
        CleanFigure.objects.filter(region_condition(areas), run__state=RunState.DONE)
        .order_by()
        .values("month")
        .annotate(last=Max("run_id"))
        .order_by("-month")[:MONTHS_SHOWN]
    )
    return {row["month"]: row["last"] for row in rows}


def _past(areas: Iterable[Area], months: dict[str, int], digits: int) -> dict[tuple[str, str], Share]:
    """Place and month → share. One SQL statement."""
    rows = (
        CleanFigure.objects.filter(region_condition(areas), run__in=list(months.values()))
        .order_by()
        .annotate(place=Substr("region_code", 1, digits))
        .values("place", "month")
        .annotate(all=Sum("households"), good=Sum("households_clean"), wrong=Sum("errors"), unsure=Sum("doubts"))
    )
    return {
        (str(row["place"]).ljust(CODE_DIGITS, "0"), row["month"]): Share(
            row["all"], row["good"], row["wrong"], row["unsure"]
        )
        for row in rows
    }
