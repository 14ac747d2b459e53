"""What a row about a policy says: whom it concerns, why, how much, and one sentence in Chinese and English, as SQL."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from doudi.rulebook import Policy
from doudi.rulebook.receipts import LEFT_ON, RECEIVED, RECEIVED_LAST, RECEIVED_TIMES, RECEIVED_YUAN
from doudi.screening.rule_sql import RuleSql
from doudi.screening.writing import Shown, json_sql, sentence_sql, text, written_sql

COLUMNS = (
    "policy_id", "policy_version", "household_key", "person_key", "region_code", "state", "amount", "received",
    "department", "facts", "thresholds", "legal_basis", "sentence", "sentence_en", "missing_facts",
)  # fmt: skip
_LAST = Shown(f"f.{RECEIVED_LAST}", "date")
_YUAN = Shown(f"f.{RECEIVED_YUAN}", "number")


@dataclass(frozen=True)
class EntitlementWords:
    """Writes the query of one policy's rows. `rules` knows the facts and thresholds; `versions`: policy → version."""

    rules: RuleSql
    versions: Mapping[str, str]

    def rows(self, policy: Policy, table: str) -> str:
        """Everybody whom the policy concerns, over the policy's table."""
        entitled = "f.eligible AND f.state <> 'over'"
        amount = "f.yuan" if policy.benefit is not None else "CAST(NULL AS DOUBLE)"
        none_due = "0" if policy.benefit is not None else "NULL"
        told = {
            "amount": f"CASE WHEN {entitled} THEN {amount} WHEN f.state = 'over' THEN CAST({none_due} AS DOUBLE) END",
            "received": f"CASE WHEN NOT f.{RECEIVED} THEN 0 ELSE f.{RECEIVED_YUAN} END",
            "facts": json_sql(self._facts(policy)),
            "thresholds": self.rules.thresholds_json(policy),
            "sentence": self._sentence(policy, "zh"),
            "sentence_en": self._sentence(policy, "en"),
            "missing_facts": self._missing(policy),
        }
        return f"{self._selected(policy, told)} FROM {table} f WHERE f.state IS NOT NULL"

    def departed(self, policy: Policy, table: str) -> str:
        """Payments to persons who left."""
        left = Shown(f"f.{LEFT_ON}", "date")
        facts = {LEFT_ON: left, **self._received(policy)}
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

    def _facts(self, policy: Policy) -> dict[str, Shown]:
        return {name: self.rules.fact(name) for name in policy.facts} | self._received(policy)

    @staticmethod
    def _received(policy: Policy) -> dict[str, Shown]:
        receipt = policy.received
        if receipt is None:
            return {}
        kinds = {fact.id: fact.type.kind.value for fact in receipt.facts if fact.id != RECEIVED}
        return {name: Shown(f"f.{name}", kind) for name, kind in kinds.items()}

    def _missing(self, policy: Policy) -> str:
        """The facts for want of which somebody can't be judged; `received` when nothing tells who has it."""
        facts = self.rules.missing(policy)
        return (
            "CASE WHEN f.state = 'cannot_tell' THEN CASE WHEN f.eligible IS NULL THEN "
            f"{facts} WHEN f.{RECEIVED} IS NULL THEN {text(RECEIVED)} WHEN f.wrong IS NULL THEN {facts} END END"
        )

    # ---- sentences

    def _sentence(self, policy: Policy, language: str) -> str:
        shown = self.rules.shown(policy, language)
        because = sentence_sql(policy.because if language == "zh" else policy.because_en, shown, language)
        own = policy.over if language == "zh" else policy.over_en
        words = _Words.of(policy, language)
        wrong = sentence_sql(own, shown, language) if own else text(words.not_met)
        return (
            "CASE f.state "
            f"WHEN 'gap' THEN {_joined(because, words.due, words.amount, words.not_received)} "
            f"WHEN 'received' THEN {_joined(because, words.has, words.so_far)} "
            f"WHEN 'over' THEN {self._over(policy, words, wrong)} "
            f"ELSE CASE WHEN f.eligible IS NULL THEN {_joined(words.unknown)} "
            f"WHEN f.{RECEIVED} THEN {_joined(words.having_unknown)} "
            f"WHEN NOT f.{RECEIVED} THEN {_joined(because, words.presumed, words.amount, words.check)} "
            f"ELSE {_joined(because, words.may, words.amount, words.nothing_tells)} END END"
        )

    def _over(self, policy: Policy, words: "_Words", wrong: str) -> str:
        cases = [f"WHEN f.beside IS NOT NULL THEN {_joined(*words.beside)}"]
        if policy.received is not None and policy.received.most_times is not None:
            cases.append(f"WHEN f.eligible THEN {_joined(*words.too_often)}")
        return f"CASE {' '.join(cases)} ELSE {_joined(wrong, words.still, words.so_far)} END"


