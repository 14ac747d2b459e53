"""What befalls people: road accidents, custody, calls for help, insurance claims, loans that cannot be paid back."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.synth.county import names
from doudi.synth.county.arrays import Ints, chance, chosen, coded, dates, day_number, numbers, picked
from doudi.synth.county.people import DEAD
from doudi.synth.county.whole import County


def _somebody(county: County, rng: np.random.Generator, share: float, least: int) -> Ints:
    """Rows of grown members, a share of all."""
    people = county.people
    return np.flatnonzero(chosen(rng, people.active & (people.age >= 20) & (people.age < 75), share, least))


def traffic_accident(county: County) -> pa.Table:
    """Casualties of the last year, some of whom died."""
    rng = chance(county.seed, "traffic")
    people, today = county.people, day_number(county.as_of)
    hurt = chosen(rng, people.active & (people.age >= 8), 0.0005, 3)
    dead = (people.status == DEAD) & (people.age < 80) & (rng.random(county.persons) < 0.08)
    rows = np.flatnonzero(hurt | dead)
    count, died = len(rows), dead[rows]
    harm = picked(rng, (0.1, 0.5, 0.28, 0.12), count)
    harm[np.flatnonzero(~died)[:2]] = (1, 3)[: min(2, int((~died).sum()))]
    return county.about(
        rows,
        {
            "happened_on": dates(np.where(died, people.status_day[rows], today - rng.integers(5, 340, count))),
            "injury": coded(np.where(died, 4, harm), ("none", "slight", "severe", "disabled", "dead")),
            "liability": coded(
                picked(rng, (0.2, 0.15, 0.25, 0.2, 0.2), count), ("full", "main", "equal", "minor", "none")
            ),
            "compensation": numbers(np.round(rng.lognormal(np.log(9_000), 1.0, count), -2)),
        },
    )


def detention(county: County) -> pa.Table:
    """Persons in custody, among them a few main earners, and some who are out again."""
    rng = chance(county.seed, "custody")
    today, age = day_number(county.as_of), county.people.age
    grown = county.people.active & (age >= 18) & (age < 66)
    inside = chosen(rng, grown & county.top_earners(), 0.0006, 2) | chosen(rng, grown, 0.0002, 1)
    out = chosen(rng, grown & ~inside, 0.0003, 1)
    rows = np.flatnonzero(inside | out)
    count, free = len(rows), out[rows]
    open_ended = ~free & (rng.random(count) < 0.5)
    ends = np.where(free, today - rng.integers(10, 60, count), today + rng.integers(5, 300, count))
    return county.about(
        rows,
        {
            "custody": coded(picked(rng, (0.6, 0.3, 0.1), count), ("detained", "arrested", "rehabilitation")),
            "since": dates(today - rng.integers(70, 200, count)),
            "ends_on": dates(ends, null=open_ended),
        },
    )


def hotline(county: County) -> pa.Table:
    """Calls and petitions of the last ten months, some about hardship, some of them repeated or unanswered."""
    rng = chance(county.seed, "calls")
    today = day_number(county.as_of)
    once = _somebody(county, rng, 0.003, 8)
    needy = _somebody(county, rng, 0.0006, 4)
    rows = np.concatenate((once, np.repeat(needy, rng.integers(1, 4, len(needy)))))
    count = len(rows)
    called = today - np.where(np.arange(count) < len(once), rng.integers(2, 300, count), rng.integers(20, 170, count))
    topic = np.where(np.arange(count) < len(once), picked(rng, (0.0, 0.3, 0.4, 0.2, 0.1), count), 0)
    forgotten = chosen(rng, called < today - 25, 0.02, 4)
    answered = called + rng.integers(1, 15, count)
    return county.about(
        rows,
        {
            "called_on": dates(called),
            "call_channel": coded(
                picked(rng, (0.5, 0.15, 0.15, 0.1, 0.1), count),
                ("hotline_12345", "hotline_12317", "visit", "letter", "online"),
            ),
            "topic": coded(topic, ("hardship", "benefit", "policy", "dispute", "other")),
            "replied_on": dates(answered, null=forgotten | (answered > today)),
        },
    )


def poverty_insurance_claim(county: County) -> pa.Table:
    rng = chance(county.seed, "claims")
    rows = _somebody(county, rng, 0.0012, 3)
    count = len(rows)
    return county.about(
        rows,
        {
            "claim_reason": coded(
                picked(rng, (0.6, 0.1, 0.15, 0.15), count), ("illness", "schooling", "disaster", "accident")
            ),
            "claim_amount": numbers(np.round(rng.lognormal(np.log(4_000), 0.7, count), -1)),
            "paid_on": dates(day_number(county.as_of) - rng.integers(5, 420, count)),
        },
    )


def credit_overdue(county: County) -> pa.Table:
    rng = chance(county.seed, "overdue loans")
    rows = _somebody(county, rng, 0.002, 5)
    count = len(rows)
    days = rng.integers(5, 260, count)
    days[:2] = 90, 140
    balance = np.round(rng.lognormal(np.log(40_000), 0.6, count), -2)
    return county.about(
        rows,
        {
            "lender": coded(rng.integers(0, len(names.BANKS), count), names.BANKS),
            "loan_balance": numbers(balance),
            "overdue_days": numbers(days, pa.int32()),
            "overdue_amount": numbers(np.round(balance * 0.1)),
        },
    )


MISFORTUNE_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make for make in (traffic_accident, detention, hotline, poverty_insurance_claim, credit_overdue)
}
