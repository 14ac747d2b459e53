"""What policies cost before and after a change: who is entitled to them, and how many yuan a year."""

from collections.abc import Mapping
from typing import Any

from doudi.screening.run import ScreeningResult

ENTITLED = ("gap", "received")
"""States of an entitlement in which the policy's conditions are met: not received yet, or received."""
Lines = list[dict[str, Any]]


def costs_of(before: ScreeningResult, after: ScreeningResult) -> tuple[Lines, Lines]:
    """By policy, and by township: `subjects_…`, `yuan_…`, `unknown_…`, `enter`, `leave`; nothing without policies.

    `subjects`: households or persons entitled. `yuan`: the sum of what they are entitled to in a year. `unknown`:
    entitled subjects whose amount is in kind or not known, which `yuan` leaves out. `gap_yuan`: of `yuan`, what is not
    received yet. `enter`: subjects entitled only after the change, `leave`: only before.
    """
    now, then = _entitled(before), _entitled(after)
    by_policy: dict[str, dict[str, Any]] = {}
    by_township: dict[str, dict[str, Any]] = {}
    for when, there, other in (("before", now, then), ("after", then, now)):
        for key, row in there.items():
            township = f"{str(row['region_code'])[:9]}000"
            for lines, name in ((by_policy, key[0]), (by_township, township)):
                line = lines.setdefault(name, {"value": name, **_nothing()})
                line[f"subjects_{when}"] += 1
                if row["amount"] is None:
                    line[f"unknown_{when}"] += 1
                else:
                    line[f"yuan_{when}"] += row["amount"]
                    if row["state"] == "gap":
                        line[f"gap_yuan_{when}"] += row["amount"]
                if key not in other:
                    line["leave" if when == "before" else "enter"] += 1
    return _rounded(by_policy), _rounded(by_township)


def _nothing() -> dict[str, Any]:
    counts = ("subjects_before", "subjects_after", "unknown_before", "unknown_after", "enter", "leave")
    sums = ("yuan_before", "yuan_after", "gap_yuan_before", "gap_yuan_after")
    return dict.fromkeys(counts, 0) | dict.fromkeys(sums, 0.0)


def _entitled(result: ScreeningResult) -> Mapping[tuple[str, int, int], dict[str, Any]]:
    columns = result.entitlements.select(["policy_id", "household_key", "person_key", "region_code", "state", "amount"])
    return {
        (row["policy_id"], row["household_key"] or 0, row["person_key"] or 0): row
        for row in columns.to_pylist()
        if row["state"] in ENTITLED
    }


def _rounded(lines: Mapping[str, dict[str, Any]]) -> Lines:
    return [
        {key: round(value, 2) if isinstance(value, float) else value for key, value in lines[name].items()}
        for name in sorted(lines)
    ]
