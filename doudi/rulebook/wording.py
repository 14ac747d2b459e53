"""Conditions in plain words, Chinese or English: what an officer reads instead of `per_capita_income < line`.

A condition becomes a tree of clauses: each is one comparison in words, or several clauses of which all, or any, must
hold. Names are the titles of facts and parameters, codes their labels, numbers carry the unit of what they stand by.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, cast

import sqlglot
from sqlglot import exp

from doudi.rulebook.facts import AS_OF, Fact
from doudi.rulebook.parameters import UNITS, Parameter
from doudi.rulebook.phrases import PHRASES, Phrases
from doudi.standards.codes import CODE_LISTS

Joint = Literal["", "all", "any"]
_FLIPPED: Final[Mapping[type[exp.Expression], type[exp.Expression]]] = {
    exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ,
}  # fmt: skip
_OPPOSITE: Final[Mapping[type[exp.Expression], type[exp.Expression]]] = {
    exp.LT: exp.GTE, exp.GTE: exp.LT, exp.GT: exp.LTE, exp.LTE: exp.GT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition in words (`joint` empty), or the parts of which `all` or `any` must hold.

    `formula` is the condition as written in the rule's language, so that each part can be worked out by itself.
    """

    text: str
    formula: str
    joint: Joint = ""
    parts: tuple["Clause", ...] = ()

    def lines(self, depth: int = 0) -> Iterator[tuple[int, "Clause"]]:
        """Every clause with how far in it stands, the heads of lists before their parts."""
        yield depth, self
        for part in self.parts:
            yield from part.lines(depth + 1)


