"""Villages that something befalls as a whole: which ones, and what changes for their households."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from doudi.standards.codes import MonitorType
from doudi.synth.county.arrays import Flags, Floats, Ints, chance, day_number
from doudi.synth.county.monitoring import TYPES, Monitoring
from doudi.synth.county.places import Places

VILLAGES_AN_EVENT = 150
"""One village in so many is befallen by each event, and at least one of the county."""
_LOWEST = 0.04
"""Share of the county, by income, taken for those who fell back."""


class Event(StrEnum):
    """What befalls a village."""

    STRUCK = "struck"
    DRY = "dry"
    LAID_OFF = "laid_off"
    PRICE = "price"
    WORKSHOP = "workshop"
    RELAPSED = "relapsed"


@dataclass(frozen=True, slots=True)
class Befallen:
    """The villages of each event, by index."""

    villages: dict[Event, Ints]
    village_of_household: Ints

    @classmethod
    def of(cls, places: Places, seed: int) -> "Befallen":
        """Every event has villages of its own as long as there are enough."""
        count = len(places.villages)
        order = chance(seed, "befallen villages").permutation(count)
        each = max(1, count // VILLAGES_AN_EVENT)
        found = {event: order[np.arange(each) * len(Event) + at] for at, event in enumerate(Event) if at < count}
        return cls(found, places.village_of_household)

    def households(self, event: Event) -> Flags:
        """The households of the villages of an event."""
        return np.isin(self.village_of_household, self.villages.get(event, np.array([], dtype=np.int64)))


def relapsed(monitoring: Monitoring, income: Floats, places: Places, *, seed: int, as_of: object) -> Monitoring:
    """The poorest of the befallen villages once were enrolled and found safe, half a year before the day."""
    poorest = np.zeros(len(income), dtype=np.bool_)
    poorest[np.argsort(income, kind="stable")[: max(1, round(len(income) * _LOWEST))]] = True
    back = Befallen.of(places, seed).households(Event.RELAPSED) & poorest
    today = day_number(as_of)
    kind = np.where(monitoring.type >= 0, monitoring.type, TYPES.index(MonitorType.MARGINAL))
    return replace(
        monitoring,
        type=np.where(back, kind, monitoring.type),
        enrolled_day=np.where(back, today - 800, monitoring.enrolled_day),
        exited_day=np.where(back, today - 180, monitoring.exited_day),
        risk_1=np.where(back & (monitoring.risk_1 < 0), 0, monitoring.risk_1),
        without_measure=monitoring.without_measure & ~back,
    )
