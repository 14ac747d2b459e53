"""What facts can be worked out of: the registry's tables and the departments' feeds, with typed columns."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from doudi.rulebook.document import Document, RulebookError
from doudi.rulebook.value_types import (
    BOOLEAN,
    DATE,
    MONTH,
    NUMBER,
    OF_CONTRACT,
    TEXT,
    ColumnType,
    ValueType,
)
from doudi.standards.codes import CODE_LISTS


def _codes(list_name: str, kind: ValueType = ValueType.TEXT) -> ColumnType:
    return ColumnType(kind, frozenset(str(member.value) for member in CODE_LISTS[list_name]))


@dataclass(frozen=True, slots=True)
class Source:
    """A table facts are computed from. `subject`: what one row (or the group of rows) is about."""

    id: str
    title: str
    title_en: str
    department: str
    kind: str
    """row: one row a subject; events: months add up; state: only the latest month counts; derived: other facts;
    shared: what a row of the registry has in common with other rows, for checks alone."""
    columns: Mapping[str, ColumnType]
    subject: str = "person"
    """Of a feed: person (or household, found by a person in it), or region: rows about a village as a whole."""

    @property
    def is_feed(self) -> bool:
        return self.kind in ("events", "state")

    @property
    def is_shared(self) -> bool:
        return self.kind == "shared"


HOUSEHOLD: Final = "registry.household"
PERSON: Final = "registry.person"
INCOME: Final = "registry.income"
MEMBERS: Final = "members"
REGISTERED: Final = "registered"
"""All persons the registry lists for a household, those who died or left included; `MEMBERS` are those who count."""
PERSONS_OF_HOUSEHOLD: Final = (MEMBERS, REGISTERED)
FACTS: Final = "facts"
HOUSEHOLDS: Final = "households"
"""The household facts of all households of a region."""
ALERTS: Final = "alerts"
"""The alerts that this very screening raises for the households of a region."""


def _one_of(*codes: str) -> ColumnType:
    """A derived column (`doudi.feeds.derived`) with the values it can have."""
    return ColumnType(ValueType.TEXT, frozenset(codes))


_PHONE_FORM = _one_of("none", "sound", "unsound")
_RISKS = {f"risk_{number}": _codes("risk_type") for number in range(1, 6)}
_INCOME_COMPONENTS = (
    "wage_income", "production_gross", "production_cost", "property_income", "transfer_income",
    "family_planning_payment", "minimum_living_payment", "extreme_hardship_payment", "pension_payment",
    "ecological_payment", "kin_support", "reward_payment", "other_transfer", "insurance_claims", "rigid_own_spending",
    "members", "net_income", "per_capita_income",
)  # fmt: skip

REGISTRY: Final[Mapping[str, Source]] = {
    HOUSEHOLD: Source(
        HOUSEHOLD, "登记簿（户）", "Registry: households", "rural_revitalisation", "row",
        {
            "region_code": TEXT,
            "region_form": _one_of("known", "other_name", "not_village", "unknown", "missing"),
            "natural_village": TEXT,
            "household_type": _codes("household_type"),
            "monitor_type": _codes("monitor_type"),
            "enrolled_month": MONTH,
            "exited_month": MONTH,
            "risk_cleared": BOOLEAN,
            "clear_mode": _codes("clear_mode"),
            **_RISKS,
            "risk_note": TEXT,
            "head_name": TEXT,
            "phone_form": _PHONE_FORM,
            "size_now": NUMBER,
            "size_year": NUMBER,
            "education_problem": BOOLEAN,
            "housing_problem": BOOLEAN,
            "water_problem": BOOLEAN,
            "uninsured_member": BOOLEAN,
            "housing_grade": _codes("housing_grade"),
            "house_area": NUMBER,
            "dangerous_house": BOOLEAN,
            "safe_water": BOOLEAN,
            "electricity": BOOLEAN,
            "sanitary_toilet": BOOLEAN,
            "land_farm": NUMBER,
            "land_forest": NUMBER,
            "land_returned": NUMBER,
            "land_orchard": NUMBER,
            "land_pasture": NUMBER,
            "land_water": NUMBER,
            "road_type": _codes("road_type"),
            "road_km": NUMBER,
            "relocated": BOOLEAN,
            "resettlement_site": TEXT,
            "cooperative": BOOLEAN,
            "helper_name": TEXT,
            "helper_phone_form": _PHONE_FORM,
            "no_labour_flag": BOOLEAN,
            "dev_status": _codes("dev_status"),
        },
    ),
    PERSON: Source(
        PERSON, "登记簿（人）", "Registry: persons", "rural_revitalisation", "row",
        {
            "name": TEXT,
            "name_form": _one_of("sound", "missing", "digits", "characters", "short"),
            "sex": _codes("sex"),
            "id_type": _codes("id_type"),
            "id_form": _one_of(
                "sound", "old15", "missing", "placeholder", "length", "characters", "birth_date", "checksum"
            ),
            "id_birth_date": DATE,
            "id_sex": _codes("sex"),
            "id_area": TEXT,
            "birth_date": DATE,
            "relation": _codes("relation"),
            "ethnic": TEXT,
            "politics": _codes("politics"),
            "education": _codes("education"),
            "student_status": _codes("student_status"),
            "absence_reason": _codes("absence_reason"),
            "health": _codes("health_condition", ValueType.TEXTS),
            "disability_kind": _codes("disability_kind"),
            "disability_grade": _codes("disability_grade"),
            "certificate_form": _one_of("none", "sound", "unsound"),
            "certificate_kind": _codes("disability_kind"),
            "certificate_grade": _codes("disability_grade"),
            "certificate_of_id": BOOLEAN,
            "labour": _codes("labour"),
            "work_area": _codes("work_area"),
            "employer": TEXT,
            "work_months": NUMBER,
            "wage_month": NUMBER,
            "job_channel": _codes("job_channel"),
            "public_job": TEXT,
            "public_job_months": NUMBER,
            "insured_medical": BOOLEAN,
            "insured_medical_resident": BOOLEAN,
            "insured_medical_worker": BOOLEAN,
            "insured_serious": BOOLEAN,
            "insured_pension": BOOLEAN,
            "insured_pension_resident": BOOLEAN,
            "insured_pension_worker": BOOLEAN,
            "medical_aid": BOOLEAN,
            "minimum_living": BOOLEAN,
            "extreme_hardship": BOOLEAN,
            "phone_form": _PHONE_FORM,
            "status": _codes("person_status"),
            "status_on": DATE,
        },
    ),
    INCOME: Source(
        INCOME, "登记簿（收入）", "Registry: yearly incomes", "rural_revitalisation", "row",
        dict.fromkeys(_INCOME_COMPONENTS, NUMBER),
    ),
}  # fmt: skip
"""The registry's tables as screening gets them (`doudi.feeds.registry`, or the web's database)."""


ALERTS_RAISED: Final = Source(
    ALERTS, "户的预警", "Alerts of households", "rural_revitalisation", "derived",
    {
        "household_key": NUMBER,
        "person_key": NUMBER,
        "rule_id": TEXT,
        "level": ColumnType(ValueType.TEXT, frozenset({"red", "yellow", "exclusion"})),
        "risk": _codes("risk_type"),
        "department": _codes("department"),
        "is_new": BOOLEAN,
    },
)  # fmt: skip
"""Alerts as facts of regions count them. `is_new`: the household didn't have it a month (or so) before."""


