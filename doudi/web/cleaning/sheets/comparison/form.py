"""Which cells the comparison sheet asks for: `rules/forms/comparison.yaml`, which officials own."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from doudi.rulebook.document import RulebookError, read_document
from doudi.web.cleaning.cells import Cell, cell
from doudi.web.refusal import ActionRefused

TABLES = ("household", "income", "person")


@dataclass(frozen=True)
class ComparisonForm:
    """The sheet's title and its cells by table, in the order in which they are printed."""

    title: str
    title_en: str
    cells: Mapping[str, tuple[Cell, ...]]


def comparison_form() -> ComparisonForm:
    """The form as it stands in the rules. Raises `ActionRefused` (`form`) naming what is wrong with the file."""
    path = Path(settings.DOUDI_RULES_DIR) / "forms" / "comparison.yaml"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, RulebookError, ValueError) as problem:
        raise ActionRefused("form", _("对照表的设置读不了，请管理员检查 %s。") % "forms/comparison.yaml") from problem


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> ComparisonForm:
    content = read_document(str(path), path.read_text(encoding="utf-8")).content
    cells: dict[str, tuple[Cell, ...]] = {}
    for table in TABLES:
        names = content.get(table, [])
        if not isinstance(names, list) or len(set(names)) != len(names):
            raise ValueError(table)
        cells[table] = tuple(cell(table, str(name)) for name in names)
    return ComparisonForm(str(content["title"]), str(content["title_en"]), cells)
