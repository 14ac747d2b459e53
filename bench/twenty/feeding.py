"""Registry and feeds boiled down by pandas to a row a member and a row a household, for tools that cannot read events.

Also what the pandas script is made of. Unknown values stay unknown where a rule could take them for false.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from twenty.shared import Numbers

ABLE = ["skilled", "ordinary", "weak"]
FINISHED = ["junior_middle", "senior_middle", "college", "university"]
BEYOND = ("senior", "vocational", "college", "technician", "university", "post")
LEFT = ["death", "moved_out", "prison"]


@dataclass
class Fed:
    """`persons` are members only, sorted as in the registry; `households` are indexed by household_key."""

    persons: pd.DataFrame
    households: pd.DataFrame


def read(folder: Path, feed: str, columns: list[str]) -> pd.DataFrame:
    files = sorted((folder / "snapshots" / feed).glob("*/*/data.parquet"))
    table = pd.concat([pd.read_parquet(file, columns=["person_key", *columns]) for file in files])
    return table[table["person_key"].notna()].astype({"person_key": "int64"})


def whole_months(earlier: pd.Series, day: pd.Timestamp) -> pd.Series:
    months = (day.year - earlier.dt.year) * 12 + day.month - earlier.dt.month
    return months - ((earlier.dt.day > day.day) & ((day + pd.Timedelta(days=1)).day != 1))


def feed(folder: Path, as_of: date, numbers: Numbers) -> Fed:
    """Read everything and sum it up."""
    day = pd.Timestamp(as_of)

    def within(column: pd.Series, months: str) -> pd.Series:
        when = pd.to_datetime(column)
        return (when >= day - pd.DateOffset(months=int(numbers[months]))) & (when <= day)

    columns = ["person_key", "household_key", "birth_date", "labour", "work_months", "wage_month", "education",
               "student_status", "insured_medical", "status"]  # fmt: skip
    p = pd.read_parquet(folder / "registry" / "person.parquet", columns=columns).set_index("person_key")
    changes = read(folder, "population_change", ["change", "changed_on"])
    when = pd.to_datetime(changes["changed_on"])
    left = when[changes["change"].isin(LEFT)].groupby(changes["person_key"]).max().reindex(p.index)
    back = when[changes["change"] == "moved_in"].groupby(changes["person_key"]).max().reindex(p.index)
    gone = left.notna() & ~(left > day) & ~(back > left)
    p = p[~p["status"].isin(numbers["non_member_statuses"]) & ~gone]
    p = p.assign(
        birth_date=pd.to_datetime(p["birth_date"]),
        able=p["labour"].isin(ABLE),
        work_months=p["work_months"].fillna(0),
        wage_month=p["wage_month"].fillna(0),
        finished=p["education"].isin(FINISHED) | p["student_status"].str.startswith(BEYOND).fillna(False).astype(bool),
    )

    def any_of(rows: pd.DataFrame, met: pd.Series) -> pd.Series:
        return pd.Series(p.index.isin(rows.loc[met.fillna(False).astype(bool), "person_key"]), index=p.index)

    def summed(rows: pd.DataFrame, values: pd.Series, how: str) -> pd.Series:
        return values.groupby(rows["person_key"]).agg(how).reindex(p.index)

    listed = read(folder, "medical_enrolment", ["insured"])
    insured = listed["insured"].astype(float).groupby(listed["person_key"]).max().reindex(p.index)
    not_insured = p["insured_medical"].astype(float) == 0
    p["uninsured"] = (insured == 0) | (insured.isna() & not_insured)

    disease = read(folder, "health_disease", ["major_disease", "chronic_disease", "diagnosed_on",
                                              "family_doctor_contract", "followed_up_on"])  # fmt: skip
    chronic, contract = disease["chronic_disease"].notna(), disease["family_doctor_contract"].astype(float)
    since = whole_months(pd.to_datetime(disease["followed_up_on"]), day)
    p["new_disease"] = any_of(
        disease, disease["major_disease"].notna() & within(disease["diagnosed_on"], "new_event_months")
    )
    p["chronic_without_contract"] = any_of(disease, chronic & (contract == 0))
    p["months_since_follow_up"] = summed(disease, since.where(chronic & (contract == 1)), "min").fillna(0)

    roll = read(folder, "school_roll", ["status", "home_teaching"])
    p["on_roll"] = any_of(roll, roll["status"].notna() | True)
    p["dropped_out"] = any_of(roll, roll["status"] == "dropped_out")
    p["attends"] = any_of(roll, roll["status"].isin(["enrolled", "suspended"]) | roll["status"].isna())

    certificate = read(folder, "disability_certificate", ["disability_grade", "issued_on"])
    severe = certificate["disability_grade"].isin(numbers["severe_disability_grades"])
    p["severe_new"] = any_of(certificate, severe & within(certificate["issued_on"], "new_event_months"))
    p["certified"] = any_of(certificate, severe | True)

    work = read(folder, "employment", ["employment_status", "unemployed_since"])
    jobless = whole_months(pd.to_datetime(work["unemployed_since"]), day)
    p["jobless_months"] = summed(work, jobless.where(work["employment_status"] == "unemployed"), "max").fillna(0)

    bills = read(folder, "medical_settlement", ["self_paid", "total_cost", "reimbursed", "settled_on"])
    bills = bills[within(bills["settled_on"], "self_paid_months")]
    own = bills["self_paid"].astype(float)
    own = own.fillna(bills["total_cost"].astype(float) - bills["reimbursed"].astype(float))
    p["own_cost"], p["largest_bill"] = (summed(bills, own, how).fillna(0) for how in ("sum", "max"))

    aid = read(folder, "civil_assistance", ["kind", "paid_on", "stopped_on"])
    relief = aid[(aid["kind"] == "temporary_relief") & within(aid["paid_on"], "relief_months")]
    p["relief_times"] = summed(relief, relief["kind"], "size").fillna(0)
    p["dibao_stopped"] = any_of(aid, (aid["kind"] == "minimum_living") & within(aid["stopped_on"], "dibao_stop_months"))

    house = read(folder, "housing_appraisal", ["housing_grade", "only_home", "rebuild_status"])
    bad = house["housing_grade"].isin(["C", "D"]) & ~house["rebuild_status"].isin(["done", "not_needed"])
    p["dangerous_home"] = any_of(house, bad & (house["only_home"].astype(float) == 1))

    water = read(folder, "water_supply", ["days_without"])
    p["days_without_water"] = summed(water, water["days_without"].astype(float), "max").fillna(0)

    loss = read(folder, "disaster_loss", ["happened_on", "loss_yuan", "house_damage"])
    loss = loss[within(loss["happened_on"], "disaster_months")]
    p["loss"] = summed(loss, loss["loss_yuan"].astype(float), "sum").fillna(0)
    p["house_destroyed"] = any_of(loss, loss["house_damage"] == "destroyed")
    return Fed(p, _households(folder, day))


def _households(folder: Path, day: pd.Timestamp) -> pd.DataFrame:
    columns = ["household_key", "household_type", "monitor_type", "exited_month", "risk_cleared"]
    h = pd.read_parquet(folder / "registry" / "household.parquet", columns=columns).set_index("household_key")
    columns = ["household_key", "income_year", "per_capita_income", "net_income", "transfer_income"]
    income = pd.read_parquet(folder / "registry" / "income.parquet", columns=columns).set_index("household_key")
    year = day.year - (day.month < 10)
    last, before = income[income["income_year"] == year], income[income["income_year"] == year - 1]
    cleared = h["risk_cleared"].astype(float) == 1
    return pd.DataFrame(
        {
            "income": last["per_capita_income"].astype(float).reindex(h.index),
            "income_before": before["per_capita_income"].astype(float).reindex(h.index),
            "net": last["net_income"].astype(float).reindex(h.index),
            "transfer": last["transfer_income"].astype(float).reindex(h.index),
            "monitored": h["monitor_type"].notna() & h["exited_month"].isna() & ~cleared,
            "alleviated": h["household_type"].isin(["alleviated", "alleviated_without_policy"]),
        }
    )
