"""A household's file as the page shows it: rows of the income table, living conditions, facts by department."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from doudi.standards.periods import age_on
from doudi.web.layout.templatetags.layout import code, in_english, yes_no
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
class FactGroup:
    """The facts that came from one department's sheets."""

    title: str
    facts: list[FactValue]


def fact_groups(facts: Sequence[FactValue], sources: dict[str, tuple[str, str]]) -> list[FactGroup]:
    """Facts by source; `sources` gives each fact's source in Chinese and English."""
    groups: dict[str, list[FactValue]] = {}
    for fact in facts:
        zh, en = sources.get(fact.fact_id, ("", ""))
        title = (en if in_english() else zh) or zh or _("登记数据")
        groups.setdefault(title, []).append(fact)
    return [FactGroup(title, found) for title, found in groups.items()]
