"""The rulebook: what officials own under `rules/`, read into dated, checked, frozen objects.

`load_rulebook(root)` gives parameters, facts and rules by id, or a `RulebookError` that lists every problem with file,
line and remedy.
"""

from doudi.rulebook.document import Problem, RulebookError
from doudi.rulebook.facts import Fact
from doudi.rulebook.loading import Rulebook, build_rulebook, load_rulebook
from doudi.rulebook.parameters import MissingParameter, Parameter, ParameterValue
from doudi.rulebook.policies import Policy
from doudi.rulebook.predicate import Predicate, PredicateError, parse_predicate
from doudi.rulebook.rules import Case, Rule

__all__ = [
    "Case",
    "Fact",
    "MissingParameter",
    "Parameter",
    "ParameterValue",
    "Policy",
    "Predicate",
    "PredicateError",
    "Problem",
    "Rule",
    "Rulebook",
    "RulebookError",
    "build_rulebook",
    "load_rulebook",
    "parse_predicate",
]
