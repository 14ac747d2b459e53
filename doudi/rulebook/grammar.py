"""From the text of a condition or formula to a checked tree: what is refused before parsing, and parsing itself.

What a parsed tree may hold is said in `nodes.py`.
"""

import re
from collections.abc import Mapping
from typing import Final, cast

from sqlglot import exp, tokenize
from sqlglot import parse as sqlglot_parse
from sqlglot.errors import SqlglotError

from doudi.rulebook.nodes import AGGREGATES, Builder
from doudi.rulebook.typed import PredicateError, Typed, refuse
from doudi.rulebook.value_types import ColumnType

__all__ = ["AGGREGATES", "PredicateError", "Typed", "parse"]

MAX_LENGTH: Final = 2000
_QUOTES_REFUSED = re.compile(r"""[";`$@?\\{}\x00]|--|/\*|::|->|(?i:\b[ensubrx]&?')""")
"""Refused before parsing, outside of string literals: quoted names, statements' ends, comments, parameters, casts …"""


def parse(
    text: str, columns: Mapping[str, ColumnType], *, aggregates: bool, constants: frozenset[str] = frozenset()
) -> Typed:
    """A typed, rebuilt tree of the text. With `aggregates`, only `constants` may stand outside of one.

    Raises PredicateError.
    """
    if not isinstance(text, str) or not text.strip():
        refuse("empty", "条件是空的", "写出条件")
    if len(text) > MAX_LENGTH:
        refuse("too_long", f"条件超过{MAX_LENGTH}个字符", "拆成几个事实或几条规则")
    outside = re.sub(r"'(?:[^']|'')*'", "''", text)
    if found := _QUOTES_REFUSED.search(outside):
        refuse("not_allowed", f"条件里不能出现 {found[0]}", "只用字段名、数字、单引号文字和允许的函数")
    if re.search(r"''\s+''", outside):
        refuse("not_allowed", "两段文字之间缺少运算符", "检查引号")
    try:
        if any(token.comments for token in tokenize(text, read="duckdb")):
            refuse("not_allowed", "条件里不能有注释", "注释写在 YAML 的 # 后面")
        statements = sqlglot_parse(text, read="duckdb")
    except (SqlglotError, RecursionError) as error:
        detail = str(error).replace("\n", " ") if isinstance(error, SqlglotError) else "括号太多"
        raise PredicateError(
            "syntax", f"条件读不懂：{text[:120]}", f"检查括号、引号和运算符（{_plain(detail)}）"
        ) from error
    if len(statements) != 1 or statements[0] is None:
        refuse("not_allowed", "只能写一个条件", "用 AND / OR 连接")
    try:
        return Builder(columns, aggregates=aggregates, constants=constants).top(cast(exp.Expression, statements[0]))
    except RecursionError as error:
        raise PredicateError("too_long", "条件嵌套太深", "拆成几个事实") from error


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)[:160]
