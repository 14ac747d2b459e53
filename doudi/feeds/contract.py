"""Column contracts (`rules/feeds/*.yaml`): what a department's sheet must contain, in the words of that sheet.

A contract gives each column its Chinese header with known other spellings, an identifier, a type, and whether its cells
must be filled; row checks are predicates over the identifiers. Officials own these files, so every mistake in one is
named by file and line and with what to do about it.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from doudi.feeds.headers import header_key
from doudi.rulebook.document import Document, Problem, RulebookError, mistake, read_document
from doudi.rulebook.predicate import Predicate, PredicateError, parse_predicate
from doudi.rulebook.sources import KEY_COLUMNS, RESERVED
from doudi.rulebook.value_types import ColumnType as ColumnKind
from doudi.rulebook.value_types import ValueType
from doudi.standards.codes import CODE_LISTS, folded

ColumnType = Literal[
    "text", "name", "integer", "decimal", "money", "date", "month", "boolean", "code", "codes", "resident_id", "phone",
    "bank_account", "region_code", "disability_certificate",
]  # fmt: skip
Identifier = Annotated[str, Field(pattern=r"^[a-z](?:_?[a-z0-9])*$", max_length=60)]
WITHHELD_TYPES = frozenset({"resident_id", "phone", "bank_account", "disability_certificate"})
"""Types that never leave the reading as plain text: snapshots and registry tables are written without them."""


class ContractError(ValueError):
    """Contract files that cannot be used; `.problems` are sentences that name file, line and remedy."""

    def __init__(self, found: list[Problem]) -> None:
        self.found = found
        self.problems = [str(problem) for problem in found]
        super().__init__("\n".join(self.problems))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Column(_Part):
    """One column. `invalid`: what a cell that cannot be read does: `reject` its row, or `warn` and count as unknown."""

    id: Identifier
    header: str = Field(min_length=1)
    aliases: tuple[str, ...] = Field(default=())
    type: ColumnType
    unit: Literal["yuan", "percent"] | None = None
    required: bool = False
    min: float | None = Field(default=None)
    max: float | None = Field(default=None)
    codes: str | dict[str, tuple[str, ...]] | None = Field(default=None)
    invalid: Literal["reject", "warn"] | None = None

    @model_validator(mode="after")
    def _codes_fit_type(self) -> Self:
        if (self.codes is not None) != (self.type in ("code", "codes")):
            raise ValueError("type 为 code 或 codes 的列必须写 codes，其他列不能写")
        if isinstance(self.codes, str) and self.codes not in CODE_LISTS:
            raise ValueError(f"没有名为 {self.codes} 的代码表，可用的有：{'、'.join(sorted(CODE_LISTS))}")
        if self.type == "money" and self.unit != "yuan":
            raise ValueError("金额列请写 unit: yuan(表头写万元的会自动换算)")
        return self

    @property
    def keeps_row(self) -> bool:
        """Whether an unreadable cell leaves the row in, as unknown. Phones and accounts do unless told otherwise."""
        return (self.invalid or ("warn" if self.type in ("phone", "bank_account") else "reject")) == "warn"

    @property
    def headers(self) -> tuple[str, ...]:
        return (self.header, *self.aliases)

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        """Folded spelling → identifier, for code columns; empty for others."""
        if isinstance(self.codes, str):
            return CODE_LISTS[self.codes].spellings()
        return {folded(text): code for code, texts in (self.codes or {}).items() for text in (code, *texts)}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Identifier → the Chinese label people read, in the order of the list."""
        if isinstance(self.codes, str):
            return {str(member.value): member.label for member in CODE_LISTS[self.codes]}
        return {code: texts[0] if texts else code for code, texts in (self.codes or {}).items()}


def _type_in_predicates(column: Column) -> ColumnKind | str:
    """With its codes, so that a predicate that compares with a code that is none is refused."""
    if column.type in ("code", "codes"):
        return ColumnKind(ValueType.TEXT if column.type == "code" else ValueType.TEXTS, frozenset(column.labels))
    return column.type


class Check(_Part):
    """A row check: when the predicate `when` is true the row is rejected (`error`) or kept with a note (`warning`)."""

    id: Identifier
    when: str = Field(min_length=1)
    severity: Literal["error", "warning"]
    message: str = Field(min_length=1)


