"""Forty of the checks of rules/checks as one plain pandas script: the yardstick that bench/checks.py measures against.

Written as an analyst of a county would: read the Parquet columns needed, join, sum up to households, compare. It only
says which rows are wrong, as (check, household, person); no sentences, no repairs, nothing about what can't be told.

    python bench/checks_pandas.py FOLDER AS_OF OUT.parquet
"""

import json
import resource
import sys
import time
from pathlib import Path

import pandas as pd

MEN = {"son", "son_in_law", "grandson", "daughters_son", "father", "wifes_father", "husbands_father", "grandfather",
       "mothers_father", "great_grandson", "nephew", "uncle"}  # fmt: skip
WOMEN = {"daughter", "daughter_in_law", "granddaughter", "daughters_daughter", "mother", "wifes_mother",
         "husbands_mother", "grandmother", "mothers_mother", "great_granddaughter", "niece",
         "brothers_wife"}  # fmt: skip
PARENTS = {"father", "mother", "wifes_father", "wifes_mother", "husbands_father", "husbands_mother"}
GONE = {"dead", "moved_out", "in_prison"}
ITEMS = ["family_planning_payment", "minimum_living_payment", "extreme_hardship_payment", "pension_payment",
         "ecological_payment", "kin_support", "reward_payment", "other_transfer"]  # fmt: skip
PARTS = ["wage_income", "production_gross", "production_cost", "property_income", "transfer_income"]
PERSON = ["person_key", "household_key", "name", "sex", "birth_date", "relation", "ethnic", "id_form", "id_sex",
          "id_birth_date", "name_form", "phone_form", "labour", "work_months", "public_job", "public_job_months",
          "minimum_living", "status", "status_on"]  # fmt: skip
HOUSEHOLD = ["household_key", "region_code", "region_form", "phone_key", "phone_form", "size_now", "monitor_type",
             "household_type", "enrolled_month", "risk_cleared", "exited_month", "clear_mode", "helper_name",
             "no_labour_flag", "risk_1", "risk_2", "risk_3", "risk_4", "risk_5"]  # fmt: skip


def age_on(birth: pd.Series, day: pd.Series | pd.Timestamp) -> pd.Series:
    of = day.dt if isinstance(day, pd.Series) else day
    before = birth.dt.month * 100 + birth.dt.day > of.month * 100 + of.day
    return (of.year - birth.dt.year - before).where(birth.notna())


def events(folder: Path) -> pd.DataFrame:
    files = sorted((folder / "snapshots" / "population_change").glob("*/*/data.parquet"))
    found = pd.concat([pd.read_parquet(file, columns=["person_key", "change", "changed_on"]) for file in files])
    found["changed_on"] = pd.to_datetime(found["changed_on"])
    return found[found["person_key"].notna()]


