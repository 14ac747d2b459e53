"""Attempts to have a name taken for something else: a table, a file, a key."""
# ruff: noqa: E501 - one attempt a line

import pytest

from doudi.rulebook import RulebookError, build_rulebook

from ..conftest import LIMIT
from .conftest import FEED, RULE, SPENT, TEXTS, refused

# ---- names


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("../screening/medical.spent.yaml", RULE, "path"),
        ("screening/../../medical.spent.yaml", RULE, "path"),
        ("/etc/medical.spent.yaml", RULE, "path"),
        ("screening\\medical.spent.yaml", RULE, "path"),
        ("screening/sub/medical.spent.yaml", RULE, "path"),
        ("secrets/medical.spent.yaml", RULE, "path"),
        ("screening/medical.spent.yml", RULE, "path"),
        ("screening/.yaml", RULE, "path"),
        ("screening/a b.yaml", RULE, "path"),
        ("screening/x'; DROP TABLE alerts; --.yaml", RULE, "path"),
        ("screening/medical.spent\x00.yaml", RULE, "path"),
        ("feeds/registry.person.yaml", FEED.replace("id: bills", "id: registry.person"), "name"),
        ("feeds/members.yaml", FEED.replace("id: bills", "id: members"), "name"),
        ("feeds/facts.yaml", FEED.replace("id: bills", "id: facts"), "name"),
        ("feeds/household_facts.yaml", FEED.replace("id: bills", "id: household_facts"), "name"),
        ("feeds/a__b.yaml", FEED.replace("id: bills", "id: a__b"), "name"),
        ("facts/outcome__medical__spent.yaml", SPENT.replace("id: spent", "id: outcome__medical__spent"), "string_pattern_mismatch"),
        ("facts/gap_spent.yaml", SPENT.replace("id: spent", "id: gap_spent"), "name"),
        ("facts/household_key.yaml", SPENT.replace("id: spent", "id: household_key"), "name"),
        ("parameters/region_key.yaml", LIMIT.replace("id: limit_yuan", "id: region_key"), "name"),
        ("parameters/limit_yuan__json.yaml", LIMIT.replace("id: limit_yuan", "id: limit_yuan__json"), "string_pattern_mismatch"),
        ("parameters/as_of.yaml", LIMIT.replace("id: limit_yuan", "id: as_of"), "name"),
        ("screening/medical.a__b.yaml", RULE.replace("id: medical.spent", "id: medical.a__b"), "string_pattern_mismatch"),
        ("screening/medical_spent.yaml", RULE.replace("id: medical.spent", "id: medical_spent"), "string_pattern_mismatch"),
    ],
)  # fmt: skip
def test_a_name_is_never_taken_for_another_table_or_file(path: str, text: str, code: str) -> None:
    assert refused({path: text}) == [code]


def test_a_sheet_cannot_bring_its_own_keys() -> None:
    column = "  - {id: person_key, header: 钥匙, type: integer}\n"
    feed = FEED.replace("columns:\n", f"columns:\n{column}")
    with pytest.raises(RulebookError, match="没有名为 person_key 的字段"):
        build_rulebook(
            TEXTS | {"feeds/bills.yaml": feed, "facts/spent.yaml": SPENT.replace("SUM(paid)", "MAX(person_key)")}
        )