@dataclass(frozen=True)
class Words:
    """Puts formulas into words. `values` are those of parameters as they hold somewhere, shown in brackets."""

    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    language: str = "zh"
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def phrases(self) -> Phrases:
        return PHRASES[self.language]

    def clause(self, formula: str) -> Clause:
        """The clauses of a condition. Raises sqlglot's error for what is no formula at all."""
        return self._clause(cast(exp.Expression, sqlglot.parse_one(formula, read="duckdb")))

    def sentence(self, formula: str) -> str:
        """A condition in one line: parts joined by 且 and 或, mixed ones in brackets."""
        return self._joined(self.clause(formula))

    def expression(self, formula: str) -> str:
        """A formula that yields a value, such as a benefit, in words."""
        return _tidy(self._value(cast(exp.Expression, sqlglot.parse_one(formula, read="duckdb"))))

    def _joined(self, clause: Clause, *, inside: bool = False) -> str:
        if not clause.joint:
            return clause.text
        glue = self.phrases.and_ if clause.joint == "all" else self.phrases.or_
        text = glue.join(self._joined(part, inside=True) for part in clause.parts)
        return _tidy(self.phrases.brackets(text)) if inside else text

    # ---- conditions

    def _clause(self, tree: exp.Expression, *, negated: bool = False) -> Clause:
        if isinstance(tree, exp.Paren):
            return self._clause(tree.this, negated=negated)
        if isinstance(tree, exp.Not):
            return self._clause(tree.this, negated=not negated)
        formula = f"NOT ({tree.sql(dialect='duckdb')})" if negated else tree.sql(dialect="duckdb")
        if isinstance(tree, (exp.And, exp.Or)):
            joint: Joint = "all" if isinstance(tree, exp.And) is not negated else "any"
            parts = tuple(self._clause(part, negated=negated) for part in _flat(tree, type(tree)))
            return Clause(self.phrases.all_of if joint == "all" else self.phrases.any_of, formula, joint, parts)
        return Clause(_tidy(self._condition(tree, negated)), formula)

    def _condition(self, tree: exp.Expression, negated: bool) -> str:
        words = self.phrases
        kind = type(tree)
        if kind in _OPPOSITE:
            return self._comparison(_OPPOSITE[kind] if negated else kind, tree.this, tree.expression)
        if isinstance(tree, exp.Is):
            return self._is(tree, negated)
        if isinstance(tree, exp.In):
            one = tree.this
            members = words.listed([self._beside(member, one) for member in tree.expressions])
            if len(tree.expressions) == 1:
                return (words.is_not if negated else words.is_).format(self._value(one), members)
            return (words.none_of_these if negated else words.one_of_these).format(self._value(one), members)
        if isinstance(tree, exp.Between):
            one = tree.this
            low, high = (self._beside(tree.args[end], one) for end in ("low", "high"))
            return (words.not_between if negated else words.between).format(self._value(one), low, high)
        if isinstance(tree, exp.ArrayContains):
            several, one = tree.this, tree.expression
            return (words.contains_not if negated else words.contains).format(
                self._value(several), self._beside(one, several)
            )
        if isinstance(tree, exp.Column):
            return self.yes_or_no(self.title(tree.name), negated=negated)
        if isinstance(tree, exp.Boolean):
            return words.always if bool(tree.this) is not negated else words.never
        if isinstance(tree, exp.Coalesce) and len(tree.expressions) == 1:
            return self._with_default(tree, negated)
        if isinstance(tree, exp.Case):
            return self.yes_or_no(self._value(tree), negated=negated)
        return words.not_true.format(self._value(tree)) if negated else self._value(tree)

    def yes_or_no(self, title: str, *, negated: bool = False) -> str:
        """A yes-or-no fact as a condition: 正在监测, 没有学籍."""
        return self.phrases.no(title) if negated else self.phrases.yes(title)

    def _with_default(self, tree: exp.Expression, negated: bool) -> str:
        """COALESCE of a truth value: what counts when nothing is known."""
        known = self._joined(self._clause(tree.this, negated=negated), inside=True)
        default = tree.expressions[0]
        if isinstance(default, exp.Boolean):
            counts = bool(default.this) is not negated
            return known + (self.phrases.unknown_counts if counts else self.phrases.unknown_counts_not)
        return f"{known}{self.phrases.otherwise.format(self._joined(self._clause(default, negated=negated)))}"

    def _is(self, tree: exp.Expression, negated: bool) -> str:
        words = self.phrases
        one, what = tree.this, tree.expression
        if isinstance(what, exp.Null):
            return (words.known if negated else words.unknown).format(self._value(one))
        truth = bool(what.this)
        inner = one.this if isinstance(one, exp.Paren) else one
        if isinstance(inner, exp.Column):
            told = self.yes_or_no(self.title(inner.name), negated=truth is negated)
        else:
            told = self._joined(self._clause(inner, negated=truth is negated))
        return told + words.or_unknown if negated else told

    def _comparison(self, kind: type[exp.Expression], left: exp.Expression, right: exp.Expression) -> str:
        left, right = _bare(left), _bare(right)
        fixed = (exp.Literal, exp.Cast, exp.Neg)
        if isinstance(left, fixed) and not isinstance(right, fixed):
            left, right, kind = right, left, _FLIPPED[kind]
        if isinstance(right, exp.Boolean):
            return self._joined(self._clause(left, negated=bool(right.this) is (kind is exp.NEQ)))
        unit = self._unit(left) or self._unit(right)
        manner = "code" if self._coded(left) or self._coded(right) else self._manner(left, right, unit)
        verb = self.phrases.verb(kind.__name__, manner)
        return verb.format(self._side(left, right), self._side(right, left))

    def _side(self, tree: exp.Expression, other: exp.Expression) -> str:
        told = self._beside(tree, other)
        return self.phrases.brackets(told) if isinstance(tree, exp.Case) else told

    def _manner(self, left: exp.Expression, right: exp.Expression, unit: str) -> str:
        if any(self._dated(side) for side in (left, right)):
            return "date"
        return unit if unit in {"years", "persons", "households", "months", "days", "times", "minutes"} else "amount"

    # ---- values

    def title(self, name: str) -> str:
        """What people call a fact or parameter; a parameter with the value that holds, where one is given."""
        if name == AS_OF:
            return self.phrases.as_of
        thing = self.parameters.get(name) or self.facts.get(name)
        if thing is None:
            return name
        title = thing.title_en if self.language == "en" else thing.title
        if name not in self.parameters:
            return title
        value = self.values.get(name)
        return self.phrases.quoted(title) + (self.phrases.brackets(value) if value else "")

    def _value(self, tree: exp.Expression) -> str:
        return self._beside(tree, None)

    def _beside(self, tree: exp.Expression, other: exp.Expression | None) -> str:
        """A value in words; a bare literal takes unit or code list of what it stands beside."""
        words = self.phrases
        if isinstance(tree, exp.Paren):
            return self._beside(tree.this, other)
        if isinstance(tree, exp.Column):
            return self.title(tree.name)
        if isinstance(tree, exp.Neg):
            return f"-{self._beside(tree.this, other)}"
        if isinstance(tree, exp.Literal):
            return self._literal(tree, other)
        if isinstance(tree, exp.Boolean):
            return words.yes_word if tree.this else words.no_word
        if isinstance(tree, exp.Null):
            return words.nothing
        if isinstance(tree, exp.Cast):
            return words.day(date.fromisoformat(str(tree.this.this)))
        if type(tree) in _SIGNS:
            return self._arithmetic(tree)
        if isinstance(tree, exp.Case):
            return self._case(tree, other)
        if isinstance(tree, (exp.And, exp.Or, exp.Not, *_OPPOSITE, exp.In, exp.Between, exp.Is, exp.ArrayContains)):
            return self._joined(self._clause(tree))
        return self._function(tree, other)

    def _literal(self, tree: exp.Expression, other: exp.Expression | None) -> str:
        text = str(tree.this)
        if tree.args.get("is_string"):
            return self._code(text, other)
        unit = self._unit(other) if other is not None else ""
        number = float(text)
        if unit == "share":
            return f" {number * 100:g}%"
        written = f"{number:,.0f}" if number.is_integer() else f"{number:,}"
        space = " " if self.language == "en" or unit == "yuan" else ""
        return f" {written}{space}{_unit_word(unit, self.language, number)}".rstrip()

    def _code(self, text: str, other: exp.Expression | None) -> str:
        for name in _names(other) if other is not None else ():
            fact = self.facts.get(name)
            if fact is not None and fact.codes:
                for member in CODE_LISTS[fact.codes]:
                    if str(member.value) == text:
                        return str(member.label_en if self.language == "en" else member.label)
        return self.phrases.quoted(text)

    def _arithmetic(self, tree: exp.Expression) -> str:
        kind = type(tree)
        sides = []
        for place, side in enumerate((tree.this, tree.expression)):
            bare = _bare(side)
            text = self._beside(bare, None) if kind in (exp.Mul, exp.Div) else self._beside(bare, _other(tree, place))
            looser = isinstance(bare, (exp.Add, exp.Sub)) and (kind in (exp.Mul, exp.Div) or place == 1)
            looser = looser or (place == 1 and kind is exp.Div and isinstance(bare, (exp.Mul, exp.Div)))
            sides.append(self.phrases.brackets(text) if looser or isinstance(bare, exp.Case) else text)
        return f"{sides[0]} {_SIGNS[kind]} {sides[1]}"

    def _case(self, tree: exp.Expression, other: exp.Expression | None) -> str:
        words = self.phrases
        told = [
            words.when.format(self._joined(self._clause(branch.this)), self._beside(branch.args["true"], other))
            for branch in tree.args["ifs"]
        ]
        default = tree.args.get("default")
        told.append(words.else_.format(self._beside(default, other) if default is not None else words.nothing))
        return words.steps.join(told)

    def _function(self, tree: exp.Expression, other: exp.Expression | None) -> str:
        words = self.phrases
        if isinstance(tree, exp.Anonymous):
            name = str(tree.this).upper()
            parts = [self._beside(part, other) for part in tree.expressions]
        else:
            name = _FUNCTIONS.get(type(tree), "")
            inner = [tree.this, tree.args.get("expression"), *tree.args.get("expressions", [])]
            several = [part for part in inner if isinstance(part, exp.Expression) and not isinstance(part, exp.Star)]
            parts = [self._beside(part, several[0] if number else other) for number, part in enumerate(several)]
            if isinstance(tree, exp.Round):
                parts = [parts[0], str(tree.args["decimals"].this if tree.args.get("decimals") else 0)]
        pattern = words.functions.get(name)
        if pattern is None:
            return f"{name or tree.key.upper()}({words.listed(parts)})"
        return pattern.format(words.listed(parts)) if name in _OF_SEVERAL else pattern.format(*parts)

    # ---- what stands beside what

    def _unit(self, tree: exp.Expression) -> str:
        """The unit of a value as far as its parts tell: of the first thing that has one, except in ratios."""
        bare = _bare(tree)
        if isinstance(bare, exp.Div):
            units = [self._unit(side) for side in (bare.this, bare.expression)]
            return "" if units[0] == units[1] else units[0]
        if isinstance(bare, exp.Anonymous):
            return _UNIT_OF.get(str(bare.this).upper(), "")
        for name in _names(bare):
            thing = self.facts.get(name) or self.parameters.get(name)
            if thing is not None and thing.unit in UNITS and thing.unit not in {"none", "ratio", "share", "percent"}:
                return thing.unit
        if isinstance(bare, exp.Column):
            thing = self.facts.get(bare.name) or self.parameters.get(bare.name)
            return thing.unit if thing is not None and thing.unit != "none" else ""
        return ""

    def _coded(self, tree: exp.Expression) -> bool:
        return isinstance(tree, exp.Literal) and bool(tree.args.get("is_string"))

    def _dated(self, tree: exp.Expression) -> bool:
        if isinstance(tree, exp.Cast):
            return True
        if not isinstance(tree, exp.Column):
            return False
        thing = self.facts.get(tree.name) or self.parameters.get(tree.name)
        return tree.name == AS_OF or (thing is not None and thing.type.kind.value in {"date", "month"})


