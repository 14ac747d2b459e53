"""What a row about a policy says: whom it concerns, why, how much, and one sentence in Chinese and English, as SQL."""
# ruff: noqa: S608 - every name in these statements is an identifier that the rulebook has checked

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from doudi.rulebook import MissingParameter, Policy, Rulebook
from doudi.rulebook.receipts import LEFT_ON, RECEIVED, RECEIVED_LAST, RECEIVED_TIMES, RECEIVED_YUAN
from doudi.screening.sql.rules import RuleSql
from doudi.screening.sql.writing import Shown, json_sql, sentence, sentence_sql, text, written_sql
from doudi.standards.regions import RegionCode

COLUMNS = (
    "policy_id", "policy_version", "household_key", "person_key", "region_code", "state", "amount", "received",
    "department", "facts", "thresholds", "legal_basis", "sentence", "sentence_en", "missing_facts",
)  # fmt: skip
LANGUAGES = ("zh", "en")
NOT_FILED = {"zh": "（金额待县里填写）", "en": "(amount not filed)"}
_LAST = Shown(f"f.{RECEIVED_LAST}", "date")
_YUAN = Shown(f"f.{RECEIVED_YUAN}", "number")
_TIMES = Shown(f"f.{RECEIVED_TIMES}", "number")
_DUE = Shown("f.yuan", "number")


