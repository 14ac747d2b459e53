"""Which households are enrolled for monitoring, why, since when, and whether anything is done for them."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from doudi.standards.codes import MonitorType, RiskType
from doudi.synth.county.arrays import Flags, Ints, a_household, chance, chosen, day_number
from doudi.synth.county.economy import Economy
from doudi.synth.county.families import Members
from doudi.synth.county.people import LABOUR, People

TYPES, RISKS = tuple(MonitorType), tuple(RiskType)
NONE = -1
_LOWEST, _LOW = 0.035, 0.07
"""Shares of the county, by income, in which most of the enrolled are found."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """One row a household; indexes into `TYPES` and `RISKS`, -1 for none; days since 1970."""

    type: Ints
    enrolled_day: Ints
    exited_day: Ints
    risk_1: Ints
    risk_2: Ints
    without_measure: Flags
    """Enrolled, somebody able to work, and no development measure yet."""
    nobody_able: Flags

    @property
    def enrolled(self) -> Flags:
        """Enrolled now: not counting those whose risk was found gone."""
        return (self.type >= 0) & (self.exited_day < 0)


def make_monitoring(members: Members, people: People, economy: Economy, *, seed: int, as_of: date) -> Monitoring:
    """Enrol two to three households in a hundred, most of them poor; some have left again."""
    rng = chance(seed, "monitoring")
    today = day_number(as_of)
    income = economy.year.per_capita
    count, home = len(income), members.household
    rank = np.empty(count)
    rank[np.argsort(income, kind="stable")] = np.arange(count) / count
    likely = np.where(rank < _LOWEST, 0.33, np.where(rank < _LOW, 0.14, 0.009))
    enrolled = chosen(rng, np.ones(count, dtype=np.bool_), 0.0, 2) | (rng.random(count) < likely)
    able = a_household(home, people.active & (people.labour <= LABOUR.index("weak")), count) > 0
    relieved = a_household(home, economy.on_minimum_living | economy.on_extreme_hardship, count) > 0
    # What should not happen, and a few times did: nobody able and no safety net; out too early, or while too poor.
    again = chance(seed, "premature exits")
    forsaken = chosen(again, ~able & ~relieved, 0.004, 2)
    helpless = chosen(again, ~able & ~forsaken, 0.002, 3)
    enrolled |= forsaken | helpless
    kind = np.where(economy.alleviated, TYPES.index(MonitorType.UNSTABLE_ALLEVIATED), TYPES.index(MonitorType.MARGINAL))
    sudden = rng.random(count) < np.where(rank > 0.2, 0.5, 0.08)
    kind = np.where(sudden, TYPES.index(MonitorType.SUDDEN_HARDSHIP), kind)
    since = today - rng.integers(75, 860, count)
    since = np.where(helpless, np.minimum(since, today - 400), since)
    long_enough = today - since > 300
    left = enrolled & long_enough & (rng.random(count) < np.where(rank < _LOW, 0.06, 0.45))
    until = np.minimum(since + rng.integers(190, 420, count), today - 20)
    left &= ~forsaken
    hasty = chosen(again, enrolled & ~left & ~forsaken & ~helpless & (today - since > 160), 0.012, 3)
    poor = chosen(again, enrolled & ~left & ~forsaken & ~helpless & ~hasty & long_enough & (rank < _LOWEST), 0.02, 2)
    until = np.where(hasty, since + again.integers(60, 140, count), until)
    until = np.where(poor, np.maximum(since + 190, today - again.integers(25, 200, count)), until)
    left = left | hasty | poor | helpless
    risk = _first_risk(rng, members, people, count)
    second = rng.integers(0, len(RISKS) - 1, count)
    second = np.where((rng.random(count) < 0.35) & (second != risk), second, NONE)
    undone = chosen(rng, enrolled & ~left & able, 0.07, 4)
    return Monitoring(
        type=np.where(enrolled, kind, NONE),
        enrolled_day=np.where(enrolled, since, NONE),
        exited_day=np.where(left, until, NONE),
        risk_1=np.where(enrolled, risk, NONE),
        risk_2=np.where(enrolled, second, NONE),
        without_measure=undone,
        nobody_able=~able,
    )


def _first_risk(rng: np.random.Generator, members: Members, people: People, count: int) -> Ints:
    """The main risk that fits the members: illness before disability before schooling before work and hands."""

    def anybody(flags: Flags) -> Flags:
        return a_household(members.household, people.active & flags, count) > 0

    at = {risk: RISKS.index(risk) for risk in RISKS}
    other = np.where(rng.random(count) < 0.6, at[RiskType.UNSTABLE_EMPLOYMENT], at[RiskType.BUSINESS_FAILURE])
    risk = np.where(anybody(people.work_months > 0), other, at[RiskType.LABOUR_SHORTAGE])
    risk = np.where(anybody(people.student >= 10) & (rng.random(count) < 0.6), at[RiskType.SCHOOLING], risk)
    risk = np.where(anybody((people.grade > 0) & (people.grade <= 2)), at[RiskType.DISABILITY], risk)
    return np.where(anybody(people.major), at[RiskType.ILLNESS], risk)
