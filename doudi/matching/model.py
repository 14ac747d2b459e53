"""The matching model as the county keeps it (`rules/matching/*.yaml`): how telling each likeness is, and the bands.

A model is data: probabilities m (the same person) and u (two different persons) of each level of each field, and from
which probability on a row is linked or shown to a person. Nothing is learnt while rows are matched.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from doudi.rulebook.document import Document, parsed, read_document
from doudi.rulebook.parameters import Part, Source

Share = Annotated[float, Field(gt=0.0, le=1.0)]
_ALMOST = 0.001
"""How far the probabilities of a field may be from 1 in sum."""
LEVELS: Mapping[str, tuple[str, ...]] = {
    "number": ("same", "repaired", "other"),
    "name": ("same", "variant", "sound", "near", "other"),
    "birth": ("same", "part", "near", "other"),
    "sex": ("same", "other"),
    "home": ("household", "head_village", "head", "village", "maiden", "township", "other"),
    "phone": ("same", "other"),
}
"""Field → the levels that are compared, the most telling first. What a level means is fixed, how telling it is not."""


class Level(Part):
    """One outcome of comparing a field. `m`, `u`: its probability for the same person, and for two different ones."""

    id: str
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    m: Share
    u: Share

    @property
    def weight(self) -> float:
        """Bits that the outcome speaks for the same person (against it when negative)."""
        return math.log2(self.m / self.u)


class FieldModel(Part):
    """A field that is compared, with its outcomes."""

    title: str = Field(min_length=1)
    levels: tuple[Level, ...]

    def level(self, name: str) -> Level:
        """Raises KeyError when there is no such level."""
        found = next((level for level in self.levels if level.id == name), None)
        if found is None:
            raise KeyError(name)
        return found


class Prior(Part):
    """What is known before a row is looked at."""

    share_registered: Share
    namesakes_floor: Share


class Needs(Part):
    """Levels that a link without a resident id must have, whatever its probability; `missing`: the field is empty."""

    name: tuple[str, ...]
    birth: tuple[str, ...]
    sex: tuple[str, ...]
    home: tuple[str, ...]


class Bands(Part):
    """Match probabilities from which a row is shown to a person, and from which it is linked; `margin` is in bits.

    `needs`: one of these must be met besides.
    """

    doubtful: Share
    sure: Share
    margin: float = Field(ge=0.0)
    needs: tuple[Needs, ...] = Field(min_length=1)
    candidates: int = Field(ge=1)


class Repair(Part):
    """How far a written id is put right. `name`, `alone`: levels that prove it, with a name in the row and without."""

    most_variants: int = Field(ge=1)
    name: tuple[str, ...]
    alone: tuple[str, ...]


class NameModel(Part):
    """Ways of writing names that count as one: separators left out, look-alike characters, sounds not told apart."""

    id: str
    version: int = Field(ge=1)
    title: str
    title_en: str
    verified: bool
    basis: tuple[Source, ...]
    separators: str
    nobody: tuple[str, ...]
    look_alikes: tuple[str, ...]
    sounds_alike: tuple[tuple[str, str], ...]

    @model_validator(mode="after")
    def _each_character_once(self) -> Self:
        seen = "".join(self.look_alikes)
        twice = sorted({one for one in seen if seen.count(one) > 1})
        if twice:
            raise ValueError(f"形近字“{'、'.join(twice)}”写在了两组里；请并成一组")
        return self


class PersonModel(Part):
    """`rules/matching/persons.yaml`."""

    id: str
    version: int = Field(ge=1)
    title: str
    title_en: str
    verified: bool
    basis: tuple[Source, ...]
    prior: Prior
    number: FieldModel
    fields: Mapping[str, FieldModel]
    lunar_days: int = Field(ge=0)
    bands: Bands
    repair: Repair

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, levels in LEVELS.items():
            field = self.number if name == "number" else self.fields.get(name)
            if field is None or tuple(level.id for level in field.levels) != levels:
                raise ValueError(f"{name} 应依次有 {'、'.join(levels)}；请对照附带的模型补齐")
            for kind in ("m", "u"):
                total = sum(getattr(level, kind) for level in field.levels)
                if abs(total - 1.0) > _ALMOST:
                    raise ValueError(f"{name} 各级的 {kind} 之和是{total:.4f}；应为1")
        if self.bands.sure < self.bands.doubtful:
            raise ValueError("直接对上的概率不能低于交人判断的概率；请改正 bands")
        return self


class Model:
    """Both files of a matching model. `version` names exactly the values used and is kept with every link."""

    def __init__(self, persons: PersonModel, names: NameModel) -> None:
        self.persons = persons
        self.names = names

    @property
    def version(self) -> str:
        return f"{self.persons.id}@{self.persons.version}+{self.names.id}@{self.names.version}"

    @cached_property
    def fields(self) -> Mapping[str, FieldModel]:
        """All fields, the resident id first."""
        return {"number": self.persons.number, **self.persons.fields}

    def title(self, field: str, level: str) -> str:
        """What an outcome is called for people, such as 姓名同音. Raises KeyError for one that the model hasn't."""
        return self.fields[field].level(level).title

    def prior_weight(self, registered: int) -> float:
        """Bits of the odds, before anything is compared, that a row is about one given of `registered` persons."""
        chance = self.persons.prior.share_registered / max(registered, 2)
        return math.log2(chance / (1.0 - chance))


def load_model(rules_root: Path) -> Model:
    """Read `rules_root/matching`. Raises RulebookError naming file, line and remedy; OSError when a file is missing."""
    persons = parsed(_document(rules_root, "persons"), PersonModel)
    return Model(persons, parsed(_document(rules_root, "names"), NameModel))


def _document(rules_root: Path, name: str) -> Document:
    path = rules_root / "matching" / f"{name}.yaml"
    return read_document(f"matching/{name}.yaml", path.read_text(encoding="utf-8"))
