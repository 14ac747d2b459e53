"""The whitelist behind `grammar.py`: every node SQLGlot may hand us, its allowed parts and its type.

A tree is never passed on as parsed: each node is built anew from its checked parts, so a part this module doesn't know
(a subquery, a window, a schema, an option) cannot come through.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

from sqlglot import exp

from doudi.rulebook.calendar_functions import FUNCTIONS as CALENDAR_FUNCTIONS
from doudi.rulebook.typed import Typed, as_double, multiplied, refuse, show, wrapped
from doudi.rulebook.value_types import BOOLEAN, DATE, NUMBER, TEXT, ColumnType, ValueType

AGGREGATES: Final = (exp.Sum, exp.Count, exp.CountIf, exp.Min, exp.Max, exp.LogicalOr, exp.LogicalAnd)
_NUMBER = re.compile(r"^[0-9]{1,10}(\.[0-9]{0,6})?$")
_YEARS: Final = (1900, 2100)
"""Days outside of them are slips, and day arithmetic near the ends of a calendar fails."""
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
_COMPARABLE = (ValueType.NUMBER, ValueType.DATE, ValueType.MONTH)


@dataclass
class Builder:
    columns: Mapping[str, ColumnType]
    aggregates: bool
    constants: frozenset[str]
    inside: bool = field(default=False)
    """Whether the walk is inside an aggregate."""

    def top(self, node: exp.Expression) -> Typed:
        typed = self.build(node)
        if typed.is_null:
            refuse("type", "结果总是空值", "写出条件")
        return typed

    def build(self, node: exp.Expression) -> Typed:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            name = node.name if isinstance(node, exp.Anonymous) else node.key.upper()
            refuse("not_allowed", f"不允许的写法：{name}", "可用的写法见 docs 中“规则怎么写”")
        if node.comments:
            refuse("not_allowed", "条件里不能有注释", "注释写在 YAML 的 # 后面")
        return handler(self, node)

    def part(self, node: exp.Expression, name: str, *allowed: str) -> exp.Expression:
        """The child of that name, after making sure that nothing but it and `allowed` is set."""
        for key, value in node.args.items():
            if value not in (None, False, []) and key != name and key not in allowed:
                refuse("not_allowed", f"不允许的写法：{node.key.upper()} {key}", "去掉这一部分")
        child = node.args.get(name)
        if not isinstance(child, exp.Expression):
            refuse("syntax", f"{node.key.upper()} 缺少内容", "补全条件")
        return child

    def of(self, node: Typed, *kinds: ValueType, what: str) -> Typed:
        if node.is_null or node.type.kind not in kinds:
            got = "空值" if node.is_null else node.type.kind.label
            wanted = "或".join(kind.label for kind in kinds)
            refuse("type", f"{what} 需要{wanted}，这里是{got}：{show(node.tree)}", "检查字段的类型")
        return node

    # ---- leaves

    def column(self, node: exp.Expression) -> Typed:
        identifier = self.part(node, "this")
        if not isinstance(identifier, exp.Identifier) or identifier.args.get("quoted"):
            refuse("not_allowed", f"不允许的字段写法：{show(node)}", "直接写字段名")
        name = identifier.name
        if name not in self.columns:
            near = get_close_matches(name, self.columns, n=1)
            hint = f"是不是 {near[0]}？" if near else "可用的有：" + "、".join(sorted(self.columns)[:12])
            refuse("unknown_column", f"没有名为 {name} 的字段", hint)
        if self.aggregates and not self.inside and name not in self.constants:
            refuse("outside_aggregate", f"{name} 要放在 SUM、MAX 等汇总函数里", f"例如 MAX({name})")
        return Typed(exp.column(name, quoted=True), self.columns[name], frozenset([name]))

    def literal(self, node: exp.Expression) -> Typed:
        text = str(node.this)
        if node.args.get("is_string"):
            return Typed(exp.Literal.string(text), TEXT, literal=text)
        if not _NUMBER.match(text):
            refuse("not_allowed", f"不允许的数字写法：{text[:40]}", "写成普通小数，例如 0.3；最多 10 位整数、6 位小数")
        return Typed(exp.Literal.number(text.rstrip(".")), NUMBER)

    def boolean(self, node: exp.Expression) -> Typed:
        return Typed(exp.Boolean(this=bool(node.this)), BOOLEAN)

    def null(self, node: exp.Expression) -> Typed:
        return Typed(exp.Null(), BOOLEAN, is_null=True)

    def date_literal(self, node: exp.Expression) -> Typed:
        inner = self.part(node, "this", "to")
        target = node.args["to"]
        if not (
            isinstance(inner, exp.Literal)
            and inner.args.get("is_string")
            and isinstance(target, exp.DataType)
            and target.sql() == "DATE"
        ):
            refuse("not_allowed", f"不允许转换类型：{show(node)}", "日期写成 DATE '2023-08-01'")
        try:
            day = date.fromisoformat(str(inner.this))
        except ValueError:
            refuse("type", f"不是日期：{inner.this}", "日期写成 DATE '2023-08-01'")
        if not _YEARS[0] <= day.year <= _YEARS[1]:
            refuse("type", f"日期太远：{inner.this}", f"年份在 {_YEARS[0]} 到 {_YEARS[1]} 之间")
        return Typed(exp.cast(exp.Literal.string(day.isoformat()), "DATE"), DATE)

    # ---- logic

    def paren(self, node: exp.Expression) -> Typed:
        inner = self.build(self.part(node, "this"))
        return Typed(exp.Paren(this=inner.tree), inner.type, inner.columns, inner.literal, inner.is_null)

    def negation(self, node: exp.Expression) -> Typed:
        inner = self.of(self.build(self.part(node, "this")), ValueType.BOOLEAN, what="NOT")
        return Typed(exp.Not(this=wrapped(inner.tree)), BOOLEAN, inner.columns)

    def both(self, node: exp.Expression) -> Typed:
        name = "AND" if isinstance(node, exp.And) else "OR"
        left, right = self.pair(node)
        for side in (left, right):
            self.of(side, ValueType.BOOLEAN, what=name)
        return self.joined(type(node), left, right, BOOLEAN)

    def comparison(self, node: exp.Expression) -> Typed:
        left, right = self.pair(node)
        equality = isinstance(node, (exp.EQ, exp.NEQ))
        self.same_kind(left, right, equality=equality, text=show(node))
        return self.joined(type(node), left, right, BOOLEAN)

    def same_kind(self, left: Typed, right: Typed, *, equality: bool, text: str) -> None:
        if left.is_null or right.is_null:
            refuse("null_comparison", f"不能和空值比较：{text}", "写成 … IS NULL 或 … IS NOT NULL")
        for one, other in ((left, right), (right, left)):
            if one.literal is not None:
                if other.type.kind is ValueType.MONTH and _MONTH.match(one.literal):
                    return
                self.known_code(one.literal, other.type)
        if left.type.kind is not right.type.kind:
            refuse("type", f"{left.type.kind.label}不能和{right.type.kind.label}比较：{text}", "检查字段的类型和引号")
        if not equality and left.type.kind not in _COMPARABLE:
            refuse("type", f"{left.type.kind.label}不能比较大小：{text}", "用 = 或 IN")
        if left.type.kind is ValueType.TEXTS:
            refuse("type", f"多个代码不能直接比较：{text}", "用 LIST_CONTAINS(字段, '代码')")

    def known_code(self, literal: str, column: ColumnType) -> None:
        if column.codes is not None and literal not in column.codes:
            near = get_close_matches(literal, column.codes, n=1)
            hint = f"是不是 '{near[0]}'？" if near else "可用的有：" + "、".join(sorted(column.codes)[:20])
            refuse("unknown_code", f"没有代码 '{literal}'", hint)

    def membership(self, node: exp.Expression) -> Typed:
        subject = self.build(self.part(node, "this", "expressions"))
        members = [self.build(member) for member in node.args.get("expressions") or []]
        if not members:
            refuse("syntax", f"IN 后面要有值：{show(node)}", "例如 kind IN ('inpatient', 'outpatient')")
        for member in members:
            if not isinstance(member.tree, (exp.Literal, exp.Neg, exp.Cast)):
                refuse("not_allowed", f"IN 里只能写具体的值：{show(node)}", "用 OR 连接")
            self.same_kind(subject, member, equality=True, text=show(node))
        tree = exp.In(this=wrapped(subject.tree), expressions=[member.tree for member in members])
        return Typed(tree, BOOLEAN, subject.columns)

    def between(self, node: exp.Expression) -> Typed:
        subject = self.build(self.part(node, "this", "low", "high"))
        low, high = (self.build(node.args[end]) for end in ("low", "high"))
        for end in (low, high):
            self.same_kind(subject, end, equality=False, text=show(node))
        tree = exp.Between(this=wrapped(subject.tree), low=wrapped(low.tree), high=wrapped(high.tree))
        return Typed(tree, BOOLEAN, subject.columns | low.columns | high.columns)

    def is_(self, node: exp.Expression) -> Typed:
        subject = self.build(self.part(node, "this", "expression"))
        what = node.args["expression"]
        if isinstance(what, exp.Boolean):
            self.of(subject, ValueType.BOOLEAN, what="IS TRUE")
        elif not isinstance(what, exp.Null):
            refuse("not_allowed", f"IS 后面只能是 NULL、TRUE、FALSE：{show(node)}", "改用 =")
        return Typed(exp.Is(this=wrapped(subject.tree), expression=self.build(what).tree), BOOLEAN, subject.columns)

    # ---- arithmetic and functions

    def arithmetic(self, node: exp.Expression) -> Typed:
        left, right = self.pair(node, "typed", "safe")
        for side in (left, right):
            self.of(side, ValueType.NUMBER, what="运算")
        if isinstance(node, exp.Div):
            right = Typed(exp.Nullif(this=right.tree, expression=exp.Literal.number(0)), NUMBER, right.columns)
        if isinstance(node, exp.Mul) and (not (left.columns and right.columns) or multiplied(left, right)):
            left, right = as_double(left, other=right), as_double(right, other=left)
        return self.joined(type(node), left, right, NUMBER)

    def minus(self, node: exp.Expression) -> Typed:
        inner = self.of(self.build(self.part(node, "this")), ValueType.NUMBER, what="负号")
        return Typed(exp.Neg(this=wrapped(inner.tree)), NUMBER, inner.columns)

    def pair(self, node: exp.Expression, *allowed: str) -> tuple[Typed, Typed]:
        left = self.build(self.part(node, "this", "expression", *allowed))
        right = self.build(self.part(node, "expression", "this", *allowed))
        return left, right

    def joined(self, kind: type[exp.Expression], left: Typed, right: Typed, result: ColumnType) -> Typed:
        tree = kind(this=wrapped(left.tree), expression=wrapped(right.tree))
        return Typed(tree, result, left.columns | right.columns)

    def one_type(self, parts: Sequence[Typed], *, what: str) -> ColumnType:
        known = [part for part in parts if not part.is_null]
        if not known:
            refuse("type", f"{what} 里只有空值", "给出至少一个值")
        if len({part.type.kind for part in known}) > 1:
            refuse("type", f"{what} 的各部分类型不同", "各部分都用同一种类型")
        codes: set[str] = set()
        for part in known:
            if part.literal is not None:
                codes.add(part.literal)
            elif part.type.codes is None:
                return ColumnType(known[0].type.kind)
            else:
                codes |= part.type.codes
        return ColumnType(known[0].type.kind, frozenset(codes) or None)

    def case(self, node: exp.Expression) -> Typed:
        if node.args.get("this") is not None:
            refuse("not_allowed", "CASE 后面要写 WHEN", "写成 CASE WHEN 条件 THEN 值 ELSE 值 END")
        branches, results, columns = [], [], frozenset[str]()
        for branch in node.args.get("ifs") or []:
            condition = self.of(self.build(self.part(branch, "this", "true")), ValueType.BOOLEAN, what="WHEN")
            result = self.build(branch.args["true"])
            branches.append(exp.If(this=condition.tree, true=result.tree))
            results.append(result)
            columns |= condition.columns | result.columns
        otherwise = node.args.get("default")
        default = self.build(otherwise) if isinstance(otherwise, exp.Expression) else None
        if default is not None:
            results.append(default)
            columns |= default.columns
        tree = exp.Case(ifs=branches, default=default.tree if default else None)
        return Typed(tree, self.one_type(results, what="CASE"), columns)

    def several(self, node: exp.Expression) -> Typed:
        """COALESCE, GREATEST, LEAST."""
        name = node.key.upper()
        parts = [self.build(self.part(node, "this", "expressions", "ignore_nulls"))]
        parts += [self.build(other) for other in node.args.get("expressions") or []]
        result = self.one_type(parts, what=name)
        columns = frozenset[str]().union(*(part.columns for part in parts))
        first, *others = (part.tree for part in parts)
        if isinstance(node, exp.Coalesce):
            return Typed(exp.Coalesce(this=first, expressions=others), result, columns)
        if result.kind not in _COMPARABLE or len(parts) < 2:
            refuse("type", f"{name} 需要两个以上的数字或日期", "检查字段的类型")
        tree: exp.Expression = type(node)(this=first, expressions=others, ignore_nulls=True)
        sure = (exp.Literal, exp.Cast)
        unknown = [
            exp.Is(this=wrapped(part.tree.copy()), expression=exp.Null())
            for part in parts
            if not isinstance(part.tree, sure)
        ]
        if unknown:
            tree = exp.Case(ifs=[exp.If(this=exp.or_(*unknown), true=exp.Null())], default=tree)
        return Typed(tree, result, columns)

    def nullif(self, node: exp.Expression) -> Typed:
        left, right = self.pair(node)
        self.same_kind(left, right, equality=True, text=show(node))
        tree = exp.Nullif(this=left.tree, expression=right.tree)
        return Typed(tree, left.type, left.columns | right.columns)

    def absolute(self, node: exp.Expression) -> Typed:
        inner = self.of(self.build(self.part(node, "this")), ValueType.NUMBER, what="ABS")
        return Typed(exp.Abs(this=inner.tree), NUMBER, inner.columns)

    def rounding(self, node: exp.Expression) -> Typed:
        inner = self.of(self.build(self.part(node, "this", "decimals")), ValueType.NUMBER, what="ROUND")
        decimals = node.args.get("decimals") or exp.Literal.number(0)
        if not isinstance(decimals, exp.Literal) or str(decimals.this) not in "0123456":
            refuse("not_allowed", "ROUND 的小数位数要写成 0 到 6 的数字", "例如 ROUND(x, 2)")
        return Typed(exp.Round(this=inner.tree, decimals=decimals.copy()), NUMBER, inner.columns)

    def contains(self, node: exp.Expression) -> Typed:
        several, one = self.pair(node)
        self.of(several, ValueType.TEXTS, what="LIST_CONTAINS")
        self.of(one, ValueType.TEXT, what="LIST_CONTAINS")
        if one.literal is not None:
            self.known_code(one.literal, several.type)
        return Typed(exp.ArrayContains(this=several.tree, expression=one.tree), BOOLEAN, several.columns | one.columns)

    def named(self, node: exp.Expression) -> Typed:
        name = str(node.this).upper()
        formula = CALENDAR_FUNCTIONS.get(name)
        if formula is None:
            refuse("unknown_function", f"没有名为 {node.this} 的函数", "可用的写法见 docs 中“规则怎么写”")
        arguments = [self.build(argument) for argument in node.args.get("expressions") or []]
        if len(arguments) != 2:
            refuse("type", f"{name} 需要两个日期", f"写成 {name}(从, 到)")
        for argument in arguments:
            self.of(argument, *formula.kinds, what=name)
        earlier, later = arguments
        tree = formula.build(earlier.tree, earlier.type.kind, later.tree, later.type.kind)
        return Typed(exp.Paren(this=tree), NUMBER, earlier.columns | later.columns)

    # ---- aggregates

    def aggregate(self, node: exp.Expression) -> Typed:
        if not self.aggregates or self.inside:
            refuse("not_allowed", f"这里不能用汇总函数：{node.key.upper()}", "汇总写在事实（rules/facts）里")
        inner = self.part(node, "this", "big_int")
        if isinstance(node, exp.Count):
            if isinstance(inner, exp.Distinct):
                return self.counted_once(inner)
            if not isinstance(inner, exp.Star) or any(inner.args.values()):
                refuse("not_allowed", "COUNT 只能写成 COUNT(*) 或 COUNT(DISTINCT 字段)", "按条件计数用 COUNT_IF(条件)")
            return Typed(exp.Count(this=exp.Star(), big_int=True), NUMBER)
        self.inside = True
        argument = self.build(inner)
        self.inside = False
        kinds, result = _AGGREGATE_TYPES[type(node)]
        self.of(argument, *kinds, what=node.key.upper())
        return Typed(type(node)(this=argument.tree), result or argument.type, argument.columns)

    def counted_once(self, node: exp.Expression) -> Typed:
        """COUNT(DISTINCT column)."""
        members = node.args.get("expressions") or []
        if len(members) != 1 or node.args.get("on") is not None or not isinstance(members[0], exp.Column):
            refuse("not_allowed", "DISTINCT 后面只能写一个字段", "例如 COUNT(DISTINCT household_key)")
        self.inside = True
        column = self.column(members[0])
        self.inside = False
        tree = exp.Count(this=exp.Distinct(expressions=[column.tree]), big_int=True)
        return Typed(tree, NUMBER, column.columns)


_AGGREGATE_TYPES: Final[dict[type[exp.Expression], tuple[tuple[ValueType, ...], ColumnType | None]]] = {
    exp.Sum: ((ValueType.NUMBER,), NUMBER),
    exp.CountIf: ((ValueType.BOOLEAN,), NUMBER),
    exp.Min: ((ValueType.NUMBER, ValueType.DATE, ValueType.MONTH, ValueType.TEXT), None),
    exp.Max: ((ValueType.NUMBER, ValueType.DATE, ValueType.MONTH, ValueType.TEXT), None),
    exp.LogicalOr: ((ValueType.BOOLEAN,), BOOLEAN),
    exp.LogicalAnd: ((ValueType.BOOLEAN,), BOOLEAN),
}

_HANDLERS: Final[dict[type[exp.Expression], Callable[[Builder, Any], Typed]]] = {
    exp.Column: Builder.column,
    exp.Literal: Builder.literal,
    exp.Boolean: Builder.boolean,
    exp.Null: Builder.null,
    exp.Cast: Builder.date_literal,
    exp.Paren: Builder.paren,
    exp.Not: Builder.negation,
    exp.And: Builder.both,
    exp.Or: Builder.both,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), Builder.comparison),
    exp.In: Builder.membership,
    exp.Between: Builder.between,
    exp.Is: Builder.is_,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div), Builder.arithmetic),
    exp.Neg: Builder.minus,
    exp.Case: Builder.case,
    **dict.fromkeys((exp.Coalesce, exp.Greatest, exp.Least), Builder.several),
    exp.Nullif: Builder.nullif,
    exp.Abs: Builder.absolute,
    exp.Round: Builder.rounding,
    exp.ArrayContains: Builder.contains,
    exp.Anonymous: Builder.named,
    **dict.fromkeys(AGGREGATES, Builder.aggregate),
}
