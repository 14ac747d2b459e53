"""The twenty rules as one pandas script, vectorised: `pandas_script.py FOLDER AS_OF NUMBERS.json OUT.parquet`."""

import sys
from datetime import date
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from twenty.feeding import feed
from twenty.shared import Numbers, measured


def flagged(folder: Path, as_of: date, n: Numbers) -> pd.DataFrame:
    fed, day = feed(folder, as_of, n), pd.Timestamp(as_of)
    p, h = fed.persons, fed.households

    def age_on(when: pd.Timestamp) -> pd.Series:
        birth = p["birth_date"]
        return when.year - birth.dt.year - (birth.dt.month * 100 + birth.dt.day > when.month * 100 + when.day)

    age, at_start = age_on(day), age_on(pd.Timestamp(n["school_entry_day"]))
    p["wage"] = p["work_months"] * p["wage_month"]
    p["lost_wage"] = p["wage"].where(p["jobless_months"] >= n["job_loss_months_yellow"], 0)
    of_persons = {
        "medical.uninsured": p["uninsured"] & ((day - p["birth_date"]).dt.days > n["newborn_grace_days"]),
        "health.new_major_disease": p["new_disease"],
        "health.chronic_without_contract": p["chronic_without_contract"]
        | (p["months_since_follow_up"] > n["follow_up_months"]),
        "education.school_age_without_roll": (at_start >= n["school_age_from"])
        & (age <= n["school_age_to"])
        & ~p["finished"]
        & ~p["on_roll"],
        "education.dropped_out": p["dropped_out"] & ~p["attends"],
        "disability.severe_new_certificate": p["severe_new"],
    }
    by_home = p.groupby("household_key")
    counted = by_home[["able", "certified", "own_cost", "relief_times", "loss"]].sum()
    counted["members"] = by_home.size()
    counted = counted.join(by_home[["wage", "lost_wage", "largest_bill", "days_without_water"]].max())
    counted = counted.join(by_home[["dibao_stopped", "dangerous_home", "house_destroyed"]].any())
    h = h.join(counted)
    sums = [name for name in counted if counted[name].dtype != bool]
    h[sums] = h[sums].fillna(0)
    truths = [name for name in counted if counted[name].dtype == bool]
    h[truths] = h[truths].fillna(False).astype(bool)
    line, free = n["monitoring_line"], ~h["monitored"]
    of_homes = {
        "income.under_line_not_enrolled": (h["income"] < line) & free,
        "income.under_watch_line": (h["income"] >= line) & (h["income"] < n["low_income_watch_line"]) & free,
        "income.fell_sharply": (h["income_before"] > 0)
        & (h["income"] <= h["income_before"] * (1 - n["income_fall_yellow"])),
        "income.rests_on_transfers": (h["net"] > 0) & (h["transfer"] / h["net"] > n["transfer_share_high"]) & free,
        "medical.self_paid_high": (h["own_cost"] > n["self_paid_yellow"]) | (h["own_cost"] > line * h["members"]),
        "medical.single_bill_high": (h["largest_bill"] > n["single_bill_high"]) & h["alleviated"],
        "disability.several_in_household": (h["certified"] >= n["disabled_several"]) & free,
        "civil.relief_repeated": h["relief_times"] >= n["relief_times"],
        "civil.dibao_stopped": h["dibao_stopped"],
        "housing.dangerous_only_home": h["dangerous_home"],
        "water.days_without": h["days_without_water"] > n["water_days_yellow"],
        "employment.main_earner_lost_job": (h["wage"] > 0) & (h["lost_wage"] >= h["wage"]),
        "disaster.heavy_loss": (h["loss"] > n["disaster_loss_yellow"]) | h["house_destroyed"],
        "registry.high_dependency": (h["able"] > 0)
        & (h["members"] - h["able"] >= n["dependency_ratio_high"] * h["able"]),
    }
    found = {rule: h.index[flag].to_series() for rule, flag in of_homes.items()}
    found |= {rule: p.loc[flag, "household_key"].drop_duplicates() for rule, flag in of_persons.items()}
    return pd.concat(pd.DataFrame({"rule_id": rule, "household_key": keys.array}) for rule, keys in found.items())


if __name__ == "__main__":
    measured(flagged, lambda pairs, out: pairs.to_parquet(out, index=False))
