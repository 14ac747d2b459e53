"""What each household lives on in an income year, by component, fitted to who works in it.

Amounts are whole yuan. Per-capita net income follows a lognormal distribution over the county; wages agree with the
months and monthly wages of the members, transfers with pensions and relief. All components add up exactly.
"""

from dataclasses import dataclass

import numpy as np

from doudi.standards.codes import Labour
from doudi.synth.county.arrays import Flags, Floats, Ints, a_household, chance, chosen
from doudi.synth.county.families import OLD_ALONE, Members
from doudi.synth.county.people import ACTIVE, LABOUR, OLD_AGE, People

MEDIAN_INCOME, SPREAD = 14_500.0, 0.40
"""Yuan a person and year at the middle of the county, and the sigma of its logarithm."""
LOW_INCOME = 8_500.0
"""Where relief begins to be likely in the made-up county; a shape of the distribution, no policy."""

TRANSFERS = (
    "family_planning_payment",
    "minimum_living_payment",
    "extreme_hardship_payment",
    "pension_payment",
    "ecological_payment",
    "kin_support",
    "reward_payment",
    "other_transfer",
)
COMPONENTS = ("wage_income", "production_gross", "production_cost", "property_income", *TRANSFERS)
BESIDE = ("insurance_claims", "rigid_own_spending")


@dataclass(frozen=True, slots=True)
class Incomes:
    """One income year of every household: yuan by component, and the members counted."""

    income_year: int
    members: Ints
    amounts: dict[str, Floats]

    @property
    def transfer(self) -> Floats:
        return np.sum([self.amounts[name] for name in TRANSFERS], axis=0)

    @property
    def net(self) -> Floats:
        """Wage + production gross − production cost + property + transfer."""
        a = self.amounts
        return a["wage_income"] + a["production_gross"] - a["production_cost"] + a["property_income"] + self.transfer

    @property
    def per_capita(self) -> Floats:
        return self.net / self.members


@dataclass(frozen=True, slots=True)
class Economy:
    """Incomes of the year and the one before, with what they rest on."""

    year: Incomes
    before: Incomes
    work_months: Ints
    wage_month: Floats
    alleviated: Flags
    on_minimum_living: Flags
    on_extreme_hardship: Flags
    fell: Flags
    """Households whose income was made to fall sharply."""


def make_economy(
    members: Members, people: People, *, sizes: Ints, sizes_before: Ints, income_year: int, seed: int
) -> Economy:
    """Incomes of every household. `sizes`: members who count in the income year, at least 1."""
    count = len(sizes)
    rng = chance(seed, "economy")
    home = members.household
    capacity = a_household(home, people.work_months * people.wage_base, count)
    alleviated = rng.random(count) < 0.17
    target = _targets(rng, np.log1p(capacity / sizes / 3000.0), alleviated) * sizes
    able = a_household(home, people.active & (people.labour <= LABOUR.index(Labour.WEAK)), count)
    amounts, relief, support = _transfers(rng, members, people, target, sizes, able, alleviated)
    rest = np.maximum(target - sum(amounts.values()), 0.0)
    amounts["property_income"] = np.round(rest * np.where(rng.random(count) < 0.35, rng.uniform(0.02, 0.08, count), 0))
    wage_share = np.where(capacity > 0, np.clip(rng.normal(0.78, 0.15, count), 0.2, 1.0), 0.0)
    months, wage = _wages(rng, members, people, rest * wage_share, capacity)
    amounts["wage_income"] = a_household(home, months * wage, count)
    net = np.maximum(rest - amounts["property_income"] - amounts["wage_income"], 0.0)
    kin = np.where((able == 0) | (people_old_only(members, people, count)), rng.uniform(0.25, 0.6, count), 0.0)
    amounts["kin_support"] = np.round(net * kin)
    net = np.round(net - amounts["kin_support"])
    amounts["production_cost"] = np.round(net * rng.uniform(0.35, 1.1, count))
    amounts["production_gross"] = net + amounts["production_cost"]
    amounts["insurance_claims"] = _sometimes(rng, count, 0.015, 3000.0)
    amounts["rigid_own_spending"] = _sometimes(rng, count, 0.25, 2500.0)
    year = Incomes(income_year, sizes, amounts)
    before, fell = _year_before(rng, year, sizes_before)
    return Economy(year, before, months, wage, alleviated, relief, support, fell)


def people_old_only(members: Members, people: People, count: int) -> Flags:
    """Households whose present members are all old."""
    present = a_household(members.household, people.active, count)
    old = a_household(members.household, people.active & (people.age >= OLD_AGE), count)
    return (present > 0) & (present == old)


def _targets(rng: np.random.Generator, work: Floats, alleviated: Flags) -> Floats:
    """Per-capita income: lognormal over the county, higher rather where more is earned by work."""
    count = len(work)
    spread = work.std() or 1.0
    score = 0.55 * (work - work.mean()) / spread - 0.35 * alleviated + rng.normal(0, 0.8, count)
    target = np.empty(count)
    target[np.argsort(score, kind="stable")] = np.sort(rng.lognormal(np.log(MEDIAN_INCOME), SPREAD, count))
    return target


