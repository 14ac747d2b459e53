"""The parameters a screening uses, worked out for every region in the data on one day."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa
from sqlglot import exp

from doudi.rulebook import MissingParameter, Parameter, ParameterValue, Rulebook
from doudi.rulebook.value_types import ValueType
from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode

_PREFIX_LENGTHS = (6, 9, 12)


class MissingParameters(LookupError):  # noqa: N818 - named for what is wrong
    """Parameters without a value where they are needed; each message names the file to edit."""

    def __init__(self, missing: list[MissingParameter]) -> None:
        self.missing = missing
        super().__init__("\n".join(one.message for one in missing))


@dataclass(frozen=True)
class Thresholds:
    """Values by parameter and region. Regions are told apart by the first `prefix` digits of their codes."""

    as_of: date
    prefix: int
    parameters: Mapping[str, Parameter]
    by_region: Mapping[str, Mapping[str, ParameterValue]]
    """Region prefix → parameter → value; at least one region."""

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """Parameters whose value is not the same everywhere."""
        first, *others = self.by_region.values()
        return tuple(
            name for name in self.parameters if any(other[name].value != first[name].value for other in others)
        )

    def value(self, name: str, region_code: str) -> ParameterValue:
        """The value for a region in the data."""
        return self.by_region[region_code[: self.prefix]][name]

    def at(self, region_code: str) -> Mapping[str, ParameterValue]:
        return self.by_region[region_code[: self.prefix]]

    def literal(self, name: str) -> exp.Expression | None:
        """The value as a SQL literal when it is the same everywhere, else None."""
        return self.fixed.get(name)

    def bindings(self, table: str) -> dict[str, exp.Expression]:
        """What each parameter is replaced by in a formula: its literal, or the column of `table` that holds it."""
        varying = {name: exp.column(name, table=table, quoted=True) for name in self.varying}
        return {**self.fixed, **varying}

    @cached_property
    def fixed(self) -> dict[str, exp.Expression]:
        """The parameters that are the same everywhere, as literals."""
        first = next(iter(self.by_region.values()))
        return {name: _exactly(first[name].value) for name in self.parameters if name not in self.varying}

    def table(self) -> pa.Table:
        """One row a region: `region_key` and the parameters that vary, typed.

        `<id>__since` is the day that many months before the screening's (for windows), `<id>__json` what alerts tell.
        """
        keys = list(self.by_region)
        columns: dict[str, Any] = {"region_key": pa.array(keys, pa.string())}
        for name in self.varying:
            values = [self.by_region[key][name].value for key in keys]
            listed = [list(value) if isinstance(value, tuple) else value for value in values]
            columns[name] = pa.array(listed, ARROW_TYPES[self.parameters[name].type.kind])
            if self.parameters[name].kind == "number":
                since = [window_start(self.as_of, max(0.0, float(str(value or 0)))) for value in values]
                columns[f"{name}__since"] = pa.array(since, pa.date32())
            columns[f"{name}__json"] = pa.array([told(self.by_region[key][name]) for key in keys], pa.string())
        return pa.table(columns)

    def told(self, names: Iterable[str]) -> dict[str, str]:
        """Parameter → JSON text with its value and source, of those that are the same everywhere."""
        first = next(iter(self.by_region.values()))
        return {name: told(first[name]) for name in names if name not in self.varying}


ARROW_TYPES = {
    ValueType.NUMBER: pa.float64(),
    ValueType.TEXT: pa.string(),
    ValueType.BOOLEAN: pa.bool_(),
    ValueType.DATE: pa.date32(),
    ValueType.MONTH: pa.string(),
    ValueType.TEXTS: pa.list_(pa.string()),
}


def window_start(as_of: date, months: float) -> date:
    """The day whole months before another; the month's last day where that month is shorter; not before the year 1."""
    month = Month(as_of) - min(int(months), as_of.year * 12 + as_of.month - 13)
    return min(month.first_day.replace(day=min(as_of.day, month.last_day.day)), month.last_day)


def told(value: ParameterValue) -> str:
    """A threshold as alerts keep it: value, region it was set for, since when, whether verified, source."""
    content: dict[str, Any] = {
        "value": plain(value.value),
        "verified": value.verified,
        "region": str(value.region),
        "from": value.in_force_from.isoformat(),
        "source": value.source.document if value.source else "",
    }
    if value.income_year is not None:
        content["income_year"] = value.income_year
    return json.dumps(content, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value as JSON can hold it; whole numbers without `.0`."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def literal(value: Any) -> exp.Expression:
    """A value as a SQL literal."""
    if value is None:
        return exp.cast(exp.Null(), "DOUBLE")
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, (int, float)):
        return exp.Literal.number(plain(float(value)))
    if isinstance(value, date):
        return exp.Cast(this=exp.Literal.string(value.isoformat()), to=exp.DataType(this=exp.DataType.Type.DATE))
    if isinstance(value, (tuple, list)):
        return exp.Array(expressions=[exp.Literal.string(str(one)) for one in value])
    return exp.Literal.string(str(value))


def _exactly(value: Any) -> exp.Expression:
    """A literal of the type that the value has where it is a column: a double, not a whole number that runs over."""
    found = literal(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return exp.Literal.number(f"{found.this}e0") if is_number and value >= 0 else found


def thresholds_for(
    rulebook: Rulebook,
    names: Iterable[str],
    region_codes: Iterable[str],
    *,
    as_of: date,
    amounts: Mapping[str, tuple[RegionCode, ...]] | None = None,
) -> Thresholds:
    """Work out the parameters for all regions. Raises MissingParameters listing every one that has no value.

    `amounts`: further parameters that need a value only in the regions named; elsewhere they may be unknown.
    """
    needed, further = set(names), amounts or {}
    parameters = {name: rulebook.parameters[name] for name in sorted(needed | set(further))}
    deepest = max((len(region.prefix) for one in parameters.values() for region in one.regions), default=0)
    prefix = next(length for length in _PREFIX_LENGTHS if length >= deepest)
    keys = sorted({code[:prefix] for code in region_codes}) or ["0" * prefix]
    missing: dict[str, MissingParameter] = {}
    found: dict[str, dict[str, ParameterValue]] = {}
    for key in keys:
        region = RegionCode(key.ljust(12, "0"))
        values: dict[str, ParameterValue] = {}
        for name, parameter in parameters.items():
            try:
                values[name] = parameter.value(region=region, on=as_of)
            except MissingParameter as error:
                if name in needed or any(region.prefix.startswith(one.prefix) for one in further[name]):
                    missing.setdefault(name, error)
                values[name] = unknown_value(parameter, region, as_of)
        found[key] = values
    if missing:
        raise MissingParameters(list(missing.values()))
    return Thresholds(as_of, prefix, parameters, found)


def unknown_value(parameter: Parameter, region: RegionCode, as_of: date) -> ParameterValue:
    """In place of a value that nobody has filed, where a screening can do without."""
    return ParameterValue(None, region, as_of, None, None, None, verified=False, file=parameter.file, line=1)
