"""One file of the rulebook with one thing changed: a value from a day on, a condition, a benefit; the rest untouched.

Each function takes the text of a file and gives the new text: comments, order and spelling of everything else stay.
Whether the new text is right is not looked at here: `loading.build_rulebook` says that, with file and line.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import yaml

from doudi.rulebook.parameters import Value
from doudi.standards.regions import RegionCode, parse_region_code

Span = tuple[int, int]
FORMULAS = ("when", "eligible", "receives", "over_when", "benefit", "received_amount")
"""Keys of rules and policies that hold conditions and formulas."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_QUOTED = re.compile(r"'[^']*'")
_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)")


def with_value(
    text: str,
    *,
    region: RegionCode,
    value: Value | list[str] | None,
    source: str,
    starts: date | None = None,
    income_year: int | None = None,
    verified: bool = False,
) -> str:
    """A parameter's file with a value for a region, from a day on (`starts`) or for an income year.

    A value that the file already has for the same region and day (or year) gives way; one whose `until` reaches beyond
    the day ends on the day before. `value` None ends what held before. `source`: the document it comes from.
    """
    if (starts is None) == (income_year is None):
        raise ValueError("starts 和 income_year 应只给一个")
    entries = _part(_tree(text), "values")
    if not isinstance(entries, yaml.SequenceNode):
        raise ValueError("参数文件里没有 values 列表")
    spans: list[tuple[Span, str]] = []
    given_way = False
    for entry in entries.value:
        held = {key.value: node for key, node in entry.value}
        if "region" not in held or _region(held["region"].value) != region:
            continue
        if _same(held, starts, income_year):
            given_way = True
            spans += _given_way(text, held, value, source, verified)
        elif starts is not None and "until" in held:
            begun, until = _day(held.get("from")), _day(held["until"])
            if begun is not None and until is not None and begun < starts <= until:
                spans.append((_span(text, held["until"]), (starts - timedelta(days=1)).isoformat()))
    if given_way:
        return _replaced(text, spans)
    new: dict[str, Any] = {"region": str(region)}
    new |= {"from": starts} if starts is not None else {"income_year": income_year}
    new |= {"value": _plain(value), "source": {"document": source}, "verified": verified}
    end, indent = _end_of(text, entries)
    dash = f"\n{' ' * indent}- "
    lines = f"\n{' ' * indent}  ".join(f"{key}: {_written(part)}" for key, part in new.items())
    return _replaced(text, [*spans, ((end, end), dash + lines)])


def with_condition(text: str, when: str, *, facts: Collection[str], parameters: Collection[str]) -> str:
    """A rule's file with another condition (see `with_formula`)."""
    return with_formula(text, "when", when, facts=facts, parameters=parameters)


def with_formula(
    text: str, key: str, formula: str | float, *, facts: Collection[str], parameters: Collection[str]
) -> str:
    """A rule's or policy's file with another condition or formula; `facts`, `parameters`: names the rulebook knows.

    The lists of what the file uses follow the formula, and its examples get the facts that are new, as unknown. Raises
    ValueError when the file has no such key.
    """
    tree = _tree(text)
    used = _words(str(formula))
    for name, node in tree.value:
        if name.value in FORMULAS and name.value != key and isinstance(node, yaml.ScalarNode):
            used |= _words(str(node.value))
        elif isinstance(node, yaml.ScalarNode):
            used |= set(_SLOT.findall(node.value))
    escalate = _part(tree, "escalate")
    if escalate is not None:
        used |= _words(_scalar(escalate, "when"))
    received = _part(tree, "received")
    of_receipt = {word for _key, node in received.value for word in _words(str(node.value))} if received else set()
    spans: list[tuple[Span, str]] = [(_span(text, _part(tree, key)), _written(_plain(formula)))]
    needed = _listed(tree, "facts", used, facts, kept=of_receipt)
    spans.append((_span(text, _part(tree, "facts")), _written(needed)))
    named = _listed(tree, "parameters", used, parameters, kept=of_receipt)
    listed = _part(tree, "parameters")
    if listed is not None:
        spans.append((_span(text, listed), _written(named)))
    elif named:
        start = _key(tree, key).start_mark.index
        spans.append(((start, start), f"parameters: {_written(named)}\n"))
    before = _listed(tree, "facts", set(facts), ())
    cases = _part(tree, "cases")
    for case in cases.value if isinstance(cases, yaml.SequenceNode) else ():
        given = _part(case, "given")
        if isinstance(given, yaml.MappingNode):
            known = yaml.safe_load(text[slice(*_span(text, given))]) if given.value else {}
            beside = {name: value for name, value in known.items() if name not in before}
            wanted = {name: known.get(name) for name in needed} | beside
            if wanted != known:
                spans.append((_span(text, given), _written(wanted)))
    return _replaced(text, spans)


