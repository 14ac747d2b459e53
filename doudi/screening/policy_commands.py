"""What the commands `doudi policies …` do; the command line only prints it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from doudi.rulebook import Policy, Rulebook, load_rulebook
from doudi.screening.commands import ShownValue, parameters_shown
from doudi.screening.entitlement_cases import PolicyCaseResult, run_policy_cases
from doudi.screening.sql.policy_words import what_is_given
from doudi.standards.regions import RegionCode


def policies_list(*, rules_root: Path, on: date | None = None, area: str | None = None) -> list[Policy]:
    """The policies, or those in force on a day, or of an area."""
    rulebook = load_rulebook(rules_root)
    found = list(rulebook.policies.values()) if on is None else list(rulebook.policies_on(on))
    return [policy for policy in found if area is None or policy.area == area]


def policies_test(*, rules_root: Path, policy_ids: Iterable[str] | None = None) -> list[PolicyCaseResult]:
    """Every example of the policies. Raises RulebookError; LookupError for an unknown policy."""
    rulebook = load_rulebook(rules_root)
    wanted = None if policy_ids is None else [_policy(rulebook, name).id for name in policy_ids]
    return run_policy_cases(rulebook, policies=wanted)


@dataclass(frozen=True, slots=True)
class ShownPolicy:
    """A policy with what it rests on, on one day in one region; `what` is filled in with the values there."""

    policy: Policy
    what: str
    facts: tuple[ShownValue, ...]
    parameters: tuple[ShownValue, ...]
    goes_before: tuple[str, ...]
    """Titles of the policies that nobody has beside it."""


def policies_show(*, rules_root: Path, policy_id: str, on: date, region: str) -> ShownPolicy:
    """A policy, its facts and the parameter values in force. Raises LookupError for an unknown policy."""
    rulebook = load_rulebook(rules_root)
    policy = _policy(rulebook, policy_id)
    facts = [rulebook.facts[name] for name in policy.facts]
    return ShownPolicy(
        policy,
        what_is_given(policy, rulebook, region=RegionCode(region), on=on, language="zh"),
        tuple(ShownValue(one.id, one.title, one.expression.text, one.source.title) for one in facts),
        parameters_shown(rulebook, sorted(policy.all_parameters), region=region, on=on),
        tuple(rulebook.policies[name].title for name in policy.excludes),
    )


def _policy(rulebook: Rulebook, policy_id: str) -> Policy:
    if policy_id not in rulebook.policies:
        near = [name for name in rulebook.policies if policy_id in name]
        hint = f"是不是：{'、'.join(near[:5])}？" if near else "用 doudi policies list 查看全部政策"
        raise LookupError(f"没有政策 {policy_id}，{hint}")
    return rulebook.policies[policy_id]
