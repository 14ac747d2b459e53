"""The fictitious county as it really is, before anybody writes it down: every true value, drawn from one seed."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from doudi.standards.periods import IncomeYear
from doudi.synth.county.arrays import Flags, Floats, Ints, a_household, chance, coded, day_number, serials
from doudi.synth.county.economy import Economy, make_economy
from doudi.synth.county.families import HEAD, SPOUSE, Members, make_members
from doudi.synth.county.identity import AREA, phones, resident_ids
from doudi.synth.county.monitoring import Monitoring, make_monitoring
from doudi.synth.county.names import person_name_pool
from doudi.synth.county.people import People, make_people
from doudi.synth.county.places import Places, make_places
from doudi.synth.county.villages import relapsed


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person is called and known by, in the order of `Members`."""

    name: pa.Array
    resident_id: pa.Array
    person_no: pa.Array
    phone: pa.Array


@dataclass(frozen=True, slots=True)
class County:
    """The whole truth of a made-up county on the day `as_of`."""

    seed: int
    as_of: date
    places: Places
    members: Members
    people: People
    economy: Economy
    monitoring: Monitoring
    identity: Identity
    household_no: pa.Array
    size_now: Ints

    @property
    def households(self) -> int:
        return len(self.size_now)

    @property
    def persons(self) -> int:
        return len(self.members.household)

    @property
    def head_rows(self) -> Ints:
        """The row of each household's head among the members."""
        return np.flatnonzero(self.members.slot == HEAD)

    def of_households(self, values: pa.Array) -> pa.Array:
        """A household's value for each of its persons."""
        return values.take(pa.array(self.members.household))

    def about(self, rows: Ints, columns: dict[str, pa.Array]) -> pa.Table:
        """A table about the persons at some rows of `members`: who they are, then the columns."""
        at = pa.array(rows)
        home = self.members.household[rows]
        village = self.places.village_of_household[home]
        who = {
            "person_row": at,
            "name": self.identity.name.take(at),
            "resident_id": self.identity.resident_id.take(at),
            "household_no": self.household_no.take(pa.array(home)),
            "person_no": self.identity.person_no.take(at),
            "township": coded(self.places.township_of_village[village], [name for _, name in self.places.townships]),
            "village": coded(village, [name for _, name in self.places.villages]),
        }
        return pa.table(who | columns)

    def top_earners(self) -> Flags:
        """Persons who earn as much wages as anybody in their household."""
        earned = self.economy.work_months * self.economy.wage_month
        best = np.zeros(self.households)
        np.maximum.at(best, self.members.household, earned)
        return (earned > 0) & (earned == best[self.members.household])


def make_county(*, households: int, seed: int, as_of: date) -> County:
    """Draw a county. The same arguments give the same county, whatever the machine. At least 1 household."""
    if households < 1:
        raise ValueError("户数至少为1")
    places = make_places(households, seed)
    members = make_members(households, seed, as_of)
    people = make_people(members, seed, as_of)
    year = IncomeYear.last_completed(as_of)
    sizes, before = (_counted(members, people, day_number(one.ends), households) for one in (year, year.previous))
    economy = make_economy(members, people, sizes=sizes, sizes_before=before, income_year=year.year, seed=seed)
    household_no = serials(AREA[:4], np.arange(households) + 1, 9)
    return County(
        seed=seed,
        as_of=as_of,
        places=places,
        members=members,
        people=people,
        economy=economy,
        monitoring=relapsed(
            make_monitoring(members, people, economy, seed=seed, as_of=as_of),
            economy.year.per_capita,
            places,
            seed=seed,
            as_of=as_of,
        ),
        identity=_identify(members, household_no, seed),
        household_no=household_no,
        size_now=a_household(members.household, people.active, households).astype(np.int64),
    )


def _counted(members: Members, people: People, last_day: int, households: int) -> Ints:
    """Members of the income year that ended on `last_day`: born by then and not gone by then; at least one."""
    there = (members.birth_days <= last_day) & (people.active | (people.status_day > last_day))
    return np.maximum(a_household(members.household, there, households), 1).astype(np.int64)


def _identify(members: Members, household_no: pa.Array, seed: int) -> Identity:
    rng = chance(seed, "names")
    pool, given = person_name_pool()
    surnames = len(pool) // given
    count, homes = len(members.household), len(household_no)
    family = rng.integers(0, surnames, homes)[members.household]
    own = rng.integers(0, surnames, count)
    female_head = np.zeros(homes, dtype=np.bool_)
    female_head[members.household[(members.slot == HEAD) & ~members.male]] = True
    has_spouse = np.zeros(homes, dtype=np.bool_)
    has_spouse[members.household[members.slot == SPOUSE]] = True
    # The family name goes to the husband and the children; a wife, a mother and a child-in-law keep their own.
    by_wife = (female_head & has_spouse)[members.household]
    keeps_own = (
        np.isin(members.slot, (6, 7)) | ((members.slot == SPOUSE) & ~by_wife) | ((members.slot == HEAD) & by_wife)
    )
    surname = np.where(keeps_own, own, family)
    first = rng.integers(0, given // 2, count) + np.where(members.male, 0, given // 2)
    starts = np.flatnonzero(members.slot == HEAD)
    position = np.arange(count) - starts[members.household] + 1
    numbers = pa.compute.binary_join_element_wise(
        household_no.take(pa.array(members.household)), serials("", position, 2), ""
    )
    return Identity(
        name=pa.array(pool).take(pa.array(surname * given + first)),
        resident_id=resident_ids(members.birth_days, members.male),
        person_no=numbers,
        phone=phones(np.arange(count)),
    )


def per_capita(county: County) -> Floats:
    """Per-capita net income of the last income year, yuan."""
    return county.economy.year.per_capita
