"""Which value of a parameter holds for a county on a day, what is missing, and a screening in spite of it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from doudi.rulebook import Rulebook, build_rulebook, load_rulebook
from doudi.screening.inputs import RegistryTables, region_codes
from doudi.screening.parameter_table import Held, held_on, history, write_held
from doudi.screening.results.left_out import SOURCE, without_missing
from doudi.screening.run import screen
from doudi.screening.thresholds import MissingParameters
from doudi.synth.snapshots import write_snapshots

RULES = Path(__file__).parents[2] / "rules"
COUNTY = "140830000000"
AS_OF = date(2023, 8, 1)
LINE = "monitoring_line"
HOUSEHOLDS = 60


@pytest.fixture(scope="module")
def delivered() -> Rulebook:
    return load_rulebook(RULES)


def by_id(rulebook: Rulebook, region: str, on: date) -> dict[str, Held]:
    return {one.parameter.id: one for one in held_on(rulebook, region=region, on=on)}


@pytest.mark.parametrize(
    ("region", "on", "value"),
    [
        (COUNTY, date(2021, 8, 1), 5000),
        (COUNTY, date(2022, 8, 1), 6000),
        (COUNTY, date(2023, 8, 1), 7100),
        (COUNTY, date(2023, 9, 30), 7100),
        (COUNTY, date(2023, 10, 1), None),
        ("520000000000", date(2024, 7, 1), 7300),
        ("530000000000", date(2025, 7, 1), 8700),
        ("530000000000", date(2024, 7, 1), None),
        ("000000000000", date(2023, 7, 1), None),
    ],
)
def test_the_monitoring_line_is_known_where_and_when_it_was_published(
    delivered: Rulebook, region: str, on: date, value: float | None
) -> None:
    held = by_id(delivered, region, on)[LINE]
    assert (held.value.value if held.value else None) == value
    assert (value is None) == (f"{LINE}.yaml" in held.problem)
    assert value is not None or region in held.problem


def test_a_value_tells_from_which_level_and_since_when_it_comes_and_who_needs_it(delivered: Rulebook) -> None:
    held = by_id(delivered, COUNTY, AS_OF)
    assert set(held) == set(delivered.parameters)
    line, child = held[LINE], held["child_age"]
    assert line.value is not None
    assert child.value is not None
    assert (line.value.region, line.value.income_year, line.value.verified, line.text()) == (
        "140000000000", 2022, True, "7,100 元",
    )  # fmt: skip
    assert (child.value.region, child.value.in_force_from, child.value.verified) == (
        "000000000000", date(2021, 1, 1), False,
    )  # fmt: skip
    assert "income.under_line_not_enrolled" in line.used_by
    assert "income.under_line_not_enrolled" not in child.used_by
    assert held["self_paid_months"].used_by  # through a fact


def test_a_county_goes_before_its_province_and_a_later_value_before_an_earlier() -> None:
    texts = dict(load_rulebook(RULES).texts)
    texts["parameters/child_age.yaml"] += "".join(
        f'  - {{region: "{region}", from: {since}, value: {value}, source: {{document: 本地}}, verified: true}}\n'
        for region, since, value in (
            (COUNTY, "2022-01-01", 15), (COUNTY, "2023-01-01", 14), ("140000000000", "2022-01-01", 17),
        )
    )  # fmt: skip
    book = build_rulebook(texts)
    shown = [
        by_id(book, region, on)["child_age"].text()
        for region, on in (
            (COUNTY, date(2021, 6, 1)), (COUNTY, date(2022, 6, 1)), (COUNTY, AS_OF), ("140900000000", AS_OF),
        )
    ]  # fmt: skip
    assert shown == ["16岁", "15岁", "14岁", "17岁"]
    told = [(one.region, one.since, one.until, one.text()) for one in history(book.parameters["child_age"])]
    assert told == [
        ("000000000000", date(2021, 1, 1), None, "16岁"),
        ("140000000000", date(2022, 1, 1), None, "17岁"),
        (COUNTY, date(2022, 1, 1), date(2022, 12, 31), "15岁"),
        (COUNTY, date(2023, 1, 1), None, "14岁"),
    ]


def test_the_workbook_lists_values_and_apart_from_them_what_is_missing(delivered: Rulebook, tmp_path: Path) -> None:
    on = date(2024, 8, 1)
    write_held(held_on(delivered, region=COUNTY, on=on), tmp_path / "p.xlsx", region=COUNTY, on=on)
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    values = [row[0] for row in book["取值"].iter_rows(values_only=True)]
    missing = {row[0]: row[2] for row in book["缺值"].iter_rows(values_only=True)}
    assert "child_age" in values
    assert LINE not in values
    assert f"parameters/{LINE}.yaml" in str(missing[LINE])


# ---- screening in spite of it


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> RegistryTables:
    folder = tmp_path_factory.mktemp("missing") / "county"
    write_snapshots(households=HOUSEHOLDS, seed=3, out=folder, rules_root=RULES, as_of=AS_OF)
    return RegistryTables.from_folder(folder / "registry")


def lacking(changes: Mapping[str, tuple[str, str]]) -> Rulebook:
    texts = dict(load_rulebook(RULES).texts)
    for path, (old, new) in changes.items():
        assert old in texts[path]
        texts[path] = texts[path].replace(old, new)
    return build_rulebook(texts)


NO_LINE = {f"parameters/{LINE}.yaml": ("income_year: 2022", "income_year: 2042")}


def test_all_missing_values_are_told_at_once_and_stop_the_screening(county: RegistryTables) -> None:
    book = lacking(NO_LINE | {"parameters/elderly_age.yaml": ("from: 2021-01-01", "from: 2031-01-01")})
    with pytest.raises(MissingParameters) as missing:
        screen(rulebook=book, registry=county, as_of=AS_OF)
    told = {one.parameter_id for one in missing.value.missing}
    assert {LINE, "elderly_age"} <= told
    assert all("149901" in one.message and f"{one.parameter_id}.yaml" in one.message for one in missing.value.missing)


def test_rules_without_a_value_are_left_out_when_asked_for_and_nobody_is_called_safe(county: RegistryTables) -> None:
    book = lacking(NO_LINE)
    usable, left_out = without_missing(book, region_codes(county), as_of=AS_OF)
    ids = {one.text.id for one in left_out}
    assert "income.under_line_not_enrolled" in ids
    assert all(LINE in one.parameters for one in left_out if one.text.id in book.rules)
    assert ids.isdisjoint(usable.rules)
    result = screen(rulebook=usable, registry=county, as_of=AS_OF)
    result.rulebook, result.left_out = book, left_out
    lines = {one["rule_id"]: one for one in result.cannot_tell.to_pylist() if one["source"] == SOURCE}
    households = HOUSEHOLDS
    line = lines["income.under_line_not_enrolled"]
    assert (line["missing_facts"], line["subjects"], line["household_key"]) == ([LINE], households, None)
    assert ids.isdisjoint(result.alerts["rule_id"].to_pylist())
    assert result.manifest()["left_out"]["income.under_line_not_enrolled"] == [LINE]
    assert result.summary["cannot_tell_by_rule"]["income.under_line_not_enrolled"] == households
    result.close()


def test_who_is_a_member_cannot_be_left_open(county: RegistryTables) -> None:
    book = lacking({"parameters/non_member_statuses.yaml": ("from: 2021-01-01", "from: 2031-01-01")})
    usable, _left_out = without_missing(book, region_codes(county), as_of=AS_OF)
    with pytest.raises(MissingParameters, match=r"non_member_statuses\.yaml"):
        screen(rulebook=usable, registry=county, as_of=AS_OF)
