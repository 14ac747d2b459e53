"""The months behind the synthetic county."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from doudi.feeds.contract import load_contracts
from doudi.standards.periods import Month
from doudi.synth.county.arrays import day_number
from doudi.synth.history import deliveries, followed_events
from doudi.synth.thresholds import Thresholds
from tests.synth.conftest import AS_OF, RULES

MONTHS = 10


@pytest.fixture(scope="module")
def contracts():
    return load_contracts(RULES)


def test_enrolments_follow_what_happened_by_one_to_six_months(county, tables):
    thresholds = Thresholds.of(RULES, AS_OF)
    followed = followed_events(county, tables, thresholds, months=MONTHS)
    new = (followed.monitoring.type >= 0) & (county.monitoring.type < 0)
    assert new.sum() > 5
    assert (followed.monitoring.enrolled_day[new] < day_number(AS_OF)).all()
    assert (followed.monitoring.risk_1[new] >= 0).all()
    kept = county.monitoring.type >= 0
    assert (followed.monitoring.enrolled_day[kept] == county.monitoring.enrolled_day[kept]).all()
    bills = tables["medical_settlement"]
    homes = county.members.household[bills["person_row"].to_numpy()]
    days = bills["settled_on"].combine_chunks().view(pa.int32()).to_numpy()
    paid = bills["self_paid"].to_numpy()
    for home in np.flatnonzero(new & (np.bincount(homes, paid, county.households) > thresholds.self_paid_yellow)):
        assert days[homes == home].min() < followed.monitoring.enrolled_day[home]


def test_events_are_delivered_once_in_the_month_they_happened(county, tables, contracts):
    bills = tables["medical_settlement"]
    months = dict(deliveries(county, contracts["medical_settlement"], bills, months=MONTHS))
    assert list(months) == [Month(AS_OF) - back for back in range(MONTHS, 0, -1)]
    assert sum(table.num_rows for table in months.values()) == bills.num_rows
    for month, table in list(months.items())[1:]:
        assert {str(day)[:7] for day in table["settled_on"].to_pylist()} <= {str(month)}


def test_a_state_of_the_past_does_not_know_what_came_later(county, tables, contracts):
    patients = dict(deliveries(county, contracts["health_disease"], tables["health_disease"], months=MONTHS))
    jobs = dict(deliveries(county, contracts["employment"], tables["employment"], months=MONTHS))
    first, last = min(patients), max(patients)
    assert patients[first].num_rows < patients[last].num_rows == tables["health_disease"].num_rows
    assert pc.max(patients[first]["diagnosed_on"]).as_py() <= first.last_day
    lost = {month: pc.sum(pc.equal(table["employment_status"], "unemployed")).as_py() for month, table in jobs.items()}
    assert lost[first] < lost[last]
    assert jobs[first].num_rows == tables["employment"].num_rows
