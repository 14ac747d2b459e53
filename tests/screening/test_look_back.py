"""Look-back on a village of eight households, small enough to count by hand."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from doudi.feeds.snapshot import Snapshot
from doudi.rulebook.drafting import Draft
from doudi.screening.trials.as_it_was import feeds_at, last_whole_month, registry_at, rules_then
from doudi.screening.trials.look_back import LookBack, look_back, month_ends
from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode

TODAY = date(2023, 7, 31)
BILLS, DISASTER = "medical.self_paid_high", "disaster.heavy_loss"


@pytest.fixture
def county(village: Any) -> Any:
    """Monthly deliveries of bills and disasters from 2022-10 to 2023-07; who is enrolled, and what happened to whom:

    2: bills in 2022-11, enrolled 2023-02 → found, 3 months earlier
    3: disaster in 2023-01, enrolled 2023-03 → found, 2 months earlier
    4: bills in 2022-12 and disaster in 2023-02, enrolled 2023-06 → found by bills, 6 months earlier; disaster: 4
    5: nothing, enrolled 2023-04 → never found
    6: bills in 2022-10, never enrolled → judged (9 months over), not enrolled
    7: disaster in 2023-06, never enrolled → waiting: 1 month is not yet 6
    8: bills in 2022-11, enrolled since 2021 → discovers nobody
    """
    enrolled = {2: "2023-02", 3: "2023-03", 4: "2023-06", 5: "2023-04", 8: "2021-05"}
    for key in range(2, 9):
        home = {"monitor_type": "marginal", "enrolled_month": enrolled[key]} if key in enrolled else {}
        village.household(key, **home)
        village.person(key * 10, key)
        village.income(key)
        village.income(key, 2021)
    return village


BILL_MONTHS = {2: "2022-11", 4: "2022-12", 6: "2022-10", 8: "2022-11"}
DISASTER_MONTHS = {3: "2023-01", 4: "2023-02", 7: "2023-06"}


def delivered(folder: Path, feed: str, month: str, rows: list[dict[str, Any]], schema: pa.Schema) -> Snapshot:
    home = folder / feed / month / "aaaaaaaaaaaa"
    home.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), home / "data.parquet")
    manifest = {"kind": "events", "subject": "person", "received_at": month, "missing_columns": [], "rows_accepted": 1}
    return Snapshot(feed, Month(month), home, manifest)


BILL = pa.schema(
    [("person_key", pa.int64()), ("kind", pa.string()), ("total_cost", pa.float64()), ("reimbursed", pa.float64()),
     ("self_paid", pa.float64()), ("settled_on", pa.date32())]
)  # fmt: skip
LOSS = pa.schema(
    [("person_key", pa.int64()), ("disaster_kind", pa.string()), ("happened_on", pa.date32()),
     ("loss_yuan", pa.float64()), ("house_damage", pa.string())]
)  # fmt: skip


def bill(household: int, month: str) -> dict[str, Any]:
    day = Month(month).first_day.replace(day=10)
    return {"person_key": household * 10, "kind": "inpatient", "total_cost": 30000.0, "reimbursed": 18000.0,
            "self_paid": 12000.0, "settled_on": day}  # fmt: skip


def loss(household: int, month: str) -> dict[str, Any]:
    day = Month(month).first_day.replace(day=20)
    return {"person_key": household * 10, "disaster_kind": "flood", "happened_on": day, "loss_yuan": 9000.0,
            "house_damage": "none"}  # fmt: skip


@pytest.fixture
def deliveries(tmp_path: Path) -> list[Snapshot]:
    found = []
    for day in month_ends(Month("2022-10"), Month("2023-07")):
        month = str(Month(day))
        bills = [bill(key, month) for key, when in BILL_MONTHS.items() if when == month]
        losses = [loss(key, month) for key, when in DISASTER_MONTHS.items() if when == month]
        found.append(delivered(tmp_path, "medical_settlement", month, bills, BILL))
        found.append(delivered(tmp_path, "disaster_loss", month, losses, LOSS))
    return found


@pytest.fixture
def looked(county: Any, deliveries: list[Snapshot]) -> LookBack:
    return look_back(
        rulebook=only(county.rulebook, BILLS, DISASTER),
        registry=county.tables(),
        snapshots=deliveries,
        days=month_ends(Month("2022-10"), Month("2023-07")),
        today=TODAY,
        threads=1,
    )


def only(rulebook: Any, *rules: str) -> Any:
    draft = Draft(rulebook, RegionCode("149901000000"), TODAY)
    for name in rulebook.rules:
        if name not in rules:
            draft.switch_off(name)
    return draft.build()


def test_who_was_found_how_long_before_and_who_never(looked):
    assert {row["household_key"]: row["lead"] for row in looked.households} == {2: 3, 3: 2, 4: 6, 5: None}
    total = looked.total
    assert (total["truth"], total["found"], total["never"]) == (4, 3, 1)
    assert total["recall"] == 3 / 4
    assert (total["lead_lower"], total["lead_median"], total["lead_upper"]) == (2.5, 3.0, 4.5)
    assert looked.lead_times == {2: 1, 3: 1, 6: 1}


def test_raised_without_being_enrolled_is_said_to_be_that_and_no_more(looked):
    outcomes = {row["household_key"]: row["outcome"] for row in looked.raised}
    assert outcomes == {2: "hit", 3: "hit", 4: "hit", 6: "not_enrolled", 7: "waiting"}
    total = looked.total
    assert (total["raised"], total["judged"], total["hits"], total["not_enrolled"], total["waiting"]) == (5, 4, 3, 1, 1)
    assert total["precision"] == 3 / 4


def test_what_is_kept_in_files_is_read_again(looked, tmp_path):
    assert LookBack.read(looked.write(tmp_path / "kept")) == looked


def test_each_rule_by_itself(looked):
    bills, disaster = (next(line for line in looked.by_rule if line["value"] == rule) for rule in (BILLS, DISASTER))
    assert (bills["raised"], bills["judged"], bills["hits"], bills["found"], bills["first"]) == (3, 3, 2, 2, 2)
    assert (bills["precision"], bills["recall"], bills["lead_median"]) == (2 / 3, 2 / 4, 4.5)
    assert (disaster["raised"], disaster["judged"], disaster["hits"], disaster["first"]) == (3, 2, 2, 1)
    assert (disaster["precision"], disaster["recall"], disaster["lead_median"]) == (1.0, 2 / 4, 3.0)


def test_month_by_month(looked):
    by_month = {line["value"]: line for line in looked.by_month}
    assert (by_month["2022-11"]["raised"], by_month["2022-11"]["first_raised"]) == (2, 1)  # 6 still, 2 new
    assert (by_month["2023-02"]["enrolled"], by_month["2023-02"]["found"]) == (1, 1)
    assert (by_month["2023-04"]["enrolled"], by_month["2023-04"]["found"]) == (1, 0)
    assert looked.by_township == [
        {"value": "149901001000", **{key: looked.total[key] for key in looked.by_township[0] if key != "value"}}
    ]


def test_a_shorter_observation_period_and_a_visit_that_confirmed(county, deliveries):
    found = look_back(
        rulebook=only(county.rulebook, BILLS, DISASTER), registry=county.tables(), snapshots=deliveries,
        days=month_ends(Month("2022-10"), Month("2023-07")), today=TODAY, threads=1, window=2, confirmed=[6],
    )  # fmt: skip
    outcomes = {row["household_key"]: row["outcome"] for row in found.raised}
    assert outcomes == {2: "not_enrolled", 3: "hit", 4: "not_enrolled", 6: "confirmed", 7: "waiting"}
    assert found.total["confirmed"] == 1
    assert found.total["found"] == 3


def test_only_deliveries_of_the_time_are_used_and_events_by_their_day_when_there_are_none(county, deliveries, rulebook):
    late = [one for one in deliveries if one.month >= Month("2023-01")]
    feeds = feeds_at(late, rulebook, date(2022, 12, 31))
    assert set(feeds.by_event_date) == {"disaster_loss", "medical_settlement"}
    assert {one.feed: one.rows.num_rows for one in feeds.rows} == {"disaster_loss": 0, "medical_settlement": 0}
    whole = delivered(deliveries[0].folder.parents[3] / "one", "medical_settlement", "2023-07",
                      [bill(2, "2022-11"), bill(4, "2023-03")], BILL)  # fmt: skip
    feeds = feeds_at([whole], rulebook, date(2022, 12, 31))
    assert [one.rows["person_key"].to_pylist() for one in feeds.rows] == [[20]]
    then = feeds_at(deliveries, rulebook, date(2022, 12, 31))
    assert then.by_event_date == ()
    assert {one.months for one in then.rows} == {("2022-10", "2022-11", "2022-12")}


def test_later_enrolments_exits_and_births_are_undone(county):
    county.household(9, monitor_type="marginal", enrolled_month="2022-03", exited_month="2023-05", risk_cleared=True)
    county.person(90, 9, birth_date=date(2023, 2, 1))
    then = registry_at(county.tables(), date(2023, 1, 31))
    homes = {row["household_key"]: row for row in then.household.to_pylist()}
    assert homes[2]["monitor_type"] is None
    assert homes[8]["monitor_type"] == "marginal"
    assert (homes[9]["monitor_type"], homes[9]["exited_month"], homes[9]["risk_cleared"]) == ("marginal", None, None)
    assert 90 not in then.person["person_key"].to_pylist()
    assert last_whole_month(date(2023, 2, 15)) == Month("2023-01")
    assert last_whole_month(date(2023, 2, 28)) == Month("2023-02")


def test_rules_and_values_that_came_later_run_on_earlier_days(rulebook):
    then = rules_then(rulebook, today=TODAY, days=[date(2020, 6, 30)], region_codes=["149901001001"])
    assert all(then.rulebook.rules[name].in_force(date(2020, 6, 30)) for name in then.rules)
    line = then.rulebook.parameters["monitoring_line"].value(region="149901001001", on=date(2020, 6, 30))
    assert line.income_year == 2019
    assert "monitoring_line" in then.carried_back
    assert rulebook.parameters["monitoring_line"].regions == then.rulebook.parameters["monitoring_line"].regions


def test_a_registry_kept_in_a_month_goes_before_todays(county, deliveries):
    """In the registry of 2022-11 household 2 was already enrolled (and struck off later): it is not raised then."""
    tables = county.tables()
    rows = tables.household.to_pylist()
    for row in rows:
        if row["household_key"] == 2:
            row |= {"enrolled_month": "2022-11"}
    kept = pa.Table.from_pylist(rows, tables.household.schema)
    found = look_back(
        rulebook=only(county.rulebook, BILLS, DISASTER), registry=tables, snapshots=deliveries,
        days=[date(2022, 11, 30)], today=TODAY, threads=1,
        registries={Month("2022-11"): type(tables)(kept, tables.person, tables.income, tables.regions)},
    )  # fmt: skip
    assert found.registry_of_the_month == ("2022-11",)


def test_no_month_is_refused(county, deliveries):
    with pytest.raises(ValueError, match="没有要回测的月份"):
        look_back(rulebook=county.rulebook, registry=county.tables(), snapshots=deliveries, days=[], today=TODAY)
