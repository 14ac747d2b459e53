"""What each department truly knows about the county's people, as typed tables with the columns of the contracts.

Every table also says which person is meant (`household_no`, `person_no`, and `person_row` among the members); a sheet
only gets the columns that its contract has.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.synth.county import names
from doudi.synth.county.arrays import a_household, chance, chosen, coded, dates, day_number, numbers
from doudi.synth.county.people import DEAD, IN_ARMY, IN_PRISON, MOVED_OUT
from doudi.synth.county.whole import County
from doudi.synth.tables.assets import ASSET_TABLES
from doudi.synth.tables.care import CARE_TABLES
from doudi.synth.tables.farming import FARMING_TABLES
from doudi.synth.tables.homes import HOME_TABLES
from doudi.synth.tables.measures import measure
from doudi.synth.tables.misfortune import MISFORTUNE_TABLES
from doudi.synth.tables.payments import assistance_payment, premium_aid
from doudi.synth.tables.registry import insured_now
from doudi.synth.tables.schooling import SCHOOLING_TABLES
from doudi.synth.tables.villages import village_tables, with_events
from doudi.synth.tables.work import WORK_TABLES
from doudi.synth.tables.work_records import WorkRecords


def department_tables(county: County) -> dict[str, pa.Table]:
    """All feeds by id."""
    tables = {feed: make(county) for feed, make in _TABLES.items()}
    tables = dict(with_events(county, tables))
    tables["assistance_payment"] = assistance_payment(county, tables)
    tables |= WorkRecords.of(county, tables).tables()
    return tables | village_tables(county)


def medical_settlement(county: County) -> pa.Table:
    """Hospital stays and outpatient bills of the twelve months before the day of reckoning."""
    rng = chance(county.seed, "settlements")
    people, today = county.people, day_number(county.as_of)
    band = np.digitize(people.age, (15, 45, 60, 75))
    stays = np.array([0.05, 0.045, 0.09, 0.16, 0.22])[band] + 0.9 * people.major + 0.05 * people.chronic
    visits = np.array([0.12, 0.08, 0.12, 0.2, 0.2])[band] + 0.9 * people.chronic + 0.6 * people.major
    stay_rows = np.repeat(np.arange(county.persons), rng.poisson(stays * people.active))
    visit_rows = np.repeat(np.arange(county.persons), rng.poisson(visits * people.active))
    rows = np.concatenate((stay_rows, visit_rows))
    count = len(rows)
    inpatient = np.arange(count) < len(stay_rows)
    grave = np.where(people.major[rows], 2.2, 1.0)
    total = np.where(
        inpatient, rng.lognormal(np.log(5200), 0.75, count) * grave, rng.lognormal(np.log(260), 0.6, count)
    )
    eligible = total * rng.uniform(0.82, 0.97, count)
    share = np.where(inpatient, rng.uniform(0.6, 0.86, count), rng.uniform(0.35, 0.6, count))
    settled = today - rng.integers(2, 360, count)
    dear = chosen(rng, ~inpatient & (settled > today - 26), 0.004, 3)
    total = np.where(dear, rng.uniform(1_700, 3_200, count), total)
    eligible = np.where(dear, total * 0.9, eligible)
    total, eligible = np.round(total, 2), np.round(eligible, 2)
    refused = chosen(rng, settled > today - 80, 0.004, 3)
    reimbursed = np.round(np.where(insured_now(county)[rows] & ~refused, eligible * share, 0.0), 2)
    order = np.argsort(rng.random(count), kind="stable")
    columns: dict[str, pa.Array] = {
        "kind": coded(np.where(inpatient, 0, 1), ("inpatient", "outpatient")),
        "hospital": coded(rng.integers(0, len(names.HOSPITALS), count), names.HOSPITALS),
        "total_cost": numbers(total),
        "eligible_cost": numbers(eligible),
        "reimbursed": numbers(reimbursed),
        "self_paid": numbers(np.round(total - reimbursed, 2)),
        "settled_on": dates(settled),
        "refused": numbers(refused),
    }
    return county.about(rows, columns).take(pa.array(order))


def medical_enrolment(county: County) -> pa.Table:
    """Everybody present, with this year's insurance; a few have last year's, a few are on both lists."""
    rng = chance(county.seed, "enrolment")
    rows = np.flatnonzero(county.people.active)
    insured = insured_now(county)[rows]
    soldier = county.people.status[rows] == IN_ARMY
    aid = premium_aid(county)[rows] & insured
    kind = np.where(rng.random(len(rows)) < 0.04, 1, 0)
    lapsed = chosen(rng, insured & ~soldier, 0.0005, 3)
    kind = np.where(insured, np.where(soldier, 2, kind), -1)
    twice = np.flatnonzero(chosen(rng, (kind == 0) & ~lapsed, 0.0003, 3))
    again = np.concatenate((np.arange(len(rows)), twice))
    kind = np.concatenate((kind, np.full(len(twice), 1)))
    rows, insured, lapsed, aid = rows[again], insured[again], lapsed[again], aid[again]
    return county.about(
        rows,
        {
            "insured": numbers(insured),
            "insured_year": numbers(np.where(lapsed, county.as_of.year - 1, county.as_of.year), pa.int32()),
            "insurance_kind": coded(kind, ("resident", "worker", "other")),
            "premium_aid": numbers(aid),
            "premium_aid_amount": numbers(np.where(aid, 175.0, 0.0)),
        },
    )


def civil_assistance(county: County) -> pa.Table:
    """Payments by quarter, some begun or stopped of late; temporary relief, to a few households repeatedly or largely;
    allowances of children whom nobody brings up."""
    rng = chance(county.seed, "assistance")
    today, economy = day_number(county.as_of), county.economy
    heads = county.head_rows
    quarters = today - np.array([315, 222, 132, 41])
    living = np.flatnonzero(economy.on_minimum_living & county.people.active)
    hardship = np.flatnonzero(economy.on_extreme_hardship & county.people.active)
    shares = a_household(county.members.household, economy.on_minimum_living, county.households)
    monthly = economy.year.amounts["minimum_living_payment"] / np.maximum(shares, 1)
    needy = np.ones(county.households, dtype=np.bool_)
    often = chosen(rng, needy, 0.004, 3)
    once = chosen(rng, needy & ~often, 0.015, 3)
    times = np.where(often, rng.integers(2, 4, county.households), np.where(once, 1, 0))
    relief = np.repeat(heads, times)
    generous = chosen(rng, times > 0, 0.08, 2)
    large = np.repeat(generous, times)
    orphans = np.flatnonzero(chosen(rng, county.people.active & (county.people.age < 16), 0.0004, 2))
    on_list = a_household(county.members.household, economy.on_minimum_living, county.households) > 0
    stopped = heads[chosen(rng, ~on_list, 0.001, 3)]
    rows = np.concatenate((np.repeat(living, 4), np.repeat(hardship, 4), relief, orphans, stopped))
    kind = np.repeat([0, 1, 2, 3, 0], [len(living) * 4, len(hardship) * 4, len(relief), len(orphans), len(stopped)])
    ended = np.arange(len(rows)) >= len(rows) - len(stopped)
    stopped_day = today - rng.integers(12, 80, len(rows))
    amount = np.concatenate(
        (
            np.repeat(np.round(monthly[county.members.household[living]] / 4), 4),
            np.full(len(hardship) * 4, 1680.0),
            np.where(large, rng.integers(30, 80, len(relief)), rng.integers(5, 28, len(relief))) * 100.0,
            np.full(len(orphans), 1050.0),
            np.full(len(stopped), 900.0),
        )
    )
    paid = np.concatenate(
        (
            np.tile(quarters, len(living)),
            np.tile(quarters, len(hardship)),
            today - rng.integers(10, 200, len(relief)),
            np.full(len(orphans), quarters[-1]),
            stopped_day[ended] - 40,
        )
    )
    new = on_list & chosen(rng, on_list & ~county.monitoring.enrolled, 0.03, 3)
    granted_home = np.where(
        new, today - rng.integers(45, 85, county.households), today - rng.integers(400, 2500, county.households)
    )
    granted = granted_home[county.members.household[rows]]
    counts = (kind != 0) | (paid >= granted) | ended
    order = np.argsort(paid, kind="stable")
    order = order[counts[order]]
    columns: dict[str, pa.Array] = {
        "kind": coded(kind, ("minimum_living", "extreme_hardship", "temporary_relief", "de_facto_orphan")),
        "amount": numbers(amount),
        "granted_on": dates(np.where(ended, today - 800, granted), null=kind == 2),
        "paid_on": dates(paid),
        "stopped_on": dates(stopped_day, null=~ended),
        "stop_reason": coded(np.where(ended, 0, -1), ("家庭收入超过标准",)),
    }
    return county.about(rows, columns).take(pa.array(order))


def population_change(county: County) -> pa.Table:
    people, today = county.people, day_number(county.as_of)
    born = county.members.birth_days >= today - 330
    changed = np.isin(people.status, (DEAD, MOVED_OUT, IN_PRISON))
    rows = np.flatnonzero(changed | born)
    status = people.status[rows]
    kind = np.where(status == DEAD, 0, np.where(status == MOVED_OUT, 1, np.where(status == IN_PRISON, 2, 3)))
    day = np.where(kind == 3, county.members.birth_days[rows], people.status_day[rows])
    return county.about(
        rows,
        {"change": coded(kind, ("death", "moved_out", "prison", "birth")), "changed_on": dates(day)},
    )


_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make
    for make in (medical_settlement, medical_enrolment, civil_assistance, population_change, measure)
}
_TABLES |= CARE_TABLES | SCHOOLING_TABLES | HOME_TABLES | WORK_TABLES
_TABLES |= FARMING_TABLES | MISFORTUNE_TABLES | ASSET_TABLES