def with_part(text: str, key: str, value: Any) -> str:
    """A file with another value of one of its top keys (a policy's `benefit`, a rule's `level`); added when not there.

    Raises ValueError when the file is no mapping.
    """
    tree = _tree(text)
    there = _part(tree, key)
    if there is None:
        return f"{text.rstrip()}\n{key}: {_written(value)}\n"
    return _replaced(text, [(_span(text, there), _written(value))])


def _tree(text: str) -> yaml.MappingNode:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("内容应为“键: 值”")
    return node


def _key(tree: yaml.MappingNode, key: str) -> yaml.Node:
    return next(name for name, _node in tree.value if name.value == key)


def _part(tree: yaml.Node, key: str) -> yaml.Node | None:
    pairs = tree.value if isinstance(tree, yaml.MappingNode) else ()
    return next((node for name, node in pairs if name.value == key), None)


def _scalar(tree: yaml.Node, key: str) -> str:
    part = _part(tree, key)
    return str(part.value) if isinstance(part, yaml.ScalarNode) else ""


def _listed(
    tree: yaml.Node, key: str, used: set[str], known: Collection[str], *, kept: Collection[str] = ()
) -> list[str]:
    """What stays of a list, in its order (what is `used` or `kept`), then what is new to it."""
    there = _part(tree, key)
    before = [str(one.value) for one in there.value] if isinstance(there, yaml.SequenceNode) else []
    return [name for name in before if name in used or name in kept] + sorted((used & set(known)) - set(before))


def _words(formula: str) -> set[str]:
    """The names in a formula; quoted codes are none."""
    return set(_NAME.findall(_QUOTED.sub("", formula)))


def _region(text: str) -> RegionCode | None:
    try:
        return parse_region_code(text)
    except ValueError:
        return None


def _day(node: yaml.Node | None) -> date | None:
    try:
        return date.fromisoformat(str(node.value)) if node is not None else None
    except ValueError:
        return None


def _same(held: dict[str, yaml.Node], starts: date | None, income_year: int | None) -> bool:
    if income_year is not None:
        return "income_year" in held and str(held["income_year"].value) == str(income_year)
    return starts is not None and _day(held.get("from")) == starts


def _given_way(
    text: str, held: dict[str, yaml.Node], value: Any, source: str, verified: bool
) -> Iterator[tuple[Span, str]]:
    yield _span(text, held["value"]), _written(_plain(value))
    if "source" in held:
        yield _span(text, held["source"]), _written({"document": source})
    if "verified" in held:
        yield _span(text, held["verified"]), _written(verified)


def _span(text: str, node: yaml.Node | None) -> Span:
    """From where to where a node stands; the blank lines and comments after it are not its own."""
    if node is None:
        raise ValueError("文件里没有这一项")
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        parts = [part for one in node.value for part in (one if isinstance(one, tuple) else (one,))]
        end = max(_span(text, part)[1] for part in parts)
    kept = text[start:end].rstrip()
    return start, start + len(kept)


def _end_of(text: str, entries: yaml.SequenceNode) -> tuple[int, int]:
    """Where a new entry of a list goes, and how far in its dash stands."""
    _start, end = _span(text, entries)
    line_end = text.find("\n", end)
    column: int = entries.start_mark.column
    return (len(text.rstrip("\n")) if line_end < 0 else line_end), column


def _replaced(text: str, spans: Iterable[tuple[Span, str]]) -> str:
    for (start, end), new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text if text.endswith("\n") else text + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def _written(value: Any) -> str:
    """A value as one line of YAML."""
    told = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10**6)
    return told.removesuffix("...\n").strip()
