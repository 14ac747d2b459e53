"""Slips in the income of a household, as its sheet has it for the last income year. Totals follow."""

from doudi.synth.slips.recipes import Change, Slip, blank, household

_AMOUNTS = ("wage_income", "production_gross", "production_cost", "property_income", "transfer_income")
_ITEMS = (
    "family_planning_payment",
    "minimum_living_payment",
    "extreme_hardship_payment",
    "pension_payment",
    "ecological_payment",
    "kin_support",
    "reward_payment",
    "other_transfer",
)


def _without(item: str) -> dict[str, Change]:
    return {item: "0", "transfer_income": f"transfer_income - {item}"}


def _with(item: str, amount: int) -> dict[str, Change]:
    return {item: f"{item} + {amount}", "transfer_income": f"transfer_income + {amount}"}


def _times(factor: str) -> dict[str, Change]:
    return {name: f"round({name} * {factor}, 0)" for name in (*_AMOUNTS, *_ITEMS)}


INCOMES: tuple[Slip, ...] = (
    household("income.all_zero", "members > 0", dict.fromkeys((*_AMOUNTS, *_ITEMS), "0")),
    household(
        "income.copied",
        "region_code = (SELECT mode(region_code) FROM homes)",
        {
            "wage_income": "20000",
            "production_gross": "8000",
            "production_cost": "3000",
            "property_income": "100",
            "transfer_income": "600",
            "other_transfer": "600",
        }
        | dict.fromkeys(_ITEMS[:-1], "0"),
        least=12,
    ),
    household("income.cost_high", "production_gross > 1000", {"production_cost": "production_gross * 4"}),
    household("income.dibao_payment_without", "on_dibao = 0", _with("minimum_living_payment", 2400)),
    household(
        "income.dibao_without_payment",
        "on_dibao > 0 AND minimum_living_payment > 0",
        _without("minimum_living_payment"),
    ),
    household("income.fell_much", "per_capita_income > 8000", _times("0.2")),
    household("income.item_negative", "TRUE", {"property_income": "-500"}),
    household("income.kin_support_without_elderly", "elderly = 0", _with("kin_support", 1500)),
    household("income.members_differ", "members > 0", {"size_year": "members + 5"}),
    household("income.members_missing", "members > 0", {"size_year": "0"}),
    household(
        "income.missing",
        "members > 0",
        blank(
            "income_year",
            *_AMOUNTS,
            *_ITEMS,
            "insurance_claims",
            "rigid_own_spending",
            "net_income",
            "per_capita_income",
        ),
    ),
    household("income.pension_missing", "elderly > 0 AND pension_payment > 0", _without("pension_payment")),
    household("income.pension_too_young", "elderly = 0", _with("pension_payment", 1400)),
    household("income.rose_much", "per_capita_income > 6000 AND per_capita_income < 20000", _times("3.5")),
    household("income.tekun_payment_without", "on_tekun = 0", _with("extreme_hardship_payment", 6000)),
    household(
        "income.tekun_without_payment",
        "on_tekun > 0 AND extreme_hardship_payment > 0",
        _without("extreme_hardship_payment"),
    ),
    household("income.transfer_high", "TRUE", _with("other_transfer", 150_000)),
    household("income.transfer_sum", "TRUE", {"transfer_income": "transfer_income + 5000"}),
    household(
        "income.very_high",
        "household_type = 'alleviated'",
        {"production_gross": "production_gross + 150000 * size_year"},
    ),
    household(
        "income.very_low",
        "per_capita_income > 6000",
        dict.fromkeys(("wage_income", "property_income"), "0")
        | {"production_gross": "2000", "production_cost": "0", "transfer_income": "0"}
        | dict.fromkeys(_ITEMS, "0"),
    ),
    household("income.wage_differs", "workers > 0 AND wage_income > 5000", {"wage_income": "wage_income * 2"}),
    household("income.wage_without_worker", "workers = 0 AND wage_income = 0", {"wage_income": "8000"}),
    household("income.worker_without_wage", "workers > 0 AND wage_income > 0", {"wage_income": "0"}),
)
