"""What the pages of duplicates read: the list of pairs, and two persons or households side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.accounts.scope import Officer
from doudi.web.layout.templatetags.layout import code, shown
from doudi.web.matching.comparing import Compared, compared, compared_id
from doudi.web.matching.models import DuplicateKind, DuplicateProposal, DuplicateState
from doudi.web.matching.queries import persons_of
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import Household, HouseholdIncome, Person

Side = Person | Household
TRACED = {
    "same": gettext_lazy("认定为同一人"),
    "merged": gettext_lazy("并为一户"),
    "moved": gettext_lazy("按迁出处理"),
    "different": gettext_lazy("认定不是重复"),
    "undone": gettext_lazy("撤销"),
    "again": gettext_lazy("导入后再次出现"),
}


@dataclass(frozen=True)
class PairRow:
    """A pair in the list: both sides as they stand now, None where a side is gone."""

    pair: DuplicateProposal
    left: str
    right: str
    left_place: str
    right_place: str


def pair_page(*, actor: Officer, kind: str = "", state: str = "", page: int | str = 1, size: int = 30) -> Page[Any]:
    """One page of pairs, the surest first. Five SQL statements (count, pairs, persons, households, places)."""
    pairs = DuplicateProposal.objects.visible_to(actor).filter(state=state or DuplicateState.OPEN)
    if kind:
        pairs = pairs.filter(kind=kind)
    order = ("-score", "pk") if not state else ("-decided_at", "pk")
    return page_of(pairs.order_by(*order), page=page, size=size, make=_pair_rows)


def _pair_rows(pairs: Sequence[DuplicateProposal]) -> list[PairRow]:
    persons = persons_of(
        key
        for pair in pairs
        for key in ((pair.left_person, pair.left_household), (pair.right_person, pair.right_household))
    )
    keys = {key for pair in pairs for key in (pair.left_household, pair.right_household)}
    homes = {one.household_key: one for one in Household.objects.filter(household_key__in=keys)} if keys else {}
    places = PlaceNames(home.region_code for home in homes.values())

    def name(person_key: int | None, household_key: int) -> str:
        home = homes.get(household_key)
        if person_key is not None:
            person = persons.get((person_key, household_key))
            return person.name if person is not None else ""
        return home.head_name if home is not None else ""

    def place(household_key: int) -> str:
        home = homes.get(household_key)
        return f"{places.above(home.region_code)}{places.name(home.region_code)}" if home is not None else ""

    return [
        PairRow(
            pair,
            name(pair.left_person, pair.left_household),
            name(pair.right_person, pair.right_household),
            place(pair.left_household),
            place(pair.right_household),
        )
        for pair in pairs
    ]


@dataclass(frozen=True)
class TraceLine:
    label: str
    by: str
    at: str
    note: str


@dataclass(frozen=True)
class PairDetail:
    """Two rows side by side. `gone`: one of them is no longer registered."""

    pair: DuplicateProposal
    titles: tuple[str, str]
    numbers: tuple[str, str]
    sides: tuple[str, str]
    """What tells them apart in a choice: the household's number, or the relation within one household."""
    lines: list[Compared]
    members: tuple[list[Person], ...]
    """Of both households, or of the one that both stand in."""
    shared: frozenset[int]
    years: list[tuple[int, HouseholdIncome | None, HouseholdIncome | None]]
    trace: list[TraceLine]
    gone: bool

    @property
    def is_person(self) -> bool:
        return self.pair.kind == DuplicateKind.PERSON


def pair_visible(*, actor: Officer, pair_id: int) -> DuplicateProposal:
    """One pair the actor may decide. One SQL statement. Raises `NotFound`."""
    pair = DuplicateProposal.objects.visible_to(actor).filter(pk=pair_id).first()
    if pair is None:
        raise NotFound("no_such_pair", _("没有这一对，或不在您的管辖范围内。"))
    return pair


def pair_detail(pair: DuplicateProposal) -> PairDetail:
    """Everything the page of a pair shows. Four SQL statements (households, members, incomes, places)."""
    keys = (pair.left_household, pair.right_household)
    homes = {
        one.household_key: one
        for one in Household.objects.filter(household_key__in=keys).prefetch_related("members", "incomes")
    }
    left, right = homes.get(keys[0]), homes.get(keys[1])
    places = PlaceNames(home.region_code for home in homes.values())
    members = tuple(sorted(home.members.all(), key=lambda one: one.pk) if home else [] for home in (left, right))
    shared = frozenset({one.person_key for one in members[0]} & {one.person_key for one in members[1]})
    sides = _sides(pair, members)
    if pair.kind == DuplicateKind.PERSON:
        one, other = sides
        lines = person_lines(one, other, places) if one and other else []
        titles = (one.name if one else "—", other.name if other else "—")
    else:
        lines = household_lines(left, right, places) if left and right else []
        titles = (left.head_name if left else "—", right.head_name if right else "—")
    return PairDetail(
        pair=pair,
        titles=titles,
        sides=_told_apart(pair, sides, left, right),
        numbers=(left.household_no if left else "", right.household_no if right else ""),
        lines=lines,
        members=(members[0], members[1]) if keys[0] != keys[1] else (members[0],),
        shared=shared if keys[0] != keys[1] else frozenset(),
        years=_years(left, right) if left and right and left != right else [],
        trace=[_traced(line) for line in pair.trace],
        gone=not lines,
    )


