"""Cells of the registry that people may correct: their names, how they are written down, read and shown.

A cell is named by its table (household, person, income) and the model's column. As text it is what the registry's
codes, dates and numbers look like everywhere: identifiers of codes joined by commas, `2023-08-01`, `true`/`false`,
numbers without empty decimals; None where nothing is known.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from doudi.feeds import values
from doudi.feeds.contract import Column, load_contracts
from doudi.feeds.derived import DERIVED_FROM
from doudi.feeds.problems import BadCell
from doudi.feeds.recomputing import recomputed
from doudi.web.intake.targets import HOUSEHOLD, INCOME, PERSON, RENAMED, Target
from doudi.web.layout.templatetags.layout import NOTHING, code, in_english, yes_no, yuan
from doudi.web.protection.fields import EncryptedTextField
from doudi.web.protection.keys import seal, search_hash
from doudi.web.protection.masking import mask_bank_account, mask_phone, mask_resident_id
from doudi.web.refusal import ActionRefused
from doudi.web.regions.models import Region
from doudi.web.registry.finding import pseudonymiser

TARGETS: Final[Mapping[str, Target]] = {"household": HOUSEHOLD, "person": PERSON, "income": INCOME}
CONTRACTS: Final[Mapping[str, str]] = {
    "household": "registry_household", "person": "registry_person", "income": "registry_income"
}  # fmt: skip
KEYS: Final[Mapping[str, frozenset[str]]] = {
    "household": frozenset({"household_no", "head_resident_id"}),
    "person": frozenset({"household_no"}),
    "income": frozenset({"household_no", "head_name", "income_year"}),
}
"""Columns by which rows are known again, or that only repeat another table: never corrected as a cell."""


@dataclass(frozen=True)
class Cell:
    """A column of the registry: where it is, what its sheet calls it and how its cells are read."""

    table: str
    column: str
    contract: Column
    field: "models.Field[Any, Any]"

    @property
    def id(self) -> str:
        """`person.labour`, as checks name it."""
        return f"{self.table}.{self.column}"

    @property
    def label(self) -> str:
        """What people call it: the model's name, in the reader's language, else the sheet's header."""
        return str(self.field.verbose_name) if in_english() else self.contract.header

    @property
    def is_withheld(self) -> bool:
        """Whether it holds an id, phone, account or certificate, which pages show masked."""
        return isinstance(self.field, EncryptedTextField)

    @property
    def choices(self) -> Mapping[str, str]:
        """Identifier → label, of a column of codes; empty for others."""
        if isinstance(self.contract.codes, str):
            return {name: code(name, self.contract.codes) for name in self.contract.labels}
        return self.contract.labels


def cell(table: str, column: str) -> Cell:
    """A column by table and name (the model's or the sheet's). Raises `ActionRefused` (`no_such_cell`)."""
    found = _cells(table).get(RENAMED.get(table, {}).get(column, column)) if table in TARGETS else None
    if found is None:
        raise ActionRefused("no_such_cell", _("登记簿里没有可更正的列“%s”。") % f"{table}.{column}")
    return found


def cell_named(name: str) -> Cell:
    """The same by the name that checks use, `person.labour`."""
    table, _dot, column = name.partition(".")
    return cell(table, column)


def cells_of(table: str) -> list[Cell]:
    """Every column of a table that may be corrected, in the order of the sheet."""
    return list(_cells(table).values())


def _cells(table: str) -> dict[str, Cell]:
    folder = Path(settings.DOUDI_RULES_DIR)
    name = CONTRACTS[table]
    return _read_cells(folder, table, (folder / "feeds" / f"{name}.yaml").stat().st_mtime_ns)


@lru_cache(maxsize=12)
def _read_cells(folder: Path, table: str, _changed: int) -> dict[str, Cell]:
    fields = {field.column: field for field in TARGETS[table].model._meta.concrete_fields if not field.generated}
    renamed = RENAMED.get(table, {})
    found: dict[str, Cell] = {}
    for column in load_contracts(folder)[CONTRACTS[table]].columns:
        name = renamed.get(column.id, column.id)
        if name in fields and column.id not in KEYS[table]:
            found[name] = Cell(table, name, column, fields[name])
    return found


# ---- values and text


