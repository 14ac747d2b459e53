"""A policy as officers read it: for whom, what, how to apply, the condition in sentences, the values that hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from doudi.rulebook import Policy, Rulebook
from doudi.screening.sql.policy_words import what_is_given
from doudi.standards.regions import RegionCode
from doudi.web.layout.templatetags.layout import in_english
from doudi.web.regions.queries import PlaceNames
from doudi.web.rulekeeping.reading import Line, Threshold, language, threshold, words_for


@dataclass(frozen=True)
class PolicyRead:
    """A policy in words. `told_by`: the table that tells who has it; empty when nothing tells."""

    policy: Policy
    who: str
    what: str
    lines: list[Line]
    receives: list[Line]
    wrong: list[Line]
    told_by: str
    sources: list[str]
    thresholds: list[Threshold]
    goes_before: list[Policy]
    gives_way: list[Policy]


def policy_read(policy: Policy, book: Rulebook, *, region: RegionCode, on: date, places: PlaceNames) -> PolicyRead:
    """One policy in words, with what holds in a region on a day. No SQL statement."""
    used = book.facts_of(policy.facts).values()
    names = sorted(policy.all_parameters | {name for fact in used for name in fact.parameters})
    thresholds = [
        threshold(book.parameters[name], region=region, on=on, places=places, history=False) for name in names
    ]
    words = words_for(book, thresholds)

    def lines(text: str | None) -> list[Line]:
        return [] if text is None else [Line(depth, one) for depth, one in words.clause(text).lines()]

    source = policy.received.source if policy.received is not None else None
    sources = {(fact.source.title_en if in_english() else "") or fact.source.title for fact in used}
    return PolicyRead(
        policy=policy,
        who=policy.who_en if in_english() else policy.who,
        what=what_is_given(policy, book, region=region, on=on, language=language()),
        lines=lines(policy.eligible.text),
        receives=lines(policy.receives.text if policy.receives is not None else None),
        wrong=lines(policy.over_when.text if policy.over_when is not None else None),
        told_by="" if source is None else (source.title_en if in_english() else "") or source.title,
        sources=sorted(sources),
        thresholds=thresholds,
        goes_before=[book.policies[name] for name in policy.excludes],
        gives_way=[one for one in book.policies.values() if policy.id in one.excludes],
    )


def in_words(policies: Iterable[Policy], book: Rulebook, *, region: RegionCode, on: date) -> dict[str, str]:
    """Policy → what it gives, with the values that hold."""
    return {
        policy.id: what_is_given(policy, book, region=region, on=on, language=language()) for policy in policies
    }  # fmt: skip