def _joined(*pieces: str) -> str:
    """SQL of pieces (each SQL) one after the other."""
    return f"CONCAT({', '.join(pieces)})" if len(pieces) > 1 else pieces[0]


@dataclass(frozen=True)
class _Words:
    """Pieces of sentences about one policy in one language, each as SQL text."""

    due: str
    amount: str
    not_received: str
    has: str
    so_far: str
    not_met: str
    still: str
    beside: tuple[str, ...]
    too_often: tuple[str, ...]
    unknown: str
    having_unknown: str
    presumed: str
    check: str
    may: str
    nothing_tells: str

    @classmethod
    def of(cls, policy: Policy, language: str) -> "_Words":
        yuan = written_sql(Shown("f.yuan", "number"), "yuan", language)
        paid = written_sql(_YUAN, "yuan", language)
        times = f"doudi_plain(f.{RECEIVED_TIMES})"
        if language == "zh":
            title = f"“{policy.title}”"
            amount = text("")
            if policy.benefit is not None:
                lead = "一次性 " if policy.period == "once" else "每年约 "
                known = f"CONCAT({text('（' + lead)}, {yuan}, '）')"
                amount = f"CASE WHEN f.yuan IS NULL THEN '（金额待县里填写）' ELSE {known} END"
            so_far = f"CASE WHEN f.{RECEIVED_YUAN} > 0 THEN CONCAT('，已领 ', {paid}) ELSE '' END"
            return cls(
                due=text(f"，应享受{title}"),
                amount=amount,
                not_received=text("，没有享受记录"),
                has=text(f"，已享受{title}"),
                so_far=so_far,
                not_met=f"不符合{title}的条件",
                still=text(f"，仍在享受{title}"),
                beside=(text("已享受“"), "f.beside", text(f"”，不能同时享受{title}"), so_far),
                too_often=(text(f"{title}发放了 "), times, text(" 次，超过规定次数"), so_far),
                unknown=text(f"数据不全，无法判断是否应享受{title}"),
                having_unknown=text(f"正在享受{title}，数据不全，无法核对是否符合条件"),
                presumed=text(f"，可能应享受{title}"),
                check=text("，没有享受记录，请核对"),
                may=text(f"，应享受{title}"),
                nothing_tells=text("，没有数据说明是否已享受，请核对"),
            )
        title = f"“{policy.title_en}”"
        amount = text("")
        if policy.benefit is not None:
            tail = " once" if policy.period == "once" else " a year"
            known = f"CONCAT(' (about ', {yuan}, {text(tail + ')')})"
            amount = f"CASE WHEN f.yuan IS NULL THEN ' (amount not filed)' ELSE {known} END"
        so_far = f"CASE WHEN f.{RECEIVED_YUAN} > 0 THEN CONCAT('; paid so far: ', {paid}) ELSE '' END"
        return cls(
            due=text(f"; {title} is due"),
            amount=amount,
            not_received=text(", nothing was received"),
            has=text(f"; {title} is received"),
            so_far=so_far,
            not_met=f"The condition of {title} is not met",
            still=text(f"; {title} is received all the same"),
            beside=(text("Has “"), "f.beside_en", text(f"” and cannot have {title} beside it"), so_far),
            too_often=(text(f"{title} was paid "), times, text(" times, too often"), so_far),
            unknown=text(f"Data is missing: cannot tell whether {title} is due"),
            having_unknown=text(f"{title} is received; data is missing to check whether it is due"),
            presumed=text(f"; {title} may be due"),
            check=text(", nothing was received: please check"),
            may=text(f"; {title} is due"),
            nothing_tells=text(", and no data tells whether it is received: please check"),
        )


def _departed(policy: Policy, language: str) -> str:
    left = written_sql(Shown(f"f.{LEFT_ON}", "date"), "date", language)
    paid = written_sql(_YUAN, "yuan", language)
    last = written_sql(_LAST, "date", language)
    if language == "zh":
        on = f"CASE WHEN f.{RECEIVED_LAST} IS NULL THEN '名单上' ELSE {last} END"
        so_far = f"CASE WHEN f.{RECEIVED_YUAN} > 0 THEN CONCAT('，已领 ', {paid}) ELSE '' END"
        known = _joined(text("已于 "), left, text(" 死亡、迁出或服刑，"), on, text(f"仍在发放“{policy.title}”"), so_far)
        unknown = _joined(text("已不在册，离开日期不详，"), on, text(f"有“{policy.title}”的发放，请核对"))
    else:
        on = f"CASE WHEN f.{RECEIVED_LAST} IS NULL THEN 'still listed' ELSE CONCAT('paid on ', {last}) END"
        known = _joined(text("Died, moved away or went to prison on "), left, text(f"; “{policy.title_en}” "), on)
        unknown = _joined(text(f"No member any more, since when is unknown; “{policy.title_en}” "), on)
    return f"CASE WHEN f.{LEFT_ON} IS NULL THEN {unknown} ELSE {known} END"
