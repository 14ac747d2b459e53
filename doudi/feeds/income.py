"""Yearly incomes of households: worked out from their components, never taken from the sheet's totals.

Net income = wages + production (gross − cost) + property + transfer, and per head = net ÷ members (domain page, section
3). A component left blank counts as nothing earned, but when wages, production, property and transfer are all blank the
income is unknown. Transfer is the sheet's total, or where that is blank the sum of its items (family planning, minimum
living, extreme hardship, pension, ecological, kin, rewards, other). Claims and rigid spending are kept beside it. All
in yuan; members are those of the income year (年度家庭人口数), else the present ones; without members the income per
head is unknown.
"""

from typing import Final

import duckdb
import pyarrow as pa

from doudi.feeds.problems import Problem

TRANSFER_ITEMS: Final = (
    "family_planning_payment", "minimum_living_payment", "extreme_hardship_payment", "pension_payment",
    "ecological_payment", "kin_support", "reward_payment", "other_transfer",
)  # fmt: skip
COMPONENTS: Final = (
    "wage_income", "production_gross", "production_cost", "property_income", "transfer_income", *TRANSFER_ITEMS,
    "insurance_claims", "rigid_own_spending",
)  # fmt: skip
TOTALS: Final = ("net_income", "per_capita_income")
ROUNDING = 1.0
"""Yuan by which a total in a sheet may differ from the computed one: sheets round to whole yuan."""

_ITEMS_SUM = "list_sum([" + ", ".join(TRANSFER_ITEMS) + "])"
_COMPUTED = f"""
WITH given AS (
    SELECT *, coalesce(transfer_income, {_ITEMS_SUM}) AS transfer, {_ITEMS_SUM} AS items_sum FROM claimed
), computed AS (
    SELECT *, CASE WHEN coalesce(wage_income, production_gross, production_cost, property_income, transfer) IS NULL
        THEN NULL
        ELSE round(coalesce(wage_income, 0) + coalesce(production_gross, 0) - coalesce(production_cost, 0)
            + coalesce(property_income, 0) + coalesce(transfer, 0), 2) END AS net
    FROM given
)
SELECT household_no, income_year, {", ".join(one for one in COMPONENTS if one != "transfer_income")},
    transfer AS transfer_income, members, net AS net_income,
    CASE WHEN members > 0 THEN round(net / members, 2) END AS per_capita_income,
    source, row, transfer_income AS written_transfer, items_sum, written_net, written_per_capita
FROM computed
"""  # noqa: S608 - names of columns only

INCOME_COLUMNS: Final = ("household_no", "income_year", *COMPONENTS, "members", *TOTALS)


def assemble_incomes(database: duckdb.DuckDBPyConnection, sources: list[str]) -> tuple[pa.Table, list[Problem]]:
    """Incomes of the relations `household_income` and `earlier_income`, and what is doubtful in them.

    Both relations carry source, row, household_no, income_year, size_year, size_now and the income columns. Of two rows
    of a household and year the one of the household sheet counts, then the first.
    """
    columns = ", ".join(COMPONENTS)
    database.execute(f"""
        CREATE OR REPLACE TEMP TABLE claimed AS
        SELECT * EXCLUDE (place) FROM (
            SELECT source, row, household_no, income_year, {columns}, net_income AS written_net,
                per_capita_income AS written_per_capita, coalesce(size_year, size_now) AS members,
                row_number() OVER (PARTITION BY household_no, income_year ORDER BY place, source, row) AS place
            FROM (SELECT 0 AS place, * FROM household_income UNION ALL BY NAME SELECT 1 AS place, * FROM earlier_income)
            WHERE income_year IS NOT NULL)
        WHERE place = 1
    """)  # noqa: S608 - names of columns only
    computed = database.sql(_COMPUTED)
    doubts = database.sql(f"""
        SELECT source, row, what, written, computed FROM (
            SELECT source, row, '家庭纯收入' AS what, written_net AS written, net_income AS computed FROM computed
            UNION ALL
            SELECT source, row, '人均纯收入', written_per_capita, per_capita_income FROM computed
            UNION ALL
            SELECT source, row, '转移性收入', written_transfer, items_sum FROM computed)
        WHERE abs(written - computed) > {ROUNDING} ORDER BY source, row
    """).fetchall()  # noqa: S608 - a number
    problems = [
        Problem(
            row,
            what,
            f"{written:,.2f}",
            f"与按构成计算的{result:,.2f}元不一致",
            "以计算结果为准，请核对各项收入",
            sources[source],
        )
        for source, row, what, written, result in doubts
    ]
    table = computed.select(*map(duckdb.ColumnExpression, INCOME_COLUMNS)).order("household_no, income_year")
    return table.arrow().read_all(), problems
