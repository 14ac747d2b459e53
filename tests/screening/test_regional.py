"""Rules across households: what makes a whole village or township an alert, and what does not."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import Rulebook, RulebookError, build_rulebook, load_rulebook
from doudi.screening.commands import screen_folders
from doudi.screening.inputs import FeedRows, RegistryTables
from doudi.screening.results.explain import explain_region
from doudi.screening.run import ScreeningResult, screen
from doudi.synth.snapshots import write_snapshots
from doudi.synth.write import write_county

from .conftest import AS_OF, RULES, Village

HERE, THERE, TOWNSHIP = "149901001001", "149901001002", "149901001000"
CAUSE = "region.one_cause"


def about_regions(feed: str, rows: list[dict[str, Any]]) -> FeedRows:
    names = {"region_code", *(name for row in rows for name in row)}
    return FeedRows(feed, pa.table({name: [row.get(name) for row in rows] for name in sorted(names)}))


def judged(village: Village, *feeds: FeedRows, rules: tuple[str, ...], **options: Any) -> ScreeningResult:
    return screen(
        rulebook=village.rulebook, registry=village.tables(), feeds=[*village.feed_rows(), *feeds], as_of=AS_OF,
        rules=rules, threads=1, **options,
    )  # fmt: skip


def raised(result: ScreeningResult) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["rule_id"], one["region_code"]): one for one in result.region_alerts.to_pylist()}


@pytest.fixture
def made(rulebook: Rulebook) -> Village:
    """Forty households in one village, forty in the next one of the township, one adult each, nothing amiss."""
    found = Village(rulebook)
    for feed in ("village_product", "village_workshop"):
        found.without(feed)
    for number in range(1, 81):
        found.household(number, region_code=HERE if number <= 40 else THERE)
        found.person(1000 + number, number)
        found.income(number)
        found.income(number, 2021)
        found.row("disaster_loss", 1000 + number, happened_on=date(2021, 1, 1), loss_yuan=10.0, house_damage="none")
    return found


def strike(village: Village, households: range, day: date = date(2023, 7, 10)) -> None:
    for number in households:
        village.row("disaster_loss", 1000 + number, happened_on=day, loss_yuan=800.0, house_damage="none")


def test_a_village_counts_its_own_households_and_the_township_all(made: Village) -> None:
    strike(made, range(1, 9))
    found = raised(judged(made, rules=("region.disaster_area",)))
    assert set(found) == {("region.disaster_area", HERE), ("region.disaster_area", TOWNSHIP)}
    here, all_of_it = found["region.disaster_area", HERE], found["region.disaster_area", TOWNSHIP]
    assert (here["households"], here["region_level"], here["level"]) == (8, "village", "yellow")
    assert "40户中有 8户受灾，占 20%" in here["sentence"]
    assert "8 of 40 households were struck" in here["sentence_en"]
    assert (all_of_it["households"], all_of_it["region_level"]) == (8, "township")


def test_more_of_the_same_is_red(made: Village) -> None:
    strike(made, range(1, 13))
    found = raised(judged(made, rules=("region.disaster_area",)))
    assert found["region.disaster_area", HERE]["level"] == "red"
    assert found["region.disaster_area", TOWNSHIP]["level"] == "yellow"


def test_a_disaster_of_long_ago_makes_no_disaster_area(made: Village) -> None:
    strike(made, range(1, 21), date(2022, 12, 1))
    assert raised(judged(made, rules=("region.disaster_area",))) == {}


def test_one_household_of_a_hamlet_is_no_mass_risk(rulebook: Rulebook) -> None:
    hamlet = Village(rulebook)
    for number in range(1, 9):
        hamlet.household(number)
        hamlet.person(1000 + number, number)
        hamlet.income(number)
    hamlet.income(1, per_capita_income=100.0)
    hamlet.incomes = [row for row in hamlet.incomes if row["household_key"] != 1 or row["per_capita_income"] == 100.0]
    result = judged(hamlet, rules=("region.red_alerts_many", "region.under_line_many"))
    assert any(one["level"] == "red" for one in result.alerts.to_pylist())
    assert raised(result) == {}


def under_line(village: Village, households: range) -> None:
    for row in village.incomes:
        if row["household_key"] in households and row["income_year"] == 2022:
            row["per_capita_income"] = 3000.0


def test_red_alerts_count_households_not_alerts(made: Village) -> None:
    under_line(made, range(1, 6))
    result = judged(made, rules=("region.red_alerts_many",))
    red = [one for one in result.alerts.to_pylist() if one["level"] == "red"]
    assert len({one["household_key"] for one in red}) == 5
    alert = raised(result)["region.red_alerts_many", HERE]
    assert (alert["households"], alert["level"]) == (5, "red")


def uninsured(village: Village, households: range) -> None:
    for number in households:
        village.row("medical_enrolment", 1000 + number, insured=False)
    for number in range(1, 81):
        if number not in households:
            village.row("medical_enrolment", 1000 + number, insured=True)


def test_the_most_frequent_cause_is_named(made: Village) -> None:
    uninsured(made, range(1, 13))
    alert = raised(judged(made, rules=(CAUSE,)))[CAUSE, HERE]
    assert alert["households"] == 12
    assert "因同一原因（因病）" in alert["sentence"]
    assert '"region_cause":"illness"' in alert["facts"]


def test_what_was_known_a_month_before_is_not_new(made: Village) -> None:
    uninsured(made, range(1, 13))
    before = judged(made, rules=(CAUSE,)).alerts
    known = before.filter(pc.less(before["household_key"], 6))
    result = judged(made, rules=(CAUSE,), earlier=known)
    assert (CAUSE, HERE) not in raised(result), "seven of the twelve are new"
    facts = {row["region_code"]: row for row in result.region_facts.to_pylist()}
    assert facts[HERE]["region_cause_households"] == 7


def test_prices_and_workshops_come_from_sheets_about_villages(made: Village) -> None:
    prices = about_regions(
        "village_product",
        [
            {"region_code": HERE, "product": "连翘", "is_main": True, "price_now": 30.0, "price_before": 50.0,
             "households_growing": 20},
            {"region_code": HERE, "product": "核桃", "is_main": False, "price_now": 1.0, "price_before": 9.0,
             "households_growing": 30},
            {"region_code": THERE, "product": "核桃", "is_main": True, "price_now": 8.9, "price_before": 9.0,
             "households_growing": 30},
        ],
    )  # fmt: skip
    shut = about_regions(
        "village_workshop",
        [
            {"region_code": HERE, "workshop": "甲", "workshop_status": "suspended", "workers": 6, "households": 5,
             "closed_on": date(2023, 7, 1)},
            {"region_code": THERE, "workshop": "乙", "workshop_status": "closed", "workers": 5, "households": 5,
             "closed_on": date(2023, 6, 1)},
            {"region_code": THERE, "workshop": "丙", "workshop_status": "closed", "workers": 90, "households": 80,
             "closed_on": date(2021, 6, 1)},
        ],
    )  # fmt: skip
    found = raised(judged(made, prices, shut, rules=("region.price_collapse", "region.workshop_shut")))
    assert set(found) == {("region.price_collapse", HERE), ("region.workshop_shut", TOWNSHIP)}
    assert "主导产品连翘价格比上年同期下跌 40%" in found["region.price_collapse", HERE]["sentence"]
    assert found["region.workshop_shut", TOWNSHIP]["households"] == 10


def test_without_the_sheet_nothing_can_be_told(made: Village) -> None:
    (line,) = judged(made, rules=("region.price_collapse",)).region_cannot_tell.to_pylist()
    assert (line["rule_id"], line["source"], line["subjects"]) == ("region.price_collapse", "village_product", 2)


def test_a_few_blanks_do_not_silence_a_village_but_many_do(made: Village) -> None:
    def blank(count: int) -> set[str]:
        for row in made.incomes:
            if row["household_key"] <= count and row["income_year"] == 2022:
                row["per_capita_income"] = None
        result = judged(made, rules=("region.under_line_many",))
        return {one["region_code"] for one in result.region_cannot_tell.to_pylist()}

    assert blank(2) == set(), "two of forty lack an income"
    assert blank(3) == {HERE}
    assert blank(10) == {HERE, TOWNSHIP}


def test_a_village_that_is_met_in_spite_of_blanks_is_raised(made: Village) -> None:
    under_line(made, range(1, 13))
    for row in made.incomes:
        if row["household_key"] in range(13, 30):
            row["per_capita_income"] = None
    assert ("region.under_line_many", HERE) in raised(judged(made, rules=("region.under_line_many",)))


def test_households_without_a_village_count_for_the_township_alone(made: Village) -> None:
    for row in made.households[:10]:
        row["region_code"] = TOWNSHIP
    strike(made, range(1, 11))
    facts = {row["region_code"]: row for row in judged(made, rules=("region.disaster_area",)).region_facts.to_pylist()}
    assert (facts[HERE]["region_households"], facts[TOWNSHIP]["region_households"]) == (30, 80)
    assert (facts[HERE]["region_struck_households"], facts[TOWNSHIP]["region_struck_households"]) == (0, 10)


def test_a_result_on_disk_explains_a_village_as_the_fresh_one(made: Village, tmp_path: Path) -> None:
    strike(made, range(1, 9))
    result = judged(made, rules=("region.disaster_area", "region.price_collapse"))
    fresh, kept = explain_region(result, HERE), explain_region(result.write(tmp_path / "kept"), HERE)
    assert fresh == kept
    assert [(one.rule_id, one.outcome) for one in fresh] == [
        ("region.disaster_area", "raised"), ("region.price_collapse", "cannot_tell"),
    ]  # fmt: skip
    assert [one.rule_id for one in explain_region(result, TOWNSHIP)] == ["region.disaster_area"]
    with pytest.raises(LookupError, match="没有这个村"):
        explain_region(result, "149901009009")


def test_every_rule_across_households_fires_on_the_synthetic_county_as_its_truth_says(tmp_path: Path) -> None:
    written = write_county(households=2000, seed=2023, out=tmp_path, rules_root=RULES, as_of=AS_OF, dirt=0.0)
    done = screen_folders(rules_root=RULES, registry=written.registry, feeds=written.feeds, as_of=AS_OF,
                          out=tmp_path / "out.xlsx", results=tmp_path / "results")  # fmt: skip
    found = set(raised(done.result))
    assert {rule for rule, _code in found} == {rule.id for rule in load_rulebook(RULES).rules.values() if rule.regional}
    with (written.truth / "regions_at_risk.csv").open(encoding="utf-8") as file:
        truth = {(row["kind"], row["region_code"]) for row in csv.DictReader(file)}
    spoken_of = {kind for kind, _code in truth}
    assert {one for one in found if one[0] in spoken_of} == truth
    assert (tmp_path / "results" / "region_alerts.parquet").is_file()


# ---- what is refused


def changed(rulebook: Rulebook, path: str, before: str, after: str) -> list[str]:
    text = rulebook.texts[path]
    assert before in text
    with pytest.raises(RulebookError) as refused:
        build_rulebook({**rulebook.texts, path: text.replace(before, after)})
    return [problem.message for problem in refused.value.problems]


def test_facts_of_households_and_of_regions_do_not_mix(rulebook: Rulebook) -> None:
    rule = "screening/region.disaster_area.yaml"
    listed = "region_struck_households, region_households"
    assert "不是村、乡的事实" in str(changed(rulebook, rule, listed, f"{listed}, member_count"))
    fact = "facts/region_struck_households.yaml"
    assert "只能用于 subject: region" in str(changed(rulebook, fact, "subject: region", "subject: household"))
    feed = "facts/region_price_fall.yaml"
    assert "不能用于 subject" in str(changed(rulebook, feed, "subject: region", "subject: household"))


def test_a_rule_of_regions_says_whom_it_concerns(rulebook: Rulebook) -> None:
    rule = "screening/region.disaster_area.yaml"
    concerns = "concerns: {households: region_struck_households, clues: {risk: natural_disaster}}"
    assert "要写 concerns" in str(changed(rulebook, rule, concerns + "\n", ""))
    assert "不在 facts 里" in str(changed(rulebook, rule, concerns, "concerns: {households: region_dry_households}"))
    other = "concerns: {households: region_struck_households, clues: {rule: disaster.heavy_los}}"
    assert "没有规则 disaster.heavy_los" in str(changed(rulebook, rule, concerns, other))


def test_the_largest_group_needs_a_column_of_its_source(rulebook: Rulebook) -> None:
    fact = "facts/region_cause_households.yaml"
    assert "by 的 colour 不是" in str(changed(rulebook, fact, "by: risk", "by: colour"))
    assert "没有代码" in str(changed(rulebook, fact, "level <> 'exclusion'", "level <> 'purple'"))


def test_a_rule_speaks_of_villages_of_townships_or_of_both(rulebook: Rulebook) -> None:
    assert rulebook.rules["region.disaster_area"].levels == ("village", "township")
    assert rulebook.rules["region.water_failing"].levels == ("village",)
    assert rulebook.rules["disaster.heavy_loss"].levels == ()


def test_an_incremental_screening_judges_regions_as_a_whole_one(rulebook: Rulebook, tmp_path: Path) -> None:
    write_snapshots(households=300, seed=2023, out=tmp_path, rules_root=RULES, as_of=AS_OF)
    registry = RegistryTables.from_folder(tmp_path / "registry")
    given = {"rulebook": rulebook, "snapshots": list_snapshots(tmp_path / "snapshots"), "as_of": AS_OF, "threads": 1}
    first = screen(registry=registry, **given)
    kept = first.write(tmp_path / "results" / "first")
    income = pq.read_table(tmp_path / "registry" / "income.parquet")
    home = pq.read_table(tmp_path / "registry" / "household.parquet").filter(pc.field("region_code") == "149901001003")
    poor = pc.is_in(income["household_key"], home["household_key"].combine_chunks().slice(0, 12))
    for name in ("per_capita_income", "net_income"):
        column = pc.if_else(poor, pa.scalar(1000.0).cast(income.schema.field(name).type), income[name])
        income = income.set_column(income.column_names.index(name), name, column)
    pq.write_table(income, tmp_path / "income.parquet")
    changed_registry = replace(registry, income=(tmp_path / "income.parquet",))
    whole = screen(registry=changed_registry, **given)
    part = screen(registry=changed_registry, previous=kept, **given)
    assert part.incremental
    assert part.region_alerts.to_pylist() == whole.region_alerts.to_pylist()
    assert part.region_facts.equals(whole.region_facts)
    assert part.region_alerts.to_pylist() != first.region_alerts.to_pylist()