class Contract(_Part):
    """What one feed's sheet contains. `kind`: events add up over months, of states only the latest month counts."""

    id: Identifier
    title: str
    title_en: str
    department: str
    subject: Literal["person", "household", "region"]
    kind: Literal["events", "state"]
    recognise: tuple[str, ...] = Field(default=())
    columns: tuple[Column, ...] = Field(min_length=1)
    checks: tuple[Check, ...] = Field(default=())
    file: str = ""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        seen: dict[str, str] = {}
        for column in self.columns:
            if column.id in KEY_COLUMNS:
                raise ValueError(f"列标识 {column.id} 是保留的名字；换一个 id")
            if column.id in seen.values():
                raise ValueError(f"列标识 {column.id} 写了两次")
            for key in {header_key(header) for header in column.headers}:
                if key in seen:
                    raise ValueError(f"表头“{key}”同时属于 {seen[key]} 和 {column.id}，请从其中一列的 aliases 去掉")
                seen[key] = column.id
        return self

    @model_validator(mode="after")
    def _rows_tell_their_place(self) -> Self:
        if self.subject == "region" and not self.id.startswith("registry_"):
            wanted = {"region_code": "region_code", "township": "text", "village": "text"}
            columns = {column.id: column.type for column in self.columns}
            lacking = [name for name, kind in wanted.items() if columns.get(name) != kind]
            if lacking:
                raise ValueError(f"村、乡的数据要有 township、village（text）和 region_code 列，缺{'、'.join(lacking)}")
        return self

    @cached_property
    def by_id(self) -> Mapping[str, Column]:
        return {column.id: column for column in self.columns}

    @cached_property
    def by_header(self) -> Mapping[str, Column]:
        """Normalised header or alias → column; see `headers.header_key`."""
        return {header_key(header): column for column in self.columns for header in column.headers}

    @cached_property
    def predicates(self) -> tuple[Predicate, ...]:
        """The conditions of the checks, in their order. Raises `PredicateError`."""
        return tuple(self.predicate(check) for check in self.checks)

    @cached_property
    def checked(self) -> frozenset[str]:
        """The columns that the checks read."""
        return frozenset().union(*(predicate.columns for predicate in self.predicates))

    def predicate(self, check: Check) -> Predicate:
        """The condition of one check, proved to be harmless. Raises `PredicateError`."""
        return parse_predicate(check.when, {column.id: _type_in_predicates(column) for column in self.columns})

    @cached_property
    def required(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.required)


def load_contract(path: Path) -> Contract:
    """Read one contract file. Raises `ContractError` with one sentence a problem."""
    try:
        document = read_document(str(path), path.read_text(encoding="utf-8"))
    except RulebookError as error:
        raise ContractError(error.problems) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError([Problem(str(path), 1, "unreadable", f"读不了文件（{error}）", "存为 UTF-8")]) from error
    try:
        contract = Contract.model_validate({**document.content, "file": str(path)})
    except ValidationError as error:
        raise ContractError([_told(document, one) for one in error.errors()]) from error
    found: list[Problem] = []
    for number, check in enumerate(contract.checks):
        try:
            contract.predicate(check)
        except PredicateError as error:
            message = f"检查 {check.id} 的 when 不能用：{error.message}"
            found.append(document.problem(error.code, message, error.remedy, at=("checks", number, "when")))
    if contract.id != path.stem:
        found.append(document.problem("id", "id 应与文件名一致", f"请写 id: {path.stem}", at=("id",)))
    if contract.id in RESERVED:
        found.append(document.problem("name", f"{contract.id} 是保留的名字", "换一个 id", at=("id",)))
    if found:
        raise ContractError(found)
    return contract


def load_contracts(rules_root: Path) -> dict[str, Contract]:
    """All contracts under `rules_root/feeds`, by id. Raises `ContractError` listing the problems of all files."""
    folder = rules_root / "feeds"
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ContractError([Problem(str(folder), 1, "empty", "没有列约定文件（*.yaml）", "请检查规则目录")])
    contracts: dict[str, Contract] = {}
    problems: list[Problem] = []
    for path in files:
        try:
            contract = load_contract(path)
        except ContractError as error:
            problems += error.found
        else:
            contracts[contract.id] = contract
    if problems:
        raise ContractError(problems)
    return contracts


def _told(document: Document, error: Any) -> Problem:
    told = mistake(document, error)
    if error["type"] == "string_type":
        return Problem(told.file, told.line, told.code, told.message, "数字、日期或是/否请加引号")
    return told
