"""What tells that a policy reaches somebody: rows of a feed, summed up over the months that count."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from doudi.rulebook.document import Document, Problem, RulebookError
from doudi.rulebook.facts import Fact, FactFile, build_fact
from doudi.rulebook.parameters import Identifier, Parameter, Part
from doudi.rulebook.sources import Source

RECEIVED: Final = "received"
RECEIVED_TIMES: Final = "received_times"
RECEIVED_YUAN: Final = "received_yuan"
RECEIVED_LAST: Final = "received_last"
OF_POLICIES: Final = frozenset(
    {RECEIVED, RECEIVED_TIMES, RECEIVED_YUAN, RECEIVED_LAST, "eligible", "wrong", "too_often", "yuan", "state"}
)
"""Names that tables of policies use beside those of facts."""
GRACE: Final = "payment_after_leaving_months"
"""The parameter that says how many months after the month of death or leaving a payment is still right."""
LEFT_ON: Final = "left_on"
"""The person fact that says when somebody stopped being a member."""


class ReceiptFile(Part):
    """The part `received` of a policy's file.

    `where`: which rows of the feed are about the policy; `amount`: yuan of one row; `on`: its day; `months`: how far
    back rows count, a number or a parameter; `most_times`: the parameter that says how many rows are right.
    """

    from_: Identifier = Field(alias="from")
    where: str | None = None
    amount: str | None = None
    on: Identifier | None = None
    months: int | Identifier | None = None
    most_times: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is worked out of the rows: whether there are any, how many, yuan together, the last day."""

    source: Source
    any: Fact
    times: Fact
    amount: Fact | None
    last: Fact | None
    most_times: str | None

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(one for one in (self.any, self.times, self.amount, self.last) if one is not None)

    @property
    def parameters(self) -> frozenset[str]:
        named = {name for fact in self.facts for name in fact.parameters}
        return frozenset(named | ({self.most_times} if self.most_times else set()))


def build_receipt(
    document: Document, content: ReceiptFile, *, sources: Mapping[str, Source], parameters: Mapping[str, Parameter]
) -> Receipt:
    """Check and resolve it. Raises RulebookError that names the line of what is wrong."""
    source = sources.get(content.from_)
    if source is None or not source.is_feed or source.subject == "region":
        feeds = "、".join(name for name, one in sources.items() if one.is_feed and one.subject != "region")
        message = f"没有名为 {content.from_} 的发放数据"
        raise RulebookError([document.problem("source", message, f"可用的有：{feeds}", at=("received", "from"))])
    if (content.months is None) != (content.on is None):
        message = "on（哪天发放）和 months（往前几个月）要一起写"
        raise RulebookError([document.problem("window", message, "补上另一项", at=("received",))])
    if content.most_times is not None and (
        content.most_times not in parameters or parameters[content.most_times].kind != "number"
    ):
        message = f"没有名为 {content.most_times} 的数字参数"
        raise RulebookError([document.problem("unknown_name", message, "建参数", at=("received", "most_times"))])

    def fact(name: str, expression: str, no_rows: float | bool | None) -> Fact:
        file = FactFile.model_validate(
            {
                "id": name,
                "title": TITLES[name][0],
                "title_en": TITLES[name][1],
                "subject": "person",
                "unit": "yuan" if name == RECEIVED_YUAN else "times" if name == RECEIVED_TIMES else "none",
                "from": content.from_,
                "expression": expression,
                "where": content.where,
                "window": {"column": content.on, "months": content.months} if content.on else None,
                "no_rows": no_rows,
            }
        )
        try:
            return build_fact(document, file, sources=sources, parameters=parameters, known={})
        except RulebookError as error:
            raise RulebookError([_moved(document, one, expression) for one in error.problems]) from error

    return Receipt(
        source,
        any=fact(RECEIVED, "COUNT(*) > 0", False),
        times=fact(RECEIVED_TIMES, "COUNT(*)", 0),
        amount=fact(RECEIVED_YUAN, f"SUM({content.amount})", 0) if content.amount else None,
        last=fact(RECEIVED_LAST, f"MAX({content.on})", None) if content.on else None,
        most_times=content.most_times,
    )


TITLES: Final[Mapping[str, tuple[str, str]]] = {
    RECEIVED: ("有发放记录", "Payments recorded"),
    RECEIVED_TIMES: ("发放次数", "Payments"),
    RECEIVED_YUAN: ("已领金额", "Received"),
    RECEIVED_LAST: ("最近一次发放", "Last payment"),
}


def _moved(document: Document, problem: Problem, expression: str) -> Problem:
    """The problem of a fact made for a receipt, at the part of the policy's file it comes from."""
    key = "amount" if expression.startswith("SUM(") else "where"
    at = ("received", "on") if problem.code == "window" else ("received", key)
    return Problem(document.file, document.line(*at), problem.code, problem.message, problem.remedy)
