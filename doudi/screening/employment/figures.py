"""Employment figures added up: by township, or by village inside one."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import pyarrow as pa


@dataclass
class Figures:
    """Of one region; see `statements.FIGURES`. An empty `code` is the sum of all."""

    code: str = ""
    able: int = 0
    employed: int = 0
    alleviated_able: int = 0
    alleviated_employed: int = 0
    monitored_able: int = 0
    monitored_employed: int = 0
    away: int = 0
    away_before: int = 0
    stopped: int = 0
    conflicted: int = 0
    able_households: int = 0
    idle_households: int = 0

    def add(self, other: "Figures") -> None:
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def share(self) -> float | None:
        """Employed ÷ able; None when nobody is able."""
        return self.employed / self.able if self.able else None

    @property
    def share_text(self) -> str:
        return "" if self.share is None else f"{self.share:.1%}"


COUNTS = tuple(one.name for one in fields(Figures) if one.name != "code")


def by_township(figures: pa.Table, *, digits: int = 9) -> list[Figures]:
    """The sum of all first, then each region of so many digits, by code."""
    return added_up(
        (Figures(row["region_code"] or "", *(row[name] for name in COUNTS)) for row in figures.to_pylist()),
        digits=digits,
    )


def added_up(villages: Iterable[Figures], *, digits: int = 9) -> list[Figures]:
    """The same of villages that are at hand."""
    whole, found = Figures(), dict[str, Figures]()
    for one in villages:
        code = one.code[:digits].ljust(12, "0") if one.code else "0" * 12
        whole.add(one)
        found.setdefault(code, Figures(code)).add(one)
    return [whole, *(found[code] for code in sorted(found))]
