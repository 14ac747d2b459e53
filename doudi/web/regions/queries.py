"""Names of places."""

from collections.abc import Iterable
from dataclasses import dataclass

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.regions.models import Region

MOST_VILLAGES_BY_NAME = 200


@dataclass(frozen=True)
class RegionChoice:
    """A region in a filter; `depth` counts from the top of what the person sees."""

    code: str
    name: str
    level: str
    depth: int


class PlaceNames:
    """Village and township names for the rows of a page; one SQL statement however many rows."""

    def __init__(self, codes: Iterable[str]) -> None:
        wanted = {RegionCode(code) for code in codes if code}
        wanted |= {parent for code in wanted if (parent := code.parent) is not None}
        self._names = dict(Region.objects.filter(code__in=wanted).values_list("code", "name")) if wanted else {}

    def name(self, code: str) -> str:
        return self._names.get(code, code)

    def above(self, code: str) -> str:
        parent = RegionCode(code).parent
        return self._names.get(parent, "") if parent is not None else ""


def region_choices(*, actor: Officer, action: Action = Action.CLUE_SEE) -> list[RegionChoice]:
    """The townships and villages the actor sees, in order of their codes. One SQL statement."""
    rows = Region.objects.visible_to(actor, action).order_by("code").values_list("code", "name", "level")
    choices: list[RegionChoice] = []
    open_above: list[RegionCode] = []
    for code, name, level in rows:
        region = RegionCode(code)
        while open_above and not open_above[-1].covers(region):
            open_above.pop()
        choices.append(RegionChoice(code=code, name=name, level=level, depth=len(open_above)))
        open_above.append(region)
    return choices


def regions_named(text: str, *, actor: Officer, action: Action) -> list[RegionCode]:
    """Regions of the actor whose name contains the text. One SQL statement."""
    rows = Region.objects.visible_to(actor, action).filter(name__contains=text)
    return [RegionCode(code) for code in rows.values_list("code", flat=True)[:MOST_VILLAGES_BY_NAME]]


def places_of(code: str) -> list[Region]:
    """The regions from the county down to the village itself, as far as they are known. One SQL statement."""
    region = RegionCode(code)
    return list(Region.objects.filter(code__in=[*region.ancestors, region]).order_by("code"))


def region_name(code: str) -> str:
    """One SQL statement."""
    found = Region.objects.filter(code=code).values_list("name", flat=True).first()
    return found or code