@dataclass(frozen=True)
class EntitlementWords:
    """Writes the query of one policy's rows. `rules` knows the facts and thresholds; `versions`: policy → version."""

    rules: RuleSql
    versions: Mapping[str, str]

    def rows(self, policy: Policy, table: str) -> str:
        """Everybody whom the policy concerns, over the policy's table."""
        money = policy.benefit is not None
        none_due = "CAST(0 AS DOUBLE)" if money else "CAST(NULL AS DOUBLE)"
        told = {
            "amount": f"CASE WHEN f.state = 'over' THEN {none_due} WHEN f.eligible THEN f.yuan END",
            "received": f"CASE WHEN f.{RECEIVED} THEN f.{RECEIVED_YUAN} WHEN NOT f.{RECEIVED} THEN 0 END",
            "facts": json_sql({name: self.rules.fact(name) for name in policy.facts} | self._received(policy)),
            "thresholds": self.rules.thresholds_json(policy),
            "sentence": self._sentence(policy, "zh"),
            "sentence_en": self._sentence(policy, "en"),
            "missing_facts": self._missing(policy),
        }
        pieces = ", ".join(f"{sql} AS {name}" for name, sql in self._pieces(policy).items())
        rows = f"SELECT f.*, {pieces} FROM {table} f WHERE f.state IS NOT NULL"
        return f"{self._selected(policy, told)} FROM ({rows}) f"

    def departed(self, policy: Policy, table: str) -> str:
        """Payments to persons who left."""
        facts = {LEFT_ON: Shown(f"f.{LEFT_ON}", "date"), **self._received(policy)}
        told = {
            "amount": f"CAST({'0' if policy.benefit is not None else 'NULL'} AS DOUBLE)",
            "received": f"f.{RECEIVED_YUAN}",
            "facts": json_sql(facts),
            "thresholds": text("{}"),
            "sentence": _departed(policy, "zh"),
            "sentence_en": _departed(policy, "en"),
            "missing_facts": f"CASE WHEN f.{LEFT_ON} IS NULL THEN {text(LEFT_ON)} END",
        }
        return f"{self._selected(policy, told)} FROM {table} f"

    def _selected(self, policy: Policy, told: Mapping[str, str]) -> str:
        sources = [source.model_dump(exclude_defaults=True) for source in policy.legal_basis]
        columns = {
            "policy_id": text(policy.id),
            "policy_version": text(self.versions[policy.id]),
            "household_key": "f.household_key",
            "person_key": "f.person_key",
            "region_code": "f.region_code",
            "state": "f.state",
            "department": text(policy.department),
            "legal_basis": text(json.dumps(sources, ensure_ascii=False)),
            **told,
        }
        return "SELECT " + ", ".join(f"{columns[name]} AS {name}" for name in COLUMNS)

    @staticmethod
    def _received(policy: Policy) -> dict[str, Shown]:
        receipt = policy.received
        if receipt is None:
            return {}
        kinds = {fact.id: fact.type.kind.value for fact in receipt.facts if fact.id != RECEIVED}
        return {name: Shown(f"f.{name}", kind) for name, kind in kinds.items()}

    def _missing(self, policy: Policy) -> str:
        """The facts for want of which somebody can't be judged; `received` when nothing tells who has it."""
        return (
            f"CASE WHEN f.state <> 'cannot_tell' THEN NULL WHEN f.eligible AND f.{RECEIVED} IS NULL "
            f"THEN {text(RECEIVED)} WHEN f.eligible IS NULL OR f.wrong IS NULL THEN {self.rules.missing(policy)} END"
        )

    # ---- sentences

    def _pieces(self, policy: Policy) -> dict[str, str]:
        """What sentences are put together of: why (`why_zh`), how much is due (`due_zh`), what came (`paid_zh`)."""
        found: dict[str, str] = {}
        for language in LANGUAGES:
            shown = self.rules.shown(policy, language)
            because = policy.because if language == "zh" else policy.because_en
            found[f"why_{language}"] = sentence_sql(because, shown, language)
            found[f"due_{language}"] = _due(policy, language)
            found[f"paid_{language}"] = _paid(policy, language)
        return found

    def _sentence(self, policy: Policy, language: str) -> str:
        words = _WORDS[language](policy.title if language == "zh" else policy.title_en)
        why, due, paid = (f"f.{name}_{language}" for name in ("why", "due", "paid"))
        beside = "f.beside" if language == "zh" else "f.beside_en"
        own = policy.over if language == "zh" else policy.over_en
        wrong = sentence_sql(own, self.rules.shown(policy, language), language) if own else text(words["not_met"])
        over = [
            f"WHEN f.state = 'over' AND f.beside IS NOT NULL THEN {_put(words['beside'], beside=beside, paid=paid)}"
        ]
        if policy.received is not None and policy.received.most_times is not None:
            times = written_sql(_TIMES, "times", language)
            too_often = _put(words["too_often"], times=times, paid=paid)
            over.append(f"WHEN f.state = 'over' AND f.too_often THEN {too_often}")
        return (
            f"CASE WHEN f.state = 'gap' THEN {_put(words['gap'], why=why, due=due)} "
            f"WHEN f.state = 'received' THEN {_put(words['received'], why=why, paid=paid)} "
            f"{' '.join(over)} WHEN f.state = 'over' THEN {_put(words['over'], wrong=wrong, paid=paid)} "
            f"WHEN f.eligible IS NULL THEN {_put(words['unknown'])} "
            f"WHEN f.{RECEIVED} THEN {_put(words['unknown_right'])} "
            f"WHEN NOT f.{RECEIVED} THEN {_put(words['presumed'], why=why, due=due)} "
            f"ELSE {_put(words['untold'], why=why, due=due)} END"
        )


def _due(policy: Policy, language: str) -> str:
    """SQL of the amount in brackets; nothing for a benefit in kind."""
    if policy.benefit is None:
        return text("")
    yuan = written_sql(_DUE, "yuan", language)
    once = policy.period == "once"
    if language == "zh":
        known, unknown = (
            _put("（{lead} {yuan}）", lead=text("一次性" if once else "每年约"), yuan=yuan),
            "（金额待县里填写）",
        )
    else:
        known, unknown = (
            _put(" (about {yuan}{tail})", yuan=yuan, tail=text("" if once else " a year")),
            " (amount not filed)",
        )
    return f"CASE WHEN f.yuan IS NULL THEN {text(unknown)} ELSE {known} END"


def _paid(policy: Policy, language: str) -> str:
    """SQL of what was received, where an amount is known."""
    if policy.received_amount is None and (policy.received is None or policy.received.amount is None):
        return text("")
    said = _put(
        "，已领 {yuan}" if language == "zh" else "; paid so far: {yuan}", yuan=written_sql(_YUAN, "yuan", language)
    )
    return f"CASE WHEN f.{RECEIVED_YUAN} > 0 THEN {said} ELSE '' END"


