"""What the commands `doudi clean` and `doudi checks …` do; the command line only prints it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from doudi.feeds.contract import load_contracts
from doudi.rulebook import Rulebook, load_rulebook
from doudi.rulebook.checks import Check
from doudi.screening.books.issues import write_issues
from doudi.screening.cases import CaseResult
from doudi.screening.cleaning.cases import run_check_cases
from doudi.screening.cleaning.run import CleaningResult, check_data
from doudi.screening.commands import ShownValue, parameters_shown
from doudi.screening.folders import ReadFolders, read_folders
from doudi.screening.shelf import Progress


def checks_list(*, rules_root: Path, on: date | None = None, topic: str | None = None) -> list[Check]:
    """The checks, or those in force on a day, or of a topic. Raises RulebookError."""
    rulebook = load_rulebook(rules_root)
    found = list(rulebook.checks.values()) if on is None else list(rulebook.checks_on(on))
    return [check for check in found if topic is None or check.topic == topic]


def checks_test(*, rules_root: Path, check_ids: Iterable[str] | None = None) -> list[CaseResult]:
    """Every example of the checks. Raises RulebookError; LookupError for an unknown check."""
    rulebook = load_rulebook(rules_root)
    wanted = None if check_ids is None else [_check(rulebook, name).id for name in check_ids]
    return run_check_cases(rulebook, checks=wanted)


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check with what it rests on, on one day in one region; `cells` are headers of the cells concerned."""

    check: Check
    facts: tuple[ShownValue, ...]
    parameters: tuple[ShownValue, ...]
    cells: tuple[str, ...]


def checks_show(*, rules_root: Path, check_id: str, on: date, region: str) -> ShownCheck:
    """A check, its facts and the parameter values in force. Raises LookupError for an unknown check."""
    rulebook = load_rulebook(rules_root)
    check = _check(rulebook, check_id)
    facts = [rulebook.facts[name] for name in check.facts]
    headers = cell_headers(rules_root)
    return ShownCheck(
        check,
        tuple(ShownValue(one.id, one.title, one.expression.text, one.source.title) for one in facts),
        parameters_shown(rulebook, check.parameters, region=region, on=on),
        tuple(headers.get(column, column) for column in check.columns),
    )


def cell_headers(rules_root: Path) -> Mapping[str, str]:
    """Cell (person.labour) → header of the registry's sheets. Raises ContractError."""
    contracts = load_contracts(rules_root)
    tables = {"registry_income": "income", "registry_household": "household", "registry_person": "person"}
    found: dict[str, str] = {}
    for name, table in tables.items():
        if name in contracts:
            found |= {f"{table}.{column.id}": column.header for column in contracts[name].columns}
    if "income.size_year" in found:
        found["income.members"] = found["income.size_year"]
    return found


@dataclass(frozen=True)
class FolderCleaning:
    """What came of holding a folder of the registry's sheets against the checks."""

    result: CleaningResult
    read: ReadFolders
    workbook: Path | None


def clean_folders(
    *,
    rules_root: Path,
    registry: Path,
    feeds: Path,
    as_of: date,
    out: Path | None = None,
    snapshots: Path | None = None,
    checks: Iterable[str] | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
) -> FolderCleaning:
    """Read the registry's and the departments' sheets, check them, write the workbook `out`.

    `snapshots` (next to `out` unless given) keeps what was read. `checks`: only these. Raises UnreadableFile when no
    registry can be read, RulebookError, MissingParameters, ValueError, LookupError for an unknown check.
    """
    tell = progress or (lambda share, what: None)
    rulebook = load_rulebook(rules_root)
    wanted = None if checks is None else [_check(rulebook, name).id for name in checks]
    read = read_folders(
        rules_root=rules_root,
        registry=registry,
        feeds=feeds,
        as_of=as_of,
        kept=snapshots or (out.parent if out else Path()) / "doudi-snapshots",
        progress=lambda share, what: tell(share * 0.8, what),
    )
    result = check_data(
        rulebook=rulebook,
        registry=read.registry,
        snapshots=read.snapshots,
        as_of=as_of,
        checks=wanted,
        memory=memory,
        progress=lambda share, what: tell(0.8 + share * 0.1, what),
    )
    if out is not None:
        tell(0.92, "写问题清单")
        out.parent.mkdir(parents=True, exist_ok=True)
        write_issues(result, read.registry, out, headers=cell_headers(rules_root))
    tell(1.0, "完成")
    return FolderCleaning(result, read, out)


def _check(rulebook: Rulebook, check_id: str) -> Check:
    if check_id not in rulebook.checks:
        near = [name for name in rulebook.checks if check_id in name]
        hint = f"是不是：{'、'.join(near[:5])}？" if near else "用 doudi checks list 查看全部核查"
        raise LookupError(f"没有核查 {check_id}，{hint}")
    return rulebook.checks[check_id]