def cell_text(value: Any) -> str | None:
    """A value of a model's column as text; None for nothing."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(str(part) for part in value)
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def cell_read(where: Cell, text: str | None) -> Any:
    """What a person wrote (a label, a date in any shape …) as a value of the model's column.

    Raises `BadCell` with reason and remedy, as reading the sheet would.
    """
    written = (text or "").strip()
    found = _parsed(where, written) if written else None
    if found is None:
        if where.contract.required:
            raise BadCell("必填项不能为空", "请填写内容")
        return None if where.field.null else ""
    low, high = where.contract.min, where.contract.max
    if isinstance(found, int | float) and not isinstance(found, bool):
        if (low is not None and found < low) or (high is not None and found > high):
            bounds = f"{'' if low is None else f'{low:g}'}～{'' if high is None else f'{high:g}'}"
            raise BadCell("数值超出合理范围", f"应在{bounds}之间，请核对单位和数字")
        if isinstance(where.field, models.DecimalField):
            return Decimal(str(found))
        if isinstance(where.field, models.IntegerField):
            return int(found)
    longest = getattr(where.field, "max_length", None)
    if isinstance(found, str) and longest and len(found) > longest:
        raise BadCell("内容太长", f"请缩短到{longest}个字以内")
    return found


def _parsed(where: Cell, written: str) -> Any:
    column = where.contract
    if column.type in ("code", "codes"):
        read = values.code if column.type == "code" else values.codes
        return partial(read, spellings=column.spellings, labels=column.labels)(written)
    if column.type == "money":
        return values.money(written)
    if column.unit == "percent":
        return values.percent(written)
    return values.PARSERS[column.type](written)


def cell_shown(where: Cell, text: str | None, *, masked: bool = True) -> str:
    """A cell's text as pages and workbooks show it: labels of codes, 是/否, money; withheld ones masked."""
    if text is None or text == "":
        return NOTHING
    kind = where.contract.type
    if where.is_withheld and masked:
        mask = {"phone": mask_phone, "bank_account": mask_bank_account}.get(kind, mask_resident_id)
        return mask(text)
    if kind == "boolean":
        return yes_no(text == "true")
    if kind in ("code", "codes"):
        labels = where.choices
        return ("、" if not in_english() else ", ").join(labels.get(part, part) for part in text.split(","))
    if kind == "money":
        return yuan(text)
    return text


def cell_seen(text: str | None) -> str:
    """A keyed mark of what a page showed, so that a form need not carry an id or phone to be compared later."""
    return seal(f"cell:{text or ''}")[:32]


def was_seen(text: str | None, mark: str) -> bool:
    """Whether the mark is of this very text."""
    return hmac.compare_digest(cell_seen(text), mark)


# ---- what follows from a cell


def set_cell(row: Any, where: Cell, value: Any) -> list[str]:
    """Put a value into a row's column, and the hash it is found by; gives the names of the fields set."""
    setattr(row, where.field.attname, value)
    names = [str(where.field.name)]
    if where.is_withheld:
        text = str(value) if value else None
        setattr(row, f"{where.column}_hash", _hash(where.column, text))
        names.append(f"{where.column}_hash")
    return names


def set_derived(row: Any, table: str, changed: Collection[str]) -> list[str]:
    """Work out anew what follows from the changed columns (key of the person, forms …); gives the fields set."""
    bases = {base for names in DERIVED_FROM.get(table, {}).values() for base in names}
    if not bases & set(changed):
        return []
    cells = {name: getattr(row, name) or None for name in _TEXTS[table]}
    known = None
    if table == "person":
        cells |= {"household_no": row.household.household_no, "birth_date": row.birth_date}
    elif "region_code" in changed:
        known = set(Region.objects.values_list("code", flat=True))
    found = recomputed(table, changed, cells, pseudonymiser=pseudonymiser(), known_regions=known)
    for name, value in found.items():
        setattr(row, name, value)
    return list(found)


_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("person_no", "name", "resident_id", "disability_certificate", "phone"),
    "household": ("phone", "helper_phone", "region_code"),
}


def _hash(column: str, text: str | None) -> str | None:
    if text is None:
        return None
    if column == "resident_id":
        return pseudonymiser().resident_hash(text)
    return search_hash("phone" if column.endswith("phone") else column, text)
