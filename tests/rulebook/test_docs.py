"""The guides for rule writers: every YAML example is put into a copy of rules/ and must load, and its cases must hold.

A fence that opens with ```yaml rules/<folder>/<file> is a whole file; with `+` before the path it is added to the
delivered file; with `!` it is a line of that file with a mistake in it, with `?` a doubtful one, and the block after it
is what `rules check` prints.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from doudi.feeds.contract import load_contracts
from doudi.rulebook import Rulebook, RulebookError, load_rulebook
from doudi.rulebook.calendar_functions import FUNCTIONS
from doudi.rulebook.checking import doubts
from doudi.screening.cases import run_cases
from doudi.screening.cleaning.cases import run_check_cases
from doudi.screening.entitlement_cases import run_policy_cases

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "docs" / name for name in ("rule-writers.md", "rule-writers.zh.md")]
_FENCE = re.compile(r"^```(\w*)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARKED = re.compile(r"^([+!?]?)(rules/(?:parameters|facts|screening|policies|checks|feeds)/[\w.]+\.yaml)$")


@dataclass(frozen=True)
class Example:
    """A marked YAML fence: what to do with it, the file it speaks of, and the text of the block after it."""

    mark: str
    file: str
    text: str
    after: str


def examples(guide: Path) -> list[Example]:
    """The examples of a guide in order. A YAML fence without a file is refused: nothing would hold it."""
    blocks = _FENCE.findall(guide.read_text(encoding="utf-8"))
    found = []
    for number, (language, heading, text) in enumerate(blocks):
        if language != "yaml":
            continue
        marked = _MARKED.match(heading.strip())
        assert marked, f"{guide.name}: a YAML example without its file: {text[:80]}"
        after = blocks[number + 1][2] if number + 1 < len(blocks) else ""
        found.append(Example(marked[1], marked[2], text, after))
    return found


@pytest.fixture(params=GUIDES, ids=lambda guide: guide.name)
def guide(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the rules delivered, in a folder of the same name."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    return tmp_path


def written(example: Example, root: Path) -> Path:
    file = root / example.file
    before = file.read_text(encoding="utf-8") if example.mark == "+" else ""
    file.write_text(before + example.text, encoding="utf-8")
    return file


@contextmanager
def put_in(example: Example, root: Path) -> Iterator[None]:
    """Put the line of an example in the place of the file's own, and take it back afterwards."""
    file = root / example.file
    delivered = file.read_text(encoding="utf-8")
    key = example.text.split(":", 1)[0]
    line = next(line for line in delivered.splitlines(keepends=True) if line.startswith(f"{key}:"))
    changed = delivered.replace(line, example.text, 1)
    assert changed != delivered, example
    file.write_text(changed, encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(delivered, encoding="utf-8")


def with_examples(guide: Path, root: Path) -> Rulebook:
    for example in examples(guide):
        if example.mark in ("", "+"):
            written(example, root)
    load_contracts(root / "rules")
    return load_rulebook(root / "rules")


def test_the_examples_of_a_guide_make_a_sound_rulebook_without_warnings(guide: Path, copy: Path) -> None:
    rulebook = with_examples(guide, copy)
    assert [str(warning) for warning in rulebook.warnings] == []


def test_the_cases_of_the_examples_hold(guide: Path, copy: Path) -> None:
    rulebook = with_examples(guide, copy)
    told = [
        Path(example.file).stem for example in examples(guide) if "/screening/" in example.file and not example.mark
    ]
    assert told
    policies = [Path(example.file).stem for example in examples(guide) if "/policies/" in example.file]
    checks = [Path(example.file).stem for example in examples(guide) if "/checks/" in example.file]
    assert policies
    assert checks
    of_checks = run_check_cases(rulebook, checks=checks)
    assert len(of_checks) > len(checks)
    assert [one.problem for one in of_checks if not one.passed] == []
    of_rules, of_policies = run_cases(rulebook, rules=told), run_policy_cases(rulebook, policies=policies)
    assert len(of_rules) > len(told)
    assert len(of_policies) > len(policies)
    assert [one.problem for one in of_rules if not one.passed] == []
    assert [one.problem for one in of_policies if not one.passed] == []


def test_each_mistake_shown_is_answered_as_printed(guide: Path, copy: Path) -> None:
    shown = [example for example in examples(guide) if example.mark == "!"]
    assert shown
    for example in shown:
        with put_in(example, copy), pytest.raises(RulebookError) as refused:
            load_rulebook(copy / "rules")
        said = [f"✗ {problem}".replace(f"{copy}/", "") for problem in refused.value.problems]
        assert example.after.strip().splitlines() == said


def test_each_doubt_shown_is_told_as_printed(guide: Path, copy: Path) -> None:
    shown = [example for example in examples(guide) if example.mark == "?"]
    assert shown
    for example in shown:
        with put_in(example, copy):
            found = doubts(load_rulebook(copy / "rules"), on=date(2023, 8, 1))
        said = [f"! {problem}".replace(f"{copy}/", "") for problem in found]
        assert example.after.strip().splitlines() == [line for line in said if example.file in line]


def test_a_case_that_fails_is_told_as_printed(guide: Path, copy: Path) -> None:
    rule = copy / "rules/screening/income.under_line_not_enrolled.yaml"
    rule.write_text(rule.read_text(encoding="utf-8").replace(": 7099,", ": 7101,"), encoding="utf-8")
    results = run_cases(load_rulebook(copy / "rules"), rules=[rule.stem])
    (said,) = (result.problem for result in results if not result.passed)
    assert f"✗ {said.replace(f'{copy}/', '')}\n" in guide.read_text(encoding="utf-8")


def test_both_guides_show_the_same_examples() -> None:
    english, chinese = (
        [(one.mark, one.file, one.text, one.after if one.mark in ("!", "?") else "") for one in examples(guide)]
        for guide in GUIDES
    )
    assert english == chinese


def test_the_guides_name_every_calendar_function(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if name not in text] == []
