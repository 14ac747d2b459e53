"""The twenty rules in OpenFisca, fed by pandas: `openfisca_rules.py FOLDER AS_OF NUMBERS.json OUT.parquet`.

As the tool is meant to be used: entities person and household, a tree of parameters, one variable a fact and a rule
with a vectorised formula, whole columns as inputs. Events are summed up to persons by pandas, from persons to
households by OpenFisca.
"""
# ruff: noqa: N801, N805 - variables are classes with the rules' names, and formulas take the entity first

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import numpy as np
import pandas as pd
from openfisca_core.entities import Entity, GroupEntity
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from twenty.feeding import Fed, feed
from twenty.shared import RULES, Numbers, measured

Person = Entity("person", "persons", "A member", "")
Household = GroupEntity(
    "household", "households", "A household", "", roles=[{"key": "member", "plural": "members", "label": "Members"}]
)
MONTH = DateUnit.MONTH
OF_PERSONS = {
    "birth_date": date, "able": bool, "work_months": float, "wage_month": float, "finished": bool, "uninsured": bool,
    "new_disease": bool, "chronic_without_contract": bool, "months_since_follow_up": float, "on_roll": bool,
    "dropped_out": bool, "attends": bool, "severe_new": bool, "certified": bool, "jobless_months": float,
    "own_cost": float, "largest_bill": float, "relief_times": float, "dibao_stopped": bool, "dangerous_home": bool,
    "days_without_water": float, "loss": float, "house_destroyed": bool,
}  # fmt: skip
OF_HOUSEHOLDS = {
    "income": float, "income_before": float, "net": float, "transfer": float, "monitored": bool, "alleviated": bool,
}  # fmt: skip


def given(name: str, kind: type, entity: Any) -> type[Variable]:
    """An input, as the department or the registry has it."""
    about = {"value_type": kind, "entity": entity, "definition_period": MONTH, "label": name}
    return type(name, (Variable,), about)


