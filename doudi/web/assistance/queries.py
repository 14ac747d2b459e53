"""What pages read of policies: counts by policy and township, the list of gaps, one household's policies.

All narrowed to what the actor may see; a department's officer sees the department's policies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet, Sum
from django.db.models.functions import Substr

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.assistance.models import LISTED, STATE_ORDER, EntitlementLine, EntitlementTally, State
from doudi.web.discovery.models import ScreeningRun
from doudi.web.discovery.queries import latest_run
from doudi.web.discovery.results import household_rows
from doudi.web.discovery.rulebook import Title, policy_title
from doudi.web.paging import page_of
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import Household, Person

LINES_A_STEP = 1_000
TOWNSHIP_DIGITS = 9


@dataclass
class Counts:
    """How many persons or households by state, and the yuan of gaps and of wrong payments."""

    gap: int = 0
    over: int = 0
    cannot_tell: int = 0
    received: int = 0
    gap_yuan: float = 0
    over_yuan: float = 0

    def add(self, state: str, count: int, yuan: float) -> None:
        setattr(self, state, getattr(self, state) + count)
        if state in ("gap", "over"):
            setattr(self, f"{state}_yuan", getattr(self, f"{state}_yuan") + yuan)

    @property
    def eligible(self) -> int:
        """Who is known to be due it: those who have it and those who lack it."""
        return self.received + self.gap

    @property
    def coverage(self) -> float | None:
        """应享尽享率: received ÷ eligible; None when nobody is known to be due it."""
        return self.received / self.eligible if self.eligible else None

    @property
    def coverage_percent(self) -> str:
        return "" if self.coverage is None else f"{self.coverage * 100:.1f} %"


@dataclass(frozen=True)
class PlaceCounts:
    """Counts of one township, or village where the reader sees only one township."""

    code: str
    name: str
    counts: Counts


def counts_by_policy(run: ScreeningRun | None, *, actor: Officer) -> dict[str, Counts]:
    """Policy → counts over what the actor sees. One SQL statement."""
    found: dict[str, Counts] = {}
    if run is None:
        return found
    tallies = EntitlementTally.objects.visible_to(actor).filter(run=run)
    for row in tallies.values("policy_id", "state").annotate(rows=Sum("count"), money=Sum("yuan")):
        found.setdefault(row["policy_id"], Counts()).add(row["state"], row["rows"], row["money"])
    return found


def counts_by_place(run: ScreeningRun | None, *, actor: Officer, policy_id: str = "") -> list[PlaceCounts]:
    """Counts by township, of one policy or all; by village when only one township is seen. Three SQL statements."""
    if run is None:
        return []
    tallies = EntitlementTally.objects.visible_to(actor).filter(run=run)
    if policy_id:
        tallies = tallies.filter(policy_id=policy_id)
    found = _grouped(tallies, TOWNSHIP_DIGITS)
    if len(found) <= 1:
        found = _grouped(tallies, len(RegionCode("0" * 12)))
    names = PlaceNames(found)
    return [PlaceCounts(code, names.name(code), counts) for code, counts in sorted(found.items())]


def _grouped(tallies: QuerySet[EntitlementTally], digits: int) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    rows = tallies.annotate(place=Substr("region_code", 1, digits)).values("place", "state")
    for row in rows.annotate(rows=Sum("count"), money=Sum("yuan")):
        code = str(row["place"]).ljust(12, "0")
        found.setdefault(code, Counts()).add(row["state"], row["rows"], row["money"])
    return found


# ---- the list


@dataclass(frozen=True)
class LineFilter:
    """What a person narrows the list by; empty means any, of the state: what is missing."""

    state: str = State.GAP.value
    area: str = ""
    policy: str = ""
    region: str = ""
    department: str = ""


@dataclass(frozen=True)
class LineRow:
    """One line as the list shows it. Members' names are shown with the household, as everywhere."""

    line: EntitlementLine
    title: Title
    village: str
    township: str

    @property
    def person_name(self) -> str:
        return self.line.person.name if self.line.person is not None else ""


