"""The rules of rules/screening as one plain pandas script: the yardstick that bench/screening.py measures against.

Written as an analyst of a county would: read the Parquet columns needed, boil each feed down to a row a person, join,
sum up to households, compare with the numbers. It only says which (rule, household) pairs are flagged; no sentences.

    python bench/screening_pandas.py FOLDER AS_OF OUT.parquet
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

LINE, WATCH = 7100, 8000
ABLE, FULLY_ABLE = ["skilled", "ordinary", "weak"], ["skilled", "ordinary"]
FINISHED = ["junior_middle", "senior_middle", "college", "university"]


def read(folder: Path, feed: str, columns: list[str]) -> pd.DataFrame:
    files = sorted((folder / "snapshots" / feed).glob("*/*/data.parquet"))
    table = pd.concat([pd.read_parquet(file, columns=["person_key", *columns]) for file in files])
    return table[table["person_key"].notna()]


def whole_months(earlier: pd.Series, day: pd.Timestamp) -> pd.Series:
    months = (day.year - earlier.dt.year) * 12 + day.month - earlier.dt.month
    return months - ((earlier.dt.day > day.day) & ((day + pd.Timedelta(days=1)).day != 1))


def age_on(birth: pd.Series, day: pd.Timestamp) -> pd.Series:
    return day.year - birth.dt.year - (birth.dt.month * 100 + birth.dt.day > day.month * 100 + day.day)


def months_since(month: pd.Series, day: pd.Timestamp) -> pd.Series:
    return (day.year * 12 + day.month) - (month.str[:4].astype(float) * 12 + month.str[5:7].astype(float))


def flagged(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    def since(months: int) -> pd.Timestamp:
        return as_of - pd.DateOffset(months=months)

    def within(days: pd.Series, months: int) -> pd.Series:
        days = pd.to_datetime(days)
        return (days >= since(months)) & (days <= as_of)

    columns = ["person_key", "household_key", "birth_date", "education", "student_status", "labour", "work_months",
               "wage_month", "status", "insured_medical"]  # fmt: skip
    p = pd.read_parquet(folder / "registry" / "person.parquet", columns=columns)
    change = read(folder, "population_change", ["change", "changed_on"])
    left = change[change["change"].isin(["death", "moved_out", "prison"])].groupby("person_key")["changed_on"].max()
    back = change[change["change"] == "moved_in"].groupby("person_key")["changed_on"].max()
    p = p[~p["status"].isin(["dead", "moved_out", "in_prison"])]
    gone = pd.to_datetime(p["person_key"].map(left))
    returned = pd.to_datetime(p["person_key"].map(back))
    p = p[gone.isna() | (gone > as_of) | (returned > gone)].copy()

    birth = pd.to_datetime(p["birth_date"])
    p["age"] = age_on(birth, as_of)
    p["age_at_school_start"] = age_on(birth, pd.Timestamp(as_of.year - ((as_of.month, as_of.day) < (8, 31)), 8, 31))
    p["elderly"], p["child"] = p["age"] >= 60, p["age"] < 16
    p["able"], p["fully_able"] = p["labour"].isin(ABLE), p["labour"].isin(FULLY_ABLE)
    p["student"] = p["student_status"].notna() & ~p["student_status"].isin(["not_student", "under_school_age"])
    p["worked"] = p["work_months"].fillna(0) > 0
    p["wage"] = np.where(p["worked"], p["work_months"] * p["wage_month"], 0.0)
    beyond = p["student_status"].str.startswith(("senior", "vocational", "college", "technician", "university", "post"))
    p["finished"] = p["education"].isin(FINISHED) | beyond.fillna(False).astype(bool)

    def on_list(feed: pd.DataFrame) -> pd.Series:
        return p["person_key"].isin(feed["person_key"])

    flags: dict[str, pd.Series] = {}
    listed = read(folder, "medical_enrolment", ["insured"]).groupby("person_key")["insured"].max()
    insured = p["person_key"].map(listed)
    insured = insured.where(insured.notna(), p["insured_medical"].where(p["insured_medical"] == False))  # noqa: E712
    flags["medical.uninsured"] = (insured == False) & ((as_of - birth).dt.days > 90)  # noqa: E712
    disease = read(folder, "health_disease", ["major_disease", "chronic_disease", "diagnosed_on",
                                              "family_doctor_contract", "followed_up_on"])  # fmt: skip
    new = disease[disease["major_disease"].notna() & within(disease["diagnosed_on"], 3)]
    flags["health.new_major_disease"] = on_list(new)
    chronic = disease[disease["chronic_disease"].notna()]
    months = whole_months(pd.to_datetime(chronic["followed_up_on"]), as_of)
    contract = chronic["family_doctor_contract"]
    late = months.where(contract == True).groupby(chronic["person_key"]).min() > 3  # noqa: E712
    flags["health.chronic_without_contract"] = on_list(chronic[contract == False]) | on_list(  # noqa: E712
        late[late].reset_index()
    )
    roll = read(folder, "school_roll", ["status", "home_teaching", "absent_days"])
    due = (p["age_at_school_start"] >= 6) & (p["age"] <= 15) & ~p["finished"]
    at_home = on_list(roll[roll["home_teaching"] == True])  # noqa: E712
    flags["education.school_age_without_roll"] = due & ~on_list(roll) & ~at_home
    here = on_list(roll[roll["status"].isin(["enrolled", "suspended"])])
    flags["education.dropped_out"] = on_list(roll[roll["status"] == "dropped_out"]) & ~here
    flags["education.absent_days"] = on_list(roll[(roll["status"] == "enrolled") & (roll["absent_days"] > 5)])
    certificate = read(folder, "disability_certificate", ["disability_grade", "issued_on"])
    severe = certificate[certificate["disability_grade"].isin(["1", "2"]) & within(certificate["issued_on"], 3)]
    flags["disability.severe_new_certificate"] = on_list(severe)
    p["certificate"] = on_list(certificate)
    work = read(folder, "employment", ["employment_status", "unemployed_since", "wages_unpaid"])
    out = work[work["employment_status"] == "unemployed"]
    jobless = whole_months(pd.to_datetime(out["unemployed_since"]), as_of).groupby(out["person_key"]).max()
    p["jobless"] = p["person_key"].map(jobless).fillna(0)
    car = read(folder, "vehicle", ["value_yuan", "registered_on"])
    flags["exclusion.vehicle"] = on_list(car[(car["value_yuan"] > 50000) & within(car["registered_on"], 36)])
    firm = read(folder, "business_registration", ["business_status", "yearly_turnover"])
    flags["exclusion.business"] = on_list(firm[(firm["business_status"] == "active") & (firm["yearly_turnover"] > 0)])
    flags["exclusion.payroll"] = on_list(read(folder, "payroll", []))
    flat = read(folder, "property_registration", ["property_kind"])
    flags["exclusion.property"] = on_list(flat[flat["property_kind"].isin(["flat", "shop"])])
    by_person = {rule: p.loc[flag.fillna(False).astype(bool), "household_key"] for rule, flag in flags.items()}

    columns = ["household_key", "household_type", "monitor_type", "enrolled_month", "exited_month", "risk_cleared",
               "dev_status"]  # fmt: skip
    h = pd.read_parquet(folder / "registry" / "household.parquet", columns=columns).set_index("household_key")
    columns = ["household_key", "income_year", "per_capita_income", "net_income", "transfer_income"]
    income = pd.read_parquet(folder / "registry" / "income.parquet", columns=columns).set_index("household_key")
    year = as_of.year - (as_of.month < 10)
    last, before = income[income["income_year"] == year], income[income["income_year"] == year - 1]
    h["income"], h["net"], h["transfer"] = last["per_capita_income"], last["net_income"], last["transfer_income"]
    h["income_before"] = before["per_capita_income"]
    cleared = h["risk_cleared"].fillna(False).astype(bool)
    monitored = h["monitor_type"].notna() & h["exited_month"].isna() & ~cleared
    exited = h["monitor_type"].notna() & (h["exited_month"].notna() | cleared)
    alleviated = h["household_type"].isin(["alleviated", "alleviated_without_policy"])
    home = p.groupby("household_key")
    h["members"] = home.size()
    for name in ("elderly", "child", "able", "worked", "certificate"):
        h[name] = home[name].sum()
    h["fully_able"] = (p["fully_able"] & ~p["student"]).groupby(p["household_key"]).sum()
    h["top_wage"] = home["wage"].max()
    h["lost_wage"] = p[p["jobless"] >= 1].groupby("household_key")["wage"].max()
    of_whom = p[["person_key", "household_key"]]

    def by_home(feed: pd.DataFrame) -> pd.DataFrame:
        return feed.merge(of_whom, on="person_key")

    def has(feed: pd.DataFrame) -> pd.Series:
        return pd.Series(h.index.isin(by_home(feed)["household_key"]), index=h.index)

    bills = read(folder, "medical_settlement", ["self_paid", "total_cost", "reimbursed", "settled_on"])
    bills = by_home(bills[within(bills["settled_on"], 12)])
    bills["own"] = bills["self_paid"].fillna(bills["total_cost"] - bills["reimbursed"])
    h["own"], h["largest"] = (bills.groupby("household_key")["own"].agg(how) for how in ("sum", "max"))
    aid = read(folder, "civil_assistance", ["kind", "amount", "paid_on", "stopped_on"])
    relief = by_home(aid[(aid["kind"] == "temporary_relief") & within(aid["paid_on"], 12)])
    h["relief"] = relief.groupby("household_key").size()
    h["relief_largest"] = relief.groupby("household_key")["amount"].max()
    houses = read(folder, "housing_appraisal", ["housing_grade", "only_home", "rebuild_status"])
    bad = houses["housing_grade"].isin(["C", "D"]) & ~houses["rebuild_status"].isin(["done", "not_needed"])
    water = read(folder, "water_supply", ["days_without", "quality_ok", "fetch_minutes", "assurance_ratio"])
    loss = read(folder, "disaster_loss", ["happened_on", "loss_yuan", "house_damage"])
    loss = by_home(loss[within(loss["happened_on"], 12)])
    h["loss"] = loss.groupby("household_key")["loss_yuan"].sum()
    destroyed = pd.Series(h.index.isin(loss.loc[loss["house_damage"] == "destroyed", "household_key"]), index=h.index)
    counts = ["members", "elderly", "child", "able", "worked", "certificate", "fully_able", "top_wage", "lost_wage",
              "own", "largest", "relief", "relief_largest", "loss"]  # fmt: skip
    h[counts] = h[counts].fillna(0)
    stopped = (aid["kind"] == "minimum_living") & within(aid["stopped_on"], 3)
    orphan = (aid["kind"] == "de_facto_orphan") & within(aid["paid_on"], 12)
    hard = (water["fetch_minutes"] > 20) | (water["assurance_ratio"] < 90)
    by_household = {
        "income.under_line_not_enrolled": (h["income"] < LINE) & ~monitored,
        "income.under_watch_line": (h["income"] >= LINE) & (h["income"] < WATCH) & ~monitored,
        "income.fell_sharply": (h["income_before"] > 0) & (h["income"] <= h["income_before"] * (1 - 0.3)),
        "income.rests_on_transfers": (h["net"] > 0) & (h["transfer"] / h["net"] > 0.6) & ~monitored,
        "medical.self_paid_high": (h["own"] > 10000) | (h["own"] > LINE * h["members"]),
        "medical.single_bill_high": (h["largest"] > 5000) & alleviated,
        "disability.several_in_household": (h["certificate"] >= 2) & ~monitored,
        "civil.relief_repeated": h["relief"] >= 2,
        "civil.relief_large": h["relief_largest"] >= 3000,
        "civil.dibao_stopped": has(aid[stopped]),
        "civil.de_facto_orphan": has(aid[orphan]) & ~monitored,
        "housing.dangerous_only_home": has(houses[bad & (houses["only_home"] == True)]),  # noqa: E712
        "water.days_without": has(water[water["days_without"] > 3]),
        "water.quality_fails": has(water[water["quality_ok"] == False]),  # noqa: E712
        "water.hard_to_get": has(water[hard]),
        "employment.main_earner_lost_job": (h["top_wage"] > 0) & (h["lost_wage"] >= h["top_wage"]),
        "employment.wages_unpaid": has(work[work["wages_unpaid"] == True]),  # noqa: E712
        "employment.nobody_works": (h["fully_able"] > 0) & (h["worked"] == 0) & (monitored | alleviated),
        "disaster.heavy_loss": (h["loss"] > 5000) | destroyed,
        "registry.elderly_only": (h["elderly"] > 0) & (h["elderly"] + h["child"] == h["members"]),
        "registry.single_elderly": (h["members"] == 1) & (h["elderly"] == 1),
        "registry.high_dependency": (h["able"] > 0) & (h["members"] - h["able"] >= 3 * h["able"]),
        "monitoring.enrolled_without_measure": monitored
        & (h["able"] > 0)
        & (months_since(h["enrolled_month"], as_of) > 1)
        & (h["dev_status"] == "not_yet"),
        "monitoring.exited_near_line": exited
        & (months_since(h["exited_month"], as_of) < 12)
        & (h["income"] < LINE * 1.2),
    }
    found = {rule: h.index[flag.fillna(False).astype(bool)] for rule, flag in by_household.items()}
    found |= {rule: pd.Index(homes.unique()) for rule, homes in by_person.items()}
    risky = pd.concat([pd.Series(homes) for rule, homes in found.items() if not rule.startswith("exclusion.")]).unique()
    return pd.concat(
        pd.DataFrame({"rule_id": rule, "household_key": homes[homes.isin(risky)] if "exclusion." in rule else homes})
        for rule, homes in found.items()
    )


if __name__ == "__main__":
    folder, day, target = Path(sys.argv[1]), pd.Timestamp(sys.argv[2]), Path(sys.argv[3])
    started = time.perf_counter()
    pairs = flagged(folder, day)
    seconds = time.perf_counter() - started
    pairs.to_parquet(target)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "pairs": len(pairs)}))
