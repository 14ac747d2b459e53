"""The ledger of measures: what is done for enrolled households, until when, and with what effect."""

import numpy as np
import pyarrow as pa

from doudi.standards.codes import RiskType, WorkArea
from doudi.synth.county.arrays import Flags, Ints, a_household, chance, chosen, coded, dates, day_number, picked
from doudi.synth.county.monitoring import RISKS
from doudi.synth.county.people import AREAS, STUDENT
from doudi.synth.county.whole import County

GROUPS = (
    "health", "education_aid", "safety_net", "housing", "water", "employment", "industry", "living_conditions",
    "social",
)  # fmt: skip
_AGAINST = {
    RiskType.ILLNESS: "health",
    RiskType.SCHOOLING: "education_aid",
    RiskType.DISABILITY: "safety_net",
    RiskType.NATURAL_DISASTER: "living_conditions",
    RiskType.ACCIDENT: "social",
    RiskType.BUSINESS_FAILURE: "industry",
    RiskType.UNSTABLE_EMPLOYMENT: "employment",
    RiskType.LABOUR_SHORTAGE: "safety_net",
    RiskType.UNSAFE_HOUSING: "housing",
    RiskType.UNSAFE_WATER: "water",
    RiskType.OTHER: "social",
}
_NEEDS_ITS_OWN = (
    RiskType.ILLNESS,
    RiskType.SCHOOLING,
    RiskType.DISABILITY,
    RiskType.UNSAFE_HOUSING,
    RiskType.UNSAFE_WATER,
)
"""Risks that only certain measures answer."""
_DEVELOPMENT = (GROUPS.index("employment"), GROUPS.index("industry"))
_WAITING = 2
"""In the effects below: too early to tell."""


def measure(county: County) -> pa.Table:
    """A measure against each risk, and one of development where somebody can work; a few households lack some."""
    rng = chance(county.seed, "measures")
    monitoring, today = county.monitoring, day_number(county.as_of)
    ever, now = monitoring.type >= 0, monitoring.enrolled
    against = np.array([GROUPS.index(_AGAINST[risk]) for risk in RISKS])
    certain = [RISKS.index(risk) for risk in _NEEDS_ITS_OWN]
    met = np.isin(monitoring.risk_1, certain) | np.isin(monitoring.risk_2, certain)
    forgotten = chosen(rng, now & met & (monitoring.enrolled_day < today - 70), 0.06, 4)
    homes: list[Ints] = []
    groups: list[Ints] = []
    for risk in (monitoring.risk_1, monitoring.risk_2):
        group = against[risk]
        undone = monitoring.without_measure & np.isin(group, _DEVELOPMENT)
        found = np.flatnonzero(ever & (risk >= 0) & ~forgotten & ~undone)
        homes.append(found)
        groups.append(group[found])
    able = np.flatnonzero(ever & ~monitoring.nobody_able & ~monitoring.without_measure)
    homes.append(able)
    groups.append(np.where(rng.random(len(able)) < 0.5, *_DEVELOPMENT))
    home, group = np.concatenate(homes), np.concatenate(groups)
    order = np.argsort(home, kind="stable")
    home, group = home[order], group[order]
    count = len(home)
    started = np.minimum(monitoring.enrolled_day[home] + rng.integers(3, 25, count), today - 10)
    useless = chosen(rng, now & (monitoring.enrolled_day < today - 770), 0.2, 2)[home]
    effect = np.where(useless, _WAITING + 1, picked(rng, (0.45, 0.35, 0.2), count))
    late = chosen(rng, now & ~forgotten & (monitoring.enrolled_day < today - 60), 0.05, 3)[home]
    due = started + rng.integers(120, 420, count)
    due = np.where(late, np.minimum(due, today - 8), due)
    done = np.minimum(due - rng.integers(0, 60, count), today)
    return county.about(
        county.head_rows[home],
        {
            "measure_group": coded(group, GROUPS),
            "measure_name": pa.array(_names(county, home, group)),
            "started_on": dates(started),
            "due_on": dates(due),
            "done_on": dates(np.maximum(done, started), null=late | (due >= today)),
            "effect": coded(np.where(effect == _WAITING, -1, effect), ("good", "some", "", "none")),
        },
    )


def _names(county: County, home: Ints, group: Ints) -> list[str]:
    """What each measure is called; what it is for depends on who lives there."""
    people, economy = county.people, county.economy

    def anybody(flags: Flags) -> Flags:
        return a_household(county.members.household, people.active & flags, county.households) > 0

    technical = [index for index, status in enumerate(STUDENT) if status.startswith(_TECHNICAL)]
    pupils = anybody(np.isin(people.student, technical))
    away = anybody((economy.work_months > 0) & (people.work_area >= AREAS.index(WorkArea.CITY)))
    relieved = anybody(economy.on_minimum_living | economy.on_extreme_hardship)
    disabled = anybody(people.disabled)
    found = []
    for where, which in zip(home.tolist(), group.tolist(), strict=True):
        match GROUPS[which]:
            case "education_aid" if pupils[where]:
                found.append("雨露计划")
            case "employment" if away[where]:
                found.append("外出务工补贴")
            case "safety_net" if relieved[where]:
                found.append("纳入低保")
            case "safety_net" if disabled[where]:
                found.append("残疾人两项补贴")
            case other:
                found.append(_CALLED[other])
    return found


_TECHNICAL = ("vocational", "college", "technician")
_CALLED = {
    "health": "家庭医生签约服务",
    "education_aid": "教育资助",
    "safety_net": "临时救助",
    "housing": "危房改造",
    "water": "供水管网维修",
    "employment": "就业技能培训",
    "industry": "产业奖补",
    "living_conditions": "生产条件改善",
    "social": "结对帮扶",
}
