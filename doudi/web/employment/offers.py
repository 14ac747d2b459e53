"""What may be taken over from which source into which cell of the registry."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

COLUMNS: Final[Mapping[str, str]] = {
    "work_months": "months",
    "work_area": "area",
    "employer": "employer",
    "wage_month": "wage",
    "job_channel": "channel",
}
"""Column of the registry's persons → how a line names it after its source."""
SOURCES: Final = ("register", "insured", "subsidy", "visit")
_ALSO: Final = {("work_area", "register"): ("register_area", "register_place_area")}


@dataclass(frozen=True, slots=True)
class Offer:
    """A source's value for a column, as the registry writes it."""

    column: str
    source: str
    text: str


def offers_of(sources: Mapping[str, Any]) -> Iterator[Offer]:
    """Every value that a line's sources bring for the registry's columns.

    Insurance tells the employer only: its months are those paid for, which may be fewer than those worked.
    """
    for column, name in COLUMNS.items():
        for source in SOURCES:
            if source == "insured" and column != "employer":
                continue
            names = _ALSO.get((column, source), (f"{source}_{name}",))
            value = next((sources[one] for one in names if sources.get(one) not in (None, "")), None)
            if value is not None:
                yield Offer(column, source, f"{value:g}" if isinstance(value, float | int) else str(value))
