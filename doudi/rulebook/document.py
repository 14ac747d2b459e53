"""One YAML file of the rulebook with the line of everything in it, and the problems found."""

import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Path_ = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a rulebook file, for the officer who owns it. `severity`: error refuses, warning tells."""

    file: str
    line: int
    code: str
    message: str
    remedy: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" + (f"；{self.remedy}" if self.remedy else "")


class RulebookError(ValueError):
    """A rulebook that cannot be used; `.problems` name file, line, what is wrong and what to do."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same YAML, several times faster where the C library is there."""


class _Loader(_Base):
    """YAML as officers mean it: only true/false are booleans (`on` is a word), 017 and 1:30 are no numbers, and no key
    is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _tag("merge"):
                raise _wrong("键只能是一个词", key)
            if key.value in seen:
                raise _wrong(f"“{key.value}”写了两次", key)
            seen.add(key.value)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return made


def _tag(name: str) -> str:
    return f"tag:yaml.org,2002:{name}"


def _wrong(message: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, message, node.start_mark)


def _scalar(name: str) -> Callable[[Any, yaml.ScalarNode], Any]:
    """The YAML library's reading of a number or a day, with the line of one that is none."""
    read = yaml.SafeLoader.yaml_constructors[_tag(name)]

    def constructed(loader: Any, node: yaml.ScalarNode) -> Any:
        try:
            value = read(loader, node)
        except (ValueError, OverflowError) as error:
            raise _wrong(f"不是有效的数字或日期：{node.value[:40]}", node) from error
        if isinstance(value, float) and not math.isfinite(value):
            raise _wrong(f"不是有效的数字：{node.value[:40]}", node)
        return value

    return constructed


_OWN_FORMS: Final = {
    "bool": (r"^(?:true|false)$", "tf"),
    "int": (r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    "float": (r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$", "-+0123456789"),
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in map(_tag, _OWN_FORMS)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _name, (_form, _first) in _OWN_FORMS.items():
    _Loader.add_implicit_resolver(_tag(_name), re.compile(_form), list(_first))
for _name in ("int", "float", "timestamp"):
    _Loader.add_constructor(_tag(_name), _scalar(_name))

MAX_LENGTH: Final = 200_000
"""Characters of a file; the longest in use has a few thousand."""
MAX_DEPTH: Final = 20
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that nobody sees on the screen: a reviewer would read another text than the one that counts."""


def _plain(file: str, text: str) -> None:
    """Refuse what a rule never needs and what can be used to hide or to blow up: invisible characters, anchors and
    aliases, tags, nesting without end."""

    def refuse(line: int, message: str, remedy: str) -> None:
        raise RulebookError([Problem(file, line, "yaml", message, remedy)])

    if len(text) > MAX_LENGTH:
        refuse(1, f"文件超过{MAX_LENGTH}个字符", "拆成几个文件")
    if found := _UNSEEN.search(text.removeprefix("\ufeff").replace("\r\n", "\n")):
        line = text.count("\n", 0, found.start()) + 1
        refuse(line, f"有看不见的字符（U+{ord(found[0]):04X}）", "删去这个字符，重新输入这一行")
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None):  # of an anchor, and of an alias
            refuse(line, "不能用锚点和引用（& 和 *）", "把内容写全；文字以 & 或 * 开头时加引号")
        if tag := getattr(event, "tag", None):
            refuse(line, f"不能用类型标记（{tag}）", "去掉感叹号；文字以 ! 开头时加引号")
        if isinstance(event, yaml.ScalarEvent) and _UNSEEN.search(event.value):
            refuse(line, "文字里有看不见的字符", "不要用反斜线写控制字符")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            refuse(line, f"层次超过{MAX_DEPTH}层", "对照其他文件改正缩进和括号")


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML mapping with the lines of its parts; `file` is the path as messages show it."""

    file: str
    content: Mapping[str, Any]
    lines: Mapping[Path_, int]

    def line(self, *path: str | int) -> int:
        """Line of a part, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, code: str, message: str, remedy: str = "", *, at: Path_ = (), severity: str = "error") -> Problem:
        return Problem(self.file, self.line(*at), code, message, remedy, severity)


def read_document(file: str, text: str) -> Document:
    """Parse one file. Raises RulebookError when it is no YAML mapping."""
    try:
        _plain(file, text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            content = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except RulebookError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"不是有效的 YAML（{error.problem}）"
        raise RulebookError([Problem(file, line, "yaml", message, "检查缩进、引号和冒号")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RulebookError([Problem(file, 1, "yaml", f"不是有效的 YAML（{error}）", "检查文件内容")]) from error
    if not isinstance(content, dict) or node is None:
        raise RulebookError([Problem(file, 1, "yaml", "内容应为“键: 值”", "至少要有 id 和 title")])
    return Document(file, content, dict(_walk(node, ())))


def _walk(node: yaml.Node, path: Path_) -> Iterator[tuple[Path_, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, str(key.value)), key.start_mark.line + 1
            for below, line in _walk(value, (*path, str(key.value))):
                if below != (*path, str(key.value)):
                    yield below, line
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            yield from _walk(value, (*path, position))


_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("缺少 {name}", "请补上"),
    "extra_forbidden": ("不认识 {name}", "请删除或改正拼写"),
    "literal_error": ("{name} 只能是 {expected}", "请改正"),
    "string_pattern_mismatch": ("{name} 只能用小写字母、数字、下划线和点，以字母开头", "请改正"),
    "bool_type": ("{name} 应为 true 或 false", "请改正"),
    "string_type": ("{name} 应为文字", "数字或日期请加引号"),
    "date_type": ("{name} 应为日期", "写成 2023-08-01"),
    "date_from_datetime_parsing": ("{name} 应为日期", "写成 2023-08-01"),
    "too_short": ("{name} 不能为空", "请补上"),
    "string_too_short": ("{name} 不能为空", "请补上"),
    "value_error": ("{reason}", ""),
}


def parsed(document: Document, model: type[Model]) -> Model:
    """The document as a checked model. Raises RulebookError with a sentence for every mistake."""
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        raise RulebookError([mistake(document, one) for one in error.errors()]) from error


def mistake(document: Document, error: Any) -> Problem:
    """A mistake that pydantic found, told to people."""
    place = tuple(error["loc"])
    name = next((str(step) for step in reversed(place) if isinstance(step, str)), "内容")
    context = error.get("ctx", {})
    sentence, remedy = _SENTENCES.get(error["type"], ("{name} 的写法不对（{message}）", "请对照其他文件改正"))
    reason = context.get("error", "")
    text = sentence.format(name=name, expected=context.get("expected", ""), reason=reason, message=error["msg"])
    if error["type"] == "value_error" and "；" in text:
        text, remedy = text.split("；", 1)
    return document.problem(error["type"], text, remedy, at=place)
