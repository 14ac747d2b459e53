"""The share of clean households: by township and month, as defined on the page."""

from datetime import date

import pytest

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.cleaning.models import CleanFigure, CleaningRun, Issue
from doudi.web.cleaning.sheets.figures.queries import clean_share
from tests.web.cleaning.sheets.conftest import Village, raised
from tests.web.conftest import FAR_VILLAGE, NEXT_VILLAGE, OTHER_TOWNSHIP, TOWNSHIP, VILLAGE, Make

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(make: Make, village: Village) -> Officer:
    """Two households of one village, one of the next, one far away; only the last is clean."""
    make.household(VILLAGE, "赵二")
    make.household(FAR_VILLAGE, "孙三")
    make.tallies()
    return make.officer(Role.COUNTY_OFFICER)


def ran(as_of: date, state: str = "done", **clean: tuple[int, int]) -> None:
    run = CleaningRun.objects.create(as_of=as_of, state=state, actor_name="测试")
    for village, (good, households) in clean.items():
        CleanFigure.objects.create(
            run=run, month=f"{as_of:%Y-%m}", region_code=village.removeprefix("v"), households=households,
            households_clean=good, errors=households - good,
        )  # fmt: skip


def test_households_without_an_error_over_all_households(county: Officer) -> None:
    found = clean_share(actor=county)
    assert (found.whole.households, found.whole.clean, found.whole.percent) == (4, 2, 50.0)
    places = {place.code: (place.now.households, place.now.clean) for place in found.places}
    assert places == {TOWNSHIP: (3, 1), OTHER_TOWNSHIP: (1, 1)}


def test_doubts_and_settled_issues_leave_a_household_clean(make: Make, county: Officer) -> None:
    home = make.household(FAR_VILLAGE, "钱四")
    raised(home, "household.size_now", severity="doubt")
    raised(home, "household.phone", check_id="other", state="exempted")
    Issue.objects.filter(region_code=NEXT_VILLAGE).update(state="corrected")
    found = {place.code: place.now for place in clean_share(actor=county, region=TOWNSHIP).places}
    assert (found[NEXT_VILLAGE].clean, found[NEXT_VILLAGE].percent) == (1, 100.0)
    far = clean_share(actor=county, region=OTHER_TOWNSHIP).whole
    assert (far.doubts, far.errors, far.clean) == (1, 0, far.households)


def test_a_month_counts_its_last_finished_run(county: Officer) -> None:
    ran(date(2023, 6, 5), **{f"v{VILLAGE}": (0, 2), f"v{FAR_VILLAGE}": (1, 1)})
    ran(date(2023, 7, 1), **{f"v{VILLAGE}": (0, 2), f"v{FAR_VILLAGE}": (1, 1)})
    ran(date(2023, 7, 31), **{f"v{VILLAGE}": (1, 2), f"v{FAR_VILLAGE}": (1, 1)})
    ran(date(2023, 7, 31), state="failed", **{f"v{VILLAGE}": (2, 2)})
    found = clean_share(actor=county)
    assert found.months == ("2023-06", "2023-07")
    assert [share.percent for share in found.trend] == [33.3, 66.7]
    assert {place.code: place.past for place in found.places} == {TOWNSHIP: (0.0, 50.0), OTHER_TOWNSHIP: (100.0, 100.0)}


def test_a_township_sees_its_villages_and_nothing_beyond(make: Make, county: Officer) -> None:
    ran(date(2023, 7, 31), **{f"v{VILLAGE}": (1, 2), f"v{FAR_VILLAGE}": (1, 1)})
    found = clean_share(actor=make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP))
    assert found.is_villages
    assert {place.code for place in found.places} == {VILLAGE, NEXT_VILLAGE}
    assert [share.households for share in found.trend] == [2]
    elsewhere = clean_share(actor=make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP), region=OTHER_TOWNSHIP)
    assert (elsewhere.whole.households, elsewhere.places, elsewhere.months) == (0, (), ())
