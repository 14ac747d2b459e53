"""Fields and herds: losses, microcredit, what firms owe to households, and machines."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.synth.county import names
from doudi.synth.county.arrays import chance, chosen, coded, dates, day_number, numbers, picked
from doudi.synth.county.whole import County
from doudi.synth.tables.assets import adults

_PRODUCTS = ("玉米", "谷子", "苹果", "生猪", "肉牛", "蛋鸡")
_FIRMS = ("假想农业合作社", "示例牧业公司", "演示果业合作社", "样板家庭农场")


def farm_loss(county: County) -> pa.Table:
    """Losses of the last year as a share of the crop or herd; few are heavy."""
    rng = chance(county.seed, "farm losses")
    homes = np.flatnonzero(chosen(rng, np.ones(county.households, dtype=np.bool_), 0.006, 6))
    count = len(homes)
    share = np.round(100 * rng.beta(1.6, 2.4, count)).clip(5, 100)
    share[:3] = 55, 85, 50
    product = rng.integers(0, len(_PRODUCTS), count)
    return county.about(
        county.head_rows[homes],
        {
            "farm_kind": coded(np.array([0, 0, 2, 1, 1, 1])[product], ("crop", "livestock", "fruit")),
            "product": coded(product, _PRODUCTS),
            "loss_ratio": numbers(share),
            "happened_on": dates(day_number(county.as_of) - rng.integers(5, 330, count)),
            "cause": coded(picked(rng, (0.5, 0.3, 0.2), count), ("病虫害", "疫病", "市场滞销")),
            "claim_paid": numbers(np.where(rng.random(count) < 0.5, np.round(share * 25), 0.0)),
        },
    )


def microcredit(county: County) -> pa.Table:
    """Loans of households lifted out of poverty; a few are overdue."""
    rng = chance(county.seed, "microcredit")
    today = day_number(county.as_of)
    homes = np.flatnonzero(chosen(rng, county.economy.alleviated, 0.15, 5))
    count = len(homes)
    late = chosen(rng, np.ones(count, dtype=np.bool_), 0.025, 3)
    days = np.where(
        late, rng.integers(30, 200, count), np.where(rng.random(count) < 0.03, rng.integers(1, 25, count), 0)
    )
    due = np.where(days > 0, today - days, today + rng.integers(20, 900, count))
    amount = rng.integers(1, 6, count) * 10_000.0
    return county.about(
        county.head_rows[homes],
        {
            "bank": coded(rng.integers(0, len(names.BANKS), count), names.BANKS),
            "credit_amount": numbers(amount),
            "lent_on": dates(due - 1095),
            "due_on": dates(due),
            "overdue_days": numbers(days, pa.int32()),
            "overdue_amount": numbers(np.where(days > 0, amount, 0.0)),
        },
    )


def benefit_link(county: County) -> pa.Table:
    """Dividends and rents due to households lifted out of poverty; a few are unpaid long after their day."""
    rng = chance(county.seed, "benefit links")
    today = day_number(county.as_of)
    homes = np.flatnonzero(chosen(rng, county.economy.alleviated, 0.45, 6))
    count = len(homes)
    unpaid = chosen(rng, np.ones(count, dtype=np.bool_), 0.02, 3)
    due = np.where(unpaid, today - rng.integers(33, 220, count), today - rng.integers(-60, 300, count))
    waiting = unpaid | (due > today - 15)
    amount = rng.integers(3, 30, count) * 100.0
    return county.about(
        county.head_rows[homes],
        {
            "link_kind": coded(picked(rng, (0.45, 0.35, 0.1, 0.1), count), ("dividend", "rent", "order", "service")),
            "payer": coded(rng.integers(0, len(_FIRMS), count), _FIRMS),
            "amount_due": numbers(amount),
            "due_on": dates(due),
            "paid_on": dates(np.minimum(due + rng.integers(0, 14, count), today), null=waiting),
            "amount_paid": numbers(np.where(waiting, 0.0, amount)),
        },
    )


def farm_machinery(county: County) -> pa.Table:
    rows, rng = adults(county, "machines", 0.02)
    count = len(rows)
    return county.about(
        rows,
        {
            "machine_kind": coded(picked(rng, (0.6, 0.25, 0.15), count), ("轮式拖拉机", "旋耕机", "联合收割机")),
            "machine_price": numbers(np.round(rng.lognormal(np.log(32_000), 0.7, count), -2)),
            "bought_on": dates(day_number(county.as_of) - rng.integers(60, 3000, count)),
        },
    )


FARMING_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make for make in (farm_loss, microcredit, benefit_link, farm_machinery)
}
