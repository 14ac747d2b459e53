"""Work away from the fields: who has it, who lost it, public-welfare posts and assistance workshops."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.standards.codes import JobChannel, PublicJob
from doudi.synth.county import names
from doudi.synth.county.arrays import a_household, chance, chosen, coded, dates, day_number, numbers
from doudi.synth.county.people import CHANNELS
from doudi.synth.county.whole import County


def employment(county: County) -> pa.Table:
    """Everybody who worked in the income year; some lost the work since, a few of them main earners."""
    rng = chance(county.seed, "employment")
    economy, today = county.economy, day_number(county.as_of)
    works = economy.work_months > 0
    main = county.top_earners()
    lost = chosen(rng, main & ~county.people.public_job, 0.008, 3)
    lost |= works & ~main & (rng.random(county.persons) < 0.01)
    rows = np.flatnonzero(works)
    count, gone = len(rows), lost[rows]
    since = today - rng.integers(45, 200, count)
    started = today - rng.integers(230, 2500, count)
    return county.about(
        rows,
        {
            "employment_status": coded(np.where(gone, 1, 0), ("employed", "unemployed")),
            "employer": coded(rng.integers(0, len(names.EMPLOYERS), count), names.EMPLOYERS),
            "started_on": dates(started),
            "ended_on": dates(since, null=~gone),
            "wage_month": numbers(economy.wage_month[rows]),
            "unemployed_since": dates(since, null=~gone),
            "public_job": numbers(county.people.public_job[rows]),
            "wages_unpaid": numbers(rng.random(count) < 0.002),
        },
    )


def public_post(county: County) -> pa.Table:
    """Everybody in a public-welfare post, some of whose posts end soon, and some whose post ended lately."""
    rng = chance(county.seed, "public posts")
    people, economy, today = county.people, county.economy, day_number(county.as_of)
    serving = people.public_job & (economy.work_months > 0)
    workers = a_household(county.members.household, economy.work_months > 0, county.households)
    ending = chosen(rng, serving & (workers == 1)[county.members.household], 0.06, 2)
    grown = people.active & (people.age >= 30) & (people.age < 66) & (people.student < 0) & ~serving
    ended = chosen(rng, grown & (economy.work_months == 0), 0.0015, 3)
    rows = np.flatnonzero(serving | ended)
    count, gone = len(rows), ended[rows]
    left = today - rng.integers(8, 85, count)
    until = np.where(ending[rows], today + rng.integers(3, 28, count), today + rng.integers(45, 330, count))
    return county.about(
        rows,
        {
            "post_kind": coded(rng.integers(0, 4, count), tuple(PublicJob)),
            "post_status": coded(np.where(gone, 1, 0), ("serving", "ended")),
            "started_on": dates(today - rng.integers(400, 1200, count)),
            "ends_on": dates(np.where(gone, left, until)),
            "left_on": dates(left, null=~gone),
            "monthly_pay": numbers(np.where(gone, 600.0, economy.wage_month[rows])),
        },
    )


def assistance_workshop(county: County) -> pa.Table:
    """The workers of the townships' workshops; a few workshops shut down lately."""
    rng = chance(county.seed, "workers of workshops")
    people, today = county.people, day_number(county.as_of)
    channel = CHANNELS.index(JobChannel.WORKSHOP)
    rows = np.flatnonzero((county.economy.work_months > 0) & (people.channel == channel))
    count, places = len(rows), county.places
    township = places.township_of_village[places.village_of_household[county.members.household[rows]]]
    workshop = township * 3 + rng.integers(0, 3, count)
    shops = [f"{name}{number}号帮扶车间" for _, name in places.townships for number in (1, 2, 3)]
    staffed = np.bincount(workshop, minlength=len(shops)) > 0
    shut = chosen(rng, staffed, 0.06, 1)
    closed_day = today - rng.integers(12, 80, len(shops))
    return county.about(
        rows,
        {
            "workshop": coded(workshop, shops),
            "workshop_status": coded(np.where(shut[workshop], 1, 0), ("open", "closed")),
            "closed_on": dates(closed_day[workshop], null=~shut[workshop]),
            "monthly_wage": numbers(county.economy.wage_month[rows]),
        },
    )


WORK_TABLES: dict[str, Callable[[County], pa.Table]] = {
    make.__name__: make for make in (employment, public_post, assistance_workshop)
}