def _departed(policy: Policy, language: str) -> str:
    parts = {
        "left": written_sql(Shown(f"f.{LEFT_ON}", "date"), "date", language),
        "last": written_sql(_LAST, "date", language),
        "paid": _paid(policy, language),
    }
    words = _WORDS[language](policy.title if language == "zh" else policy.title_en)
    on = f"CASE WHEN f.{RECEIVED_LAST} IS NULL THEN {text(words['listed'])} ELSE {_put(words['last'], **parts)} END"
    known, unknown = _put(words["departed"], on=on, **parts), _put(words["departed_unknown"], on=on, **parts)
    return f"CASE WHEN f.{LEFT_ON} IS NULL THEN {unknown} ELSE {known} END"


def _put(template: str, **parts: str) -> str:
    """SQL of a text with `{name}` where a part (each SQL) goes."""
    pieces: list[str] = []
    rest = template
    while "{" in rest:
        before, _, after = rest.partition("{")
        name, _, rest = after.partition("}")
        pieces += [text(before)] if before else []
        pieces.append(parts[name])
    pieces += [text(rest)] if rest else []
    return f"CONCAT({', '.join(pieces)})" if len(pieces) > 1 else pieces[0]


def _zh(title: str) -> dict[str, str]:
    named = f"“{title}”"
    return {
        "gap": f"{{why}}，应享受{named}{{due}}，没有享受记录",
        "received": f"{{why}}，已享受{named}{{paid}}",
        "over": f"{{wrong}}，仍在享受{named}{{paid}}",
        "not_met": f"不符合{named}的条件",
        "beside": f"已享受“{{beside}}”，不能同时享受{named}{{paid}}",
        "too_often": f"{named}有{{times}}享受记录，超过规定{{paid}}",
        "unknown": f"数据不全，无法判断是否应享受{named}",
        "unknown_right": f"正在享受{named}，数据不全，无法核对是否符合条件",
        "presumed": f"{{why}}，可能应享受{named}{{due}}，没有享受记录，请核对",
        "untold": f"{{why}}，应享受{named}{{due}}，没有数据说明是否已享受，请核对",
        "listed": "名单上",
        "last": "{last} ",
        "departed": f"已于 {{left}} 死亡、迁出或服刑，{{on}}仍在发放{named}{{paid}}",
        "departed_unknown": f"已不在册，离开的日期不详，{{on}}有{named}的发放{{paid}}，请核对",
    }


def _en(title: str) -> dict[str, str]:
    named = f"“{title}”"
    return {
        "gap": f"{{why}}; {named}{{due}} is due, nothing was received",
        "received": f"{{why}}; {named} is received{{paid}}",
        "over": f"{{wrong}}; {named} is received all the same{{paid}}",
        "not_met": f"The condition of {named} is not met",
        "beside": f"Has “{{beside}}” and cannot have {named} beside it{{paid}}",
        "too_often": f"{named} was received {{times}}, too often{{paid}}",
        "unknown": f"Data is missing: cannot tell whether {named} is due",
        "unknown_right": f"{named} is received; data is missing to check whether it is due",
        "presumed": f"{{why}}; {named}{{due}} may be due, nothing was received: please check",
        "untold": f"{{why}}; {named}{{due}} is due, and no data tells whether it is received: please check",
        "listed": "still listed",
        "last": "paid on {last}",
        "departed": f"Died, moved away or went to prison on {{left}}; {named} {{on}}{{paid}}",
        "departed_unknown": f"No member any more, since when is unknown; {named} {{on}}{{paid}}: please check",
    }


_WORDS = {"zh": _zh, "en": _en}


def what_is_given(policy: Policy, rulebook: Rulebook, *, region: RegionCode, on: date, language: str) -> str:
    """What a policy gives, with the values that hold somewhere; an amount nobody has filed is said to be so."""
    values: dict[str, Any] = {}
    for name in policy.parameters:
        try:
            values[name] = rulebook.parameters[name].value(region=region, on=on).value
        except MissingParameter:
            values[name] = NOT_FILED[language]
    return sentence(policy.what if language == "zh" else policy.what_en, values, language, {})
