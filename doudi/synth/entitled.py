"""Who is truly due what, worked out of the true values of the county, without facts, policies or screening.

The offices of the county pay by it (`tables.payments`), with their slips; the truth about gaps and wrong payments
(`entitlement_truth`) is held against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.standards.codes import Labour, WorkArea
from doudi.synth.county.arrays import Flags, Ints, a_household, chance, day_number
from doudi.synth.county.people import AREAS, DEAD, LABOUR, STUDENT
from doudi.synth.county.whole import County
from doudi.synth.thresholds import number_of
from doudi.synth.truth import months_before

_YULU = ("vocational", "college", "technician")
IN_SCOPE = ("education.yulu_plan", "education.university_entrant", "jobs.retention", "jobs.transport_subsidy")
"""Policies only for households lifted out of poverty (with policies) or monitored."""
AWAY = tuple(AREAS.index(area) for area in (WorkArea.CITY, WorkArea.PROVINCE, WorkArea.OTHER_PROVINCE))


@dataclass(frozen=True, slots=True)
class Lines:
    """Ages and months that decide who is due something; by default what the made-up offices go by."""

    elderly_age: int = 80
    work_months: int = 6
    rehabilitation_age: int = 6
    current_months: int = 4
    year_months: int = 12

    @classmethod
    def of(cls, rules_root: Path, as_of: date) -> "Lines":
        """As the rulebook has them. Raises RulebookError or MissingParameter that name the file."""
        return cls(
            elderly_age=int(number_of("elderly_allowance_age", rules_root, as_of)),
            work_months=int(number_of("work_months_needed", rules_root, as_of)),
            rehabilitation_age=int(number_of("rehabilitation_age", rules_root, as_of)),
            current_months=int(number_of("payment_current_months", rules_root, as_of)),
            year_months=int(number_of("payment_year_months", rules_root, as_of)),
        )


@dataclass(frozen=True)
class Entitled:
    """Flags over the persons of the county. `tables` are the department tables that payments don't depend on."""

    county: County
    tables: Mapping[str, pa.Table]
    lines: Lines

    @property
    def alleviated(self) -> Flags:
        """Households lifted out of poverty that still have the policies; as the household sheet says."""
        return self.county.economy.alleviated & ~without_policy(self.county)

    @property
    def in_scope(self) -> Flags:
        """Persons of households lifted out (with policies) or monitored now."""
        homes = self.alleviated | self.county.monitoring.enrolled
        return self.of_members(homes[self.county.members.household])

    def of_members(self, flags: Flags) -> Flags:
        return flags & self.county.people.active

    def since(self, months: int) -> int:
        return day_number(months_before(self.county.as_of, months))

    def listed(self, kind: str) -> Flags:
        """Persons on the civil office's list of a kind, paid lately and not stopped."""
        rows = self.tables["civil_assistance"]
        keep = pc.and_(pc.equal(rows["kind"], kind), pc.is_null(rows["stopped_on"]))
        lately = pc.greater_equal(_days(rows, "paid_on"), self.since(self.lines.current_months))
        return self.marked(rows, pc.and_(keep, lately))

    def marked(self, rows: pa.Table, keep: pa.ChunkedArray) -> Flags:
        """The persons whom some kept row of a table is about."""
        flags = np.zeros(self.county.persons, dtype=np.bool_)
        chosen = np.asarray(pc.fill_null(keep, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
        flags[rows["person_row"].to_numpy()[chosen]] = True
        return flags

    @property
    def relieved(self) -> Flags:
        """Persons on minimum living or extreme-hardship support."""
        return self.of_members(self.listed("minimum_living") | self.listed("extreme_hardship"))

    def household_heads(self, homes: Flags) -> Flags:
        flags = np.zeros(self.county.persons, dtype=np.bool_)
        flags[self.county.head_rows] = homes
        return flags

    def with_anybody(self, flags: Flags) -> Flags:
        """Households with such a person."""
        return a_household(self.county.members.household, flags, self.county.households) > 0

    def due(self) -> dict[str, Flags]:
        """Policy → persons who are due it; of a policy for households, their heads."""
        scope = self.in_scope
        return {name: flags & scope if name in IN_SCOPE else flags for name, flags in self._met.items()}

    def wrong(self) -> dict[str, Flags]:
        """Policy → persons for whom having it would not be right, of the policies that somebody has wrongly."""
        young = self.of_members(self.county.people.age < self.lines.elderly_age)
        outside = self.of_members(~self.in_scope)
        return {"minimum_living.elderly_allowance": young, **dict.fromkeys(IN_SCOPE, outside)}

    def mistaken(self) -> dict[str, Flags]:
        """Policy → those among them to whom an office may pay it by mistake: pupils and workers like the others."""
        met = self._met
        return {name: flags & met[name] if name in IN_SCOPE else flags for name, flags in self.wrong().items()}

    @cached_property
    def _met(self) -> dict[str, Flags]:
        """Policy → persons who meet its condition, whatever their household."""
        people, economy = self.county.people, self.county.economy
        of_status = np.array([str(status) for status in STUDENT])
        status = np.where(people.student >= 0, of_status[people.student], "")
        able = people.labour <= LABOUR.index(Labour.WEAK)
        relieved = self.relieved
        hardship = self.with_anybody(relieved) | self.county.monitoring.enrolled
        return {
            "minimum_living.elderly_allowance": self.of_members(people.age >= self.lines.elderly_age),
            "education.yulu_plan": self.of_members(np.isin([one.split("_")[0] for one in status], _YULU)),
            "education.university_entrant": self.of_members(status == "university_1"),
            "jobs.retention": self.of_members(able & (economy.work_months >= self.lines.work_months)),
            "jobs.transport_subsidy": self.of_members((economy.work_months > 0) & np.isin(people.work_area, AWAY)),
            "medical.relief": relieved & (self._inpatient_own() > 0),
            "temporary_relief.price_allowance": relieved,
            "temporary_relief.winter_relief": self.household_heads(hardship),
            "disability.child_rehabilitation": self.of_members(people.disabled)
            & (people.age <= self.lines.rehabilitation_age),
        }

    def _inpatient_own(self) -> np.ndarray:
        """Inpatient cost within policy that nobody reimbursed, yuan in the year."""
        bills = self.tables["medical_settlement"]
        keep = pc.and_(
            pc.equal(bills["kind"], "inpatient"),
            pc.greater_equal(_days(bills, "settled_on"), self.since(self.lines.year_months)),
        )
        chosen = np.asarray(pc.fill_null(keep, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
        own = (bills["eligible_cost"].to_numpy() - bills["reimbursed"].to_numpy())[chosen]
        return np.bincount(bills["person_row"].to_numpy()[chosen], weights=own, minlength=self.county.persons)

    @property
    def dead_for(self) -> Ints:
        """Days since a dead person died; -1 for the living."""
        people = self.county.people
        return np.where(people.status == DEAD, day_number(self.county.as_of) - people.status_day, -1)


def without_policy(county: County) -> Flags:
    """Households lifted out of poverty that no longer have the policies; the first draw of the household sheet."""
    return chance(county.seed, "household sheet").random(county.households) < _WITHOUT_POLICY


_WITHOUT_POLICY = 0.05


def _days(table: pa.Table, column: str) -> pa.ChunkedArray:
    return table[column].cast(pa.int32())


__all__ = ["AWAY", "Entitled", "Lines", "without_policy"]
