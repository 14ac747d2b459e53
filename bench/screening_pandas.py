"""The 35 rules as one plain pandas script, as a county's data analyst would write it: measure and second opinion.

    python bench/screening_pandas.py DIR --as-of 2023-08-01 --out pairs.parquet

DIR is what `doudi.synth.snapshots.write_snapshots` wrote. The result has one row an alert that is raised: rule_id,
household_key, person_key (empty for household rules), level. Thresholds come from rules/parameters; conditions are
written out by hand. Unknown is not false: comparisons with a missing value give NA, and NA raises nothing.
"""

import argparse
import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import yaml

PARAMETERS = Path(__file__).parents[1] / "rules" / "parameters"
SENIOR_STUDENTS = [
    "senior_1", "senior_2", "senior_3", "vocational_1", "vocational_2", "vocational_3", "college_1", "college_2",
    "college_3", "technician_1", "technician_2", "technician_3", "technician_4", "university_1", "university_2",
    "university_3", "university_4", "university_5", "postgraduate",
]  # fmt: skip
FINISHED_SCHOOL = ["junior_middle", "senior_middle", "college", "university"]


def parameters(as_of: date, county: str) -> SimpleNamespace:
    """Values of rules/parameters in force on a day: of the county, else its city, its province, the country."""
    found = {}
    for path in sorted(PARAMETERS.glob("*.yaml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        entries = [
            (len(area), entry.get("from", date.min), entry["value"])
            for entry in content["values"]
            if county.startswith(area := re.sub("(00)+$", "", entry["region"]))
            and entry.get("income_year", last_income_year(as_of)) == last_income_year(as_of)
            and entry.get("from", as_of) <= as_of <= entry.get("until", as_of)
        ]
        if entries:
            found[content["id"]] = max(entries, key=lambda entry: entry[:2])[2]
    return SimpleNamespace(**found)


def last_income_year(as_of: date) -> int:
    """The latest year to have ended on 30 September before the day."""
    return as_of.year if as_of.month >= 10 else as_of.year - 1


class Data:
    """Reads columns from the county's folder, nullable; dates as datetime64."""

    def __init__(self, folder: Path, as_of: date) -> None:
        self.folder, self.month = folder, as_of.isoformat()[:7]

    def registry(self, table: str, columns: list[str], **options: object) -> pd.DataFrame:
        return read(self.folder / "registry" / f"{table}.parquet", columns, **options)

    def feed(self, name: str, *columns: str) -> pd.DataFrame:
        """A feed's rows with a known person: all months of events, the latest month of a state.

        Columns that no sheet had are left out, and an absent feed has no columns at all: ask `has` first.
        """
        months: dict[str, dict] = {}
        for path in (self.folder / "snapshots" / name).glob("*/*/manifest.json"):
            found = json.loads(path.read_text(encoding="utf-8")) | {"path": path.with_name("data.parquet")}
            month = found["month"]
            if month <= self.month and found["received_at"] > months.get(month, {"received_at": ""})["received_at"]:
                months[month] = found
        if not months:
            return pd.DataFrame()
        latest = max(months)
        used = list(months.values()) if months[latest]["kind"] == "events" else [months[latest]]
        there = [column for column in columns if any(column not in one["missing_columns"] for one in used)]
        parts = [read(one["path"], ["person_key", *there]).dropna(subset="person_key") for one in used]
        return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def read(path: Path, columns: list[str], **options: object) -> pd.DataFrame:
    dates = {"date_as_object": False}
    return pd.read_parquet(path, columns=columns, dtype_backend="numpy_nullable", to_pandas_kwargs=dates, **options)


def has(frame: pd.DataFrame, *columns: str) -> bool:
    return {"person_key", *columns} <= set(frame.columns)


def sure(condition: pd.Series) -> np.ndarray:
    """Where a condition is true; not where it is false or unknown."""
    return condition.to_numpy(dtype=bool, na_value=False)


def whole_months(days: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """Whole months from days up to `as_of`; a month counts when its day, or the end of the month, is reached."""
    months = (as_of.year - days.dt.year) * 12 + as_of.month - days.dt.month
    return months if as_of.is_month_end else months - (days.dt.day > as_of.day)


def months_since(months: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """Calendar months from a text like 2023-07 to the month of `as_of`."""
    start = pd.to_datetime(months, format="%Y-%m")
    return (as_of.year - start.dt.year) * 12 + as_of.month - start.dt.month


class Screening:
    """The alerts raised so far, and what all rules share: parameters, households, members."""

    def __init__(self, folder: Path, as_of: date) -> None:
        self.day = pd.Timestamp(as_of)
        self.data = Data(folder, as_of)
        self.homes = self.data.registry(
            "household",
            [
                "household_key", "region_code", "household_type", "monitor_type", "enrolled_month", "exited_month",
                "risk_cleared", "dev_status",
            ],
        ).set_index("household_key")  # fmt: skip
        self.at = parameters(as_of, self.homes["region_code"].iat[0][:6])
        cleared = self.homes["exited_month"].notna() | self.homes["risk_cleared"].fillna(False)
        self.homes["has_exited"] = self.homes["monitor_type"].notna() & cleared
        self.homes["is_monitored"] = self.homes["monitor_type"].notna() & ~cleared
        self.homes["is_alleviated"] = self.homes["household_type"].isin(["alleviated", "alleviated_without_policy"])
        self.monitored = self.homes.index[self.homes["is_monitored"]]
        self.members = self.find_members()
        self.member_keys = self.members[["person_key", "household_key"]]
        self.raised: list[pd.DataFrame] = []

    def find_members(self) -> pd.DataFrame:
        """Persons on the register who have not died, moved away or gone to prison, or who came back."""
        persons = self.data.registry(
            "person",
            [
                "person_key", "household_key", "birth_date", "education", "student_status", "labour", "work_months",
                "wage_month", "status",
            ],
        )  # fmt: skip
        here = ~persons["status"].isin(self.at.non_member_statuses)
        changes = self.data.feed("population_change", "change", "changed_on")
        if has(changes, "change", "changed_on"):
            by_person = ["person_key", "changed_on"]
            left = changes.loc[changes["change"].isin(["death", "moved_out", "prison"]), by_person]
            back = changes.loc[changes["change"] == "moved_in", by_person]
            last = pd.DataFrame(
                {
                    "left_on": left.groupby("person_key")["changed_on"].max(),
                    "returned_on": back.groupby("person_key")["changed_on"].max(),
                }
            )
            gone = (last["left_on"] <= self.day) & ~(last["returned_on"] > last["left_on"])
            here &= ~persons["person_key"].isin(last.index[gone])
        return persons[here]

    # ---- helpers of the rules

    def since(self, months: float) -> pd.Timestamp:
        return self.day - pd.DateOffset(months=int(months))

    def years_ago(self, years: float) -> pd.Timestamp:
        return self.day - pd.DateOffset(years=int(years))

    def lately(self, days: pd.Series, months: float) -> pd.Series:
        """Whether days lie in the months up to the day of the screening."""
        return (days >= self.since(months)) & (days <= self.day)

    def of_members(self, rows: pd.DataFrame) -> pd.DataFrame:
        """A feed's rows that are about members, with their household."""
        return rows.merge(self.member_keys, on="person_key")

    def by_home(self, rows: pd.DataFrame) -> object:
        return self.of_members(rows).groupby("household_key")

    def homes_of(self, rows: pd.DataFrame) -> pd.Index:
        """Households with at least one of the rows."""
        return pd.Index(self.of_members(rows[["person_key"]])["household_key"].unique())

    def raise_homes(self, rule: str, keys: Iterable[int], level: str = "yellow", red: Iterable[int] = ()) -> None:
        """An alert for each household; `red`: those for which it is more urgent."""
        found = pd.DataFrame({"rule_id": rule, "household_key": pd.Index(keys), "level": level})
        found.loc[found["household_key"].isin(red), "level"] = "red"
        self.raised.append(found)

    def raise_persons(self, rule: str, persons: pd.Series, level: str = "yellow") -> None:
        """An alert for each member among the persons."""
        found = self.member_keys[self.member_keys["person_key"].isin(persons)]
        self.raised.append(found.assign(rule_id=rule, level=level))

    # ---- income and monitoring

    def incomes(self) -> None:
        at, year = self.at, last_income_year(self.day)
        columns = ["household_key", "income_year", "per_capita_income", "net_income", "transfer_income"]
        years = self.data.registry("income", columns, filters=[("income_year", "in", [year - 1, year])])
        last = years[sure(years["income_year"] == year)].set_index("household_key")
        last = last[last.index.isin(self.homes.index)]
        income, outside = last["per_capita_income"], ~last.index.isin(self.monitored)
        under = sure(income < at.monitoring_line)
        self.raise_homes("income.under_line_not_enrolled", last.index[under & outside], "red")
        watch = sure((income >= at.monitoring_line) & (income < at.low_income_watch_line))
        self.raise_homes("income.under_watch_line", last.index[watch & outside])
        share = last["transfer_income"] / last["net_income"].where(last["net_income"] > 0)
        self.raise_homes("income.rests_on_transfers", last.index[sure(share > at.transfer_share_high) & outside])
        earlier = years[sure(years["income_year"] == year - 1)].set_index("household_key")["per_capita_income"]
        before = earlier.reindex(last.index)
        fell = sure((before > 0) & (income <= before * (1 - at.income_fall_yellow)))
        halved = sure(income <= before * (1 - at.income_fall_red))
        self.raise_homes("income.fell_sharply", last.index[fell], red=last.index[halved])
        exited = self.homes[self.homes["has_exited"]]
        watched = months_since(exited["exited_month"], self.day) < at.exit_watch_months
        near = income.reindex(exited.index) < at.monitoring_line * at.exit_income_factor
        self.raise_homes("monitoring.exited_near_line", exited.index[sure(watched & near)])

    # ---- the household's members

    def families(self) -> None:
        at, members, homes = self.at, self.members, self.homes
        born, labour, student = members["birth_date"], members["labour"], members["student_status"]
        at_school = student.notna() & ~student.isin(["not_student", "under_school_age"])
        worked = members["work_months"].fillna(0) > 0
        wage = (members["work_months"] * members["wage_month"]).where(members["work_months"].fillna(0) != 0, 0)
        people = pd.DataFrame(
            {
                "household_key": members["household_key"],
                "members": 1,
                "elderly": born <= self.years_ago(at.elderly_age),
                "children": born > self.years_ago(at.child_age),
                "able": labour.isin(["skilled", "ordinary", "weak"]),
                "fully_able": labour.isin(["skilled", "ordinary"]) & ~at_school,
                "worked": worked,
            }
        )
        count = people.groupby("household_key").sum().reindex(homes.index, fill_value=0)
        self.member_count = count["members"]
        old_and_young = (count["elderly"] > 0) & (count["elderly"] + count["children"] == count["members"])
        self.raise_homes("registry.elderly_only", homes.index[old_and_young])
        alone = (count["members"] == 1) & (count["elderly"] == 1)
        self.raise_homes("registry.single_elderly", homes.index[alone])
        others = count["members"] - count["able"]
        burdened = (count["able"] > 0) & (others >= at.dependency_ratio_high * count["able"])
        self.raise_homes("registry.high_dependency", homes.index[burdened])
        idle = (count["fully_able"] > 0) & (count["worked"] == 0)
        helped = homes["is_monitored"] | homes["is_alleviated"]
        self.raise_homes("employment.nobody_works", homes.index[idle & helped])
        waiting = homes[sure(homes["dev_status"] == "not_yet") & sure(homes["is_monitored"] & (count["able"] > 0))]
        overdue = months_since(waiting["enrolled_month"], self.day) > at.measure_grace_months
        self.raise_homes("monitoring.enrolled_without_measure", waiting.index[sure(overdue)], "red")
        self.wages = pd.DataFrame(
            {"person_key": members["person_key"], "household_key": members["household_key"], "wage": wage}
        )

    def jobs(self) -> None:
        at = self.at
        jobs = self.data.feed("employment", "employment_status", "unemployed_since", "wages_unpaid")
        if has(jobs, "wages_unpaid"):
            self.raise_homes("employment.wages_unpaid", self.homes_of(jobs[sure(jobs["wages_unpaid"])]))
        if has(jobs, "employment_status", "unemployed_since"):
            idle = jobs[sure(jobs["employment_status"] == "unemployed")]
            months = whole_months(idle["unemployed_since"], self.day).groupby(idle["person_key"]).max()
            for name, least in (("out", at.job_loss_months_yellow), ("long", at.job_loss_months_red)):
                self.wages[name] = self.wages["wage"].where(
                    self.wages["person_key"].isin(months.index[sure(months >= least)]), 0
                )
            top = self.wages.groupby("household_key")[["wage", "out", "long"]].max()
            lost = sure((top["wage"] > 0) & (top["out"] >= top["wage"]))
            long = top.index[sure(top["long"] >= top["wage"])]
            self.raise_homes("employment.main_earner_lost_job", top.index[lost], red=long)

    # ---- illness

    def medicine(self) -> None:
        at = self.at
        bills = self.data.feed("medical_settlement", "self_paid", "total_cost", "reimbursed", "settled_on")
        if has(bills, "self_paid", "total_cost", "reimbursed", "settled_on"):
            bills = bills[self.lately(bills["settled_on"], at.self_paid_months)]
            own = bills["self_paid"].fillna(bills["total_cost"] - bills["reimbursed"])
            paid = self.by_home(pd.DataFrame({"person_key": bills["person_key"], "paid": own}))["paid"]
            total, largest = paid.sum(), paid.max()
            beyond = total > at.monitoring_line * self.member_count.reindex(total.index)
            self.raise_homes(
                "medical.self_paid_high",
                total.index[sure((total > at.self_paid_yellow) | beyond)],
                red=total.index[sure((total > at.self_paid_red) | beyond)],
            )
            high = largest.index[sure(largest > at.single_bill_high)]
            lifted_out = self.homes.index[self.homes["is_alleviated"]]
            self.raise_homes("medical.single_bill_high", high[high.isin(lifted_out)])
        enrolment = self.data.feed("medical_enrolment", "insured")
        if has(enrolment, "insured"):
            covered = enrolment.loc[enrolment["insured"].fillna(True), "person_key"]  # unknown: not surely uninsured
            past_grace = self.members["birth_date"] < self.day - pd.Timedelta(days=at.newborn_grace_days)
            due = self.members.loc[past_grace, "person_key"]
            self.raise_persons("medical.uninsured", due[~due.isin(covered)], "red")
        ill = self.data.feed(
            "health_disease", "major_disease", "chronic_disease", "diagnosed_on", "family_doctor_contract",
            "followed_up_on",
        )  # fmt: skip
        if has(ill, "major_disease", "diagnosed_on"):
            new = ill["major_disease"].notna() & self.lately(ill["diagnosed_on"], at.new_event_months)
            self.raise_persons("health.new_major_disease", ill.loc[new, "person_key"])
        if has(ill, "chronic_disease", "family_doctor_contract"):
            chronic = ill[ill["chronic_disease"].notna()]
            without = chronic.loc[sure(~chronic["family_doctor_contract"]), "person_key"]
            if has(ill, "followed_up_on"):
                signed = chronic[sure(chronic["family_doctor_contract"])]
                months = whole_months(signed["followed_up_on"], self.day).groupby(signed["person_key"]).min()
                without = pd.concat([without, months.index[sure(months > at.follow_up_months)].to_series()])
            self.raise_persons("health.chronic_without_contract", without)

    # ---- school

    def school(self) -> None:
        at, members = self.at, self.members
        roll = self.data.feed("school_roll", "status", "home_teaching", "absent_days")
        if has(roll, "status"):
            attends = roll["status"].isin(["enrolled", "suspended"]) | roll["status"].isna()  # or may attend
            out = roll.loc[sure(roll["status"] == "dropped_out"), "person_key"]
            out = out[~out.isin(roll.loc[attends, "person_key"])]
            self.raise_persons("education.dropped_out", out, "red")
        if has(roll, "status", "absent_days"):
            absent = sure(roll["absent_days"] > at.absent_days) & sure(roll["status"] == "enrolled")
            self.raise_persons("education.absent_days", roll.loc[absent, "person_key"])
        if has(roll, "home_teaching"):
            entry = pd.Timestamp(f"{self.day.year}-{at.school_entry_day}")
            entry = entry if entry <= self.day else entry - pd.DateOffset(years=1)
            school_age = (members["birth_date"] <= entry - pd.DateOffset(years=int(at.school_age_from))) & (
                members["birth_date"] > self.years_ago(at.school_age_to + 1)
            )
            young = members[school_age]
            finished = young["education"].isin(FINISHED_SCHOOL) | young["student_status"].isin(SENIOR_STUDENTS)
            nowhere = young.loc[~finished & ~young["person_key"].isin(roll["person_key"]), "person_key"]
            self.raise_persons("education.school_age_without_roll", nowhere, "red")

    # ---- disability, assistance

    def assistance(self) -> None:
        at = self.at
        certificates = self.data.feed("disability_certificate", "disability_grade", "issued_on")
        if has(certificates):
            holders = self.of_members(certificates[["person_key"]].drop_duplicates())
            count = holders.groupby("household_key").size()
            several = count.index[count >= at.disabled_several]
            self.raise_homes("disability.several_in_household", several[~several.isin(self.monitored)], "red")
        if has(certificates, "disability_grade", "issued_on"):
            severe = certificates["disability_grade"].isin(at.severe_disability_grades)
            new = severe & self.lately(certificates["issued_on"], at.new_event_months)
            self.raise_persons("disability.severe_new_certificate", certificates.loc[new, "person_key"])
        paid = self.data.feed("civil_assistance", "kind", "amount", "paid_on", "stopped_on")
        if has(paid, "kind", "stopped_on"):
            stopped = sure(paid["kind"] == "minimum_living") & self.lately(paid["stopped_on"], at.dibao_stop_months)
            self.raise_homes("civil.dibao_stopped", self.homes_of(paid[stopped]))
        if has(paid, "kind", "paid_on"):
            orphan = sure(paid["kind"] == "de_facto_orphan") & self.lately(paid["paid_on"], at.assistance_months)
            homes = self.homes_of(paid[orphan])
            self.raise_homes("civil.de_facto_orphan", homes[~homes.isin(self.monitored)], "red")
            relief = sure(paid["kind"] == "temporary_relief") & self.lately(paid["paid_on"], at.relief_months)
            reliefs = self.by_home(paid[relief])
            times = reliefs.size()
            self.raise_homes("civil.relief_repeated", times.index[times >= at.relief_times])
            if has(paid, "amount"):
                most = reliefs["amount"].max()
                self.raise_homes("civil.relief_large", most.index[sure(most >= at.relief_large)])

    # ---- house, water, disasters

    def living(self) -> None:
        at = self.at
        houses = self.data.feed(
            "housing_appraisal", "housing_grade", "only_home", "lives_in", "rebuild_status", "appraised_on"
        )
        if has(houses, "housing_grade", "only_home", "rebuild_status"):
            rebuilt = houses["rebuild_status"].isin(["done", "not_needed"])
            houses = houses[sure(houses["housing_grade"].isin(["C", "D"]) & houses["only_home"] & ~rebuilt)]
            urgent = sure(houses["housing_grade"] == "D")
            if has(houses, "lives_in", "appraised_on"):
                days = (self.day - houses["appraised_on"]).dt.days
                urgent |= sure(houses["lives_in"].fillna(True) & (days > at.dangerous_house_days))
            red = self.homes_of(houses[urgent])
            self.raise_homes("housing.dangerous_only_home", self.homes_of(houses), red=red)
        water = self.data.feed("water_supply", "days_without", "fetch_minutes", "assurance_ratio", "quality_ok")
        if has(water, "days_without"):
            red = self.homes_of(water[sure(water["days_without"] > at.water_days_red)])
            dry = self.homes_of(water[sure(water["days_without"] > at.water_days_yellow)])
            self.raise_homes("water.days_without", dry, red=red)
        if has(water, "fetch_minutes", "assurance_ratio"):
            hard = (water["fetch_minutes"] > at.water_fetch_minutes) | (
                water["assurance_ratio"] < at.water_assurance_min
            )
            self.raise_homes("water.hard_to_get", self.homes_of(water[sure(hard)]))
        if has(water, "quality_ok"):
            self.raise_homes("water.quality_fails", self.homes_of(water[sure(~water["quality_ok"])]), "red")
        losses = self.data.feed("disaster_loss", "loss_yuan", "house_damage", "happened_on")
        if has(losses, "happened_on"):
            losses = losses[self.lately(losses["happened_on"], at.disaster_months)]
            heavy = red = pd.Index([], dtype="Int64")
            if has(losses, "loss_yuan"):
                total = self.by_home(losses[["person_key", "loss_yuan"]])["loss_yuan"].sum()
                heavy = total.index[sure(total > at.disaster_loss_yellow)]
                red = total.index[sure(total > at.disaster_loss_red)]
            if has(losses, "house_damage"):
                destroyed = self.homes_of(losses[sure(losses["house_damage"] == "destroyed")])
                heavy, red = heavy.union(destroyed), red.union(destroyed)
            self.raise_homes("disaster.heavy_loss", heavy, red=red)

    # ---- signals against

    def exclusions(self) -> None:
        at = self.at
        cars = self.data.feed("vehicle", "value_yuan", "registered_on")
        if has(cars, "value_yuan", "registered_on"):
            dear = sure(cars["value_yuan"] > at.vehicle_value) & self.lately(cars["registered_on"], at.vehicle_months)
            self.raise_persons("exclusion.vehicle", cars.loc[dear, "person_key"], "exclusion")
        firms = self.data.feed("business_registration", "business_status", "yearly_turnover")
        if has(firms, "business_status", "yearly_turnover"):
            trading = sure(firms["business_status"] == "active") & sure(firms["yearly_turnover"] > at.business_turnover)
            self.raise_persons("exclusion.business", firms.loc[trading, "person_key"], "exclusion")
        payroll = self.data.feed("payroll")
        if has(payroll):
            self.raise_persons("exclusion.payroll", payroll["person_key"], "exclusion")
        owned = self.data.feed("property_registration", "property_kind")
        if has(owned, "property_kind"):
            flats = owned.loc[owned["property_kind"].isin(["flat", "shop"]), "person_key"]
            self.raise_persons("exclusion.property", flats, "exclusion")


def screen(folder: Path, as_of: date) -> pd.DataFrame:
    """All alerts raised, sorted."""
    screening = Screening(folder, as_of)
    screening.incomes()
    screening.families()
    screening.jobs()
    screening.medicine()
    screening.school()
    screening.assistance()
    screening.living()
    screening.exclusions()
    columns = ["rule_id", "household_key", "person_key", "level"]
    alerts = pd.concat(screening.raised, ignore_index=True).reindex(columns=columns)
    signal = alerts["level"] == "exclusion"  # speaks only about households that something else has put on the list
    alerts = alerts[~signal | alerts["household_key"].isin(alerts.loc[~signal, "household_key"])]
    return alerts.sort_values(columns[:3], ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what write_snapshots wrote: registry/ and snapshots/")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="day of the screening, 2023-08-01")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write")
    wanted = parser.parse_args()
    alerts = screen(wanted.folder, wanted.as_of)
    alerts.to_parquet(wanted.out, index=False)
    print(f"{len(alerts):,} alerts of {alerts['rule_id'].nunique()} rules")


if __name__ == "__main__":
    main()