_COMPUTED = frozenset({"net_income", "per_capita_income"})
_NO_CELLS = frozenset(
    {"household_no", "income_year", "province", "city", "county", "township", "village", "head_resident_id"}
)
_SHEETS: Final[Mapping[str, str]] = {
    "registry_person": "person", "registry_household": "household", "registry_income": "income",
}  # fmt: skip


def registry_cells(documents: Iterable[Document]) -> dict[str, ColumnType]:
    """The cells of the registry that can be corrected, as `person.labour`, by its sheets' column contracts.

    Keys, names of places and totals, which are computed, are none. Without contracts: the columns that facts can read.
    """
    cells: dict[str, ColumnType] = {}
    for document in documents:
        table = _SHEETS.get(str(document.content.get("id")))
        listed = document.content.get("columns")
        for column in listed if table and isinstance(listed, list) else []:
            if not isinstance(column, dict) or str(column.get("id")) in _NO_CELLS | _COMPUTED:
                continue
            kind = OF_CONTRACT.get(str(column.get("type")))
            if kind is None:
                continue
            name, codes = str(column["id"]), column.get("codes")
            known = _codes(codes, kind) if isinstance(codes, str) and codes in CODE_LISTS else ColumnType(kind)
            if table == "household" and name in _INCOME_COMPONENTS:
                cells[f"income.{name}"] = known
            elif (table, name) == ("income", "size_year"):
                cells["income.members"] = known
            elif table != "income" or name in _INCOME_COMPONENTS:
                cells[f"{table}.{name}"] = known
    if cells:
        return cells
    sources = {"household": HOUSEHOLD, "person": PERSON, "income": INCOME}
    return {
        f"{table}.{name}": column
        for table, source in sources.items()
        for name, column in REGISTRY[source].columns.items()
        if name not in _COMPUTED
    }


