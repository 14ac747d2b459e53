"""README and docs/ keep up with the product: links lead somewhere, both languages agree, the table of roles is true."""

import re
from pathlib import Path

import pytest

from doudi.rulebook import load_rulebook
from doudi.web.accounts.roles import PERMISSIONS, Action, Role

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """The names under which the headings of a page are reached."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_or_heading(page: Path) -> None:
    for link in _LINK.findall(text_of(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(text_of(target)), f"{page.name}: {link}"


def test_the_readme_says_the_same_commands_and_pictures_in_both_languages() -> None:
    english, chinese = text_of(ROOT / "README.md"), text_of(ROOT / "README.zh-CN.md")
    assert _CODE.findall(english) == _CODE.findall(chinese)
    shown = [sorted(set(re.findall(r"docs/images/[\w-]+\.png", text))) for text in (english, chinese)]
    assert shown[0] == shown[1]
    for text in (english, chinese):
        assert text.count("<!-- bench -->") == text.count("<!-- /bench -->") == 1


WORDS = {10: ("ten", "十"), 17: ("seventeen", "十七"), 35: ("thirty-five", "三十五"), 39: ("thirty-nine", "三十九")}


def test_the_guides_count_rules_policies_and_sheets_as_they_are() -> None:
    rulebook = load_rulebook(ROOT / "rules")
    rules, policies = len(rulebook.rules), len(rulebook.policies)
    departments = WORDS[len({rule.department for rule in rulebook.rules.values()})]
    regional = WORDS[sum(rule.regional for rule in rulebook.rules.values())]
    sheets = WORDS[
        len([file for file in (ROOT / "rules/feeds").glob("*.yaml") if not file.stem.startswith("registry_")])
    ]
    english, chinese = " ".join(text_of(ROOT / "README.md").split()), text_of(ROOT / "README.zh-CN.md")
    assert f"by {rules} rules of {departments[0]} departments" in english
    assert f"{regional[0]} of them watch whole villages and townships" in english
    assert f"{policies} assistance policies" in english
    assert f"{len(rulebook.checks)} checks across fields and sheets" in english
    assert f"{len(rulebook.checks)} 项数据核查" in chinese
    assert f"{sheets[0].capitalize()} department sheets" in english
    assert f"{departments[1]}个部门的 {rules} 条规则" in chinese
    assert f"其中{regional[1]}条看整村整乡" in chinese
    assert f"{policies} 项帮扶政策" in chinese
    assert f"{sheets[1]}种部门表" in chinese
    officers = text_of(ROOT / "docs/officers.zh.md")
    assert f"{rules} 条规则" in officers
    assert f"{policies} 项帮扶政策" in officers


def test_pictures_are_small() -> None:
    assert [file.name for file in (ROOT / "docs/images").glob("*.png") if file.stat().st_size > 200_000] == []


OFFICERS_TABLES = (
    (
        "看到的范围",
        (
            Action.CLUE_SEE,
            Action.HOUSEHOLD_UNMASK,
            Action.CLUE_EXPORT,
            Action.INTAKE_FEED,
            Action.SCREENING_SEE,
            Action.SCREENING_RUN,
        ),
    ),
    (
        "",
        (
            Action.RULES_SEE,
            Action.RULES_DRAFT,
            Action.RULES_REVIEW,
            Action.RULES_APPROVE,
            Action.TRIAL_SEE,
            Action.TRIAL_RUN,
        ),
    ),
    (
        "",
        (
            Action.CLEANING_SEE,
            Action.CLEANING_CORRECT,
            Action.CLEANING_SEND,
            Action.CLEANING_EXEMPT,
            Action.CLEANING_RUN,
            Action.CLEANING_EXPORT,
            Action.EMPLOYMENT_SEE,
            Action.MATCH_SEE,
            Action.MATCH_DECIDE,
            Action.DUPLICATE_DECIDE,
        ),
    ),
)
"""The tables of the officers' guide: the heading of a column before the actions, if there is one, and the actions."""


@pytest.mark.parametrize(("before", "columns"), OFFICERS_TABLES, ids=("households", "rules", "data"))
def test_the_officers_guide_tells_what_each_role_may_do(before: str, columns: tuple[Action, ...]) -> None:
    ahead = 2 if before else 1
    rows = [line.strip("|").split("|") for line in text_of(ROOT / "docs/officers.zh.md").splitlines() if "|" in line]
    told = {
        row[0].strip(): [bool(cell.strip()) for cell in row[ahead:]] for row in rows if len(row) == len(columns) + ahead
    }
    for role in Role:
        label = "系统管理员、安全管理员、审计管理员" if str(role.label).endswith("管理员") else str(role.label)
        assert told[label] == [action in PERMISSIONS[role] for action in columns], label
