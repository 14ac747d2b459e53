"""The twenty rules in GoRules' zen-engine, fed by pandas: `zen_rules.py FOLDER AS_OF NUMBERS.json OUT.parquet [SHARE]`.

As the tool is meant to be used: one decision model (a JSON graph of expression nodes), loaded once, evaluated for one
household after the other, each a document with its members; the calls go out in batches, which the engine spreads over
the cores. Events are summed up to persons by pandas, from persons to households by the model. SHARE below 1 evaluates
only so large a part of the households, evenly chosen, and says so.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import numpy as np
import pandas as pd
import zen

from twenty.feeding import Fed, feed
from twenty.shared import RULES, Numbers, measured

BATCH = 5_000
FACTS = {
    "size": "len(members)",
    "able": "count(members, #.able)",
    "certified": "count(members, #.certified)",
    "own_cost": "sum(map(members, #.own_cost))",
    "largest_bill": "max(map(members, #.largest_bill))",
    "relief": "sum(map(members, #.relief_times))",
    "loss": "sum(map(members, #.loss))",
    "top_wage": "max(map(members, #.wage))",
    "lost_wage": "max(map(members, #.jobless_months >= {job_loss_months_yellow} ? #.wage : 0))",
}
CONDITIONS = {
    "income.under_line_not_enrolled": "income != null and income < {monitoring_line} and not monitored",
    "income.under_watch_line": "income != null and income >= {monitoring_line} and income < {low_income_watch_line} and not monitored",
    "income.fell_sharply": "income != null and income_before != null and income_before > 0 and income <= income_before * (1 - {income_fall_yellow})",
    "income.rests_on_transfers": "net != null and transfer != null and net > 0 and transfer / net > {transfer_share_high} and not monitored",
    "medical.self_paid_high": "$.own_cost > {self_paid_yellow} or $.own_cost > {monitoring_line} * $.size",
    "medical.single_bill_high": "$.largest_bill > {single_bill_high} and alleviated",
    "medical.uninsured": "some(members, #.uninsured and #.age_days > {newborn_grace_days})",
    "health.new_major_disease": "some(members, #.new_disease)",
    "health.chronic_without_contract": "some(members, #.chronic_without_contract or #.months_since_follow_up > {follow_up_months})",
    "education.school_age_without_roll": "some(members, #.age_at_school_start >= {school_age_from} and #.age <= {school_age_to} and not #.finished and not #.on_roll)",
    "education.dropped_out": "some(members, #.dropped_out and not #.attends)",
    "disability.severe_new_certificate": "some(members, #.severe_new)",
    "disability.several_in_household": "$.certified >= {disabled_several} and not monitored",
    "civil.relief_repeated": "$.relief >= {relief_times}",
    "civil.dibao_stopped": "some(members, #.dibao_stopped)",
    "housing.dangerous_only_home": "some(members, #.dangerous_home)",
    "water.days_without": "some(members, #.days_without_water > {water_days_yellow})",
    "employment.main_earner_lost_job": "$.top_wage > 0 and $.lost_wage >= $.top_wage",
    "disaster.heavy_loss": "$.loss > {disaster_loss_yellow} or some(members, #.house_destroyed)",
    "registry.high_dependency": "$.able > 0 and $.size - $.able >= {dependency_ratio_high} * $.able",
}  # fmt: skip
# ruff: noqa: E501 - one condition a line


def model(numbers: Numbers) -> dict[str, Any]:
    """The decision model: facts of the household, then the rules over them."""
    written = {name: value for name, value in numbers.items() if isinstance(value, (int, float))}
    expressions = {**FACTS, **{name.replace(".", "_"): CONDITIONS[name] for name in RULES}}
    content = [{"id": key, "key": key, "value": value.format(**written)} for key, value in expressions.items()]
    nodes = [
        {"id": "household", "type": "inputNode", "name": "household"},
        {"id": "rules", "type": "expressionNode", "name": "rules", "content": {"expressions": content}},
        {"id": "flags", "type": "outputNode", "name": "flags"},
    ]
    edges = [("household", "rules"), ("rules", "flags")]
    return {
        "nodes": [node | {"position": {"x": 0, "y": 0}} for node in nodes],
        "edges": [{"id": a + b, "sourceId": a, "targetId": b, "type": "edge"} for a, b in edges],
    }


def documents(fed: Fed, day: pd.Timestamp, school: pd.Timestamp) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each household with its members, as the model reads it."""
    p, h = fed.persons, fed.households
    birth = p["birth_date"]

    def age_on(when: pd.Timestamp) -> pd.Series:
        return when.year - birth.dt.year - (birth.dt.month * 100 + birth.dt.day > when.month * 100 + when.day)

    p["age"], p["age_at_school_start"] = age_on(day), age_on(school)
    p["age_days"] = (day - birth).dt.days
    p["wage"] = p["work_months"] * p["wage_month"]
    unread = [
        "birth_date",
        "work_months",
        "wage_month",
        "labour",
        "education",
        "student_status",
        "insured_medical",
        "status",
    ]
    sorted_ = p.drop(columns=unread).sort_values("household_key", kind="stable")
    keys = sorted_.pop("household_key").to_numpy()
    members = sorted_.to_dict("records")
    starts = np.searchsorted(keys, h.index.to_numpy(), side="left")
    ends = np.searchsorted(keys, h.index.to_numpy(), side="right")
    homes = h.astype(object).where(h.notna(), None).to_dict("records")
    for key, home, start, end in zip(h.index.to_list(), homes, starts.tolist(), ends.tolist(), strict=True):
        home["members"] = members[start:end]
        yield key, home


def flagged(folder: Path, as_of: date, numbers: Numbers) -> dict[str, Any]:
    share = float(sys.argv[5]) if len(sys.argv) > 5 else 1.0
    fed = feed(folder, as_of, numbers)
    if share < 1:
        fed.households = fed.households.iloc[:: round(1 / share)]
        fed.persons = fed.persons[fed.persons["household_key"].isin(fed.households.index)]
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": model(numbers)}}})
    names = {name.replace(".", "_"): name for name in RULES}
    found: list[tuple[str, int]] = []
    waiting: list[tuple[int, dict[str, Any]]] = []

    def work_off() -> None:
        answers = engine.evaluate_batch([{"key": "rules", "context": home} for _, home in waiting])
        for (key, _), answer in zip(waiting, answers, strict=True):
            result = answer["data"]["result"]
            found.extend((name, key) for short, name in names.items() if result[short])
        waiting.clear()

    for one in documents(fed, pd.Timestamp(as_of), pd.Timestamp(numbers["school_entry_day"])):
        waiting.append(one)
        if len(waiting) == BATCH:
            work_off()
    if waiting:
        work_off()
    pairs = pd.DataFrame(found, columns=["rule_id", "household_key"])
    return {"pairs": pairs, "households": len(fed.households), "share": share}


if __name__ == "__main__":
    measured(flagged, lambda pairs, out: pairs.to_parquet(out, index=False))