def ages(birth: np.ndarray, day: np.datetime64) -> np.ndarray:
    """Completed years on a day."""
    months = birth.astype("datetime64[M]")
    year, month = months.astype("datetime64[Y]"), months.astype(int) % 12
    days = (birth.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
    then = day.astype("datetime64[M]")
    reached = (month * 100 + days) <= (then.astype(int) % 12) * 100 + (day - then.astype("datetime64[D]")).astype(int)
    return (day.astype("datetime64[Y]") - year).astype(int) - ~reached


class age(Variable):
    value_type, entity, definition_period, label = int, Person, MONTH, "Age on the day"

    def formula(person, period, _parameters):
        return ages(person("birth_date", period), np.datetime64(period.start))


class age_at_school_start(Variable):
    value_type, entity, definition_period, label = int, Person, MONTH, "Age when school begins"

    def formula(person, period, parameters):
        return ages(person("birth_date", period), np.datetime64(str(parameters(period).school_entry_day)))


class wage(Variable):
    value_type, entity, definition_period, label = float, Person, MONTH, "Wage of the year"

    def formula(person, period, _parameters):
        return person("work_months", period) * person("wage_month", period)


class lost_wage(Variable):
    value_type, entity, definition_period, label = float, Person, MONTH, "Wage of who has no work now"

    def formula(person, period, parameters):
        jobless = person("jobless_months", period) >= parameters(period).job_loss_months_yellow
        return np.where(jobless, person("wage", period), 0)


class members(Variable):
    value_type, entity, definition_period, label = int, Household, MONTH, "Members"

    def formula(household, _period, _parameters):
        return household.nb_persons()


def rule(name: str, entity: Any, formula: Any) -> type[Variable]:
    about = {"value_type": bool, "entity": entity, "definition_period": MONTH, "label": name, "formula": formula}
    return type(name.replace(".", "__"), (Variable,), about)


def of_members(condition: Any) -> Any:
    """A household's formula out of a member's: whether any member meets it."""

    def formula(household, period, parameters):
        return household.any(condition(household.members, period, parameters(period)))

    return formula


def not_enrolled(condition: Any) -> Any:
    def formula(household, period, parameters):
        return condition(household, period, parameters(period)) & ~household("monitored", period)

    return formula


def of_household(condition: Any) -> Any:
    def formula(household, period, parameters):
        return condition(household, period, parameters(period))

    return formula


def total(household: Any, name: str, period: Any) -> np.ndarray:
    return household.sum(household.members(name, period))


def largest(household: Any, name: str, period: Any) -> np.ndarray:
    return household.max(household.members(name, period))


FORMULAS = {
    "income.under_line_not_enrolled": not_enrolled(lambda h, t, n: h("income", t) < n.monitoring_line),
    "income.under_watch_line": not_enrolled(
        lambda h, t, n: (h("income", t) >= n.monitoring_line) & (h("income", t) < n.low_income_watch_line)
    ),
    "income.fell_sharply": of_household(
        lambda h, t, n: (
            (h("income_before", t) > 0) & (h("income", t) <= h("income_before", t) * (1 - n.income_fall_yellow))
        )
    ),
    "income.rests_on_transfers": not_enrolled(
        lambda h, t, n: (h("net", t) > 0) & (h("transfer", t) > n.transfer_share_high * h("net", t))
    ),
    "medical.self_paid_high": of_household(
        lambda h, t, n: (
            (total(h, "own_cost", t) > n.self_paid_yellow)
            | (total(h, "own_cost", t) > n.monitoring_line * h("members", t))
        )
    ),
    "medical.single_bill_high": of_household(
        lambda h, t, n: (largest(h, "largest_bill", t) > n.single_bill_high) & h("alleviated", t)
    ),
    "medical.uninsured": of_members(
        lambda p, t, n: (
            p("uninsured", t) & ((np.datetime64(t.start) - p("birth_date", t)).astype(int) > n.newborn_grace_days)
        )
    ),
    "health.new_major_disease": of_members(lambda p, t, n: p("new_disease", t)),
    "health.chronic_without_contract": of_members(
        lambda p, t, n: p("chronic_without_contract", t) | (p("months_since_follow_up", t) > n.follow_up_months)
    ),
    "education.school_age_without_roll": of_members(
        lambda p, t, n: (
            (p("age_at_school_start", t) >= n.school_age_from)
            & (p("age", t) <= n.school_age_to)
            & ~p("finished", t)
            & ~p("on_roll", t)
        )
    ),
    "education.dropped_out": of_members(lambda p, t, n: p("dropped_out", t) & ~p("attends", t)),
    "disability.severe_new_certificate": of_members(lambda p, t, n: p("severe_new", t)),
    "disability.several_in_household": not_enrolled(lambda h, t, n: total(h, "certified", t) >= n.disabled_several),
    "civil.relief_repeated": of_household(lambda h, t, n: total(h, "relief_times", t) >= n.relief_times),
    "civil.dibao_stopped": of_members(lambda p, t, n: p("dibao_stopped", t)),
    "housing.dangerous_only_home": of_members(lambda p, t, n: p("dangerous_home", t)),
    "water.days_without": of_members(lambda p, t, n: p("days_without_water", t) > n.water_days_yellow),
    "employment.main_earner_lost_job": of_household(
        lambda h, t, n: (largest(h, "wage", t) > 0) & (largest(h, "lost_wage", t) >= largest(h, "wage", t))
    ),
    "disaster.heavy_loss": of_household(
        lambda h, t, n: (total(h, "loss", t) > n.disaster_loss_yellow) | h.any(h.members("house_destroyed", t))
    ),
    "registry.high_dependency": of_household(
        lambda h, t, n: (
            (total(h, "able", t) > 0)
            & (h("members", t) - total(h, "able", t) >= n.dependency_ratio_high * total(h, "able", t))
        )
    ),
}


def system(numbers: Numbers) -> TaxBenefitSystem:
    """The country: entities, parameters, variables."""
    country = TaxBenefitSystem([Household, Person])
    plain = {name: value for name, value in numbers.items() if not isinstance(value, list)}
    dated = {name: {"values": {"2020-01-01": {"value": value}}} for name, value in plain.items()}
    country.parameters = ParameterNode("", data=dated)
    inputs = [given(name, kind, Person) for name, kind in OF_PERSONS.items()]
    inputs += [given(name, kind, Household) for name, kind in OF_HOUSEHOLDS.items()]
    rules = [rule(name, Household, FORMULAS[name]) for name in RULES]
    country.add_variables(*inputs, age, age_at_school_start, wage, lost_wage, members, *rules)
    return country


def simulation(country: TaxBenefitSystem, fed: Fed, month: str) -> Any:
    builder = SimulationBuilder()
    builder.create_entities(country)
    builder.declare_person_entity("person", fed.persons.index.to_numpy())
    homes = builder.declare_entity("household", fed.households.index.to_numpy())
    builder.join_with_persons(homes, fed.persons["household_key"].to_numpy(), np.zeros(len(fed.persons), dtype=int))
    made = builder.build(country)
    for table, kinds in ((fed.persons, OF_PERSONS), (fed.households, OF_HOUSEHOLDS)):
        for name, kind in kinds.items():
            made.set_input(name, month, table[name].to_numpy("datetime64[D]" if kind is date else kind))
    return made


def pairs(made: Any, households: np.ndarray, month: str) -> Iterator[pd.DataFrame]:
    for name in RULES:
        met = made.calculate(name.replace(".", "__"), month)
        yield pd.DataFrame({"rule_id": name, "household_key": households[met]})


def flagged(folder: Path, as_of: date, numbers: Numbers) -> pd.DataFrame:
    month = as_of.strftime("%Y-%m")
    fed = feed(folder, as_of, numbers)
    fed.persons = fed.persons[fed.persons["household_key"].isin(fed.households.index)]
    made = simulation(system(numbers), fed, month)
    return pd.concat(pairs(made, fed.households.index.to_numpy(), month))


if __name__ == "__main__":
    measured(flagged, lambda found, out: found.to_parquet(out, index=False))