def _shared(name: str, title: str, title_en: str, subject: str, columns: Mapping[str, ColumnType]) -> Source:
    return Source(name, title, title_en, "rural_revitalisation", "shared", columns, subject)


SHARED: Final[Mapping[str, Source]] = {
    one.id: one
    for one in (
        _shared("same_person", "同一人在登记簿各处的登记", "Entries of the same person in the registry", "person",
                {"households": NUMBER, "active_households": NUMBER, "dead_entries": NUMBER}),
        _shared("same_name", "同一户内姓名和出生日期相同的人", "Same name and birth date in one household", "person",
                {"persons": NUMBER}),
        _shared("head_written", "户主姓名与成员", "The head's name and the members", "household",
                {"heads_so_named": NUMBER, "members_so_named": NUMBER}),
        _shared("same_phone", "同一联系电话的户", "Households with the same phone", "household",
                {"households": NUMBER}),
        _shared("income_twins", "本村上一收入年度收入各项相同的户", "Households of the village with the same incomes",
                "household", {"households": NUMBER}),
        _shared("helper_load", "同一乡镇内同名帮扶责任人的户", "Households of the township with the same helper",
                "household", {"households": NUMBER}),
        _shared("id_place", "证件号码的地区与住地", "Where an id was issued and where the person lives", "person",
                {"same_province": BOOLEAN, "same_county": BOOLEAN}),
    )
}  # fmt: skip
"""What rows of the registry have in common with others: each is a table with at most one row a person or household."""


RESERVED: Final = frozenset({MEMBERS, REGISTERED, FACTS, HOUSEHOLDS, ALERTS, "household_facts", "registry", *SHARED})
"""Names no feed may have: of other sources, or of tables that a screening makes."""
KEY_COLUMNS: Final = frozenset({"person_key", "household_key", "region_key"})
"""Columns that snapshots get when they are written; no sheet may bring its own."""
_PLAIN_NAME = re.compile(r"[a-z](?:_?[a-z0-9])*")


def read_feed(document: Document) -> Source:
    """The columns of a column contract, as far as facts need them; `doudi.feeds.contract` checks the rest.

    Raises RulebookError for a name that could be taken for another source's or break a statement.
    """
    name = str(document.content.get("id"))
    if not _PLAIN_NAME.fullmatch(name) or name in RESERVED:
        raise RulebookError(
            [document.problem("name", f"{name} 不能作列约定的 id", "用小写字母、数字、下划线，换一个名字", at=("id",))]
        )
    columns: dict[str, ColumnType] = {}
    listed = document.content.get("columns")
    for column in listed if isinstance(listed, list) else []:
        if not isinstance(column, dict) or not _PLAIN_NAME.fullmatch(str(column.get("id"))):
            continue
        if column["id"] in KEY_COLUMNS:
            continue
        kind = OF_CONTRACT.get(str(column.get("type")))
        if kind is None or column.get("type") in ("resident_id", "phone", "bank_account", "disability_certificate"):
            continue
        codes = column.get("codes")
        if isinstance(codes, str) and codes in CODE_LISTS:
            columns[str(column["id"])] = _codes(codes, kind)
        else:
            known = frozenset(map(str, codes)) if isinstance(codes, dict) else None
            columns[str(column["id"])] = ColumnType(kind, known)
    get = document.content.get
    return Source(
        str(get("id")),
        str(get("title")),
        str(get("title_en")),
        str(get("department")),
        str(get("kind")),
        columns,
        "region" if get("subject") == "region" else "person",
    )
