"""What counts as a duplicate within the registry, as the county keeps it (`rules/matching/duplicates.yaml`)."""

import math
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from doudi.matching.model import FieldModel, Share
from doudi.rulebook.document import parsed, read_document
from doudi.rulebook.parameters import Part, Source

NUMBER_LEVELS = ("same", "other")


class Needs(Part):
    """Levels that a pair must have to be called sure, whatever its probability."""

    name: tuple[str, ...]
    birth: tuple[str, ...]
    home: tuple[str, ...]


class HouseholdModel(Part):
    """How many members two households must share, and which share of the smaller one."""

    shared: int = Field(ge=1)
    share: Share


class DuplicateModel(Part):
    """The prior, the weight of the id, the bands; what the other fields weigh is said in `persons.yaml`."""

    id: str
    version: int = Field(ge=1)
    title: str
    title_en: str
    verified: bool
    basis: tuple[Source, ...]
    share_twice: Share
    number: FieldModel
    doubtful: Share
    sure: Share
    needs: Needs
    siblings: tuple[str, ...]
    siblings_unproven: tuple[str, ...]
    household: HouseholdModel

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if tuple(level.id for level in self.number.levels) != NUMBER_LEVELS:
            raise ValueError(f"number 应依次有 {'、'.join(NUMBER_LEVELS)}；请对照附带的文件补齐")
        if self.sure < self.doubtful:
            raise ValueError("“很可能”的界限不能低于提出的界限；请改正 sure")
        return self

    def prior_weight(self, registered: int) -> float:
        """Bits of the odds that two given persons of `registered` are one, before anything is compared."""
        chance = self.share_twice / max(registered, 2)
        return math.log2(chance / (1.0 - chance))


def load_duplicate_model(rules_root: Path) -> DuplicateModel:
    """Read `rules_root/matching/duplicates.yaml`. Raises RulebookError naming file, line and remedy."""
    path = rules_root / "matching" / "duplicates.yaml"
    return parsed(read_document("matching/duplicates.yaml", path.read_text(encoding="utf-8")), DuplicateModel)
