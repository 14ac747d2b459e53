"""The rulebook the installation runs on, loaded once and again when a file or an approved change makes it another."""

import logging
import time
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from doudi.web.rulekeeping.overlay import ApprovedText, approved_texts, texts_on

if TYPE_CHECKING:
    from doudi.rulebook import Policy, Rule, Rulebook

log = logging.getLogger("doudi.discovery")


SECONDS_BETWEEN_LOOKS = 2.0
_looked: dict[Path, tuple[float, tuple[int, int], "tuple[ApprovedText, ...]"]] = {}
"""Folder → when its files' times and the approved changes were last looked at, and what was seen."""


def current_rulebook(on: date | None = None) -> "Rulebook":
    """The rulebook that counts on a day (today): the files, and over them what has been approved with effect by then.

    It is as it was two seconds ago at most. Raises `RulebookError` when a file or an approved text is wrong. At most
    one SQL statement, every two seconds.
    """
    folder, seen, approved = _look()
    day = on or timezone.localdate()
    texts = texts_on(approved, day)
    return _load(folder, seen) if not texts else _overlaid(folder, seen, tuple(sorted(texts.items())))


def rulebook_of_files() -> "Rulebook":
    """The files alone, without approved changes. Raises `RulebookError`."""
    folder, seen, _approved = _look()
    return _load(folder, seen)


def rulebook_changed() -> None:
    """Have the next reader look at once: a change has just been approved."""
    _looked.clear()


def _look() -> "tuple[Path, tuple[int, int], tuple[ApprovedText, ...]]":
    folder = Path(settings.DOUDI_RULES_DIR)
    now = time.monotonic()
    found = _looked.get(folder)
    if found is None or now - found[0] >= SECONDS_BETWEEN_LOOKS:
        found = _looked[folder] = now, _newest(folder), approved_texts()
    return folder, found[1], found[2]


@lru_cache(maxsize=2)
def _load(folder: Path, seen: tuple[int, int]) -> "Rulebook":
    from doudi.rulebook import load_rulebook

    return load_rulebook(folder)


@lru_cache(maxsize=4)
def _overlaid(folder: Path, seen: tuple[int, int], texts: tuple[tuple[str, str], ...]) -> "Rulebook":
    from doudi.rulebook import build_rulebook

    return build_rulebook({**_load(folder, seen).texts, **dict(texts)}, prefix=f"{folder}/")


def _newest(folder: Path) -> tuple[int, int]:
    times = [file.stat().st_mtime_ns for file in folder.rglob("*.yaml")]
    return len(times), max(times, default=0)


def rules_for_choice() -> "list[Rule]":
    """The rules for a filter; none while a file is broken, since the clues themselves can still be worked on."""
    rulebook = _whole_rulebook()
    return list(rulebook.rules.values()) if rulebook is not None else []


def _whole_rulebook() -> "Rulebook | None":
    from doudi.rulebook import RulebookError

    try:
        return current_rulebook()
    except RulebookError as problem:
        log.warning("the rulebook can't be read: %s", problem)
        return None


@dataclass(frozen=True)
class Title:
    """The name of a rule, fact or parameter in both languages, with its unit."""

    title: str
    title_en: str = ""
    unit: str = ""


def rule_of(rule_id: str) -> "Rule | None":
    """The rule as the rulebook has it now; None for one that it no longer knows."""
    rulebook = _whole_rulebook()
    return rulebook.rules.get(rule_id) if rulebook is not None else None


def rule_title(rule_id: str) -> Title:
    return _title("rules", rule_id)


def rule_department(rule_id: str) -> str:
    """The department that answers for a rule; empty for one that the rulebook no longer knows."""
    rulebook = _whole_rulebook()
    rule = rulebook.rules.get(rule_id) if rulebook is not None else None
    return str(rule.department or "") if rule is not None else ""


def fact_department(fact_id: str) -> str:
    """The department whose table a fact comes from; empty for what the register or several tables say."""
    rulebook = _whole_rulebook()
    fact = rulebook.facts.get(fact_id) if rulebook is not None else None
    return fact.source.department if fact is not None and fact.source.is_feed else ""


def fact_title(fact_id: str) -> Title:
    return _title("facts", fact_id)


def _title(kind: str, name: str) -> Title:
    """The names of one thing; its identifier when the rulebook no longer knows it or is being edited just now."""
    rulebook = _whole_rulebook()
    thing = getattr(rulebook, kind).get(name) if rulebook is not None else None
    if thing is None:
        return Title(name, name)
    return Title(thing.title, thing.title_en or "", str(getattr(thing, "unit", "") or ""))


def policy_title(policy_id: str) -> Title:
    return _title("policies", policy_id)


def policies_for_choice() -> "list[Policy]":
    """The policies for a filter; none while a file is broken."""
    rulebook = _whole_rulebook()
    return list(rulebook.policies.values()) if rulebook is not None else []
