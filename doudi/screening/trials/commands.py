"""What the commands `doudi what-if` and `doudi look-back` do; the command line only prints it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from doudi.rulebook import Rulebook, load_rulebook
from doudi.rulebook.document import read_document
from doudi.rulebook.drafting import ChangeRefused, Draft
from doudi.screening.inputs import RegistryTables
from doudi.screening.results.names import place_names
from doudi.screening.shelf import Progress
from doudi.screening.trials.inputs import region_of, trial_inputs
from doudi.screening.trials.look_back import LookBack, look_back, month_ends
from doudi.screening.trials.look_back_report import caveats, write_look_back
from doudi.screening.trials.report import write_what_if
from doudi.screening.trials.what_if import WhatIf, what_if
from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode


@dataclass(frozen=True)
class TriedFolder:
    """A what-if over a folder, with the names of places by code."""

    found: WhatIf
    places: dict[str, str]


def what_if_folder(
    *,
    rules_root: Path,
    folder: Path,
    as_of: date,
    values: Iterable[str] = (),
    region: str = "",
    files: Iterable[Path] = (),
    off: Iterable[str] = (),
    benefits: Iterable[str] = (),
    out: Path | None = None,
    progress: Progress | None = None,
) -> TriedFolder:
    """Try changes over a folder of data. `values` and `benefits` are written name=value, `files` whole rule files.

    Values apply to `region`, by default to the smallest region that holds all households. Raises ChangeRefused,
    RulebookError, MissingParameters, UnreadableFile.
    """
    tell = progress or (lambda share, what: None)
    rulebook = load_rulebook(rules_root)
    inputs = trial_inputs(folder, rules_root=rules_root, as_of=as_of, tell=lambda share, what: tell(share * 0.5, what))
    try:
        place = RegionCode(region) if region else region_of(region_codes(inputs.registry))
    except ValueError as error:
        raise ChangeRefused("region", str(error)) from error
    places = place_names(inputs.registry)
    draft = Draft(rulebook, place, as_of, names=places)
    for one in values:
        draft.set_value(*_pair(one))
    for one in benefits:
        draft.set_benefit(*_pair(one))
    for path in files:
        draft.put(*_file(path))
    for rule_id in off:
        draft.switch_off(rule_id)
    if not draft.changes:
        raise ChangeRefused("nothing", "没有改动，请用 --set、--rule-file、--benefit 或 --off 说明要推演什么")
    found = what_if(
        today=rulebook,
        changed=draft.build(),
        registry=inputs.registry,
        snapshots=inputs.snapshots,
        as_of=as_of,
        changes=draft.told,
        progress=lambda share, what: tell(0.5 + share * 0.45, what),
    )
    if out is not None:
        tell(0.96, "写推演结果")
        out.parent.mkdir(parents=True, exist_ok=True)
        write_what_if(found, inputs.registry, out, rulebook=rulebook)
    tell(1.0, "完成")
    return TriedFolder(found, places)


@dataclass(frozen=True)
class LookedBackFolder:
    """A look-back over a folder, with what its figures rest on in sentences."""

    found: LookBack
    rulebook: Rulebook
    caveats: list[str]


def look_back_folder(
    *,
    rules_root: Path,
    folder: Path,
    first: str,
    last: str,
    window: int | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> LookedBackFolder:
    """Run today's rules over the months `first` to `last` (2022-10) of a folder. Enrolments are known until `last`.

    Raises ChangeRefused (months that are none), RulebookError, MissingParameters, UnreadableFile.
    """
    tell = progress or (lambda share, what: None)
    try:
        days = month_ends(Month(first), Month(last))
    except ValueError as error:
        raise ChangeRefused("month", str(error)) from error
    if not days:
        raise ChangeRefused("month", "结束月份早于开始月份")
    rulebook = load_rulebook(rules_root)
    today = days[-1]
    inputs = trial_inputs(folder, rules_root=rules_root, as_of=today, tell=lambda share, what: tell(share * 0.4, what))
    found = look_back(
        rulebook=rulebook,
        registry=inputs.registry,
        snapshots=inputs.snapshots,
        days=days,
        today=today,
        registries=inputs.registries,
        window=window,
        progress=lambda share, what: tell(0.4 + share * 0.55, what),
    )
    if out is not None:
        tell(0.96, "写回测结果")
        out.parent.mkdir(parents=True, exist_ok=True)
        write_look_back(found, inputs.registry, out, rulebook=rulebook)
    tell(1.0, "完成")
    return LookedBackFolder(found, rulebook, caveats(found, rulebook))


def region_codes(registry: RegistryTables) -> list[str]:
    """The regions that households of the registry live in."""
    rows = registry.household
    tables = [rows] if isinstance(rows, pa.Table) else [pq.read_table(path, columns=["region_code"]) for path in rows]
    return sorted({code for table in tables for code in table["region_code"].unique().to_pylist() if code})


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise ChangeRefused("pair", f"应写作 名称=值，例如 monitoring_line=8000，写的是 {text}")
    return name.strip(), value.strip()


def _file(path: Path) -> tuple[str, str]:
    """Where a file belongs under `rules/`, by what it says, and its text."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChangeRefused("file", f"读不了文件 {path}（{error}）") from error
    content = read_document(str(path), text).content
    if "when" in content:
        folder = "screening"
    elif "eligible" in content:
        folder = "policies"
    elif "expression" in content:
        folder = "facts"
    elif "values" in content:
        folder = "parameters"
    else:
        raise ChangeRefused("file", f"看不出 {path} 是规则、政策、事实还是参数")
    return f"{folder}/{content.get('id')}.yaml", text
