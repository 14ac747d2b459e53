"""Screening although a parameter has no value: the rules that need it are left out, and the result says so.

Without being asked for, a missing value stops the screening (`thresholds.MissingParameters`): an old value is never
taken instead. What cannot be left out, because it is needed to tell who is a member, stops it always.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from doudi.rulebook import MissingParameter, Rule, Rulebook
from doudi.rulebook.loading import MEMBER_FACT
from doudi.rulebook.policies import Policy
from doudi.standards.regions import RegionCode

SOURCE: Final = "parameters"
"""Stands in place of a source in lines of `cannot_tell` for rules that were left out."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A rule or policy that was not worked out, and the parameters it would have needed."""

    text: Rule | Policy
    missing: tuple[MissingParameter, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(sorted({one.parameter_id for one in self.missing}))


def without_missing(
    rulebook: Rulebook, region_codes: Iterable[str], *, as_of: date
) -> tuple[Rulebook, tuple[LeftOut, ...]]:
    """The rulebook without the rules and policies that lack a value somewhere in the data, and which those are."""
    regions = sorted({RegionCode(code) for code in region_codes})
    always = {name for fact in rulebook.facts_of((MEMBER_FACT,)).values() for name in fact.parameters}
    lacking: dict[str, list[MissingParameter]] = {}
    for name, parameter in rulebook.parameters.items():
        for region in () if name in always else regions:
            try:
                parameter.value(region=region, on=as_of)
            except MissingParameter as error:
                lacking.setdefault(name, []).append(error)
    left_out: list[LeftOut] = []
    texts: list[Rule | Policy] = [*rulebook.rules_on(as_of), *rulebook.policies_on(as_of)]
    for text in texts:
        places = text.regions if isinstance(text, Policy) else (RegionCode("000000000000"),)
        missing = [
            error
            for name in sorted(_needed(text, rulebook) & set(lacking))
            for error in lacking[name]
            if any(place.covers(error.region) for place in places)
        ]
        if missing:
            left_out.append(LeftOut(text, tuple(missing)))
    gone = {one.text.id for one in left_out}
    rules = {name: rule for name, rule in rulebook.rules.items() if name not in gone}
    policies = {name: policy for name, policy in rulebook.policies.items() if name not in gone}
    smaller = replace(rulebook, rules=MappingProxyType(rules), policies=MappingProxyType(policies))
    return smaller, tuple(left_out)


def _needed(text: Rule | Policy, rulebook: Rulebook) -> set[str]:
    own = text.needed_parameters if isinstance(text, Policy) else text.parameters
    made_of = rulebook.facts_of(text.facts).values()
    return set(own).union(*(fact.parameters for fact in made_of))
