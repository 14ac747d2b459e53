"""What the county truly paid out to people's cards: most of what is due, some twice, some to those who are not due it.

Amounts are those of the made-up county.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from doudi.standards.codes import WorkArea
from doudi.synth.county.arrays import Flags, Ints, chance, chosen, coded, dates, day_number, numbers
from doudi.synth.county.people import AREAS
from doudi.synth.county.whole import County
from doudi.synth.entitled import Entitled, Lines

MISSED, LEAST_MISSED = 0.05, 3
"""Share of those due something who were passed over, and how many at least."""
WRONG, LEAST_WRONG = 0.0004, 2
"""The same of those who are not due it and get it."""
TWICE = 2
"""So many get a yearly payment twice."""
_OTHERS = ("land_fertility", "production_reward", "courtyard")
"""Paid too, but nothing is claimed about who is due them."""


@dataclass(frozen=True, slots=True)
class _Paid:
    """How one subsidy is paid: on which days before the day of reckoning, and yuan each time."""

    days: tuple[int, ...]
    yuan: float
    twice: bool = False


_HOW: dict[str, _Paid] = {
    "minimum_living.elderly_allowance": _Paid((20, 112, 203, 295), 150.0),
    "education.yulu_plan": _Paid((95,), 3000.0),
    "education.university_entrant": _Paid((230,), 5000.0),
    "jobs.retention": _Paid((60,), 1200.0, twice=True),
    "jobs.transport_subsidy": _Paid((210,), 0.0, twice=True),
    "medical.relief": _Paid((45,), 1500.0),
    "temporary_relief.price_allowance": _Paid((75,), 240.0),
    "temporary_relief.winter_relief": _Paid((250,), 500.0),
    "disability.child_rehabilitation": _Paid((150,), 12000.0),
}
_FARES = {WorkArea.OTHER_PROVINCE: 1500.0, WorkArea.PROVINCE: 600.0, WorkArea.CITY: 300.0}


def code_of(policy_id: str) -> str:
    """The code by which the sheet of payments names a policy."""
    return {"relief": "medical_relief", "retention": "job_retention"}.get(name := policy_id.partition(".")[2], name)


def assistance_payment(county: County, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Every payment of the last twelve months. `tables` are the other departments' true tables."""
    entitled = Entitled(county, tables, Lines())
    due, mistaken = entitled.due(), entitled.mistaken()
    codes: list[str] = []
    parts: list[tuple[Ints, int, Ints, Callable[[Ints], np.ndarray]]] = []
    for policy_id, how in _HOW.items():
        rng = chance(county.seed, f"payment {policy_id}")
        flags = due[policy_id]
        paid = flags & ~chosen(rng, flags, MISSED, LEAST_MISSED)
        paid |= chosen(rng, mistaken.get(policy_id, np.zeros_like(flags)), WRONG, LEAST_WRONG)
        again = chosen(rng, paid & flags, 0.0, TWICE) if how.twice else np.zeros_like(paid)
        yuan = _fares(county) if policy_id == "jobs.transport_subsidy" else _fixed(how.yuan)
        code = len(codes)
        codes.append(code_of(policy_id))
        for number, back in enumerate(how.days):
            rows = np.flatnonzero(paid)
            parts.append((rows, code, np.full(len(rows), back), yuan))
            if number == 0:
                twice = np.flatnonzero(again)
                parts.append((twice, code, np.full(len(twice), back - 30), yuan))
        if policy_id == "minimum_living.elderly_allowance":
            gone = _still_paid(entitled, rng)
            parts.append((gone, code, np.full(len(gone), how.days[0]), yuan))
    for other in _OTHERS:
        rng = chance(county.seed, f"payment {other}")
        farms = county.economy.year.amounts["production_gross"] > 0
        rows = county.head_rows[(entitled.alleviated | county.monitoring.enrolled) & farms]
        rows = rows[rng.random(len(rows)) < 0.85]
        parts.append((rows, len(codes), np.full(len(rows), 120), _fixed(400.0)))
        codes.append(other)
    rows = np.concatenate([part[0] for part in parts])
    day = day_number(county.as_of) - np.concatenate([part[2] for part in parts])
    columns = {
        "policy": coded(np.concatenate([np.full(len(part[0]), part[1]) for part in parts]), codes),
        "amount": numbers(np.concatenate([part[3](part[0]) for part in parts])),
        "paid_on": dates(day),
        "period": pa.array((day.astype("datetime64[D]").astype("datetime64[Y]")).astype(str), pa.string()),
    }
    return county.about(rows, columns).take(pa.array(np.argsort(day, kind="stable")))


def _still_paid(entitled: Entitled, rng: np.random.Generator) -> Ints:
    """The dead who got the old-age allowance after the month they died in: a few whom nobody struck off."""
    long_dead = (entitled.dead_for > 60) & (entitled.county.people.age >= entitled.lines.elderly_age)
    return np.flatnonzero(chosen(rng, long_dead, 0.1, 2))


def _fixed(yuan: float) -> Callable[[Ints], np.ndarray]:
    return lambda rows: np.full(len(rows), yuan)


def _fares(county: County) -> Callable[[Ints], np.ndarray]:
    by_area = np.array([_FARES.get(area, 300.0) for area in AREAS])
    return lambda rows: by_area[np.maximum(county.people.work_area[rows], 0)]


def premium_aid(county: County) -> Flags:
    """Persons whose premium is paid in part or in full: those on relief, monitored or lifted out, but for a few."""
    rng = chance(county.seed, "premium aid")
    economy, home = county.economy, county.members.household
    due = economy.on_minimum_living | economy.on_extreme_hardship
    due |= (county.monitoring.enrolled | economy.alleviated)[home]
    due &= county.people.active
    return due & ~chosen(rng, due, 0.01, 3)