def lines_matching(
    *, actor: Officer, chosen: LineFilter, action: Action = Action.CLUE_SEE
) -> QuerySet[EntitlementLine]:
    """The lines of the last screening that a filter leaves, by village and household. One SQL statement for the run."""
    run = latest_run()
    if run is None:
        return EntitlementLine.objects.none()
    lines = EntitlementLine.objects.visible_to(actor, action).filter(run=run)
    if chosen.region:
        try:
            lines = lines.filter(region_condition([Area(RegionCode(chosen.region))]))
        except ValueError:
            return lines.none()
    wanted = {
        "state": chosen.state, "area": chosen.area, "policy_id": chosen.policy, "department": chosen.department
    }  # fmt: skip
    lines = lines.filter(**{name: value for name, value in wanted.items() if value})
    return lines.select_related("household", "person").order_by("region_code", "id")


def line_rows(lines: Sequence[EntitlementLine]) -> list[LineRow]:
    """Lines with names of policies and places. One SQL statement."""
    places = PlaceNames(line.region_code for line in lines)
    return [
        LineRow(line, policy_title(line.policy_id), places.name(line.region_code), places.above(line.region_code))
        for line in lines
    ]


def line_page(*, actor: Officer, chosen: LineFilter, page: int | str = 1, size: int = 30) -> Page[Any]:
    """One page of the list. Four SQL statements (run, count, lines, places)."""
    return page_of(lines_matching(actor=actor, chosen=chosen), page=page, size=size, make=line_rows)


def every_line(keys: Sequence[int], *, actor: Officer) -> Iterator[LineRow]:
    """The lines with these keys that the actor may export, in the order of the keys."""
    for start in range(0, len(keys), LINES_A_STEP):
        wanted = keys[start : start + LINES_A_STEP]
        lines = EntitlementLine.objects.visible_to(actor, Action.CLUE_EXPORT)
        found = lines.select_related("household", "person").in_bulk(wanted)
        yield from line_rows([found[key] for key in wanted if key in found])


# ---- one household


@dataclass(frozen=True)
class HouseholdPolicy:
    """What became of one policy for a household or a member."""

    policy_id: str
    title: str
    title_en: str
    state: str
    person_name: str
    amount: float | None
    received: float | None
    sentence: str
    sentence_en: str


@dataclass
class HouseholdPolicies:
    """应享政策 of a household, by state; `asked`: whether the screening looked at policies at all."""

    by_state: dict[str, list[HouseholdPolicy]] = field(default_factory=dict)

    @property
    def groups(self) -> list[tuple[State, list[HouseholdPolicy]]]:
        return [(state, self.by_state[state.value]) for state in State if state.value in self.by_state]

    @property
    def gaps(self) -> int:
        return len(self.by_state.get(State.GAP.value, []))

    @property
    def gap_yuan(self) -> float:
        return sum(one.amount or 0 for one in self.by_state.get(State.GAP.value, []))


def household_policies(
    run: ScreeningRun | None, *, household: Household, members: Sequence[Person], actor: Officer
) -> HouseholdPolicies:
    """A household's policies from the files of the screening. No SQL statement; nothing without the files."""
    found = HouseholdPolicies()
    if run is None:
        return found
    names = {person.person_key: person.name for person in members}
    rows = household_rows(run, "entitlements", household.household_key)
    rows.sort(key=lambda row: (STATE_ORDER.get(row["state"], 9), row["policy_id"]))
    for row in rows:
        if actor.may_in(Action.HOUSEHOLD_SEE, household.region_code, department=row["department"] or ""):
            title = policy_title(row["policy_id"])
            found.by_state.setdefault(row["state"], []).append(
                HouseholdPolicy(
                    policy_id=row["policy_id"],
                    title=title.title,
                    title_en=title.title_en,
                    state=row["state"],
                    person_name=names.get(row["person_key"] or 0, ""),
                    amount=row["amount"],
                    received=row["received"],
                    sentence=row["sentence"],
                    sentence_en=row["sentence_en"],
                )
            )
    return found


def totals(counts: Mapping[str, Counts]) -> Counts:
    """All policies together."""
    whole = Counts()
    for one in counts.values():
        for state in (*LISTED, State.RECEIVED):
            yuan = {"gap": one.gap_yuan, "over": one.over_yuan}.get(state.value, 0)
            whole.add(state.value, getattr(one, state.value), yuan)
    return whole
