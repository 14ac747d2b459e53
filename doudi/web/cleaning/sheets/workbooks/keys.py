"""The key of a workbook's row: which cell of which issue it is, and what stood there, under this installation's seal.

A key can't be made or altered elsewhere; it tells nothing that the visible row does not, because what stood in the cell
is only in it as a keyed mark.
"""

from dataclasses import dataclass
from uuid import UUID

from doudi.web.protection.keys import seal

_SEAL_LENGTH = 24
_PARTS = 7
_PREFIX = "D1"


class BadKey(ValueError):  # noqa: N818 - named for what it is about
    """A key that was not made here, or was altered."""


@dataclass(frozen=True)
class RowKey:
    """One cell in one workbook. `seen`: the mark of its content when the workbook was made (`cells.cell_seen`)."""

    issued: UUID
    issue_id: int
    table: str
    row_id: int
    column: str
    seen: str

    @property
    def cell(self) -> tuple[str, int, str]:
        return self.table, self.row_id, self.column

    def sealed(self) -> str:
        """The key as it stands in the workbook."""
        text = self._text()
        return f"{text}.{_mark(text)}"

    def _text(self) -> str:
        return ".".join(
            (_PREFIX, self.issued.hex, str(self.issue_id), self.table, str(self.row_id), self.column, self.seen)
        )


def row_key_read(text: str) -> RowKey:
    """The key of a row. Raises `BadKey`."""
    body, _dot, mark = text.strip().rpartition(".")
    parts = body.split(".")
    if len(parts) != _PARTS or parts[0] != _PREFIX or mark != _mark(body):
        raise BadKey
    return RowKey(UUID(parts[1]), int(parts[2]), parts[3], int(parts[4]), parts[5], parts[6])


def _mark(text: str) -> str:
    return seal(f"workbook row:{text}")[:_SEAL_LENGTH]
