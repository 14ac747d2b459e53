"""What the commands `doudi rules …`, `doudi screen` and `doudi explain` do; the command line only prints it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa

from doudi.feeds.contract import ContractError, load_contracts
from doudi.feeds.problems import Problem as RowProblem
from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import Problem, Rule, Rulebook, RulebookError, load_rulebook
from doudi.rulebook.checking import doubts
from doudi.rulebook.loading import FOLDERS
from doudi.screening.books.alerts import Intake, write_alerts
from doudi.screening.books.since import Since
from doudi.screening.cases import CaseResult, run_cases
from doudi.screening.cleaning.cases import run_check_cases
from doudi.screening.engines.engine import Engine
from doudi.screening.firing import check_on_county
from doudi.screening.folders import read_folders
from doudi.screening.inputs import RegistryTables, region_codes
from doudi.screening.results.earlier import alerts_before, news_since
from doudi.screening.results.explain import RuleOutcome, explain
from doudi.screening.results.left_out import LeftOut, without_missing
from doudi.screening.results.names import household_key_of, person_names
from doudi.screening.results.policies import Entitlement, entitlements_of
from doudi.screening.run import ScreeningResult, screen
from doudi.screening.shelf import Progress
from doudi.screening.sql.writing import written
from doudi.standards.regions import RegionCode

# ---- doudi rules


def rules_check(*, rules_root: Path, on: date) -> list[Problem]:
    """Everything wrong or doubtful in the rulebook; `severity` tells which. Empty: all is well.

    Mistakes of all files at once, and only when there are none what is doubtful: see `doudi.rulebook.checking`, with
    values of parameters up to the day `on`; examples that do not come out count as mistakes.
    """
    found = list(_misplaced(rules_root))
    broken: list[Problem] = []
    if (rules_root / "feeds").is_dir():
        try:
            load_contracts(rules_root)
        except ContractError as error:
            broken = error.found
    try:
        rulebook = load_rulebook(rules_root)
    except RulebookError as error:
        feeds = {Path(problem.file).stem for problem in broken}
        found += [problem for problem in error.problems if not _of_broken_feed(problem, feeds)]
    else:
        found += rulebook.warnings
        if not broken:
            found += doubts(rulebook, on=on)
            found += [
                Problem(one.case.file, one.case.line, "case_fails", _without_place(one.problem))
                for one in (*run_cases(rulebook), *run_check_cases(rulebook))
                if not one.passed
            ]
    return sorted({*found, *broken}, key=lambda one: (one.file, one.line, one.message))


def _without_place(sentence: str) -> str:
    return re.sub(r"^\S+?:\d+: ", "", sentence)


def _of_broken_feed(problem: Problem, feeds: Collection[str]) -> bool:
    """Whether a fact only fails because the column contract of its feed cannot be used."""
    if problem.code not in ("unknown_column", "unknown_code", "source", "window", "type"):
        return False
    source = re.search(r"^from: *([a-z0-9_]+)", Path(problem.file).read_text(encoding="utf-8"), re.MULTILINE)
    return source is not None and source[1] in feeds


def _misplaced(rules_root: Path) -> Iterator[Problem]:
    """Files in the folders of the rulebook that nobody reads because of their names."""
    for folder in FOLDERS:
        for path in sorted((rules_root / folder).rglob("*")):
            if path.is_file() and (path.suffix != ".yaml" or path.parent != rules_root / folder):
                message, remedy = "这个文件不会被读到", f"规则文件应直接放在 {folder}/ 下，以 .yaml 结尾"
                yield Problem(str(path), 1, "not_read", message, remedy, "warning")


def rules_check_county(*, rules_root: Path, county: Path, as_of: date) -> list[Problem]:
    """What is doubtful when the rules are held against a county's folder (`registry/`, `snapshots/`).

    Raises RulebookError, MissingParameters, FileNotFoundError.
    """
    return check_on_county(
        load_rulebook(rules_root),
        registry=RegistryTables.from_folder(county / "registry"),
        snapshots=list_snapshots(county / "snapshots"),
        as_of=as_of,
    )


def rules_test(*, rules_root: Path, rule_ids: Iterable[str] | None = None) -> list[CaseResult]:
    """Every example of the rules. Raises RulebookError; LookupError for an unknown rule."""
    rulebook = load_rulebook(rules_root)
    wanted = None if rule_ids is None else [_rule(rulebook, name).id for name in rule_ids]
    return run_cases(rulebook, rules=wanted)


def rules_list(*, rules_root: Path, on: date | None = None) -> list[Rule]:
    """The rules, or those in force on a day."""
    rulebook = load_rulebook(rules_root)
    return list(rulebook.rules.values()) if on is None else list(rulebook.rules_on(on))


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A fact a rule uses, or a parameter with the value that holds, for showing a rule."""

    id: str
    title: str
    text: str
    source: str
    verified: bool = True


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule with what it rests on, on one day in one region."""

    rule: Rule
    facts: tuple[ShownValue, ...]
    parameters: tuple[ShownValue, ...]


def rules_show(*, rules_root: Path, rule_id: str, on: date, region: str) -> ShownRule:
    """A rule, its facts and the parameter values in force. Raises LookupError for an unknown rule."""
    rulebook = load_rulebook(rules_root)
    rule = _rule(rulebook, rule_id)
    facts = [rulebook.facts[name] for name in rule.facts]
    return ShownRule(
        rule,
        tuple(ShownValue(one.id, one.title, one.expression.text, one.source.title) for one in facts),
        parameters_shown(rulebook, rule.parameters, region=region, on=on),
    )


def parameters_shown(rulebook: Rulebook, names: Iterable[str], *, region: str, on: date) -> tuple[ShownValue, ...]:
    """Parameters with the values that hold somewhere on a day, and where each comes from."""
    shown: list[ShownValue] = []
    for name in names:
        parameter = rulebook.parameters[name]
        try:
            value = parameter.value(region=RegionCode(region), on=on)
        except LookupError as error:
            shown.append(ShownValue(name, parameter.title, "没有值", str(error), verified=False))
            continue
        source = f"{value.source.document if value.source else ''}，{value.region} 自 {value.in_force_from} 起"
        shown.append(
            ShownValue(name, parameter.title, written(value.value, parameter.unit, "zh"), source, value.verified)
        )
    return tuple(shown)


def _rule(rulebook: Rulebook, rule_id: str) -> Rule:
    if rule_id not in rulebook.rules:
        near = [name for name in rulebook.rules if rule_id in name]
        hint = f"是不是：{'、'.join(near[:5])}？" if near else "用 doudi rules list 查看全部规则"
        raise LookupError(f"没有规则 {rule_id}，{hint}")
    return rulebook.rules[rule_id]


# ---- doudi screen


@dataclass(frozen=True)
class FolderScreening:
    """What came of screening two folders of sheets."""

    result: ScreeningResult
    registry: RegistryTables
    intake: tuple[Intake, ...]
    registry_problems: tuple[RowProblem, ...]
    workbook: Path | None
    since: Since | None = None
    """What changed since the screening before, when one was named."""

    @property
    def unread(self) -> list[Intake]:
        """Files of which nothing could be used."""
        return [one for one in self.intake if one.note and not one.rows_read]


def screen_folders(
    *,
    rules_root: Path,
    registry: Path,
    feeds: Path,
    as_of: date,
    out: Path | None = None,
    snapshots: Path | None = None,
    results: Path | None = None,
    previous: Path | None = None,
    skip_missing: bool = False,
    policies: bool = False,
    engine: Engine | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
) -> FolderScreening:
    """Read the registry's and the departments' sheets, keep them as snapshots, screen, write the workbook `out`.

    `snapshots` (next to `out` unless given) keeps what was read: a file that has not changed is not read again.
    `results` keeps the result (see `explain_household`). `previous`: the result kept by the screening before; this one
    is made upon it and tells what is new and what is gone. `skip_missing`: rules that need a parameter without a value
    are left out, and the result says so, instead of MissingParameters being raised. `policies`: the assistance policies
    are worked out as well. `engine`: what screens, DuckDB unless given, in `memory`.

    Raises UnreadableFile when no registry can be read, RulebookError, MissingParameters, FileNotFoundError when
    `previous` holds no result.
    """
    tell = progress or (lambda share, what: None)
    if previous is not None and not (previous / "manifest.json").is_file():
        raise FileNotFoundError(f"{previous} 里没有筛查结果，请改为上次 --results 存下的文件夹")
    rulebook = load_rulebook(rules_root)
    read = read_folders(
        rules_root=rules_root,
        registry=registry,
        feeds=feeds,
        as_of=as_of,
        kept=snapshots or (out.parent if out else Path()) / "doudi-snapshots",
        progress=lambda share, what: tell(share * 0.8, what),
    )
    tables = read.registry
    usable: Rulebook = rulebook
    left_out: tuple[LeftOut, ...] = ()
    if skip_missing:
        usable, left_out = without_missing(rulebook, region_codes(tables), as_of=as_of)
    result = screen(
        rulebook=usable,
        registry=tables,
        snapshots=read.snapshots,
        as_of=as_of,
        policies=None if policies else (),
        previous=previous,
        earlier=_told_before(previous, rulebook, tables, as_of) if previous is not None else None,
        progress=lambda share, what: tell(0.8 + share * 0.1, what),
        engine=engine,
        memory=memory,
    )
    result.rulebook, result.left_out = rulebook, left_out
    since = Since(result, previous) if previous is not None else None
    if results is not None:
        result.write(results)
    if out is not None:
        tell(0.92, "写预警名单")
        out.parent.mkdir(parents=True, exist_ok=True)
        write_alerts(result, tables, out, intake=read.intake, since=since)
    tell(1.0, "完成")
    return FolderScreening(result, tables, read.intake, read.problems, out, since)


def _told_before(previous: Path, rulebook: Rulebook, registry: RegistryTables, as_of: date) -> pa.Table | None:
    """The alerts that are no news any more."""
    until = news_since(rulebook, region=registry.region, as_of=as_of) if registry.region else None
    return alerts_before(previous, until=until)


# ---- doudi explain


@dataclass(frozen=True)
class ExplainedHousehold:
    """Every rule for one household, with the names of its members by key."""

    household_no: str
    outcomes: list[RuleOutcome]
    members: Mapping[int, str]
    entitlements: list[Entitlement] = field(default_factory=list)
    """What became of policies; empty when the screening was made without them."""


def explain_household(
    *, result: ScreeningResult | Path, registry: RegistryTables, household_no: str
) -> ExplainedHousehold:
    """What a screening found for the household with a number. Raises LookupError."""
    key = household_key_of(registry, household_no)
    outcomes, entitlements = explain(result, key), entitlements_of(result, key)
    told = [one.person_key for one in outcomes] + [one.person_key for one in entitlements]
    keys = [key for key in told if key is not None]
    return ExplainedHousehold(household_no, outcomes, person_names(registry, keys), entitlements)
