"""A household's file as the page shows it: rows of the income table, living conditions, facts by department."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from doudi.standards.periods import age_on
from doudi.web.discovery.presenting import FactDetail
from doudi.web.layout.templatetags.layout import NOTHING, code, listed, tongue, with_unit, yes_no
from doudi.web.registry.models import Household, HouseholdIncome, Person
from doudi.web.registry.queries import FactValue
from doudi.web.registry.services import Unmasked

COMPONENTS = ("wage_income", "production_gross", "production_cost", "property_income", "transfer_income")
TRANSFER_ITEMS = (
    "family_planning_payment",
    "minimum_living_payment",
    "extreme_hardship_payment",
    "pension_payment",
    "ecological_payment",
    "kin_support",
    "reward_payment",
    "other_transfer",
)
MOST_NAMES = 4
BESIDES = ("insurance_claims", "rigid_own_spending")
YES_NO = (
    "dangerous_house",
    "safe_water",
    "electricity",
    "sanitary_toilet",
    "relocated",
    "cooperative",
    "no_labour_flag",
)


@dataclass(frozen=True)
class IncomeRow:
    """A line of the income table; `kind` is component, item (part of the transfers), sum or aside."""

    label: str
    kind: str
    values: list[Decimal | int | None]
    tones: list[str]

    @property
    def cells(self) -> list[tuple[Decimal | int | None, str]]:
        return list(zip(self.values, self.tones, strict=True))


def income_rows(
    incomes: Sequence[HouseholdIncome], lines: Sequence[tuple[float | None, float | None]]
) -> list[IncomeRow]:
    """The components year by year. `lines` are each year's monitoring and watch line, where they are known."""

    def row(name: str, kind: str) -> IncomeRow:
        label = str(HouseholdIncome._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        return IncomeRow(label, kind, [getattr(income, name) for income in incomes], [""] * len(incomes))

    rows = [row(name, "component") for name in COMPONENTS]
    rows += [item for name in TRANSFER_ITEMS if any((item := row(name, "item")).values)]
    rows += [row("net_income", "sum"), row("members", "component")]
    per_head = row("per_capita_income", "sum")
    tones = [tone(value, *line) for value, line in zip(per_head.values, lines, strict=True)]
    rows.append(IncomeRow(per_head.label, "sum", per_head.values, tones))
    if any(line for line, _watch in lines):
        known = [None if line is None else Decimal(str(line)) for line, _watch in lines]
        rows.append(IncomeRow(_("当年监测线"), "aside", list(known), [""] * len(incomes)))
    rows += [row(name, "aside") for name in BESIDES]
    return rows


def tone(value: Any, line: float | None, watch: float | None) -> str:
    """How a per-capita income is drawn beside the lines of its year."""
    if value is None or line is None:
        return ""
    if value < line:
        return "below-line"
    return "near-line" if watch is not None and value < watch else ""


@dataclass(frozen=True)
class MemberRow:
    """A member with age and with the numbers that may be shown."""

    person: Person
    age: int | None
    resident_id: str
    phone: str
    certificate: str

    @property
    def is_active(self) -> bool:
        return self.person.status in (None, "", "active")


def member_rows(members: Sequence[Person], on: date, unmasked: Unmasked | None) -> list[MemberRow]:
    rows = []
    for person in members:
        shown = unmasked.members.get(person.pk, {}) if unmasked else {}
        rows.append(
            MemberRow(
                person=person,
                age=age_on(person.birth_date, on) if person.birth_date else None,
                resident_id=shown.get("resident_id", person.resident_id_masked),
                phone=shown.get("phone", person.phone_masked),
                certificate=shown.get("disability_certificate", person.disability_certificate_masked),
            )
        )
    return rows


@dataclass(frozen=True)
class Labelled:
    label: str
    value: Any


def living_conditions(household: Household, unmasked: Unmasked | None) -> list[Labelled]:
    """What the register says of home, land, water, road and helper."""
    numbers = unmasked.household if unmasked else {}

    def named(name: str, value: Any) -> Labelled:
        return Labelled(str(Household._meta.get_field(name).verbose_name), value)  # type: ignore[union-attr]

    measures = ("land_farm", "land_forest", "road_km", "size_now", "size_year")
    plain = ("natural_village", "enrolled_month", "exited_month", "resettlement_site", "bank_name")
    rows = [
        named("phone", numbers.get("phone", household.phone_masked)),
        named("helper_name", household.helper_name),
        named("helper_unit", household.helper_unit),
        named("helper_phone", numbers.get("helper_phone", household.helper_phone_masked)),
        named("housing_grade", code(household.housing_grade, "housing_grade")),
        named("road_type", code(household.road_type, "road_type")),
        *(named(name, yes_no(getattr(household, name))) for name in YES_NO),
        *(named(name, plain_number(getattr(household, name))) for name in measures),
        *(named(name, getattr(household, name)) for name in plain),
        named("bank_account", numbers.get("bank_account", household.bank_account_masked)),
    ]
    if household.risks:
        rows.insert(0, Labelled(_("已识别的风险"), code(household.risks, "risk_type")))
    if household.dev_status:
        rows.append(named("dev_status", code(household.dev_status, "dev_status")))
    return rows


def plain_number(value: float | int | None) -> str | None:
    return None if value is None else f"{value:g}"


@dataclass(frozen=True)
class Finding:
    """A value of a fact and whose it is: a member's, several members' or, with `who` empty, the household's."""

    text: str
    who: str


@dataclass(frozen=True)
class FactLine:
    """One fact with what was found, members with the same value taken together."""

    title: str
    findings: list[Finding]


@dataclass(frozen=True)
class FactGroup:
    """The facts that came from one source; `is_feed`: from a department's sheet, else worked out of the register."""

    title: str
    is_feed: bool
    lines: list[FactLine]


def fact_groups(facts: Sequence[FactValue], details: Mapping[str, FactDetail]) -> list[FactGroup]:
    """Facts by source, departments' sheets first."""
    groups: dict[tuple[bool, str], dict[str, list[FactValue]]] = {}
    for fact in facts:
        detail = details.get(fact.fact_id)
        title = tongue(detail, "source") if detail else ""
        place = groups.setdefault((bool(detail and detail.is_feed), title or _("登记数据")), {})
        place.setdefault(fact.fact_id, []).append(fact)
    return [
        FactGroup(
            title,
            is_feed,
            [FactLine(tongue(found[0]), findings(found, details.get(fact_id))) for fact_id, found in lines.items()],
        )
        for (is_feed, title), lines in sorted(groups.items(), key=lambda pair: not pair[0][0])
    ]


def findings(found: Sequence[FactValue], detail: FactDetail | None) -> list[Finding]:
    """The values of one fact, the rarer ones first, since they are what matters in a family."""
    list_name = detail.codes if detail else None
    holders: dict[str, list[str]] = {}
    for fact in found:
        text = code(fact.value, list_name) if list_name and fact.value else with_unit(fact.value, fact.unit)
        holders.setdefault(text, []).append(fact.person_name)
    shown = sorted(holders.items(), key=lambda pair: (pair[0] == NOTHING, len(pair[1])))
    return [Finding(text, holders_named(names, of=len(found))) for text, names in shown]


def holders_named(names: Sequence[str], *, of: int) -> str:
    if of == 1 or not any(names):
        return ""
    if len(names) == of:
        return _("全部 %d 人") % of
    if len(names) > MOST_NAMES:
        return _("%(names)s 等 %(count)d 人") % {"names": listed(names[:MOST_NAMES]), "count": len(names)}
    return listed(names)
