"""Spark comes to the same as DuckDB, to the row and the character.

Two counties are screened together on Spark and each alone on DuckDB. The first came through dirty sheets; in the second
live the very same people under the same keys, but there are holes in its data and some of its parameters have other
values. One feed was never delivered.
"""

import copy
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from doudi.feeds.contract import load_contracts
from doudi.matching.model import load_model
from doudi.rulebook import Rulebook, build_rulebook
from doudi.screening.cleaning.run import CleaningResult, check_data
from doudi.screening.engines.province import alike, county_folders, screen_province
from doudi.screening.engines.spark_session import SparkUnavailable, check_installed, spark_session
from doudi.screening.inputs import RegistryTables
from doudi.screening.run import screen
from doudi.screening.shelf import Shelf
from doudi.standards.pseudonym import Pseudonymiser
from doudi.synth.province import move_county
from doudi.synth.snapshots import write_snapshots
from doudi.synth.write import write_county

AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"
HOUSEHOLDS, SEED = 120, 11
FIRST, SECOND, ABSENT = "149901", "149902", "vehicle"
POLICIES = (
    "disability.care_allowance", "education.living_allowance", "housing.rebuild_d", "jobs.public_post",
    "medical.premium_aid_full", "microcredit.loan", "minimum_living.dibao", "temporary_relief.disaster",
)  # fmt: skip
DIFFERENT = {"monitoring_line": 0.9, "disaster_months": 0.5, "single_bill_high": 0.5}
KEPT = ("person_key", "household_key", "household_no", "region_code", "income_year", "row")
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    check_installed()  # fails with what to do where Java is missing: nothing is passed over
    quick = {  # nothing is compiled for a handful of rows
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    made = spark_session("local[2]", memory="1500m", options=quick)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def differing(rulebook: Rulebook) -> Rulebook:
    """The rulebook with other values for the second county."""
    texts = dict(rulebook.texts)
    for name, factor in DIFFERENT.items():
        path = f"parameters/{name}.yaml"
        content = yaml.safe_load(texts[path])
        own = copy.deepcopy(content["values"])  # YAML would write what is used twice as a reference
        content["values"] += [one | {"region": f"{SECOND}000000", "value": one["value"] * factor} for one in own]
        texts[path] = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    return build_rulebook(texts)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("province")
    secret = Pseudonymiser.from_secret("one secret for the province")
    of_sheets(root / f"county={FIRST}", secret, root / "sheets")
    second = root / f"county={SECOND}"
    write_snapshots(households=HOUSEHOLDS, seed=SEED, out=second, rules_root=RULES, as_of=AS_OF, pseudonymiser=secret)
    rng = np.random.default_rng(5)
    for path in (*second.glob("registry/*.parquet"), *second.glob("snapshots/**/*.parquet")):
        if path.stem != "regions":
            pq.write_table(torn(pq.read_table(path, partitioning=None), rng, 0.04), path)
    move_county(second.rglob("*.parquet"), SECOND)
    for county in (FIRST, SECOND):
        shutil.rmtree(root / f"county={county}" / "snapshots" / ABSENT)
    return root


def of_sheets(county: Path, secret: Pseudonymiser, sheets: Path) -> None:
    """A county as it comes out of dirty sheets."""
    write_county(households=HOUSEHOLDS, seed=SEED, out=sheets, rules_root=RULES, dirt=0.05, as_of=AS_OF)
    shelf = Shelf(county / "snapshots", load_contracts(RULES), secret)
    registry, _, _ = shelf.registry(sheets / "registry", AS_OF, lambda share, what: None)
    shelf.feeds(
        sheets / "feeds", AS_OF, lambda share, what: None, regions=registry.regions, registry=registry,
        model=load_model(RULES),
    )  # fmt: skip
    shutil.copytree(next((county / "snapshots" / "registry").glob("*/")), county / "registry")
    shutil.rmtree(county / "snapshots" / "registry")


def torn(table: pa.Table, rng: np.random.Generator, share: float) -> pa.Table:
    """The table with a share of its values gone, keys excepted."""
    columns = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name not in KEPT:
            there = pa.array(rng.random(len(column)) >= share)
            column = pa.compute.if_else(there, column, pa.nulls(len(column), column.type))
        columns[name] = column
    return pa.table(columns)


def rows_of(path: Path) -> Rows:
    """The rows of a table in one order. Sums of cents may differ in the last bits, by the order of summing up; that
    nothing is lacking may be said or left out."""
    table = pq.read_table(path, partitioning=None)
    rows = [
        {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in row.items()
            if value is not False or not name.startswith("gap_")
        }
        for row in table.to_pylist()
    ]
    return sorted(rows, key=lambda row: json.dumps(row, default=str, sort_keys=True))


@pytest.fixture(scope="module")
def results(province: Path, differing: Rulebook, session: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders `duckdb` and `spark` with the results of both."""
    from doudi.screening.engines.province_spark import Cluster

    out = tmp_path_factory.mktemp("results")
    asked = {"rulebook": differing, "root": province, "as_of": AS_OF, "policies": POLICIES, "facts": True}
    screen_province(out=out / "duckdb", **asked)
    cluster = Cluster(session, differing, AS_OF, policies=POLICIES, facts=True)
    screen_province(out=out / "spark", together=cluster, **asked)
    return out


@pytest.mark.spark
@pytest.mark.parametrize("county", [FIRST, SECOND])
def test_every_table_is_the_same_as_on_duckdb(results: Path, county: str) -> None:
    here, there = (results / engine / f"county={county}" for engine in ("duckdb", "spark"))
    tables = sorted(path.name for path in here.glob("*.parquet") if path.name != "inputs.parquet")
    assert {"alerts.parquet", "cannot_tell.parquet", "household_facts.parquet", "person_facts.parquet"} <= {*tables}
    assert sorted(path.name for path in there.glob("*.parquet")) == tables
    for name in tables:
        expected, found = rows_of(here / name), rows_of(there / name)
        different = [pair for pair in zip(expected, found, strict=False) if pair[0] != pair[1]]
        assert (len(found), different[:1]) == (len(expected), []), name
    assert len(rows_of(there / "alerts.parquet")) > 50


@pytest.mark.spark
@pytest.mark.parametrize("county", [FIRST, SECOND])
def test_a_manifest_says_what_the_county_alone_would_say(results: Path, county: str) -> None:
    told, gapped = {}, {}
    for engine in ("duckdb", "spark"):
        manifest = json.loads((results / engine / f"county={county}" / "manifest.json").read_text(encoding="utf-8"))
        assert manifest.pop("engine").startswith(engine)
        manifest["summary"].pop("seconds")
        gapped[engine] = {*manifest.pop("gapped"), *manifest["regional"].pop("gapped")}
        told[engine] = manifest
    assert told["spark"] == told["duckdb"]
    assert gapped["spark"] >= gapped["duckdb"]


@pytest.mark.spark
def test_counties_differ_as_their_parameters_and_holes_do(results: Path) -> None:
    """Otherwise the tests above would say little."""
    manifests = [
        json.loads((results / "spark" / f"county={county}" / "manifest.json").read_text(encoding="utf-8"))
        for county in (FIRST, SECOND)
    ]
    assert all(one["summary"]["cannot_tell"] > 0 for one in manifests)
    first, second = (next(iter(one["parameters"].values())) for one in manifests)
    assert {name for name in first if first[name] != second[name]} >= DIFFERENT.keys()
    absent = pq.read_table(results / "spark" / f"county={SECOND}" / "cannot_tell.parquet", partitioning=None)
    assert ABSENT in absent["source"].to_pylist()


@pytest.mark.spark
def test_tables_in_memory_and_persons_listed_twice(village: Any, session: Any) -> None:
    from doudi.screening.engines.spark import Spark

    village.households[0]["household_type"] = "alleviated"
    village.person(12, 1, labour="no_ability")
    village.persons.append(village.persons[-1])
    village.row("medical_settlement", 11, settled_on=date(2023, 7, 1), self_paid=60000.0)
    asked = {
        "rulebook": village.rulebook,
        "registry": village.tables(),
        "feeds": village.feed_rows(),
        "as_of": AS_OF,
        "rules": ["medical.single_bill_high", "registry.high_dependency"],
    }
    here, there = screen(**asked), screen(**asked, engine=Spark(session))
    order = [("rule_id", "ascending"), ("household_key", "ascending")]
    assert there.alerts.sort_by(order).to_pylist() == here.alerts.sort_by(order).to_pylist()
    assert here.alerts.num_rows > 0
    assert there.person_facts.to_pylist() == here.person_facts.to_pylist()
    assert there.unmatched == here.unmatched
    here.close()
    there.close()


def test_a_county_that_lacks_a_feed_is_not_screened_with_those_that_have_it(province: Path, rulebook: Rulebook) -> None:
    counties = county_folders(province, rulebook, as_of=AS_OF)
    assert [[one.code for one in group] for group in alike(counties, rulebook)] == [[FIRST, SECOND]]
    shorter = type(counties[1])(SECOND, counties[1].registry, {**counties[1].feeds})
    del shorter.feeds["payroll"]
    assert [[one.code for one in group] for group in alike([counties[0], shorter], rulebook)] == [[FIRST], [SECOND]]


def test_the_folder_of_a_province_is_explained(tmp_path: Path, rulebook: Rulebook) -> None:
    with pytest.raises(FileNotFoundError, match="county=149901/registry"):
        screen_province(rulebook=rulebook, root=tmp_path, out=tmp_path / "out", as_of=AS_OF)
    (tmp_path / "county=abc").mkdir()
    with pytest.raises(FileNotFoundError, match="六位行政区划代码"):
        screen_province(rulebook=rulebook, root=tmp_path, out=tmp_path / "out", as_of=AS_OF)


def test_results_never_replace_something_else(province: Path, tmp_path: Path, rulebook: Rulebook) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="别的文件"):
        screen_province(rulebook=rulebook, root=province, out=tmp_path, as_of=AS_OF)
    assert (tmp_path / "letter.txt").is_file()


def test_missing_java_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkUnavailable, match="default-jre-headless"):
        check_installed()
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n", encoding="utf-8")
    old.chmod(0o755)
    with pytest.raises(SparkUnavailable, match="Java 版本是 11"):
        check_installed()


def test_the_registrys_data_is_checked_alike(session: Any, province: Path, rulebook: Rulebook) -> None:
    """One county's tables, with the column of counties that its own sheet has."""
    from doudi.screening.engines.spark import Spark

    names = ("household", "person", "income")
    folder = province / f"county={FIRST}" / "registry"
    tables = {name: pq.read_table(folder / f"{name}.parquet", partitioning=None) for name in names}
    assert "county" in tables["household"].column_names
    topics = ("identity", "household", "income", "region")
    given = {
        "rulebook": rulebook, "registry": RegistryTables(**tables), "as_of": AS_OF,
        "checks": [check.id for check in rulebook.checks.values() if check.topic in topics],
    }  # fmt: skip
    here, there = check_data(**given, threads=1), check_data(**given, engine=Spark(session))

    def rows(result: CleaningResult) -> Rows:
        return sorted(result.issues.to_pylist(), key=lambda one: (one["check_id"], str(one)))

    assert here.issues.num_rows
    assert there.counts == here.counts
    assert rows(there) == rows(here)
    assert there.clean.equals(here.clean)
