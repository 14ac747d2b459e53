"""Making the text of a change and checking it: does the whole rulebook still hold together, do the examples pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

from doudi.rulebook import Parameter, Policy, Problem, Rule, Rulebook, RulebookError, build_rulebook
from doudi.rulebook.amending import with_part, with_value
from doudi.rulebook.document import read_document
from doudi.screening.cases import CaseResult, run_cases
from doudi.screening.entitlement_cases import PolicyCaseResult, run_policy_cases
from doudi.screening.results.judging import parameters_of
from doudi.standards.periods import IncomeYear
from doudi.standards.regions import RegionCode
from doudi.web.refusal import ActionRefused

LONGEST: Final = 60_000
Example = CaseResult | PolicyCaseResult
UNVERSIONED: Final = frozenset({"version", "cases", "verify", "state"})
"""What may change in a rule's file without its version going up."""
EDITABLE: Final = ("screening", "policies", "parameters", "facts")
"""The folders of rules/ whose files can be changed on the pages; column contracts belong to the import."""


@dataclass(frozen=True)
class Checked:
    """What a new text comes to. `problems` and failed `cases` stop it; failed examples of `others` are told."""

    problems: tuple[Problem, ...] = ()
    cases: tuple[Example, ...] = ()
    others: tuple[Example, ...] = ()
    book: Rulebook | None = None

    @property
    def failed(self) -> tuple[Example, ...]:
        return tuple(case for case in self.cases if not case.passed)

    @property
    def holds(self) -> bool:
        return not self.problems and not self.failed


def check_text(path: str, text: str, *, base_text: str, book: Rulebook) -> Checked:
    """The rulebook `book` with another text at `path`: problems with lines, and the examples of the rules concerned."""
    if len(text) > LONGEST:
        return Checked((Problem(path, 1, "too_long", _("文本太长"), _("拆成几条规则")),))
    if path not in book.texts and not path.startswith(tuple(f"{folder}/" for folder in EDITABLE)):
        return Checked((Problem(path, 1, "path", _("这个文件不能在网页上改"), _("请在规则文件夹里改")),))
    try:
        changed = build_rulebook({**book.texts, path: text}, prefix="")
    except RulebookError as error:
        return Checked(tuple(error.problems))
    problems = tuple(_version_kept(path, text, base_text))
    folder, _slash, name = path.partition("/")
    thing = name.removesuffix(".yaml")
    if folder == "screening":
        return Checked(problems, tuple(run_cases(changed, rules=[thing])), book=changed)
    if folder == "policies":
        return Checked(problems, tuple(run_policy_cases(changed, policies=[thing])), book=changed)
    concerned = [rule.id for rule in changed.rules.values() if _concerns(rule, folder, thing, changed)]
    policies = [policy.id for policy in changed.policies.values() if _concerns(policy, folder, thing, changed)]
    others: list[Example] = list(run_cases(changed, rules=concerned)) if concerned else []
    others += run_policy_cases(changed, policies=policies) if policies else []
    return Checked(problems, others=tuple(case for case in others if not case.passed), book=changed)


def _concerns(rule: Rule | Policy, folder: str, thing: str, book: Rulebook) -> bool:
    if folder == "parameters":
        return thing in parameters_of(rule, book)
    return folder == "facts" and thing in book.facts_of(rule.facts)


def _version_kept(path: str, text: str, base_text: str) -> "list[Problem]":
    """A rule that says something else has to carry a higher version, so that alerts of both are told apart."""
    if not base_text or not path.startswith(("screening/", "policies/")):
        return []
    document = read_document(path, text)
    before, now = dict(read_document(path, base_text).content), dict(document.content)
    old, new = before.get("version", 1), now.get("version", 1)
    said = ({key: value for key, value in one.items() if key not in UNVERSIONED} for one in (before, now))
    if _same(*said) or (isinstance(new, int) and isinstance(old, int) and new > old):
        return []
    remedy = _("把 version 改为 %d") % (int(old) + 1 if isinstance(old, int) else 2)
    return [document.problem("version", _("内容改了，版本号没有增加"), remedy, at=("version",))]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return yaml.safe_dump(one, sort_keys=True) == yaml.safe_dump(other, sort_keys=True)


