"""Counting a look-back: what was raised when, held against who was enrolled when (see `look_back` for the formulas)."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import pyarrow as pa

from doudi.rulebook import Rulebook
from doudi.screening.inputs import RegistryTables
from doudi.screening.trials.as_it_was import as_table
from doudi.standards.periods import Month

Lines = list[dict[str, Any]]
RISKY = ("red", "yellow")


@dataclass(frozen=True, slots=True)
class Home:
    """What the registry says today of a household. `enrolled`: None when it never was, `undated` when without month."""

    region_code: str
    enrolled: Month | None
    undated: bool


def homes_of(registry: RegistryTables) -> dict[int, Home]:
    table = as_table(registry.household)
    none = [None] * table.num_rows
    names = ("household_key", "region_code", "enrolled_month", "monitor_type")
    columns = [table[name].to_pylist() if name in table.column_names else none for name in names]
    homes: dict[int, Home] = {}
    for key, region, enrolled, kind in zip(*columns, strict=True):
        month = Month(enrolled) if enrolled else None
        homes[int(key)] = Home(region or "", month, month is None and kind is not None)
    return homes


class Seen:
    """What was raised on households not enrolled yet: by household, and by rule and household, in which months."""

    def __init__(self) -> None:
        self.months: dict[int, list[Month]] = {}
        self.of_rule: dict[tuple[str, int], Month] = {}
        self.first: dict[int, Lines] = {}
        """The alerts of the first month of a household."""

    def add(self, month: Month, alerts: pa.Table, homes: Mapping[int, Home]) -> None:
        columns = ("rule_id", "level", "household_key", "sentence", "sentence_en")
        for row in alerts.select(columns).to_pylist():
            key = row["household_key"]
            home = homes.get(key)
            if row["level"] not in RISKY or home is None or home.undated:
                continue
            if home.enrolled is not None and home.enrolled <= month:
                continue
            months = self.months.setdefault(key, [])
            if not months or months[-1] != month:
                months.append(month)
            self.of_rule.setdefault((row["rule_id"], key), month)
            if months[0] == month:
                self.first.setdefault(key, []).append(row)


@dataclass
class Measured:
    homes: Mapping[int, Home]
    seen: Seen
    months: list[Month]
    known_until: Month
    window: int

    def __post_init__(self) -> None:
        self.truth = {
            key: home.enrolled
            for key, home in self.homes.items()
            if home.enrolled is not None and self.months[0] < home.enrolled <= self.known_until
        }

    def lead(self, key: int, first: Month | None) -> int | None:
        """Months from when a household was first raised until it was enrolled; None when it was not found before."""
        enrolled = self.truth.get(key)
        if first is None or enrolled is None or first >= enrolled:
            return None
        return _between(first, enrolled)

    def leads(self, firsts: Mapping[int, Month]) -> list[int]:
        found = (self.lead(key, firsts.get(key)) for key in self.truth)
        return sorted(lead for lead in found if lead is not None)

    def outcome(self, key: int, first: Month) -> str:
        """`hit`, `waiting` (observation period not over) or `not_enrolled`."""
        enrolled = self.homes[key].enrolled
        if enrolled is not None and enrolled <= self.known_until and _between(first, enrolled) <= self.window:
            return "hit"
        return "not_enrolled" if _between(first, self.known_until) >= self.window else "waiting"

    @property
    def firsts(self) -> dict[int, Month]:
        return {key: months[0] for key, months in self.seen.months.items()}

    def _figures(self, firsts: Mapping[int, Month], truth: int | None = None) -> dict[str, Any]:
        outcomes = [self.outcome(key, first) for key, first in firsts.items()]
        leads = self.leads(firsts)
        hits, missed = outcomes.count("hit"), outcomes.count("not_enrolled")
        wanted = len(self.truth) if truth is None else truth
        return {
            "raised": len(outcomes),
            "judged": hits + missed,
            "hits": hits,
            "not_enrolled": missed,
            "waiting": outcomes.count("waiting"),
            "precision": _share(hits, hits + missed),
            "found": len(leads),
            "recall": _share(len(leads), wanted),
            "lead_median": float(median(leads)) if leads else None,
        }

    def total(self, confirmed: set[int]) -> dict[str, Any]:
        firsts = self.firsts
        leads = self.leads(firsts)
        lower, upper = _quartiles(leads)
        missed = {key for key, first in firsts.items() if self.outcome(key, first) == "not_enrolled"}
        return self._figures(firsts) | {
            "truth": len(self.truth),
            "never": len(self.truth) - len(leads),
            "lead_lower": lower,
            "lead_upper": upper,
            "confirmed": len(missed & confirmed),
        }

    def lead_times(self) -> dict[int, int]:
        leads = self.leads(self.firsts)
        return {lead: leads.count(lead) for lead in sorted(set(leads))}

    def by_rule(self, rulebook: Rulebook) -> Lines:
        """`first`: found households that this rule (maybe with others) was the first to raise."""
        firsts: dict[str, dict[int, Month]] = {}
        for (rule, key), month in self.seen.of_rule.items():
            firsts.setdefault(rule, {})[key] = month
        leading: dict[str, int] = {}
        for key in self.truth:
            if self.lead(key, self.firsts_of(key)) is not None:
                for rule in {row["rule_id"] for row in self.seen.first[key]}:
                    leading[rule] = leading.get(rule, 0) + 1
        return [
            {"value": rule, "level": rulebook.rules[rule].level, **self._figures(firsts[rule])}
            | {"first": leading.get(rule, 0)}
            for rule in sorted(firsts)
        ]

    def firsts_of(self, key: int) -> Month | None:
        months = self.seen.months.get(key)
        return months[0] if months else None

    def by_month(self) -> Lines:
        """For each month: households raised, those raised for the first time with their outcomes, those enrolled in it
        (of the truth), and of these the ones found before."""
        lines: Lines = []
        firsts = self.firsts
        last = max(self.known_until, self.months[-1])
        month = self.months[0]
        while month <= last:
            outcomes = [self.outcome(key, first) for key, first in firsts.items() if first == month]
            enrolled = [key for key, when in self.truth.items() if when == month]
            lines.append(
                {
                    "value": str(month),
                    "looked_at": month in self.months,
                    "raised": sum(month in months for months in self.seen.months.values()),
                    "first_raised": len(outcomes),
                    "hits": outcomes.count("hit"),
                    "not_enrolled": outcomes.count("not_enrolled"),
                    "waiting": outcomes.count("waiting"),
                    "enrolled": len(enrolled),
                    "found": sum(self.lead(key, firsts.get(key)) is not None for key in enrolled),
                }
            )
            month += 1
        return lines

    def by_township(self) -> Lines:
        townships: dict[str, dict[int, Month]] = {}
        truth: dict[str, int] = {}
        for key, first in self.firsts.items():
            townships.setdefault(self._township(key), {})[key] = first
        for key in self.truth:
            truth[self._township(key)] = truth.get(self._township(key), 0) + 1
        return [
            {"value": code, "truth": truth.get(code, 0), **self._figures(townships.get(code, {}), truth.get(code, 0))}
            for code in sorted({*townships, *truth})
        ]

    def _township(self, key: int) -> str:
        return f"{self.homes[key].region_code[:9]}000"

    def truth_lines(self) -> Lines:
        lines: Lines = []
        for key, enrolled in sorted(self.truth.items(), key=lambda pair: (pair[1], pair[0])):
            first = self.firsts_of(key)
            lead = self.lead(key, first)
            told = (
                self._told(key)
                if lead is not None
                else {"rules": [], "level": None, "sentence": None, "sentence_en": None}
            )
            lines.append(
                {
                    "household_key": key,
                    "region_code": self.homes[key].region_code,
                    "enrolled": str(enrolled),
                    "found": str(first) if lead is not None else None,
                    "lead": lead,
                    **told,
                }
            )
        return lines

    def raised_lines(self, confirmed: set[int]) -> Lines:
        lines: Lines = []
        for key, first in sorted(self.firsts.items(), key=lambda pair: (pair[1], pair[0])):
            home = self.homes[key]
            outcome = self.outcome(key, first)
            lines.append(
                {
                    "household_key": key,
                    "region_code": home.region_code,
                    "first": str(first),
                    "months": len(self.seen.months[key]),
                    "enrolled": str(home.enrolled) if home.enrolled else None,
                    "outcome": "confirmed" if outcome == "not_enrolled" and key in confirmed else outcome,
                    **self._told(key),
                }
            )
        return lines

    def _told(self, key: int) -> dict[str, Any]:
        rows = sorted(self.seen.first[key], key=lambda row: (row["level"] != "red", row["rule_id"]))
        return {
            "rules": sorted({row["rule_id"] for row in rows}),
            "level": rows[0]["level"],
            "sentence": rows[0]["sentence"],
            "sentence_en": rows[0]["sentence_en"],
        }


def _between(first: Month, last: Month) -> int:
    return (last.year - first.year) * 12 + last.number - first.number


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _quartiles(values: list[int]) -> tuple[float | None, float | None]:
    if not values:
        return None, None
    if len(values) == 1:
        return float(values[0]), float(values[0])
    lower, _middle, upper = quantiles(values, n=4, method="inclusive")
    return float(lower), float(upper)
