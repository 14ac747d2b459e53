"""Two texts of a rulebook file side by side: what differs in words, and line by line."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from sqlglot.errors import SqlglotError

from doudi.rulebook import Rulebook, RulebookError
from doudi.rulebook.document import read_document
from doudi.web.layout.templatetags.layout import cited, code, shown
from doudi.web.rulekeeping.reading import outcome_word, words_for

CONTEXT_LINES = 2


@dataclass(frozen=True)
class Difference:
    """One thing that two texts say differently, in words; empty: not said."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class TextLine:
    """A line of a comparison: kind is same, gone, new or gap; numbers are of the older and the newer text."""

    kind: str
    text: str
    old: int | None = None
    new: int | None = None


def differences(before: str, after: str, book: Rulebook) -> list[Difference]:
    """What differs in words, in the order of the newer text. `book` gives the titles; texts may be half-written."""
    old, new = _content(before), _content(after)
    found: list[Difference] = []
    for key in dict.fromkeys([*new, *old]):
        if old.get(key) != new.get(key):
            found += _different(key, old.get(key), new.get(key), book)
    return found


def _content(text: str) -> Mapping[str, Any]:
    try:
        return read_document("", text).content if text.strip() else {}
    except RulebookError:
        return {}


def _different(key: str, old: Any, new: Any, book: Rulebook) -> Iterator[Difference]:
    if key in {"cases", "values"} and not (isinstance(old, str) or isinstance(new, str)):
        yield from _lists(key, old or [], new or [])
        return
    yield Difference(_label(key), _told(key, old, book), _told(key, new, book))


def _lists(key: str, old: list[Any], new: list[Any]) -> Iterator[Difference]:
    """Examples and values one by one: those that are gone, those that came, those that changed."""
    write = _case if key == "cases" else _value
    known = {_key_of(key, one): one for one in old if isinstance(one, dict)}
    now = {_key_of(key, one): one for one in new if isinstance(one, dict)}
    for name in dict.fromkeys([*now, *known]):
        before, after = known.get(name), now.get(name)
        if before != after:
            yield Difference(_label(key), write(before), write(after))


def _key_of(key: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    if key == "cases":
        return (str(one.get("name", "")),)
    return str(one.get("region", "")), str(one.get("from", one.get("income_year", "")))


def _case(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return ""
    outcome = outcome_word(str(one.get("then", "")), one.get("level"))
    return f"{one.get('name', '')} → {outcome}"


def _value(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return ""
    since = one.get("from")
    when = _("自 %s 起") % since if since else _("%s 收入年度") % one.get("income_year", "")
    until = _("至 %s") % one["until"] if one.get("until") else ""
    source = cited(one["source"]) if isinstance(one.get("source"), dict) else ""
    verified = _("已核实") if one.get("verified") else _("待县核实")
    value = _("停用") if one.get("value") is None else shown(one["value"])
    return " · ".join(part for part in (str(one.get("region", "")), when + until, value, source, verified) if part)


def _label(key: str) -> str:
    return {
        "id": _("编号"),
        "version": _("版本"),
        "state": _("状态"),
        "title": _("名称"),
        "title_en": _("英文名称"),
        "description": _("说明"),
        "level": _("级别"),
        "escalate": _("提高级别的条件"),
        "risk": _("风险类型"),
        "subject": _("判断对象"),
        "department": _("责任部门"),
        "legal_basis": _("政策依据"),
        "in_force": _("有效期"),
        "facts": _("用到的事实"),
        "parameters": _("用到的标准"),
        "when": _("条件"),
        "because": _("说明的句子"),
        "because_en": _("英文句子"),
        "verify": _("核实要点"),
        "cases": _("例子"),
        "values": _("取值"),
        "eligible": _("享受条件"),
        "benefit": _("标准"),
    }.get(key, key)


def _told(key: str, value: Any, book: Rulebook) -> str:
    if value is None or value == "":
        return ""
    if key in {"when", "eligible", "receives"}:
        return _formula(str(value), book)
    if key == "escalate" and isinstance(value, dict):
        return f"{outcome_word('raised', value.get('level'))}：{_formula(str(value.get('when', '')), book)}"
    if key == "level":
        return outcome_word("raised", value)
    if key in {"risk", "department"}:
        return code(value, "risk_type" if key == "risk" else "department")
    if key == "state":
        return state_word(str(value))
    if key == "subject":
        return {"person": _("按人"), "household": _("按户"), "village": _("按村"), "township": _("按乡镇")}.get(
            value, str(value)
        )
    if key == "legal_basis" and isinstance(value, list):
        return "；".join(cited(one) for one in value if isinstance(one, dict))
    if key in {"facts", "parameters"} and isinstance(value, list):
        things: Any = getattr(book, key)
        return "、".join(things[name].title if name in things else str(name) for name in value)
    if key == "in_force" and isinstance(value, dict):
        until = value.get("until")
        return (_("自 %s 起") % value.get("from", "")) + (_("至 %s") % until if until else "")
    if isinstance(value, list):
        return "；".join(str(one) for one in value)
    return str(value) if isinstance(value, (str, date, dict)) else shown(value)


def _formula(text: str, book: Rulebook) -> str:
    try:
        return words_for(book).sentence(text)
    except (SqlglotError, RecursionError, ValueError, AttributeError, KeyError):  # half-written: shown as it is
        return text


def state_word(state: str) -> str:
    return {
        "draft": _("草稿"),
        "reviewed": _("已审核"),
        "coming": _("待施行"),
        "in_force": _("施行中"),
        "retired": _("已停用"),
    }.get(state, state)


def text_lines(before: str, after: str) -> list[TextLine]:
    """The two texts line by line, with a few lines around each change and gaps between."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[TextLine] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT_LINES):
        if lines:
            lines.append(TextLine("gap", "…"))
        for kind, start, end, start_new, end_new in group:
            if kind == "equal":
                lines += [
                    TextLine("same", text, start + number + 1, start_new + number + 1)
                    for number, text in enumerate(old[start:end])
                ]
                continue
            lines += [TextLine("gone", text, start + number + 1) for number, text in enumerate(old[start:end])]
            lines += [
                TextLine("new", text, None, start_new + number + 1)
                for number, text in enumerate(new[start_new:end_new])
            ]
    return lines