def _transfers(
    rng: np.random.Generator,
    members: Members,
    people: People,
    target: Floats,
    sizes: Ints,
    able: Floats,
    alleviated: Flags,
) -> tuple[dict[str, Floats], Flags, Flags]:
    """Transfer items in yuan; persons on minimum-living relief; persons on extreme-hardship support."""
    count, home = len(sizes), members.household
    present = people.status == ACTIVE
    old = present & (people.age >= OLD_AGE)
    pension = np.where(old, rng.integers(115, 175, len(home)) * 12.0, 0.0)
    alone = (members.family == OLD_ALONE) & (able == 0) & (rng.random(count) < 0.3)
    support = present & alone[home]
    poor = target / sizes < LOW_INCOME
    likely = np.where(poor, 0.34, np.where(able == 0, 0.18, 0.006)) * np.where(alleviated, 1.5, 1.0)
    relieved = (rng.random(count) < likely) & ~alone
    relief = present & relieved[home] & (rng.random(len(home)) < 0.8)
    heads = a_household(home, relief, count)
    monthly = np.minimum(rng.integers(18, 42, count) * 10.0, np.floor(target * 0.5 / np.maximum(heads, 1) / 120) * 10)
    acres = rng.random(count) < 0.3
    return (
        {
            "family_planning_payment": np.where(rng.random(count) < 0.03, 960.0, 0.0),
            "minimum_living_payment": np.maximum(monthly, 0) * 12 * heads,
            "extreme_hardship_payment": a_household(home, support, count) * 560.0 * 12,
            "pension_payment": a_household(home, pension, count),
            "ecological_payment": np.where(acres, rng.integers(3, 40, count) * 15.0, 0.0),
            "reward_payment": np.where(
                alleviated, a_household(home, people.work_months >= 6, count) * 1200.0 * (rng.random(count) < 0.6), 0.0
            ),
            "other_transfer": np.where(rng.random(count) < 0.6, rng.integers(5, 60, count) * 10.0, 0.0),
        },
        relief & (np.maximum(monthly, 0) > 0)[home],
        support,
    )


def _wages(
    rng: np.random.Generator, members: Members, people: People, wanted: Floats, capacity: Floats
) -> tuple[Ints, Floats]:
    """Months and monthly wage (full tens of yuan) of each worker, so that the household earns about `wanted`."""
    home, months = members.household, people.work_months
    fit = np.divide(wanted, capacity, out=np.zeros_like(wanted), where=capacity > 0)[home]
    # A poor household worked fewer months rather than for pay nobody would offer.
    fewer = np.maximum(np.round(months * np.maximum(fit, 0.1)), 1)
    months = np.where((fit < 1) & (months > 0) & ~people.public_job, fewer, months).astype(np.int64)
    base = a_household(home, months * people.wage_base, len(wanted))
    again = np.divide(wanted, base, out=np.zeros_like(wanted), where=base > 0)[home]
    low = np.where(people.public_job, 400.0, 900.0)
    wage = np.clip(people.wage_base * np.clip(again, 0.3, 2.6), low, 15_000.0)
    wage = np.round(wage / 10) * 10
    return months, np.where(months > 0, wage, 0.0)


def _year_before(rng: np.random.Generator, year: Incomes, sizes: Ints) -> tuple[Incomes, Flags]:
    """The income year before: a tenth lower in the middle, but much higher where income was to fall sharply."""
    count = len(sizes)
    fell = chosen(rng, np.ones(count, dtype=np.bool_), 0.012, 4)
    drop = rng.uniform(0.33, 0.7, count)
    growth = np.where(fell, 1 - drop, np.exp(rng.normal(np.log(1.1), 0.09, count)))
    scale = sizes / year.members / growth
    amounts = {
        name: np.round(values * np.where(fell, scale, scale * np.exp(rng.normal(0, 0.03, count))))
        for name, values in year.amounts.items()
        if name not in ("minimum_living_payment", "extreme_hardship_payment", "pension_payment", *BESIDE)
    }
    for name in ("minimum_living_payment", "extreme_hardship_payment", "pension_payment"):
        amounts[name] = np.round(year.amounts[name] * 0.96)
    for name, share in zip(BESIDE, (0.015, 0.25), strict=True):
        amounts[name] = _sometimes(rng, count, share, 2500.0)
    return Incomes(year.income_year - 1, sizes, amounts), fell


def _sometimes(rng: np.random.Generator, count: int, share: float, middle: float) -> Floats:
    """An amount for a share of households, lognormal around `middle` yuan."""
    amount = np.round(rng.lognormal(np.log(middle), 0.9, count))
    return np.where(rng.random(count) < share, amount, 0.0)