def retired_text(text: str, *, last_day: date) -> str:
    """A rule's file with its last day, one version up. The rule stays readable; screenings of later days leave it."""
    content = read_document("", text).content
    begun = content["in_force"]["from"]
    if last_day < begun:
        raise ActionRefused("bad_day", _("停用日期早于规则开始施行的 %s。") % begun)
    text = with_part(text, "version", int(content.get("version", 1)) + 1)
    text = with_part(text, "in_force", {"from": begun, "until": last_day})
    return with_part(text, "state", "retired")


@dataclass(frozen=True)
class NewValue:
    """A value of a parameter to be set: where, from when (or for which income year), after which document."""

    region: RegionCode
    value: float | str | bool | list[str] | None
    source: str
    verified: bool
    starts: date | None = None
    income_year: int | None = None

    @property
    def effective_from(self) -> date:
        """The first day on which the value can hold."""
        if self.starts is not None:
            return self.starts
        return IncomeYear(self.income_year or 0).ends + timedelta(days=1)

    def kept(self) -> dict[str, Any]:
        """As JSON can hold it, to be made again on another base."""
        starts = self.starts.isoformat() if self.starts else None
        return {
            "region": str(self.region),
            "value": self.value,
            "source": self.source,
            "verified": self.verified,
            "starts": starts,
            "income_year": self.income_year,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "NewValue":
        starts = date.fromisoformat(kept["starts"]) if kept.get("starts") else None
        return cls(
            RegionCode(kept["region"]), kept["value"], kept["source"], kept["verified"], starts, kept.get("income_year")
        )


def parameter_text(text: str, new: NewValue) -> str:
    """The parameter's file with the value; what held beyond its first day ends before it, everything else stays."""
    return with_value(
        text,
        region=new.region,
        value=tuple(new.value) if isinstance(new.value, list) else new.value,
        source=new.source,
        starts=new.starts,
        income_year=new.income_year,
        verified=new.verified,
    )


def value_given(parameter: Parameter, text: str) -> float | str | bool | list[str]:
    """What a person typed, in the parameter's kind. Raises ActionRefused (`bad_value`)."""
    given = text.strip().replace("，", ",").replace("％", "%")
    try:
        if parameter.kind == "number":
            percent = given.endswith("%")
            number = float(given.rstrip("%").replace(",", "").strip())
            if percent and parameter.unit == "share":
                number = round(number / 100, 6)
            return number
        if parameter.kind == "boolean":
            return {"是": True, "true": True, "yes": True, "否": False, "false": False, "no": False}[given.lower()]
        if parameter.kind == "yearly_day":
            return date.fromisoformat(f"2001-{given}").strftime("%m-%d")
    except (ValueError, KeyError) as problem:
        raise ActionRefused("bad_value", _("数值“%s”读不懂，请按提示的样子填写。") % text) from problem
    if parameter.kind == "texts":
        return [part.strip() for part in given.replace("、", ",").split(",") if part.strip()]
    return given


def departments_of(path: str, book: Rulebook) -> str:
    """The one department that a file belongs to; empty for what several or none answer for."""
    folder, _slash, name = path.partition("/")
    thing = name.removesuffix(".yaml")
    if folder == "screening":
        return book.rules[thing].department if thing in book.rules else ""
    if folder == "policies":
        return book.policies[thing].department if thing in book.policies else ""
    users: list[Rule | Policy] = [*book.rules.values(), *book.policies.values()]
    found = {one.department for one in users if _concerns(one, folder, thing, book)}
    return found.pop() if len(found) == 1 else ""


SKELETON: Final = """\
id: {id}
version: 1
title: {title}
title_en: {title}
level: yellow
risk: other
subject: household
department: {department}
legal_basis:
  - {{document: 写明依据的文件, article: "第几条"}}
in_force: {{from: {day}}}
facts: [is_monitored]
when: is_monitored
because: 正在监测
because_en: The household is enrolled for monitoring
verify: [入户核对什么]
cases:
  - name: 正在监测
    on: {day}
    region: "{region}"
    given: {{is_monitored: true}}
    then: raised
  - name: 没有在监测
    on: {day}
    region: "{region}"
    given: {{is_monitored: false}}
    then: not_raised
  - name: 没有数据
    on: {day}
    region: "{region}"
    given: {{is_monitored: null}}
    then: cannot_tell
"""


def skeleton(rule_id: str, *, title: str, department: str, day: date, region: RegionCode) -> str:
    """A first text of a new rule, right by itself, to be rewritten."""
    return SKELETON.format(
        id=rule_id, title=title, department=department or "rural_revitalisation", day=day.isoformat(), region=region
    )