def flagged(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    found: list[pd.DataFrame] = []

    def wrong(check: str, rows: pd.DataFrame, which: pd.Series) -> None:
        hit = rows[which.fillna(False).astype(bool)]
        person = hit["person_key"].astype("Int64") if "person_key" in hit else pd.NA
        keys = {"household_key": hit["household_key"], "person_key": person}
        found.append(pd.DataFrame(keys).astype("Int64").assign(check_id=check))

    everybody = pd.read_parquet(folder / "registry" / "person.parquet", columns=PERSON)
    for column in ("birth_date", "id_birth_date", "status_on"):
        everybody[column] = pd.to_datetime(everybody[column])
    change = events(folder)
    left = change[change["change"].isin(["death", "moved_out", "prison"])].groupby("person_key")["changed_on"].max()
    back = change[change["change"] == "moved_in"].groupby("person_key")["changed_on"].max()
    gone, returned = (
        everybody[["person_key"]].join(days.rename("day"), on="person_key")["day"] for days in (left, back)
    )
    here = ~everybody["status"].isin(GONE) & (gone.isna() | (gone > as_of) | (returned > gone))

    # persons
    wrong("household.gone_without_date", everybody, everybody["status"].isin(GONE) & everybody["status_on"].isna())
    wrong("household.status_in_future", everybody, everybody["status_on"] > as_of)
    present = everybody["status"].fillna("active") == "active"
    entries = everybody[present].groupby("person_key")["household_key"].nunique()
    everybody["active_households"] = everybody["person_key"].map(entries).fillna(0)
    several = everybody["person_key"].duplicated(keep=False)
    dead = everybody[several & (everybody["status"] == "dead")]["person_key"].unique()
    twins = everybody[present & everybody["name"].notna() & everybody["birth_date"].notna()]
    same = twins.groupby(["household_key", "name", "birth_date"]).size()
    same = same[same > 1].rename("same").reset_index()
    everybody = everybody.merge(same, how="left", on=["household_key", "name", "birth_date"])
    p = everybody[here.to_numpy()].copy()
    p["age"] = age_on(p["birth_date"], as_of)
    sound = p["id_form"] == "sound"
    for name in ("length", "characters", "old15", "checksum"):
        wrong(f"identity.id_{name}", p, p["id_form"] == name)
    wrong("identity.id_missing", p, (p["age"] > 1) & p["id_form"].isin(["missing", "placeholder"]))
    both = p["birth_date"].notna() & p["id_birth_date"].notna()
    wrong("identity.birth_against_id", p, sound & both & (p["birth_date"] != p["id_birth_date"]))
    both = p["sex"].notna() & p["id_sex"].notna()
    wrong("identity.sex_against_id", p, sound & both & (p["sex"] != p["id_sex"]))
    wrong("identity.birth_missing", p, p["birth_date"].isna())
    wrong("identity.age_too_high", p, p["age"] > 120)
    wrong("identity.born_in_future", p, p["birth_date"] > as_of)
    for name in ("digits", "characters"):
        wrong(f"identity.name_{name}", p, p["name_form"] == name)
    wrong("identity.same_name_in_household", p, p["same"] > 1)
    wrong("identity.in_two_households", p, p["active_households"] > 1)
    listed = everybody["person_key"].isin(dead) & (everybody["active_households"] > 0)
    wrong("identity.dead_elsewhere", everybody, ~everybody["status"].isin(GONE) & listed)
    wrong("identity.phone_unsound", p, p["phone_form"] == "unsound")
    wrong("household.relation_of_men", p, (p["sex"] == "female") & p["relation"].isin(MEN))
    wrong("household.relation_of_women", p, (p["sex"] == "male") & p["relation"].isin(WOMEN))
    wrong("household.relation_missing", p, p["relation"].isna())
    wrong("household.ethnic_missing", p, p["ethnic"].isna())
    heads = p[p["relation"] == "head"]
    born = heads[heads["birth_date"].notna()].groupby("household_key")["birth_date"].min()
    unsure = heads[heads["birth_date"].isna()]["household_key"]
    born = born[~born.index.isin(unsure) & ~born.index.isin(p[p["relation"].isna()]["household_key"])]
    head_born = p["household_key"].map(born)
    wrong(
        "household.child_too_old",
        p,
        p["relation"].isin(["son", "daughter"]) & (age_on(head_born, p["birth_date"]) < 14),
    )
    wrong("household.parent_too_young", p, p["relation"].isin(PARENTS) & (age_on(p["birth_date"], head_born) < 14))
    wrong("work.months_without_capacity", p, p["labour"].isin(["lost", "none"]) & (p["work_months"] > 0))

    # households
    h = pd.read_parquet(folder / "registry" / "household.parquet", columns=HOUSEHOLD)
    p["is_head"], p["is_spouse"] = p["relation"] == "head", p["relation"] == "spouse"
    p["is_able"] = p["labour"].isin(["skilled", "ordinary", "weak"])
    p["labour_unknown"], p["dibao_unknown"] = p["labour"].isna(), p["minimum_living"].isna()
    p["on_dibao"] = p["minimum_living"].fillna(False).astype(bool)
    p["earns"] = (p["work_months"] > 0) | (p["public_job_months"] > 0) | p["public_job"].notna()
    sums = p.groupby("household_key").agg(
        members=("person_key", "size"), heads=("is_head", "sum"), spouses=("is_spouse", "sum"), able=("is_able", "sum"),
        labour_unknown=("labour_unknown", "any"), on_dibao=("on_dibao", "sum"), dibao_unknown=("dibao_unknown", "any"),
        earners=("earns", "sum"),
    )  # fmt: skip
    h = h.merge(sums, how="left", left_on="household_key", right_index=True)
    counts = ["members", "heads", "spouses", "able", "on_dibao", "earners"]
    h[counts] = h[counts].fillna(0)
    old_heads = everybody[(everybody["relation"] == "head") & everybody["status"].isin(GONE)]["household_key"]
    had_head = h["household_key"].isin(old_heads)
    wrong("household.heads_several", h, h["heads"] > 1)
    wrong("household.head_missing", h, (h["members"] > 0) & (h["heads"] == 0) & ~had_head)
    wrong("household.head_gone", h, (h["members"] > 0) & (h["heads"] == 0) & had_head)
    wrong("household.spouses_several", h, h["spouses"] > 1)
    wrong("household.size_differs", h, (h["members"] > 0) & h["size_now"].notna() & (h["size_now"] != h["members"]))
    shared = h[h["phone_key"].notna()].groupby("phone_key").size()
    wrong("household.phone_shared", h, h["phone_key"].map(shared) > 1)
    wrong("region.code_unknown", h, h["region_form"] == "unknown")
    wrong("region.name_differs", h, h["region_form"] == "other_name")
    monitored, cleared = h["monitor_type"].notna(), h["risk_cleared"].fillna(False).astype(bool)
    now = monitored & h["exited_month"].isna() & ~cleared
    risks = h[["risk_1", "risk_2", "risk_3", "risk_4", "risk_5"]]
    wrong("monitoring.risk_missing", h, monitored & risks.isna().all(axis=1))
    wrong("monitoring.enrolled_without_month", h, monitored & h["enrolled_month"].isna())
    wrong("monitoring.cleared_without_month", h, cleared & h["exited_month"].isna())
    wrong("monitoring.clear_mode_missing", h, cleared & h["clear_mode"].isna())
    short = (risks == "labour_shortage").any(axis=1) & (h["able"] >= 0.5 * h["members"])
    wrong("monitoring.labour_short_though_able", h, now & short & (h["members"] > 0))
    h["township"] = h["region_code"].str[:9]
    load = h[h["helper_name"].notna()].groupby(["helper_name", "township"]).size().rename("load").reset_index()
    h = h.merge(load, how="left", on=["helper_name", "township"])
    wrong("monitoring.helper_too_many", h, now & (h["load"] > 15))

    # incomes
    last = as_of.year - 1 if as_of.month < 10 else as_of.year
    columns = ["household_key", "income_year", "per_capita_income", "net_income", *PARTS, *ITEMS]
    incomes = pd.read_parquet(folder / "registry" / "income.parquet", columns=columns)
    before = incomes[incomes["income_year"] == last - 1].set_index("household_key")["per_capita_income"].astype(float)
    incomes = incomes[incomes["income_year"] == last].astype(dict.fromkeys(columns[2:], float))
    h = h.merge(incomes, how="left", on="household_key")
    has = h["income_year"].notna()
    h["before"] = h["household_key"].map(before)
    rise = h["per_capita_income"] > h["before"] * 2
    wrong("income.rose_much", h, (h["before"] > 0) & rise)
    wrong("income.fell_much", h, (h["before"] > 0) & (h["per_capita_income"] < h["before"] * 0.5))
    wrong("income.missing", h, (h["members"] > 0) & h["net_income"].isna())
    items = h[ITEMS].fillna(0).sum(axis=1)
    wrong("income.transfer_sum", h, has & ((h["transfer_income"] - items).abs() > 1))
    wrong("income.wage_without_worker", h, (h["wage_income"] > 0) & (h["earners"] == 0))
    paid = h["minimum_living_payment"].fillna(0)
    wrong("income.dibao_without_payment", h, has & (h["on_dibao"] > 0) & (paid == 0))
    wrong("income.dibao_payment_without", h, has & (h["on_dibao"] == 0) & ~h["dibao_unknown"].eq(True) & (paid > 0))
    parts = h[has][["household_key", "region_code", *PARTS]].fillna(dict.fromkeys(PARTS, 0.0))
    parts = parts[(parts[PARTS] != 0).any(axis=1)]
    copies = parts.groupby(["region_code", *PARTS])["household_key"].transform("size")
    wrong("income.copied", parts, copies > 10)
    return pd.concat(found, ignore_index=True)


if __name__ == "__main__":
    started = time.perf_counter()
    table = flagged(Path(sys.argv[1]), pd.Timestamp(sys.argv[2]))
    seconds = time.perf_counter() - started
    table.to_parquet(sys.argv[3])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "pairs": len(table), "peak_mb": peak}))
