"""Parameters: which value holds where and when, and what a missing one says."""

from datetime import date
from pathlib import Path

import pytest

from doudi.rulebook import MissingParameter, Parameter, RulebookError, load_rulebook
from doudi.rulebook.document import read_document
from doudi.rulebook.parameters import read_parameter

RULES = Path(__file__).parents[2] / "rules"


def parameter(values: str, head: str = "unit: yuan") -> Parameter:
    text = f"id: x\ntitle: 某线\ntitle_en: A line\n{head}\nvalues:\n{values}"
    return read_parameter(read_document("rules/parameters/x.yaml", text))


def entry(region: str, start: str, value: object, more: str = "") -> str:
    return f'  - {{region: "{region}", from: {start}, value: {value}, source: {{document: 文件}}{more}}}\n'


DATED = (
    entry("000000000000", "2021-01-01", 1)
    + entry("140000000000", "2022-01-01", 2)
    + entry("140830000000", "2022-06-01", 3)
    + entry("140830000000", "2023-06-01", "null")
    + entry("000000000000", "2023-01-01", 4)
)


@pytest.mark.parametrize(
    ("region", "on", "value"),
    [
        ("110000000000", date(2021, 1, 1), 1),
        ("110000000000", date(2022, 12, 31), 1),
        ("110000000000", date(2023, 1, 1), 4),
        ("140000000000", date(2021, 12, 31), 1),
        ("140000000000", date(2022, 1, 1), 2),
        ("140830101001", date(2022, 5, 31), 2),
        ("140830101001", date(2022, 6, 1), 3),
        ("140830101001", date(2023, 6, 1), 2),
    ],
)
def test_the_nearest_region_with_a_value_wins_and_a_null_ends_it(region: str, on: date, value: float) -> None:
    assert parameter(DATED).value(region=region, on=on).value == value


def test_a_value_says_where_it_comes_from() -> None:
    found = parameter(DATED).value(region="140830101001", on=date(2022, 7, 1))
    assert (found.region, found.in_force_from, found.verified, found.line) == (
        "140830000000",
        date(2022, 6, 1),
        False,
        8,
    )
    assert found.source is not None
    assert found.source.document == "文件"


def test_a_missing_value_names_the_file_to_edit() -> None:
    with pytest.raises(MissingParameter) as missing:
        parameter(DATED).value(region="110000000000", on=date(2020, 12, 31))
    assert "rules/parameters/x.yaml" in missing.value.message
    assert "2020-12-31" in missing.value.message


def test_a_value_can_end_on_a_day() -> None:
    line = parameter(entry("000000000000", "2021-01-01", 1, ", until: 2021-12-31"))
    assert line.value(region="140000000000", on=date(2021, 12, 31)).value == 1
    with pytest.raises(MissingParameter):
        line.value(region="140000000000", on=date(2022, 1, 1))


def test_an_income_year_is_never_taken_for_another() -> None:
    line = load_rulebook(RULES).parameters["monitoring_line"]
    assert line.value(region="149901000000", on=date(2023, 8, 1)).value == 7100
    assert line.value(region="149901000000", on=date(2022, 10, 1)).value == 7100
    assert line.value(region="110000000000", on=date(2022, 9, 30)).value == 6000
    with pytest.raises(MissingParameter) as missing:
        line.value(region="149901000000", on=date(2023, 10, 1))
    assert "2023 收入年度" in missing.value.message


def test_the_county_of_the_first_findings_has_its_two_lines() -> None:
    parameters = load_rulebook(RULES).parameters
    for name, value in (("monitoring_line", 7100), ("low_income_watch_line", 8000)):
        found = parameters[name].value(region="140830000000", on=date(2023, 8, 1))
        assert (found.value, found.verified) == (value, True)


def test_a_yearly_day_is_the_last_one_before_the_screening() -> None:
    entry_day = load_rulebook(RULES).parameters["school_entry_day"]
    assert entry_day.value(region="140000000000", on=date(2023, 8, 1)).value == date(2022, 8, 31)
    assert entry_day.value(region="140000000000", on=date(2023, 8, 31)).value == date(2023, 8, 31)


@pytest.mark.parametrize(
    ("values", "head", "code", "line"),
    [
        (entry("14", "2021-01-01", '"7100"'), "unit: yuan", "type", 6),
        (entry("999", "2021-01-01", 1), "unit: yuan", "region", 6),
        (entry("140000000000", "2021-01-01", 1) * 2, "unit: yuan", "overlap", 7),
        ('  - {region: "14", value: 1, source: {document: x}}\n', "unit: yuan", "value_error", 1),
        ('  - {region: "14", from: 2021-01-01, value: 1}\n', "unit: yuan", "source", 6),
        (entry("14", "2021-01-01", 1), "unit: furlongs", "literal_error", 4),
        (entry("14", "2021-01-01", '"31-08"'), "type: yearly_day", "type", 6),
        (
            entry("14", "2021-01-01", 1, ", until: 2022-01-01") + entry("14", "2021-06-01", 2),
            "unit: yuan",
            "overlap",
            7,
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(values: str, head: str, code: str, line: int) -> None:
    with pytest.raises(RulebookError) as refused:
        parameter(values, head)
    assert [(problem.code, problem.line) for problem in refused.value.problems] == [(code, line)]
    assert str(refused.value).startswith("rules/parameters/x.yaml:")
