"""The cells of an issue as fields of a form, and what such a form says when it comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from doudi.web.cleaning.accepting import CellEdit
from doudi.web.cleaning.cells import cell_seen, cell_shown
from doudi.web.cleaning.correcting import Applied
from doudi.web.cleaning.rows import IssueRow, RowCell

KINDS = {
    "code": "choice",
    "boolean": "choice",
    "codes": "several",
    "date": "date",
    "integer": "number",
    "decimal": "number",
    "money": "number",
}
"""Column type → how it is filled in; anything else is a line of text."""


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class CellField:
    """One cell to fill in. `conflict`: what somebody else put there meanwhile; `error`: why it was not taken."""

    name: str
    label: str
    kind: str
    value: str
    shown: str
    seen: str
    options: list[Option]
    conflict: str = ""
    error: str = ""
    is_withheld: bool = False


@dataclass(frozen=True)
class RowFields:
    """A row of the registry to fill in."""

    title: str
    fields: list[CellField]


def fields_of(
    rows: list[IssueRow], *, applied: Applied | None = None, sent: Mapping[str, str] | None = None
) -> list[RowFields]:
    """The fields of an issue's rows; after a form that was not taken whole, with what was written and why not."""
    conflicts = {
        (one.change.table, one.change.row_id, one.change.column): one.present
        for one in (applied.conflicts if applied else [])
    }
    errors = {
        (one.change.table, one.change.row_id, one.change.column): one.message
        for one in (applied.refused if applied else [])
    }
    found = []
    for row in rows:
        fields = []
        for one in row.cells:
            key = (row.table, row.row_id, one.where.column)
            troubled = key in conflicts or key in errors
            written = (sent or {}).get(one.name) if troubled else None
            fields.append(
                _field(
                    one,
                    one.text if written is None else written,
                    conflict=cell_shown(one.where, conflicts[key]) if key in conflicts else "",
                    error=errors.get(key, ""),
                )
            )
        found.append(RowFields(row.title, fields))
    return found


def _field(one: RowCell, text: str | None, *, conflict: str, error: str) -> CellField:
    where = one.where
    kind = "text" if where.is_withheld else KINDS.get(where.contract.type, "text")
    chosen = set((text or "").split(",")) if kind == "several" else {text or ""}
    choices: dict[str, str] = dict(where.choices)
    if where.contract.type == "boolean":
        choices = {"true": _("是"), "false": _("否")}
    if kind == "choice":
        choices = {"": _("（空）"), **choices}
    return CellField(
        name=one.name,
        label=one.label,
        kind=kind,
        value="" if where.is_withheld and not error and not conflict else text or "",
        shown=one.shown,
        seen=cell_seen(one.text),
        options=[Option(value, label, value in chosen) for value, label in choices.items()],
        conflict=conflict,
        error=error,
        is_withheld=where.is_withheld,
    )


def edits_in(post: QueryDict) -> tuple[list[CellEdit], dict[str, str]]:
    """The cells a form sends, and what was written by the name of the field."""
    edits: list[CellEdit] = []
    sent: dict[str, str] = {}
    for key in post:
        if not key.startswith("seen-"):
            continue
        name = key.removeprefix("seen-")
        table, _dash, rest = name.partition("-")
        row_id, _dash, column = rest.partition("-")
        if not row_id.isdigit():
            continue
        written: Any = ",".join(part for part in post.getlist(f"cell-{name}") if part)
        sent[name] = written
        edits.append(CellEdit(table, int(row_id), column, str(post[key]), written))
    return edits, sent
