"""How far back alerts lie that are no news any more, for rules across households that count new ones."""

from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from doudi.rulebook import Rulebook
from doudi.screening.results.kept import KeptResult
from doudi.screening.thresholds import window_start
from doudi.standards.regions import RegionCode

NEW_FOR_MONTHS: Final = "region_cause_months"
"""The parameter: alerts count as new for so many months."""


def news_since(rulebook: Rulebook, *, region: str, as_of: date) -> date | None:
    """The day up to which an earlier screening tells what is no news; None when no rule asks.

    Raises MissingParameter when the parameter has no value there.
    """
    parameter = rulebook.parameters.get(NEW_FOR_MONTHS)
    if parameter is None:
        return None
    return window_start(as_of, float(str(parameter.value(region=RegionCode(region), on=as_of).value)))


def alerts_before(previous: Path, *, until: date | None) -> pa.Table | None:
    """The alerts of the newest screening made on or before a day, among a kept one and those below it.

    None without one: then every alert counts as new, as on the site.
    """
    if until is None:
        return None
    for one in KeptResult(previous).chain:
        if date.fromisoformat(one.manifest["summary"]["as_of"]) <= until:
            return one.table("alerts", ["household_key", "rule_id"])
    return None