_SIGNS: Final[Mapping[type[exp.Expression], str]] = {exp.Add: "+", exp.Sub: "−", exp.Mul: "×", exp.Div: "÷"}
_FUNCTIONS: Final[Mapping[type[exp.Expression], str]] = {
    exp.Coalesce: "COALESCE", exp.Nullif: "NULLIF", exp.Abs: "ABS", exp.Round: "ROUND", exp.Greatest: "GREATEST",
    exp.Least: "LEAST", exp.Sum: "SUM", exp.Count: "COUNT", exp.CountIf: "COUNT_IF", exp.Min: "MIN", exp.Max: "MAX",
    exp.LogicalOr: "BOOL_OR", exp.LogicalAnd: "BOOL_AND",
}  # fmt: skip
_OF_SEVERAL: Final = {"GREATEST", "LEAST"}
_UNIT_OF: Final = {"AGE_ON": "years", "WHOLE_MONTHS": "months", "WHOLE_DAYS": "days"}


def _unit_word(unit: str, language: str, number: float) -> str:
    word = UNITS.get(unit, ("", ""))[1 if language == "en" else 0]
    return word[:-1] if language == "en" and number == 1 and word.endswith("s") else word


def _tidy(text: str) -> str:
    """Without the double blanks of nested patterns, and without blanks next to full-width brackets."""
    return re.sub(r" ?([（），；：]) ?", r"\1", re.sub(r" {2,}", " ", text)).replace("( ", "(").strip()


def _flat(tree: exp.Expression, kind: type[exp.Expression]) -> Iterator[exp.Expression]:
    for side in (tree.this, tree.expression):
        bare = _bare(side)
        if isinstance(bare, kind):
            yield from _flat(bare, kind)
        else:
            yield bare


def _bare(tree: Any) -> exp.Expression:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return cast(exp.Expression, tree)


def _other(tree: exp.Expression, place: int) -> exp.Expression:
    return cast(exp.Expression, tree.expression if place == 0 else tree.this)


def _names(tree: exp.Expression) -> Iterator[str]:
    return (column.name for column in tree.find_all(exp.Column))