def _sides(pair: DuplicateProposal, members: tuple[list[Person], ...]) -> tuple[Person | None, Person | None]:
    first = [one for one in members[0] if one.person_key == pair.left_person]
    second = [one for one in members[1] if one.person_key == pair.right_person]
    if first and second and first[0] == second[0]:
        return (first[0], first[1]) if len(first) > 1 else (first[0], None)
    return (first[0] if first else None), (second[0] if second else None)


def _told_apart(
    pair: DuplicateProposal,
    sides: tuple[Person | None, Person | None],
    left: Household | None,
    right: Household | None,
) -> tuple[str, str]:
    if pair.left_household == pair.right_household:
        first, second = (_code(one.relation, "relation") if one else "" for one in sides)
        return first, second
    return (left.household_no if left else ""), (right.household_no if right else "")


def person_lines(one: Person, other: Person, places: PlaceNames) -> list[Compared]:
    """Two registered persons, line by line; ids masked."""

    def both(label: str, read: Any) -> Compared:
        return compared(label, read(one), read(other))

    lines = [
        both(_("姓名"), lambda it: it.name),
        compared_id(_("证件号码"), one.resident_id or "", other.resident_id or ""),
        both(_("出生日期"), lambda it: it.birth_date.isoformat() if it.birth_date else ""),
        both(_("性别"), lambda it: _code(it.sex, "sex")),
        both(_("乡镇"), lambda it: places.above(it.household.region_code)),
        both(_("行政村"), lambda it: places.name(it.household.region_code)),
        both(_("户编号"), lambda it: it.household.household_no),
        both(_("户主"), lambda it: it.household.head_name),
        both(_("与户主关系"), lambda it: _code(it.relation, "relation")),
        both(_("人员状态"), lambda it: _code(it.status, "person_status")),
        both(_("健康状况"), lambda it: _code(it.health, "health_condition")),
        both(_("劳动能力"), lambda it: _code(it.labour, "labour")),
        both(_("务工时间(月)"), lambda it: shown(it.work_months) if it.work_months is not None else ""),
    ]
    return [line for line in lines if line.written or line.registered]


def household_lines(one: Household, other: Household, places: PlaceNames) -> list[Compared]:
    """Two households, line by line."""

    def both(label: str, read: Any) -> Compared:
        return compared(label, read(one), read(other))

    lines = [
        both(_("户编号"), lambda it: it.household_no),
        both(_("户主"), lambda it: it.head_name),
        both(_("乡镇"), lambda it: places.above(it.region_code)),
        both(_("行政村"), lambda it: places.name(it.region_code)),
        both(_("户类型"), lambda it: _code(it.household_type, "household_type")),
        both(_("监测对象类别"), lambda it: _code(it.monitor_type, "monitor_type")),
        both(_("识别监测时间"), lambda it: it.enrolled_month or ""),
        both(_("登记人口"), lambda it: "" if it.size_now is None else str(it.size_now)),
        both(_("帮扶责任人"), lambda it: it.helper_name or ""),
    ]
    return [line for line in lines if line.written or line.registered]


def _years(left: Household, right: Household) -> list[tuple[int, HouseholdIncome | None, HouseholdIncome | None]]:
    mine = {income.income_year: income for income in left.incomes.all()}
    theirs = {income.income_year: income for income in right.incomes.all()}
    return [(year, mine.get(year), theirs.get(year)) for year in sorted({*mine, *theirs}, reverse=True)]


def _traced(line: dict[str, Any]) -> TraceLine:
    said = [line.get("note") or ""]
    if line.get("stays"):
        said.append(_("保留户编号 %s") % line["stays"])
    if line.get("left"):
        said.append(_("户编号 %s 处标为迁出") % line["left"])
    if line.get("rows"):
        said.append(_("涉及 %d 行数据，均已留存原样") % line["rows"])
    label = TRACED.get(line["what"], line["what"])
    return TraceLine(
        str(label), line["by"], line["at"].replace("T", " ")[:16], "；".join(part for part in said if part)
    )


def _code(value: Any, list_name: str) -> str:
    return code(value, list_name) if value else ""
