"""Values of parameters through the same four eyes: by region and day, as people type them."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doudi.rulebook.document import read_document
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.refusal import ActionRefused, NotAllowed
from doudi.web.rulekeeping import services
from doudi.web.rulekeeping.drafting import parameter_text, value_given
from doudi.web.rulekeeping.models import RuleChange
from doudi.web.rulekeeping.queries import head_rulebook

from .conftest import COUNTY, DAY, VILLAGE, new_value, through

pytestmark = pytest.mark.django_db


# ---- parameters


def test_a_county_value_goes_before_the_province_from_its_day(people):
    change = services.parameter_draft(
        actor=people.author, parameter_id="monitoring_line", new=new_value(), summary="县里定了"
    )
    assert change.effective_from == date(2022, 10, 1)
    through(people, change)
    value = current_rulebook(DAY).parameters["monitoring_line"].value(region=VILLAGE, on=DAY)
    assert (value.value, str(value.region), value.verified) == (7500.0, COUNTY, True)
    elsewhere = current_rulebook(DAY).parameters["monitoring_line"].value(region="149902000000", on=DAY)
    assert elsewhere.value == 7100.0


def test_values_entered_out_of_order_all_hold(people):
    """A value for next year is approved first, one for this year afterwards: neither is lost."""
    for starts, value in ((date(2024, 1, 1), 9000.0), (date(2023, 1, 1), 6000.0)):
        new = new_value(income_year=None, starts=starts, value=value)
        through(
            people,
            services.parameter_draft(actor=people.author, parameter_id="self_paid_yellow", new=new, summary="改"),
        )
    found = [
        current_rulebook(day).parameters["self_paid_yellow"].value(region=VILLAGE, on=day).value
        for day in (date(2022, 6, 1), date(2023, 6, 1), date(2024, 6, 1))
    ]
    assert found[1:] == [6000.0, 9000.0]
    assert found[0] not in {6000.0, 9000.0}


def test_two_values_drafted_at_once_are_both_kept_after_rebasing(people):
    def new(value: float, year: int) -> RuleChange:
        return services.parameter_draft(
            actor=people.author,
            parameter_id="monitoring_line",
            new=new_value(value=value, income_year=year),
            summary="县里定了",
        )

    one, other = new(7500.0, 2022), new(8000.0, 2023)
    through(people, one)
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.author, change_id=other.pk, move="submit")
    assert refused.value.code == "base_changed"
    services.change_rebase(actor=people.author, change_id=other.pk)
    through(people, other)
    line = head_rulebook().parameters["monitoring_line"]
    assert line.value(region=COUNTY, on=date(2023, 5, 1)).value == 7500.0
    assert line.value(region=COUNTY, on=date(2024, 5, 1)).value == 8000.0


def test_nobody_sets_a_value_for_another_county(people):
    for region in ("149902000000", "140000000000", "000000000000"):
        with pytest.raises(NotAllowed) as refused:
            services.parameter_draft(
                actor=people.author, parameter_id="monitoring_line", new=new_value(region=region), summary="改"
            )
        assert refused.value.code == "outside_region"


@given(entries=st.lists(st.tuples(st.dates(date(2021, 2, 1), date(2026, 12, 31)), st.integers(1, 10**6)), max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_entered_the_file_stays_right_and_says_it(entries):
    from doudi.rulebook.parameters import read_parameter

    path = "parameters/self_paid_yellow.yaml"
    text = current_rulebook().texts[path]
    before = read_parameter(read_document(path, text))
    for starts, value in entries:
        text = parameter_text(text, new_value(starts=starts, income_year=None, value=float(value)))
    after = read_parameter(read_document(path, text))
    held = dict(entries)
    for day in (date(2021, 1, 15), date(2023, 6, 1), date(2027, 1, 1), *held):
        begun = [start for start in held if start <= day]
        elsewhere = before.value(region="149902000000", on=day).value
        assert after.value(region="149902000000", on=day).value == elsewhere
        expected = float(held[max(begun)]) if begun else elsewhere
        assert after.value(region=COUNTY, on=day).value == expected


@pytest.mark.parametrize(
    ("parameter", "typed", "value"),
    [
        ("self_paid_yellow", "12,000", 12000.0),
        ("self_paid_yellow", " 1.5 ", 1.5),
        ("non_member_statuses", "dead、moved_out", ["dead", "moved_out"]),
    ],
)
def test_values_are_read_as_people_type_them(parameter, typed, value):
    assert value_given(current_rulebook().parameters[parameter], typed) == value


def test_a_value_that_is_no_number_is_told():
    with pytest.raises(ActionRefused) as refused:
        value_given(current_rulebook().parameters["self_paid_yellow"], "很多")
    assert refused.value.code == "bad_value"
