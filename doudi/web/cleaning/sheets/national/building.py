"""The registry of a region in the national system's sheets (户信息, 人口信息, for earlier years 收入台账) in one zip.

What an import of the same zip would change is nothing: a household's last income stands in its own row, as the national
sheet has it, unless it was worked out for another number of members; it then goes to the sheet of incomes.
"""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from doudi.feeds.contract import Contract
from doudi.feeds.income import COMPONENTS, TOTALS
from doudi.feeds.national import NationalSheet
from doudi.standards.regions import RegionCode, RegionLevel
from doudi.web.accounts.scope import region_bounds
from doudi.web.intake.reading import contracts
from doudi.web.jobs.progress import Report
from doudi.web.regions.models import Region
from doudi.web.registry.models import Household, HouseholdIncome, HouseholdQuerySet, Person

HOUSEHOLDS_A_STEP = 1_000
PLACES = {
    RegionLevel.PROVINCE: "province",
    RegionLevel.CITY: "city",
    RegionLevel.COUNTY: "county",
    RegionLevel.TOWNSHIP: "township",
    RegionLevel.VILLAGE: "village",
}
INCOME_COLUMNS = ("income_year", *COMPONENTS, *TOTALS)
SHEETS = ("registry_household", "registry_person", "registry_income")


@dataclass
class Exported:
    """How many rows were written, and what is missing in them."""

    households: int = 0
    persons: int = 0
    incomes: int = 0
    without_id: int = 0
    """Active members whose id is blank in the sheet: none is registered, or the one that came in was unsound."""
    files: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {
            "households": self.households,
            "persons": self.persons,
            "incomes": self.incomes,
            "without_id": self.without_id,
        }


def build_export(*, region: RegionCode, out: BinaryIO, mark: str, report: Report) -> Exported:
    """Write the zip; gives what is in it. Four SQL statements a thousand households, and two. Raises `TooManyRows`."""
    known = contracts()
    found = Exported()
    names = dict(Region.objects.values_list("code", "name"))
    total = households_of(region).count()
    with tempfile.TemporaryDirectory(dir=settings.DOUDI_DATA_DIR) as folder:
        paths = {name: Path(folder) / f"{known[name].title}.xlsx" for name in SHEETS}
        with (
            NationalSheet(paths["registry_household"], known["registry_household"], mark=mark) as households,
            NationalSheet(paths["registry_person"], known["registry_person"], mark=mark) as persons,
            NationalSheet(paths["registry_income"], known["registry_income"], mark=mark) as incomes,
        ):
            for step in _steps(region):
                members, earned = _members(step), _earned(step)
                for household in step:
                    own, years = members.get(household.pk, []), earned.get(household.pk, [])
                    last = _in_own_row(household, years)
                    households.add(_household_row(households.contract, household, own, last, names))
                    for person in own:
                        persons.add(_person_row(persons.contract, household, person))
                        found.without_id += person.status in (None, "", "active") and not person.resident_id
                    for income in years:
                        if income is not last:
                            incomes.add(_income_row(incomes.contract, household, income))
                report(_("写入户、人口和收入"), households.rows, total)
            found.households, found.persons, found.incomes = households.rows, persons.rows, incomes.rows
        report(_("打包"), 0, 0)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = mark.encode()[:60_000]
            for path in paths.values():
                if path.stem != known["registry_income"].title or found.incomes:
                    archive.write(path, path.name)
                    found.files.append(path.name)
    return found


def households_of(region: RegionCode) -> HouseholdQuerySet:
    """The households of a region, village by village."""
    return Household.objects.filter(region_code__range=region_bounds(region)).order_by("region_code", "pk")


def _steps(region: RegionCode) -> Iterator[list[Household]]:
    keys = list(households_of(region).values_list("pk", flat=True))
    for start in range(0, len(keys), HOUSEHOLDS_A_STEP):
        wanted = keys[start : start + HOUSEHOLDS_A_STEP]
        found = Household.objects.in_bulk(wanted)
        yield [found[key] for key in wanted if key in found]


def _members(step: Sequence[Household]) -> dict[int, list[Person]]:
    found: dict[int, list[Person]] = {}
    for person in Person.objects.filter(household__in=step).order_by("pk"):
        found.setdefault(person.household_id, []).append(person)
    return found


def _earned(step: Sequence[Household]) -> dict[int, list[HouseholdIncome]]:
    """Incomes by household, the last year first, without years of which nothing is known."""
    found: dict[int, list[HouseholdIncome]] = {}
    for income in HouseholdIncome.objects.filter(household__in=step).order_by("-income_year"):
        if all(getattr(income, name) is None for name in COMPONENTS):
            continue
        found.setdefault(income.household_id, []).append(income)
    return found


def _in_own_row(household: Household, years: Sequence[HouseholdIncome]) -> HouseholdIncome | None:
    """The income that the household's own row carries: the last one, if its divisor is the household's own."""
    divisor = household.size_year if household.size_year is not None else household.size_now
    return years[0] if years and years[0].members == divisor else None


def _household_row(
    contract: Contract,
    household: Household,
    members: Sequence[Person],
    income: HouseholdIncome | None,
    names: dict[str, str],
) -> dict[str, Any]:
    row = {column.id: getattr(household, column.id, None) for column in contract.columns}
    code = RegionCode(household.region_code)
    for region in (*code.ancestors, code):
        if region.level in PLACES:
            row[PLACES[region.level]] = names.get(region)
    head = next((one for one in members if one.relation == "head" and one.status in (None, "", "active")), None)
    row["head_resident_id"] = head.resident_id if head is not None else None
    if income is not None:
        row |= {name: getattr(income, name) for name in INCOME_COLUMNS if name in contract.by_id}
    return row


def _person_row(contract: Contract, household: Household, person: Person) -> dict[str, Any]:
    row = {column.id: getattr(person, column.id, None) for column in contract.columns}
    return row | {"household_no": household.household_no}


def _income_row(contract: Contract, household: Household, income: HouseholdIncome) -> dict[str, Any]:
    row = {column.id: getattr(income, column.id, None) for column in contract.columns}
    return row | {
        "household_no": household.household_no,
        "head_name": household.head_name,
        "size_year": income.members,
    }
